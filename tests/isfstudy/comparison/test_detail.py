"""Detail lost and added: images whose gradients can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.pairs import Pair
from isfstudy.comparison.detail import colour_change, detail, details
from isfstudy.comparison.methods import classic_methods

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


def test_a_row_an_image_and_method(tmp_path: Path) -> None:
    pairs = []
    for number in range(2):
        paths = [tmp_path / f"{kind}{number}.png" for kind in ("mri", "pet")]
        generator = np.random.default_rng(number)
        Image.fromarray(generator.integers(0, 256, (32, 32), dtype=np.uint8)).save(paths[0])
        Image.fromarray(generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(paths[1])
        pairs.append(Pair(str(number), *paths))

    def broken(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        raise ValueError("no image of this name")

    rule = classic_methods()["Maximum"]
    table = details(pairs, {"Maximum": rule, "Broken": broken})
    assert table["method"].to_list() == ["Maximum"] * 2 and table["stem"].to_list() == ["0", "1"]
    images = [np.asarray(Image.open(path)) for path in (pairs[0].infrared, pairs[0].visible)]
    fused = np.maximum(images[0], grey(images[1]))
    expected = detail(fused, images[0], grey(images[1])) | {"colour_change": colour_change(fused, images[1])}
    assert table.iloc[0][list(expected)].to_dict() == pytest.approx(expected)
