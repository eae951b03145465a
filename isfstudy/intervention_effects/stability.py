"""Does the gate select what is stable under interventions (equation 8, Figure 3)? Block by block, in ranks.

A block of 16 x 16 pixels is stable if the fused image changes little there when other parts of the scene are hidden.
The gate claims to be high in such blocks: its correlation with the change is negative. Where both sources differ, or
are bright, a fused image changes more and a gate may be anything; what is left after these is the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.stats import rankdata
from torch import Tensor
from torch.nn import functional

from isfcore.fusion import unit_luma
from isfcore.inference import run
from isfcore.losses import mean_gate
from isfcore.machine.threads import all_in_threads
from isfcore.masks import HOLE, complementary_masks
from isfcore.network import SCALES, Fused, FusionNetwork
from isfcore.pairs import Pair
from isfstudy.comparison.clusters import clusters
from isfstudy.intervention_effects.mixed import mean_over_images
from isfstudy.intervention_effects.treatments import generator_for

MEAN = "mean"  # of the three gates at full size, which equation 11 weights by
GATES = (MEAN, *SCALES)
MATTERS = 0.1  # see paper/hypotheses.yaml
PERMUTATIONS = 999
Read = Callable[[Pair], tuple[np.ndarray, np.ndarray]]
Row = dict[str, float | int | str]


class Blocks(NamedTuple):
    """An image by blocks of 16 x 16 pixels.

    Attributes:
        gates: by name (`GATES`), mean of each block, (h, w).
        change: mean |I_j - I_f| over the masks j that leave the block visible, (h, w) in [0, 1].
        difference, brightness: mean |ir - vi| and mean (ir + vi) / 2 of each block, (h, w) in [0, 1].
    """

    gates: dict[str, np.ndarray]
    change: np.ndarray
    difference: np.ndarray
    brightness: np.ndarray


def dense_masks(halves: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """Masks (2 * halves, 1, H, W) in pairs: half of the cells of a 16-pixel grid are kept, then the other half, so that
    each block is visible in as many masks as there are pairs."""
    both = complementary_masks(halves, height, width, complementary="grid", generator=generator)
    return torch.cat([both["infrared"], both["visible"]])


def by_block(images: Tensor) -> Tensor:
    """Means of blocks of 16 x 16 pixels: (B, 1, h, w) of (B, 1, H, W); what does not fill a block is left out."""
    return functional.avg_pool2d(images, HOLE)


def full_size_gates(fused: Fused) -> dict[str, Tensor]:
    """The gate of each scale and their mean, brought to full size: (B, 1, H, W) in [0, 1], by `GATES`."""
    size = fused.luma.shape[2:]
    scales = {name: functional.interpolate(gate, size=size, mode="bilinear") for name, gate in fused.gates.items()}
    return {MEAN: mean_gate(fused)} | scales


def measured_blocks(network: FusionNetwork, infrared: Tensor, visible: Tensor, masks: Tensor) -> Blocks:
    """Gates of the clean pass, and what masks change where they hide nothing.

    Args:
        network: from `isfcore.inference.prepare`.
        infrared, visible: (1, 1, H, W) in [0, 1].
        masks: (B, 1, H, W) of whole blocks, 0 where both images are hidden; each block is visible in at least one.
    """
    clean = run(network, infrared, visible)
    masked = run(network, infrared * masks, visible * masks).luma
    seen = by_block(masks)
    change = (by_block((masked - clean.luma).abs()) * seen).sum(dim=0) / seen.sum(dim=0)
    gates = {name: by_block(gate)[0, 0].numpy(force=True) for name, gate in full_size_gates(clean).items()}
    rest = (change, by_block((infrared - visible).abs())[0], by_block((infrared + visible) / 2)[0])
    return Blocks(gates, *(value[0].numpy(force=True) for value in rest))


def blocks_of(
    network: FusionNetwork, pairs: Sequence[Pair], *, read: Read, halves: int, seed: int, progress: str = ""
) -> dict[str, Blocks]:
    """`measured_blocks` of each pair, by stem, with masks that depend on the stem and the seed alone.

    Args:
        read: how a pair is read, such as `isfstudy.intervention_effects.doses.read_middle`.

    Raises:
        ValueError: naming the pairs that cannot be read or fused.
    """
    device = network.output.weight.device

    def one(pair: Pair) -> Blocks:
        units = [torch.from_numpy(unit_luma(image))[None, None] for image in read(pair)]
        masks = dense_masks(halves, *units[0].shape[2:], generator_for(pair.stem, seed=seed))
        return measured_blocks(network, *(tensor.to(device) for tensor in (*units, masks)))

    return {pair.stem: found for pair, found in all_in_threads(one, pairs, progress=progress).items()}


def residuals(ranks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What a line in the ranks of others, (n, B), leaves of ranks, (K, B)."""
    design = np.vstack([np.ones(ranks.shape[1]), others]).T
    return ranks - (design @ np.linalg.lstsq(design, ranks.T, rcond=None)[0]).T


def rank_correlations(gates: np.ndarray, change: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Spearman's partial correlation of each of some gates with a change, (K,), given others.

    Args:
        gates: (K, B), a gate a row.
        change: (B,).
        others: (n, B), what to hold fixed; n may be 0. NaN where nothing is left of either.
    """
    ranks = rankdata(np.vstack([change, gates]), axis=1)
    first, *rest = residuals(ranks, rankdata(others, axis=1) if len(others) else others)
    rest = np.array(rest)
    size = np.sqrt((first @ first) * np.einsum("kb,kb->k", rest, rest))
    full = len(first) ** 3 / 12  # about the squared length of ranks, of which rounding is no part
    return np.divide(rest @ first, size, out=np.full(len(rest), np.nan), where=size > 1e-9 * full)


def partial_matrix(images: dict[str, Blocks], gate: str) -> pd.DataFrame:
    """Partial rank correlations: of each image's change (row) with each image's gate (column), given difference and
    brightness of the former; NaN for images of two sizes."""
    table = pd.DataFrame(np.nan, index=list(images), columns=list(images))
    for stem, blocks in images.items():
        alike = [name for name, other in images.items() if other.change.shape == blocks.change.shape]
        gates = np.array([images[name].gates[gate].ravel() for name in alike])
        others = np.array([blocks.difference.ravel(), blocks.brightness.ravel()])
        table.loc[stem, alike] = rank_correlations(gates, blocks.change.ravel(), others)
    return table


def shuffled(partials: pd.DataFrame, *, seed: int) -> tuple[float, float, float]:
    """The mean partial correlation when images take each other's gates: limits of the middle 95 % of `PERMUTATIONS`,
    and p, two-sided, of the gates of their own.

    Args:
        partials: from `partial_matrix`.
    """
    table, rng, place = partials.to_numpy(), np.random.default_rng(seed), np.arange(len(partials))
    taken = np.array([np.nanmean(table[place, rng.permutation(place)]) for _ in range(PERMUTATIONS)])
    own = np.nanmean(np.diagonal(table))
    beyond = abs(taken - taken.mean()) >= abs(own - taken.mean()) - 1e-9  # of rounding, where all gates are alike
    low, high = np.quantile(taken, [0.025, 0.975])
    return low, high, (1 + beyond.sum()) / (1 + PERMUTATIONS)


def agreement(images: dict[str, Blocks], gate: str, *, dataset: str, seed: int = 0) -> tuple[pd.DataFrame, Row]:
    """Does a gate go along with stability? Image by image, and over images.

    Args:
        images: by stem, from `blocks_of`.
        dataset: their set, which says what images go together (`isfstudy.comparison.clusters`).
        seed: of the permutations.

    Returns:
        A row an image: `stem`, `cluster`, `raw` and `partial` rank correlation of gate and change, and `null`, the mean
        partial one of its change with the gates of all other images. And over images: mean `raw`; `mean`, the mean
        `partial`, with its interval `low` to `high`; the number of `pairs`; `smallest`; mean `null`, with `null_low` to
        `null_high` and `p` (`shuffled`); and `verdict`: `negative` or `positive` where the interval lies beyond
        `MATTERS`, `too small` where it lies within, else `undecided`.
    """
    partials = partial_matrix(images, gate)
    own = np.diagonal(partials)
    raw = [
        rank_correlations(each.gates[gate].reshape(1, -1), each.change.ravel(), np.empty((0, each.change.size)))[0]
        for each in images.values()
    ]
    null = (partials.sum(axis=1) - own) / (partials.notna().sum(axis=1) - 1)
    table = pd.DataFrame({"stem": list(images), "cluster": clusters(dataset, list(images)), "raw": raw, "partial": own})
    table = table.assign(null=null.to_numpy())
    found, (low, high, p) = mean_over_images(table, "partial"), shuffled(partials, seed=seed)
    row = {"raw": table["raw"].mean(), "mean": found.mean, "low": found.low, "high": found.high, "pairs": found.pairs}
    row |= {"smallest": found.smallest, "null": table["null"].mean(), "null_low": low, "null_high": high, "p": p}
    return table, row | {"verdict": _verdict(found.low, found.high)}


def gate_tables(blocks: dict[tuple[str, str], dict[str, Blocks]], *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`agreement` of every gate, image by image and over images, both with `network`, `dataset` and `gate`.

    Args:
        blocks: by network and data set, from `blocks_of`.
    """
    tables, rows = [], []
    for (network, dataset), images in blocks.items():
        for gate in GATES:
            about = {"network": network, "dataset": dataset, "gate": gate}
            table, row = agreement(images, gate, dataset=dataset, seed=seed)
            tables.append(table.assign(**about)[[*about, *table.columns]])
            rows.append(about | row)
    return pd.concat(tables, ignore_index=True), pd.DataFrame(rows)


def _verdict(low: float, high: float) -> str:
    if -MATTERS < low and high < MATTERS:
        return "too small"
    return "negative" if high <= -MATTERS else "positive" if low >= MATTERS else "undecided"
