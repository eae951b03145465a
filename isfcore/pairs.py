"""Pairs of images: which files belong together, and what both look like once they are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isfcore.images import IMAGE_EXTENSIONS, grey, read_image


@dataclass(frozen=True)
class Pair:
    """Two registered images of one scene."""

    stem: str
    infrared: Path
    visible: Path


def images_by_stem(directory: Path) -> dict[str, Path]:
    """The images of a folder by stem, in order of name; other and hidden files are not looked at.

    Raises NotADirectoryError where there is no such folder, ValueError where one stem has two files.
    """
    if not directory.is_dir():
        raise NotADirectoryError(f"{directory}: no such folder")
    images: dict[str, Path] = {}
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in IMAGE_EXTENSIONS:
            continue
        if path.stem in images:
            raise ValueError(f"{images[path.stem]} and {path.name} share one stem: keep one of the two")
        images[path.stem] = path
    return images


def pair_folders(infrared_dir: Path, visible_dir: Path) -> tuple[list[Pair], list[Path]]:
    """Match the images of two folders by stem: the pairs, and the images left without a partner.

    Raises what `images_by_stem` raises.
    """
    infrared, visible = images_by_stem(Path(infrared_dir)), images_by_stem(Path(visible_dir))
    matched = [Pair(stem, path, visible[stem]) for stem, path in infrared.items() if stem in visible]
    alone = [
        images[stem] for images in (infrared, visible) for stem in images if not (stem in infrared and stem in visible)
    ]
    return matched, alone


def read_whole(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Infrared luma (H, W) and visible image, (H, W) or (H, W, 3), uint8.

    Raises:
        ValueError: for images that are not 8-bit, or differ in size.
    """
    infrared, visible = read_image(pair.infrared), read_image(pair.visible)
    for path, image in ((pair.infrared, infrared), (pair.visible, visible)):
        if image.dtype != np.uint8:
            raise ValueError(f"{path}: the benchmark compares 8-bit images, this one has 16 bits")
    if infrared.shape[:2] != visible.shape[:2]:
        raise ValueError(f"{pair.infrared} and {pair.visible} differ in size")
    return grey(infrared), visible


def read_sources(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """What `read_whole` gives, cut to multiples of 16 as the paper's protocol wants."""
    infrared, visible = read_whole(pair)
    return cut(infrared), cut(visible)


CUT = 16


def cut(image: np.ndarray, multiple: int = CUT) -> np.ndarray:
    """The largest top-left part of an image (H, W) or (H, W, 3) whose sides are multiples of `multiple`.

    Raises:
        ValueError: when a side is shorter than `multiple`.
    """
    height, width = (side - side % multiple for side in image.shape[:2])
    if not height or not width:
        raise ValueError(f"an image of {image.shape[1]} x {image.shape[0]} has no part of multiples of {multiple}")
    return image[:height, :width]
