"""Figures of effects: each draws what it is given, in colours and markers that tell networks apart."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.colors import to_hex

from isfstudy.intervention_effects.figures import dose_curves, effect_intervals
from isfstudy.intervention_effects.treatments import INTERVENTIONS

SAFE = sns.color_palette("colorblind").as_hex()


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def ate() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"dataset": dataset, "network": network, "intervention": name, "metric": metric, "ate": value}
            | {"low": value - 0.5, "high": value + 0.25}
            for dataset in ("TNO", "MSRS")
            for number, network in enumerate(("one", "other", "third"))
            for value, name in enumerate(INTERVENTIONS, start=1 + 10 * number)
            for metric in ("PSNR", "CC")
        ]
    )


def per_image() -> pd.DataFrame:
    table = ate().pivot(index=["dataset", "network", "intervention"], columns="metric", values="ate").reset_index()
    a, b = table.assign(stem="a"), table.assign(stem="b", PSNR=table["PSNR"] + 1)
    return pd.concat([a.assign(PSNR=a["PSNR"] - 2), a.assign(PSNR=a["PSNR"] + 2), b])  # two draws of the one


def test_each_network_has_its_mean_interval_and_images_at_each_intervention():
    figure = effect_intervals(ate(), per_image(), ["PSNR", "CC"])
    assert [axis.get_title() for axis in figure.axes] == ["PSNR, TNO", "PSNR, MSRS", "CC, TNO", "CC, MSRS"]
    axis = figure.axes[0]
    assert [text.get_text().replace("\n", " ") for text in axis.get_yticklabels()] == [
        "visible dropped",
        "infrared dropped",
        "complementary, grid",
        "random, grid",
        "complementary, holes",
        "random, holes",
    ]
    images, means = axis.lines[0:6:2], axis.lines[1:6:2]
    for number, (every, mean, bars) in enumerate(zip(images, means, axis.collections, strict=True)):
        assert mean.get_xdata().tolist() == [10 * number + value for value in range(1, 7)]
        assert sorted(every.get_xdata()) == sorted(
            [10 * number + value + extra for value in range(1, 7) for extra in (0, 1)]
        )
        assert set(every.get_ydata()) == set(mean.get_ydata()) and len(every.get_xdata()) == 12
        spans = [(segment[0][0], segment[1][0]) for segment in bars.get_segments()]
        assert spans == [(10 * number + value - 0.5, 10 * number + value + 0.25) for value in range(1, 7)]
        assert to_hex(mean.get_color()) == SAFE[number]
        assert [round(place) for place in mean.get_ydata()] == list(range(6))
    assert len({mean.get_marker() for mean in means}) == 3, "not by colour alone"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "other", "third"]
    assert axis.get_xscale() == "symlog"


def dose() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"network": network, "intervention": name, "size": size, "hidden": hidden, "metric": "PSNR"}
            | {"ate": hidden * size, "low": hidden * size - 1, "high": hidden * size + 1}
            for network in ("one", "other")
            for name in ("complementary_holes", "random")
            for size in (64, 16)
            for hidden in (0.5, 0.02, 0.2)
        ]
    )


def test_doses_have_a_panel_a_size_and_a_line_a_network_and_mask():
    figure = dose_curves(dose(), ["PSNR"])
    assert [axis.get_title() for axis in figure.axes] == ["PSNR, holes of 16", "PSNR, holes of 64"]
    for axis, size in zip(figure.axes, (16, 64), strict=True):
        lines = axis.lines[:4]
        assert [line.get_linestyle() for line in lines] == ["--", "-"] * 2
        assert [to_hex(line.get_color()) for line in lines] == [SAFE[0]] * 2 + [SAFE[1]] * 2
        for line in lines:
            assert line.get_xdata().tolist() == pytest.approx([2, 20, 50])
            assert line.get_ydata().tolist() == pytest.approx([size * share for share in (0.02, 0.2, 0.5)])
        assert len(axis.collections) == 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "one",
        "other",
        "random",
        "complementary holes",
    ]
