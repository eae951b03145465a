"""Figures of notebook 09: latency and memory against resolution, and Figure 1c from this study's numbers (quality as
notebook 03 measured it, speed as this machine has it) as a radar and as dots."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isfstudy.efficiency.peers import AXES as PEER_AXES
from isfstudy.efficiency.running_cost import Size, at_size
from isfstudy.paper.printed import is_network
from isfstudy.report.colours import ORANGE, colour_of
from isfstudy.report.dot_plot import draw_dot_plot

AXES = ["CC", "PSNR", "FPS"]  # of Figure 1c
# Of lines, more than methods have all axes.
DASHES = [(None, None), (5, 2), (1, 1.5), (5, 2, 1, 2), (9, 2), (2, 2), (9, 2, 1, 2, 1, 2), (3, 1), (1, 4)]


def latency_curves(table: pd.DataFrame) -> Figure:
    """Median time of one image with its quartiles, and peak memory, against the number of pixels.

    Args:
        table: rows of `isfstudy.efficiency.running_cost.latency_table` of batches of one, with `peak_mib`, NaN where
            it was not measured.
    """
    table = table.assign(megapixels=table["height"] * table["width"] / 1e6)
    figure, (time_axis, memory_axis) = plt.subplots(1, 2, figsize=(11, 4.2))
    looks = zip(cycle(sns.color_palette("colorblind")), cycle("osD^vPX*"), strict=True)
    for (device, method), rows in table.groupby(["device", "method"], sort=False):
        rows, (colour, marker) = rows.sort_values("megapixels"), next(looks)
        below, above = rows["median_ms"] - rows["low_ms"], rows["high_ms"] - rows["median_ms"]
        style = {"color": colour, "marker": marker, "linestyle": "-" if is_network(method) else ":"}
        style["label"] = f"{method}, {device}"
        time_axis.errorbar(rows["megapixels"], rows["median_ms"], yerr=[below, above], capsize=3, **style)
        if rows["peak_mib"].notna().any():
            memory_axis.plot(rows["megapixels"], rows["peak_mib"], **style)
    sizes = table[["height", "width", "megapixels"]].drop_duplicates().sort_values("megapixels")
    time_axis.set(yscale="log", ylabel="milliseconds an image")
    memory_axis.set(ylim=(0, None), ylabel="peak memory, MiB")
    for axis in (time_axis, memory_axis):
        axis.set(xscale="log", xlabel="image size (pixels, logarithmic)")
        axis.set_xticks(sizes["megapixels"], [f"{size.height} × {size.width}" for size in sizes.itertuples()])
        axis.minorticks_off()
    figure.legend(*time_axis.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=9)
    return figure


def speeds(latency: pd.DataFrame, size: Size, *, twins: Mapping[str, str]) -> dict[str, float]:
    """Images a second, one at a time, by method: on the last device where it was timed there, else on the processor.

    Args:
        latency: tables of `isfstudy.efficiency.running_cost.latency_table` below each other, one a device.
        size: height and width.
        twins: from `isfstudy.efficiency.inference_cost.one_of_each`: networks that were not timed are as fast
            as theirs.
    """
    rows = at_size(latency[latency["batch"] == 1], size).drop_duplicates("method", keep="last")
    timed = rows.set_index("method")["images_per_second"].to_dict()
    return timed | {name: timed[twin] for name, twin in twins.items()}


def radar_table(means: pd.DataFrame, printed: pd.DataFrame, fps: Mapping[str, float], *, dataset: str) -> pd.DataFrame:
    """The axes of Figure 1c that this study measures: quality from notebook 03, speed from this machine.

    Args:
        means: notebook 03's table, as `isfstudy.comparison.scores.means` gives it.
        printed: from `isfstudy.paper.printed.printed_table`.
        fps: images a second, by method, such as from `speeds`.
        dataset: where CC and PSNR are from.

    Returns:
        A row a method that was measured, under the paper's protocol, and one a method that was printed: `method`, `row`
        (`measured` or `printed`), `pairs`, `CC`, `PSNR` and `FPS`, NaN where it is not known.
    """
    measured = means[(means["dataset"] == dataset) & (means["protocol"] == "paper")].assign(row="measured")
    rows = printed[printed["dataset"] == dataset].assign(row="printed", pairs="").astype({"CC": float, "PSNR": float})
    measured["FPS"] = measured["method"].map(fps).astype(float)
    return pd.concat([measured, rows])[["method", "row", "pairs", *AXES]].reset_index(drop=True)


def ranks(radar: pd.DataFrame) -> pd.DataFrame:
    """The place of each method on each axis, 1 for the highest, among those of which all axes are known.

    Args:
        radar: from `radar_table`.
    """
    known = radar.dropna(subset=AXES).set_index("method")[AXES]
    return known.rank(ascending=False, method="min").astype(int)


def _radar(axis: Axes, table: pd.DataFrame) -> None:
    """A polygon a row; on each axis the centre is the lowest of the rows and the rim the highest."""
    values = table[AXES].assign(FPS=np.log(table["FPS"]))
    shares = (values - values.min()) / (values.max() - values.min())
    angles = np.linspace(0, 2 * np.pi, len(AXES), endpoint=False)
    palette = sns.color_palette("colorblind")
    others = cycle([palette[0], *palette[2:]])  # but orange
    for method, row, dashes in zip(table["method"], shares.to_numpy(), cycle(DASHES), strict=False):
        ours = is_network(method)
        style = {"color": ORANGE if ours else next(others), "linewidth": 2.2 if ours else 1.2}
        axis.plot(np.append(angles, 0), np.append(row, row[0]), dashes=dashes, label=method, **style)
    axis.set_theta_offset(np.pi / 2)
    axis.set_xticks(angles, AXES)
    axis.set_yticks([0, 0.5, 1], ["", "", ""])
    axis.set_ylim(-0.1, 1)
    axis.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.05), ncols=2)


def radar_and_dots(table: pd.DataFrame) -> Figure:
    """Figure 1c: the methods of which all axes are known as a radar, and beside it all values as dots.

    Speed is logarithmic in both, as methods differ by orders of magnitude.

    Args:
        table: from `radar_table`.
    """
    long = table.melt(["method", "row"], AXES, "metric", "value").assign(low=np.nan, high=np.nan)
    height = max(4.8, 0.32 * table["method"].nunique() + 0.8)
    figure = plt.figure(figsize=(13, height))
    grid = figure.add_gridspec(1, 4, width_ratios=[2.2, 1, 1, 1])
    _radar(figure.add_subplot(grid[0], projection="polar"), table.dropna(subset=AXES))
    first = figure.add_subplot(grid[1])
    panels = [first, *(figure.add_subplot(grid[place], sharey=first) for place in (2, 3))]
    draw_dot_plot(panels, long, logarithmic=["FPS"])
    for axis in figure.axes[2:]:
        axis.tick_params(labelleft=False)
    return figure


def peer_costs(table: pd.DataFrame) -> Figure:
    """A row a network, the fastest first, a panel a cost, each with its number; networks of the paper are orange.

    Args:
        table: from `isfstudy.efficiency.peers.networks`.
    """
    figure, axes = plt.subplots(1, len(PEER_AXES), figsize=(11, 0.29 * len(table) + 0.7), sharey=True)
    colours = [colour_of(method) for method in table["method"]]
    for axis, (column, title) in zip(axes, PEER_AXES.items(), strict=True):
        axis.scatter(table[column], table.index, color=colours, zorder=3)
        for place, value in table[column].items():
            said = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
            axis.annotate(said, (value, place), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
        axis.set(xscale="log", title=title, xlim=(table[column].min() / 2, table[column].max() * 30))
        axis.grid(axis="x", visible=False)
    axes[0].set_yticks(table.index, table["method"], fontsize=9)
    axes[0].set_ylim(len(table) - 0.4, -0.6)
    return figure
