"""What runs depend on, and what is kept; on scenes, with a network of one layer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isfcore.training.run_folder import DESCRIPTION, run_lock
from isfstudy.downstream import detector, segmenter
from isfstudy.downstream.inputs import Input, source_inputs
from isfstudy.downstream.regimes import trainings
from isfstudy.downstream.runs import Run, description_of, folder_name, made, predictions
from isfstudy.downstream.setting import open_setting
from isfstudy.notebooks import load_profile, notebook_parameters, notebook_path
from isfstudy.places import DOWNSTREAM_RECORDS, repository
from isfstudy.report.page import Page
from isfstudy.run.publish import publish_downstream
from tests.helpers.downstream import BENCH, BUDGET, TASK


def bright(name: str, made_by: str, level: int) -> Input:
    return Input(name, made_by, lambda stem, infrared, visible: np.full_like(infrared, level))


def test_no_two_processes_train_the_same(study) -> None:
    (train, test, _), counted, root = study
    run = Run((source_inputs()["Visible"],), train, BUDGET)
    with run_lock(root / "runs/downstream" / folder_name(BENCH, run)):
        with pytest.raises(ValueError, match="a run is at work here: wait for its end"):
            predictions(BENCH, run, run.inputs[0], test.pairs)
    assert not counted and predictions(BENCH, run, run.inputs[0], test.pairs) and len(counted) == 1


def test_what_was_found_is_kept(study) -> None:
    (train, test, _), counted, root = study
    run = Run((source_inputs()["Visible"],), train, BUDGET)
    first = predictions(BENCH, run, run.inputs[0], test.pairs)
    again = predictions(BENCH, run, run.inputs[0], test.pairs)
    assert counted == [folder_name(BENCH, run)] and first.keys() == again.keys() == {pair.stem for pair in test.pairs}
    assert all(np.array_equal(first[stem], again[stem]) and first[stem].dtype == np.uint8 for stem in first)
    predictions(BENCH, run, source_inputs()["Infrared"], test.pairs)  # another test, the same training
    assert len(counted) == 1
    assert not list((root / "runs/downstream").glob("*/checkpoint.pt"))
    record = made(BENCH, run)
    assert record["trained on"] == "Visible" and record["epochs"] == 3 * 2 / 4 and record["steps"] == 3


def test_a_changed_method_trains_its_own_alone(study) -> None:
    (train, test, _), counted, _ = study
    one, other = bright("one", "weights 1", 10), bright("other", "weights 2", 200)
    for each in (one, other):
        predictions(BENCH, Run((each,), train, BUDGET), each, test.pairs)
    changed = other._replace(made_by="weights 3")
    for each in (one, changed):
        predictions(BENCH, Run((each,), train, BUDGET), each, test.pairs)
    assert len(counted) == 3 and counted[2] == folder_name(BENCH, Run((changed,), train, BUDGET))


def test_everything_a_result_depends_on_changes_the_folder(study) -> None:
    (train, test, _), _, _ = study
    visible = source_inputs()["Visible"]
    run = Run((visible,), train, BUDGET)
    names = {
        folder_name(BENCH, run),
        folder_name(BENCH, run._replace(budget=BUDGET._replace(steps=4))),
        folder_name(BENCH, run._replace(budget=BUDGET._replace(seed=1))),
        folder_name(BENCH, run._replace(labelled=test)),
        folder_name(BENCH, run._replace(start=run)),
        folder_name(BENCH, run._replace(inputs=(visible, source_inputs()["Average"]))),
        folder_name(BENCH._replace(precision="auto"), run),
        folder_name(BENCH._replace(task=TASK._replace(network="two layers")), run),
    }
    relabelled = train._replace(label={stem: label ^ 1 for stem, label in train.label.items()})
    assert len(names | {folder_name(BENCH, run._replace(labelled=relabelled))}) == 9
    assert description_of(BENCH, run)["inputs"] == {"Visible": "the visible image"}


def test_published_predictions_are_taken_without_training(study) -> None:
    (train, test, _), counted, root = study
    run = Run((source_inputs()["Average"],), train, BUDGET)
    found_here = predictions(BENCH, run, run.inputs[0], test.pairs)
    written = publish_downstream([root / "runs" / "downstream" / folder_name(BENCH, run)])
    assert {path.suffix for path in written} == {".json", ".csv", ".npz"}
    shutil.rmtree(root / "runs")
    again = predictions(BENCH, run, run.inputs[0], test.pairs)
    assert len(counted) == 1 and all(np.array_equal(found_here[stem], again[stem]) for stem in again)
    assert made(BENCH, run)["record"].startswith("records/downstream/")


def test_a_run_that_is_not_finished_is_not_published(study) -> None:
    _, _, root = study
    (root / "runs/downstream/half").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="runs/downstream/half: this run is not finished"):
        publish_downstream([root / "runs/downstream/half"])
    assert not (root / "records").exists()


def test_a_run_that_is_not_finished_is_named(study) -> None:
    (train, _, _), _, _ = study
    with pytest.raises(FileNotFoundError, match="segmentation-visible-seed0-.*not finished"):
        made(BENCH, Run((source_inputs()["Visible"],), train, BUDGET))


@pytest.mark.slow
@pytest.mark.parametrize("notebook", ["06_detection", "07_segmentation"])
def test_committed_runs_are_those_of_the_profile_real(notebook: str, data_root: Path, tmp_path: Path) -> None:
    """All trainings of the page are found by their names, which change where a word of a description does."""
    parameters = notebook_parameters(notebook_path(notebook)) | load_profile("real")[notebook]
    if notebook == "06_detection":
        task = detector.task(model=parameters["model"])
    else:
        names = ("encoder", "backbone", "class_weights")
        task = segmenter.task(**{name: parameters[name] for name in names})
    setting = open_setting(Page(notebook, tmp_path, tmp_path, parameters), task)
    described = [description_of(setting.bench, run) for run in trainings(setting.comparison)]
    records = repository() / DOWNSTREAM_RECORDS
    committed = {file.parent.name: json.loads(file.read_text()) for file in records.glob(f"*/{DESCRIPTION}")}
    if described[0]["pairs"] not in {each["pairs"] for each in committed.values()}:
        pytest.skip("needs the training pairs of MSRS that the committed runs were trained on")
    for each, run in zip(described, trainings(setting.comparison), strict=True):
        assert committed[folder_name(setting.bench, run)] == each
