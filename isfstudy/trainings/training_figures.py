"""Figures of notebook 02: losses and metrics over training, gates, batch norm. Save them with `report.save_figure`."""

from __future__ import annotations

from collections.abc import Sized
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS
from isfcore.network import SCALES
from isfstudy.report.pictures import image_grid

# The terms of the loss that are shown, as a run's log names them, and what they are.
TERMS = {
    "total": "the whole loss",
    "fidelity_total": "fidelity, all three",
    "fidelity_infrared": "to the infrared (L1)",
    "fidelity_visible": "to the visible (L1)",
    "fidelity_gradient": "to the greater gradient",
    "consistency_complementary": "complementary masks, gated",
    "consistency_random": "random masks, gated",
    "consistency_gate_mean": "|mean gate − target|",
    "consistency_gate_entropy": "entropy of the gate (ln 2 = 0.69)",
    "necessity_infrared_only": "change without the visible",
    "necessity_visible_only": "change without the infrared",
    "gate_full_size": "mean gate, full size",
    "gate_half_size": "mean gate, half size",
    "gate_quarter_size": "mean gate, quarter size",
    "gradient_norm": "norm of the gradient",
}


def _panels(count: int, columns: int, width: float, height: float) -> tuple[Figure, list]:
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False)
    for axis in axes.flat[count:]:
        axis.axis("off")
    return figure, list(axes.flat[:count])


def _colours(runs: Sized) -> list[tuple[float, float, float]]:
    return sns.color_palette("colorblind", len(runs))


def loss_curves(logs: dict[str, pd.DataFrame]) -> Figure:
    """A panel for each of `TERMS`, a line a run: each step faintly, and the mean of a twentieth of the run around it.

    Args:
        logs: by run, with a column `step` and one a term.
    """
    figure, axes = _panels(len(TERMS), 5, 2.6, 2.0)
    for axis, (term, label) in zip(axes, TERMS.items(), strict=True):
        axis.set_title(label, fontsize=10)
        having = [(colour, log) for colour, log in zip(_colours(logs), logs.values(), strict=True) if term in log]
        for colour, log in having:
            window = max(1, len(log) // 20)
            axis.plot(log["step"], log[term], color=colour, alpha=0.15, linewidth=0.5)
            axis.plot(log["step"], log[term].rolling(window, center=True, min_periods=1).mean(), color=colour)
        if having:  # a recipe without a loss does not log it
            low, high = pd.concat([log[term] for _, log in having]).quantile([0.002, 0.99])
            margin = 0.05 * (high - low) or 0.01
            axis.set_ylim(low - margin, high + margin)
    figure.supxlabel("step", fontsize=10)
    _legend(figure, list(logs))
    return figure


def validation_curves(runs: dict[str, pd.DataFrame], reference: dict[str, float]) -> Figure:
    """A panel a metric, a line a run over its steps, and a dashed line for reference values where there are any.

    Args:
        runs: by run, with a column `step` and one a metric.
        reference: by metric; empty for none.
    """
    figure, axes = _panels(len(METRICS), len(METRICS), 2.5, 2.4)
    for axis, metric in zip(axes, METRICS, strict=True):
        for colour, marker, table in zip(_colours(runs), cycle("osD^vP"), runs.values(), strict=False):
            if len(table):  # else the run was not watched
                axis.plot(table["step"], table[metric], color=colour, marker=marker, markersize=3)
        if metric in reference:
            axis.axhline(reference[metric], color="0.3", linestyle="--", linewidth=1)
        axis.set_title(metric, fontsize=10)
    figure.supxlabel("step", fontsize=10)
    _legend(figure, list(runs), dashed="the authors' weights" if reference else "")
    return figure


def _legend(figure: Figure, names: list[str], *, dashed: str = "") -> None:
    lines = [plt.Line2D([], [], color=colour, label=name) for colour, name in zip(_colours(names), names, strict=True)]
    lines += [plt.Line2D([], [], color="0.3", linestyle="--", label=dashed)] if dashed else []
    figure.legend(handles=lines, loc="outside upper center", ncols=len(lines), frameon=False)


def gate_history(gates: dict[int, dict[str, np.ndarray]], *, width: float = 1.9) -> Figure:
    """Figure 3: the gate of each scale, a row each, at steps from left to right; dark is 0, bright is 1.

    Args:
        gates: by step, (H, W) uint8 by scale, the scales brought to one size for showing.
    """
    colours = (plt.get_cmap("viridis")(np.arange(256))[:, :3] * 255).astype(np.uint8)
    rows = {}
    for scale in SCALES:
        times = 2 ** SCALES.index(scale)
        rows[scale.replace("_", " ")] = [
            colours[np.kron(images[scale], np.ones((times, times), np.uint8))] for images in gates.values()
        ]
    return image_grid(rows, [f"step {step}" for step in gates], width=width)


def batch_norm_by_pass(table: pd.DataFrame) -> Figure:
    """How far from the running statistics batch norm is in each pass: a panel a network and quantity.

    A point is the mean over a stage's layers, of both encoders where there are two.

    Args:
        table: rows of `isfstudy.trainings.batch_norm.seen_by_batch_norm` with a column `network`.
    """
    networks = list(dict.fromkeys(table["network"]))
    size = (2.4 * len(networks) + 1.8, 4.8)
    figure, axes = plt.subplots(2, len(networks), figsize=size, sharex=True, sharey="row", squeeze=False)
    labels = {"shift": "mean off by (running σ)", "spread": "σ over running σ"}
    stages = list(dict.fromkeys(table["layer"].map(_stage)))
    for column, network in enumerate(networks):
        rows = table[table["network"] == network].assign(stage=lambda rows: rows["layer"].map(_stage))
        for axis, (quantity, label) in zip(axes[:, column], labels.items(), strict=True):
            sns.pointplot(
                rows,
                x="stage",
                y=quantity,
                order=stages,
                hue="pass",
                palette="colorblind",
                markers=["o", "s", "D", "^", "v"][: rows["pass"].nunique()],
                errorbar=None,
                linewidth=1.2,
                markersize=4,
                ax=axis,
                legend=column == len(networks) - 1 and quantity == "shift",
            )
            axis.set(xlabel="", ylabel=label if column == 0 else "", title=network if quantity == "shift" else "")
            axis.set_xticks(range(len(stages)), stages, rotation=90, fontsize=9)
    sns.move_legend(axes[0][-1], "upper left", bbox_to_anchor=(1, 1), frameon=False, title="")
    return figure


def _stage(layer: str) -> str:
    part, _, rest = layer.partition(".")
    scale = next(scale for scale in SCALES if scale in rest).split("_")[0]
    return f"{part.split('_')[0]}, {scale}"
