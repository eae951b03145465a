"""Small pairs of images, and the paper's protocol written out once more: what tests of comparisons share."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks import direct
from isfcore.metrics import METRICS
from isfcore.pairs import Pair

GREY = np.array([0.299, 0.587, 0.114])


def save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def levels(*shape: int, seed: int = 0) -> np.ndarray:
    """Noise with some structure, so that JPEG and the metrics have something to work on."""
    generator = np.random.default_rng(seed)
    ramp = np.add.outer(np.arange(shape[0]), np.arange(shape[1])) * 2.0
    return np.uint8(
        np.clip(ramp.reshape(*ramp.shape, *[1] * (len(shape) - 2)) + generator.normal(60, 20, shape), 0, 255)
    )


def three_pairs(root: Path, height: int = 37, width: int = 35) -> list[Pair]:
    """Three pairs in the layout of TNO: a grey one, and two with colour in the visible image."""
    return [
        Pair(
            stem,
            save(root / "TNO" / "ir" / f"{stem}.png", levels(height, width, seed=number)),
            save(root / "TNO" / "vi" / f"{stem}.png", levels(height, width, *[3] * bool(number), seed=number + 10)),
        )
        for number, stem in enumerate(("a", "b", "c"))
    ]


def jpeg(fused: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Joined with the visible chroma, saved with quality 95, read back with all its bands: written out once more."""
    buffer = io.BytesIO()
    image = fused
    if visible.ndim == 3:
        image = np.uint8(np.clip(visible + np.rint(fused - visible @ GREY)[..., None], 0, 255))
    Image.fromarray(image).save(buffer, "JPEG", quality=95, subsampling=2)
    return np.asarray(Image.open(buffer)).astype(float)


def paper_scores(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    """The metrics as the paper's protocol has them: AG over the bands of the file."""
    bands = jpeg(fused, visible)
    light = grey_levels(visible)
    values = direct.metrics(grey_levels(bands), infrared, light, convention="paper")
    of_bands = [direct.metrics(band, infrared.T, light.T, convention="paper")["AG"] for band in np.atleast_3d(bands).T]
    return values | {"AG": np.mean(of_bands)}


def grey_levels(image: np.ndarray) -> np.ndarray:
    return np.rint(image @ GREY) if image.ndim == 3 else image


def sources(pair: Pair, *, cut: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Infrared, visible image and its luma in whole levels, cut to multiples of `cut`."""
    images = [np.asarray(Image.open(path)) for path in (pair.infrared, pair.visible)]
    height, width = (side - side % cut for side in images[0].shape)
    infrared, visible = (image[:height, :width] for image in images)
    return infrared, visible, grey_levels(visible.astype(float))


def assert_close(values: pd.Series, expected: dict[str, float]) -> None:
    """Qabf on [0, 1] tests rounded gradients for equality, so that the last bits of a luma move it a little."""
    for metric in METRICS:
        tolerance = {"abs": 2e-3} if metric == "Qabf" else {"rel": 1e-9}
        assert values[metric] == pytest.approx(expected[metric], **tolerance), metric
