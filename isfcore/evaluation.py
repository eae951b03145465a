"""Scoring many fused images: one row an image, both cores busy, and what cannot be scored named."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from isfcore.images import grey, read_image
from isfcore.machine.threads import in_threads
from isfcore.metrics import METRICS, evaluate
from isfcore.pairs import images_by_stem

Images = tuple[np.ndarray, np.ndarray, np.ndarray]  # fused, infrared and visible luma, (H, W) in [0, 255]


def score(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray, *, convention: str) -> dict[str, float]:
    """The five metrics of one fused image, by name; images (H, W) in [0, 255] of one size.

    Raises:
        ValueError: naming the sizes when they differ, and what `isfcore.metrics.evaluate` refuses.
    """
    sizes = {name: image.shape for name, image in (("fused", fused), ("infrared", infrared), ("visible", visible))}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{name} {width} x {height}" for name, (height, width) in sizes.items())
        raise ValueError(f"the images differ in size: {said}; bring them to one size, as they were fused")
    tensors = [torch.as_tensor(np.array(image))[None] for image in (fused, infrared, visible)]
    return {name: value.item() for name, value in evaluate(*tensors, convention=convention).items()}


def score_all(
    load: dict[str, Callable[[], Images]], *, convention: str, progress: str = ""
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Score many images: a table with one row an image (index `stem`, columns `METRICS`), and problems by stem.

    Args:
        load: for each stem a function that reads or makes fused, infrared and visible luma.
        convention: `paper` or `standard`.
        progress: label of the progress bar; none without it.
    """
    rows, problems = in_threads(lambda stem: score(*load[stem](), convention=convention), load, progress=progress)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(METRICS)).rename_axis("stem"), problems


def _grey_levels(path: Path) -> np.ndarray:
    image = read_image(path)
    if image.dtype != np.uint8:
        raise ValueError(f"{path}: has 16 bits, and the metrics are defined on 8; convert it as it was for fusion")
    return grey(image)


def _load_files(fused: Path, infrared: Path, visible: Path) -> Images:
    return _grey_levels(fused), _grey_levels(infrared), _grey_levels(visible)


def score_folder(
    fused: Path, infrared: Path, visible: Path, *, convention: str, progress: str = ""
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Score a folder of fused images against two folders of sources; files belong together by stem.

    Returns what `score_all` returns; an image that has no source on one side is among the problems, and a source
    without a fused image is too. 16-bit images are problems: no convention defines their levels.

    Raises:
        NotADirectoryError: for a folder that is not there.
        ValueError: for two files of one stem in a folder.
    """
    folders = {"fused": images_by_stem(fused), "infrared": images_by_stem(infrared), "visible": images_by_stem(visible)}
    problems = {}
    load = {}
    for stem in sorted(set().union(*folders.values())):
        lacking = [name for name, files in folders.items() if stem not in files]
        if lacking:
            problems[stem] = f"no {' and no '.join(lacking)} image of this name"
        else:
            load[stem] = partial(_load_files, *(files[stem] for files in folders.values()))
    table, failed = score_all(load, convention=convention, progress=progress)
    return table, problems | failed
