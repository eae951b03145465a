"""A set of small made-up pairs in a published layout: what tests of training need where no real image is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def write_set(root: Path, *, count: int, split: str = "test", height: int = 64, width: int = 80) -> Path:
    """Write `count` pairs as `scenes` lays them out below a data root, and return their folder.

    Each shows smooth ground with edges and texture, grey in the infrared image and coloured in the visible one; some of
    it in both images, some in one. No two pairs are alike.
    """
    folder = root / "scenes" / split
    for modality in ("ir", "vi"):
        (folder / modality).mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:height, :width]
    for number in range(count):
        random = np.random.default_rng([number, split == "train"])
        ground = 90 + 40 * np.sin(x / random.uniform(5, 12) + y / random.uniform(8, 20))
        warm, shade = (
            abs(x - random.uniform(0.2, 0.8) * width) + abs(y - random.uniform(0.2, 0.8) * height)
            < random.uniform(0.15, 0.4) * height
            for _ in range(2)
        )
        infrared = ground + 110 * warm + random.normal(0, 4, ground.shape)
        tint = random.uniform(0.6, 1.2, 3)
        visible = (ground - 50 * shade + random.normal(0, 8, ground.shape))[..., None] * tint
        for modality, image in (("ir", infrared), ("vi", visible)):
            levels = np.rint(image).clip(0, 255).astype(np.uint8)
            Image.fromarray(levels).save(folder / modality / f"{number:03d}.png")
    return folder
