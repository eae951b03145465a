"""What notebook 05 answers, in sentences with the numbers that they rest on. HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from isfcore.network import SCALES
from isfstudy.intervention_effects.stability import MATTERS, MEAN, Blocks
from isfstudy.intervention_effects.verdicts import MATTERS as LEAST

# What is said of comparisons at equal doses: their names in `ordering`, and here.
MASKS = {"complementary_holes > random_holes": "holes", "complementary_grid > random_grid": "grid"}
DROPOUT = {
    "infrared_only > complementary_grid": "visible dropped",
    "visible_only > complementary_grid": "infrared dropped",
}


def _interval(row: Any, value: str, digits: int) -> str:
    number, low, high = (getattr(row, name) for name in (value, "low", "high"))
    return f"{number:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _by_set(rows: pd.DataFrame, value: str, digits: int) -> str:
    """`TNO +0.1 [+0.0, +0.2], MSRS -0.1 [-0.2, -0.0]: undecided`, each with its verdict where these are not one."""
    one = rows["verdict"].nunique() == 1
    each = [
        f"{row.dataset} {_interval(row, value, digits)}{'' if one else f' {row.verdict}'}" for row in rows.itertuples()
    ]
    return f"{', '.join(each)}{f': <b>{rows.verdict.iloc[0]}</b>' if one else ''}"


def _differences(order: pd.DataFrame, network: str, comparisons: dict[str, str]) -> str:
    rows = order[(order["network"] == network) & (order["metric"] == "PSNR")]
    return "; ".join(
        f"{said} {_by_set(rows[rows['comparison'] == comparison], 'difference', 2)}"
        for comparison, said in comparisons.items()
    )


def in_short(order: pd.DataFrame, network: str, stable: pd.DataFrame, gated: str) -> str:
    """The answer of the page in three sentences: how often the order of the paper holds, in PSNR and at equal doses,
    and on how many sets gates are higher where the fused image is stable.

    Args:
        order: from `isfstudy.intervention_effects.verdicts.ordering`; of it `network`.
        stable: from `isfstudy.intervention_effects.stability.gate_tables`; of it `gated`.
    """
    rows = order[(order["network"] == network) & (order["metric"] == "PSNR")]
    masks, dropout = (rows[rows["comparison"].isin(which)]["verdict"] for which in (MASKS, DROPOUT))
    gates = stable[(stable["network"] == gated) & (stable["gate"] == MEAN)]["verdict"]
    told = pd.concat([masks == "holds", dropout == "holds", gates == "negative"])
    begin = "Yes, as far as this can tell" if told.all() else "In part" if told.any() else "No"
    return (
        f"<b>{begin}:</b> at equal doses complementary masks harm more than random ones in {(masks == 'holds').sum()} "
        f"of {len(masks)} comparisons, and less in {(masks == 'reversed').sum()}; a dropped modality harms more than "
        f"masks in {(dropout == 'holds').sum()} of {len(dropout)}, and less in {(dropout == 'reversed').sum()}; gates "
        f"are higher where the fused image is stable on {(gates == 'negative').sum()} of {len(gates)} sets, and lower "
        f"there on {(gates == 'positive').sum()}. The others are undecided, or too small to matter."
    )


def on_masks(order: pd.DataFrame, network: str) -> str:
    """Who predicted what of complementary and random masks, and what PSNR says at equal doses, by set.

    Args:
        order: from `isfstudy.intervention_effects.verdicts.ordering`.
    """
    return (
        "<b>Paper:</b> complementary masks harm more than random ones. <b>We, beforehand:</b> less, at equal doses. "
        f"<b>Found</b> ({network}, PSNR lost, dB, complementary minus random): {_differences(order, network, MASKS)}."
    )


def on_dropout(order: pd.DataFrame, network: str) -> str:
    """The same of a dropped modality beside a complementary grid, which hides half of all pixels too."""
    return (
        "<b>Paper:</b> dropping a modality harms most. <b>Found</b> at an equal dose, half of all pixels (PSNR lost, "
        f"dB, minus that under a complementary grid): {_differences(order, network, DROPOUT)}."
    )


def on_power(order: pd.DataFrame, network: str) -> str:
    """How many images and draws the order rests on, and the smallest difference in PSNR that these could have seen."""
    rows = order[(order["network"] == network) & (order["metric"] == "PSNR")]
    pairs = rows.groupby("dataset", sort=False)["pairs"].max()
    counted = ", ".join(f"{name} {number}" for name, number in pairs.items())
    smallest = rows.groupby("comparison")["smallest"].max()
    seen = ", ".join(f"{smallest[name]:.2f} dB ({said})" for name, said in (MASKS | DROPOUT).items())
    return (
        f"<b>How sure:</b> {counted} pairs, {rows['draws'].max()} draws of masks; mixed model, intervals of six "
        f"comparisons together, which could see {seen}; within {LEAST['PSNR']:g} dB nothing is decided."
    )


def on_gates(table: pd.DataFrame, network: str) -> str:
    """Who predicted what of gates, and how the mean gate goes along with what changes under masks, by set.

    Args:
        table: over images, from `isfstudy.intervention_effects.stability.gate_tables`.
    """
    rows = table[(table["network"] == network) & (table["gate"] == MEAN)]
    return (
        "<b>Paper:</b> gates are high where the fused image is stable. <b>We:</b> no relation. <b>Found</b>, partial "
        f"rank correlation of gate and change (paper: -{MATTERS:g} or less): {_by_set(rows, 'mean', 2)}."
    )


def beside_figure3(images: dict[str, Blocks], dataset: str) -> str:
    """What Figure 3 says of gates from scale to scale, and what their means are, of one network on one set.

    Args:
        images: by stem, from `isfstudy.intervention_effects.stability.blocks_of`.
    """
    means = [np.mean([each.gates[scale].mean() for each in images.values()]) for scale in SCALES[::-1]]
    spread = [np.mean([each.gates[scale].std() for each in images.values()]) for scale in SCALES[::-1]]
    said = ", ".join(f"{mean:.2f} ± {within:.2f}" for mean, within in zip(means, spread, strict=True))
    return (
        "<b>In print</b> gates narrow step by step to targets and edges. <b>Here</b>, on "
        f"{dataset} ({len(images)} pairs), mean and spread within an image from the coarsest to the finest: {said}."
    )


def on_gates_further(table: pd.DataFrame) -> str:
    """What stands beside it: raw correlations, the gates of other images, and every network, by set."""
    rows = table[table["gate"] == MEAN]
    each = [
        f"{row.network} on {row.dataset} ({row.pairs} pairs) {row.mean:+.2f}, with difference and brightness of the "
        f"sources left in {row.raw:+.2f}, with gates of other images {row.null:+.2f} (p {row.p:.3f})"
        for row in rows.itertuples()
    ]
    return f"<b>Gates, further:</b> {'; '.join(each)}."


def on_levels(levels: pd.DataFrame, networks: Sequence[str]) -> str:
    """Mean and decided share of the mean gate, by network, averaged over sets."""
    rows = levels[levels["gate"] == MEAN].groupby("network", sort=False)[["mean", "decided"]].mean()
    each = [f"{name} mean {rows.loc[name, 'mean']:.2f}, decided {rows.loc[name, 'decided']:.0%}" for name in networks]
    return f"<b>Gates</b> (printed target of the mean 0.3; decided: below 0.1 or above 0.9): {'; '.join(each)}."


def on_training(apart: pd.DataFrame, reference: str, alike: Sequence[str]) -> list[str]:
    """What a network trained with interventions loses beside one trained without, in PSNR, or that none is here."""
    rows = apart[(apart["reference"] == reference) & apart["network"].isin(alike) & (apart["metric"] == "PSNR")]
    if rows.empty:
        return [
            f"<b>Not decided here:</b> no network that was trained like {reference} in everything but interventions is "
            "here beside it, and small effects cannot be credited to training with interventions."
        ]
    lines = [
        "One seed each, trained for far less than printed: this describes these networks and decides nothing about "
        "training (notebook 04 compares over seeds)."
    ]
    for network, group in rows.groupby("network", sort=False):
        words = group["verdict"].value_counts()
        counted = ", ".join(f"{word} in {number}" for word, number in words.items())
        lost = group.groupby("intervention", sort=False)["difference"].mean()
        each = ", ".join(f"{name.replace('_', ' ')} {value:+.2f}" for name, value in lost.items())
        lines.append(f"<b>{network} beside {reference}</b>, PSNR lost more in dB, mean over sets: {each} ({counted}).")
    return lines


DOES_NOT_SHOW = (
    "<b>Does not show</b> what training with interventions has taught the network, which takes networks trained "
    "without, over several seeds; nor whole images, of which the middle is fused; nor whether a gate that follows "
    "stability would fuse better."
)


def hidden_shares(per_image: pd.DataFrame) -> str:
    """Which share of both images' pixels each intervention hides, in percent."""
    hidden = per_image.groupby("intervention", sort=False)["hidden"].mean()
    said = ", ".join(f"{name.replace('_', ' ')} {np.round(100 * value, 1):g} %" for name, value in hidden.items())
    return f"<b>Hidden pixels, of both images together:</b> {said}."
