"""Figures of notebook 14; `report.save_figure` saves them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.fusion import to_levels
from isfstudy.scenes.counterfactuals import Fuse, Scenes
from isfstudy.spurious_shift.outcomes import MATTERS, NAMES, RESPONSES, WITH_CUE, WITHOUT_CUE

RATES = {WITHOUT_CUE: "says nothing", WITH_CUE: "says all"}
WIDTH, LETTERS = 9, 11  # inches of a figure, and how many letters of a label an inch has room for
CHANGE = 60 / 255  # at which the picture of a change is fully coloured


def responses(
    runs: pd.DataFrame,
    average: Mapping[str, float],
    *,
    names: Mapping[str, str] = NAMES,
    states: Mapping[str, str] = RESPONSES,
) -> Figure:
    """A panel a state of the infrared image, a group an arm; a thin line joins the two networks of one seed.

    Args:
        runs: from `isfstudy.grid.records.looks`.
        average: response of the plain average, by figure; drawn where it is given.
        names: of the arms.
        states: figures, and the state of the infrared image that each is for.
    """
    arms = [arm for arm in names if arm in {*runs["arm"]}]
    figure, axes = plt.subplots(1, len(states), figsize=(WIDTH, 3.6), sharey=True, squeeze=False)
    room = round(WIDTH * LETTERS / max(len(arms) * len(states), 1))
    for axis, (figures, infrared) in zip(axes[0], states.items(), strict=True):
        table = runs.pivot_table(index="seed", columns=["arm", "data"], values=figures)
        for place, (arm, colour) in enumerate(zip(arms, sns.color_palette("colorblind"), strict=False)):
            both = table.reindex(columns=[(arm, data) for data in RATES]).to_numpy()
            axis.plot([place - 0.18, place + 0.18], both.T, color=colour, alpha=0.45, linewidth=1)
            axis.plot([place - 0.18, place + 0.18], np.nanmean(both, axis=0), "o-", color=colour, linewidth=2.5)
        if figures in average:
            axis.axhline(average[figures], color="0.3", linewidth=1, linestyle="--")
            axis.text(-0.45, average[figures], "average", va="bottom", fontsize=9, color="0.3")
        axis.set(title=infrared, xticks=range(len(arms)), xlim=(-0.5, len(arms) - 0.5))
        axis.set_xticklabels([textwrap.fill(names[arm], room, break_long_words=False) for arm in arms], fontsize=9)
    axes[0, 0].set_ylabel("response to the cue")
    return figure


def contrasts(table: pd.DataFrame) -> Figure:
    """An interval a question and state of the infrared image; the band is what is too small to matter.

    Args:
        table: from `isfstudy.spurious_shift.outcomes.answered`.
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.42 * len(rows) + 1))
    axis.axvspan(-MATTERS, MATTERS, color="0.92")
    axis.axvline(0, color="0.3", linewidth=1)
    colours = dict(zip(("paper", "rival", "afterwards"), sns.color_palette("colorblind"), strict=False))
    for place, row in rows.iterrows():
        colour = colours[row["by"]]
        axis.hlines(place, row["low"], row["high"], color=colour, linewidth=2)
        axis.plot(row["mean"], place, "o", color=colour)
        axis.plot(row["expected"] * MATTERS, place, "<>"[row["expected"] > 0], color=colour, markerfacecolor="white")
    axis.set_yticks(rows.index, [f"{row.asked}\n{row.infrared}" for row in rows.itertuples()], fontsize=8)
    said = "difference of responses, 95 % interval over seeds; hollow: what was predicted at least"
    figure.supxlabel(said, fontsize=10)  # of the figure, as it is longer than the axis
    return figure


def flipped(scenes: Scenes, fuses: Mapping[str, Fuse], number: int) -> dict[str, list[np.ndarray]]:
    """One scene with the cue on cold things, fused, and what changes in it when the cue is taken off them.

    Returns:
        Rows for `isfstudy.report.pictures.image_grid`: sources and fused images, (H, W) uint8, and changes, (H, W, 3):
        blue where the cue darkens, red where it brightens.
    """
    one = {name: stack[number : number + 1] for name, stack in scenes.items()}
    unit = {name: one[name].float() / 255 for name in ("infrared", "rate_0", "rate_1")}
    both = {"visible": lambda _, visible: visible} | dict(fuses)
    fused = {name: [fuse(unit["infrared"], unit[rate]) for rate in ("rate_0", "rate_1")] for name, fuse in both.items()}
    images = [unit["infrared"], *(with_cue for with_cue, _ in fused.values())]
    changes = [unit["infrared"] * 0, *(with_cue - without for with_cue, without in fused.values())]
    return {
        "cue on cold things": [to_levels(image)[0, 0] for image in images],
        "change": [_coloured(change[0, 0].cpu().numpy()) for change in changes],
    }


def _coloured(change: np.ndarray) -> np.ndarray:
    return (plt.get_cmap("RdBu_r")(0.5 + change / CHANGE / 2)[..., :3] * 255).astype(np.uint8)
