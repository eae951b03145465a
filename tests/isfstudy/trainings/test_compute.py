"""Computing spent: sums of what was written down, and what was not is said."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from isfstudy.trainings import compute


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records of a grid, two fusion networks one of which begins the other, two detectors, and a run's notebook."""
    monkeypatch.setattr(compute, "repository", lambda: tmp_path)
    monkeypatch.setattr(compute, "committed", lambda: tmp_path / "records" / "grid")
    lines = {
        "records/grid/trials.jsonl": [
            {"run": "cue/a", "outcome": "failed", "seconds": 1800, "machine": {"gpu": "NVIDIA X", "processor": "p"}},
            {"run": "cue/a", "outcome": "finished", "seconds": 1800, "machine": {"gpu": "NVIDIA X", "processor": "p"}},
        ],
        "records/grid/cue/runs.jsonl": [{"run": "a", "seconds": 3000}],
        "records/fusion/long/run.json": [{}],
        "records/fusion/short/run.json": [{"note": "short is long after its first 2 steps."}],
    }
    described = {"task": "detection", "budget": {"steps": 100}}
    for name in ("d1", "d2"):
        lines[f"records/downstream/{name}/run.json"] = [described]
        lines[f"records/downstream/{name}/made.json"] = [{"machine": {"gpu": "none", "processor": "EPYC"}}]
    lines["real/03_comparison/notebook.ipynb"] = [{"metadata": {"papermill": {"duration": 720.0}}}]
    lines["real/04_ablations/notebook.ipynb"] = [{"metadata": {}}]
    for name, objects in lines.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("".join(json.dumps(each) + "\n" for each in objects))
    looks = pd.DataFrame({"run": ["a", "a"], "precision": "tf32", "step": [300, 600]})
    looks.to_csv(tmp_path / "records/grid/cue/looks.csv", index=False)
    for name in ("long", "short"):
        log = pd.DataFrame({"step": [1, 2, 3], "seconds": 3600.0})
        log.to_csv(tmp_path / f"records/fusion/{name}/log.csv", index=False)
    return tmp_path / "real"


def test_hours_are_added_up_by_experiment(study: Path) -> None:
    table = compute.spent(study).set_index("experiment")
    assert table.loc["grid: cue", ["runs", "steps", "hours", "where"]].to_list() == [2, 600, 1.0, "NVIDIA X"]
    assert table.loc["fusion networks", ["runs", "steps", "hours"]].to_list() == [1, 3, 3.0], "not spent twice"
    assert table.loc["notebooks of this run (real)", ["runs", "hours"]].to_list() == [1, 0.2]
    detectors = table.loc["detection networks"]
    assert detectors[["runs", "steps", "where"]].to_list() == [2, 200, "EPYC"] and pd.isna(detectors["hours"])


def test_a_run_that_was_killed_and_went_on_counts_at_least_its_steps(study: Path) -> None:
    (study.parent / "records/grid/cue/runs.jsonl").write_text('{"run": "a", "seconds": 5400}\n')
    assert compute.spent(study).set_index("experiment").loc["grid: cue", "hours"] == 1.5


def test_the_total_says_what_is_not_in_it(study: Path) -> None:
    assert compute.said(compute.spent(study)) == (
        "Written down are 4.2 hours of processes: 1.0 on a GPU, which several share, and 3.2 on processors. "
        "Not written down: detection networks (2 runs)."
    )


def test_what_the_study_has_committed_is_counted() -> None:
    table = compute.spent(Path("nowhere"))
    assert {"fusion networks", "detection networks", "segmentation networks"} <= set(table["experiment"])
    assert (table["hours"].dropna() > 0).all() and (table["runs"] > 0).all()
