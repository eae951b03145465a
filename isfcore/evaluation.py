"""Scoring fused images, one or many: all cores busy, and what cannot be scored named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from pathlib import Path

import numpy as np
import torch

from isfcore.fusion import remark_if_dark, unit_luma
from isfcore.images import grey, luma
from isfcore.machine.remarks import remark
from isfcore.machine.threads import in_threads
from isfcore.metrics import evaluate
from isfcore.names import share, together
from isfcore.pairs import Pair, look, read_together, sizes_agree

Images = tuple[np.ndarray, np.ndarray, np.ndarray]  # fused, infrared and visible luma, (H, W) in [0, 255]
# How the luma of a coloured source is read: in whole levels, or as it comes out. Grey images are the same either way.
SOURCES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"rounded": grey, "unrounded": luma}


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
    fused: str | Path,
    infrared: str | Path,
    visible: str | Path,
    *,
    convention: str,
    sources: str = "rounded",
    sixteen_bit: str = "full",
    patterns: Mapping[str, str] | None = None,
    recursive: bool = False,
    part: tuple[int, int] | None = None,
    progress: str = "",
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Score a folder of fused images against two folders of sources; files belong together by stem.

    Returns what `score_all` returns; an image that has no source on one side is among the problems, and a source
    without a fused image is too.

    Args:
        sources: how the luma of coloured sources is read, one of `SOURCES`; that of fused images is in whole levels.
        sixteen_bit: how 16-bit levels of sources become grey levels, as `isfcore.fusion.unit_luma` takes it; those of
            fused images are always `full`.
        patterns, recursive: how files belong together, see `isfcore.names.together`; by `fused`, `infrared`, `visible`.
        part: (K, N) for the K-th of N parts of images and problems, see `isfcore.names.share`.

    Raises:
        NotADirectoryError: for a folder that is not there.
        ValueError: for another way of reading sources; where no files belong together, with the reason.
    """
    if sources not in SOURCES:
        raise ValueError(f"sources must be one of {', '.join(SOURCES)}, not {sources!r}")
    matched = together({"fused": fused, "infrared": infrared, "visible": visible}, patterns, recursive=recursive)
    problems = dict(matched.twice) | {str(path): "is not named as the pattern says" for path in matched.unlike}
    for name, there in matched.alone.items():
        lacking = [kind for kind in ("fused", "infrared", "visible") if kind not in there]
        problems[name] = f"no {' and no '.join(lacking)} image of this name"
    read = partial(read_luma, sources=sources, sixteen_bit=sixteen_bit)
    load = {name: partial(read, *files) for name, files in share(list(matched.found.items()), part)}
    problems = dict(share(list(problems.items()), part))
    scores, failed = score_all(load, convention=convention, progress=progress)
    for name, values in scores.items():
        if not all(isfinite(value) for value in values.values()):
            remark("some scores of {} are no numbers, as of images that are equal or one level all over", name)
    return scores, problems | failed


def read_luma(*files: Path, sources: str, sixteen_bit: str) -> Images:
    """The luma of a fused, an infrared and a visible image in files, as scores are taken of it.

    Args:
        sources, sixteen_bit: as `score_folder` takes them.

    Raises:
        ValueError: for what `isfcore.pairs.read_together` and `isfcore.pairs.look` refuse.
    """
    images = read_together(*files, only_8_bit=False)
    look(Pair(files[0].stem, *files[1:]), *images[1:])
    if images[0].min() == images[0].max():
        remark("the fused image {} is one level all over", files[0])
    elif any(np.array_equal(images[0], source) for source in images[1:]):
        remark("the fused image {} is one of its sources, pixel by pixel", files[0])
    for path, image in zip(files[1:], images[1:], strict=True):
        remark_if_dark(path, image, sixteen_bit)
    infrared, visible = (_levels(image, sources, sixteen_bit) for image in images[1:])
    return _levels(images[0], "rounded", "full"), infrared, visible  # no camera's range is in a fused image


def _levels(image: np.ndarray, way: str, sixteen_bit: str) -> np.ndarray:
    """Luma (H, W) in [0, 255]: of an 8-bit image as one of `SOURCES`, of a 16-bit one in whole levels of what the
    network is fed of it."""
    if image.dtype == np.uint8:
        return SOURCES[way](image)
    return np.rint(unit_luma(image, sixteen_bit=sixteen_bit) * 255).astype(np.uint8)
