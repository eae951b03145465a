"""Ways to bring an infrared image out of register: shifted along its rows, turned about its middle, mirrored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from skimage.transform import rotate

from isfcore.pairs import Pair, read_sources

ALIGNED, SHIFT, TURN, MIRRORED = "aligned", "shift", "turn", "mirrored"
UNITS = {SHIFT: "pixels", TURN: "degrees"}  # of the kinds that come in amounts
EDGE = 16  # pixels at each side that are fused and not scored: more than any move brings in from beyond an edge


class Move(NamedTuple):
    """What is done to the infrared image: its `kind`, and the `amount` in `UNITS`, 0 where the kind has none."""

    kind: str
    amount: float = 0.0


def moves(shifts: Sequence[int], turns: Sequence[float]) -> list[Move]:
    """None, every shift and every turn, and the mirror image: the least alignment that the same image can have.

    Args:
        shifts: whole pixels, at most `EDGE`.
        turns: degrees.

    Raises:
        ValueError: for a shift that is no whole number of pixels from 1 to `EDGE`.
    """
    wrong = [shift for shift in shifts if shift != int(shift) or not 1 <= shift <= EDGE]
    if wrong:
        raise ValueError(f"a shift must be a whole number of pixels from 1 to {EDGE}, not {wrong[0]}")
    each = [*(Move(SHIFT, shift) for shift in shifts), *(Move(TURN, turn) for turn in turns)]
    return [Move(ALIGNED), *each, Move(MIRRORED)]


def moved(image: np.ndarray, move: Move) -> np.ndarray:
    """An image (H, W) uint8 after a move; what comes in from beyond an edge is the image reflected there.

    Shifts are to the right, by whole pixels, so that no pixel is interpolated; turns are anticlockwise and bicubic.
    """
    if move.kind == SHIFT:
        return np.pad(image, ((0, 0), (int(move.amount), 0)), mode="reflect")[:, : image.shape[1]]
    if move.kind == TURN:
        turned = rotate(image.astype(np.float64), move.amount, order=3, mode="reflect", preserve_range=True)
        return np.clip(np.rint(turned), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(image[:, ::-1]) if move.kind == MIRRORED else image


def middle(size: Sequence[int]) -> Callable[[Pair], tuple[np.ndarray, np.ndarray]]:
    """A way to read a pair: what `isfcore.pairs.read_sources` gives, and of that the middle.

    Args:
        size: height and width at most; 0 for all.
    """

    def read(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        infrared, visible = read_sources(pair)
        spans = []
        for side, most in zip(infrared.shape, size, strict=True):
            kept = min(side, most) if most else side
            spans.append(slice((side - kept) // 2, (side - kept) // 2 + kept))
        return infrared[tuple(spans)], visible[tuple(spans)]

    return read


def inner(image: np.ndarray) -> np.ndarray:
    """An image without the outer `EDGE` pixels.

    Raises:
        ValueError: for an image that has no more than these.
    """
    if min(image.shape[:2]) <= 2 * EDGE:
        raise ValueError(f"an image of {image.shape[1]} x {image.shape[0]} is all edge: {2 * EDGE + 1} pixels at least")
    return image[EDGE:-EDGE, EDGE:-EDGE]
