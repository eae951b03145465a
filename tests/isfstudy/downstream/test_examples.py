"""The pairs that Figure 7 shows."""

from __future__ import annotations

import numpy as np

from isfstudy.downstream.detection_scores import CERTAIN
from isfstudy.downstream.examples import busiest, detected, segmented
from isfstudy.downstream.setting import open_setting
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK


def test_examples_are_chosen_by_labels_alone(page: Page) -> None:
    found = open_setting(page, TASK)
    chosen = busiest(found, lambda truth: (truth == 1).sum())
    for pair in chosen:
        same_time = [stem for stem in found.stems if stem[-1] == pair.stem[-1]]
        cars = [(found.comparison.test.label[stem] == 1).sum() for stem in same_time]
        assert (found.comparison.test.label[pair.stem] == 1).sum() == max(cars)


def test_boxes_that_are_certain_are_shown(page: Page) -> None:
    setting = open_setting(page, TASK)
    pair = setting.comparison.test.pairs[0]
    found = {("adapted", "Visible"): [{pair.stem: np.array([[0, 0.5, 0.5, 0.1, 0.1, s] for s in (CERTAIN, 0.1)])}]}
    pictures, boxes, true = detected(setting, found, [pair], ["Visible"])
    assert boxes[pair.stem]["Visible"][:, 5].tolist() == [CERTAIN]
    assert pictures[pair.stem]["Visible"].shape == (48, 64, 3) and [*true] == [pair.stem]


def test_maps_are_shown_as_large_as_their_images(page: Page) -> None:
    setting = open_setting(page, TASK)
    pair = setting.comparison.test.pairs[0]
    found = {("adapted", "Visible"): [{pair.stem: np.zeros((24, 32), np.uint8)}]}
    pictures, true = segmented(setting, found, [pair], ["Visible"])
    assert list(pictures[pair.stem]) == ["visible", "infrared", setting.reference, "in Visible"]
    assert pictures[pair.stem]["in Visible"].shape == true[pair.stem].shape == (48, 64)
