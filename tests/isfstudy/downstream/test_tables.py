"""The tables of both pages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.downstream.scoring import Columns, Scores
from isfstudy.downstream.setting import open_setting
from isfstudy.downstream.tables import (
    WITH,
    WITHOUT,
    against,
    agreement,
    beside_print,
    effect_of_interventions,
    every_image,
    matters_more,
    night_and_day,
    quality,
    seed_spread,
    side_by_side,
    values,
)
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK, mean_of

SIGNS = {metric: -1 if metric == "PSNR" else 1 for metric in METRICS}
COLUMNS = {
    ("own", WITH): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
    ("own", WITHOUT): {"mIoU": mean_of([0.4, 0.5, 0.6, 0.7])},
    ("adapted", WITH): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
}


def scored(columns: Columns) -> Scores:
    return Scores("mIoU", "IoU", {}, columns, {})


def test_values_of_all_images_and_of_some() -> None:
    table = values(COLUMNS, 4)
    assert table["mIoU"].tolist() == pytest.approx([0.65, 0.55, 0.65]) and table["pairs"].tolist() == [4] * 3
    some = values(COLUMNS, 4, only=np.array([True, True, False, False]))
    assert some["mIoU"].tolist() == pytest.approx([0.55, 0.45, 0.55]) and some["pairs"].tolist() == [2] * 3


def test_against_a_reference_under_each_regime() -> None:
    table = against(COLUMNS, "mIoU", [*"abcc"], reference=WITHOUT, resamples=99)
    assert table[["pairs", "clusters"]].drop_duplicates().to_numpy().tolist() == [[4, 3]]
    assert table[["protocol", "method", "verdict"]].to_numpy().tolist() == [
        ["own", WITH, "better"], ["own", WITHOUT, ""], ["adapted", WITH, ""]
    ]  # fmt: skip
    assert table["lead"][0] == pytest.approx(0.1) and set(table["reference"]) == {WITHOUT}


def test_printed_beside_measured() -> None:
    printed = pd.DataFrame({"method": ["SAGE", "DCEvo"], "Car": ["0.871", "0.878"], "Roa": ["0.621", "0.638"]})
    measured = pd.DataFrame(
        {"protocol": ["own"] * 2, "method": ["Visible", "SAGE"], "pairs": [4, 4], "car": [0.5, 0.4]}
    )
    table = beside_print(measured.assign(Roa=np.nan), printed, {"Car": "car", "Roa": "Roa"}, ["car", "Roa"])
    assert table[["method", "row"]].to_numpy().tolist() == [
        ["Visible", "measured"], ["SAGE", "printed"], ["SAGE", "measured"], ["DCEvo", "printed"]
    ]  # fmt: skip
    assert table["car"].tolist() == [0.5, 0.871, 0.4, 0.878] and np.isnan(table["Roa"][2])


def test_night_and_day(page: Page) -> None:
    found = open_setting(page, TASK)
    scores = {("own", "Visible"): {"mIoU": mean_of([float(stem.endswith("N")) for stem in found.stems])}}
    table = night_and_day(scores, found.stems).set_index("time")
    assert table["pairs"].sum() == 6 and table.loc["night", "mIoU"] == 1 and table.loc["day", "mIoU"] == 0
    wide = side_by_side(table.reset_index(), ["mIoU"])
    assert set(wide.columns) == {"protocol", "method", "mIoU, day", "mIoU, night"}


def test_interventions_take_both_networks(page: Page) -> None:
    found = open_setting(page, TASK)
    assert effect_of_interventions(found, scored(COLUMNS), resamples=99).empty
    comparison = found.comparison._replace(everywhere={WITH: None, WITHOUT: None})
    trained = {"steps": 600, "batch": 4, "side": 128}
    both = found._replace(
        comparison=comparison,
        clusters=["a", "b", "c", "d"],
        fusion_trained={WITH: trained},
    )
    scores = {key: each for key, each in COLUMNS.items() if key[0] == "own"}
    table = effect_of_interventions(both, scored(scores), resamples=99)
    assert table[["method", "verdict", *trained]].to_numpy().tolist() == [[WITH, "better", 600, 4, 128]]


def test_quality_of_a_source_as_a_fused_image(page: Page) -> None:
    found = open_setting(page, TASK)
    table = quality([found.comparison.everywhere["Visible"]], found.comparison.test.pairs)
    assert len(table) == 6 and (table["CC"] > 0).all() and list(table.columns[:2]) == ["method", "stem"]


def agreed(low: float, high: float) -> pd.DataFrame:
    """Intervals of the difference from PSNR; those of the correlations themselves overlap throughout."""
    rows = [("AG", 0.3, (low + high) / 2, low, high), ("SF", 0.0, 0.0, -0.1, 0.1), ("PSNR", 0.0, *[np.nan] * 3)]
    table = pd.DataFrame(rows, columns=["quality", "within rho", "within over", "within over low", "within over high"])
    return table.assign(**{"within images": 60, "within clusters": 20, "within low": -1.0, "within high": 1.0})


@pytest.mark.parametrize(("low", "high", "said"), [(0.2, 0.4, "yes"), (-0.4, -0.2, "no"), (-0.11, 0.14, "undecided")])
def test_whether_ag_matters_more_than_psnr_is_asked_of_the_difference(low: float, high: float, said: str) -> None:
    table = matters_more(agreed(low, high)).set_index("quality")
    assert table["verdict"].to_dict() == {"AG": said, "SF": "undecided"}
    assert table.loc["AG", ["pairs", "clusters", "smallest"]].to_list() == pytest.approx([60, 20, (high - low) / 2])


def test_seeds() -> None:
    spread = seed_spread({("Visible", 0): COLUMNS["own", WITH], ("Visible", 1): COLUMNS["own", WITHOUT]}, ["mIoU"], 4)
    assert spread["mIoU range"][0] == pytest.approx(0.1) and spread["seeds"][0] == 2


@pytest.mark.filterwarnings("ignore")  # all images agree, so that their intervals are degenerate
def test_agreement_is_of_fused_images_under_the_regime_adapted() -> None:
    """Four fused inputs on three images, whose score rises with AG and falls with PSNR."""
    inputs, stems = ["Visible", *"abcd"], ["x", "y", "z"]
    keys = [(regime, name) for regime in ("own", "adapted") for name in inputs]
    per_image = {key: np.full(3, inputs.index(key[1]) / 4) + np.arange(3) for key in keys}
    scores = Scores("mIoU", "IoU", {}, {}, per_image)
    levels = {metric: dict(zip(inputs, np.arange(5.0) * sign, strict=True)) for metric, sign in SIGNS.items()}
    rows = [
        {"method": name, "stem": stem} | {m: level[name] for m, level in levels.items()}
        for name in inputs
        for stem in stems
    ]
    images = every_image(scores, stems, stems, pd.DataFrame(rows))
    assert len(images) == 30 and list(images.columns) == ["protocol", "method", "stem", "cluster", "IoU", *METRICS]
    table = pd.DataFrame({"protocol": [key[0] for key in keys], "method": [key[1] for key in keys]})
    table["mIoU"] = [inputs.index(name) / 4 for name in table["method"]]
    agreed_on, by_method = agreement(images, table, scores, resamples=99)
    assert list(by_method["method"]) == list("abcd") and by_method["mIoU"].tolist() == [0.25, 0.5, 0.75, 1]
    by_metric = agreed_on.set_index("quality")
    assert by_metric["rho"].to_dict() == pytest.approx(SIGNS) and by_metric["within rho"].to_dict() == pytest.approx(
        SIGNS
    )


def test_images_that_cannot_be_scored_are_named(page: Page) -> None:
    comparison = open_setting(page, TASK).comparison
    small = comparison.everywhere["Infrared"]._replace(make=lambda stem, infrared, visible: infrared[:16, :16])
    with pytest.raises(ValueError, match=f"Infrared {comparison.test.pairs[0].stem}: the fused image is 16 x 16"):
        quality([small], comparison.test.pairs)
