"""The pair that stands for a set, and what methods make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isfcore.images import join_colour
from isfstudy.comparison.examples import examples
from isfstudy.comparison.figures import salient_window
from isfstudy.comparison.methods import classic_methods, folder_method
from tests.helpers.images_by_hand import sources, three_pairs


def test_the_pair_a_third_down_the_list_in_the_colours_of_the_visible_image(tmp_path: Path) -> None:
    pairs, rule = three_pairs(tmp_path), classic_methods()["Maximum"]
    images, windows = examples({"TNO": pairs, "one": pairs[:1]}, {"TNO": {"Maximum": rule}, "one": {}})
    assert list(images) == list(windows) == ["TNO b", "one a"]
    infrared, visible, grey = sources(pairs[1], cut=16)
    assert list(images["TNO b"]) == ["infrared", "visible", "Maximum"]
    assert list(images["one a"]) == ["infrared", "visible"]
    assert (images["TNO b"]["infrared"] == infrared).all() and (images["TNO b"]["visible"] == visible).all()
    fused = np.maximum(infrared, grey).astype(np.uint8)
    assert (images["TNO b"]["Maximum"] == join_colour(fused, visible)).all()
    assert windows["TNO b"] == salient_window(infrared, visible)


def test_sources_have_the_names_that_are_asked_for(tmp_path: Path) -> None:
    images, _ = examples({"PET": three_pairs(tmp_path)}, {"PET": {}}, sources=("MRI", "PET"))
    assert list(images["PET b"]) == ["MRI", "PET"]


def test_a_method_without_the_image_is_not_shown_and_one_that_fails_is_an_error(tmp_path: Path) -> None:
    images, _ = examples({"TNO": three_pairs(tmp_path)}, {"TNO": {"Mine": folder_method({})}})
    assert list(images["TNO b"]) == ["infrared", "visible"]
    broken = tmp_path / "broken.png"
    broken.touch()
    with pytest.raises(ValueError, match="the file is empty"):
        examples({"TNO": three_pairs(tmp_path)}, {"TNO": {"Mine": folder_method({"b": broken})}})
