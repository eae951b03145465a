"""Figures of training: each draws what it is given, in colours that do not depend on telling red from green."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from isfcore.metrics import METRICS
from isfstudy.trainings.training_figures import TERMS, batch_norm_by_pass, gate_history, loss_curves, validation_curves

SAFE = sns.color_palette("colorblind").as_hex()
PASSES = ["clean", "complementary", "random", "infrared_only", "visible_only"]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def colours(lines) -> list[str]:
    return [matplotlib.colors.to_hex(line.get_color()) for line in lines]


def shown(figure) -> list:
    return [axis for axis in figure.axes if axis.axison]


def legend(figure) -> tuple[list[str], list[str]]:
    (box,) = figure.legends
    return [text.get_text() for text in box.get_texts()], colours(box.get_lines())


def log_of(steps: list[int], **terms: list[float]) -> pd.DataFrame:
    """A log whose terms fall from 2 to 1 unless they are given."""
    return pd.DataFrame({"step": steps} | {term: np.linspace(2, 1, len(steps)) for term in TERMS} | terms)


def test_a_term_has_a_panel_with_each_step_faintly_and_a_mean_around_it():
    steps = list(range(1, 61))
    logs = {
        "released": log_of(steps, total=[2.0 * step for step in steps]),
        "printed": log_of([10, 20, 30], total=[3.0, 9.0, 6.0], gate_full_size=[0.1, 0.2, 0.4]),
    }
    figure = loss_curves(logs)
    assert [axis.get_title() for axis in shown(figure)] == list(TERMS.values())
    assert len(figure.axes) == len(TERMS) == 15
    panels = dict(zip(TERMS, figure.axes, strict=True))
    for axis in panels.values():
        assert colours(axis.lines) == [SAFE[0], SAFE[0], SAFE[1], SAFE[1]]
    faint, mean, short, short_mean = panels["total"].lines
    assert faint.get_alpha() < 0.5 and mean.get_alpha() is None
    assert faint.get_xdata().tolist() == mean.get_xdata().tolist() == steps
    assert faint.get_ydata().tolist() == [2.0 * step for step in steps]
    # A twentieth of 60 steps is a window of 3: the mean of a straight line is itself but for both ends.
    assert mean.get_ydata().tolist() == pytest.approx([3, *range(4, 120, 2), 119])
    assert short.get_xdata().tolist() == [10, 20, 30]
    assert short_mean.get_ydata().tolist() == short.get_ydata().tolist() == [3, 9, 6], "of 3 steps, a window of 1"
    assert panels["gate_full_size"].lines[2].get_ydata().tolist() == [0.1, 0.2, 0.4]
    assert panels["fidelity_infrared"].lines[0].get_ydata()[[0, -1]].tolist() == [2, 1]
    assert figure.get_supxlabel() == "step"
    assert legend(figure) == (["released", "printed"], SAFE[:2])


def test_an_outlier_does_not_squeeze_a_panel():
    values = np.linspace(1, 2, 1000)
    values[500] = 1000
    figure = loss_curves({"one": log_of(list(range(1000)), total=values)})
    low, high = figure.axes[0].get_ylim()
    assert 0.9 < low <= 1.01 and 1.98 <= high < 2.2


def validation(*steps: int, offset: float = 0.0) -> pd.DataFrame:
    values = {metric: [index + offset + step for step in steps] for index, metric in enumerate(METRICS)}
    return pd.DataFrame({"step": steps} | values)


def test_metrics_are_drawn_over_steps_with_the_reference_dashed():
    runs = {"released": validation(0, 10, 20), "paired": validation(0, 30, offset=0.5)}
    figure = validation_curves(runs, {"AG": 3.5, "CC": 0.6})
    assert [axis.get_title() for axis in figure.axes] == list(METRICS)
    for index, axis in enumerate(figure.axes):
        first, second, *dashed = axis.lines
        assert first.get_xdata().tolist() == [0, 10, 20] and second.get_xdata().tolist() == [0, 30]
        assert first.get_ydata().tolist() == [index, index + 10, index + 20]
        assert second.get_ydata().tolist() == [index + 0.5, index + 30.5]
        assert colours([first, second]) == SAFE[:2]
        assert first.get_marker() != second.get_marker(), "not by colour alone"
        assert [line.get_ydata()[0] for line in dashed] == {"AG": [3.5], "CC": [0.6]}.get(axis.get_title(), [])
        assert all(line.get_linestyle() == "--" for line in dashed)
    names, drawn = legend(figure)
    assert names == ["released", "paired", "the authors' weights"]
    assert drawn[:2] == SAFE[:2] and drawn[2] not in SAFE


def test_without_a_reference_no_line_and_no_name_of_one():
    figure = validation_curves({"released": validation(0, 10)}, {})
    assert all(len(axis.lines) == 1 for axis in figure.axes)
    assert legend(figure)[0] == ["released"]


def test_gates_have_a_row_a_scale_and_a_column_a_step():
    gates = {
        step: {
            "full_size": np.full((8, 12), level, np.uint8),
            "half_size": np.array([[0, 255, 0], [255, 0, 255]], np.uint8).repeat(2, 0).repeat(2, 1),
            "quarter_size": np.array([[level, 0, 255], [0, 0, 0]], np.uint8),
        }
        for step, level in ((0, 0), (500, 128), (1000, 255))
    }
    figure = gate_history(gates)
    assert len(figure.axes) == 9
    assert [axis.get_title() for axis in figure.axes[:3]] == ["step 0", "step 500", "step 1000"]
    assert [axis.get_ylabel() for axis in figure.axes[::3]] == ["full size", "half size", "quarter size"]
    images = [axis.images[0].get_array() for axis in figure.axes]
    assert {image.shape for image in images} == {(8, 12, 3)}, "scales are brought to one size"
    viridis = [np.array(plt.get_cmap("viridis")(level)[:3]) * 255 for level in (0, 128, 255)]
    for image, colour in zip(images[:3], viridis, strict=True):
        assert np.abs(image - colour).max() < 1.01
    assert [image.mean() for image in images[:3]] == sorted(image.mean() for image in images[:3]), "1 is bright"
    quarter = images[7]  # of step 500: blocks of 4 x 4 pixels
    assert (quarter[:4, :4] == images[1][0, 0]).all() and (quarter[4:, :4] == images[0][0, 0]).all()
    assert (quarter[:4, 8:] == images[2][0, 0]).all()


def batch_norm() -> pd.DataFrame:
    """Two networks, three stages of which the encoders' has two layers, five passes."""
    layers = {
        "encoder_infrared.full_size.0.1": 1,
        "encoder_visible.full_size.1.1": 3,  # averaged with the one before: both are the encoders' full size
        "cfi.half_size.gate.0.1": 5,
        "decoder.full_size.1.1": 7,
    }
    return pd.DataFrame(
        [
            (network, layer, name, value + number + 10 * other, 0.5 + number)
            for other, network in enumerate(("ours", "theirs"))
            for layer, value in layers.items()
            for number, name in enumerate(PASSES)
        ],
        columns=["network", "layer", "pass", "shift", "spread"],
    )


def test_batch_norm_has_a_panel_a_network_and_quantity_with_a_line_a_pass():
    figure = batch_norm_by_pass(batch_norm())
    assert len(figure.axes) == 4
    assert [axis.get_title() for axis in figure.axes] == ["ours", "theirs", "", ""]
    assert [axis.get_ylabel() for axis in figure.axes] == ["mean off by (running σ)", "", "σ over running σ", ""]
    for axis in figure.axes[2:]:  # the others share theirs
        assert [label.get_text() for label in axis.get_xticklabels()] == ["encoder, full", "cfi, half", "decoder, full"]
    for other, axis in enumerate(figure.axes[:2]):
        lines = [line for line in axis.lines if len(line.get_xdata())]  # the legend's are empty
        assert len(lines) == 5 and colours(lines) == SAFE[:5]
        assert len({line.get_marker() for line in lines}) == 5, "not by colour alone"
        for number, line in enumerate(lines):
            assert line.get_ydata().tolist() == pytest.approx([value + number + 10 * other for value in (2, 5, 7)])
    for axis in figure.axes[2:]:
        lines = [line for line in axis.lines if len(line.get_xdata())]
        assert [line.get_ydata().tolist() for line in lines] == [[0.5 + number] * 3 for number in range(5)]
    assert [axis.get_legend() is not None for axis in figure.axes] == [False, True, False, False]
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == PASSES


def test_of_one_network_and_one_pass_there_is_one_line_and_its_name():
    table = batch_norm()
    figure = batch_norm_by_pass(table[(table["network"] == "ours") & (table["pass"] == "clean")])
    assert [axis.get_title() for axis in figure.axes] == ["ours", ""]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["clean"]


def test_every_one_of_many_runs_is_drawn():
    runs = {f"run {number}": validation(0, 10) for number in range(12)}
    figure = validation_curves(runs, {})
    assert all(len(axis.lines) == 12 for axis in shown(figure))
    assert legend(figure)[0] == list(runs)
    assert all(len(axis.lines) == 24 for axis in shown(loss_curves({name: log_of([1, 2]) for name in runs})))


@pytest.mark.filterwarnings("error")
def test_a_loss_that_a_run_does_not_have_and_one_that_never_moves_are_drawn():
    logs = {"whole": log_of([1, 2, 3], total=[1.0, 1.0, 1.0]), "part": log_of([1, 2, 3]).drop(columns="total")}
    panels = dict(zip(TERMS, loss_curves(logs).axes, strict=True))
    assert len(panels["total"].lines) == 2 and len(panels["gate_full_size"].lines) == 4
    assert len(shown(validation_curves({"unwatched": pd.DataFrame()}, {}))[0].lines) == 0
