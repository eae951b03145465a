"""Figures: what they show is decided from their inputs alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.comparison import figures as comparison_figures
from isfstudy.report import pictures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_hidden_pixels_are_coloured_and_a_dropped_modality_stays_black() -> None:
    clean = np.full((4, 6), 100, np.uint8)
    masked = clean.copy()
    masked[1:3, 2:4] = 0
    marked = pictures.mark_hidden(clean, masked)
    assert (marked[0] == 100).all()
    assert (marked[1:3, 2:4] == marked[1, 2]).all() and len(set(marked[1, 2])) == 3
    assert not pictures.mark_hidden(clean, np.zeros_like(clean)).any()


def test_the_window_lies_where_infrared_is_bright_and_visible_dark() -> None:
    infrared, visible = np.zeros((100, 100), np.uint8), np.zeros((100, 100), np.uint8)
    infrared[60:80, 10:30] = 250  # hot, and unseen
    infrared[10:30, 60:80] = visible[10:30, 60:80] = 250  # hot, and seen
    top, left, height, width = comparison_figures.salient_window(infrared, visible)
    assert (height, width) == (22, 22)
    assert 57 <= top <= 61 and 7 <= left <= 11


def test_a_grid_has_a_place_for_every_image_and_marks_stay_in_pixels() -> None:
    images = [np.zeros((1000, 800), np.uint8), np.zeros((1000, 800, 3), np.uint8), None]
    figure = pictures.image_grid({"one": images, "two": images[:2] + [images[0]]}, ["a", "b", "c"], width=1)
    assert len(figure.axes) == 6 and [axis.get_title() for axis in figure.axes[:3]] == ["a", "b", "c"]
    shown = figure.axes[0].images[0]
    assert max(shown.get_array().shape[:2]) <= pictures.PHOTOGRAPH_DPI, "no more pixels than are seen"
    assert shown.get_extent() == [-0.5, 799.5, 999.5, -0.5]
    assert not figure.axes[2].axison


def test_contributions_have_a_bar_each_and_say_their_sign() -> None:
    choices = pd.DataFrame(
        {"choice": ["JPEG 95", "another 25 of 40 pairs (±)"]} | {name: [-0.5, 0.1] for name in METRICS}
    )
    figure = comparison_figures.contributions(choices, pd.Series(dict.fromkeys(METRICS, 10.0)))
    assert len(figure.axes) == len(METRICS)
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([5, 1])
    assert [text.get_text() for text in figure.axes[0].texts] == ["−5 %", "±1 %"]


def test_detail_is_lost_to_the_left_and_added_to_the_right() -> None:
    rows = [("PET", "a", 0.1, 0.2), ("PET", "b", 0.5, 0.0), ("SPECT", "a", 0.3, 0.4)]
    figure = comparison_figures.detail(pd.DataFrame(rows, columns=["dataset", "method", "lost", "added"]))
    assert [axis.get_title() for axis in figure.axes] == ["PET", "SPECT"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([-10, -50, 20, 0])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert figure.axes[0].yaxis_inverted(), "the first method is on top"
