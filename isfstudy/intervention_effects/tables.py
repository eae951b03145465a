"""What notebook 05 shows of its long tables, which have a row a metric: a part of them, side by side."""

from __future__ import annotations

import pandas as pd

CLAIMED = ("PSNR", "CC")  # the metrics of Figure 6
# What Figure 6 and section 4.2.3 say of each: dropout costs most, complementary masks less, random ones least.
FIGURE6 = dict.fromkeys(("infrared_only", "visible_only"), "largest")
FIGURE6 |= dict.fromkeys(("complementary_grid", "complementary_holes"), "moderate")
FIGURE6 |= dict.fromkeys(("random_grid", "random_holes"), "minimal")
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


def beside_figure6(ate: pd.DataFrame, per_image: pd.DataFrame, network: str) -> pd.DataFrame:
    """What Figure 6 says of each intervention, in words as it prints bars and no numbers, and what it costs here.

    Args:
        ate, per_image: from `isfstudy.intervention_effects.effects`, of the same images.
        network: the method to show.

    Returns:
        A row an intervention, the dearest in print first: `in print`, `intervention`, `hidden` (mean share of the
        pixels) and `PSNR, <set>` with its interval, in dB.
    """
    rows = ate[(ate["network"] == network) & (ate["metric"] == "PSNR")].set_index(["intervention", "dataset"])
    hidden = per_image.groupby("intervention")["hidden"].mean()
    table = pd.DataFrame({"in print": FIGURE6.values(), "intervention": FIGURE6.keys()})
    table["hidden"] = table["intervention"].map(hidden)
    for place in rows.index.unique("dataset"):
        found = [rows.loc[name, place] for name in FIGURE6]
        table[f"PSNR, {place}"] = [f"{row.ate:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in found]
    return table


def doses_side_by_side(dose: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A row a dose, with a column a method for the effect on one metric, and the share `hidden`.

    Args:
        dose: from `isfstudy.intervention_effects.doses.dose_effects`, of one data set.
    """
    wide = dose[dose["metric"] == metric].pivot(index=DOSE, columns="network", values="ate")
    wide = wide[list(dose["network"].unique())].assign(hidden=dose.groupby(DOSE)["hidden"].mean())
    return wide.reset_index().rename_axis(columns=None)
