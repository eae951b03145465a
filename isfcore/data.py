"""Finding and reading images: the pairs of a set or of two folders, pixels, luma, boxes.

Images are matched by stem, whatever their extension, because copies of these sets are often re-encoded.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from isfcore.datasets import DATASETS as DATASETS  # part of this module's face
from isfcore.datasets import data_set

LUMA = np.array([0.299, 0.587, 0.114])  # BT.601 weights of red, green and blue

@dataclass(frozen=True)
class Pair:
    """Two registered images of one scene."""

    stem: str
    infrared: Path
    visible: Path


IMAGE_EXTENSIONS = frozenset(
    extension for extension, name in Image.registered_extensions().items() if name in Image.OPEN
)


def data_root(path: str | Path = "") -> Path:
    """The folder the image sets lie in: `path`, else the variable ISF_DATA, else `data`."""
    return Path(path or os.environ.get("ISF_DATA") or "data").expanduser()


def folder(dataset: str, split: str, modality: str, root: str | Path = "") -> Path:
    """Where one kind of file of a set lies, for example `folder("MSRS", "test", "ir")`."""
    return data_root(root) / data_set(dataset, split).folder.format(split=split) / modality


def where_to_get(dataset: str, root: str | Path = "") -> str:
    """What to tell someone who lacks the set: where it is published, what to do, which variable to set."""
    known = data_set(dataset)
    obtain = known.obtain.format(folder=data_root(root) / known.folder)
    return f"{dataset} is published at {known.source}: {obtain}; or set ISF_DATA to the folder that holds it."


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
    alone = [images[stem] for images in (infrared, visible) for stem in images
             if not (stem in infrared and stem in visible)]
    return matched, alone


def pairs(dataset: str, split: str = "test", root: str | Path = "") -> list[Pair]:
    """The pairs of a set that are there, in order of stem; a subset of the published set is fine.

    Warns of images without a partner. Raises FileNotFoundError, with the cure, where there is no pair at all.
    """
    known = data_set(dataset, split)
    folders = [folder(dataset, split, modality, root) for modality in (known.infrared, known.visible)]
    missing = [str(path) for path in folders if not path.is_dir()]
    matched, alone = ([], []) if missing else pair_folders(*folders)
    if not matched:
        where = f"no folder {', no folder '.join(missing)}" if missing else f"no pair in {folders[0].parent}"
        raise FileNotFoundError(f"{dataset} {split}: {where}. {where_to_get(dataset, root)}")
    if alone:
        names = ", ".join(str(path) for path in alone[:5]) + (", ..." if len(alone) > 5 else "")
        warnings.warn(f"{dataset} {split}: {len(alone)} images without a partner: {names}", stacklevel=2)
    return matched


def present(datasets: Iterable[str], split: str = "test", root: str | Path = "") -> list[str]:
    """Those of the sets of which at least one pair of a split is here, in the order given.

    Raises ValueError, with the cure for each, where none is.
    """
    here = []
    for name in datasets:
        known = data_set(name, split)
        folders = [folder(name, split, modality, root) for modality in (known.infrared, known.visible)]
        if all(path.is_dir() for path in folders) and pair_folders(*folders)[0]:
            here.append(name)
    if datasets and not here:
        raise ValueError("no data set is here. " + " ".join(where_to_get(name, root) for name in datasets))
    return here


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as uint8 or uint16: HxW when it is grey or its channels are equal, else HxWx3 RGB.

    Palettes are looked up, transparency is dropped, black-and-white becomes 0 and 255, of several frames the
    first is read. Raises ValueError, naming the file, for an empty, broken or truncated file, for values that
    are no 16-bit integers, and for a PNG or TIFF in 16-bit colour, of which Pillow would keep 8 bits.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty; copy or fetch it again")
    try:
        with Image.open(path) as image:
            sixteen_bit_source = ";16" in str(image.tile)  # gone once the pixels are loaded
            image.load()
            if sixteen_bit_source and not image.mode.startswith("I"):
                raise ValueError("16-bit colour is not supported; save it as 8-bit colour or 16-bit grey")
            return _pixels(image)
    except (FileNotFoundError, IsADirectoryError, PermissionError, MemoryError):
        raise
    except Exception as error:  # on broken files decoders raise anything from OSError to struct.error
        raise ValueError(f"{path}: cannot be read as an image: {error}") from error


def _pixels(image: Image.Image) -> np.ndarray:
    if image.mode in ("L", "1", "LA"):
        return np.array(image.convert("L"))
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError(f"values from {values.min()} to {values.max()} do not fit in 16 bits")
        return values.astype(np.uint16)
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it as 8- or 16-bit integers")
    return _one_channel_if_grey(np.array(image.convert("RGB")))


def _one_channel_if_grey(image: np.ndarray) -> np.ndarray:
    if image.ndim == 3 and (image[..., :1] == image).all():
        return np.ascontiguousarray(image[..., 0])
    return image


def luma(image: np.ndarray) -> np.ndarray:
    """BT.601 luma, float64, HxW, on the image's own scale and not rounded; a grey image is its own luma.

    Raises ValueError for a shape other than HxW and HxWx3.
    """
    if image.ndim == 3 and image.shape[2] == 3:
        return image @ LUMA
    if image.ndim != 2:
        raise ValueError(f"an image of shape {image.shape} is neither HxW nor HxWx3")
    return image.astype(np.float64)


def grey(image: np.ndarray) -> np.ndarray:
    """Luma rounded to whole levels, HxW in the image's own dtype: what evaluators read of a colour image."""
    return np.rint(luma(image)).astype(image.dtype)


def pixel_sha256(image: np.ndarray) -> str:
    """SHA-256 of decoded pixels, row by row: one channel when all three are equal, else RGB.

    It does not depend on the file format. 16-bit values are hashed low byte first. Raises ValueError for
    anything but uint8 and uint16.
    """
    if image.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"only uint8 and uint16 pixels are hashed, not {image.dtype}")
    pixels = _one_channel_if_grey(image)
    return hashlib.sha256(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))).hexdigest()


def read_boxes(path: str | Path) -> np.ndarray:
    """Read boxes in YOLO text: Nx5 float64 of class, centre x, centre y, width, height.

    The last four are fractions of the image. An empty file is a scene without objects: 0x5. Raises
    ValueError, naming the file and the line.
    """
    rows = []
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = [float(field) for field in line.split()]
        except ValueError:
            row = []
        if len(row) != 5 or row[0] < 0 or row[0] % 1 or not all(0 <= value <= 1 for value in row[1:]):
            raise ValueError(f"{path}, line {number}: {line[:80]!r} is not `class x y width height`")
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(-1, 5)
