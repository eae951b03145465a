"""Pictures of the paper's numbers: where points and bars lie."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from isfstudy.paper.figures import residuals, verdicts


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_residuals_have_a_panel_a_set_and_a_point_a_number() -> None:
    rows = [("TNO", "SAGE", "AG", 0.0), ("TNO", "SAGE", "SF", -12.5), ("MSRS", "LRRNet", "AG", 3.0)]
    figure = residuals(pd.DataFrame(rows, columns=["dataset", "method", "metric", "widths"]))
    assert [axis.get_title() for axis in figure.axes] == ["TNO", "MSRS"]
    points = [axis.collections[0].get_offsets()[:, 0].tolist() for axis in figure.axes]
    assert [sorted(each) for each in points] == [[-12.5, 0.0], [3.0]]


def test_verdicts_are_one_bar_a_group_from_left_to_right() -> None:
    words = ["confirmed", "partly", "not confirmed", "undecided", "not testable here"]
    counts = pd.DataFrame([[4, 1, 0, 0, 2], [1, 0, 0, 3, 0]], index=["paper", "ours"], columns=words)
    figure = verdicts(counts)
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches]
    assert bars == [(0, 4), (0, 1), (4, 1), (1, 0), (5, 0), (1, 0), (5, 0), (1, 3), (5, 2), (4, 0)]
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["5 confirmed", "1 partly", "0 not confirmed", "3 undecided", "2 not testable here"]
    assert figure.axes[0].yaxis_inverted(), "the first group is on top"
    figure.draw_without_rendering()
    legend, canvas = figure.legends[0].get_window_extent(), figure.bbox
    assert legend.x0 >= canvas.x0 and legend.x1 <= canvas.x1, "nothing of the legend is cut"
