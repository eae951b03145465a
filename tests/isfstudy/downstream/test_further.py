"""The trained detector on other images: blurred ones, and those of a second set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isfstudy.downstream import further, further_sections, further_sentences
from isfstudy.downstream.detection_scores import DETECTION
from isfstudy.downstream.further import AS_IT_IS, CHANGES, blurred_and_sharp, changed, on_second_set, shared_classes
from isfstudy.downstream.inputs import Input
from isfstudy.downstream.labels import Labelled
from isfstudy.downstream.segmentation_scores import SEGMENTATION
from isfstudy.downstream.setting import open_setting
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK

MSRS = ("person", "bicycle", "car")
M3FD = ("People", "Car", "Bus", "Lamp", "Motorcycle", "Truck")


def test_blurred_images_have_less_detail_and_sharpened_ones_more() -> None:
    picture = np.random.default_rng(0).integers(60, 190, (48, 64, 3), dtype=np.uint8)
    source = Input("one", "a hand", lambda stem, infrared, visible: picture)
    spread = {change: changed(source, change).make("a", picture[..., 0], picture).std() for change in CHANGES}
    assert spread["blurred by 2"] < spread["blurred by 1"] < picture.std() < spread["sharpened"]
    assert len({changed(source, change).made_by for change in CHANGES} | {source.made_by}) == len(CHANGES) + 1


def test_boxes_of_shared_classes_alone_are_kept_and_numbered_as_in_the_first_set() -> None:
    boxes = np.array([[0, 0.1, 0.1, 0.1, 0.1], [3, 0.5, 0.5, 0.1, 0.1], [1, 0.9, 0.9, 0.1, 0.1]])
    found = shared_classes(Labelled([], {"a": boxes, "b": boxes[1:2]}, M3FD, []), MSRS)
    assert found.label["a"][:, 0].tolist() == [0, 2] and found.label["a"][1, 1] == 0.9 and found.names == MSRS
    assert found.label["b"].shape == (0, 5) and boxes[2, 0] == 1, "the given boxes stay as they are"


def test_every_input_is_asked_as_it_is_and_changed(page: Page) -> None:
    setting = open_setting(page, TASK)
    table = blurred_and_sharp(setting, SEGMENTATION, resamples=99)
    assert list(table["method"].unique()) == [AS_IT_IS, *CHANGES] and set(table["reference"]) == {AS_IT_IS}
    assert list(table["protocol"].unique()) == ["Infrared", "ISF (ours-paired)"], "those that the page names"
    shown = further_sections.further(page, setting, table).data
    assert "blurred by 2" in shown and (page.folder / "tables" / "further.csv").is_file()


def test_without_the_first_set_there_is_no_second(page: Page) -> None:
    assert on_second_set(open_setting(page, TASK), DETECTION, resamples=99).empty


def test_what_is_found_in_the_second_set_is_scored_by_shared_class(
    page: Page, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detector that finds every person, and no car."""
    monkeypatch.setenv("ISF_DATA", str(data_root))
    setting = open_setting(page, TASK)
    setting = setting._replace(names=MSRS, asked=setting.asked | {"dataset": "MSRS"})
    second = shared_classes(
        further.labelled("M3FD", "test", "boxes", further.pairs_here("M3FD", "test", data_root)[0]), MSRS
    )

    def people(*given: object, **options: object) -> dict[str, np.ndarray]:
        persons = {stem: each[each[:, 0] == 0] for stem, each in second.label.items()}
        return {stem: np.column_stack([each, np.ones(len(each))]) for stem, each in persons.items()}

    monkeypatch.setattr(further, "predictions", people)
    table = on_second_set(setting, DETECTION, resamples=99)
    assert table.groupby("metric")["score"].unique().map(list).to_dict() == {"person": [1.0], "car": [0.0]}
    assert set(table["pairs"]) == {18} == set(table["clusters"]) and set(table["protocol"]) == {"M3FD"}


def test_the_sentence_on_blur_falls_where_most_inputs_lose_little() -> None:
    rows = [("LRRNet", "blurred by 2", -0.05, "worse"), ("LRRNet", "sharpened", 0.04, "better")]
    rows += [("Infrared", "blurred by 2", -0.04, "worse"), ("Average", "blurred by 2", -0.01, "undecided")]
    table = pd.DataFrame(rows, columns=["protocol", "method", "lead", "verdict"])
    table = table.assign(metric="mAP50", lead_low=table["lead"] - 0.01, lead_high=table["lead"] + 0.01)
    said = further_sentences.on_blur(table, 0.03)
    assert "by -0.040 (median over 3 inputs; -0.050 to -0.010): less is found in 2 of them" in said
    assert "by 0.03 or more in 2. That blur costs detections is borne out" in said
    assert said.endswith("LRRNet's images sharpened: +0.040 [+0.030, +0.050], better.")
    table.loc[2, "lead"] = -0.02
    assert "costs detections is not borne out" in further_sentences.on_blur(table, 0.03)


def test_on_a_second_set_every_class_has_its_line() -> None:
    table = pd.DataFrame({"method": ["ISF", "Infrared"], "score": [0.3, 0.1], "verdict": ["", "worse"]})
    table = table.assign(metric="car", protocol="M3FD", pairs=18, reference="ISF")
    (said,) = further_sentences.on_second_set(table)
    assert said.startswith(
        "<b>M3FD, 18 pairs, car:</b> ISF 0.300; more is found in none, less in Infrared, undecided: none"
    )
    assert further_sentences.on_second_set(pd.DataFrame()) == []
