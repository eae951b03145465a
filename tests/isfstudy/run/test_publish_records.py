"""Committing a training run: which files go where, what is refused, and the model card of all committed weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from isfcore import weights
from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfcore.training.run_folder import save_gates
from isfcore.weights import load_weights, save_weights, trained_names
from isfstudy.run import publish_records
from isfstudy.run.publish_records import model_card, publish_fusion
from isfstudy.trainings.records import committed, committed_names
from tests.helpers.networks import random_network

RECORD = ["run.json", "log.csv", "validation.csv", "gates/000000.npz", "gates/000007.npz"]
FIGURES = {metric: index + 0.12345 for index, metric in enumerate(METRICS)} | {"gate_full_size": 0.5}
WATCHED = "10 of 221 pairs of RoadScene test, pixels 1c85"
needs_weights = pytest.mark.skipif(
    not trained_names(), reason="no weights are committed yet, see isfstudy.run.publish_records"
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without any weights."""
    root = tmp_path / "repository"
    (root / "trained").mkdir(parents=True)
    monkeypatch.setattr(publish_records, "repository", lambda: root)
    for module in (publish_records, weights):
        monkeypatch.setattr(module, "TRAINED", root / "trained")
    return root


def make_run(
    folder: Path, *, recipe: str = "released", steps: int = 7, seed: int = 0, encoder: str = "separate"
) -> Path:
    """A complete run, its checkpoint still beside it."""
    folder.mkdir()
    data = "16 pairs of scenes train, pixels f5bf"
    schedule = {"batch": 4, "side": 96, "seed": seed, "learning_rate": 1e-4}
    description = {"recipe": asdict(load_recipe(recipe)), "schedule": schedule, "data": data, "watched": "none"}
    description |= {"precision": "float32", "start_from": "the seed"}
    (folder / "run.json").write_text(json.dumps(description))
    (folder / "log.csv").write_text(f"step,total,seconds\n1,2.5,9\n{steps},1.5,9\n")
    (folder / "validation.csv").write_text(f"step,AG\n0,1\n{steps},2\n")
    (folder / "checkpoint.pt").write_bytes(b"large")
    for step in (0, 7):
        save_gates(folder, step, {"full_size": np.full((2, 2), step, np.uint8)})
    save_weights(
        folder / "weights.safetensors",
        random_network(encoder),
        recipe=recipe,
        schedule={"steps": steps, "statistics": "settled", "precision": "bfloat16", "watched": WATCHED} | schedule,
        data=data,
        commit="0123456789ab",
        metrics=FIGURES,
        machine={"processor": "A processor", "cores": 2, "gpu": "none"},
    )
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(card: str) -> list[dict[str, str]]:
    """The card's table, a row a line."""
    lines = [
        line.removeprefix("| ").removesuffix(" |").split(" | ") for line in card.splitlines() if line.startswith("| ")
    ]
    header, rule, *others = lines
    assert set(rule) == {"---"}
    return [dict(zip(header, line, strict=True)) for line in others]


def test_a_complete_run_is_copied_byte_by_byte(tmp_path, repository):
    run = make_run(tmp_path / "run")
    before = contents(run)
    written = publish_fusion(run, "ours-released")
    expected = {f"records/fusion/ours-released/{name}": before[name] for name in RECORD}
    expected["trained/ours-released.safetensors"] = before["weights.safetensors"]
    expected["trained/README.md"] = model_card().encode()
    assert contents(repository) == expected, "and no checkpoint, nor anything half-written"
    assert {str(path.relative_to(repository)) for path in written} == expected.keys()
    assert len(written) == len(expected)
    assert contents(run) == before
    assert trained_names() == ["ours-released"]


def test_a_run_takes_the_place_of_the_one_of_its_name(tmp_path, repository):
    publish_fusion(make_run(tmp_path / "old"), "ours")
    stale = repository / "records" / "fusion" / "ours" / "gates" / "000003.npz"
    stale.touch()
    new = make_run(tmp_path / "new", steps=9)
    publish_fusion(new, "ours")
    assert not stale.exists()
    assert (repository / "records/fusion/ours/log.csv").read_bytes() == (new / "log.csv").read_bytes()
    assert (repository / "trained/ours.safetensors").read_bytes() == (new / "weights.safetensors").read_bytes()


@pytest.mark.parametrize(
    "lost, said", [("weights.safetensors", "the run is not complete, there is no weights"), ("run.json", "no run.json")]
)
def test_a_run_that_is_not_complete_is_refused_and_what_was_there_stays(tmp_path, repository, lost, said):
    publish_fusion(make_run(tmp_path / "whole"), "ours")
    before = contents(repository)
    run = make_run(tmp_path / "run", steps=9)
    (run / lost).unlink()
    for part in ("all", "record"):
        with pytest.raises(FileNotFoundError, match=f"{run}: .*{said}"):
            publish_fusion(run, "ours", part=part)
    assert contents(repository) == before


def test_weights_of_an_earlier_end_than_the_log_s_are_refused(tmp_path, repository):
    run = make_run(tmp_path / "run")
    with (run / "log.csv").open("a") as log:
        log.write("8,1.4,9\n")
    with pytest.raises(ValueError, match=f"{run}: the run is at step 8 and not complete"):
        publish_fusion(run, "ours")
    assert contents(repository) == {}


def test_the_record_alone_leaves_weights_as_they_are(tmp_path, repository):
    publish_fusion(make_run(tmp_path / "first"), "ours")
    trained = contents(repository / "trained")
    written = publish_fusion(make_run(tmp_path / "second", recipe="printed", seed=1), "continued", part="record")
    assert contents(repository / "trained") == trained
    record = repository / "records" / "fusion" / "continued"
    assert contents(record).keys() == set(RECORD)
    assert written == [*(record / name for name in RECORD), repository / "trained" / "README.md"]
    with pytest.raises(ValueError, match="part must be 'all' or 'record', not 'weights'"):
        publish_fusion(tmp_path / "first", "ours", part="weights")


def test_the_card_has_a_row_a_file_with_what_the_file_says(tmp_path, repository):
    publish_fusion(make_run(tmp_path / "b", recipe="printed", steps=9, seed=5, encoder="shared"), "b")
    publish_fusion(make_run(tmp_path / "a"), "a")
    card = (repository / "trained" / "README.md").read_text()
    assert card == model_card() and "--weights b`" in card  # the longest trained
    first, second = rows(card)
    assert first == {
        "name": "`a`",
        "recipe": "released",
        "encoder": "separate",
        "gate": "released",
        "integrator": "cfi",
        "steps": "7",
        "batch": "4",
        "crop": "96",
        "seed": "0",
        "trained on": "16 pairs of scenes train, pixels f5bf",
        "precision": "bfloat16",
        "statistics": "settled",
        "machine": "A processor, 2 cores, GPU none",
        "commit": "0123456789ab",
        "measured on": "10 of 221 pairs of RoadScene test",
        "AG": "0.123",
        "SF": "1.123",
        "PSNR": "2.123",
        "CC": "3.123",
        "Qabf": "4.123",
    }
    changed = {"name": "`b`", "recipe": "printed", "encoder": "shared", "steps": "9", "seed": "5"}
    assert second == first | changed


def test_publishing_again_changes_nothing(tmp_path, repository):
    run = make_run(tmp_path / "run")
    publish_fusion(run, "ours")
    before = contents(repository)
    publish_fusion(run, "ours")
    assert contents(repository) == before


def test_a_row_without_a_metric_leaves_its_place_empty(tmp_path, repository, monkeypatch):
    publish_fusion(make_run(tmp_path / "watched"), "a")
    monkeypatch.setitem(globals(), "FIGURES", {})
    publish_fusion(make_run(tmp_path / "unwatched"), "b")
    first, second = rows(model_card())
    assert first["AG"] == "0.123" and first.keys() == second.keys()
    assert [second[metric] for metric in METRICS] == [""] * len(METRICS)


@needs_weights
def test_the_committed_card_is_the_one_of_the_committed_weights():
    assert (weights.TRAINED / "README.md").read_text() == model_card()


@needs_weights
def test_all_committed_weights_load_and_have_a_record():
    assert set(trained_names()) <= set(committed_names())
    for name in trained_names():
        network, described = load_weights(name)
        summary = committed(name).summary
        assert described["name"] == name and not network.training
        assert described["schedule"]["steps"] == summary["steps"], name
        assert (described["recipe"], described["data"]) == (summary["recipe"], summary["trained on"]), name
        seen = {key: described["schedule"][field] for key, field in (("batch", "batch"), ("crop", "side"))}
        assert seen == {key: summary[key] for key in seen}, name


@pytest.mark.parametrize("name", ["released", "../elsewhere", "a/b", "", "Ours"])
def test_names_that_mean_something_else_are_refused_before_anything_is_written(tmp_path, repository, name):
    run = make_run(tmp_path / "run")
    before = sorted(repository.rglob("*"))
    with pytest.raises(ValueError, match="cannot be a name"):
        publish_fusion(run, name)
    assert sorted(repository.rglob("*")) == before


def test_a_record_can_be_the_first_and_a_run_need_not_have_been_watched(tmp_path, repository):
    run = make_run(tmp_path / "run")
    (run / "validation.csv").unlink()
    written = publish_fusion(run, "continued-released", part="record")
    assert {path.name for path in written} == {"run.json", "log.csv", "000000.npz", "000007.npz"}
    assert not list((repository / "trained").iterdir())  # no card without weights
