"""Interventions on whole pairs: what each hides of the images, and how well methods fuse what it leaves.

Dropout is named by what is kept (equation 4 names it both ways), and the two readings of complementary masks as
`complementary_holes` and `complementary_grid`, see `isfcore.masks`. Beside each stand random masks of an equal dose:
`random_holes` and `random_grid` hide in both images what the complementary masks hide in the infrared one alone, so
that as many pixels are hidden, of both images together. Dropout hides half of the pixels, as the grids do. Masks are
drawn from a seed and the pair's stem, so that every method meets the same ones, whatever else is in the same run.
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
from isfcore.masks import COUNT, HOLE, complementary_masks, random_mask
from isfcore.metrics import METRICS
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.fuse_all import Row, fuse_all
from isfstudy.comparison.methods import Method

CLEAN = "none"
DROPOUT = ("infrared_only", "visible_only")
EQUAL = {"complementary_grid": "random_grid", "complementary_holes": "random_holes"}  # masks that hide as much
INTERVENTIONS = (*DROPOUT, *(name for both in EQUAL.items() for name in both))
ABOUT = ("intervention", "size", "holes", "draw")  # what is said of a treatment beside each score
SPARSE = 16  # cells of the size of a hole that an image has to have for each hole of a mask: few enough to lie apart


class Treatment(NamedTuple):
    """An intervention on images of one size.

    Attributes:
        intervention: its name.
        infrared, visible: what is kept of each image, (H, W) bool.
        size, holes: side and number of the holes of a dose; 0 where a dose is none.
        draw: which of the draws of its masks this is, from 0 on.
    """

    intervention: str
    infrared: np.ndarray
    visible: np.ndarray
    size: int = 0
    holes: int = 0
    draw: int = 0


Treat = Callable[[int, int, torch.Generator], list[Treatment]]  # of height and width


def masked(intervention: str, infrared: Tensor, visible: Tensor, **about: int) -> Treatment:
    """The treatment that keeps what the one mask of each batch (1, 1, H, W) keeps."""
    return Treatment(intervention, infrared[0, 0].bool().numpy(), visible[0, 0].bool().numpy(), **about)


def clean(height: int, width: int) -> Treatment:
    """No intervention."""
    return Treatment(CLEAN, *[np.ones((height, width), bool)] * 2)


def holes_apart(
    height: int, width: int, generator: torch.Generator, *, size: int = HOLE, count: tuple[int, int] = COUNT
) -> tuple[Tensor, Tensor]:
    """Two masks (1, 1, H, W) with equally many square holes, none of which overlaps another: as many pixels are hidden
    by the one as by the other.

    Args:
        count: the fewest and the most holes of each; small images get fewer, one for `SPARSE` cells.

    Raises:
        ValueError: for an image that has no room for two holes.
    """
    cells = (height // size) * (width // size)
    if cells < 4:
        raise ValueError(f"an image of {width} x {height} has no room for holes of {size} that do not overlap")
    fewest, most = (min(number, max(1, cells // SPARSE)) for number in count)
    number = int(torch.randint(fewest, most + 1, (1,), generator=generator))
    options = {"holes": "printed", "size": size, "count": (number, number), "generator": generator}
    while True:
        one, other = (random_mask(1, height, width, **options) for _ in range(2))
        if (one * other == 0).sum() == 2 * number * size**2:
            return one, other


def interventions(height: int, width: int, generator: torch.Generator, *, draws: int = 1) -> list[Treatment]:
    """`clean`, the interventions of equations 2 to 4, and random masks that hide as much as complementary ones; masks
    as often as there are `draws`."""
    everything = torch.ones(1, 1, height, width)
    nothing = torch.zeros_like(everything)
    treatments = [clean(height, width)]
    treatments += [masked("infrared_only", everything, nothing), masked("visible_only", nothing, everything)]
    for draw in range(draws):
        grid = complementary_masks(1, height, width, complementary="grid", generator=generator)
        apart = {"grid": tuple(grid.values()), "holes": holes_apart(height, width, generator)}
        for reading, (infrared, visible) in apart.items():
            treatments.append(masked(f"complementary_{reading}", infrared, visible, draw=draw))
            treatments.append(masked(f"random_{reading}", infrared, infrared, draw=draw))
    return treatments


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
        treat: `interventions` with draws, or `isfstudy.intervention_effects.doses.doses` with sizes and shares.
        read: how a pair is read; by default cut to multiples of 16 as in the paper's evaluation.

    Returns:
        One row a method, image and treatment: `network` (the method's name, also of one that is none),
        `intervention`, `size`, `holes`, `draw`, `stem`, `hidden` (the share of the pixels that is hidden, mean of both
        modalities) and `isfcore.metrics.METRICS`.

    Raises:
        ValueError: naming what cannot be read or fused.
    """

    def treated(stem: str, infrared: np.ndarray, visible: np.ndarray) -> Iterator[tuple[Row, np.ndarray, np.ndarray]]:
        for treatment in treat(*infrared.shape, generator_for(stem, seed=seed)):
            about = {name: getattr(treatment, name) for name in ABOUT}
            about["hidden"] = 1 - (treatment.infrared.mean() + treatment.visible.mean()) / 2
            yield about, _hide(infrared, treatment.infrared), _hide(visible, treatment.visible)

    def measure(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[Row]:
        return [score(fused, infrared, grey(visible), convention="paper")]

    rows, problems = fuse_all(pairs, methods, measure, read=read, treatments=treated, progress=progress)
    if problems:
        raise ValueError("; ".join(f"{what}: {problem}" for what, problem in problems.items()))
    table = pd.DataFrame(rows).rename(columns={"method": "network"})
    table = table[["network", *ABOUT, "stem", "hidden", *METRICS]]
    return table.sort_values("network", key=lambda names: names.map(list(methods).index), kind="stable")
