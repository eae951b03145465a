"""What the pages of detection and segmentation share: their material, and the tables they are built from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from isfstudy.downstream import inputs as downstream_inputs
from isfstudy.downstream import runs as downstream_runs
from isfstudy.downstream import setting as downstream_setting
from isfstudy.downstream.setting import (
    STAND_IN,
    WITH,
    WITHOUT,
    busiest,
    interventions,
    night_and_day,
    setting,
    side_by_side,
)
from isfstudy.downstream.tables import against, beside_print, findings, matters_more, quality, seed_spread, values
from isfstudy.report.page import Page
from isfstudy.scenes.scenes import write_scenes
from tests.isfstudy.downstream.test_training import TASK

ASKED = {
    "dataset": "scenes", "networks": ["ours-paired"], "reference": "ISF (ours-paired)", "steps": 8, "batch": 2,
    "learning_rate": 0.001, "train_size": [32, 32], "test_size": [32, 64], "adaptation_steps": 2,
    "adaptation_rate": 0.001, "seeds": [0], "noise_inputs": ["Visible"], "noise_seeds": [1], "device": "cpu",
    "precision": "float32",
}  # fmt: skip


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    for module in (downstream_runs, downstream_inputs):
        monkeypatch.setattr(module, "repository", lambda: tmp_path)
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "nothing"))
    for split, count in (("train", 4), ("test", 6)):
        write_scenes(tmp_path / "01_data_preparation" / "scenes", count=count, split=split, height=48, width=64)
    return Page("07_segmentation", tmp_path / "07", tmp_path, dict(ASKED))


def mean_of(scores: list[float]):
    return lambda weights: weights @ np.array(scores) / weights.sum(1)


COLUMNS = {
    ("own", WITH): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
    ("own", WITHOUT): {"mIoU": mean_of([0.4, 0.5, 0.6, 0.7])},
    ("adapted", WITH): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
}


def test_the_setting_says_what_it_is(page: Page) -> None:
    found = setting(page, TASK)
    assert list(found.plan.everywhere) == ["Visible", "Infrared", "Average", "ISF (ours-paired)"]
    assert found.reference == "ISF (ours-paired)" and found.fusion_steps["ISF (ours-paired)"] > 0
    assert found.basis == "4 training and 6 test images, 4 epochs, seeds [0]"
    assert found.warning == "Embedded scenes, no benchmark. " and "scaled to 32 x 32" in " ".join(found.facts)
    assert set(page.data) == {"scenes train", "scenes test"} and list(page.weights) == ["ISF (ours-paired)"]


def test_scenes_stand_in_for_a_set_that_is_not_here(page: Page) -> None:
    page.parameters["dataset"] = "MSRS"
    found = setting(page, TASK)
    assert "The embedded scenes stand in." in found.facts[0] and "isf data fetch MSRS" in found.facts[0]
    assert found.plan.budget.steps == STAND_IN["steps"] and found.warning


def test_a_reference_that_is_not_here_gives_way_to_the_last_network(page: Page) -> None:
    page.parameters["reference"] = "ISF (released)"
    assert setting(page, TASK).reference == "ISF (ours-paired)"


def test_further_seeds_are_trained(page: Page) -> None:
    scores = downstream_setting.other_seeds(setting(page, TASK), lambda found: {"images": mean_of([len(found)] * 6)})
    assert list(scores) == [("Visible", 0), ("Visible", 1)]
    assert scores["Visible", 1]["images"](np.ones((1, 6))) == [6]


def test_examples_are_chosen_by_labels_alone(page: Page) -> None:
    found = setting(page, TASK)
    chosen = busiest(found, lambda truth: (truth == 1).sum())
    for pair in chosen:
        same_time = [stem for stem in found.stems if stem[-1] == pair.stem[-1]]
        cars = [(found.plan.test.label[stem] == 1).sum() for stem in same_time]
        assert (found.plan.test.label[pair.stem] == 1).sum() == max(cars)


def test_values_of_all_images_and_of_some() -> None:
    table = values(COLUMNS, 4)
    assert table["mIoU"].tolist() == pytest.approx([0.65, 0.55, 0.65]) and table["pairs"].tolist() == [4] * 3
    some = values(COLUMNS, 4, only=np.array([True, True, False, False]))
    assert some["mIoU"].tolist() == pytest.approx([0.55, 0.45, 0.55]) and some["pairs"].tolist() == [2] * 3


def test_against_a_reference_under_each_protocol() -> None:
    table = against(COLUMNS, "mIoU", 4, reference=WITHOUT, resamples=99)
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
    found = setting(page, TASK)
    scores = {("own", "Visible"): {"mIoU": mean_of([float(stem.endswith("N")) for stem in found.stems])}}
    table = night_and_day(found, scores).set_index("time")
    assert table["pairs"].sum() == 6 and table.loc["night", "mIoU"] == 1 and table.loc["day", "mIoU"] == 0
    wide = side_by_side(table.reset_index(), ["mIoU"])
    assert set(wide.columns) == {"protocol", "method", "mIoU, day", "mIoU, night"}


def test_interventions_take_both_networks(page: Page) -> None:
    found = setting(page, TASK)
    assert interventions(found, COLUMNS, "mIoU", 99).empty
    plan = found.plan._replace(everywhere={WITH: None, WITHOUT: None})
    both = found._replace(plan=plan, stems=["a", "b", "c", "d"], fusion_steps={WITH: 600})
    scores = {key: each for key, each in COLUMNS.items() if key[0] == "own"}
    table = interventions(both, scores, "mIoU", 99)
    assert table[["method", "verdict", "steps"]].to_numpy().tolist() == [[WITH, "better", 600]]


def test_quality_of_a_source_as_a_fused_image(page: Page) -> None:
    found = setting(page, TASK)
    table = quality([found.plan.everywhere["Visible"]], found.plan.test.pairs)
    assert len(table) == 6 and (table["CC"] > 0).all() and list(table.columns[:2]) == ["method", "stem"]


def agreed(low: float, high: float) -> pd.DataFrame:
    rows = [("AG", 0.3, low, high), ("SF", 0.0, -0.1, 0.1), ("PSNR", 0.0, -0.1, 0.1)]
    return pd.DataFrame(rows, columns=["quality", "within rho", "within low", "within high"])


@pytest.mark.parametrize(("low", "high", "said"), [(0.2, 0.4, "yes"), (-0.4, -0.2, "no"), (0.05, 0.4, "undecided")])
def test_whether_ag_matters_more_than_psnr(low: float, high: float, said: str) -> None:
    assert matters_more(agreed(low, high)).set_index("quality")["verdict"].to_dict() == {"AG": said, "SF": "undecided"}


def test_seeds_and_findings() -> None:
    spread = seed_spread({("Visible", 0): COLUMNS["own", WITH], ("Visible", 1): COLUMNS["own", WITHOUT]}, ["mIoU"], 4)
    assert spread["mIoU range"][0] == pytest.approx(0.1) and spread["seeds"][0] == 2
    compared = against(COLUMNS, "mIoU", 4, reference=WITH, resamples=99)
    said = " ".join(findings(compared, agreed(0.2, 0.4), spread, compared[:0], WITH, "mIoU"))
    assert f"mIoU is highest for {WITH} (0.650); {WITH} takes place 1 of 2" in said
    assert "1 worse, 0 not apart" in said and "by up to 0.100" in said and "AG matters more: yes" in said


def test_a_folder_that_lacks_test_images_is_left_out_and_named(page: Page, tmp_path: Path) -> None:
    """A score of the whole set takes the whole set."""
    stems = [path.stem for path in (tmp_path / "01_data_preparation/scenes/test/ir").glob("*.png")]
    for name, count in (("whole", 6), ("part", 4)):
        folder = tmp_path / "nothing" / "fused" / name / "scenes"
        folder.mkdir(parents=True)
        for stem in sorted(stems)[:count]:
            Image.fromarray(np.zeros((48, 64), np.uint8)).save(folder / f"{stem}.png")
    found = setting(page, TASK)
    assert list(found.plan.test_only) == ["whole"] and "whole on scenes" in page.images
    assert "<b>Left out:</b> part: its folder lacks 2 of 6 test images" in found.facts
