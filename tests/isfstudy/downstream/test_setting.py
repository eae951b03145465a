"""How a page opens: its material, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from isfstudy.downstream.setting import STAND_IN, open_setting
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK


def test_the_setting_says_what_it_is(page: Page) -> None:
    found = open_setting(page, TASK)
    assert list(found.comparison.everywhere) == ["Visible", "Infrared", "Average", "ISF (ours-paired)"]
    assert found.reference == "ISF (ours-paired)" and found.fusion_trained["ISF (ours-paired)"]["steps"] > 0
    assert found.basis == "4 training and 6 test images, 4 epochs, seeds [0]"
    assert found.warning == "Embedded scenes, no benchmark. " and "scaled to 32 x 32" in " ".join(found.facts)
    assert set(page.data) == {"scenes train", "scenes test"} and list(page.weights) == ["ISF (ours-paired)"]


def test_scenes_stand_in_for_a_set_that_is_not_here(page: Page) -> None:
    page.parameters["dataset"] = "MSRS"
    found = open_setting(page, TASK)
    assert "The embedded scenes stand in." in found.facts[0] and "isf data fetch MSRS" in found.facts[0]
    assert found.comparison.budget.steps == STAND_IN["steps"] and found.warning


def test_a_reference_that_is_not_here_gives_way_to_the_last_network(page: Page) -> None:
    page.parameters["reference"] = "ISF (released)"
    assert open_setting(page, TASK).reference == "ISF (ours-paired)"


def test_a_folder_that_lacks_test_images_is_left_out_and_named(page: Page, tmp_path: Path) -> None:
    """A score of the whole set takes the whole set."""
    stems = [path.stem for path in (tmp_path / "01_data_preparation/scenes/test/ir").glob("*.png")]
    for name, count in (("whole", 6), ("part", 4)):
        folder = tmp_path / "nothing" / "fused" / name / "scenes"
        folder.mkdir(parents=True)
        for stem in sorted(stems)[:count]:
            Image.fromarray(np.zeros((48, 64), np.uint8)).save(folder / f"{stem}.png")
    found = open_setting(page, TASK)
    assert list(found.comparison.test_only) == ["whole"] and "whole on scenes" in page.images
    assert "<b>Left out:</b> part: its folder lacks 2 of 6 test images" in found.facts
    page.parameters["methods"] = ["another"]
    found = open_setting(page, TASK)
    assert not found.comparison.test_only
    assert "whole: this profile does not ask for it (methods)" in " ".join(found.facts)
