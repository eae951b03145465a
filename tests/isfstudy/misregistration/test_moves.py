"""Moves that are known come out as such: none, by how much, and to which side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.registration import phase_cross_correlation

from isfcore.pairs import Pair
from isfstudy.misregistration.moves import EDGE, MIRRORED, SHIFT, TURN, Move, inner, middle, moved, moves
from tests.helpers.images_by_hand import save


def noise(height: int, width: int, *colours: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, *colours), dtype=np.uint8)


def smooth(height: int = 128, width: int = 128) -> np.ndarray:
    """Waves in both directions, which bicubic interpolation can follow."""
    down, across = np.mgrid[:height, :width]
    return np.rint(127 + 60 * np.sin(down / 5) + 60 * np.cos(across / 7)).astype(np.uint8)


@pytest.mark.parametrize("move", [Move(SHIFT, 0), Move(TURN, 0), Move("aligned")])
def test_no_move_is_the_same_to_the_bit(move):
    image = noise(50, 70)
    assert np.array_equal(moved(image, move), image)


@given(shift=st.integers(0, EDGE))
def test_a_shift_brings_every_pixel_to_the_right_and_is_found(shift):
    image = noise(64, 96)
    after = moved(image, Move(SHIFT, shift))
    assert after.shape == image.shape and np.array_equal(after[:, shift:], image[:, : 96 - shift])
    found, _, _ = phase_cross_correlation(inner(after), inner(image))
    assert found.tolist() == [0, shift]


def test_a_turn_goes_by_its_angle_about_the_middle():
    image = smooth()
    turned = moved(image, Move(TURN, 2))
    assert not np.array_equal(turned, image)
    back = moved(turned, Move(TURN, -2))
    assert np.abs(inner(back).astype(int) - inner(image)).max() <= 2
    # 50 pixels to the right of the middle an anticlockwise turn by 2 degrees lifts by 1.75 pixels
    spot = np.zeros((129, 129), np.uint8)
    spot[60:69, 110:119] = 200
    rows = moved(spot, Move(TURN, 2)).sum(axis=1, dtype=float)
    assert (rows @ np.arange(129)) / rows.sum() == pytest.approx(64 - 50 * np.sin(np.radians(2)), abs=0.05)


def test_a_mirror_image_has_every_pixel():
    image = noise(40, 60)
    assert np.array_equal(np.sort(moved(image, Move(MIRRORED)), axis=1), np.sort(image, axis=1))
    assert np.array_equal(moved(image, Move(MIRRORED))[:, 0], image[:, -1])


def test_none_comes_first_and_the_mirror_image_last():
    which = moves([1, 8], [0.5])
    assert [tuple(move) for move in which] == [
        ("aligned", 0), ("shift", 1), ("shift", 8), ("turn", 0.5), ("mirrored", 0)
    ]  # fmt: skip


@pytest.mark.parametrize("shift", [0, 1.5, EDGE + 1])
def test_shifts_that_are_no_pixels_or_reach_beyond_the_edge_are_refused(shift):
    with pytest.raises(ValueError, match=f"from 1 to {EDGE}, not {shift}"):
        moves([2, shift], [])


def test_the_middle_is_in_the_middle(tmp_path):
    infrared, visible = noise(50, 70), noise(50, 70, 3)
    pair = Pair("a", save(tmp_path / "ir.png", infrared), save(tmp_path / "vi.png", visible))
    found = middle((32, 40))(pair)
    assert np.array_equal(found[0], infrared[8:40, 12:52]), "of 48 x 64, to which the pair is cut first"
    assert np.array_equal(found[1], visible[8:40, 12:52])
    assert [image.shape[:2] for image in middle((0, 0))(pair)] == [(48, 64)] * 2
    assert middle((1000, 40))(pair)[0].shape == (48, 40)


def test_the_edge_is_cut_alike_and_an_image_of_nothing_else_is_refused():
    image = noise(40, 50, 3)
    assert np.array_equal(inner(image), image[16:24, 16:34])
    with pytest.raises(ValueError, match="50 x 32 is all edge"):
        inner(image[:32])
