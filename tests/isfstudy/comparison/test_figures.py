"""Pictures of comparisons: what they show is decided from their inputs alone."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.comparison.figures import contributions, detail, distributions, qualitative, salient_window


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_the_window_lies_where_infrared_is_bright_and_visible_dark() -> None:
    infrared, visible = np.zeros((100, 100), np.uint8), np.zeros((100, 100), np.uint8)
    infrared[60:80, 10:30] = 250  # hot, and unseen
    infrared[10:30, 60:80] = visible[10:30, 60:80] = 250  # hot, and seen
    top, left, height, width = salient_window(infrared, visible)
    assert (height, width) == (22, 22)
    assert 57 <= top <= 61 and 7 <= left <= 11


def test_contributions_have_a_bar_each_and_say_their_sign() -> None:
    choices = pd.DataFrame(
        {"choice": ["JPEG 95", "another 25 of 40 pairs (±)"]} | {name: [-0.5, 0.1] for name in METRICS}
    )
    figure = contributions(choices, pd.Series(dict.fromkeys(METRICS, 10.0)))
    assert len(figure.axes) == len(METRICS)
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([5, 1])
    assert [text.get_text() for text in figure.axes[0].texts] == ["−5 %", "±1 %"]


def test_detail_is_lost_to_the_left_and_added_to_the_right() -> None:
    rows = [("PET", "a", 0.1, 0.2), ("PET", "b", 0.5, 0.0), ("SPECT", "a", 0.3, 0.4)]
    figure = detail(pd.DataFrame(rows, columns=["dataset", "method", "lost", "added"]))
    assert [axis.get_title() for axis in figure.axes] == ["PET", "SPECT"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([-10, -50, 20, 0])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert figure.axes[0].yaxis_inverted(), "the first method is on top"


def test_each_pair_has_a_row_of_images_and_one_of_its_window() -> None:
    image = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64)
    rows = {"TNO a": {"infrared": image, "visible": image, "mine": image}, "MSRS b": {"infrared": image}}
    figure = qualitative(rows, {"TNO a": (8, 16, 12, 20), "MSRS b": (0, 0, 10, 10)})
    assert len(figure.axes) == 4 * 3
    assert [axis.get_title() for axis in figure.axes[:3]] == ["infrared", "visible", "mine"]
    (frame,) = figure.axes[0].patches
    assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == (16, 8, 20, 12)
    assert (figure.axes[3].images[0].get_array() == image[8:20, 16:36]).all()
    assert not figure.axes[7].axison, "a method without this image leaves a gap"


def test_distributions_have_a_panel_a_quantity() -> None:
    rows = [(name, kind, v) for name in ("TNO", "MSRS") for kind in ("infrared", "visible") for v in (1.0, 2.0, 4.0)]
    table = pd.DataFrame(rows, columns=["dataset", "modality", "mean"]).assign(AG=1.5)
    figure = distributions(table, {"mean": "mean luma", "AG": "average gradient"})
    assert [axis.get_xlabel() for axis in figure.axes] == ["mean luma", "average gradient"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["TNO", "MSRS"]
