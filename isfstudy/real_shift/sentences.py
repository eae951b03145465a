"""What notebook 17 says, built from its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid.contrasts import decides, least_p
from isfstudy.grid.sentences import TRIAL, interval, not_tested
from isfstudy.grid.sets import UNITS
from isfstudy.real_shift.drops import BOTH, EXPERIMENT, MORE, NAMES, NO_DROP, SHARE

PERCENT = f"{SHARE * 100:g} %"
SIGNS = {"seen": "✓", MORE: "✗", "refuted": "✕", "undecided": "–", NO_DROP: "∅"}
SHORT = {"fidelity": "fidelity loss", "mask_augmentation": "masks", "full": "full"}  # five metrics stand beside
DROPS = (
    "<b>What is lost by having been trained at the other time</b> (masks: as augmentation; fidelity loss: alone), mean "
    "over seeds [95 % interval], on the same test images. Below 0: lost."
)
COMPARED = (
    "<b>Who loses less?</b> Difference of the drops of two arms (masks: as augmentation; fidelity loss: alone), paired "
    "by seed; above 0, the first of the two loses less. ✓ by "
    f"{PERCENT} of what the fidelity loss alone loses or more, ✕ not by so much, ✗ it loses more, – undecided, ∅ not "
    "told apart, where the fidelity loss alone is not shown to lose anything."
)
ELSEWHERE = (
    "<b>Other sets,</b> which no network was trained on: means of networks trained by day and by night, and what an "
    "arm has more than the fidelity loss alone, paired by seed [95 % interval]."
)
STATISTICS = (
    "<b>Losses or statistics?</b> Batch norm of the full method has seen masked and black images too. What that alone "
    "does is shown by notebooks 04 and 14, and not here."
)


def answer(compared: pd.DataFrame, lacking: Sequence[str], *, reduced: bool) -> list[str]:
    """The answer as HTML: what came out, how sure, what was predicted, what it does not show.

    Args:
        compared: from `isfstudy.real_shift.drops.compared`.
        lacking: the missing runs of the plan.
        reduced: whether the runs were trained for a few steps only.
    """
    predicted = (
        f"<b>Predicted:</b> the paper has the full method lose less than the fidelity loss alone, by {PERCENT} of "
        "that loss or more; the rival, as much."
    )
    shows = "<b>Does not show</b> other cameras; two times of day of one set, and short trainings."
    if reduced:
        return [TRIAL, predicted, shows]
    rows = compared[(compared["tested"] == BOTH) & (compared["arm"] == "full") & (compared["against"] == "fidelity")]
    if rows.empty or rows["seeds"].max() < 2:
        return [not_tested(lacking, EXPERIMENT), predicted, shows]
    masks = compared[(compared["tested"] == BOTH) & (compared["arm"] == "mask_augmentation")]
    return [
        f"<b>{_conclusion(rows)}</b> Difference of what both lose by training at the other time, above 0 where "
        f"the full method loses less: {_numbers(rows)}.",
        predicted,
        _how_sure(rows),
        shows,
        *([f"<b>The same masks as plain augmentation:</b> {_numbers(masks)}."] if len(masks) else []),
        STATISTICS,
    ]


def _conclusion(rows: pd.DataFrame) -> str:
    found = {word: list(rows.loc[rows["verdict"] == word, "metric"]) for word in SIGNS}
    if found[NO_DROP] and len(found[NO_DROP]) == len(rows):
        return "Not decided: the fidelity loss alone is not shown to lose anything by another time of day."
    said = {
        "seen": "loses less in {}",
        MORE: "loses more in {}",
        "refuted": "does not lose less by what matters in {}",
        "undecided": "is not told apart in {}",
        NO_DROP: "is not told apart in {}, where the fidelity loss alone is not shown to lose anything",
    }
    parts = [words.format(", ".join(found[word])) for word, words in said.items() if found[word]]
    few = "" if decides(int(rows["seeds"].min())) else "So far, over too few seeds to decide, "
    text = f"{few}the full method {'; it '.join(parts)}."
    return text[0].upper() + text[1:]


def _numbers(rows: pd.DataFrame) -> str:
    return ", ".join(f"{row['metric']} {interval(row)}{UNITS.get(row['metric'], '')}" for _, row in rows.iterrows())


def _how_sure(rows: pd.DataFrame) -> str:
    seeds = int(rows["seeds"].min())
    matters = ", ".join(f"{row.metric} {row.matters:.2g}{UNITS.get(row.metric, '')}" for row in rows.itertuples())
    weak = "" if decides(seeds) else ", so that it cannot reach 5 %"
    return (
        f"<b>How sure:</b> {seeds} seeds; 95 % intervals by Student's t. The sign-flip test can reach p = "
        f"{least_p(seeds):.2g} at the least{weak}. {PERCENT} of the drop: {matters}."
    )


def drops_in_short(drops: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a time of the test images and arm, a column a metric."""
    rows = drops.assign(text=[interval(row) for _, row in drops.iterrows()])
    return _wide(rows, {"tested": {}, "arm": SHORT, "seeds": {}})


def compared_in_short(compared: pd.DataFrame) -> pd.DataFrame:
    """The same for differences of drops, with what each says."""
    rows = compared.assign(text=[f"{SIGNS[row['verdict']]} {interval(row)}" for _, row in compared.iterrows()])
    rows["arm"] = compared["arm"].map(SHORT) + " − " + compared["against"].map(SHORT)
    return _wide(rows, {"tested": {}, "arm": {}, "seeds": {}})


def elsewhere_in_short(others: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a set and arm; by metric both means, and the difference to the fidelity loss alone."""
    texts = []
    for _, row in others.iterrows():
        both = " / ".join("–" if np.isnan(one) else f"{one:.2f}" for one in (row["by_day"], row["by_night"]))
        texts.append(both if np.isnan(row["mean"]) else f"{both}; {interval(row)}")
    return _wide(others.assign(text=texts), {"dataset": {}, "arm": NAMES})


def _wide(rows: pd.DataFrame, keys: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The column `text` by metric: a row for each of the keys, in the order of appearance, with their names."""
    order = pd.MultiIndex.from_frame(rows[[*keys]].drop_duplicates())
    wide = rows.pivot(index=[*keys], columns="metric", values="text").reindex(order).reindex(columns=list(METRICS))
    named = wide.reset_index().replace({key: names for key, names in keys.items() if names}).fillna("–")
    return named.rename_axis(columns=None)
