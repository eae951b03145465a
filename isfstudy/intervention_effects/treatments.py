"""Interventions on whole pairs: fused and scored clean, under each of the paper's, and under doses of holes.

Interventions are named as in `isfcore.masks`: dropout by what is kept (equation 4 names it both ways), and the two
readings of complementary masks as `complementary_holes` and `complementary_grid`. Masks are drawn from a seed and the
pair's stem, so that every method meets the same ones, whatever else is treated in the same run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.machine.threads import in_threads
from isfcore.masks import complementary_masks, random_mask
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.methods import Method

CLEAN = "none"


class Treatment(NamedTuple):
    """An intervention on images of one size.

    Attributes:
        intervention: its name.
        infrared, visible: what is kept of each image, (H, W) bool.
        size, holes: side and number of the holes of a dose; 0 where a dose is none.
    """

    intervention: str
    infrared: np.ndarray
    visible: np.ndarray
    size: int = 0
    holes: int = 0


Treat = Callable[[int, int, torch.Generator], list[Treatment]]  # of height and width


def _kept(mask: Tensor) -> np.ndarray:
    return mask[0, 0].bool().numpy()


def clean(height: int, width: int) -> Treatment:
    """No intervention."""
    return Treatment(CLEAN, *[np.ones((height, width), bool)] * 2)


def interventions(height: int, width: int, generator: torch.Generator) -> list[Treatment]:
    """`clean` and the interventions of equations 2 to 4, with the holes of the released script."""
    size = {"batch": 1, "height": height, "width": width, "generator": generator}
    masks = {f"complementary_{name}": complementary_masks(**size, complementary=name) for name in ("holes", "grid")}
    random = random_mask(**size)
    masks["random"] = {"infrared": random, "visible": random}
    everything, nothing = torch.ones_like(random), torch.zeros_like(random)
    masks["infrared_only"] = {"infrared": everything, "visible": nothing}
    masks["visible_only"] = {"infrared": nothing, "visible": everything}
    return [clean(height, width)] + [
        Treatment(name, **{modality: _kept(mask) for modality, mask in both.items()}) for name, both in masks.items()
    ]


def holes_to_hide(share: float, *, size: int, pixels: int) -> int:
    """How many square holes hide a share of an image where they may overlap: of n of them chance leaves
    (1 - size^2 / pixels)^n, but for the border, which fewer reach.

    Raises:
        ValueError: for a share outside (0, 1), or a hole that is no part of the image.
    """
    if not 0 < share < 1 or not 0 < size**2 < pixels:
        raise ValueError(f"holes of {size} x {size} cannot hide a share of {share:g} of {pixels} pixels")
    return max(1, round(math.log(1 - share) / math.log(1 - size**2 / pixels)))


def doses(
    height: int, width: int, generator: torch.Generator, *, sizes: Sequence[int], shares: Sequence[float]
) -> list[Treatment]:
    """`clean`, and masks that hide each share of each image in square holes of each size, both ways:
    `complementary_holes` elsewhere in one modality than in the other, `random` the same in both. Shares that take the
    same number of large holes are one dose."""
    treatments = [clean(height, width)]
    for size in sizes:
        for number in dict.fromkeys(holes_to_hide(share, size=size, pixels=height * width) for share in shares):
            options = {"holes": "printed", "size": size, "count": (number, number), "generator": generator}
            apart = complementary_masks(1, height, width, **options)
            apart = {modality: _kept(mask) for modality, mask in apart.items()}
            treatments.append(Treatment("complementary_holes", **apart, size=size, holes=number))
            same = _kept(random_mask(1, height, width, **options))
            treatments.append(Treatment("random", same, same, size=size, holes=number))
    return treatments


def read_middle(pair: Pair, *, side: int) -> tuple[np.ndarray, np.ndarray]:
    """What `isfcore.pairs.read_sources` gives, of which the middle `side` x `side` pixels.

    Raises:
        ValueError: for an image that is smaller.
    """
    infrared, visible = read_sources(pair)
    height, width = infrared.shape
    if min(height, width) < side:
        raise ValueError(f"an image of {width} x {height} has no part of {side} x {side}")
    top, left = (height - side) // 2, (width - side) // 2
    return tuple(image[top : top + side, left : left + side] for image in (infrared, visible))


def generator_for(stem: str, *, seed: int) -> torch.Generator:
    """A generator that depends on the stem and the seed alone."""
    drawn = hashlib.sha256(f"{seed} {stem}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(drawn[:8]) >> 1)


def _hide(image: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return image * (kept if image.ndim == 2 else kept[..., None])


def outcomes(
    pairs: Sequence[Pair],
    methods: dict[str, Method],
    treat: Treat,
    *,
    seed: int,
    read: Callable[[Pair], tuple[np.ndarray, np.ndarray]] = read_sources,
    progress: str = "",
) -> pd.DataFrame:
    """Fuse every pair under every treatment with every method, and score it against the clean sources.

    Metrics follow the `paper` convention, without JPEG.

    Args:
        methods: see `isfstudy.comparison.methods`.
        treat: `interventions`, or `doses` with sizes and shares.
        read: how a pair is read; by default cut to multiples of 16 as in the paper's evaluation.

    Returns:
        One row a method, image and treatment: `network` (the method's name), `intervention`, `size`, `holes`, `stem`,
        `hidden` (the share of the pixels that is hidden, mean of both modalities) and `isfcore.metrics.METRICS`.

    Raises:
        ValueError: naming the pairs that cannot be read or fused.
    """

    def one(pair: Pair) -> list[dict]:
        infrared, visible = read(pair)
        levels = grey(visible)
        rows = []
        for treatment in treat(*infrared.shape, generator_for(pair.stem, seed=seed)):
            about = {name: getattr(treatment, name) for name in ("intervention", "size", "holes")}
            about |= {"stem": pair.stem, "hidden": 1 - (treatment.infrared.mean() + treatment.visible.mean()) / 2}
            sources = _hide(infrared, treatment.infrared), _hide(visible, treatment.visible)
            for network, method in methods.items():
                values = score(method(pair.stem, *sources), infrared, levels, convention="paper")
                rows.append({"network": network} | about | values)
        return rows

    found, problems = in_threads(one, pairs, progress=progress)
    if problems:
        raise ValueError("; ".join(f"{pair.stem}: {problem}" for pair, problem in problems.items()))
    table = pd.DataFrame([row for rows in found.values() for row in rows])
    return table.sort_values("network", key=lambda names: names.map(list(methods).index), kind="stable")
