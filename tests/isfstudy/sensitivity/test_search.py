"""A search finds what is put in by hand, asks for no point twice, and goes on where it was cut off."""

from __future__ import annotations

from math import log10
from pathlib import Path

import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.__main__ import search as command
from isfstudy.grid import records
from isfstudy.grid.trial import ON_SCENES, SIZE, SMALL
from isfstudy.scenes.scenes import write_scenes
from isfstudy.sensitivity import search, sentences
from isfstudy.sensitivity.changes import EXPERIMENT as PLAN
from isfstudy.sensitivity.changes import SHORT

UNIT = pd.Series(1.0, index=METRICS)


def test_the_simplex_goes_to_a_hill_and_asks_once_for_each_point() -> None:
    asked: list[tuple[float, float]] = []

    def hill(alpha: float, beta: float) -> float:
        asked.append((alpha, beta))
        return -((log10(alpha) - 0) ** 2) - (log10(beta) + 2) ** 2  # highest at alpha 1, beta 0.01

    search.descend(hill, (0.1, 0.05), evaluations=40)
    assert asked[0] == (0.1, 0.05) and len(asked) == len(set(asked)) <= 40
    best = max(asked, key=lambda point: -((log10(point[0])) ** 2) - (log10(point[1]) + 2) ** 2)
    assert 0.7 < best[0] < 1.4 and 0.007 < best[1] < 0.014


def test_a_hill_beyond_the_bounds_is_climbed_up_to_them() -> None:
    asked: list[tuple[float, float]] = []
    search.descend(lambda *point: asked.append(point) or sum(point), (0.1, 0.05), evaluations=40)
    assert max(max(point) for point in asked) <= 10 and max(point[0] for point in asked) > 5


def test_the_aim_is_a_mean_in_deviations_between_seeds() -> None:
    """By hand: AG by two units, PSNR by minus one, the others not: (2 - 1) / 5."""
    reference = pd.Series(3.0, index=METRICS)
    unit = pd.Series(0.5, index=METRICS)
    found = (
        reference + pd.Series(0.0, index=METRICS) + pd.Series({"AG": 1.0, "PSNR": -0.5}).reindex(METRICS, fill_value=0)
    )
    assert search.aim(found, reference, unit) == pytest.approx(0.2) and search.aim(reference, reference, unit) == 0


def test_units_are_of_the_committed_runs_and_above_zero() -> None:
    found = search.units(records.committed())
    assert list(found.index) == list(METRICS) and (found > 0).all() and found["AG"] < 1


def test_a_search_trains_its_points_once_and_records_say_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_scenes(tmp_path / "scenes", count=SMALL["test_scenes"], split="test", **SIZE)
    trained: list[str] = []
    work = search.work

    def counting(runs, folder, **options):
        trained.extend(run.name for run in runs if not (folder / run.name / "weights.safetensors").is_file())
        work(runs, folder, **options)

    monkeypatch.setattr(search, "work", counting)
    options = (
        {"evaluations": 4, "device": "cpu", "root": str(tmp_path), "part": "scenes"} | SMALL | ON_SCENES | {"seeds": 2}
    )
    search.search(tmp_path / "grid", PLAN, **options)
    once = list(trained)
    assert len(once) == len(set(once)) and once[0].startswith("weights_search/alpha_0.1_beta_0.05-")
    search.search(tmp_path / "grid", PLAN, **options)
    assert trained == once, "the same points, and none is trained again"
    records.publish(tmp_path / "grid", tmp_path / "records")
    found = search.points(tmp_path / "records", PLAN, UNIT, part="scenes")
    assert len(found) == len(once) and found["aim"].is_monotonic_decreasing
    assert found.loc[found["released"], "aim"].tolist() == [0] and (found["minutes"] > 0).all()
    assert "answers nothing" in sentences.searched(found, PLAN, reduced=True)
    said = sentences.searched(found, PLAN, reduced=False)
    assert "So few points do not settle a search" in said and "goes on" not in sentences.searched(
        pd.concat([found] * 3), PLAN, reduced=False
    )
    assert f"{len(once)} trainings" in said and f"alpha {found['alpha'].iloc[0]:g}" in said


def test_without_a_search_the_command_is_named(tmp_path: Path) -> None:
    found = search.points(tmp_path, SHORT, UNIT)
    said = sentences.searched(found, SHORT, reduced=False)
    assert found.empty and "python -m isfstudy search --schedule sensitivity_short" in said


def test_a_search_on_the_short_schedule_is_kept_apart_from_one_on_the_plan() -> None:
    plan, short = (search.run_of(0.1, 0.05, schedule) for schedule in (PLAN, SHORT))
    assert (plan.experiment, short.experiment) == ("weights_search", "weights_search_short")
    assert plan.schedule.steps > short.schedule.steps and plan.recipe == short.recipe
    (option,) = [option for option in command.params if option.name == "schedule"]
    assert list(option.type.choices) == list(search.SEARCHES)
