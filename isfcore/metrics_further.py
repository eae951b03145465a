"""The further metrics that fusion papers print: EN, SD, MI, SCD, VIF, SSIM, MS-SSIM and Nabf.

Definitions follow the MATLAB evaluator that most papers use (Linfeng-Tang/Evaluation-for-Image-Fusion) as it is meant,
on grey levels 0 to 255. Its published numbers for TNO contain slips of 8-bit arithmetic, which are not repeated here;
the tests show that each published number comes out once the slip is put back:

=======  ==========================================  ========================================================
metric   definition                                  beside the evaluator's published numbers
=======  ==========================================  ========================================================
EN       bits of the histogram                       equal (1e-12)
SD       over all pixels                             none to compare: theirs were summed in 8 bits
MI       sum over the two sources, bits              equal to 1e-10 if 254 and 255 are one level of the joint
                                                     histogram; without it up to 0.03 higher
SCD      sum over the two sources                    equal (1e-12)
VIF      sum over the two sources, 4 pixel scales    equal to 1e-9 if the first scale's products stop at 255;
                                                     without it 0.10 to 0.42 lower
SSIM     mean over the two sources                   none published for these images
MS-SSIM  mean over the two sources, 5 scales         none published for these images
Nabf     on 0 to 255                                 none published for these images
=======  ==========================================  ========================================================

Other evaluators print other numbers under the same names: SSIM and MS-SSIM as a sum, or the multi-exposure measure of
Ma et al. 2015 in their place; MI in nats; Nabf on images in [0, 1], where no edge counts more than another.

The functions take checked float64 images (H, W) in [0, 255]. Higher is better for every metric but Nabf; EN and SD
look at the fused image alone, so that noise raises them.
"""

from __future__ import annotations

import numpy as np

FURTHER_METRICS = ("EN", "SD", "MI", "SCD", "VIF", "SSIM", "MS-SSIM", "Nabf")
MIN_SIDE = 161  # pixels: the smallest of MS-SSIM's five scales must hold its window of 11
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003, full size first
TINY = 1e-10  # grey levels, or their squares, that count as no contrast


def _bits(levels: np.ndarray) -> float:
    """Entropy of whole numbers from 0 on."""
    share = np.bincount(levels.ravel()) / levels.size
    there = share > 0
    share[there] *= -np.log(share[there])
    return float(share.sum() / np.log(2))


def entropy(fused: np.ndarray) -> float:
    """EN: Shannon entropy of the grey levels in bits, 0 to 8 (Roberts et al. 2008)."""
    return _bits(np.rint(fused).astype(np.int64))


def standard_deviation(fused: np.ndarray) -> float:
    """SD: standard deviation of the grey levels over all pixels, 0 to 127.5 (Rao 1997)."""
    return float(fused.std())


def mutual_information(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    """MI: bits that the fused grey level tells of the infrared one, plus those of the visible one (Qu et al. 2002)."""
    levels, *sources = (np.rint(image).astype(np.int64) for image in (fused, infrared, visible))
    return sum(_bits(source) + _bits(levels) - _bits(256 * source + levels) for source in sources)


def _pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two images; 0 where one is constant, but for rounding: it correlates with nothing."""
    one, other = one - one.mean(), other - other.mean()
    spreads = one.std(), other.std()
    return float((one * other).mean() / np.prod(spreads)) if min(spreads) > TINY else 0.0


def scd(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    """SCD: correlation of fused minus visible with infrared, plus the reverse, in [-2, 2] (Aslantas, Bendes 2015)."""
    return _pearson(fused - visible, infrared) + _pearson(fused - infrared, visible)


def _along(axis: int, image: np.ndarray, weights: np.ndarray, border: str) -> np.ndarray:
    """Correlation of each column (axis 0) or row (axis 1) with symmetric weights; `border` as `np.pad` takes it."""
    radius, length = len(weights) // 2, image.shape[axis]
    padded = np.pad(image, [(radius, radius) if each == axis else (0, 0) for each in (0, 1)], mode=border)  # type: ignore
    parts = [padded[at : at + length] if axis == 0 else padded[:, at : at + length] for at in range(len(weights))]
    total = weights[radius] * image
    for at in range(radius):  # from the outside in, as libraries add
        total += (parts[at] + parts[-1 - at]) * weights[at]
    return total


def _gaussian(image: np.ndarray, sigma: float, radius: int) -> np.ndarray:
    """Gaussian mean over a square window of 2 `radius` + 1 pixels; the image is mirrored at its border."""
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    weights /= weights.sum()
    return _along(1, _along(0, image, weights, "symmetric"), weights, "symmetric")


def _blurred(image: np.ndarray, window: int) -> np.ndarray:
    """Gaussian mean over a square window (odd, in pixels; sigma a fifth of it), only where it lies inside."""
    inside = slice(window // 2, -(window // 2))
    return _gaussian(image, window / 5, window // 2)[inside, inside]


def _products(source: np.ndarray, fused: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return source * source, fused * fused, source * fused


def _fidelity(source: np.ndarray, fused: np.ndarray) -> float:
    """VIF of one source: information that an eye gets of it through the fused image, over what the source holds.

    0 for a source without any contrast.
    """
    noise = 2.0  # variance of the eye's own noise, in grey levels squared
    kept = held = 0.0
    for window in (17, 9, 5, 3):
        if window < 17:
            source, fused = (_blurred(image, window)[::2, ::2] for image in (source, fused))
        mean, fused_mean = _blurred(source, window), _blurred(fused, window)
        square, fused_square, product = (_blurred(image, window) for image in _products(source, fused))
        variance = square - mean * mean
        fused_variance = fused_square - fused_mean * fused_mean
        covariance = product - mean * fused_mean
        seen = (variance >= TINY) & (fused_variance >= TINY) & (covariance > 0)
        variance = np.where(variance >= TINY, variance, 0)
        gain = np.where(seen, covariance / (variance + TINY), 0)
        rest = np.maximum(fused_variance - gain * covariance, TINY)
        kept += np.log1p(gain * gain * variance / (rest + noise)).sum()
        held += np.log1p(variance / noise).sum()
    return float(kept / held) if held else 0.0


def vif(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    """VIF: visual information fidelity of the fused image to each source, summed; 0 or more (Sheikh, Bovik 2006).

    The version in the pixel domain, four scales; above 2 where the fused image has more contrast than its sources.
    Images of 41 pixels a side or more.
    """
    return _fidelity(infrared, fused) + _fidelity(visible, fused)


def _similarity(source: np.ndarray, fused: np.ndarray, *, first: float = 0.01) -> float:
    """SSIM of Wang et al. 2004, whose first constant may be another: Gaussian window of 11 pixels (sigma 1.5), averaged
    where it lies inside the image."""
    of_luminance, of_structure = (first * 255) ** 2, (0.03 * 255) ** 2
    mean, fused_mean = _gaussian(source, 1.5, 5), _gaussian(fused, 1.5, 5)
    square, fused_square, product = (_gaussian(image, 1.5, 5) for image in _products(source, fused))
    variance = square - mean * mean
    fused_variance = fused_square - fused_mean * fused_mean
    covariance = product - mean * fused_mean
    shared = (2 * mean * fused_mean + of_luminance) * (2 * covariance + of_structure)
    all_there_is = (mean**2 + fused_mean**2 + of_luminance) * (variance + fused_variance + of_structure)
    return float((shared / all_there_is)[5:-5, 5:-5].mean())


def ssim(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    """SSIM: structural similarity of the fused image to each source, their mean, in [-1, 1] (Wang et al. 2004).

    Images of 11 pixels a side or more.
    """
    return (_similarity(infrared, fused) + _similarity(visible, fused)) / 2


def _halved(image: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels; an odd last row or column is doubled first."""
    height, width = image.shape
    even = np.pad(image, ((0, height % 2), (0, width % 2)), mode="edge")
    return even.reshape(len(even) // 2, 2, -1, 2).swapaxes(1, 2).mean(axis=(2, 3))


def _similarity_of_scales(source: np.ndarray, fused: np.ndarray) -> float:
    similarity = 1.0
    for weight in MS_SSIM_WEIGHTS[:-1]:
        # So large a first constant makes SSIM's luminance term 1 and leaves contrast and structure.
        similarity *= max(_similarity(source, fused, first=1e6), 0) ** weight
        source, fused = _halved(source), _halved(fused)
    return similarity * max(_similarity(source, fused), 0) ** MS_SSIM_WEIGHTS[-1]


def ms_ssim(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    """MS-SSIM: multi-scale SSIM of the fused image to each source, their mean, in [0, 1] (Wang et al. 2003).

    A scale on which the images disagree, which would need a root of a negative number, counts as 0. Images of
    `MIN_SIDE` pixels a side or more.
    """
    return (_similarity_of_scales(infrared, fused) + _similarity_of_scales(visible, fused)) / 2


def _edges(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strength, in grey levels a pixel, and direction of the Sobel gradient; 0 as direction where there is none."""
    wide = np.pad(image, 1, mode="reflect")
    smooth = np.array([1.0, 2.0, 1.0])
    down = _along(1, wide[2:, 1:-1] - wide[:-2, 1:-1], smooth, "reflect") / 8
    right = _along(0, wide[1:-1, 2:] - wide[1:-1, :-2], smooth, "reflect") / 8
    return np.hypot(down, right), np.arctan2(right, down)


def nabf(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    """Nabf: share of edges that fusion added, in [0, 1]; lower is better (Petrovic 2005, changed by Kumar 2013).

    Over the pixels where the fused edge is stronger than both sources' edges: how little it preserves of each, weighted
    by the strength of the source's edge. Edges below 2 levels a pixel weigh next to nothing, but something.
    """
    strength, direction = _edges(fused)
    lost, total = np.zeros(fused.shape), 0.0
    added = np.ones(fused.shape, dtype=bool)
    for source in (infrared, visible):
        source_strength, source_direction = _edges(source)
        added &= strength > source_strength
        stronger = np.maximum(strength, source_strength)
        ratio = np.divide(np.minimum(strength, source_strength), stronger, out=np.zeros_like(fused), where=stronger > 0)
        turn = np.abs(source_direction - direction) % np.pi  # an edge has no sign
        agreement = np.abs(turn - np.pi / 2) * 2 / np.pi
        of_strength = 0.9999 / (1 + np.exp(-19 * (ratio - 0.5)))
        of_direction = 0.9995 / (1 + np.exp(-22 * (agreement - 0.5)))
        weight = np.where(source_strength >= 2, source_strength**1.5, 0.001)
        lost = lost + (1 - np.sqrt(of_strength * of_direction)) * weight
        total += weight.sum()
    return float(lost[added].sum() / total)


def evaluate_further(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    """All further metrics of one fused image, by name (`FURTHER_METRICS`), on the thread that calls.

    Args:
        fused, infrared, visible: grey images (H, W) in [0, 255], any dtype; EN and MI round to whole levels.

    Raises:
        ValueError: for sizes that differ, a side under `MIN_SIDE` pixels, or values outside [0, 255] (NaN among them).
    """
    images = {"fused": fused, "infrared": infrared, "visible": visible}
    shapes = {name: image.shape for name, image in images.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"images must have one size, not {shapes}")
    if fused.ndim != 2 or min(fused.shape) < MIN_SIDE:
        raise ValueError(
            f"the further metrics need images (H, W) of {MIN_SIDE} pixels a side or more, not {fused.shape}: "
            "MS-SSIM halves them four times"
        )
    for name, image in images.items():
        if not (image.min() >= 0 and image.max() <= 255 + 1e-6):  # luma of white may exceed 255 by rounding
            raise ValueError(f"the {name} image must lie in [0, 255], not in [{image.min():g}, {image.max():g}]")
    fused, infrared, visible = (image.astype(np.float64) for image in images.values())
    sources = (infrared, visible)
    return {
        "EN": entropy(fused),
        "SD": standard_deviation(fused),
        "MI": mutual_information(fused, *sources),
        "SCD": scd(fused, *sources),
        "VIF": vif(fused, *sources),
        "SSIM": ssim(fused, *sources),
        "MS-SSIM": ms_ssim(fused, *sources),
        "Nabf": nabf(fused, *sources),
    }
