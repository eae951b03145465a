"""Scores of all that was found."""

from __future__ import annotations

import numpy as np

from isfstudy.downstream.scoring import Scoring, score_everything, score_other_seeds
from isfstudy.downstream.segmentation_scores import SEGMENTATION
from isfstudy.downstream.setting import open_setting
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK, mean_of

COUNTED = Scoring(
    "images",
    "seeds",
    lambda predictions, truths, classes: len(predictions) + len(truths),
    lambda judged, names: {"images": mean_of([*judged] * 6)},
    lambda judged: np.full(6, len(judged)),
)


def test_further_seeds_are_trained(page: Page) -> None:
    scores = score_other_seeds(open_setting(page, TASK), COUNTED)
    assert list(scores) == [("Visible", 0), ("Visible", 1)]
    assert scores["Visible", 1]["images"](np.ones((1, 6))) == [12]


def test_everything_is_scored_in_the_order_of_the_test_images(page: Page) -> None:
    setting = open_setting(page, TASK)
    perfect = [{stem: setting.comparison.test.label[stem] for stem in reversed(setting.stems)}] * 2
    scores = score_everything(setting, SEGMENTATION, {("own", "Visible"): perfect})
    assert scores.columns["own", "Visible"]["mIoU"](np.ones((1, 6))) == [1] and scores.of_set == "mIoU"
    assert scores.per_image["own", "Visible"].tolist() == [1] * 6 and len(scores.judged["own", "Visible"]) == 2
