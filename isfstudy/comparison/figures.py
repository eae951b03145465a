"""Pictures of a comparison: fused images side by side, spread and detail of scores, what hidden choices contribute."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.ndimage import uniform_filter

from isfcore.images import luma
from isfcore.metrics import METRICS
from isfstudy.report.pictures import image_grid


def salient_window(infrared: np.ndarray, visible: np.ndarray, *, share: float = 0.22) -> tuple[int, int, int, int]:
    """Top, left, height and width of the window where the sources are brightest in infrared and differ most.

    Chosen from the sources alone, so that no method is shown at its best or worst.
    """
    height, width = (max(8, round(side * share)) for side in infrared.shape)
    difference = np.abs(infrared.astype(float) - luma(visible)) * infrared
    mean = uniform_filter(difference, (height, width))
    inside = mean[height // 2 : mean.shape[0] - height // 2, width // 2 : mean.shape[1] - width // 2]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return int(top), int(left), height, width


def qualitative(rows: dict[str, dict[str, np.ndarray]], windows: dict[str, tuple[int, int, int, int]]) -> Figure:
    """Figures 4 and 8: sources and fused images of some pairs, each with the same window enlarged below it.

    Args:
        rows, windows: as `isfstudy.comparison.examples.examples` gives them.
    """
    columns = list(dict.fromkeys(column for images in rows.values() for column in images))
    grid = {}
    for name, images in rows.items():
        grid[name] = [images.get(column) for column in columns]
        top, left, height, width = windows[name]
        grid[f"{name}, enlarged"] = [
            None if image is None else image[top : top + height, left : left + width] for image in grid[name]
        ]
    figure = image_grid(grid, columns, width=1.75)
    axes = np.array(figure.axes).reshape(len(grid), len(columns))
    colour = sns.color_palette("colorblind")[1]
    for row, name in enumerate(rows):
        top, left, height, width = windows[name]
        for column, axis in enumerate(axes[2 * row]):
            if grid[name][column] is not None:
                axis.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=colour, linewidth=1.5))
        for axis in axes[2 * row + 1]:
            axis.set_ylabel("")
            for spine in axis.spines.values():
                spine.set_edgecolor(colour)
    return figure


def contributions(choices: pd.DataFrame, final: pd.Series) -> Figure:
    """What each hidden choice changes, in percent of the final value and for PSNR in dB, a panel a metric, on a
    logarithmic axis. How far another selection of the images would move it is no step like the others: it stands below
    a line.

    Args:
        choices: column `choice` and one column a metric, as `isfstudy.comparison.hidden_choices` gives.
        final: the final value of each metric.
    """
    raises, lowers, neither = (sns.color_palette("colorblind")[index] for index in (0, 1, 7))
    figure, axes = plt.subplots(1, len(METRICS), figsize=(12, 2.7), sharey=True)
    spread = choices["choice"].str.contains("±", regex=False)
    places = np.arange(len(choices))[::-1] - 0.5 * spread
    for axis, metric in zip(axes, METRICS, strict=True):
        unit = "dB" if metric == "PSNR" else "%"
        change = choices[metric] if unit == "dB" else choices[metric] / abs(final[metric]) * 100
        colours = [
            neither if wide else raises if value > 0 else lowers for wide, value in zip(spread, change, strict=True)
        ]
        axis.barh(places, change.abs(), color=colours, left=1e-3)
        for place, value, wide in zip(places, change, spread, strict=True):
            size = f"{abs(value):.0f}" if abs(value) >= 99.5 else f"{abs(value):.2g}"
            said = f"±{size} {unit}" if wide else "none" if value == 0 else f"{'+' if value > 0 else '−'}{size} {unit}"
            axis.annotate(
                said, (max(abs(value), 1e-3), place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=9
            )
        axis.set(xscale="log", xlim=(1e-3, 4e4), title=f"{metric} = {final[metric]:.4g}", xticks=[1e-2, 1, 1e2])
        axis.grid(axis="y", visible=False)
        if spread.any() and not spread.all():
            axis.axhline(places[spread].max() + 0.75, color="0.6", linewidth=0.8)
    axes[0].set_yticks(places, choices["choice"])
    explained = "change in percent of the final value, PSNR in dB: blue raises, orange lowers; grey, below: either way"
    figure.supxlabel(explained, fontsize=10)
    return figure


def distributions(table: pd.DataFrame, columns: dict[str, str]) -> Figure:
    """One strip of points a data set and modality, a panel a quantity.

    Args:
        table: one row an image with `dataset`, `modality` and the quantities.
        columns: the quantities to show, and how their axes are named.
    """
    size = (3.6 * len(columns), 0.55 * table["dataset"].nunique() + 1.4)
    figure, axes = plt.subplots(1, len(columns), figsize=size, sharey=True)
    for axis, (column, label) in zip(axes, columns.items(), strict=True):
        look = dict(fliersize=2, linewidth=0.8, legend=axis is axes[-1])
        sns.boxplot(table, x=column, y="dataset", hue="modality", ax=axis, **look)
        axis.set(xlabel=label, ylabel="")
    sns.move_legend(axes[-1], "upper left", bbox_to_anchor=(1, 1), frameon=False, title="")
    return figure


def detail(table: pd.DataFrame) -> Figure:
    """Detail lost, to the left, and added, to the right, in percent of what the sources offer: a panel a data set.

    Args:
        table: means by `dataset` and `method` of `lost` and `added`, see `isfstudy.comparison.detail.detail`.
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    size = (3.6 * len(datasets) + 1.8, 0.3 * table["method"].nunique() + 1.2)
    figure, axes = plt.subplots(1, len(datasets), figsize=size, sharey=True, sharex=True, squeeze=False)
    blue, orange = sns.color_palette("colorblind")[:2]
    for axis, dataset in zip(axes[0], datasets, strict=True):
        rows = table[table["dataset"] == dataset]
        axis.barh(rows["method"], -100 * rows["lost"], color=blue, label="lost")
        axis.barh(rows["method"], 100 * rows["added"], color=orange, label="added")
        axis.axvline(0, color="0.3", linewidth=1)
        axis.set(title=dataset, xlabel="% of the sources' detail")
        axis.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
        axis.grid(axis="y", visible=False)
    axes[0][0].invert_yaxis()
    axes[0][-1].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure
