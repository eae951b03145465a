"""Figures of notebook 16; `report.save_figure` saves them."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isfcore.images import grey
from isfcore.pairs import Pair
from isfstudy.comparison.classic import CLASSIC
from isfstudy.comparison.figures import salient_window
from isfstudy.comparison.methods import Method
from isfstudy.misregistration.moves import ALIGNED, SHIFT, UNITS, Move, inner, middle, moved
from isfstudy.misregistration.slopes import ALONE
from isfstudy.report.colours import colour_of

APART = 0.055  # of an axis's height: the least distance between two labels
SHOWN = 0.6  # of the sides of what is fused: the part that a picture shows


def loss_curves(means: pd.DataFrame) -> Figure:
    """What a move costs: the loss above that of the aligned pair, over the amount; a row a kind of move, a column a
    data set, a line a method, which is named at its end.

    Networks of the paper's architecture are orange, rules blue, either source alone grey.

    Args:
        means: from `isfstudy.misregistration.slopes.means`.
    """
    datasets, kinds = list(dict.fromkeys(means["dataset"])), [kind for kind in UNITS if (means["kind"] == kind).any()]
    figure, axes = plt.subplots(
        len(kinds), len(datasets), figsize=(6.2 * len(datasets), 4.3 * len(kinds)), squeeze=False, sharey="row"
    )
    for row, kind in zip(axes, kinds, strict=True):
        rows = means[means["kind"].isin([ALIGNED, kind])]
        for axis, dataset in zip(row, datasets, strict=True):
            for method, line in rows[rows["dataset"] == dataset].groupby("method", sort=False):
                line = line.sort_values("amount")
                style = "-" if colour_of(method, other="") else ":" if method in ALONE else "--"
                axis.plot(line["amount"], line["above"], style, color=_colour(method), marker="o", markersize=3)
            axis.set(title=dataset, xlabel=f"{kind} of the infrared image, {UNITS[kind]}")
            axis.set_xticks(sorted(set(rows["amount"])))
        row[0].set_ylabel("loss above that of the aligned pair")
        last = rows["amount"].max()
        for axis, dataset in zip(row, datasets, strict=True):
            axis.set_xlim(-0.02 * last, 1.5 * last)
            ends = rows[(rows["dataset"] == dataset) & (rows["amount"] == last)].set_index("method")["above"]
            _name_lines(axis, ends, last)
    return figure


def _colour(method: str) -> object:
    return colour_of(method, other="0.45" if method in ALONE else sns.color_palette("colorblind")[0])


def _name_lines(axis: Axes, ends: pd.Series, last: float) -> None:
    """Each line's name to the right of its end, moved up where names would lie on each other."""
    bottom, top = axis.get_ylim()
    least, place = APART * (top - bottom), -np.inf
    for method, end in ends.sort_values().items():
        place = max(end, place + least)
        axis.annotate(
            method,
            (last, end),
            xytext=(1.04 * last, place),
            va="center",
            fontsize=8,
            color=_colour(method),
            arrowprops={"arrowstyle": "-", "color": _colour(method), "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0},
        )
    axis.set_ylim(bottom, max(top, place + least))


def pictures(
    pair: Pair, methods: dict[str, Method], shifts: Sequence[float], *, size: Sequence[int]
) -> dict[str, list[np.ndarray]]:
    """A part of one pair, fused with infrared in place and shifted, as `isfstudy.report.pictures.image_grid` takes it.

    Args:
        shifts: pixels, a row each; 0 for none.
        size: see `isfstudy.misregistration.moves.middle`.

    Returns:
        By row infrared as it was fed, visible, and the fused images, (H, W) uint8: the part that is brightest in
        infrared and differs most, as the aligned sources have it.
    """
    infrared, visible = middle(size)(pair)
    top, left, height, width = salient_window(inner(infrared), grey(inner(visible)), share=SHOWN)
    rows = {}
    for shift in shifts:
        fed = moved(infrared, Move(SHIFT, shift) if shift else Move(ALIGNED))
        images = [fed, grey(visible), *(method(pair.stem, fed, visible) for method in methods.values())]
        cut = [inner(image)[top : top + height, left : left + width] for image in images]
        rows[f"shifted by {shift:g}" if shift else "aligned"] = cut
    return rows


def shown(methods: dict[str, Method], subject: str) -> dict[str, Method]:
    """Three methods for a picture: the subject, the pyramid and the average."""
    return {name: methods[name] for name in (subject, "Laplacian pyramid", "Average") if name in {subject, *CLASSIC}}
