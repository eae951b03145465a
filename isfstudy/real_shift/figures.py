"""Figures of notebook 17; `report.save_figure` saves them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS
from isfstudy.grid.sets import TITLES
from isfstudy.real_shift.drops import ARMS, BOTH, NAMES, by_seed


def drops(runs: pd.DataFrame, table: pd.DataFrame) -> Figure:
    """A panel a metric, a row an arm: the drop of every seed, small, and their mean with its interval.

    Args:
        runs: from `isfstudy.grid.records.looks`.
        table: from `isfstudy.real_shift.drops.drops`.
    """
    figure, axes = plt.subplots(1, len(METRICS), figsize=(11, 2.2), sharey=True)
    rows = table[table["tested"] == BOTH].set_index(["metric", "arm"])
    for axis, metric in zip(axes, METRICS, strict=True):
        seeds = by_seed(runs, metric)[BOTH]
        axis.axvline(0, color="0.3", linewidth=1)
        for place, (arm, colour) in enumerate(zip(ARMS, sns.color_palette("colorblind"), strict=False)):
            if (metric, arm) in rows.index:
                row = rows.loc[(metric, arm)]
                axis.plot(seeds[arm], [place + 0.22] * len(seeds), "o", color=colour, alpha=0.5, markersize=4)
                axis.hlines(place, row["low"], row["high"], color=colour, linewidth=2)
                axis.plot(row["mean"], place, "o", color=colour)
        axis.set_title(TITLES.get(metric, metric), fontsize=11)
    axes[0].set_yticks(range(len(ARMS)), [NAMES[arm] for arm in ARMS])
    axes[0].set_ylim(len(ARMS) - 0.4, -0.6)
    figure.supxlabel("trained at the other time minus trained at the images' own", fontsize=10)
    return figure
