"""A trial trains on what is embedded, and leaves records that pages read; sentences say what is missing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from isfstudy.grid import records, sentences
from isfstudy.grid.plan import planned
from isfstudy.grid.trial import ON_SCENES, trial
from isfstudy.paper.hypotheses import hypothesis


def test_a_trial_of_two_arms_leaves_records_with_hours(tmp_path: Path):
    kept = trial(tmp_path, "sensitivity", device="cpu", arms=["as_released", "alpha_1"], **ON_SCENES)
    runs = records.looks(kept, "sensitivity")
    assert set(runs["arm"]) == {"as_released", "alpha_1"} and runs["scenes.AG"].notna().all()
    cost = sentences.cost(runs, kept, "sensitivity", by=("arm",))
    assert set(cost["arm"]) == {"as_released", "alpha_1"} and (cost["runs"] == 1).all()
    assert (cost["hours"] > 0).all() and cost["data"].str.contains("4 embedded scenes").all()
    assert sentences.cost(runs, kept, "sensitivity")["runs"].to_list() == [2]
    lacking = records.missing(kept, "sensitivity")  # that is, of the plan's own runs, on MSRS
    assert len(lacking) == len(planned("sensitivity"))


def test_missing_runs_are_counted_and_a_few_of_them_named():
    names = [run.name for run in planned("readings")]
    assert sentences.missing_line([], "readings") == []
    (line,) = sentences.missing_line(names[:8], "readings")
    assert f"8 of {len(names)} runs" in line and "and 2 more" in line and "python -m isfstudy grid readings" in line
    assert names[0].partition("/")[2] in line and names[7].partition("/")[2] not in line
    assert f"All {len(names)} runs are missing" in sentences.not_tested(names, "readings")
    assert f"8 of its {len(names)} runs are missing" in sentences.not_tested(names[:8], "readings")


def test_an_interval_is_said_where_there_is_one():
    assert sentences.interval({"mean": 0.12345, "low": 0.1, "high": 0.2}) == "+0.123 [+0.100, +0.200]"
    assert sentences.interval(pd.Series({"mean": -1.0, "low": float("nan"), "high": float("nan")}), 1) == "-1.0"


def test_predictions_are_those_of_the_hypotheses_as_html():
    lines = sentences.predicted(hypothesis("spurious_shift"))
    assert "(rate 1 - rate 0.5) &lt; 0" in lines[0] and "rewards guessing" in lines[1]
    assert "0.1 of the visible change" in lines[2] and "photographs" in lines[3]


def test_of_two_schedules_the_one_of_which_most_is_there_is_taken(monkeypatch):
    lacking = {"readings": ["a"] * 32, "readings_short": ["a"] * 32}
    monkeypatch.setattr(records, "missing", lambda kept, plan: lacking[plan])
    assert records.most_complete(Path(), "readings", "readings_short") == "readings"
    lacking["readings_short"] = ["a"] * 20
    assert records.most_complete(Path(), "readings", "readings_short") == "readings_short"
    lacking["readings"] = ["a"] * 20
    assert records.most_complete(Path(), "readings", "readings_short") == "readings"
