"""Runs that went on from given weights: how they are started, and how far they move, by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.report.page import Page
from isfstudy.trainings import going_on
from isfstudy.trainings.going_on import drift, go_on, looks_apart
from isfstudy.trainings.records import Record


def continued(**looks: list[float]) -> Record:
    """A run of 60 steps with a look every 20, all metrics alike but those given."""
    table = pd.DataFrame({"step": [0, 20, 40, 60]} | {metric: [2.0, 3.0, 2.0, 2.0] for metric in METRICS} | looks)
    log = pd.DataFrame({"total": [1.0] * 50 + [9.0]})
    return Record({"steps": 60}, log, table, {}, "", load_recipe("paired"), Path("none"))


def test_looks_are_apart_from_the_one_before_the_first_step():
    looks = looks_apart({"one": continued(CC=[-2.0, -1.0, -2.0, -3.0]), "two": continued()})
    assert looks["run"].to_list() == ["one"] * 3 + ["two"] * 3 and looks["step"].to_list() == [20, 40, 60] * 2
    assert looks["CC"].to_list() == [-50, 0, 50, 50, 0, 0]
    assert list(looks_apart({}).columns) == ["run", "step", *METRICS] and looks_apart({}).empty


def test_drift_is_the_mean_of_the_later_half_and_the_furthest_look():
    table = drift({"one": continued(AG=[4.0, 1.0, 5.0, 8.0])})
    assert table.loc[0, ["run", "steps", "loss"]].to_list() == ["one", 60, 1.0]
    # Of three looks the last two: AG 5 and 8 for 4.
    assert table.loc[0, list(METRICS)].to_list() == [62.5, 0, 0, 0, 0]
    assert table.loc[0, ["off", "furthest"]].to_list() == [62.5, 100]  # the last look; the first is 75 % off
    table = drift({"one": continued(PSNR=[60.0, 61.0, 62.0, 63.0])})
    assert table.loc[0, ["PSNR", "off"]].to_list() == [2.5, 0], "dB, and no part of what is in percent"
    assert drift({}).empty and "off" in drift({})


def test_runs_go_on_with_batches_of_each_size_or_are_those_committed(tmp_path, monkeypatch):
    asked = []
    record = continued()._replace(summary={"batch": 4, "crop": 128})
    monkeypatch.setattr(going_on, "train_recipe", lambda recipe, **options: asked.append((recipe, options)))
    monkeypatch.setattr(
        going_on, "read_record", lambda _: record._replace(summary={"batch": len(asked), "crop": asked[-1][1]["side"]})
    )
    page = Page("13_retraining", tmp_path / "run" / "13_retraining", tmp_path / "run", {})
    sizes = [(4, 128), (16, 256)]
    runs = go_on(page, "released", sizes=sizes, steps=45, dataset="scenes", validation="scenes")
    assert [recipe for recipe, _ in asked] == ["paired", "paired"] and len(runs) == 1  # both are read as the same
    first = asked[0][1]
    assert first["start_from"] == "released" and first["steps"] == 45 and first["validate_every"] == 4
    assert first["root"] == str(tmp_path / "run" / "01_data_preparation")
    assert [(options["batch"], options["side"]) for _, options in asked] == sizes
    monkeypatch.setattr(going_on, "committed_names", lambda: ["continued-4x128", "ours"])
    monkeypatch.setattr(going_on, "committed", lambda name: record)
    assert list(go_on(page, "released", sizes=sizes, steps=0, dataset="scenes")) == ["4 crops of 128"]
    assert len(asked) == 2, "nothing is trained"
