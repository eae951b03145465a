"""Figures of notebooks 04, 12 and 13: ablations, the authors' weights, retraining. `report.save_figure` saves them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS
from isfstudy.trainings.ablations import VARIANTS
from isfstudy.trainings.released_weights import FEEDS

MARKERS = "osD^v"


def changes(table: pd.DataFrame) -> Figure:
    """A panel a metric, a row a variant: the printed change, and the measured one of each data set.

    Args:
        table: from `isfstudy.trainings.ablations.changes`.
    """
    datasets, variants = list(table["dataset"].unique()), list(table["variant"].unique())
    figure, axes = plt.subplots(1, len(METRICS), figsize=(12, 0.42 * len(variants) + 1.2), sharey=True)
    places = {variant: -place for place, variant in enumerate(variants)}
    colours = sns.color_palette("colorblind", len(datasets))
    for axis, metric in zip(axes, METRICS, strict=True):
        rows = table[table["metric"] == metric]
        axis.axvline(0, color="0.3", linewidth=1)
        said = rows.drop_duplicates("variant")
        axis.plot(said["printed"], said["variant"].map(places), "kx", markersize=8, label="printed")
        for dataset, colour, marker in zip(datasets, colours, MARKERS, strict=False):
            of_set = rows[rows["dataset"] == dataset]
            axis.plot(of_set["measured"], of_set["variant"].map(places), marker, color=colour, alpha=0.8, label=dataset)
        axis.set(title=metric, xlabel="variant − full")
    axes[0].set_yticks(list(places.values()), [VARIANTS[variant] for variant in variants])
    axes[-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def both_ways(table: pd.DataFrame) -> Figure:
    """The objective of each batch, a panel a network, a column a feed; lines join the same batch.

    Args:
        table: `weights` and the rows of `isfstudy.trainings.released_weights.objective_both_ways`.
    """
    networks = list(dict.fromkeys(table["weights"]))
    figure, axes = plt.subplots(1, len(networks), figsize=(2.6 * len(networks), 3), sharey=True, squeeze=False)
    for axis, network in zip(axes[0], networks, strict=True):
        rows = table[table["weights"] == network].pivot(index="step", columns="feed", values="total")[list(FEEDS)]
        axis.plot(list(FEEDS), rows.to_numpy().T, color="0.7", linewidth=0.8)
        for feed, colour, marker in zip(FEEDS, sns.color_palette("colorblind"), MARKERS, strict=False):
            axis.plot([feed] * len(rows), rows[feed], linestyle="", marker=marker, color=colour)
        axis.set(title=network, xlim=(-0.4, 1.4))
    axes[0][0].set_ylabel("objective, training mode")
    return figure


def redrawn(table: pd.DataFrame) -> Figure:
    """A panel a metric, a row an arm: redrawn statistics as points and the file's own, fed alike, as a line.

    Args:
        table: from `isfstudy.trainings.last_steps.redrawn_scores`.
    """
    arms = table[table["statistics"] == "redrawn"].groupby(["crops", "fourth", "feed"], sort=False)
    names = [f"{crops} crops, {fourth} dropped fourth; fed {feed}" for crops, fourth, feed in arms.groups]
    figure, axes = plt.subplots(1, len(METRICS), figsize=(12, 0.4 * len(names) + 1.2), sharey=True)
    own = table[table["statistics"] == "in the file"].set_index("feed")
    for axis, metric in zip(axes, METRICS, strict=True):
        for place, ((_, _, feed), draws) in enumerate(arms):
            colour, marker = sns.color_palette("colorblind")[place], MARKERS[place]
            axis.plot(draws[metric], [-place] * len(draws), linestyle="", marker=marker, color=colour, alpha=0.7)
            axis.vlines(own.at[feed, metric], -place - 0.35, -place + 0.35, color="0.15", linewidth=2)
        axis.set(title=metric, ylim=(0.6 - len(names), 0.6))
    axes[0].set_yticks([-place for place in range(len(names))], names)
    return figure


def continued(looks: pd.DataFrame) -> Figure:
    """Difference from the start in percent over the steps, a panel a metric, a line a run, and a band of 5 %.

    Args:
        looks: from `isfstudy.trainings.going_on.looks_apart`.
    """
    figure, axes = plt.subplots(1, len(METRICS), figsize=(2.3 * len(METRICS), 3), sharey=True)
    for axis, metric in zip(axes, METRICS, strict=True):
        axis.axhspan(-5, 5, color="0.9", zorder=0)
        runs = looks.groupby("run", sort=False)
        for (name, rows), colour, marker in zip(runs, sns.color_palette("colorblind"), MARKERS, strict=False):
            axis.plot(rows["step"], rows[metric], color=colour, marker=marker, markersize=4, label=name)
        axis.set(title=metric, xlabel="step")
    axes[0].set_ylabel("difference from the start, %; PSNR: dB")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def by_steps(curve: pd.DataFrame) -> Figure:
    """Difference from the checkpoint in percent over the steps, a line a metric, and a band of 5 %.

    Args:
        curve: `step` and a column a metric.
    """
    figure, axis = plt.subplots(figsize=(7, 3.2))
    axis.axhspan(-5, 5, color="0.9", zorder=0)
    for metric, colour, marker in zip(METRICS, sns.color_palette("colorblind"), MARKERS, strict=False):
        axis.plot(curve["step"], curve[metric], color=colour, marker=marker, markersize=4, label=metric)
    axis.set(xlabel="step", ylabel="difference, %; PSNR: dB", yscale="symlog")
    axis.set_yticks([-50, -20, -10, -5, 0, 5, 10, 20, 50], ["−50", "−20", "−10", "−5", "0", "5", "10", "20", "50"])
    axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
