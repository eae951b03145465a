"""Figures of notebook 19; `report.save_figure` saves them."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS
from isfstudy.sensitivity.changes import PARAMETERS


def changes(table: pd.DataFrame) -> Figure:
    """A row a set, a panel a parameter: values, and by metric the change in deviations between seeds with interval.

    Args:
        table: from `isfstudy.sensitivity.changes.changes`.
    """
    rows = table[table["metric"].isin(METRICS)]
    parameters = [name for name in PARAMETERS if name in set(rows["parameter"])]
    datasets = list(dict.fromkeys(rows["dataset"]))
    size = (1.8 * len(parameters) + 1, 2.4 * len(datasets) + 0.6)
    figure, axes = plt.subplots(len(datasets), len(parameters), figsize=size, sharey=True, squeeze=False)
    colours = dict(zip(METRICS, sns.color_palette("colorblind"), strict=False))
    for axis, (dataset, parameter) in zip(axes.flat, itertools.product(datasets, parameters), strict=True):
        here = rows[(rows["dataset"] == dataset) & (rows["parameter"] == parameter)]
        places = sorted({*here["value"], *here["released"]})
        axis.axhspan(-1, 1, color="0.92")
        axis.axhline(0, color="0.3", linewidth=1)
        for number, metric in enumerate(METRICS):
            each = here[here["metric"] == metric]
            x = [places.index(value) + 0.13 * (number - 2) for value in each["value"]]
            unit = each["deviation"]
            axis.vlines(x, each["low"] / unit, each["high"] / unit, color=colours[metric], linewidth=2)
            axis.plot(x, each["mean"] / unit, "o", color=colours[metric], markersize=5, label=metric)
        axis.set_xticks(range(len(places)), [f"{value:g}" for value in places])
        axis.set_xlim(-0.5, len(places) - 0.5)
        axis.set_title(PARAMETERS[parameter].split(",")[0] if dataset == datasets[0] else "", fontsize=10)
    for row, dataset in zip(axes, datasets, strict=True):
        row[0].set_ylabel(f"{dataset}: change,\nin deviations", fontsize=9)
    axes[0][0].set_yscale("symlog", linthresh=2)
    axes[0][0].margins(y=0.1)
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower right", ncols=len(METRICS), fontsize=8)
    return figure
