"""Dot plots: what is full, what is hollow, and where."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from isfstudy.report.dot_plot import dot_plot


def test_measured_dots_are_full_printed_ones_hollow_and_intervals_are_lines() -> None:
    table = pd.DataFrame(
        [
            ("ISF (x)", "AG", "measured", 2.0, 1.0, 3.5),
            ("SAGE", "AG", "printed", 4.0, np.nan, np.nan),
            ("SAGE", "SF", "measured", np.nan, np.nan, np.nan),
        ],
        columns=["method", "metric", "row", "value", "low", "high"],
    )
    figure = dot_plot(table, logarithmic=["SF"])
    first, second = figure.axes
    ours, printed = first.lines
    assert (ours.get_xdata()[0], ours.get_ydata()[0], printed.get_xdata()[0]) == (2, 0, 4)
    assert 1 < printed.get_ydata()[0] < 1.5, "a printed dot lies a little below its method's line"
    assert ours.get_markerfacecolor() == ours.get_color() != printed.get_color()
    assert printed.get_markerfacecolor() == "white"
    np.testing.assert_allclose(first.collections[0].get_segments()[0], [[1, 0], [3.5, 0]])
    assert not second.lines and (first.get_xscale(), second.get_xscale()) == ("linear", "log")
    assert [label.get_text() for label in first.get_yticklabels()] == ["ISF (x)", "SAGE"]
    plt.close(figure)
