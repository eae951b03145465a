"""Figures of the effects of interventions. Save them with `report.save_figure`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfstudy.intervention_effects.treatments import INTERVENTIONS

MARKERS = "osD^vPX*"
# Of `INTERVENTIONS`, in their order; dropout by what is dropped.
NAMES = ["visible dropped", "infrared dropped", "complementary,\ngrid", "random, grid", "complementary,\nholes"]
NAMES += ["random, holes"]


def _looks(methods: Sequence[str]) -> dict[str, dict]:
    """A colour and a marker for each method."""
    looks = zip(methods, sns.color_palette("colorblind", len(methods)), cycle(MARKERS), strict=False)
    return {name: {"color": colour, "marker": marker} for name, colour, marker in looks}


def _legend(figure: Figure, looks: dict[str, dict], lines: dict[str, str]) -> None:
    handles = [plt.Line2D([], [], linestyle="", label=name, **look) for name, look in looks.items()]
    handles += [plt.Line2D([], [], color="0.3", linestyle=style, label=name) for name, style in lines.items()]
    columns = max(1, int(figure.get_figwidth() / 2.6))
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False, fontsize=9)


def effect_intervals(ate: pd.DataFrame, per_image: pd.DataFrame, metrics: Sequence[str]) -> Figure:
    """Figure 6: a panel a metric and data set; an intervention a group, in which each method has its mean with its
    interval and every image as a faint point.

    The axis is logarithmic, and linear around zero, as effects of masks and of dropout differ by orders of magnitude.

    Args:
        ate: from `isfstudy.intervention_effects.effects.average_effects`.
        per_image: from `isfstudy.intervention_effects.effects.effects`, of the same methods and data sets; a point is
            the mean over an image's draws.
        metrics: a row each.
    """
    keys = ["network", "dataset", "intervention", "stem"]
    per_image = per_image.groupby(keys, sort=False)[list(metrics)].mean().reset_index()
    datasets, looks = list(dict.fromkeys(ate["dataset"])), _looks(list(dict.fromkeys(ate["network"])))
    size = (2.0 + 3.6 * len(datasets), 0.8 + 3.4 * len(metrics))
    figure, axes = plt.subplots(len(metrics), len(datasets), figsize=size, sharex="row", sharey=True, squeeze=False)
    shifts = dict(zip(looks, np.linspace(-0.36, 0.36, len(looks)), strict=True))
    for row, metric in zip(axes, metrics, strict=True):
        for axis, dataset in zip(row, datasets, strict=True):
            means = ate[(ate["dataset"] == dataset) & (ate["metric"] == metric)]
            points = per_image[per_image["dataset"] == dataset]
            for method, look in looks.items():
                place = shifts[method] + np.arange(len(INTERVENTIONS))
                mine = means[means["network"] == method].set_index("intervention").loc[list(INTERVENTIONS)]
                every = points[points["network"] == method]
                at = every["intervention"].map(dict(zip(INTERVENTIONS, place, strict=True)))
                axis.plot(every[metric], at, ".", color=look["color"], markersize=3, alpha=0.3, zorder=1)
                axis.hlines(place, mine["low"], mine["high"], color=look["color"], linewidth=2, zorder=2)
                axis.plot(mine["ate"], place, linestyle="", markersize=5, markeredgecolor="white", zorder=3, **look)
            axis.axvline(0, color="0.3", linewidth=1, zorder=0)
            axis.set_title(f"{metric}, {dataset}", fontsize=10)
        greatest = per_image[metric].abs().max()
        row[0].set_xscale("symlog", linthresh=10 ** np.floor(np.log10(greatest / 100)) if greatest else 1)
        row[0].xaxis.set_major_formatter("{x:g}")
        row[0].set_yticks(range(len(INTERVENTIONS)), NAMES, fontsize=9)
        row[0].set_ylim(len(INTERVENTIONS) - 0.5, -0.5)
        for axis in row:
            axis.tick_params(axis="x", labelsize=8)
            axis.grid(axis="y", visible=False)
    figure.supxlabel("loss of quality, clean minus intervened", fontsize=10)
    _legend(figure, looks, {})
    return figure


def dose_curves(dose: pd.DataFrame, metrics: Sequence[str]) -> Figure:
    """Effect against the share of the pixels that is hidden, with its interval: a row of panels a metric, a column a
    size of holes; complementary masks dashed, random ones solid.

    Args:
        dose: from `isfstudy.intervention_effects.doses.dose_effects`, of one data set.
        metrics: a row each.
    """
    sizes, looks = sorted(set(dose["size"])), _looks(list(dict.fromkeys(dose["network"])))
    styles = {"random": "-", "complementary_holes": "--"}
    size = (2.0 + 3.6 * len(sizes), 1.0 + 2.6 * len(metrics))
    figure, axes = plt.subplots(len(metrics), len(sizes), figsize=size, sharex=True, sharey="row", squeeze=False)
    for row, metric in zip(axes, metrics, strict=True):
        for axis, side in zip(row, sizes, strict=True):
            rows = dose[(dose["size"] == side) & (dose["metric"] == metric)]
            for (method, name), line in rows.groupby(["network", "intervention"], sort=False):
                line = line.sort_values("hidden")
                share = line["hidden"] * 100
                axis.plot(share, line["ate"], linestyle=styles[name], markersize=4, linewidth=1.3, **looks[method])
                axis.fill_between(share, line["low"], line["high"], color=looks[method]["color"], alpha=0.12, lw=0)
            axis.axhline(0, color="0.3", linewidth=1, zorder=0)
            axis.set_title(f"{metric}, holes of {side}", fontsize=10)
        row[0].set_ylabel("loss of quality", fontsize=9)
    figure.supxlabel("hidden pixels of each image, %", fontsize=10)
    _legend(figure, looks, {"random": "-", "complementary holes": "--"})
    return figure
