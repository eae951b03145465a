"""Figures of notebook 18; `report.save_figure` saves them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfstudy.grid.sets import TITLES
from isfstudy.readings.design import READING
from isfstudy.readings.effects import DECISIVE, IN_SHORT, MATTERS


def effects(table: pd.DataFrame) -> Figure:
    """A panel a figure, a row an effect with its interval: the readings above, what pairs of them do below, in grey.

    Args:
        table: from `isfstudy.readings.effects.effects`; not empty.
    """
    figures = [name for name in IN_SHORT if name in set(table["metric"])]
    names = list(dict.fromkeys(table["effect"]))
    main = table.loc[table["kind"] == READING, "effect"].nunique()
    figure, axes = plt.subplots(
        1, len(figures), figsize=(2.1 * len(figures) + 3, 0.3 * len(names) + 1), sharey=True, squeeze=False
    )
    datasets = list(dict.fromkeys(table["dataset"]))
    colours = dict(zip(datasets, sns.color_palette("colorblind"), strict=False))
    for axis, name in zip(axes[0], figures, strict=True):
        if name == DECISIVE:
            axis.axvspan(-MATTERS, MATTERS, color="0.92")
        axis.axvline(0, color="0.3", linewidth=1)
        for row in table[table["metric"] == name].itertuples():
            place = names.index(row.effect) + 0.24 * datasets.index(row.dataset)
            alpha = 1 if row.kind == READING else 0.45
            axis.hlines(place, row.low, row.high, color=colours[row.dataset], linewidth=2, alpha=alpha)
            label = row.dataset if row.effect == names[0] else None
            axis.plot(row.mean, place, "o", color=colours[row.dataset], alpha=alpha, markersize=5, label=label)
        axis.axhline(main - 0.4, color="0.7", linewidth=1)
        axis.set_title(TITLES.get(name, name), fontsize=10)
    axes[0][0].set_yticks(range(len(names)), [_short(name) for name in names], fontsize=8)
    axes[0][0].set_ylim(len(names) - 0.3, -0.6)
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower right", ncols=len(datasets), fontsize=8)
    return figure


def _short(name: str) -> str:
    """Of a column of several pairs the first, and how many more."""
    first, *others = name.split(" = ")
    return f"{first} + {len(others)}" if others else first
