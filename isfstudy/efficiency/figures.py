"""Figures of notebook 09: latency and memory against resolution, and Figure 1c as a radar and as dots."""

from __future__ import annotations

from collections.abc import Collection
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isfstudy.paper.printed import NETWORK
from isfstudy.report.dots import draw_dots

AXES = ("CC", "PSNR", "FPS")


def latency(table: pd.DataFrame) -> Figure:
    """Median time of one image with its quartiles, and peak memory, against the number of pixels.

    Args:
        table: rows of `isfstudy.efficiency.timing.latency` of batches of one, with `peak_mib`, NaN where it was not
            measured.
    """
    table = table.assign(megapixels=table["height"] * table["width"] / 1e6)
    figure, (time_axis, memory_axis) = plt.subplots(1, 2, figsize=(11, 4.2))
    colours = cycle(sns.color_palette("colorblind"))
    markers = cycle("osD^vPX*")
    for (device, method), rows in table.groupby(["device", "method"], sort=False):
        rows = rows.sort_values("megapixels")
        label, colour, marker = f"{method}, {device}", next(colours), next(markers)
        below, above = rows["median_ms"] - rows["low_ms"], rows["high_ms"] - rows["median_ms"]
        style = {"color": colour, "marker": marker, "linestyle": "-" if method.startswith(NETWORK) else ":"}
        time_axis.errorbar(rows["megapixels"], rows["median_ms"], yerr=[below, above], capsize=3, label=label, **style)
        if rows["peak_mib"].notna().any():
            memory_axis.plot(rows["megapixels"], rows["peak_mib"], label=label, **style)
    sizes = table[["height", "width", "megapixels"]].drop_duplicates().sort_values("megapixels")
    time_axis.set(yscale="log", ylabel="milliseconds an image")
    memory_axis.set(ylim=(0, None), ylabel="peak memory, MiB")
    for axis in (time_axis, memory_axis):
        axis.set(xscale="log", xlabel="image size (pixels, logarithmic)")
        axis.set_xticks(sizes["megapixels"], [f"{size.height} × {size.width}" for size in sizes.itertuples()])
        axis.minorticks_off()
    figure.legend(*time_axis.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=9)
    return figure


def _radar(axis: Axes, table: pd.DataFrame, logarithmic: Collection[str]) -> None:
    """A polygon a row; on each axis the centre is the lowest of the rows and the rim the highest."""
    values = table[list(AXES)].apply(lambda column: np.log(column) if column.name in logarithmic else column)
    shares = (values - values.min()) / (values.max() - values.min())
    angles = np.linspace(0, 2 * np.pi, len(AXES), endpoint=False)
    palette = sns.color_palette("colorblind")
    others = cycle([palette[0], *palette[2:]])
    dashes = [(None, None), (5, 2), (1, 1.5), (5, 2, 1, 2), (9, 2), (2, 2), (9, 2, 1, 2, 1, 2), (3, 1), (1, 4)]
    styles = cycle(dashes)  # more of them than methods have all axes
    for method, row in zip(table["method"], shares.to_numpy(), strict=True):
        ours = method.startswith(NETWORK)  # orange, as in the dots
        style = {"color": palette[1] if ours else next(others), "linewidth": 2.2 if ours else 1.2}
        axis.plot(np.append(angles, 0), np.append(row, row[0]), dashes=next(styles), label=method, **style)
    axis.set_theta_offset(np.pi / 2)
    axis.set_xticks(angles, AXES)
    axis.set_yticks([0, 0.5, 1], ["", "", ""])
    axis.set_ylim(-0.1, 1)
    axis.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.05), ncols=2)


def figure1c(table: pd.DataFrame) -> Figure:
    """Figure 1c: the methods of which all axes are known as a radar, and beside it all values as dots.

    Speed is logarithmic in both, as methods differ by orders of magnitude.

    Args:
        table: from `isfstudy.efficiency.inference_cost.figure1c`.
    """
    long = table.melt(["method", "row"], list(AXES), "metric", "value").assign(low=np.nan, high=np.nan)
    height = max(4.8, 0.32 * table["method"].nunique() + 0.8)
    figure = plt.figure(figsize=(13, height))
    grid = figure.add_gridspec(1, 4, width_ratios=[2.2, 1, 1, 1])
    _radar(figure.add_subplot(grid[0], projection="polar"), table.dropna(subset=list(AXES)), ["FPS"])
    first = figure.add_subplot(grid[1])
    draw_dots([first, *(figure.add_subplot(grid[place], sharey=first) for place in (2, 3))], long, logarithmic=["FPS"])
    for axis in figure.axes[2:]:
        axis.tick_params(labelleft=False)
    return figure
