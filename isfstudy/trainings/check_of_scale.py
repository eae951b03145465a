"""Do larger and longer trainings say what small ones say? The two decisive arms again, beside one more small seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from isfcore.metrics import METRICS
from isfstudy.grid.sentences import not_tested
from isfstudy.grid.sets import LOST, SETS, TITLES, UNITS
from isfstudy.trainings.over_seeds import LARGER, differences

ARM = "mask_augmentation"  # what the full method is compared with
LEVEL = 0.95  # of the prediction intervals, all figures together
COLUMNS = ["dataset", "figure", "seeds", "small", "low", "high", "larger", "verdict"]
CAPTION = (
    "<b>Full method minus masks as augmentation:</b> mean over the small trainings, what one further seed of them "
    "would give (95 % for all rows together), and one larger and longer training of each."
)
WORDS = {"within": "as one more seed", "above": "above", "below": "below", "unknown": "unknown"}


def against_small(small: pd.DataFrame, larger: pd.DataFrame) -> pd.DataFrame:
    """The full method minus masks as augmentation, in small trainings and in a larger one.

    Args:
        small, larger: a row a run, from `isfstudy.grid.records.looks`.

    Returns:
        A row a set and figure that both have: how many `seeds` are small, `small`, their mean, `low` and `high`,
        between which one further small seed lies with 95 % for all rows together (Student's t, Bonferroni; NaN for one
        seed), `larger`, and `verdict`: `within` these, `above`, `below`, or `unknown` for one seed.
    """
    pairs = []
    for dataset in SETS:
        figures = [*METRICS, *(LOST if dataset == "TNO" else ())]
        few, many = (differences(runs, dataset, ARM, figures) for runs in (larger, small))
        pairs += [(dataset, figure, many[figure], few[figure].mean()) for figure in few if figure in many]
    rows = [(dataset, figure, *_beside(values, one, len(pairs))) for dataset, figure, values, one in pairs]
    return pd.DataFrame(rows, columns=COLUMNS)


def _beside(values: pd.Series, one: float, together: int) -> tuple[int, float, float, float, float, str]:
    seeds, mean = len(values), values.mean()
    if seeds < 2:
        return seeds, mean, np.nan, np.nan, one, "unknown"
    reach = student.ppf(1 - (1 - LEVEL) / (2 * together), seeds - 1) * values.std() * np.sqrt(1 + 1 / seeds)
    low, high = mean - reach, mean + reach
    return seeds, mean, low, high, one, "above" if one > high else "below" if one < low else "within"


def answer(table: pd.DataFrame, small: pd.DataFrame, larger: pd.DataFrame, lacking: list[str]) -> str:
    """What the check says, as an HTML sentence.

    Args:
        table: from `against_small`.
        small, larger: the runs that it rests on.
        lacking: the missing runs of the plan.
    """
    if table.empty or (table["verdict"] == "unknown").all():
        return f"<b>Larger and longer.</b> {not_tested(lacking, LARGER)}"
    within = (table["verdict"] == "within").sum()
    beyond = [f"{_named(row)} lies {row.verdict}" for row in table.itertuples() if row.verdict in ("above", "below")]
    gradients = [_named(row) for row in table.itertuples() if row.figure == "AG" and row.verdict == "within"]
    named = "; ".join([*([f"among them {', '.join(gradients)}"] if gradients else []), *beyond])
    wide = ((table["low"] <= 0) & (table["high"] >= 0)).sum()
    devices = {*small["device"]} | {*larger["device"]}
    masks = " Masks are another generator's, as the machine is another." if len(devices) > 1 else ""
    return (
        f"<b>Larger and longer</b> ({int(larger['steps'].max()):,} steps, one seed): {within} of {len(table)} "
        f"differences lie within what one more small seed would give; {named}. That says little: one seed, and {wide} "
        f"of these {len(table)} spans include 0.{masks}"
    )


def _named(row: object) -> str:
    return f"{row.figure} on {row.dataset} ({row.larger:+.2f}{UNITS.get(row.figure, '')}, small {row.small:+.2f})"


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """For reading: `low` and `high` as one column, figures and the verdict in words."""
    spans = [
        "–" if np.isnan(low) else f"{low:+.3f} to {high:+.3f}"
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    shown = table.assign(span=spans, larger=table["larger"].map("{:+.3f}".format), verdict=table["verdict"].map(WORDS))
    shown["small"] = table["small"].map("{:+.3f}".format)
    shown["figure"] = table["figure"].replace(TITLES)
    return shown[["dataset", "figure", "seeds", "small", "span", "larger", "verdict"]].rename(
        columns={"span": "one more small seed", "verdict": "lies"}
    )
