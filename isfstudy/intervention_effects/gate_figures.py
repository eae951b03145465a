"""Figures of gates: what they look like beside what is stable (Figure 3), and how the two go together."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.figure import Figure

from isfcore.fusion import to_levels, unit_luma
from isfcore.inference import run
from isfcore.masks import HOLE
from isfcore.network import SCALES, FusionNetwork
from isfcore.pairs import Pair
from isfstudy.intervention_effects.stability import MATTERS, MEAN, Blocks, Read, full_size_gates
from isfstudy.report.pictures import image_grid

COLOURS = (plt.get_cmap("viridis")(np.arange(256))[:, :3] * 255).astype(np.uint8)
# Gates from the coarsest scale to the finest, in the order in which the decoder meets them.
COLUMNS = ["infrared", "visible", "fused", "change", "gate, 1/4", "gate, 1/2", "gate, full size", "mean of the three"]


def gate_pictures(
    network: FusionNetwork, examples: dict[str, tuple[Pair, Blocks]], *, read: Read, width: float = 3.0
) -> Figure:
    """Figure 3: a row an example; its sources, fused, and by blocks how much it changes when other parts are hidden
    (dark is least, bright is most of this image); below, so that a narrow page shows them large enough, the gates (dark
    is 0, bright is 1).

    Args:
        network: from `isfcore.inference.prepare`.
        examples: by name of the row, a pair and its blocks from `isfstudy.intervention_effects.stability.blocks_of`.
    """
    device = network.output.weight.device
    rows = {}
    for name, (pair, blocks) in examples.items():
        units = [torch.from_numpy(unit_luma(image))[None, None].to(device) for image in read(pair)]
        fused = run(network, *units)
        gates = full_size_gates(fused)
        images = [to_levels(image)[0, 0] for image in (*units, fused.luma)]
        change = blocks.change - blocks.change.min()
        levels = np.rint(255 * change / max(change.max(), 1e-12)).astype(np.uint8)
        images.append(COLOURS[np.kron(levels, np.ones((HOLE, HOLE), np.uint8))])
        rows[name] = images + [COLOURS[to_levels(gates[gate])[0, 0]] for gate in (*SCALES[::-1], MEAN)]
    return image_grid(rows, COLUMNS, width=width)


def gates_and_change(per_image: pd.DataFrame, table: pd.DataFrame) -> Figure:
    """A row a network, a panel a data set: the partial correlation of every image as a point, its mean with its
    interval, and as a band what the gates of other images give on average. Dashed: what would support the claim.

    Args:
        per_image, table: image by image and over images, both with `network`, `dataset` and `gate`.
    """
    datasets, gates = list(dict.fromkeys(table["dataset"])), list(dict.fromkeys(table["gate"]))
    networks = list(dict.fromkeys(table["network"]))
    size = (1.8 + 3.0 * len(datasets), 0.9 + (0.5 + 0.34 * len(gates)) * len(networks))
    figure, axes = plt.subplots(len(networks), len(datasets), figsize=size, sharex=True, sharey=True, squeeze=False)
    rng = np.random.default_rng(0)
    for line, network in zip(axes, networks, strict=True):
        for axis, dataset in zip(line, datasets, strict=True):
            for place, (gate, colour) in enumerate(zip(gates, sns.color_palette("colorblind"), strict=False)):
                points, row = (
                    rows[(rows["network"] == network) & (rows["dataset"] == dataset) & (rows["gate"] == gate)]
                    for rows in (per_image, table)
                )
                at = place + rng.uniform(-0.22, 0.22, len(points))
                axis.fill_betweenx(
                    [place - 0.4, place + 0.4], row["null_low"], row["null_high"], color="0.85", zorder=0
                )
                axis.plot(points["partial"], at, ".", color=colour, markersize=3, alpha=0.4, zorder=1)
                axis.hlines(place, row["low"], row["high"], color="black", linewidth=2, zorder=2)
                axis.plot(row["mean"], place, "o", color=colour, markeredgecolor="black", zorder=3)
            axis.axvline(0, color="0.3", linewidth=1, zorder=0)
            axis.axvline(-MATTERS, color="0.3", linewidth=1, linestyle="--", zorder=0)
            axis.set_title(f"{network}, {dataset}", fontsize=9)
            axis.tick_params(labelsize=8)
            axis.grid(axis="y", visible=False)
    axes[0, 0].set_yticks(range(len(gates)), [_said(gate) for gate in gates], fontsize=8)
    axes[0, 0].set_ylim(len(gates) - 0.5, -0.5)
    figure.supxlabel("partial rank correlation of gate and change", fontsize=9)
    return figure


def _said(gate: str) -> str:
    return "mean of three" if gate == MEAN else gate.replace("_", " ")
