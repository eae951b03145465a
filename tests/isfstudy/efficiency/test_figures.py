"""Figures of notebook 09: who is drawn where; Figure 1c: quality and speed joined, and who leads."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from isfstudy.efficiency.figures import latency_curves, radar_and_dots, radar_table, ranks, speeds

MEANS = pd.DataFrame(
    [
        ("TNO", "ISF (released)", "paper", 40, 62.0, 0.5),
        ("TNO", "ISF (released)", "standard", 40, 14.0, 0.5),
        ("TNO", "Average", "paper", 40, 64.0, 0.6),
        ("TNO", "SAGE", "paper", 40, 61.0, 0.45),
        ("MSRS", "ISF (released)", "paper", 80, 66.0, 0.6),
    ],
    columns=["dataset", "method", "protocol", "pairs", "PSNR", "CC"],
)
PRINTED = pd.DataFrame(
    {"dataset": ["TNO", "MSRS"], "method": ["SAGE", "SAGE"], "PSNR": ["59.81", "1"], "CC": ["0.317", "1"]}
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_only_methods_with_all_axes_are_on_the_radar_and_all_are_dots() -> None:
    rows = [
        ("ISF (released)", "measured", 0.5, 62.0, 3.0),
        ("Average", "measured", 0.6, 64.0, 2000.0),
        ("SAGE", "measured", 0.45, 61.0, np.nan),
        ("SAGE", "printed", 0.317, 59.81, np.nan),
    ]
    table = pd.DataFrame(rows, columns=["method", "row", "CC", "PSNR", "FPS"])
    figure = radar_and_dots(table)
    radar, *panels = figure.axes
    assert [line.get_label() for line in radar.lines] == ["ISF (released)", "Average"]
    np.testing.assert_allclose(radar.lines[0].get_ydata(), 0)
    np.testing.assert_allclose(radar.lines[1].get_ydata(), 1)
    assert [len(panel.lines) for panel in panels] == [4, 4, 2]


def test_latency_figure_has_a_line_a_method_and_memory_where_it_was_measured() -> None:
    row = {"device": "cpu", "median_ms": 5.0, "low_ms": 4.0, "high_ms": 7.0}
    rows = [
        row | {"method": method, "height": side, "width": side, "peak_mib": peak}
        for side in (64, 128)
        for method, peak in (("Net", 10.0), ("Rule", np.nan))
    ]
    figure = latency_curves(pd.DataFrame(rows))
    times, memory = figure.axes
    assert len(times.containers) == 2 and len(memory.lines) == 1
    assert [tick.get_text() for tick in times.get_xticklabels()] == ["64 × 64", "128 × 128"]


def test_figure1c_joins_quality_and_speed() -> None:
    table = radar_table(MEANS, PRINTED, {"ISF (released)": 3.0, "Average": 2000.0}, dataset="TNO")
    assert table["row"].to_list() == ["measured"] * 3 + ["printed"]
    expected = [[0.5, 62.0, 3.0], [0.6, 64.0, 2000.0], [0.45, 61.0, np.nan], [0.317, 59.81, np.nan]]
    np.testing.assert_allclose(table[["CC", "PSNR", "FPS"]].to_numpy(), expected)


def test_speed_is_that_of_the_last_device_and_of_the_twin() -> None:
    rows = [
        ("cpu", "ISF (a)", 64, 64, 1, 3.0),
        ("cpu", "ISF (a)", 64, 64, 4, 30.0),
        ("cpu", "ISF (a)", 32, 64, 1, 5.0),
        ("cpu", "Average", 64, 64, 1, 2000.0),
        ("cuda", "ISF (a)", 64, 64, 1, 90.0),
    ]
    latency = pd.DataFrame(rows, columns=["device", "method", "height", "width", "batch", "images_per_second"])
    found = speeds(latency, [64, 64], twins={"ISF (a)": "ISF (a)", "ISF (b)": "ISF (a)"})
    assert found == {"ISF (a)": 90.0, "ISF (b)": 90.0, "Average": 2000.0}


def test_places_are_among_those_that_have_all_axes() -> None:
    table = radar_table(MEANS, PRINTED, {"ISF (released)": 3.0, "Average": 2000.0}, dataset="TNO")
    assert ranks(table).to_dict("index") == {
        "ISF (released)": {"CC": 2, "PSNR": 2, "FPS": 2},
        "Average": {"CC": 1, "PSNR": 1, "FPS": 1},
    }
