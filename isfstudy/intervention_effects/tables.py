"""What notebook 05 shows of its long tables, which have a row a metric: a part of them, side by side."""

from __future__ import annotations

import pandas as pd

CLAIMED = ("PSNR", "CC")  # the metrics of Figure 6
DOSE = ["size", "holes", "intervention"]


def claimed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that are of the metrics of Figure 6."""
    return table[table["metric"].isin(CLAIMED)]


def side_by_side(table: pd.DataFrame, *, columns: str, values: str) -> pd.DataFrame:
    """The metrics of Figure 6 with a row a metric, data set and method, PSNR first.

    Args:
        table: of this room, with a row a metric.
        columns: of the table, whose values become columns, such as `intervention`.
        values: what stands in them.
    """
    keys = ["metric", "dataset", "network"]
    wide = claimed(table).pivot_table(index=keys, columns=columns, values=values, aggfunc="first", sort=False)
    return wide.rename_axis(columns=None).reset_index().sort_values("metric", ascending=False, kind="stable")


def effects_side_by_side(ate: pd.DataFrame) -> pd.DataFrame:
    """`side_by_side` of effects with their intervals, such as `2.47 [1.90, 3.12]`; a column an intervention.

    Args:
        ate: from `isfstudy.intervention_effects.effects.average_effects`.
    """
    said = [f"{row.ate:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in ate.itertuples()]
    return side_by_side(ate.assign(effect=said), columns="intervention", values="effect")


def doses_side_by_side(dose: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A row a dose, with a column a method for the effect on one metric, and the share `hidden`.

    Args:
        dose: from `isfstudy.intervention_effects.doses.dose_effects`, of one data set.
    """
    wide = dose[dose["metric"] == metric].pivot(index=DOSE, columns="network", values="ate")
    wide = wide[list(dose["network"].unique())].assign(hidden=dose.groupby(DOSE)["hidden"].mean())
    return wide.reset_index().rename_axis(columns=None)
