"""`python -m isfstudy grid`: it says what is missing beside the records, and what does not exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from isfstudy.__main__ import main
from isfstudy.grid import records
from isfstudy.grid.plan import planned
from isfstudy.notebooks import StudyError


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records of one run of `scale`, made on a processor."""
    (tmp_path / "scale").mkdir()
    line = {"run": "full-MSRS-seed0", "seconds": 1, "description": {"precision": "bfloat16", "device": "cpu"}}
    (tmp_path / "scale" / "runs.jsonl").write_text(json.dumps(line) + "\n")
    monkeypatch.setattr(records, "committed", lambda: tmp_path)
    return tmp_path


def missing(tmp_path: Path, *options: str) -> tuple[list[str], str]:
    options = ("--dry-run", "--device", "cpu", "--folder", str(tmp_path / "none"), *options)
    said = CliRunner().invoke(main, ["grid", "scale", *options])
    assert said.exit_code == 0, said.output
    return said.stdout.split(), said.stderr


def test_what_the_records_hold_is_left_out_unless_it_is_asked_for(kept):
    left, said = missing(kept)
    assert left == ["scale/mask_augmentation-MSRS-seed0"] and "1 of 2 runs are in records/grid/" in said
    assert missing(kept, "--anew") == ([run.name for run in planned("scale")], "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grid", "scale", "--workers", "0"], "0 is not in the range x>=1"),
        (["search", "--evaluations", "-5"], "-5 is not in the range x>=1"),
    ],
)
def test_numbers_that_do_nothing_are_refused(arguments, said):
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2 and said in refused.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nope", "quick"], "no notebook 'nope'"),
        (["render", "nope", "quick"], "no notebook 'nope'"),
        (["run", "14_spurious_shift", "../params/quick"], "no profile '../params/quick'"),
        (["index", ""], "no profile ''"),
        (["publish", "grid", "{here}"], "no finished run of the grid is here"),
        (["grid", "scale", "--root", "{here}/none", "--device", "cpu", "--folder", "{here}/runs"], "MSRS"),
    ],
)
def test_what_is_not_there_is_named_before_anything_begins(kept, tmp_path, arguments, said):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(StudyError, match=re.escape(said)):
        CliRunner().invoke(main, [part.format(here=empty) for part in arguments], catch_exceptions=False)
    assert not list(empty.glob("runs/scale"))


def test_an_experiment_that_is_not_planned_is_refused_by_name(kept):
    with pytest.raises(StudyError, match="no experiment is called 'scales'"):
        CliRunner().invoke(main, ["grid", "scales", "--dry-run"], catch_exceptions=False)
