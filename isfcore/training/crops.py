"""Training images in memory, and the batches of crops that are drawn from them.

A batch follows from the seed and the step's number alone, so that a run that was stopped goes on as if it had not been,
and every process of several can draw the whole batch and take its share.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from isfcore.images import grey
from isfcore.machine.seeds import generator
from isfcore.machine.threads import all_in_threads
from isfcore.pairs import Pair, look, read_together


def read_pairs(pairs: Sequence[Pair], *, side: int, progress: str = "") -> list[Tensor]:
    """Infrared and visible luma of each pair, (2, H, W) uint8, the visible one rounded to whole levels.

    Args:
        side: of the crops that are to be cut, in pixels.
        progress: label of the progress bar; none without it.

    Raises:
        ValueError: naming each file that cannot be read, has 16 bits, differs in size from its partner or is smaller
            than a crop, or shows what its partner shows, and when there is no pair at all.
    """
    if not pairs:
        raise ValueError("there are no pairs to train on: give folders that hold images of the same names")

    def read(pair: Pair) -> Tensor:
        images = read_together(pair.infrared, pair.visible, smallest=side)
        look(pair, *images)
        return torch.from_numpy(np.stack([grey(image) for image in images]))

    return list(all_in_threads(read, pairs, progress=progress).values())


def steps_per_epoch(pairs: int, batch: int) -> int:
    """Full batches in one round through the pairs: an incomplete last one is left out.

    Raises:
        ValueError: when there are fewer pairs than a batch takes.
    """
    if pairs < batch:
        raise ValueError(f"{pairs} pairs do not fill a batch of {batch}: give more pairs or a smaller batch")
    return pairs // batch


def draw_batch(images: Sequence[Tensor], *, step: int, batch: int, side: int, crop: str, seed: int):
    """The crops of one step: infrared and visible, (B, 1, side, side) float32 in [0, 1], on the images' device.

    Pairs are drawn without repetition within an epoch. Each crop is mirrored and flipped, each with probability one
    half, and transposed with the same, alike in both modalities.

    Args:
        images: from `read_pairs`.
        step: counted from 0 over all epochs.
        crop: `paired` cuts both modalities at one place; `independent` draws a place for each.

    Raises:
        ValueError: for another value of `crop`, and what `steps_per_epoch` refuses.
    """
    if crop not in ("paired", "independent"):
        raise ValueError(f"crop must be 'paired' or 'independent', not {crop!r}")
    epoch, within = divmod(step, steps_per_epoch(len(images), batch))
    order = torch.randperm(len(images), generator=generator(seed, 0, epoch))[within * batch : (within + 1) * batch]
    draws = torch.rand(batch, 7, generator=generator(seed, 1, step), dtype=torch.float64).tolist()
    crops = [_crop(images[index], side, crop, draw) for index, draw in zip(order.tolist(), draws, strict=True)]
    both = torch.stack(crops).float() / 255
    return both[:, :1].contiguous(), both[:, 1:].contiguous()


def _crop(image: Tensor, side: int, crop: str, draw: list[float]) -> Tensor:
    height, width = image.shape[1:]
    places = [(int(draw[0] * (height - side + 1)), int(draw[1] * (width - side + 1)))] * 2
    if crop == "independent":
        places[1] = int(draw[2] * (height - side + 1)), int(draw[3] * (width - side + 1))
    cut = torch.stack(
        [part[top : top + side, left : left + side] for part, (top, left) in zip(image, places, strict=True)]
    )
    if draw[4] < 0.5:
        cut = cut.flip(2)
    if draw[5] < 0.5:
        cut = cut.flip(1)
    return cut.transpose(1, 2) if draw[6] < 0.5 else cut
