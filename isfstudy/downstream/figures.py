"""Figures of notebooks 06 and 07: what machines found in images, confusion of classes, and quality against scores."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from isfstudy.report.colours import colour_of
from isfstudy.report.pictures import image_grid

WRONG, RIGHT = (0, 0, 0), (235, 235, 235)  # of error maps: black, which is the colour of no class


def class_colours(classes: int) -> np.ndarray:
    """A colour a class, (classes, 3) uint8, the first, `unlabelled`, dark grey."""
    named = np.array(sns.color_palette("colorblind", 8))
    return (np.concatenate([[[0.2, 0.2, 0.2]], named])[np.arange(classes) % 9] * 255).round().astype(np.uint8)


def segmentation_examples(rows: dict[str, dict[str, np.ndarray]], truths: dict[str, np.ndarray], names: Sequence[str]):
    """Figure 7, lower panel: images, true and predicted classes of some pairs, and below them where predictions err.

    Args:
        rows: for each pair its images by column name; class maps, (H, W) uint8, stand in `truths` and in columns whose
            name begins with `in `.
        truths: true class map of each pair.
        names: of the classes.
    """
    colours = class_colours(len(names))
    columns = list(next(iter(rows.values())))
    grid: dict[str, list] = {}
    for pair, images in rows.items():
        maps = {column: image for column, image in images.items() if column.startswith("in ")}
        grid[pair] = [*(image for column, image in images.items() if column not in maps), colours[truths[pair]]]
        grid[pair] += [colours[image] for image in maps.values()]
        wrong = [np.where((image != truths[pair])[..., None], WRONG, RIGHT).astype(np.uint8) for image in maps.values()]
        grid[f"{pair}: errors"] = [None] * (len(images) - len(maps) + 1) + wrong
    sources = [column for column in columns if not column.startswith("in ")]
    figure = image_grid(grid, [*sources, "true classes", *columns[len(sources) :]], width=1.75)
    there = sorted({int(value) for truth in truths.values() for value in np.unique(truth)})
    patches = [Patch(color=colours[kind] / 255, label=names[kind]) for kind in there]
    patches.append(Patch(color=np.array(WRONG) / 255, label="wrong"))
    figure.legend(handles=patches, loc="outside lower center", ncols=min(len(patches), 6), frameon=False, fontsize=8)
    return figure


def detection_examples(
    rows: dict[str, dict[str, np.ndarray]],
    found: dict[str, dict[str, np.ndarray]],
    truths: dict[str, np.ndarray],
    names: Sequence[str],
) -> Figure:
    """Figure 7, upper panel: the boxes found in some pairs, one colour a class, and the true ones dashed and white.

    Args:
        rows: for each pair its images by column name.
        found: for each pair and column the boxes to draw, (N, 6), see `isfstudy.downstream.training.Task`.
        truths: for each pair its true boxes, (N, 5).
    """
    columns = list(next(iter(rows.values())))
    figure = image_grid({pair: list(images.values()) for pair, images in rows.items()}, columns, width=2.2)
    colours = sns.color_palette("colorblind", max(len(names), 3))
    axes = np.array(figure.axes).reshape(len(rows), len(columns))
    for line, (pair, images) in zip(axes, rows.items(), strict=True):
        for axis, (column, image) in zip(line, images.items(), strict=True):
            size = np.array([image.shape[1], image.shape[0]])
            styles = [(truths[pair], {"edgecolor": "white", "linestyle": ":", "linewidth": 1.6})]
            boxes = found[pair].get(column, np.zeros((0, 6)))
            styles += [
                (boxes[boxes[:, 0] == kind], {"edgecolor": colour, "linewidth": 1.2})
                for kind, colour in enumerate(colours)
            ]
            for some, style in styles:
                for box in some:
                    low = (box[1:3] - box[3:5] / 2) * size
                    axis.add_patch(Rectangle(tuple(low), *(box[3:5] * size), fill=False, **style))
    handles = [Line2D([], [], color=colour, label=name) for name, colour in zip(names, colours, strict=False)]
    handles.append(Line2D([], [], color="0.5", linestyle=":", label="true"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8)
    return figure


def confusion(matrices: dict[str, np.ndarray], true: Sequence[str], predicted: Sequence[str]) -> Figure:
    """Where the pixels of each true class go, in percent of the class, a panel a method.

    Args:
        matrices: by method, (true classes, predicted classes), pixels.
        true, predicted: names of the classes in rows and columns.
    """
    width, height = 0.36 * len(predicted), 0.36 * len(true) + 1.2
    figure, axes = plt.subplots(
        1, len(matrices), figsize=(width * len(matrices) + 1.2, height), squeeze=False, sharey=True
    )
    for axis, (method, matrix) in zip(axes[0], matrices.items(), strict=True):
        total = matrix.sum(1, keepdims=True)
        share = np.divide(100 * matrix, total, out=np.full(matrix.shape, np.nan), where=total > 0)
        sns.heatmap(
            share,
            ax=axis,
            cmap="cividis",
            vmin=0,
            vmax=100,
            cbar=False,
            annot=True,
            fmt=".0f",
            annot_kws={"fontsize": 7},
            xticklabels=predicted,
            yticklabels=true,
            square=True,
        )
        axis.set_title(method, fontsize=9)
        axis.set_xlabel("predicted", fontsize=9)
        axis.tick_params(labelsize=8)
    axes[0, 0].set_ylabel("true", fontsize=9)
    return figure


def quality_and_score(table: pd.DataFrame, qualities: Sequence[str], score: str) -> Figure:
    """A panel a quality metric: methods' mean quality against what a machine scores on their images.

    Args:
        table: a row a method: `method`, `qualities`, `score`.
    """
    figure, axes = plt.subplots(1, len(qualities), figsize=(2.5 * len(qualities) + 0.6, 2.9), sharey=True)
    markers = dict(zip(table["method"], "osD^vP*X<>ph" * 3, strict=False))
    for axis, quality in zip(np.atleast_1d(axes), qualities, strict=True):
        for _, row in table.iterrows():
            colour = colour_of(row["method"])
            axis.plot(row[quality], row[score], markers[row["method"]], color=colour, markersize=7)
        axis.set_xlabel(quality)
    np.atleast_1d(axes)[0].set_ylabel(score)
    handles = [
        Line2D([], [], linestyle="", marker=marker, label=name, color=colour_of(name))
        for name, marker in markers.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    return figure
