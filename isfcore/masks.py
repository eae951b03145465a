"""The interventions of section 3.2: what is hidden from the network, and from which modality.

A mask is (B, 1, H, W), 1 where a pixel is kept and 0 where it is hidden. Holes are those of the released training
script: 1 to 6 for each sample, 70 % squares of 16 x 16 pixels and 30 % discs of radius 8.
"""

from __future__ import annotations

import torch
from torch import Tensor

HOLE = 16  # side of a square and diameter of a disc, in pixels (section 4.1)
MOST_HOLES = 6
SQUARES = 0.7  # share of the holes that are squares (released)


def random_mask(batch: int, height: int, width: int, *, generator: torch.Generator) -> Tensor:
    """One mask for both modalities (equation 3), float32, on the generator's device.

    Raises:
        ValueError: when a side is shorter than a hole.
    """
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
    square = uniform() < SQUARES
    down = torch.arange(height, device=generator.device).view(1, 1, -1, 1) - top  # (B, holes, H, 1)
    right = torch.arange(width, device=generator.device).view(1, 1, 1, -1) - left  # (B, holes, 1, W)
    in_square = (down >= 0) & (down < HOLE) & (right >= 0) & (right < HOLE)
    middle = (HOLE - 1) / 2
    in_disc = (down - middle).square() + (right - middle).square() <= (HOLE / 2) ** 2
    hidden = (there & torch.where(square, in_square, in_disc)).any(dim=1, keepdim=True)
    return (~hidden).float()


def complementary_masks(batch: int, height: int, width: int, *, generator: torch.Generator) -> dict[str, Tensor]:
    """Masks for `infrared` and `visible` that never hide the same pixel (equation 2).

    Two independent masks; a pixel that both would hide is given back to one modality by a coin toss (released).
    """
    infrared = random_mask(batch, height, width, generator=generator)
    visible = random_mask(batch, height, width, generator=generator)
    both = (infrared == 0) & (visible == 0)
    coin = torch.rand(both.shape, generator=generator, device=generator.device) < 0.5
    return {
        "infrared": torch.where(both & coin, 1.0, infrared),
        "visible": torch.where(both & ~coin, 1.0, visible),
    }


def intervene(infrared: Tensor, visible: Tensor, *, generator: torch.Generator) -> dict[str, tuple[Tensor, Tensor]]:
    """Both images under each intervention, by name; modality dropout is named after what is kept (equation 4).

    Args:
        infrared, visible: (B, 1, H, W) in [0, 1], on the generator's device.
    """
    size = (len(infrared), *infrared.shape[2:])
    complementary = complementary_masks(*size, generator=generator)
    random = random_mask(*size, generator=generator)
    return {
        "complementary": (infrared * complementary["infrared"], visible * complementary["visible"]),
        "random": (infrared * random, visible * random),
        "infrared_only": (infrared, torch.zeros_like(visible)),
        "visible_only": (torch.zeros_like(infrared), visible),
    }
