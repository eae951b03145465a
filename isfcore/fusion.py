"""Images in, fused image out: grey levels, bit depth, colour, files, batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from isfcore.images import join_colour, luma, write_image
from isfcore.inference import run
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, read_together, sizes_agree

COLOURS = ("visible", "grey")
SIXTEEN_BIT = ("full", "stretch")


def unit_luma(image: np.ndarray, *, sixteen_bit: str = "full") -> np.ndarray:
    """Luma in [0, 1], float32 (H, W), not rounded: what the network is fed.

    Args:
        image: (H, W) or (H, W, 3), uint8 or uint16.
        sixteen_bit: how 16-bit levels become [0, 1]: `full` divides by 65535; `stretch` takes the image's own
            minimum and maximum, for thermal cameras that use a small part of the range.

    Raises:
        ValueError: for another dtype, shape or value of `sixteen_bit`.
    """
    if sixteen_bit not in SIXTEEN_BIT:
        raise ValueError(f"sixteen_bit must be one of {', '.join(SIXTEEN_BIT)}, not {sixteen_bit!r}")
    grey = luma(image)
    if image.dtype == np.uint8:
        return (grey / 255).astype(np.float32)
    if image.dtype != np.uint16:
        raise ValueError(f"images must be uint8 or uint16, not {image.dtype}")
    if sixteen_bit == "full":
        return (grey / 65535).astype(np.float32)
    low, high = grey.min(), grey.max()
    return ((grey - low) / max(high - low, 1)).astype(np.float32)


def uses_little(image: np.ndarray) -> bool:
    """Whether a 16-bit image spans less than a quarter of its range, as 14-bit cameras do: `full` makes it dark."""
    return image.dtype == np.uint16 and int(image.max()) - int(image.min()) < 2**14


def to_levels(unit: torch.Tensor) -> np.ndarray:
    """The nearest of 256 grey levels, uint8, of values in [0, 1]."""
    return (unit * 255).round_().clamp_(0, 255).to(torch.uint8).cpu().numpy()


def fuse(
    network: FusionNetwork,
    infrared: np.ndarray,
    visible: np.ndarray,
    *,
    colour: str = "visible",
    sixteen_bit: str = "full",
) -> np.ndarray:
    """Fuse one pair.

    Args:
        network: from `isfcore.inference.prepare`.
        infrared: (H, W) or (H, W, 3), uint8 or uint16; of a colour image the luma is used.
        visible: the same size.
        colour: `visible` takes over the visible image's chroma, `grey` gives the fused luma.
        sixteen_bit: see `unit_luma`.

    Returns:
        uint8, (H, W, 3) RGB, or (H, W) for `grey` and for a grey visible image.

    Raises:
        ValueError: for sizes that differ, 16-bit colour to be kept, and what `unit_luma` and the network refuse.
    """
    if colour not in COLOURS:
        raise ValueError(f"colour must be one of {', '.join(COLOURS)}, not {colour!r}")
    if colour == "visible" and visible.ndim == 3 and visible.dtype != np.uint8:
        raise ValueError("the colour of a 16-bit image cannot be kept: give 8-bit colour, or ask for grey")
    sizes_agree({"infrared": infrared, "visible": visible})
    units = [torch.from_numpy(unit_luma(image, sixteen_bit=sixteen_bit))[None, None] for image in (infrared, visible)]
    fused = to_levels(run(network, *units).luma)[0, 0]
    return fused if colour == "grey" else join_colour(fused, visible)


def fuse_batches(
    network: FusionNetwork, images: Iterable[tuple[str, np.ndarray, np.ndarray]], *, batch: int = 1
) -> Iterator[tuple[str, np.ndarray]]:
    """Fused luma, (H, W) uint8, of many pairs, in order; neighbours of one size go through together.

    Args:
        network: from `isfcore.inference.prepare`.
        images: name, infrared and visible image of each pair, as for `fuse`; read as they are needed.
        batch: pairs at a time. On a processor 1 is as fast as any; on a GPU it pays to fill the memory.

    Raises:
        ValueError: for sizes that differ within a pair, naming it, and what `unit_luma` and the network refuse.
    """
    for _, same_size in groupby(images, key=_size_of_both):
        for chunk in _chunks(same_size, batch):
            stacks = [
                torch.from_numpy(np.stack([unit_luma(item[index]) for item in chunk]))[:, None] for index in (1, 2)
            ]
            levels = to_levels(run(network, *stacks).luma[:, 0])
            yield from zip((item[0] for item in chunk), levels, strict=True)


def _size_of_both(item: tuple[str, np.ndarray, np.ndarray]) -> tuple[int, ...]:
    name, infrared, visible = item
    try:
        sizes_agree({"infrared": infrared, "visible": visible})
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return infrared.shape[:2]


def _chunks(items: Iterator, size: int) -> Iterator[list]:
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def fuse_files(network: FusionNetwork, pair: Pair, output: Path, *, colour: str, sixteen_bit: str) -> list[Path]:
    """Fuse two image files into a third, which appears whole or not at all.

    Returns:
        Those of the two files that `full` makes dark (see `uses_little`), so that the caller can point to `stretch`.

    Raises:
        ValueError: naming the file that cannot be read or does not fit.
        OSError: when the output cannot be written.
    """
    infrared, visible = read_together(pair.infrared, pair.visible, only_8_bit=False)
    try:
        fused = fuse(network, infrared, visible, colour=colour, sixteen_bit=sixteen_bit)
    except ValueError as error:
        raise ValueError(f"{pair.infrared} and {pair.visible}: {error}") from error
    write_image(fused, output)
    dark = ((pair.infrared, infrared), (pair.visible, visible)) if sixteen_bit == "full" else ()
    return [path for path, image in dark if uses_little(image)]
