"""Pairs to begin with, and a pair of the reader's own: read, checked, and small enough to answer at once."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from isfcore.datasets.local import data_root, pairs, present
from isfcore.fusion import unit_luma
from isfcore.images import grey, read_image
from isfcore.pairs import Pair, look, read_whole, size_of, sizes_agree
from isfstudy.comparison.opening import evenly
from isfstudy.other_modalities.pairs import written
from isfstudy.report.page import SCENES, Page, use_pairs
from isfstudy.scenes.scenes import write_scenes
from isfstudy.try_it.states import Images

EACH = 3  # pairs of each set, and embedded scenes
LARGEST = 640  # pixels of the longer side of an own image, so that a change shows within a second


def offered(page: Page, datasets: Sequence[str]) -> dict[str, Images]:
    """Pairs by name, entered into the page: a few of each set that is here, embedded scenes, and the pairs of notebook
    15, which are neither infrared nor visible.

    Raises:
        ValueError: when sets are named and none is here, with the cure for each.
    """
    write_scenes(page.folder / SCENES, count=EACH)
    roots = dict.fromkeys(present(datasets), data_root()) | {SCENES: page.folder}
    which = {name: evenly(pairs(name, "test", root), EACH) for name, root in roots.items()}
    for name, few in which.items():
        use_pairs(page, name, "test", few)
    named = {f"{name} {pair.stem}": pair for name, few in which.items() for pair in few}
    named |= {pair.stem.replace("_", " "): pair for pair in written(page.folder / "pairs")[0]}
    return {name: Images(*read_whole(pair)) for name, pair in named.items()}


def own_pair(infrared: tuple[str, bytes], visible: tuple[str, bytes]) -> tuple[Images, list[str]]:
    """A pair from the names and contents of two image files, with remarks on it.

    Images of 16 bits are stretched to the range that they use; those whose longer side is above `LARGEST` are brought
    down to it.

    Raises:
        ValueError: in one line: which file is no image, which sizes differ, or why both are no pair.
    """
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        pair = Pair("own", *(Path(scratch, kind, Path(name).name or kind) for kind, name in _named(infrared, visible)))
        for path, (_, content) in zip((pair.infrared, pair.visible), (infrared, visible), strict=True):
            path.parent.mkdir()
            path.write_bytes(content)
        try:
            first, second = (read_image(path) for path in (pair.infrared, pair.visible))
            sizes_agree({str(pair.infrared): first, str(pair.visible): second})
            look(pair, first, second)
        except ValueError as error:
            raise ValueError(str(error).replace(f"{scratch}/", "")) from error
        said = [str(each.message).replace(f"{scratch}/", "") for each in remarks]
    if max(first.shape) > LARGEST:
        said.append(f"{size_of(first)} pixels are brought down to {LARGEST} on the longer side here")
    return Images(grey(_small(first)), _small(second)), said


def _named(infrared: tuple[str, bytes], visible: tuple[str, bytes]) -> list[tuple[str, str]]:
    return [("infrared", infrared[0]), ("visible", visible[0])]


def _small(image: np.ndarray) -> np.ndarray:
    """In 8 bits, and no larger than `LARGEST`."""
    if image.dtype == np.uint16:
        image = np.rint(unit_luma(image, sixteen_bit="stretch") * 255).astype(np.uint8)
    small = Image.fromarray(image)
    small.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return np.asarray(small)
