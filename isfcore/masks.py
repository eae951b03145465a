"""The interventions of section 3.2: what is hidden from the network, and from which modality.

A mask is (B, 1, H, W), 1 where a pixel is kept and 0 where it is hidden, made on the generator's device for all samples
and holes at once. What the paper leaves open is a named value:

===============  ================================================  ==============================================
argument         released                                          the other reading
===============  ================================================  ==============================================
`holes`          `released`: 1 to 6, each a square of 16 (70 %)    `printed`: squares of 16 only (section 4.1)
                 or a disc of radius 8 (30 %)
`complementary`  `holes`: two sparse masks that never hide the     `grid`: each cell of a 16-pixel grid is kept in
                 same pixel                                        one modality only, so that what is hidden in one
                                                                   is kept in the other (equation 2 as printed)
===============  ================================================  ==============================================
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

HOLE = 16  # side of a square or of a grid's cell, and diameter of a disc, in pixels (section 4.1)
COUNT = (1, 6)  # fewest and most holes of a mask (section 4.1)
SQUARES = {"released": 0.7, "printed": 1.0}  # share of the holes that are squares
COMPLEMENTARY = ("holes", "grid")


def random_mask(
    batch: int,
    height: int,
    width: int,
    *,
    holes: str = "released",
    size: int = HOLE,
    count: tuple[int, int] = COUNT,
    generator: torch.Generator,
) -> Tensor:
    """One mask for both modalities (equation 3), float32, on the generator's device.

    Args:
        size: side of a square and diameter of a disc, in pixels.
        count: the fewest and the most holes; each number from the one to the other is as likely. Holes may overlap.

    Raises:
        ValueError: when a side is shorter than a hole, for another value of `holes`, or for numbers that are none.
    """
    if holes not in SQUARES:
        raise ValueError(f"holes must be 'released' or 'printed', not {holes!r}")
    fewest, most = count
    if size < 1 or not 1 <= fewest <= most:
        raise ValueError(f"a mask takes 1 hole or more, of 1 pixel or more, not {fewest} to {most} of {size}")
    if min(height, width) < size:
        raise ValueError(
            f"images must be at least {size} x {size} pixels for holes of that size, not {height} x {width}"
        )

    def uniform() -> Tensor:
        return torch.rand(batch, most, 1, 1, generator=generator, device=generator.device)

    number = (uniform()[:, :1] * (most - fewest + 1)).floor() + fewest  # (B, 1, 1, 1)
    there = torch.arange(most, device=generator.device).view(1, -1, 1, 1) < number
    top = (uniform() * (height - size + 1)).floor().long()
    left = (uniform() * (width - size + 1)).floor().long()
    square = uniform() < SQUARES[holes]
    right = torch.arange(size, device=generator.device)
    down = right.view(-1, 1)
    middle = (size - 1) / 2
    disc = (down - middle).square() + (right - middle).square() <= (size / 2) ** 2
    kept = ~(there & (square | disc))  # (B, holes, size, size): the pixels of each hole's square
    place = (top + down) * width + left + right
    mask = torch.ones(batch, height * width, device=generator.device)
    mask = mask.scatter_reduce(1, place.flatten(1), kept.flatten(1).float(), reduce="amin")  # holes may overlap
    return mask.view(batch, 1, height, width)


def complementary_masks(
    batch: int,
    height: int,
    width: int,
    *,
    complementary: str = "holes",
    holes: str = "released",
    size: int = HOLE,
    count: tuple[int, int] = COUNT,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Masks for `infrared` and `visible` that never hide the same pixel (equation 2).

    `holes`: two independent masks; a pixel that both would hide is given back to one modality by a coin toss.
    `grid`: half of the cells, drawn at random for each sample, are hidden in the infrared and the rest in the visible
    image; of an odd number of cells the visible image loses one more. Cells have the side `size`, and no `count`.

    Raises:
        ValueError: for another value of `complementary`, and what `random_mask` refuses.
    """
    if complementary not in COMPLEMENTARY:
        raise ValueError(f"complementary must be 'holes' or 'grid', not {complementary!r}")
    if complementary == "grid":
        return _halves(batch, height, width, size, generator)
    options: dict[str, Any] = {"holes": holes, "size": size, "count": count, "generator": generator}
    infrared, visible = (random_mask(batch, height, width, **options) for _ in range(2))
    both = (infrared == 0) & (visible == 0)
    coin = torch.rand(both.shape, generator=generator, device=generator.device) < 0.5
    return {
        "infrared": torch.where(both & coin, 1.0, infrared),
        "visible": torch.where(both & ~coin, 1.0, visible),
    }


def _halves(batch: int, height: int, width: int, size: int, generator: torch.Generator) -> dict[str, Tensor]:
    rows, columns = -(-height // size), -(-width // size)
    order = torch.rand(batch, rows * columns, generator=generator, device=generator.device).argsort(dim=1)
    kept = (order >= rows * columns // 2).float().view(batch, 1, rows, columns)
    kept = kept.repeat_interleave(size, dim=2).repeat_interleave(size, dim=3)[:, :, :height, :width]
    return {"infrared": kept, "visible": 1 - kept}


def intervene(
    infrared: Tensor,
    visible: Tensor,
    *,
    complementary: str = "holes",
    holes: str = "released",
    size: int = HOLE,
    count: tuple[int, int] = COUNT,
    generator: torch.Generator,
) -> dict[str, tuple[Tensor, Tensor]]:
    """Both images under each intervention, by name; modality dropout is named after what is kept (equation 4).

    The modality that is kept is the tensor that was given, and the dropped one is a single black image expanded to the
    batch, so that a caller can tell what it has already encoded.

    Args:
        infrared, visible: (B, 1, H, W) in [0, 1], on the generator's device.
        complementary, holes: see the module's table.
        size, count: see `random_mask`.
    """
    drawn: dict[str, Any] = {"holes": holes, "size": size, "count": count, "generator": generator}
    shape = (len(infrared), *infrared.shape[2:])
    halves = complementary_masks(*shape, complementary=complementary, **drawn)
    random = random_mask(*shape, **drawn)
    black = infrared.new_zeros(1, *infrared.shape[1:]).expand_as(infrared)
    return {
        "complementary": (infrared * halves["infrared"], visible * halves["visible"]),
        "random": (infrared * random, visible * random),
        "infrared_only": (infrared, black),
        "visible_only": (black, visible),
    }
