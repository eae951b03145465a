"""Pairs of images: which files belong together, and what both look like once they are read."""

from __future__ import annotations

from collections.abc import Mapping
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


def sizes_agree(images: Mapping[str, np.ndarray]) -> None:
    """ValueError that names the size of each image, unless all have one.

    Args:
        images: by what they are called: their files, or `infrared`, `visible`, `fused`.
    """
    if len({image.shape[:2] for image in images.values()}) > 1:
        said = ", ".join(f"{name} is {size_of(image)}" for name, image in images.items())
        raise ValueError(f"the images differ in size: {said}: register them, or bring them to one size, first")


def size_of(image: np.ndarray) -> str:
    """Width and height in pixels, as messages name them."""
    return f"{image.shape[1]} x {image.shape[0]}"


def read_together(*files: Path, only_8_bit: bool = True, smallest: int = 1) -> list[np.ndarray]:
    """Images of one scene, as `isfcore.images.read_image` gives them: a pair, or a fused image with its sources.

    Args:
        only_8_bit: whether 16-bit images are refused.
        smallest: side in pixels that each image must have at least: that of the crops to be cut from it.

    Raises:
        ValueError: naming the file that cannot be read, has 16 bits or is too small, or all files where sizes differ.
    """
    images = [read_image(file) for file in files]
    for file, image in zip(files, images, strict=True):
        if only_8_bit and image.dtype != np.uint8:
            raise ValueError(f"{file} has 16 bits, and 8 are needed here: convert it first")
        if min(image.shape[:2]) < smallest:
            said = f"{file} is {size_of(image)}, smaller than a crop of {smallest}"
            raise ValueError(f"{said}: use smaller crops, or leave it out")
    sizes_agree({str(file): image for file, image in zip(files, images, strict=True)})
    return images


def read_whole(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Infrared luma (H, W) and visible image, (H, W) or (H, W, 3), uint8.

    Raises:
        ValueError: what `read_together` refuses.
    """
    infrared, visible = read_together(pair.infrared, pair.visible)
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
        raise ValueError(f"an image of {size_of(image)} has no part of multiples of {multiple}")
    return image[:height, :width]
