"""Scoring fused images, one or many: all cores busy, and what cannot be scored named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch

from isfcore.images import grey
from isfcore.machine.threads import in_threads
from isfcore.metrics import evaluate
from isfcore.pairs import images_by_stem, read_together, sizes_agree

Images = tuple[np.ndarray, np.ndarray, np.ndarray]  # fused, infrared and visible luma, (H, W) in [0, 255]


def score(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray, *, convention: str) -> dict[str, float]:
    """The five metrics of one fused image, by name; images (H, W) in [0, 255] of one size.

    Raises:
        ValueError: naming the sizes when they differ, and what `isfcore.metrics.evaluate` refuses.
    """
    sizes_agree({"fused": fused, "infrared": infrared, "visible": visible})
    tensors = [torch.as_tensor(np.array(image))[None] for image in (fused, infrared, visible)]
    return {name: value.item() for name, value in evaluate(*tensors, convention=convention).items()}


def score_all(
    load: Mapping[str, Callable[[], Images]], *, convention: str, progress: str = ""
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Score many images: the metrics of each by stem, in order, and what went wrong by stem.

    Args:
        load: for each stem a function that reads or makes fused, infrared and visible luma.
        convention: `paper` or `standard`.
        progress: label of the progress bar; none without it.
    """
    return in_threads(lambda stem: score(*load[stem](), convention=convention), load, progress=progress)


def score_folder(
    fused: Path, infrared: Path, visible: Path, *, convention: str, progress: str = ""
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
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
            load[stem] = partial(_grey_levels, *(files[stem] for files in folders.values()))
    scores, failed = score_all(load, convention=convention, progress=progress)
    return scores, problems | failed


def _grey_levels(*files: Path) -> Images:
    fused, infrared, visible = (grey(image) for image in read_together(*files))
    return fused, infrared, visible
