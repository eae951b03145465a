"""Further metrics: by hand, against definitions written plainly, against MATLAB's numbers, and at the edges."""

from __future__ import annotations

import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isfcore import metrics_further
from isfcore.images import grey, read_image
from isfcore.metrics_further import (
    FURTHER_METRICS,
    MS_SSIM_WEIGHTS,
    entropy,
    evaluate_further,
    ms_ssim,
    mutual_information,
    nabf,
    scd,
    ssim,
    standard_deviation,
    vif,
)


def pattern(height: int = 176, width: int = 208) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fused, infrared and visible whole levels, as float64."""
    y, x = np.mgrid[:height, :width]
    infrared, visible = (x * x * 3 + y * 7) % 256, (x * 17 + y * y * 5) // 37 % 256
    return (0.6 * infrared + 0.3 * visible + 20 * np.sin(x / 9) + 20).clip(0, 255) // 1, infrared * 1.0, visible * 1.0


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.float64)


# By hand


def test_entropy_and_deviation():
    levels = np.repeat([0, 85, 170, 255], 16).reshape(8, 8)
    assert entropy(levels) == 2 and entropy(levels + 0.4) == 2, "whole levels count"
    assert standard_deviation(levels) == pytest.approx(85 * math.sqrt(1.25))
    assert entropy(np.full((4, 4), 7)) == standard_deviation(np.full((4, 4), 7)) == 0


def test_mutual_information_is_bits_about_both_sources():
    """Infrared and visible say one bit each, independently; fused has both, or the first alone, or none."""
    infrared, visible = np.tile([[0, 255], [0, 255]], (4, 4)), np.tile([[9, 9], [200, 200]], (4, 4))
    both = infrared // 2 + visible // 4
    assert mutual_information(both, infrared, visible) == pytest.approx(2)
    assert mutual_information(infrared, infrared, visible) == pytest.approx(1)
    assert mutual_information(np.full((8, 8), 3), infrared, visible) == pytest.approx(0)


def test_scd_of_a_sum_is_2_and_what_is_constant_counts_0():
    infrared, visible = noise(20, 30) / 2, noise(20, 30, seed=1) / 2
    assert scd(infrared + visible, infrared, visible) == pytest.approx(2)
    assert scd(255 - infrared - visible, -infrared, -visible) == pytest.approx(2)
    of_visible = np.corrcoef((visible - infrared).ravel(), visible.ravel())[0, 1]
    assert scd(visible, infrared, visible) == pytest.approx(of_visible), "fused minus visible is constant"
    assert scd(visible + 0.1, infrared, visible) == pytest.approx(of_visible), "and so it is, but for rounding"


def test_an_image_fused_from_itself_keeps_all():
    image = noise(180, 170)
    values = evaluate_further(image, image, image)
    assert tuple(values) == FURTHER_METRICS
    assert values["SSIM"] == values["MS-SSIM"] == pytest.approx(1)
    assert values["VIF"] == pytest.approx(2, abs=1e-6)
    assert values["MI"] == pytest.approx(2 * values["EN"])
    assert values["Nabf"] == 0, "no edge is stronger than the sources'"


def test_more_contrast_raises_vif_above_the_sources():
    image = noise(60, 60) / 3
    assert vif(image * 2, image, image) > 2 > vif(image / 2, image, image)


def test_an_edge_from_nowhere_is_an_artefact():
    """Flat sources and a step in the fused image: at the step all is lost, two columns of twenty."""
    flat, step = np.full((20, 20), 100.0), np.full((20, 20), 100.0)
    step[:, 10:] = 160
    assert nabf(step, flat, flat) == pytest.approx(0.1, abs=1e-3)
    assert nabf(flat, step, step) == nabf(step, step, flat) == 0


# Against plain definitions


def gaussian(size: int, sigma: float) -> np.ndarray:
    offset = np.arange(size) - size // 2
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * sigma**2))
    return window / window.sum()


def correlate(image: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Wherever the window lies inside."""
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, window.shape), window)


def means(window: np.ndarray, *images: np.ndarray) -> list[np.ndarray]:
    return [correlate(image, window) for image in images]


def plain_vif(source: np.ndarray, fused: np.ndarray) -> float:
    kept = held = 0.0
    for size in (17, 9, 5, 3):
        window = gaussian(size, size / 5)
        if size < 17:
            source, fused = (image[::2, ::2] for image in means(window, source, fused))
        mean, of_fused, square, fused_square, product = means(
            window, source, fused, source**2, fused**2, source * fused
        )
        variance, fused_variance = square - mean**2, fused_square - of_fused**2
        shared = np.maximum(product - mean * of_fused, 0)
        gain = shared / variance
        kept += np.log2(1 + gain**2 * variance / (fused_variance - gain * shared + 2)).sum()
        held += np.log2(1 + variance / 2).sum()
    return kept / held


def plain_ssim_terms(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Mean SSIM, and its mean without luminance."""
    mean, other_mean, square, other_square, product = means(
        gaussian(11, 1.5), one, other, one**2, other**2, one * other
    )
    structure = (2 * (product - mean * other_mean) + 58.5225) / (
        square - mean**2 + other_square - other_mean**2 + 58.5225
    )
    luminance = (2 * mean * other_mean + 6.5025) / (mean**2 + other_mean**2 + 6.5025)
    return (luminance * structure).mean(), structure.mean()


def plain_ms_ssim(one: np.ndarray, other: np.ndarray) -> float:
    value = 1.0
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        value *= plain_ssim_terms(one, other)[scale < 4] ** weight
        one, other = (
            (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4 if scale < 4 else image
            for image in (one, other)
        )
    return value


def test_similarities_agree_with_plain_definitions():
    fused, *sources = pattern()
    assert ssim(fused, *sources) == pytest.approx(
        np.mean([plain_ssim_terms(source, fused)[0] for source in sources]), rel=1e-10
    )
    assert ms_ssim(fused, *sources) == pytest.approx(
        np.mean([plain_ms_ssim(source, fused) for source in sources]), rel=1e-10
    )
    assert vif(fused, *sources) == pytest.approx(sum(plain_vif(source, fused) for source in sources), rel=1e-7)


def test_an_odd_last_row_and_column_are_doubled_before_halving():
    fused, infrared, _ = pattern(175, 207)
    even = [np.pad(image, ((0, 1), (0, 1)), mode="edge") for image in (infrared, fused)]
    of_full_size, of_padded = plain_ssim_terms(infrared, fused)[1], plain_ssim_terms(*even)[1]
    expected = (
        plain_ms_ssim(*even) * (of_full_size / of_padded) ** MS_SSIM_WEIGHTS[0]
    )  # the full size itself is not padded
    assert ms_ssim(fused, infrared, infrared) == pytest.approx(expected, rel=1e-10)


def test_vif_agrees_with_other_libraries():
    """torchmetrics 1.9 on 0 to 255 and sewar 0.4.10 give these for the two sources of the pattern."""
    fused, infrared, visible = pattern()
    assert vif(fused, infrared, infrared) / 2 == pytest.approx(0.235541506285418, rel=1e-9)
    assert vif(fused, visible, visible) / 2 == pytest.approx(0.040864206691047, rel=1e-9)


def test_building_blocks_equal_those_of_scipy_and_skimage_to_the_bit():
    """So that numbers did not change when the libraries were replaced; where these are not installed, it is skipped."""
    ndimage, stats = pytest.importorskip("scipy.ndimage"), pytest.importorskip("scipy.stats")
    similarity = pytest.importorskip("skimage.metrics").structural_similarity
    halved = pytest.importorskip("skimage.transform").downscale_local_mean
    fused, infrared, _ = pattern(175, 206)
    for sigma, radius in ((1.5, 5), (3.4, 8), (0.6, 1)):
        expected = ndimage.gaussian_filter(fused, sigma, radius=radius)
        assert np.array_equal(metrics_further._gaussian(fused, sigma, radius), expected)
    down, right = (ndimage.sobel(fused, axis, mode="mirror") / 8 for axis in (0, 1))
    strength, direction = metrics_further._edges(fused)
    assert np.array_equal(strength, np.hypot(down, right)) and np.array_equal(direction, np.arctan2(right, down))
    assert entropy(fused) == pytest.approx(stats.entropy(np.bincount(fused.astype(int).ravel()), base=2), rel=1e-15)
    assert np.array_equal(metrics_further._halved(fused[:174]), halved(fused[:174], (2, 2)))
    wang = {"data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for first in (0.01, 1e6):
        assert metrics_further._similarity(infrared, fused, first=first) == similarity(
            infrared, fused, K1=first, **wang
        )


def plain_nabf(fused: np.ndarray, *sources: np.ndarray) -> float:
    """Pixel by pixel, directions as slopes."""

    def edges(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        padded = np.pad(image, 1, mode="reflect")
        kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 8
        return correlate(padded, kernel), correlate(padded, kernel.T)

    def direction(across: float, down: float) -> float:
        return math.copysign(math.pi / 2, across) if down == 0 and across else math.atan(across / down) if down else 0

    gradients = [edges(image) for image in (fused, *sources)]
    artefact = weights = 0.0
    for place in np.ndindex(fused.shape):
        pixel = [(across[place], down[place]) for across, down in gradients]
        strength, *of_sources = (math.hypot(*gradient) for gradient in pixel)
        angle, *angles = (direction(*gradient) for gradient in pixel)
        for source, source_angle in zip(of_sources, angles, strict=True):
            ratio = min(source, strength) / max(source, strength) if source and strength else 0
            agreement = abs(abs(source_angle - angle) - math.pi / 2) * 2 / math.pi
            kept = 0.9999 / (1 + math.exp(-19 * (ratio - 0.5))) * 0.9995 / (1 + math.exp(-22 * (agreement - 0.5)))
            weight = source**1.5 if source >= 2 else 0.001
            weights += weight
            artefact += (1 - math.sqrt(kept)) * weight * (strength > max(of_sources))
    return artefact / weights


@settings(max_examples=25, deadline=None)
@given(images=hnp.arrays(np.uint8, (3, 5, 6), elements=st.one_of(st.integers(0, 255), st.sampled_from([0, 8, 255]))))
def test_nabf_agrees_with_a_plain_definition(images):
    images = images.astype(np.float64)
    value = nabf(*images)
    assert value == pytest.approx(plain_nabf(*images), rel=1e-9, abs=1e-12)
    assert 0 <= value <= 1


# Symmetries, and the edges of what is allowed


def test_sources_swap_and_images_turn():
    fused, infrared, visible = pattern()
    fused = np.rint(0.7 * fused + 0.3 * noise(*fused.shape))
    expected = evaluate_further(fused, infrared, visible)
    assert expected["Nabf"] > 0.001
    assert evaluate_further(fused, visible, infrared) == pytest.approx(expected, rel=1e-9)
    turned = evaluate_further(fused.T, infrared.T, visible.T)
    assert turned == pytest.approx(expected, rel=1e-6), "Nabf takes 0 as the direction of what has none"


def test_type_does_not_matter_and_input_is_left_alone():
    images = noise(3, 161, 163).astype(np.uint8)
    before = images.copy()
    expected = evaluate_further(*images)
    assert np.array_equal(images, before)
    for dtype in (np.int32, np.float32, np.float64):
        assert evaluate_further(*images.astype(dtype)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_constant_images_give_numbers(level):
    constant, image = np.full((161, 161), level), noise(161, 161)
    for images in ((constant, image, image), (image, constant, constant), (constant, constant, constant)):
        values = evaluate_further(*images)
        assert all(math.isfinite(value) for value in values.values()), values
    assert values["VIF"] == values["SCD"] == values["EN"] == values["Nabf"] == 0
    assert values["SSIM"] == pytest.approx(1)


def test_a_negative_counts_as_no_similarity():
    image = noise(170, 170)
    assert ms_ssim(255 - image, image, image) == 0 > ssim(255 - image, image, image)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ([np.zeros((170, 170)), np.zeros((170, 171)), np.zeros((170, 170))], r"one size, not .*\(170, 171\)"),
        ([np.zeros((160, 200))] * 3, r"161 pixels a side or more, not \(160, 200\): MS-SSIM halves"),
        ([np.zeros((170, 170, 3))] * 3, r"\(H, W\)"),
        ([np.zeros((170, 170)), np.full((170, 170), 256), np.zeros((170, 170))], r"the infrared image must lie in \["),
        ([np.zeros((170, 170))] * 2 + [np.full((170, 170), np.nan)], r"the visible image .* not in \[nan, nan]"),
        ([np.full((170, 170), -1)] + [np.zeros((170, 170))] * 2, r"the fused image .* not in \[-1, -1]"),
    ],
)
def test_what_cannot_be_scored_is_refused(images, said):
    with pytest.raises(ValueError, match=said):
        evaluate_further(*images)


# On real images


def joint(one: np.ndarray, other: np.ndarray) -> float:
    """Entropy of two images' joint histogram, in bits."""
    _, counts = np.unique(256 * one.astype(int) + other, return_counts=True)
    return -(counts / one.size * np.log2(counts / one.size)).sum()


def stopping_at_255(source: np.ndarray, fused: np.ndarray) -> tuple[np.ndarray, ...]:
    """Products as MATLAB's 8-bit integers give them, of the first scale; the others are no integers."""
    whole = np.array_equal(source, source.round()) and np.array_equal(fused, fused.round())
    return tuple(np.minimum(product, 255 if whole else math.inf) for product in PRODUCTS(source, fused))


PRODUCTS = metrics_further._products


def test_matlab_golden_numbers(data_root, monkeypatch):
    """EN and SCD as published; MI and VIF once the slips of 8-bit arithmetic are put back, and apart without them."""
    folder = data_root / "golden" / "matlab"
    table = pd.read_csv(folder / "metrics.csv", dtype={"stem": str})
    assert len(table) == 12
    for row in table.itertuples():
        images = [grey(read_image(folder / part / f"{row.stem}.png")) for part in (row.method, "ir", "vi")]
        fused, *sources = (image.astype(np.float64) for image in images)
        assert entropy(fused) == pytest.approx(row.EN, abs=1e-12)
        assert scd(fused, *sources) == pytest.approx(row.SCD, abs=1e-12)

        merged = [np.minimum(image, 254) for image in images]  # adding 1 to 255 gives 255 in 8 bits
        slip = sum(joint(a, images[0]) - joint(b, merged[0]) for a, b in zip(images[1:], merged[1:], strict=True))
        assert mutual_information(fused, *sources) + slip == pytest.approx(row.MI, abs=1e-10)
        assert 0 <= slip < 0.03

        without = vif(fused, *sources)
        with monkeypatch.context() as context:
            context.setattr(metrics_further, "_products", stopping_at_255)
            assert vif(fused, *sources) == pytest.approx(row.VIF, abs=1e-9)
        assert 0.1 < row.VIF - without < 0.42
