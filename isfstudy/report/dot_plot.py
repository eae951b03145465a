"""Dot plots: a row a method, a panel a quantity, each with its own axis, so that every value can be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isfstudy.report.colours import colour_of

ROWS = {"measured": 0.0, "printed": 0.28}  # how far below a method's line its dots lie


def draw_dot_plot(axes: Sequence[Axes], table: pd.DataFrame, *, logarithmic: Collection[str] = ()) -> None:
    """Draw a `dot_plot` on given axes, one a metric, that share their vertical axis."""
    methods = list(dict.fromkeys(table["method"]))
    for axis, (metric, values) in zip(axes, table.groupby("metric", sort=False), strict=True):
        for kind, below in ROWS.items():
            rows = values[(values["row"] == kind) & values["value"].notna()]
            for method, value, low, high in rows[["method", "value", "low", "high"]].itertuples(index=False):
                colour = colour_of(method)
                place = methods.index(method) + below
                axis.hlines(place, low, high, color=colour, linewidth=2)
                axis.plot(value, place, "o", color=colour, markerfacecolor=colour if kind == "measured" else "white")
        axis.set_title(metric, fontsize=11)
        axis.set_xscale("log" if metric in logarithmic else "linear")
        axis.grid(axis="y", color="0.9")
    axes[0].set_yticks(range(len(methods)), methods)
    axes[0].set_ylim(len(methods) - 0.4, -0.6)


def dot_plot(table: pd.DataFrame, *, logarithmic: Collection[str] = ()) -> Figure:
    """A panel a metric, a line a method in order of appearance; full dots are measured, hollow ones printed.

    Networks of the paper's architecture are orange. Lines through dots are intervals.

    Args:
        table: `method`, `metric`, `row` (`measured` or `printed`), `value`, `low` and `high`; NaN is not drawn.
        logarithmic: metrics with a logarithmic axis.
    """
    panels = table["metric"].nunique()
    size = (2.1 * panels + 1.9, 0.32 * table["method"].nunique() + 0.7)
    figure, axes = plt.subplots(1, panels, figsize=size, sharey=True, squeeze=False)
    draw_dot_plot(axes[0], table, logarithmic=logarithmic)
    return figure
