"""Four pairs that are neither infrared nor medical, from photographs that scikit-image ships, without a download.

Two of them are made of one photograph, which is then the truth that fusing should bring back; the other two are two
measurements of one thing. The first image stands where infrared stood, the second where visible did.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage import color, data

from isfcore.images import grey
from isfcore.machine.files import replacing
from isfcore.pairs import Pair

DEFOCUS = 3.0  # pixels: standard deviation of the blur
STOPS = 1.5  # of under- and overexposure, powers of two
GAMMA = 2.2


class Given(NamedTuple):
    """Two images of one scene, (H, W) or (H, W, 3) uint8; what they are, in words; and the truth, (H, W) uint8, or
    None where there is none."""

    first: np.ndarray
    second: np.ndarray
    words: str
    truth: np.ndarray | None


def focal_planes() -> Given:
    """The left half in focus in one image, the right half in the other; a soft border between them."""
    sharp = data.coffee()
    blurred = ndimage.gaussian_filter(sharp.astype(float), (DEFOCUS, DEFOCUS, 0))
    left = 1 / (1 + np.exp((np.arange(sharp.shape[1]) - sharp.shape[1] / 2) / 4))[None, :, None]
    near, far = (weight * sharp + (1 - weight) * blurred for weight in (left, 1 - left))
    return Given(_levels(near), _levels(far), "two focal planes, made of one photograph", grey(sharp))


def exposures() -> Given:
    """Under- and overexposed by the same number of stops, clipped as a sensor clips."""
    right = data.chelsea()
    light = (right / 255) ** GAMMA
    dark, bright = (_levels(255 * np.clip(light * 2.0**stops, 0, 1) ** (1 / GAMMA)) for stops in (-STOPS, STOPS))
    return Given(dark, bright, "two exposures, made of one photograph", grey(right))


def stains() -> Given:
    """Haematoxylin and DAB of a stained section of tissue, separated by colour deconvolution."""
    separated = color.rgb2hed(data.immunohistochemistry())
    return Given(*(_stretched(separated[..., stain]) for stain in (0, 2)), "two stains of one section of tissue", None)


def depth() -> Given:
    """Disparity, near things bright, and the left photograph of a stereo pair."""
    left, _, disparity = data.stereo_motorcycle()
    known = np.where(np.isfinite(disparity), disparity, np.nan)
    filled = np.nan_to_num(known, nan=np.nanmin(known))
    small = (slice(None, None, 2), slice(None, None, 2))
    return Given(_stretched(filled[small]), np.ascontiguousarray(left[small]), "depth and photograph", None)


ALL = {"focal_planes": focal_planes, "exposures": exposures, "stains": stains, "depth": depth}


def written(folder: Path) -> tuple[list[Pair], dict[str, Given]]:
    """The pairs as files below a folder, and what they are, by stem."""
    given, pairs = {name: make() for name, make in ALL.items()}, []
    for name, one in given.items():
        files = [folder / which / f"{name}.png" for which in ("first", "second")]
        for file, image in zip(files, (one.first, one.second), strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file) as partial:
                Image.fromarray(image).save(partial, "PNG")
        pairs.append(Pair(name, *files))
    return pairs, given


def _levels(image: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _stretched(image: np.ndarray) -> np.ndarray:
    """Brought to 0 to 255 between the 1st and the 99th percentile."""
    low, high = np.percentile(image, (1, 99))
    return _levels(255 * (image - low) / (high - low))
