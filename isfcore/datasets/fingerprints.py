"""Which images are these? Fingerprints of pixels, and digests of pairs that name them for provenance.

A fingerprint depends on decoded pixels alone, so that a re-encoded copy has the same.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from isfcore.datasets.catalogue import data_set
from isfcore.images import pixel_sha256, read_image
from isfcore.machine.provenance import cores
from isfcore.pairs import Pair

Fingerprint = tuple[int, int, int, str]  # height, width, channels, SHA-256 of the pixels


def fingerprint(path: Path) -> Fingerprint:
    """Height, width, channels (1 or 3), pixel SHA-256 of an image file. Raises what `read_image` raises."""
    about = path.stat()
    return _of_state(path, about.st_ino, about.st_size, about.st_mtime_ns)


@functools.cache  # verification and every digest of a run ask for the same files
def _of_state(path: Path, inode: int, size: int, modified: int) -> Fingerprint:
    image = read_image(path)
    return image.shape[0], image.shape[1], 1 if image.ndim == 2 else 3, pixel_sha256(image)


def digest(pairs: Iterable[Pair]) -> str:
    """A short hash of which pairs these are and what their pixels are: 16 hexadecimal digits.

    It depends neither on the order of the pairs nor on how the files are encoded. Raises what `read_image`
    raises.
    """
    pairs = sorted(pairs, key=lambda pair: pair.stem)
    with ThreadPoolExecutor(cores()) as workers:
        infrared = workers.map(fingerprint, [pair.infrared for pair in pairs])
        visible = workers.map(fingerprint, [pair.visible for pair in pairs])
        lines = [f"{pair.stem} {ir} {vi}\n" for pair, ir, vi in zip(pairs, infrared, visible, strict=True)]
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()[:16]  # of names that are no text


def counted(dataset: str, split: str, pairs: list[Pair]) -> str:
    """How many of the published pairs these are, in words."""
    published = data_set(dataset, split).pairs[split]
    return f"{len(pairs)} of {published} pairs" if published else f"{len(pairs)} synthetic pairs"


def named(found: list[Pair], dataset: str, split: str) -> str:
    """Which pairs these are: how many of a set's split, and a digest of their pixels."""
    return f"{counted(dataset, split, found)} of {dataset} {split}, pixels {digest(found)}" if found else "none"
