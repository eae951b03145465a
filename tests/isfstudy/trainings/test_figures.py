"""Figures of notebooks 04, 12 and 13: a panel a metric, and every variant, network, run and draw in them."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.trainings.ablations import FULL, VARIANTS
from isfstudy.trainings.figures import both_ways, by_steps, changes, continued, redrawn
from isfstudy.trainings.released_weights import FEEDS


def test_the_figure_has_a_panel_a_metric_and_a_row_a_variant():
    variants = [variant for variant in VARIANTS if variant != FULL]
    rows = [
        {"dataset": dataset, "variant": variant, "metric": metric, "printed": 1.0, "measured": 2.0}
        for dataset in ("TNO", "MSRS")
        for metric in METRICS
        for variant in variants
    ]
    figure = changes(pd.DataFrame(rows))
    assert [axis.get_title() for axis in figure.axes] == list(METRICS)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [VARIANTS[each] for each in variants]
    assert [text.get_text() for text in figure.axes[-1].get_legend().get_texts()] == ["printed", "TNO", "MSRS"]


def test_figures_show_every_network_metric_and_draw():
    rows = [{"weights": name, "feed": feed, "step": s, "total": s} for name in "ab" for feed in FEEDS for s in (0, 1)]
    assert [axis.get_title() for axis in both_ways(pd.DataFrame(rows)).axes] == ["a", "b"]
    rows = [{"feed": feed, "statistics": "in the file"} | dict.fromkeys(METRICS, 1.0) for feed in FEEDS]
    arms = [("paired", "infrared", feed) for feed in FEEDS] + [("independent", "visible", FEEDS[1])]
    for crops, fourth, feed in arms:
        about = {"crops": crops, "fourth": fourth, "feed": feed, "statistics": "redrawn"}
        rows += [about | dict.fromkeys(METRICS, value) for value in (1.5, 2.0)]
    figure = redrawn(pd.DataFrame(rows))
    assert [axis.get_title() for axis in figure.axes] == list(METRICS)
    assert [line.get_xdata().tolist() for line in figure.axes[0].lines] == [[1.5, 2.0]] * 3
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[2] == "independent crops, visible dropped fourth; fed exchanged"


def test_metrics_over_steps_have_a_line_each():
    curve = pd.DataFrame({"step": [1, 2]} | {metric: [10.0, -3.0] for metric in METRICS})
    assert [line.get_label() for line in by_steps(curve).axes[0].lines] == list(METRICS)


def test_runs_that_went_on_have_a_line_in_each_metric_s_panel():
    rows = [{"run": run, "step": step} | dict.fromkeys(METRICS, 1.0) for run in ("a", "b") for step in (10, 20)]
    figure = continued(pd.DataFrame(rows))
    assert [axis.get_title() for axis in figure.axes] == list(METRICS)
    assert [line.get_label() for line in figure.axes[0].lines] == ["a", "b"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
