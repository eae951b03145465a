"""Classic fusion rules, as baselines that need no training: average, maximum, Laplacian pyramid, wavelet.

Each takes the infrared and the visible luma, (H, W) in [0, 255], and returns the fused luma, (H, W) uint8.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pywt
from skimage.transform import pyramid_expand, pyramid_reduce

LEVELS = 4  # halvings of a pyramid or wavelet, fewer for small images


def _levels(shape: tuple[int, ...]) -> int:
    """As many halvings as leave 8 pixels on the shorter side, at most `LEVELS`."""
    return max(1, min(LEVELS, int(np.log2(min(shape) / 8)))) if min(shape) >= 16 else 1


def _to_levels(fused: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(fused), 0, 255).astype(np.uint8)


def _stronger(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of two details the one of greater magnitude, pixel by pixel."""
    return np.where(np.abs(one) >= np.abs(other), one, other)


def average(infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """The mean of both images."""
    return _to_levels((infrared.astype(np.float64) + visible) / 2)


def maximum(infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """The brighter of both images, pixel by pixel."""
    return _to_levels(np.maximum(infrared, visible))


def _laplacian(image: np.ndarray, levels: int) -> list[np.ndarray]:
    """Details from fine to coarse, and the coarsest average last (Burt and Adelson 1983)."""
    details = []
    for _ in range(levels):
        coarse = pyramid_reduce(image, preserve_range=True)
        details.append(image - _expanded(coarse, image.shape))
        image = coarse
    return [*details, image]


def _expanded(coarse: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return pyramid_expand(coarse, preserve_range=True)[: shape[0], : shape[1]]


def laplacian_pyramid(infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Stronger detail at each level of a Laplacian pyramid, mean of the coarsest averages (Burt and Adelson 1983)."""
    levels = _levels(infrared.shape)
    pyramids = [_laplacian(image.astype(np.float64), levels) for image in (infrared, visible)]
    fused = (pyramids[0][-1] + pyramids[1][-1]) / 2
    for one, other in zip(pyramids[0][-2::-1], pyramids[1][-2::-1], strict=True):
        fused = _expanded(fused, one.shape) + _stronger(one, other)
    return _to_levels(fused)


def wavelet(infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Stronger coefficient in each band of a sym4 wavelet, mean of the approximations."""
    levels = _levels(infrared.shape)
    one, other = (
        pywt.wavedec2(image.astype(np.float64), "sym4", mode="symmetric", level=levels) for image in (infrared, visible)
    )
    fused = [(one[0] + other[0]) / 2]
    for of_one, of_other in zip(one[1:], other[1:], strict=True):
        fused.append(tuple(_stronger(a, b) for a, b in zip(of_one, of_other, strict=True)))
    height, width = infrared.shape
    return _to_levels(pywt.waverec2(fused, "sym4", mode="symmetric")[:height, :width])


CLASSIC: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "Average": average,
    "Maximum": maximum,
    "Laplacian pyramid": laplacian_pyramid,
    "Wavelet": wavelet,
}
