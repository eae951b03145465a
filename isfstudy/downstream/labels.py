"""Labels of a set's pairs: class maps for segmentation, boxes for detection, checked as they are read.

A pair whose label file is missing is left out and named. A label that is there and wrong is refused: an unknown class,
a box outside the image, a map of another size than its image.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from isfcore.datasets.boxes import read_boxes
from isfcore.datasets.catalogue import data_set
from isfcore.datasets.local import folder, where_to_get
from isfcore.images import read_image
from isfcore.machine.threads import all_in_threads
from isfcore.pairs import Pair, images_by_stem

ROUNDING = 1.0  # pixels by which a box may reach out of its image: coordinates are printed rounded
KINDS = ("boxes", "maps")


class Labelled(NamedTuple):
    """Pairs of a set and the labels of each: `label` by stem.

    Attributes:
        pairs: those that have a label.
        label: (H, W) uint8 class map, or (N, 5) float64 boxes: class, centre x, centre y, width, height, the last four
            as fractions of the image.
        names: of the classes, from 0.
        left_out: stems of the pairs that have no label file.
    """

    pairs: list[Pair]
    label: dict[str, np.ndarray]
    names: tuple[str, ...]
    left_out: list[str]


def read_map(path: Path, names: Sequence[str], size: tuple[int, int]) -> np.ndarray:
    """A class map, (H, W) uint8 with values 0 to `len(names) - 1`.

    Args:
        size: height and width of the image that the map is of.

    Raises:
        ValueError: naming the file, for a value that is no class, another size, colours, or a file that is no image.
    """
    image = read_image(path)
    if image.ndim != 2:
        raise ValueError(f"{path}: a class map has one channel of class numbers, this file has colours")
    if image.shape != size:
        (height, width), (rows, columns) = image.shape, size
        raise ValueError(f"{path}: is {width} x {height}, its image {columns} x {rows}: they must be of one size")
    if image.max() >= len(names):
        wrong = sorted({int(value) for value in np.unique(image)} - set(range(len(names))))
        raise ValueError(f"{path}: unknown class {wrong[0]}; known are 0 to {len(names) - 1} ({', '.join(names)})")
    return image.astype(np.uint8)


def check_boxes(path: Path, boxes: np.ndarray, names: Sequence[str], size: tuple[int, int]) -> np.ndarray:
    """Boxes cut to the image, where they reach out of it by no more than `ROUNDING` pixels.

    Args:
        path: that they come from, for messages.
        boxes: (N, 5), see `Labelled`.
        size: height and width of the image.

    Raises:
        ValueError: naming file and box, for an unknown class, a box without area, or one that reaches out further.
    """
    height, width = size
    scale = np.array([width, height], dtype=np.float64)
    low, high = boxes[:, 1:3] - boxes[:, 3:] / 2, boxes[:, 1:3] + boxes[:, 3:] / 2
    outside = np.maximum(-low, high - 1) * scale
    for number, (row, out) in enumerate(zip(boxes, outside, strict=True), start=1):
        if row[0] >= len(names):
            known = ", ".join(f"{index} {name}" for index, name in enumerate(names))
            raise ValueError(f"{path}, box {number}: unknown class {row[0]:g}; known are {known}")
        if min(row[3:]) <= 0:
            raise ValueError(f"{path}, box {number}: has no area (width {row[3]:g}, height {row[4]:g})")
        if max(out) > ROUNDING:
            raise ValueError(f"{path}, box {number}: reaches {max(out):.1f} pixels out of the image; correct its line")
    low, high = low.clip(0, 1), high.clip(0, 1)
    return np.concatenate([boxes[:, :1], (low + high) / 2, high - low], axis=1)


def read_voc(path: Path, names: Sequence[str]) -> np.ndarray:
    """Boxes of a Pascal VOC annotation, as M3FD comes with, as `isfcore.datasets.boxes.read_boxes` gives them.

    Raises:
        ValueError: naming the file, for XML that is no such annotation, or a class that is not in `names`.
    """
    known = {name.lower(): index for index, name in enumerate(names)}
    rows = []
    try:
        root = ElementTree.fromstring(path.read_bytes())
        width, height = (float(root.findtext(f"size/{side}")) for side in ("width", "height"))
        for thing in root.iter("object"):
            name = thing.findtext("name").strip()
            if name.lower() not in known:
                raise ValueError(f"unknown class {name!r}; known are {', '.join(names)}")
            x0, y0, x1, y1 = (float(thing.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax"))
            centre_and_size = ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height)
            rows.append((known[name.lower()], *centre_and_size))
    except (ElementTree.ParseError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise ValueError(f"{path}: is no Pascal VOC annotation with sizes and boxes ({error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def labelled(dataset: str, split: str, kind: str, pairs: Sequence[Pair], root: str | Path = "") -> Labelled:
    """The labels of these pairs of a set.

    Boxes are YOLO text, or Pascal VOC files in `Annotation` beside it where a pair has no text file.

    Args:
        kind: `maps` or `boxes`.

    Raises:
        ValueError: for another kind, a set without such labels, and wrong labels, naming each file.
        FileNotFoundError: where no pair has a label, with the cure.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    known = data_set(dataset, split)
    place, names = (known.labels, known.label_names) if kind == "maps" else (known.boxes, known.box_names)
    if not place:
        raise ValueError(f"{dataset} comes without {'class maps' if kind == 'maps' else 'boxes'}")
    where = folder(dataset, split, place, root)
    maps = images_by_stem(where) if kind == "maps" and where.is_dir() else {}
    annotation = where.parent / "Annotation"

    def path_of(pair: Pair) -> Path | None:
        if kind == "maps":
            return maps.get(pair.stem)
        candidates = (where / f"{pair.stem}.txt", annotation / f"{pair.stem}.xml")
        return next((path for path in candidates if path.is_file()), None)

    def read(pair: Pair) -> np.ndarray:
        path, size = path_of(pair), read_image(pair.infrared).shape[:2]
        if kind == "maps":
            return read_map(path, names, size)
        boxes = read_voc(path, names) if path.suffix == ".xml" else read_boxes(path)
        return check_boxes(path, boxes, names, size)

    with_label = [pair for pair in pairs if path_of(pair)]
    if not with_label:
        raise FileNotFoundError(f"{dataset} {split}: no label of any pair in {where}. {where_to_get(dataset, root)}")
    label = {pair.stem: found for pair, found in all_in_threads(read, with_label).items()}
    return Labelled(with_label, label, names, [pair.stem for pair in pairs if pair.stem not in label])
