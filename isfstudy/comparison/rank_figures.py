"""Critical-difference diagrams: which methods do not differ in their average ranks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isfstudy.comparison.ranks import alike, critical_difference
from isfstudy.paper.printed import is_network
from isfstudy.report.colours import BLUE, colour_of


def critical_differences(table: pd.DataFrame, *, level: float = 0.05) -> Figure:
    """Critical-difference diagrams (Demsar 2006), a panel a metric, the best method on the left.

    Each method hangs from its average rank; a bar joins methods that do not differ. Networks of the paper's
    architecture are in orange and bold.

    Args:
        table: rows of `isfstudy.comparison.ranks.average_ranks` of one data set and protocol.
        level: of Nemenyi's test.

    Raises:
        ValueError: for rows of several data sets or protocols.
    """
    if len(table[["dataset", "protocol"]].drop_duplicates()) != 1:
        raise ValueError("a figure of critical differences shows one data set under one protocol")
    metrics = list(dict.fromkeys(table["metric"]))
    lines = -(-table["method"].nunique() // 2)
    size = (12.4, (0.2 * lines + 1.15) * -(-len(metrics) // 2))
    figure, axes = plt.subplots(-(-len(metrics) // 2), 2, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, metric in zip(axes.flat, metrics, strict=False):
        rows = table[table["metric"] == metric]
        ranks = rows.set_index("method")["rank"].sort_values(kind="stable")
        images, observations = rows[["images", "clusters"]].iloc[0]
        difference = critical_difference(methods=len(ranks), observations=observations, level=level)
        counted = f"{images} images" + (f", {observations} clusters" if observations < images else "")
        _scale(axis, f"{metric} ({counted})", len(ranks), difference)
        _hang(axis, ranks, alike(ranks, difference))
    return figure


def _scale(axis: Axes, title: str, methods: int, difference: float) -> None:
    """The axis of ranks along y = 0, and above it a bar as long as the critical difference."""
    axis.set_title(title, fontsize=10)
    axis.hlines(0, 1, methods, color="0.2", linewidth=1)
    for rank in range(1, methods + 1):
        axis.vlines(rank, 0, 0.25, color="0.2", linewidth=1)
        axis.text(rank, 0.35, str(rank), ha="center", va="bottom", fontsize=8)
    axis.plot([1, 1 + difference], [1.75, 1.75], color="0.2", linewidth=1, marker="|", markersize=6)
    axis.text(1 + difference, 1.75, f"  critical difference {difference:.2f}", va="center", fontsize=8)
    axis.set_xlim(1 - 0.45 * methods, methods * 1.45)


def _hang(axis: Axes, ranks: pd.Series, groups: list[list[str]]) -> None:
    """Methods below the axis, the better half named on the left, and bars over those that do not differ."""
    bars = 0.45 * (len(groups) + 1)
    left = (len(ranks) + 1) // 2
    lowest = bars + left
    for place, (method, rank) in enumerate(ranks.items()):
        better = place < left
        depth = -bars - (place if better else len(ranks) - 1 - place)
        end = 0.8 if better else len(ranks) + 0.2
        ours = is_network(method)
        axis.plot(
            [rank, rank, end], [0, depth, depth], color=colour_of(method, other="0.35"), linewidth=2 if ours else 0.9
        )
        axis.text(
            end + (-0.1 if better else 0.1),
            depth,
            f"{method}  {rank:.2f}" if better else f"{rank:.2f}  {method}",
            ha="right" if better else "left",
            va="center",
            fontsize=9,
            fontweight="bold" if ours else "normal",
        )
    for place, group in enumerate(groups):
        depth = -0.45 * (place + 1)
        edge = 0.06
        axis.hlines(depth, ranks[group[0]] - edge, ranks[group[-1]] + edge, color=BLUE, linewidth=4)
    axis.set_ylim(-lowest, 2.3)
