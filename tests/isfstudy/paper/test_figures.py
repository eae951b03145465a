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
    figure = residuals(pd.DataFrame(rows, columns=["dataset", "method", "metric", "residual"]))
    assert [axis.get_title() for axis in figure.axes] == ["TNO", "MSRS"]
    points = [axis.collections[0].get_offsets()[:, 0].tolist() for axis in figure.axes]
    assert [sorted(each) for each in points] == [[-12.5, 0.0], [3.0]]


def test_verdicts_are_one_bar_from_left_to_right() -> None:
    counts = pd.Series({"confirmed": 4, "partly": 1, "not confirmed": 0, "not testable here": 2})
    figure = verdicts(counts)
    assert [(bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches] == [(0, 4), (4, 1), (5, 0), (5, 2)]
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["4 confirmed", "1 partly", "0 not confirmed", "2 not testable here"]
