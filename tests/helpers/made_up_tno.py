"""Images of noise, and a set of three made-up TNO pairs with a manifest of its own: what tests of data share."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from isfcore.datasets import manifest


def noise(height: int = 12, width: int = 16, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def make_tno(root: Path, extension: str = ".png") -> dict[tuple[str, str], np.ndarray]:
    """Three TNO-like pairs of made-up pixels, by modality and stem."""
    images = {}
    for number, stem in enumerate(("01", "02", "03")):
        for kind, modality in enumerate(("ir", "vi")):
            pixels = noise(channels=1 + 2 * kind, seed=2 * number + kind)
            save(root / "TNO" / modality / f"{stem}{extension}", pixels, lossless=True)
            images[modality, stem] = pixels
    return images


def write_manifest(folder: Path, images: dict[tuple[str, str], np.ndarray]) -> Path:
    """A manifest of TNO that lists just these images, in `manifests` below a folder; that folder is returned."""
    rows = [",".join(manifest.COLUMNS)]
    for (modality, stem), pixels in images.items():
        channels, sha256 = 3 if modality == "vi" else 1, hashlib.sha256(pixels.tobytes()).hexdigest()
        rows.append(f"test,{modality},{stem},12,16,{channels},{sha256}")
    (folder / "manifests").mkdir()
    (folder / "manifests" / "TNO.csv").write_text("\n".join(rows))
    return folder / "manifests"
