"""Images in, fused image out: grey levels, bit depth, colour, files, batches.

Levels become light and colour is joined some rows at a time, so that a large image needs little memory beside itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import groupby
from pathlib import Path
from threading import Lock

import numpy as np
import torch

from isfcore.images import join_colour, luma, must_be_arrays, write_image
from isfcore.inference import run
from isfcore.machine.remarks import remark
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, look, read_together, sizes_agree

COLOURS = ("visible", "grey")
SIXTEEN_BIT = ("full", "stretch")
DEPTHS = (8, 16)  # bits of a fused image
BLOCK = 2**20  # pixels that are converted at a time
LARGE = 2**20  # pixels above which images are fused one at a time: a pixel takes a kilobyte of memory
_IN_TURN = Lock()


def unit_luma(image: np.ndarray, *, sixteen_bit: str = "full") -> np.ndarray:
    """Luma in [0, 1], float32 (H, W), not rounded: what the network is fed.

    Args:
        image: (H, W) or (H, W, 3), uint8 or uint16.
        sixteen_bit: how 16-bit levels become [0, 1]: `full` divides by 65535; `stretch` takes the image's own
            `range_used`, for thermal cameras that use a small part of the range, and clips what lies outside.

    Raises:
        TypeError: for what is no NumPy array.
        ValueError: for another dtype, shape or value of `sixteen_bit`.
    """
    must_be_arrays(image=image)
    if sixteen_bit not in SIXTEEN_BIT:
        raise ValueError(f"sixteen_bit must be one of {', '.join(SIXTEEN_BIT)}, not {sixteen_bit!r}")
    if image.dtype not in (np.uint8, np.uint16):
        swapped = ": bring it to this machine's order of bytes" if image.dtype.newbyteorder("=") == np.uint16 else ""
        raise ValueError(f"images must be uint8 or uint16, not {image.dtype}{swapped}")
    if image.ndim != 2 and image.shape[2:] != (3,):
        raise ValueError(f"an image of shape {image.shape} is neither HxW nor HxWx3")
    low, high = 0.0, float(np.iinfo(image.dtype).max)
    if image.dtype == np.uint16 and sixteen_bit == "stretch":
        low, high = range_used(luma(image) if image.ndim == 3 else image)
    unit = np.empty(image.shape[:2], np.float32)
    for rows in _blocks(image):
        unit[rows] = ((luma(image[rows]) - low) / max(high - low, 1)).clip(0, 1)
    return unit


def _blocks(image: np.ndarray) -> Iterator[slice]:
    """The rows of an image, about `BLOCK` pixels at a time."""
    height, width = image.shape[:2]
    step = max(BLOCK // max(width, 1), 1)
    return (slice(start, start + step) for start in range(0, height, step))


def range_used(image: np.ndarray) -> tuple[float, float]:
    """Least and greatest level of an image (H, W), outliers left aside.

    Outliers lie farther outside the range of the middle 99 % of pixels than that range is wide: dead pixels of a
    thermal camera, which would otherwise take the whole scale, and not a small hot target. Where the middle has one
    level alone, everything counts.
    """
    least, greatest = image.min(), image.max()
    aside = image.size // 200
    ordered = np.partition(image, (aside, image.size - 1 - aside), axis=None)
    low, high = float(ordered[aside]), float(ordered[-1 - aside])
    span = high - low
    if not span or (least >= low - span and greatest <= high + span):
        return float(least), float(greatest)
    inside = image[(image >= low - span) & (image <= high + span)]
    return float(inside.min()), float(inside.max())


def uses_little(image: np.ndarray) -> bool:
    """Whether a 16-bit image spans less than a quarter of its range, as 14-bit cameras do: `full` makes it dark."""
    if image.dtype != np.uint16:
        return False
    low, high = range_used(image)
    return high - low < 2**14


def remark_if_dark(path: Path, image: np.ndarray, sixteen_bit: str) -> None:
    """Point to `stretch` where `full` makes a 16-bit image dark."""
    if sixteen_bit == "full" and uses_little(image):
        remark("under a quarter of the 16-bit range is used by {}; `--16-bit stretch` shows what is there", path)


def to_levels(unit: torch.Tensor, depth: int = 8) -> np.ndarray:
    """The nearest of 256 grey levels, uint8, of values in [0, 1]; with a `depth` of 16 the nearest of 65536, uint16.

    Raises:
        ValueError: for values that are no numbers, which would come out black.
    """
    if unit.isnan().any():
        raise ValueError("the network gives no numbers (NaN) for these images: its weights are damaged; use others")
    greatest = 2**depth - 1
    return (unit * greatest).round_().clamp_(0, greatest).cpu().numpy().astype(f"uint{depth}")


def fuse(
    network: FusionNetwork,
    infrared: np.ndarray,
    visible: np.ndarray,
    *,
    colour: str = "visible",
    sixteen_bit: str = "full",
    depth: int = 8,
) -> np.ndarray:
    """Fuse one pair.

    Args:
        network: from `isfcore.inference.prepare`.
        infrared: (H, W) or (H, W, 3), uint8 or uint16; of a colour image the luma is used.
        visible: the same size.
        colour: `visible` takes over the visible image's chroma, `grey` gives the fused luma.
        sixteen_bit: see `unit_luma`.
        depth: bits of the result; 16 keep what the network gives in 65536 levels, of the luma alone.

    Returns:
        uint8, (H, W, 3) RGB, or (H, W) for `grey` and for a grey visible image; uint16 for a `depth` of 16.

    Raises:
        TypeError: for a network that is none, and images that are no NumPy arrays.
        ValueError: for sizes that differ, 16-bit colour to be kept, and what `unit_luma` and the network refuse.
    """
    if colour not in COLOURS:
        raise ValueError(f"colour must be one of {', '.join(COLOURS)}, not {colour!r}")
    if depth not in DEPTHS:
        raise ValueError(f"depth must be 8 or 16, not {depth!r}")
    _must_be_network(network)
    must_be_arrays(infrared=infrared, visible=visible)
    if colour == "visible" and visible.ndim == 3 and visible.dtype != np.uint8:
        raise ValueError("the colour of a 16-bit image cannot be kept: give 8-bit colour, or ask for grey")
    if colour == "visible" and visible.ndim == 3 and depth == 16:
        raise ValueError("a fused image of 16 bits has no colour: ask for grey")
    sizes_agree({"infrared": infrared, "visible": visible})
    units = [torch.from_numpy(unit_luma(image, sixteen_bit=sixteen_bit))[None, None] for image in (infrared, visible)]
    fused = to_levels(run(network, *units).luma, depth)[0, 0]
    if colour == "grey" or visible.ndim == 2:
        return fused
    coloured = np.empty_like(visible)
    for rows in _blocks(visible):
        coloured[rows] = join_colour(fused[rows], visible[rows])
    return coloured


def _must_be_network(network: object) -> None:
    if not isinstance(network, FusionNetwork):
        said = "give what `isfcore.inference.prepare` makes of `isfcore.weights.load_weights(...)[0]`"
        raise TypeError(f"the network must be a FusionNetwork, not {type(network).__name__}: {said}")
    if network.training:  # batch norm would go by these images, and keep what it saw
        raise ValueError("the network is in training mode: give what `isfcore.inference.prepare` makes of it")


def fuse_batches(
    network: FusionNetwork, images: Iterable[tuple[str, np.ndarray, np.ndarray]], *, batch: int = 1
) -> Iterator[tuple[str, np.ndarray]]:
    """Fused luma, (H, W) uint8, of many pairs, in order; neighbours of one size go through together.

    Args:
        network: from `isfcore.inference.prepare`.
        images: name, infrared and visible image of each pair, as for `fuse`; read as they are needed.
        batch: pairs at a time. On a processor 1 is as fast as any; on a GPU it pays to fill the memory.

    Raises:
        TypeError: for a network that is none, and images that are no NumPy arrays.
        ValueError: for a batch below 1, for sizes that differ within a pair, naming it, and what `unit_luma` and the
            network refuse.
    """
    _must_be_network(network)
    if batch < 1:
        raise ValueError(f"batch must be at least 1, not {batch}")
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


@contextmanager
def _in_turn(threads: int) -> Iterator[None]:
    """One at a time, on so many threads; others wait here, and read and write meanwhile."""
    with _IN_TURN:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def fuse_files(
    network: FusionNetwork, pair: Pair, output: Path, *, colour: str, sixteen_bit: str, depth: int = 8, threads: int = 0
) -> None:
    """Fuse two image files into a third, which appears whole or not at all; a `Remark` names what looks like a mistake.

    Args:
        colour, sixteen_bit, depth: as `fuse` takes them.
        threads: where it is called in several threads: how many an image gets that is `LARGE`, or on a GPU; such images
            wait for each other.

    Raises:
        ValueError: naming the file that cannot be read or does not fit, or both where they cannot be a pair.
        OSError: when the output cannot be written.
    """
    infrared, visible = read_together(pair.infrared, pair.visible, only_8_bit=False)
    look(pair, infrared, visible)
    try:
        alone = threads and (infrared.size > LARGE or network.output.weight.device.type != "cpu")
        with _in_turn(threads) if alone else nullcontext():
            fused = fuse(network, infrared, visible, colour=colour, sixteen_bit=sixteen_bit, depth=depth)
    except ValueError as error:
        raise ValueError(f"{pair.infrared} and {pair.visible}: {error}") from error
    if fused.min() == fused.max():
        raise ValueError(f"{pair.infrared} and {pair.visible}: the fused image is one level: use other weights")
    write_image(fused, output)
    for path, image in ((pair.infrared, infrared), (pair.visible, visible)):
        remark_if_dark(path, image, sixteen_bit)
