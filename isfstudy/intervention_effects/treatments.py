"""Interventions on whole pairs: what each hides of the images, and how well methods fuse what it leaves.

Interventions are named as in `isfcore.masks`: dropout by what is kept (equation 4 names it both ways), and the two
readings of complementary masks as `complementary_holes` and `complementary_grid`. Masks are drawn from a seed and the
pair's stem, so that every method meets the same ones, whatever else is treated in the same run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.masks import complementary_masks, random_mask
from isfcore.metrics import METRICS
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.fuse_all import Row, fuse_all
from isfstudy.comparison.methods import Method

CLEAN = "none"
# By harm, the greatest first, as the paper says.
DROPOUT = ("infrared_only", "visible_only")
COMPLEMENTARY = ("complementary_holes", "complementary_grid")
INTERVENTIONS = (*DROPOUT, *COMPLEMENTARY, "random")


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


def masked(intervention: str, infrared: Tensor, visible: Tensor, **dose: int) -> Treatment:
    """The treatment that keeps what the one mask of each batch (1, 1, H, W) keeps."""
    return Treatment(intervention, infrared[0, 0].bool().numpy(), visible[0, 0].bool().numpy(), **dose)


def clean(height: int, width: int) -> Treatment:
    """No intervention."""
    return Treatment(CLEAN, *[np.ones((height, width), bool)] * 2)


def interventions(height: int, width: int, generator: torch.Generator) -> list[Treatment]:
    """`clean` and the interventions of equations 2 to 4, with the holes of the released script."""
    size = {"batch": 1, "height": height, "width": width, "generator": generator}
    names = ("holes", "grid")
    apart = [masked(f"complementary_{name}", **complementary_masks(**size, complementary=name)) for name in names]
    same = random_mask(**size)
    everything, nothing = torch.ones_like(same), torch.zeros_like(same)
    dropped = [masked("infrared_only", everything, nothing), masked("visible_only", nothing, everything)]
    return [clean(height, width), *apart, masked("random", same, same), *dropped]


def generator_for(stem: str, *, seed: int) -> torch.Generator:
    """A generator that depends on the stem and the seed alone."""
    drawn = hashlib.sha256(f"{seed} {stem}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(drawn[:8]) >> 1)


def _hide(image: np.ndarray, keep: np.ndarray) -> np.ndarray:
    return image * (keep if image.ndim == 2 else keep[..., None])


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
        treat: `interventions`, or `isfstudy.intervention_effects.doses.doses` with sizes and shares.
        read: how a pair is read; by default cut to multiples of 16 as in the paper's evaluation.

    Returns:
        One row a method, image and treatment: `network` (the method's name, also of one that is none),
        `intervention`, `size`, `holes`, `stem`, `hidden` (the share of the pixels that is hidden, mean of both
        modalities) and `isfcore.metrics.METRICS`.

    Raises:
        ValueError: naming what cannot be read or fused.
    """

    def treated(stem: str, infrared: np.ndarray, visible: np.ndarray) -> Iterator[tuple[Row, np.ndarray, np.ndarray]]:
        for treatment in treat(*infrared.shape, generator_for(stem, seed=seed)):
            about = {name: getattr(treatment, name) for name in ("intervention", "size", "holes")}
            about["hidden"] = 1 - (treatment.infrared.mean() + treatment.visible.mean()) / 2
            yield about, _hide(infrared, treatment.infrared), _hide(visible, treatment.visible)

    def measure(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[Row]:
        return [score(fused, infrared, grey(visible), convention="paper")]

    rows, problems = fuse_all(pairs, methods, measure, read=read, treatments=treated, progress=progress)
    if problems:
        raise ValueError("; ".join(f"{what}: {problem}" for what, problem in problems.items()))
    table = pd.DataFrame(rows).rename(columns={"method": "network"})
    table = table[["network", "intervention", "size", "holes", "stem", "hidden", *METRICS]]
    return table.sort_values("network", key=lambda names: names.map(list(methods).index), kind="stable")
