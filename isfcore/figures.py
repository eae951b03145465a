"""The study's figures, as matplotlib figures; notebooks save them with `isfcore.report.save_figure`."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from scipy.ndimage import uniform_filter

from isfcore.data import luma
from isfcore.metrics import METRICS
from isfcore.report import PHOTOGRAPH_DPI


def image_grid(rows: dict[str, list[np.ndarray]], columns: list[str], *, width: float = 2.6) -> Figure:
    """A grid of images with a name for each row and column.

    Args:
        rows: for each row its images, (H, W) or (H, W, 3) uint8, in the order of `columns`; None leaves a gap.
        width: of one image, in inches.
    """
    shapes = [next(image for image in images if image is not None).shape for images in rows.values()]
    heights = [width * shape[0] / shape[1] for shape in shapes]
    lines = 1 + max(column.count("\n") for column in columns)
    figure, axes = plt.subplots(
        len(rows),
        len(columns),
        figsize=(width * len(columns), sum(heights) + 0.15 + 0.15 * lines),
        height_ratios=heights,
        squeeze=False,
    )
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=True):
            axis.set(xticks=[], yticks=[])
            axis.grid(False)
            if image is None:
                axis.axis("off")
            else:
                axis.imshow(_small(image, width), cmap="gray", vmin=0, vmax=255, extent=_extent(image))
        line[0].set_ylabel(name, fontsize=9)
    for axis, column in zip(axes[0], columns, strict=True):
        axis.set_title(column, fontsize=9)
    return figure


def _small(image: np.ndarray, inches: float) -> np.ndarray:
    """An image with no more pixels than are shown, which keeps SVG files small."""
    shown = Image.fromarray(image)
    shown.thumbnail((round(inches * PHOTOGRAPH_DPI),) * 2, Image.Resampling.LANCZOS)
    return np.asarray(shown)


def _extent(image: np.ndarray) -> tuple[float, float, float, float]:
    """Axes in pixels of the full image, so that marks lie where they belong."""
    return -0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5


def mark_hidden(clean: np.ndarray, intervened: np.ndarray) -> np.ndarray:
    """A masked image as RGB with the hidden pixels in colour, which black holes in a night scene are not.

    Args:
        clean, intervened: (H, W) uint8 before and after masking; an image that is black altogether stays black.
    """
    marked = np.repeat(intervened[..., None], 3, axis=2)
    if intervened.any():
        marked[intervened != clean] = np.array(sns.color_palette("colorblind")[1]) * 255
    return marked


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
    """Figure 4: sources and fused images of some pairs, each with the same window enlarged below it.

    Args:
        rows: for each pair its images by column name.
        windows: for each pair what `salient_window` gives.
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
    """What each hidden choice changes, in percent of the final value, a panel a metric, on a logarithmic axis.

    Args:
        choices: column `choice` and one column a metric, as `isfcore.comparison.hidden_choices` gives.
        final: the final value of each metric.
    """
    raises, lowers, neither = (sns.color_palette("colorblind")[index] for index in (0, 1, 7))
    figure, axes = plt.subplots(1, len(METRICS), figsize=(12, 2.7), sharey=True)
    places = np.arange(len(choices))[::-1]
    for axis, metric in zip(axes, METRICS, strict=True):
        change = choices[metric] / abs(final[metric]) * 100
        spread = choices["choice"].str.contains("±", regex=False)
        colours = [
            neither if wide else raises if value > 0 else lowers for wide, value in zip(spread, change, strict=True)
        ]
        axis.barh(places, change.abs(), color=colours, left=1e-3)
        for place, value, wide in zip(places, change, spread, strict=True):
            size = f"{abs(value):.0f}" if abs(value) >= 99.5 else f"{abs(value):.2g}"
            said = f"±{size} %" if wide else "none" if value == 0 else f"{'+' if value > 0 else '−'}{size} %"
            axis.annotate(
                said, (max(abs(value), 1e-3), place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=9
            )
        axis.set(xscale="log", xlim=(1e-3, 4e4), title=f"{metric} = {final[metric]:.4g}", xticks=[1e-2, 1, 1e2])
        axis.grid(axis="y", visible=False)
    axes[0].set_yticks(places, choices["choice"])
    figure.supxlabel("change in percent of the final value (blue raises, orange lowers, grey either way)", fontsize=10)
    return figure


def residuals(table: pd.DataFrame) -> Figure:
    """Measured over printed, minus one, in percent: a panel a data set, a colour and a marker a metric.

    Args:
        table: columns `dataset`, `method`, `metric` and `residual` (percent); data sets in the order of panels.
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    figure, axes = plt.subplots(1, len(datasets), figsize=(4.3 * len(datasets), 3.4), sharey=True, squeeze=False)
    for axis, dataset in zip(axes[0], datasets, strict=True):
        rows = table[table["dataset"] == dataset]
        axis.axvline(0, color="0.3", linewidth=1)
        sns.scatterplot(
            rows,
            x="residual",
            y="method",
            hue="metric",
            style="metric",
            hue_order=METRICS,
            style_order=METRICS,
            s=70,
            ax=axis,
            legend=dataset == datasets[-1],
        )
        axis.set(title=dataset, xlabel="measured − printed, % of printed", ylabel="", xscale="symlog")
        ticks = [-30, -5, -1, 0, 1, 5, 30]
        axis.set_xticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_xlim(-80, 80)
    sns.move_legend(axes[0][-1], "upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def verdicts(counts: pd.Series) -> Figure:
    """One stacked bar of how many claims have which verdict; verdicts in the index, of which none may be missing."""
    figure, axis = plt.subplots(figsize=(8, 1.2))
    left = 0
    for (verdict, count), colour in zip(counts.items(), ("#0173b2", "#de8f05", "#b3403a", "#949494"), strict=True):
        axis.barh(0, count, left=left, color=colour, edgecolor="white", label=f"{count} {verdict}")
        left += count
    axis.axis("off")
    axis.legend(ncols=len(counts), loc="lower center", bbox_to_anchor=(0.5, 0.95), frameon=False, handlelength=1)
    return figure


def distributions(table: pd.DataFrame, columns: dict[str, str]) -> Figure:
    """One strip of points a data set and modality, a panel a quantity.

    Args:
        table: one row an image with `dataset`, `modality` and the quantities.
        columns: the quantities to show, and how their axes are named.
    """
    figure, axes = plt.subplots(
        1, len(columns), figsize=(3.6 * len(columns), 0.55 * table["dataset"].nunique() + 1.4), sharey=True
    )
    for axis, (column, label) in zip(axes, columns.items(), strict=True):
        sns.boxplot(
            table, x=column, y="dataset", hue="modality", ax=axis, fliersize=2, linewidth=0.8, legend=axis is axes[-1]
        )
        axis.set(xlabel=label, ylabel="")
    sns.move_legend(axes[-1], "upper left", bbox_to_anchor=(1, 1), frameon=False, title="")
    return figure


def detail(table: pd.DataFrame) -> Figure:
    """Detail lost, to the left, and added, to the right, in percent of what the sources offer: a panel a data set.

    Args:
        table: means by `dataset` and `method` of `lost` and `added`, as `isfcore.detail.details` gives them.
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
