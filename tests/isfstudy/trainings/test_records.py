"""Records of training runs: what is read from a run's folder, and the tables made of it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfcore.training.recipe import READINGS, load_recipe
from isfcore.training.run_folder import save_gates
from isfcore.weights import save_weights
from isfstudy.trainings import records
from isfstudy.trainings.records import (
    Record,
    committed,
    committed_names,
    differences,
    first_and_last,
    gate_table,
    late_swings,
    read_record,
    reduced,
)
from tests.helpers.networks import random_network

DESCRIPTION = {
    "recipe": asdict(load_recipe("paired")),
    "schedule": {"batch": 4, "side": 64, "seed": 3, "learning_rate": 1e-4},
    "data": "16 pairs of scenes train",
    "precision": "float32",
    "watched": "10 pairs",
    "start_from": "the seed",
    "code": "abc",
}
ABLATED = {"integrator", "passes", "augmentation"}  # choices that no reading of the paper differs in
MACHINE = {"processor": "A processor", "cores": 2, "memory_gib": 4.0, "system": "Linux", "gpu": "none"}


def make_run(folder: Path) -> Path:
    """A run of three steps that was never watched and has no weights yet."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(DESCRIPTION))
    (folder / "log.csv").write_text("step,total,seconds\n1,3,30\n2,2,60\n3,1,90\n")
    return folder


def finish_run(folder: Path, weights: Path) -> None:
    """Watch it twice, and write weights."""
    (folder / "validation.csv").write_text("step,AG\n0,2.5\n3,4.5\n")
    for step in (0, 3):
        save_gates(folder, step, {"full_size": np.full((2, 2), 10 * step, np.uint8)})
    described = {"schedule": {"steps": 3}, "data": "16 pairs", "commit": "abc", "metrics": {}, "machine": MACHINE}
    save_weights(weights, random_network(), recipe="paired", **described)


def test_a_summary_says_what_was_trained_on_what_and_how_long(tmp_path):
    folder = make_run(tmp_path / "run")
    finish_run(folder, folder / "weights.safetensors")
    record = read_record(folder)
    assert record.summary == {
        "recipe": "paired",
        "steps": 3,
        "batch": 4,
        "crop": 64,
        "seed": 3,
        "started from": "the seed",
        "trained on": "16 pairs of scenes train",
        "precision": "float32",
        "watched on": "10 pairs",
        "statistics": "?",
        "minutes": 3.0,
        "machine": "A processor, 2 cores, GPU none",
    }
    assert record.log["total"].to_list() == [3, 2, 1]
    assert record.validation.to_dict("list") == {"step": [0, 3], "AG": [2.5, 4.5]}
    assert list(record.gates) == [0, 3] and (record.gates[3]["full_size"] == 30).all()
    assert record.weights == folder / "weights.safetensors"


def test_a_run_that_is_not_complete_or_was_not_watched_has_no_such_part(tmp_path):
    folder = make_run(tmp_path / "run")
    record = read_record(folder)
    assert record.validation.empty and record.gates == {}
    assert record.summary["machine"] == "?" and record.summary["steps"] == 3
    assert not record.weights.exists()


def test_committed_records_are_read_with_their_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "repository", lambda: tmp_path)
    monkeypatch.setattr(records, "TRAINED", tmp_path / "trained")
    (tmp_path / "trained").mkdir()
    assert committed_names() == []
    published = tmp_path / "records" / "fusion"
    finish_run(make_run(published / "b"), tmp_path / "trained" / "b.safetensors")
    make_run(published / "a")
    (published / "c").mkdir()  # no run
    assert committed_names() == ["a", "b"]
    assert committed("b").weights == tmp_path / "trained" / "b.safetensors"
    assert committed("b").summary["machine"] == "A processor, 2 cores, GPU none"
    assert committed("a").summary["machine"] == "?" and not committed("a").weights.exists()
    with pytest.raises(FileNotFoundError, match="fusion/c: no training run, there is no run.json"):
        committed("c")


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}/none: no training run, there is no run.json"):
        read_record(tmp_path / "none")


def test_losses_are_compared_over_the_first_and_the_last_twentieth():
    long = pd.DataFrame({"total": [float(step) for step in range(59)], "gate": [0.5] * 59})
    short = pd.DataFrame({"total": [8.0, 6.0, 1.0], "gate": [0.1, 0.2, 0.4]})
    table = first_and_last({"long": long, "short": short}, ["total", "gate"])
    assert table.to_dict("list") == {
        "run": ["long", "long", "short", "short"],
        "term": ["total", "gate", "total", "gate"],
        "first": [0.5, 0.5, 8.0, 0.1],  # steps 0 and 1 of 59: a twentieth is 2 whole ones
        "last": [57.5, 0.5, 1.0, 0.4],
    }


def record_of(gates: dict) -> Record:
    return Record({}, pd.DataFrame(), pd.DataFrame(), gates, "", load_recipe("paired"), Path("none"))


def test_gates_are_described_by_hand():
    # 25 / 255 lies below 0.1 and 26 / 255 above; 229 / 255 below 0.9 and 230 / 255 above.
    edges = np.array([[25, 26], [229, 230]], np.uint8)
    black, half = np.zeros((2, 2), np.uint8), np.array([[0, 255]], np.uint8)
    table = gate_table(
        {
            "one": record_of({0: {"full_size": edges, "half_size": black}, 5: {"full_size": half}}),
            "two": record_of({}),
            "three": record_of({0: {"quarter_size": black + 51}}),
        }
    )
    assert list(table.columns) == ["run", "step", "scale", "mean", "deviation", "decided"]
    assert table[["run", "step", "scale"]].to_numpy().tolist() == [
        ["one", 0, "full_size"],
        ["one", 0, "half_size"],
        ["one", 5, "full_size"],
        ["three", 0, "quarter_size"],
    ]
    assert table["mean"].to_list() == pytest.approx([0.5, 0, 0.5, 0.2])
    spread = ((102.5**2 + 101.5**2) / 2) ** 0.5 / 255
    assert table["deviation"].to_list() == pytest.approx([spread, 0, 0.5, 0])
    assert table["decided"].to_list() == [0.5, 1, 1, 0]


def test_a_term_that_a_run_does_not_log_has_no_row():
    logs = {"without": pd.DataFrame({"total": [1.0]}), "with": pd.DataFrame({"total": [1.0], "gate": [0.5]})}
    table = first_and_last(logs, ["total", "gate"])
    assert table[["run", "term"]].to_numpy().tolist() == [["without", "total"], ["with", "total"], ["with", "gate"]]


def test_late_swings_leave_out_the_first_half_and_the_look_before_training():
    looks = pd.DataFrame({"step": [0, 1, 2, 3]} | {metric: [99.0, 50.0, 1.0, 3.0] for metric in METRICS})
    assert late_swings(looks).to_dict() == pytest.approx(dict.fromkeys(METRICS, 100.0) | {"PSNR": 2.0})
    assert late_swings(looks.iloc[:1]).isna().all()


@pytest.mark.parametrize(
    "less", [{}, {"steps": 3349}, {"batch": 8}, {"crop": 128}, {"trained on": "200 of 1083 pairs of MSRS train"}]
)
def test_a_run_is_reduced_where_anything_is_less_than_the_paper_s(less):
    paper = {"trained on": "1083 of 1083 pairs of MSRS train, pixels 3f2a", "steps": 3350, "batch": 16, "crop": 256}
    runs = [record_of({})._replace(summary=paper), record_of({})._replace(summary=paper | less)]
    assert reduced(runs) is bool(less)


def test_differences_of_two():
    table = differences([load_recipe("released"), load_recipe("paired")])
    assert table.to_dict("list") == {"choice": ["crop"], "released": ["independent"], "paired": ["paired"]}
    table = differences([load_recipe("released"), load_recipe("printed")]).set_index("choice")
    assert (table["printed"] != table["released"]).all()


def test_differences_of_three_and_of_none():
    recipes = [load_recipe(name) for name in ("released", "paired", "printed")]
    table = differences(recipes)
    assert list(table.columns) == ["choice", "released", "paired", "printed"]
    assert set(table["choice"]) == set(READINGS) - ABLATED
    assert differences([recipes[0], replace(recipes[0], name="copy")]).empty
    weights = differences([recipes[0], replace(recipes[0], name="plain", alpha=0.0, beta=0.0)])
    assert weights.to_dict("list") == {"choice": ["alpha", "beta"], "released": [0.1, 0.05], "plain": [0.0, 0.0]}
