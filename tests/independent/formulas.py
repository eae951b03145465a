"""Formulas of the independent check, as the literature has them: statistics of a few runs, and the five metrics."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterable

import numpy as np
from PIL import Image

# statistics


def student(level: float, freedom: int) -> float:
    """The quantile of Student's distribution that leaves `1 - level` outside on both sides, by integration."""
    constant = math.gamma((freedom + 1) / 2) / math.sqrt(freedom * math.pi) / math.gamma(freedom / 2)
    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        x = np.linspace(0, middle, 4001)
        density = constant * (1 + x**2 / freedom) ** (-(freedom + 1) / 2)
        weights = np.ones(4001)
        weights[1:-1:2], weights[2:-1:2] = 4, 2
        inside = 2 * float((density * weights).sum()) * (x[1] - x[0]) / 3
        low, high = (middle, high) if inside < level else (low, middle)
    return (low + high) / 2


def interval(values: Iterable[float]) -> tuple[float, float, float]:
    """Mean, and the ends of its 95 % interval after Student."""
    values = np.asarray(list(values), float)
    half = student(0.95, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def sign_flip(values: Iterable[float]) -> float:
    """Two-sided p of the mean, over all signs that the values could have had."""
    values = np.asarray(list(values), float)
    signs = np.array(list(itertools.product((-1, 1), repeat=len(values))))
    return float((np.abs(signs @ values) >= abs(values.sum()) - 1e-12).mean())


def word(parts: list[bool | None], *, whole: bool = True) -> str:
    """A verdict: parts that hold are True, that are contradicted False, undecided ones None."""
    if all(part is True for part in parts):
        return "confirmed" if whole else "partly"
    if any(part is True for part in parts):
        return "partly"
    return "not confirmed" if any(part is False for part in parts) else "undecided"


def at_least(found: tuple[float, float, float], least: float, sign: int) -> bool | None:
    """Whether an effect, with its interval, has this sign and at least this size."""
    _, low, high = found
    low, high = sorted((sign * low, sign * high))
    if low >= least and low > 0:
        return True
    return False if high < least else None


# images


def as_jpeg(fused: np.ndarray) -> np.ndarray:
    """What is read back of an image of grey levels that was saved as a JPEG file of quality 95."""
    stream = io.BytesIO()
    Image.fromarray(np.rint(fused).astype(np.uint8)).save(stream, "JPEG", quality=95)
    return np.asarray(Image.open(stream), float)


def sharpness(fused: np.ndarray) -> tuple[float, float]:
    """AG and SF as Table 1 has them: AG over (rows - 1)(columns - 1), SF on [0, 1] and times 100."""
    down, across = np.gradient(fused)
    ag = np.sqrt((down**2 + across**2) / 2).sum() / ((fused.shape[0] - 1) * (fused.shape[1] - 1))
    unit = fused / 255
    sf = 100 * math.sqrt((np.diff(unit, axis=0) ** 2).mean() + (np.diff(unit, axis=1) ** 2).mean())
    return float(ag), sf


def closeness(fused: np.ndarray, pair: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """PSNR and CC as Table 1 has them: a peak of 255 over images in [0, 1]; the mean of two correlations."""
    error = sum((((fused - source) / 255) ** 2).mean() for source in pair) / 2
    cc = sum(np.corrcoef(fused.ravel(), source.ravel())[0, 1] for source in pair) / 2
    return 20 * math.log10(255 / math.sqrt(error)), float(cc)


def edges(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strength and angle of Sobel's gradient, beyond the border of which all is black."""
    p = np.pad(image, 1)
    x = (p[:-2, 2:] + 2 * p[1:-1, 2:] + p[2:, 2:]) - (p[:-2, :-2] + 2 * p[1:-1, :-2] + p[2:, :-2])
    y = (p[:-2, :-2] + 2 * p[:-2, 1:-1] + p[:-2, 2:]) - (p[2:, :-2] + 2 * p[2:, 1:-1] + p[2:, 2:])
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(x == 0, math.pi / 2, np.arctan(y / x))
    return np.sqrt(x**2 + y**2), angle


def qabf(fused: np.ndarray, pair: tuple[np.ndarray, np.ndarray]) -> float:
    """Xydeas and Petrovic's measure on [0, 1], with the strength in place of the ratio where two are equal."""
    strength, angle = edges(fused / 255)
    kept = weight = 0.0
    for source in pair:
        of, at = edges(source / 255)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(of > strength, strength / of, np.where(of < strength, of / strength, strength))
        same = 1 - np.abs(at - angle) / (math.pi / 2)
        strong = 0.9994 / (1 + np.exp(-15 * (ratio - 0.5)))
        turned = 0.9879 / (1 + np.exp(-22 * (same - 0.8)))
        kept += float((strong * turned * of).sum())
        weight += float(of.sum())
    return kept / weight


def laplacian(image: np.ndarray) -> np.ndarray:
    p = np.pad(image, 1)
    height, width = image.shape
    around = sum(p[i : i + height, j : j + width] for i in range(3) for j in range(3))
    return np.abs(around - 9 * image)


def cost(fused: np.ndarray, pair: tuple[np.ndarray, np.ndarray]) -> float:
    """Equation 10 on [0, 1], with absolute Laplacians."""
    fused, first, second = fused / 255, pair[0] / 255, pair[1] / 255
    stronger = np.maximum(laplacian(first), laplacian(second))
    near = np.abs(fused - first).mean() + np.abs(fused - second).mean()
    return float(near + np.abs(laplacian(fused) - stronger).mean())
