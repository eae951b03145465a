"""Pairs that these tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfcore.pairs import Pair


def noise(*shape: int, seed: int) -> np.ndarray:
    """No pixel is black by itself."""
    return np.random.default_rng(seed).integers(1, 256, shape, dtype=np.uint8)


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    """Two pairs of 70 x 50: the second with colour."""
    made = []
    for number, stem in enumerate(("a", "b")):
        paths = [tmp_path / f"{stem}-{modality}.png" for modality in ("ir", "vi")]
        Image.fromarray(noise(50, 70, seed=number)).save(paths[0])
        Image.fromarray(noise(50, 70, *[3] * number, seed=number + 10)).save(paths[1])
        made.append(Pair(stem, *paths))
    return made
