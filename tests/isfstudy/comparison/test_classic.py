"""The classic rules: what they do by definition, and that any size and content goes through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isfstudy.comparison.classic import CLASSIC, average, laplacian_pyramid, maximum, wavelet


def levels(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_average_and_maximum_by_hand() -> None:
    infrared, visible = np.array([[0, 255, 7]], np.uint8), np.array([[255, 255, 3.4]])
    assert average(infrared, visible).tolist() == [[128, 255, 5]]  # 127.5 goes to the even 128, 5.2 to 5
    assert maximum(infrared, visible).tolist() == [[255, 255, 7]]
    assert average(infrared, infrared).tolist() == [[0, 255, 7]], "8-bit sums must not wrap"


@settings(max_examples=15, deadline=None)
@given(st.integers(16, 70), st.integers(16, 70), st.integers(0, 9))
def test_an_image_fused_with_itself_stays(height: int, width: int, seed: int) -> None:
    image = levels(height, width, seed=seed)
    for name, rule in CLASSIC.items():
        fused = rule(image, image)
        assert fused.dtype == np.uint8 and fused.shape == image.shape, name
        assert np.abs(fused.astype(int) - image).max() <= 1, name


@pytest.mark.parametrize("rule", CLASSIC.values(), ids=CLASSIC.keys())
def test_the_order_of_the_images_matters_only_at_ties(rule) -> None:
    one, other = levels(48, 50), levels(48, 50, seed=1)
    assert np.abs(rule(one, other).astype(int) - rule(other, one)).max() <= 1


@pytest.mark.parametrize("rule", [laplacian_pyramid, wavelet])
def test_detail_survives_that_averaging_halves(rule) -> None:
    rows, columns = np.indices((64, 64))
    flat, striped = np.full((64, 64), 128, np.uint8), (128 + 60 * (-1.0) ** columns)
    fused = rule(flat, striped)[8:-8, 8:-8].astype(float)
    assert np.ptp(fused) == pytest.approx(120, abs=12)
    assert np.ptp(average(flat, striped)) == pytest.approx(60, abs=1)


@pytest.mark.parametrize("rule", [laplacian_pyramid, wavelet])
def test_each_region_takes_the_sharper_source(rule) -> None:
    texture = levels(64, 64).astype(float)
    left, right = texture.copy(), texture.copy()
    left[:, 32:], right[:, :32] = 128, 128
    fused = rule(left, right)
    assert np.corrcoef(fused[:, :24].ravel(), texture[:, :24].ravel())[0, 1] > 0.9
    assert np.corrcoef(fused[:, 40:].ravel(), texture[:, 40:].ravel())[0, 1] > 0.9


@pytest.mark.parametrize("rule", [laplacian_pyramid, wavelet])
def test_details_beyond_black_and_white_are_clipped(rule) -> None:
    """A black dot on white and a white dot on black: both details, on a mean of 128, would leave [0, 255]."""
    white, black = np.full((64, 64), 255, np.uint8), np.zeros((64, 64), np.uint8)
    white[20, 20], black[40, 40] = 0, 255
    fused = rule(white, black)
    assert fused[20, 20] < 60 and fused[40, 40] > 195


@pytest.mark.parametrize("rule", CLASSIC.values(), ids=CLASSIC.keys())
@pytest.mark.filterwarnings("ignore:Level value of 1 is too high")
def test_small_images_go_through(rule) -> None:
    assert rule(levels(5, 9), levels(5, 9, seed=1)).shape == (5, 9)
