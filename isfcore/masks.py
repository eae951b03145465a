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

import torch
from torch import Tensor

HOLE = 16  # side of a square or of a grid's cell, and diameter of a disc, in pixels (section 4.1)
MOST_HOLES = 6
SQUARES = {"released": 0.7, "printed": 1.0}  # share of the holes that are squares
COMPLEMENTARY = ("holes", "grid")


def random_mask(batch: int, height: int, width: int, *, holes: str = "released", generator: torch.Generator) -> Tensor:
    """One mask for both modalities (equation 3), float32, on the generator's device.

    Raises:
        ValueError: when a side is shorter than a hole, or for another value of `holes`.
    """
    if holes not in SQUARES:
        raise ValueError(f"holes must be 'released' or 'printed', not {holes!r}")
    if min(height, width) < HOLE:
        raise ValueError(
            f"images must be at least {HOLE} x {HOLE} pixels for holes of that size, not {height} x {width}"
        )

    def uniform() -> Tensor:
        return torch.rand(batch, MOST_HOLES, 1, 1, generator=generator, device=generator.device)

    count = (uniform()[:, :1] * MOST_HOLES).floor() + 1  # (B, 1, 1, 1), 1 to 6
    there = torch.arange(MOST_HOLES, device=generator.device).view(1, -1, 1, 1) < count
    top = (uniform() * (height - HOLE + 1)).floor()
    left = (uniform() * (width - HOLE + 1)).floor()
    square = uniform() < SQUARES[holes]
    down = torch.arange(height, device=generator.device).view(1, 1, -1, 1) - top  # (B, holes, H, 1)
    right = torch.arange(width, device=generator.device).view(1, 1, 1, -1) - left  # (B, holes, 1, W)
    in_square = (down >= 0) & (down < HOLE) & (right >= 0) & (right < HOLE)
    middle = (HOLE - 1) / 2
    in_disc = (down - middle).square() + (right - middle).square() <= (HOLE / 2) ** 2
    hidden = (there & torch.where(square, in_square, in_disc)).any(dim=1, keepdim=True)
    return (~hidden).float()


def complementary_masks(
    batch: int,
    height: int,
    width: int,
    *,
    complementary: str = "holes",
    holes: str = "released",
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Masks for `infrared` and `visible` that never hide the same pixel (equation 2).

    `holes`: two independent masks; a pixel that both would hide is given back to one modality by a coin toss.
    `grid`: half of the cells, drawn at random for each sample, are hidden in the infrared and the rest in the visible
    image; of an odd number of cells the visible image loses one more.

    Raises:
        ValueError: for another value of `complementary`, and what `random_mask` refuses.
    """
    if complementary not in COMPLEMENTARY:
        raise ValueError(f"complementary must be 'holes' or 'grid', not {complementary!r}")
    if complementary == "grid":
        return _halves(batch, height, width, generator)
    infrared = random_mask(batch, height, width, holes=holes, generator=generator)
    visible = random_mask(batch, height, width, holes=holes, generator=generator)
    both = (infrared == 0) & (visible == 0)
    coin = torch.rand(both.shape, generator=generator, device=generator.device) < 0.5
    return {
        "infrared": torch.where(both & coin, 1.0, infrared),
        "visible": torch.where(both & ~coin, 1.0, visible),
    }


def _halves(batch: int, height: int, width: int, generator: torch.Generator) -> dict[str, Tensor]:
    rows, columns = -(-height // HOLE), -(-width // HOLE)
    order = torch.rand(batch, rows * columns, generator=generator, device=generator.device).argsort(dim=1)
    kept = (order >= rows * columns // 2).float().view(batch, 1, rows, columns)
    kept = kept.repeat_interleave(HOLE, dim=2).repeat_interleave(HOLE, dim=3)[:, :, :height, :width]
    return {"infrared": kept, "visible": 1 - kept}


def intervene(
    infrared: Tensor,
    visible: Tensor,
    *,
    complementary: str = "holes",
    holes: str = "released",
    generator: torch.Generator,
) -> dict[str, tuple[Tensor, Tensor]]:
    """Both images under each intervention, by name; modality dropout is named after what is kept (equation 4).

    The modality that is kept is the tensor that was given, and the dropped one is a single black image expanded to the
    batch, so that a caller can tell what it has already encoded.

    Args:
        infrared, visible: (B, 1, H, W) in [0, 1], on the generator's device.
        complementary, holes: see the module's table.
    """
    size = (len(infrared), *infrared.shape[2:])
    halves = complementary_masks(*size, complementary=complementary, holes=holes, generator=generator)
    random = random_mask(*size, holes=holes, generator=generator)
    black = infrared.new_zeros(1, *infrared.shape[1:]).expand_as(infrared)
    return {
        "complementary": (infrared * halves["infrared"], visible * halves["visible"]),
        "random": (infrared * random, visible * random),
        "infrared_only": (infrared, black),
        "visible_only": (black, visible),
    }
