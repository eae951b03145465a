"""Could a checkpoint's batch-norm statistics be one more draw of the last steps, and what such draws come to."""

from __future__ import annotations

import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from isfcore.metrics import METRICS
from isfstudy.comparison.units import difference, said
from isfstudy.trainings.last_steps import SETTLED, likeness

COLUMNS = ["crops", "fourth", "metric", "file", "mean", "low", "high", "deviation", "apart", "p", "p_holm"]
LEVEL = 0.05  # of significance, over the metrics of an arm
COULD_BE = "the file could be one more draw</b> in all metrics, which does not show that it is one."


def agreement(drawn: pd.DataFrame, *, trained: str, steps: int) -> pd.DataFrame:
    """Whether the file's own batch-norm statistics could be one more draw, by what they score fed as trained.

    Args:
        drawn: from `isfstudy.trainings.last_steps.redrawn_scores`.
        trained, steps: as given to it.

    Returns:
        A row an arm and metric: `crops`, `fourth`, `metric`; `file`, its score; of the draws the `mean`, `low` and
        `high`, and the standard `deviation`, corrected for what they share (`last_steps.likeness`), which does not
        grow with their number as `high` - `low` does; `apart`, file minus mean in standard deviations of that
        difference; `p` of Student's t, two-sided; and `p_holm`, corrected for the metrics of the arm.

    Raises:
        ValueError: for fewer than two draws or steps, which have no deviation.
    """
    if drawn.empty:
        return pd.DataFrame(columns=COLUMNS)
    at_home = drawn[drawn["feed"] == trained]
    file = at_home.loc[at_home["statistics"] == "in the file", list(METRICS)].iloc[0]
    alike, tables = likeness(steps), []
    for (crops, fourth), draws in at_home[at_home["statistics"] == "redrawn"].groupby(["crops", "fourth"], sort=False):
        if len(draws) < 2 or steps < 2:
            raise ValueError(f"{len(draws)} draws of {steps} steps have no deviation: draw two or more of two or more")
        values = draws[list(METRICS)]
        table = pd.DataFrame({"file": file, "mean": values.mean(), "low": values.min(), "high": values.max()})
        table["deviation"] = values.std() / (1 - alike) ** 0.5
        of_difference = table["deviation"] * (1 + alike + (1 - alike) / len(draws)) ** 0.5
        table["apart"] = (table["file"] - table["mean"]) / of_difference
        table["p"] = 2 * stats.t.sf(table["apart"].abs(), len(draws) - 1)
        table["p_holm"] = multipletests(table["p"], method="holm")[1]
        tables.append(table.rename_axis("metric").reset_index().assign(crops=crops, fourth=fourth))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def of_order(drawn: pd.DataFrame, *, trained: str) -> pd.Series:
    """What the script's order of passes does beside the other one, the same steps in it: in percent, PSNR in dB.

    Args:
        drawn, trained: as for `agreement`.
    """
    arms = drawn[(drawn["statistics"] == "redrawn") & (drawn["feed"] == trained)]
    first = arms[arms["crops"] == arms["crops"].iloc[0]]
    script, other = (first.loc[first["fourth"] == fourth, list(METRICS)].mean() for fourth in first["fourth"].unique())
    return difference(script.to_frame().T, other).iloc[0]


def sentences(drawn: pd.DataFrame, agree: pd.DataFrame, *, trained: str) -> list[str]:
    """What draws and `agreement` come to, HTML; nothing without draws.

    Args:
        drawn, trained: as for `agreement`.
        agree: from it.
    """
    if agree.empty:
        return []
    arms = list(agree.groupby(["crops", "fourth"], sort=False))
    scatter = arms[0][1].set_index("metric")
    scatter = (scatter["deviation"] / scatter["mean"].abs() * 100).where(scatter.index != "PSNR", scatter["deviation"])
    lines = [
        "<b>The last steps alone,</b> no weight moved: a standard deviation between draws of "
        f"{said(scatter, signed=False)}, fed {trained}, as it was trained.",
        f"<b>The order of the two passes that drop a modality,</b> {arms[0][0][1]} fourth instead of {arms[1][0][1]}: "
        f"{said(of_order(drawn, trained=trained))}.",
    ]
    lines += _of_clean_images(drawn, trained)
    for (crops, fourth), arm in arms:
        about = f"{crops} crops, {fourth} dropped fourth"
        apart = "; ".join(
            f"{row.metric} {row.file:.3f} in the file, {row.mean:.3f} ± {row.deviation:.3f} redrawn ({row.apart:+.1f} "
            "deviations)"
            for row in arm[arm["p_holm"] < LEVEL].itertuples()
        )
        said_of = f"the draws do not agree with the file:</b> {apart}." if apart else COULD_BE
        lines.append(f"<b>With {about} {said_of}")
    always = agree["p_holm"].lt(LEVEL).groupby(agree["metric"], sort=False).all()
    if always.any():
        lines.append(
            f"<b>An open question:</b> none of these ways of drawing gives the {', '.join(always.index[always])} that "
            "the file holds. The authors' last steps saw other images than these training pairs, or saw them in "
            "another way than the released script shows them; the weights do not tell which."
        )
    return lines


def _of_clean_images(drawn: pd.DataFrame, trained: str) -> list[str]:
    """What the same weights score with statistics of clean images alone, beside those of all passes."""
    at_home = drawn[drawn["feed"] == trained].drop_duplicates("statistics").set_index("statistics")
    if not {*SETTLED} <= {*at_home.index}:
        return []
    of_all, of_clean = (at_home.loc[name, list(METRICS)].astype(float) for name in SETTLED)
    return [
        "<b>Masked and black images are in the statistics too.</b> With those of the clean pass alone, over the same "
        f"steps, the same weights have an AG of {of_clean['AG']:.3f} instead of {of_all['AG']:.3f}: "
        f"{said(difference(of_clean.to_frame().T, of_all).iloc[0])}."
    ]
