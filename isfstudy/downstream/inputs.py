"""What machines are shown: sources, an average, fused images of networks and of folders, all in the same colours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from isfcore.datasets.fingerprints import digest
from isfcore.images import grey, join_colour, read_image, write_image
from isfcore.machine.threads import all_in_threads
from isfcore.pairs import Pair, read_whole
from isfstudy.comparison.classic import average
from isfstudy.comparison.methods import Method
from isfstudy.places import repository

IMAGES = "runs/fused"  # below the repository: fused images that are kept


class Input(NamedTuple):
    """A kind of image that machines are shown.

    Attributes:
        name: of its row in tables.
        made_by: what its images depend on besides the pair.
        make: the image of a pair, from its stem, infrared luma and visible image: (H, W, 3) RGB or (H, W), uint8.
    """

    name: str
    made_by: str
    make: Method


def source_inputs() -> dict[str, Input]:
    """The inputs that need no fusion network: each source alone, and the average in the visible image's colours."""
    return {
        "Visible": Input("Visible", "the visible image", lambda stem, infrared, visible: visible),
        "Infrared": Input("Infrared", "the infrared image", lambda stem, infrared, visible: infrared),
        "Average": Input("Average", "rule Average", coloured(lambda stem, one, other: average(one, grey(other)))),
    }


def coloured(method: Method) -> Method:
    """A method whose fused luma is given the visible image's chroma, as the paper's images are."""

    def make(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        fused = method(stem, infrared, visible)
        if fused.shape != infrared.shape:
            raise ValueError(f"{stem}: the fused image is {fused.shape}, its sources are {infrared.shape}")
        return join_colour(fused, visible)

    return make


def network_input(name: str, sha256: str, method: Method) -> Input:
    """A fusion network's images, which are kept below `runs/fused` by what they were made of, as fusing takes long."""
    place = repository() / IMAGES / f"{slug(name)}-{sha256[:12]}"

    def kept(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        sources = hashlib.sha256(infrared.tobytes() + visible.tobytes()).hexdigest()
        path = place / f"{stem}-{sources[:12]}.png"
        if path.is_file():
            return grey(read_image(path))
        fused = method(stem, infrared, visible)
        place.mkdir(parents=True, exist_ok=True)
        try:
            write_image(fused, path)
        except FileNotFoundError:
            if not path.is_file():  # where it is, another process made the same image and was faster
                raise
        return fused

    return Input(name, f"weights {sha256}", coloured(kept))


def folder_input(name: str, images: dict[str, Path], method: Method) -> Input:
    """The images of a folder, by stem."""
    which = digest([Pair(stem, path, path) for stem, path in images.items()])
    return Input(name, f"{len(images)} images, pixels {which}", coloured(method))


def images(source: Input, pairs: Sequence[Pair], *, progress: str = "") -> dict[str, np.ndarray]:
    """An input's images of these pairs, by stem.

    Raises:
        ValueError: naming the pairs that cannot be read or fused.
    """

    def one(pair: Pair) -> np.ndarray:
        return source.make(pair.stem, *read_whole(pair))

    try:
        return {pair.stem: image for pair, image in all_in_threads(one, pairs, progress=progress).items()}
    except ValueError as error:
        raise ValueError(f"{source.name}: {error}") from error


def slug(text: str) -> str:
    """Small letters, digits and dashes: a name as part of a file's."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
