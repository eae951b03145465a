"""Pairs of images: which files belong together, and what both look like once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isfcore.images import grey, must_be_arrays, read_image
from isfcore.machine.remarks import remark
from isfcore.names import by_name, said_twice


@dataclass(frozen=True)
class Pair:
    """Two registered images of one scene."""

    stem: str
    infrared: Path
    visible: Path


def images_by_stem(directory: str | Path) -> dict[str, Path]:
    """The images of a folder by stem, in order of name; other and hidden files are not looked at.

    Raises NotADirectoryError where there is no such folder, ValueError where one stem has two files, naming all such.
    """
    images = by_name(directory)
    several = [files for files in images.values() if len(files) > 1]
    if several:
        raise ValueError(said_twice(several))
    return {stem: files[0] for stem, files in images.items()}


def pair_folders(infrared_dir: str | Path, visible_dir: str | Path) -> tuple[list[Pair], list[Path]]:
    """Match the images of two folders by stem: the pairs, and the images left without a partner.

    Raises what `images_by_stem` raises.
    """
    infrared, visible = images_by_stem(infrared_dir), images_by_stem(visible_dir)
    matched = [Pair(stem, path, visible[stem]) for stem, path in infrared.items() if stem in visible]
    alone = [
        images[stem] for images in (infrared, visible) for stem in images if not (stem in infrared and stem in visible)
    ]
    return matched, alone


def one_and_the_same(first: Path, second: Path) -> bool:
    """Whether two paths lead to one file or folder, through links too; False where one is not there."""
    return first.exists() and second.exists() and first.samefile(second)


def look(pair: Pair, infrared: np.ndarray, visible: np.ndarray) -> None:
    """Refuse what cannot be an infrared and a visible image of one scene, and remark on what looks like a mistake.

    Args:
        infrared, visible: as `isfcore.images.read_image` gives them.

    Raises:
        ValueError: naming both files, when they hold the same pixels, or each a single level.
    """
    if infrared.shape == visible.shape and np.array_equal(infrared, visible):
        raise ValueError(f"{pair.infrared} and {pair.visible} show the same pixels: is one of them in the wrong place?")
    empty = [image.min() == image.max() for image in (infrared, visible)]
    if all(empty):
        raise ValueError(f"{pair.infrared} and {pair.visible} are one level all over: there is nothing to see in them")
    for path, one_level in zip((pair.infrared, pair.visible), empty, strict=True):
        if one_level:
            remark("there is one level all over in {}: was the camera covered?", path)
    coloured = infrared.ndim == 3 and (np.ptp(infrared, axis=2) >= COLOURED).mean()
    if coloured >= EXCHANGED and visible.ndim == 2:
        remark("the infrared image is coloured and the visible one grey: are they exchanged? {}", pair.infrared)
    elif coloured >= PAINTED:
        remark("the infrared image is strongly coloured, which is no temperature: export it in grey: {}", pair.infrared)


COLOURED = 32  # levels between the channels of a pixel that is no grey
EXCHANGED, PAINTED = 0.02, 0.25  # parts of an image's pixels that are coloured


def sizes_agree(images: Mapping[str, np.ndarray]) -> None:
    """ValueError that names the size of each image, unless all have one; TypeError for what is no image.

    Args:
        images: by what they are called: their files, or `infrared`, `visible`, `fused`.
    """
    must_be_arrays(**images)
    flat = [name for name, image in images.items() if image.ndim < 2]
    if flat:
        raise ValueError(f"{flat[0]} of shape {images[flat[0]].shape} is neither HxW nor HxWx3")
    if len({image.shape[:2] for image in images.values()}) > 1:
        said = ", ".join(f"{name} is {size_of(image)}" for name, image in images.items())
        turned = len({tuple(sorted(image.shape[:2])) for image in images.values()}) == 1
        guess = "; is one of them turned?" if turned else ""
        raise ValueError(f"the images differ in size: {said}: register them, or bring them to one size, first{guess}")


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
            said = "bring it to 8 bits first, by the mapping that `--16-bit` of `isf fuse` will be given"
            raise ValueError(f"{file} has 16 bits, and 8 are needed here: {said}")
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
