"""What runs depend on, what is kept, and the three protocols; on scenes, with a network of one layer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from isfcore.datasets.local import pairs
from isfcore.images import grey
from isfcore.pairs import read_whole
from isfstudy.downstream import inputs as downstream_inputs
from isfstudy.downstream import runs as downstream_runs
from isfstudy.downstream.inputs import Input, images, network_input, source_inputs
from isfstudy.downstream.labels import labelled
from isfstudy.downstream.protocols import (
    PROTOCOLS,
    Plan,
    everything_found,
    found,
    halves,
    inputs,
    made_table,
    trainings,
)
from isfstudy.downstream.runs import Bench, Run, describe, folder_name, made, predictions
from isfstudy.downstream.split import material
from isfstudy.downstream.training import Budget
from isfstudy.run import publish_records
from isfstudy.run.publish_records import publish_downstream
from isfstudy.scenes.scenes import write_scenes
from tests.isfstudy.downstream.test_training import TASK

BUDGET = Budget(steps=3, batch=2, train_size=(32, 32), test_size=(32, 64))
BENCH = Bench(TASK._replace(build=lambda classes, labels: torch.nn.Conv2d(3, 9, 1)), "cpu", "float32")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Scenes, and a repository whose trainings are counted."""
    for split, count in (("train", 4), ("test", 6)):
        write_scenes(tmp_path / "scenes", count=count, split=split, height=48, width=64)
    for module in (downstream_runs, downstream_inputs, publish_records):
        monkeypatch.setattr(module, "repository", lambda: tmp_path)
    counted: list[str] = []
    train = downstream_runs.train

    def counting(task, network, samples, budget, folder, **options):
        counted.append(folder.name)
        return train(task, network, samples, budget, folder, **options)

    monkeypatch.setattr(downstream_runs, "train", counting)
    return material("scenes", "maps", tmp_path), counted, tmp_path


def bright(name: str, made_by: str, level: int) -> Input:
    return Input(name, made_by, lambda stem, infrared, visible: np.full_like(infrared, level))


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
    assert describe(BENCH, run)["inputs"] == {"Visible": "the visible image"}


def test_published_predictions_are_taken_without_training(study) -> None:
    (train, test, _), counted, root = study
    run = Run((source_inputs()["Average"],), train, BUDGET)
    found_here = predictions(BENCH, run, run.inputs[0], test.pairs)
    written = publish_downstream([folder_name(BENCH, run)])
    assert {path.suffix for path in written} == {".json", ".csv", ".npz"}
    shutil.rmtree(root / "runs")
    again = predictions(BENCH, run, run.inputs[0], test.pairs)
    assert len(counted) == 1 and all(np.array_equal(found_here[stem], again[stem]) for stem in again)
    assert made(BENCH, run)["record"].startswith("records/downstream/")


def test_a_run_that_is_not_finished_is_not_published(study) -> None:
    _, _, root = study
    (root / "runs/downstream/half").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="runs/downstream/half: this run is not finished"):
        publish_downstream(["half"])
    assert not (root / "published").exists()


def test_a_run_that_is_not_finished_is_named(study) -> None:
    (train, _, _), _, _ = study
    with pytest.raises(FileNotFoundError, match="segmentation-visible-seed0-.*not finished"):
        made(BENCH, Run((source_inputs()["Visible"],), train, BUDGET))


def test_source_inputs(study) -> None:
    (_, test, _), _, _ = study
    infrared, visible = read_whole(test.pairs[0])
    sources = source_inputs()
    assert np.array_equal(sources["Visible"].make("a", infrared, visible), visible)
    assert np.array_equal(sources["Infrared"].make("a", infrared, visible), infrared)
    average = sources["Average"].make("a", infrared, visible)
    assert average.shape == visible.shape  # in the visible image's colours
    assert np.median(np.abs(grey(average) - (infrared / 2 + grey(visible) / 2))) <= 1


def test_fused_images_are_kept_by_what_they_were_made_of(study) -> None:
    _, _, root = study
    calls: list[str] = []

    def method(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        calls.append(stem)
        return infrared

    one = network_input("ISF (a)", "abc", method)
    dark, light = np.zeros((8, 8), np.uint8), np.full((8, 8), 9, np.uint8)
    for infrared in (dark, light, dark):
        assert np.array_equal(one.make("x", infrared, dark), infrared)
    assert calls == ["x", "x"] and len(list((root / "runs/fused").rglob("*.png"))) == 2


def test_another_process_may_be_faster(study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trainings that fuse the same pairs at once write the same file; the slower one finds its own gone."""

    def beaten(image: np.ndarray, path: Path) -> None:
        if image.any():
            path.write_bytes(b"made by the other")
        raise FileNotFoundError(path)

    monkeypatch.setattr(downstream_inputs, "write_image", beaten)
    one = network_input("ISF (a)", "abc", lambda stem, infrared, visible: infrared)
    light, dark = np.full((8, 8), 9, np.uint8), np.zeros((8, 8), np.uint8)
    assert np.array_equal(one.make("x", light, dark), light)
    with pytest.raises(FileNotFoundError):
        one.make("x", dark, dark)


def test_images_that_cannot_be_had_are_named(study) -> None:
    (_, test, _), _, _ = study

    def small(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        return infrared[:4]

    broken = network_input("ISF (a)", "def", small)
    with pytest.raises(ValueError, match=rf"ISF \(a\): 6 of 6 images cannot be had:\n{test.pairs[0].stem}: "):
        images(broken, test.pairs)


def test_halves_share_nothing_and_keep_neighbours_together(study) -> None:
    (_, test, _), _, _ = study
    first, second = halves(test.pairs)
    assert set(first) | set(second) == set(test.pairs) and not set(first) & set(second)
    for dark in (True, False):
        sides = [[pair.stem for pair in half if pair.stem.endswith("N") is dark] for half in (first, second)]
        assert not sides[0] or not sides[1] or max(sides[0]) < min(sides[1])


def test_three_protocols(study) -> None:
    """Sources and a network have everything; a folder's images are adapted to, and never trained on the test half."""
    (train, test, _), counted, root = study
    folder = {pair.stem: pair.infrared for pair in test.pairs}
    network = {"ISF (a)": lambda stem, infrared, visible: infrared}
    everywhere, test_only = inputs(network, {"ISF (a)": {"sha256": "0" * 64}}, {"Other": folder})
    plan = Plan(train, test, everywhere, test_only, BUDGET, BUDGET._replace(steps=2))
    results = everything_found(BENCH, plan)
    assert {key[0] for key in results} == set(PROTOCOLS)
    assert [name for protocol, name in results if protocol == "own"] == ["Visible", "Infrared", "Average", "ISF (a)"]
    assert ("adapted", "Other") in results and ("own", "Other") not in results
    assert all(list(each[0]) == [pair.stem for pair in test.pairs] for each in results.values())
    assert len(counted) == 5 + 2 * 5  # four inputs and the sources together; both halves of five inputs
    names = {folder_name(BENCH, run) for run in trainings(plan)}
    assert len(names) == 5 and names < set(counted) and len(set(counted)) == 15
    assert [row["trained on"] for row in made_table(BENCH, plan)][-1] == "Visible + Infrared + Average"
    everything_found(BENCH, plan)
    assert len(counted) == 15
    found(BENCH, plan, "own", "Visible", 1)
    assert len(counted) == 16 and "seed1" in counted[-1]


def test_the_split_of_msrs_is_the_published_one(data_root: Path) -> None:
    found_here = material("MSRS", "boxes", data_root)
    assert found_here.splits == ("train", "test")
    assert (
        found_here.train.pairs == labelled("MSRS", "train", "boxes", pairs("MSRS", "train", data_root), data_root).pairs
    )
