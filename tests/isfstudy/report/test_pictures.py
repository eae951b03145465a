"""Figures: what they show is decided from their inputs alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

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


def test_a_grid_has_a_place_for_every_image_and_marks_stay_in_pixels() -> None:
    images = [np.zeros((1000, 800), np.uint8), np.zeros((1000, 800, 3), np.uint8), None]
    figure = pictures.image_grid({"one": images, "two": images[:2] + [images[0]]}, ["a", "b", "c"], width=1)
    assert len(figure.axes) == 6 and [axis.get_title() for axis in figure.axes[:3]] == ["a", "b", "c"]
    shown = figure.axes[0].images[0]
    assert max(shown.get_array().shape[:2]) <= pictures.PHOTOGRAPH_DPI, "no more pixels than are seen"
    assert shown.get_extent() == [-0.5, 799.5, 999.5, -0.5]
    assert not figure.axes[2].axison


def test_columns_that_the_page_is_too_narrow_for_go_below_in_the_order_of_the_images() -> None:
    images = [np.full((20, 40), level, np.uint8) for level in range(13)]
    only_last = [None] * 12 + [images[12]]
    figure = pictures.image_grid({"one": images, "errors": only_last}, list("abcdefghijklm"), width=1.75)
    assert figure.get_figwidth() <= pictures.WIDEST
    axes = np.array(figure.axes).reshape(2, 13)
    assert [axis.images[0].get_array().max() for axis in axes[0]] == list(range(13))
    assert "".join(axis.get_title() for axis in axes[0]) == "abcdefghijklm"
    assert [place for place, axis in enumerate(axes[0]) if axis.get_ylabel() == "one"] == [0, 7]
    figure.draw_without_rendering()
    first, below, after = (axes[0][place].get_position() for place in (0, 7, 6))
    assert first.x0 == pytest.approx(below.x0, abs=0.01) and below.y1 < first.y0 and after.x0 > first.x1
