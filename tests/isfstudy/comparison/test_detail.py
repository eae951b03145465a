"""Detail lost and added: images whose gradients can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from isfcore.evaluation import score
from isfcore.images import grey
from isfstudy.comparison.detail import QUANTITIES, colour_change, detail, detail_and_colour

RAMP = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (16, 1))  # 10 levels a column, gradient 10 / sqrt(2) everywhere
FLAT = np.full((16, 16), 7, np.uint8)
FLAT_LARGE = np.full((20, 24), 9, np.uint8)


@pytest.mark.parametrize(
    ("fused", "sharpness", "lost", "added"),
    [(RAMP, 1, 0, 0), (FLAT, 0, 1, 0), (RAMP // 2, 0.5, 0.5, 0), (RAMP // 10 * 15, 1.5, 0, 0.5)],
)
def test_ramps_by_hand(fused: np.ndarray, sharpness: float, lost: float, added: float) -> None:
    assert detail(fused, RAMP, FLAT) == pytest.approx({"sharpness": sharpness, "lost": lost, "added": added})
    assert detail(fused, FLAT, RAMP)["sharpness"] == pytest.approx(sharpness), "either source may offer the detail"


def test_lost_here_and_added_there_do_not_cancel() -> None:
    fused = RAMP.copy()
    fused[:, :8] = 0  # flat on the left; one step of 80, seen by two columns, then the ramp
    found = detail(fused, RAMP, FLAT)
    # Gradients in units of the ramp's, by column: 0 for 7 columns, 4 and 4.5 beside the step, 1 for the other 7.
    assert found == pytest.approx({"lost": 7 / 16, "added": (3 + 3.5) / 16, "sharpness": (7 + 8.5) / 16})


def test_sharpness_is_a_ratio_of_average_gradients() -> None:
    generator = np.random.default_rng(0)
    fused, infrared = generator.integers(0, 256, (2, 20, 24), dtype=np.uint8)
    ag = {
        name: score(image, infrared, FLAT_LARGE, convention="standard")["AG"]
        for name, image in (("fused", fused), ("infrared", infrared))
    }
    assert detail(fused, infrared, FLAT_LARGE)["sharpness"] == pytest.approx(ag["fused"] / ag["infrared"])


def test_constant_sources_have_no_detail() -> None:
    with pytest.raises(ValueError, match="both sources are constant"):
        detail(RAMP, FLAT, FLAT)


def test_colour_changes_luma_only_where_it_leaves_the_range() -> None:
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    assert colour_change(np.full((4, 4), 60, np.uint8), red) < 1, "60 is the luma that this red has"
    # At luma 0 the blue and green that red's chroma asks for are negative; red alone, about 140, is left: 0.299 x 140.
    assert colour_change(np.zeros((4, 4), np.uint8), red) == pytest.approx(42, abs=2)
    assert colour_change(np.full((4, 4), 60, np.uint8), red[..., 0]) == 0, "a grey image has no colour to give"


def test_one_image_with_its_colour() -> None:
    generator = np.random.default_rng(0)
    fused, infrared = generator.integers(0, 256, (2, 20, 24), dtype=np.uint8)
    visible = generator.integers(0, 256, (20, 24, 3), dtype=np.uint8)
    found = detail_and_colour(fused, infrared, visible)
    assert tuple(found) == QUANTITIES
    expected = detail(fused, infrared, grey(visible)) | {"colour_change": colour_change(fused, visible)}
    assert found == expected
