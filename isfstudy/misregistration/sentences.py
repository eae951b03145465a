"""What notebook 16 says, built from its values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.misregistration.moves import ALIGNED, SHIFT
from isfstudy.misregistration.slopes import HOLDS, MATTERS, REFERENCE, REFUTED, UNDECIDED

WITH_CFI, WITHOUT_CFI = "ISF (ours-full)", "ISF (ours-without_cfi)"  # trained alike
NO_ATTENTION = "Average"
MARKS = {HOLDS: "✓", REFUTED: "✕", UNDECIDED: "–"}


def answer(slopes: pd.DataFrame, subject: str, *, synthetic: bool) -> list[str]:
    """The answer, as HTML: the claim, what the same test says of a rule without attention, and what it rests on.

    Args:
        slopes: from `isfstudy.misregistration.slopes.beside`.
        subject: the method that the claim is about.
        synthetic: whether the images are the embedded scenes.
    """
    shifts = slopes[slopes["kind"] == SHIFT]
    ours, average = (shifts[shifts["method"] == name] for name in (subject, NO_ATTENTION))
    lines = [
        f"<b>{_claim(ours['verdict'])}</b> As infrared is shifted, the loss of {subject} rises {_ratios(ours)} times "
        f"as steeply as that of the {REFERENCE}; the claim needs {1 - MATTERS:g} or less, interval and all.",
        f"<b>{_control(average['verdict'])}</b> The plain average, which attends to nothing, rises {_ratios(average)} "
        "times as steeply: a flat slope may mean that little of infrared is used.",
        "<b>Of what a mirrored infrared image costs,</b> the largest shift costs "
        + "; ".join(_lost(rows, subject) for _, rows in shifts.groupby("dataset", sort=False))
        + ". A method that aligned would have lost less of it.",
    ]
    if {WITH_CFI, WITHOUT_CFI} <= {*shifts["method"]}:
        both = [shifts[shifts["method"] == name] for name in (WITH_CFI, WITHOUT_CFI)]
        lines.append(
            f"<b>Trained alike, with CFI and without</b> (one seed, 600 steps): {_ratios(both[0])} and "
            f"{_ratios(both[1])} times as steep as the pyramid."
        )
    counts = ", ".join(f"{row.dataset} {row.pairs} pairs in {row.clusters} clusters" for row in ours.itertuples())
    lines.append(
        f"<b>How sure:</b> {counts}; 95 % intervals by bootstrap over clusters, images of one scene or drive drawn "
        "together."
    )
    return ["<b>Synthetic scenes: nothing here compares with the paper.</b>", *lines] if synthetic else lines


def _claim(verdicts: pd.Series) -> str:
    found = set(verdicts)
    if found == {HOLDS}:
        return "The loss rises less steeply than the pyramid's, as the claim needs."
    if found == {REFUTED}:
        return "The loss does not rise less steeply than the pyramid's by what the claim needs."
    return "Whether the loss rises less steeply than the pyramid's differs between sets, or is not decided."


def _control(verdicts: pd.Series) -> str:
    if set(verdicts) == {HOLDS}:
        return "A rule without attention passes the same test, so that passing it says nothing of attention."
    if HOLDS in set(verdicts):
        return "A rule without attention passes the same test on some sets."
    return "A rule without attention does not pass the same test."


def _ratios(rows: pd.DataFrame) -> str:
    return ", ".join(f"{_ratio(row)} ({row.dataset})" for row in rows.itertuples())


def _lost(rows: pd.DataFrame, subject: str) -> str:
    shares = {row.method: _share(row) for row in rows.itertuples()}
    each = ", ".join(f"{name} {shares[name]}" for name in (subject, REFERENCE, NO_ATTENTION))
    return f"{rows['dataset'].iloc[0]}: {each}"


def in_short(slopes: pd.DataFrame) -> pd.DataFrame:
    """Slopes for reading: a row a kind of move and method, for each data set the ratio to the reference's slope with
    its interval and a mark for the verdict, and the share of what a mirrored infrared image costs."""
    keys = ["kind", "method"]
    said = slopes[["dataset", *keys]].assign(
        ratio=[
            "1" if row.method == REFERENCE else f"{_ratio(row)} {MARKS[row.verdict]}" for row in slopes.itertuples()
        ],
        share=[_share(row) for row in slopes.itertuples()],
    )
    tables = {dataset: rows.set_index(keys) for dataset, rows in said.groupby("dataset", sort=False)}
    columns = {f"{dataset}: {name}": table[name] for dataset, table in tables.items() for name in ("ratio", "share")}
    order = said.sort_values("kind", kind="stable").set_index(keys).index.unique()
    return pd.DataFrame(columns).reindex(order).reset_index()


def _ratio(row: Any) -> str:
    return f"{row.ratio:.2f} [{1 + row.low:.2f}, {1 + row.high:.2f}]"


def _share(row: Any) -> str:
    """A dash where a mirror image costs so little that the interval is wider than its whole cost."""
    return (
        "–"
        if not row.lost_high - row.lost_low < 1
        else f"{row.lost:.0%} [{100 * row.lost_low:.0f}, {100 * row.lost_high:.0f}]"
    )


def costs(means: pd.DataFrame) -> pd.DataFrame:
    """What the largest shift changes in each metric, and in the loss and its terms: a row a data set and method.

    Args:
        means: from `isfstudy.misregistration.slopes.means`.
    """
    keys, losses = ["dataset", "method"], [name for name in means if name.startswith("loss")]
    largest = means.loc[means["kind"] == SHIFT, "amount"].max()
    after = means[(means["kind"] == SHIFT) & (means["amount"] == largest)].set_index(keys)
    before = means[means["kind"] == ALIGNED].set_index(keys).reindex(after.index)
    columns = [*losses, *METRICS]
    return (after[columns] - before[columns]).reset_index()
