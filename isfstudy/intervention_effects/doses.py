"""Doses of holes: what they cost against the share of an image that they hide, and at the same share of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from PIL import Image

from isfcore.masks import complementary_masks, random_mask
from isfcore.pairs import CUT, Pair, read_sources
from isfstudy.intervention_effects.effects import average_effects, effects
from isfstudy.intervention_effects.tables import claimed
from isfstudy.intervention_effects.treatments import Treatment, clean, masked


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
            treatments.append(masked("complementary_holes", **apart, size=size, holes=number))
            same = random_mask(1, height, width, **options)
            treatments.append(masked("random", same, same, size=size, holes=number))
    return treatments


def twice_as_many(height: int, width: int, generator: torch.Generator, *, size: int, share: float) -> list[Treatment]:
    """`clean`, and random masks with the holes that hide a share of each image, and with twice as many."""
    number = holes_to_hide(share, size=size, pixels=height * width)
    treatments = [clean(height, width)]
    for holes in (number, 2 * number):
        same = random_mask(1, height, width, holes="printed", size=size, count=(holes, holes), generator=generator)
        treatments.append(masked("random", same, same, size=size, holes=holes))
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


def with_room(pairs: Sequence[Pair], *, side: int) -> list[Pair]:
    """The pairs that have a middle part of `side` x `side` pixels, by the size that the infrared image's file names."""
    found = []
    for pair in pairs:
        with Image.open(pair.infrared) as image:
            shortest = min(image.size)
        if shortest - shortest % CUT >= side:
            found.append(pair)
    return found


def dose_effects(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Average effect of each dose.

    Args:
        outcomes: from `isfstudy.intervention_effects.treatments.outcomes` of `doses`, with a column `dataset`.

    Returns:
        What `average_effects` gives by `network`, `dataset`, `intervention`, `size` and `holes`, with `hidden`, the
        mean share of the pixels that is hidden.
    """
    by = ["network", "dataset", "intervention", "size", "holes"]
    hidden = outcomes.groupby(by, sort=False)["hidden"].mean().reset_index()
    dose = average_effects(effects(outcomes), by=by).merge(hidden, on=by)
    return dose[[*by, "hidden", *dose.columns.drop([*by, "hidden"])]]


def at_equal_shares(dose: pd.DataFrame) -> pd.DataFrame:
    """What complementary and random masks cost where they hide the same share of each image.

    Of equally many holes complementary masks hide fewer pixels, as no pixel may be hidden in both modalities. The
    effect of random masks at the share that complementary ones hide is read off the line between doses, from 0 on.

    Args:
        dose: from `dose_effects`.

    Returns:
        A row a method (`network`), data set, metric and dose of `complementary_holes`: `size`, `holes`, `hidden`,
        `complementary` and `random`, the two effects, and `dearer`, which of the two is greater.
    """
    tables = []
    for _, rows in dose.groupby(["network", "dataset", "metric", "size"], sort=False):
        random = rows[rows["intervention"] == "random"].sort_values("hidden")
        table = rows[rows["intervention"] == "complementary_holes"].rename(columns={"ate": "complementary"})
        line = np.interp(table["hidden"], [0, *random["hidden"]], [0, *random["ate"]])
        dearer = np.where(table["complementary"] > line, "complementary", "random")
        tables.append(table.assign(random=line, dearer=dearer))
    columns = ["network", "dataset", "metric", "size", "holes", "hidden", "complementary", "random", "dearer"]
    return pd.concat(tables, ignore_index=True)[columns]


def times_dearer(equal: pd.DataFrame) -> list[str]:
    """In how many doses complementary masks cost more than random ones, such as `Average, PSNR: 2 of 3`.

    Args:
        equal: from `at_equal_shares`.
    """
    groups = claimed(equal).groupby(["network", "metric"], sort=False)["dearer"]
    return [
        f"{method}, {metric}: {(words == 'complementary').sum()} of {len(words)}" for (method, metric), words in groups
    ]
