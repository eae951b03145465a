"""Figures of notebook 19; `report.save_figure` saves them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS
from isfstudy.sensitivity.changes import PARAMETERS


def changes(table: pd.DataFrame, dataset: str) -> Figure:
    """A panel a parameter: its values, and by metric the change in deviations between seeds, with its interval.

    Args:
        table: from `isfstudy.sensitivity.changes.changes`.
        dataset: the set that is shown.
    """
    rows = table[(table["dataset"] == dataset) & table["metric"].isin(METRICS)]
    parameters = [name for name in PARAMETERS if name in set(rows["parameter"])]
    figure, axes = plt.subplots(1, len(parameters), figsize=(1.8 * len(parameters) + 1, 3), sharey=True, squeeze=False)
    colours = dict(zip(METRICS, sns.color_palette("colorblind"), strict=False))
    for axis, parameter in zip(axes[0], parameters, strict=True):
        here = rows[rows["parameter"] == parameter]
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
        axis.set_title(PARAMETERS[parameter].split(",")[0], fontsize=10)
    axes[0][0].set_ylabel("change, in deviations between seeds", fontsize=9)
    axes[0][0].set_yscale("symlog", linthresh=2)
    axes[0][0].margins(y=0.1)
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower right", ncols=len(METRICS), fontsize=8)
    return figure
