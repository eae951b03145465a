"""Text of a figure is 9 pixels or more on the page, whatever the width of the figure."""

from __future__ import annotations

import io
import re

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from isfstudy.report.legible import COLUMN, SMALLEST, make_legible, pixels_a_point, written_out


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def wide(inches: float, points: float) -> Figure:
    figure, axis = plt.subplots(figsize=(inches, 3))
    axis.plot([1, 1000], [1, 2], label="line")
    axis.set_title("title", fontsize=30)
    axis.tick_params(labelsize=points)
    axis.text(5, 1.5, "note", fontsize=points)
    axis.legend(fontsize=points)
    return figure


def test_a_point_is_what_the_width_leaves_of_it():
    assert pixels_a_point(COLUMN / 72, 150) == pytest.approx(1)  # 12.1 inches in the column, 72 points an inch
    assert pixels_a_point(5, 150) == pytest.approx(150 / 72), "a narrow figure is shown pixel by pixel"
    assert pixels_a_point(2 * COLUMN / 72, 150) == pytest.approx(0.5)


@pytest.mark.parametrize("inches", [4, 12, 20])
def test_small_text_grows_and_other_text_stays(inches):
    figure = wide(inches, 5)
    make_legible(figure, 150)
    shown = {text.get_text(): text.get_fontsize() * pixels_a_point(inches, 150) for text in figure.findobj(Text)}
    assert min(shown.values()) >= SMALLEST - 1e-9
    assert shown["title"] == pytest.approx(30 * pixels_a_point(inches, 150))
    untouched = wide(inches, 20)
    make_legible(untouched, 150)
    assert {text.get_fontsize() for text in untouched.axes[0].texts} == {20}


def test_ticks_that_drawing_makes_are_as_large_in_the_file():
    figure = wide(20, 5)
    make_legible(figure, 150)
    figure.axes[0].set_xlim(-5, 2000)  # other ticks
    buffer = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg")
    sizes = [float(size) for size in re.findall(r"(?:font: |font-size: )([\d.]+)px", buffer.getvalue())]
    assert sizes and min(sizes) * pixels_a_point(20, 150) >= SMALLEST - 0.01


def test_powers_of_ten_are_written_out():
    figure = wide(12, 9)
    figure.axes[0].set_xscale("log")
    make_legible(figure, 150)
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert {"1", "10", "100", "1000"} <= set(labels) and "$" not in "".join(labels)
    said = [written_out(value) for value in (0.01, 1, 1e3, 1e4, 1e5, 1e6, 1e8)]
    assert said == ["0.01", "1", "1000", "10k", "100k", "1M", "100M"]
