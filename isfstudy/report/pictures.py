"""The study's figures, as matplotlib figures; notebooks save them with `isfstudy.report.results.save_figure`."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from PIL import Image

from isfstudy.report.results import PHOTOGRAPH_DPI

WIDEST = 12.3  # inches: at that width the 9 points of names are 9 pixels on the page


def image_grid(rows: dict[str, list[np.ndarray]], columns: list[str], *, width: float = 2.6) -> Figure:
    """A grid of images with a name for each row and column; columns that the page is too narrow for go below.

    Args:
        rows: for each row its images, (H, W) or (H, W, 3) uint8, in the order of `columns`; None leaves a gap.
        width: of one image, in inches.

    Returns:
        A figure whose `axes` are in the order of the images, row by row, wherever they stand.
    """
    bands = -(-len(columns) // max(int(WIDEST / width), 1))
    across = -(-len(columns) // bands)
    shapes = [next(image for image in images if image is not None).shape for images in rows.values()]
    parts = [range(start, min(start + across, len(columns))) for start in range(0, len(columns), across)]
    heights = [
        width * shape[0] / shape[1] if any(images[place] is not None for place in part) else 0.01
        for part in parts
        for shape, images in zip(shapes, rows.values(), strict=True)
    ]
    lines = 1 + max(column.count("\n") for column in columns)
    figure = plt.figure(figsize=(width * across, sum(heights) + bands * (0.15 + 0.15 * lines)))
    grid = figure.add_gridspec(len(heights), across, height_ratios=heights)
    for row, (name, images) in enumerate(rows.items()):
        for place, image in enumerate(images):
            band, column = divmod(place, across)
            axis = figure.add_subplot(grid[band * len(rows) + row, column])
            axis.set(xticks=[], yticks=[])
            axis.grid(False)
            if image is None:
                axis.axis("off")
            else:
                axis.imshow(_small(image, width), cmap="gray", vmin=0, vmax=255, extent=_extent(image))
            if column == 0:
                axis.set_ylabel(name, fontsize=9)
            if row == 0:
                axis.set_title(columns[place], fontsize=9)
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
