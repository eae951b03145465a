"""Names of every kind, two commands at once in one folder, and clocks that are wrong."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from isfcore.cli.main import main
from isfcore.machine.files import PREFIX
from tests.faults.figures import judged, points, survived
from tests.faults.processes import done, ended, start
from tests.helpers.made_up_tno import make_tno, noise, save
from tests.helpers.small_sets import write_set

DAY = 24 * 3600
NAMES = [
    "new\nline",
    "-o",
    "x" * 250,
    "😀 热像",
    "\u202eright to left",
    "sp ace ",
    "quo'te\"`$(x)",
    "%s{}{0}",
    "\x1b[31m",
    "tab\t",
]
NAMES += ["dots...", "~", "a:b*c?", "#", "NUL"]
if sys.platform == "linux":
    NAMES.append(os.fsdecode(b"no text \xe9\xff"))
TRAIN = ("--batch=2", "--crop=16", "--validation-pairs=0", "--steps=1", "--device=cpu")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_for_everything(weights: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders, the images, the weights, the table and the run have the name."""
    place = tmp_path / name
    stem = name[:240]
    for number in (0, 1):
        save(place / "ir" / f"{stem}{number}.png", noise(24, 32, 1, seed=number))
        save(place / "vi" / f"{stem}{number}.png", noise(24, 32, seed=2 + number))
    own = place / f"{stem[:238]}.safetensors"
    own.write_bytes(weights.read_bytes())
    monkeypatch.chdir(place)

    def isf(*arguments: object) -> None:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert judged("name", result).exit_code == 0, result.stderr
        assert "\x1b[31m" not in result.stderr

    isf("fuse", "ir", "vi", "-o", place / stem, "--weights", own)
    assert sorted(path.stem for path in (place / stem).iterdir()) == sorted(f"{stem}{number}" for number in (0, 1))
    isf("fuse", f"ir/{stem}0.png", f"vi/{stem}0.png", "-o", f"./{stem}.png", "--weights", own)
    assert (place / f"{stem}.png").read_bytes() == (place / stem / f"{stem}0.png").read_bytes()
    isf("evaluate", f"./{stem}", "--ir", "ir", "--vi", "vi", "--csv", f"./{stem}.csv")
    assert len(pd.read_csv(place / f"{stem}.csv", encoding="utf-8")) == 3
    for steps in (1, 2):
        isf("train", "paired", f"./{stem}.run", "--infrared=ir", "--visible=vi", *TRAIN, f"--steps={steps}")
    isf("fuse", "ir", "vi", "-o", "fused", "--weights", f"./{stem}.run/weights.safetensors")


def test_two_that_score_into_one_table(tmp_path: Path) -> None:
    for number in range(6):
        save(tmp_path / "ir" / f"{number}.png", noise(24, 32, 1, seed=number))
        save(tmp_path / "vi" / f"{number}.png", noise(24, 32, seed=10 + number))
    score = ("evaluate", tmp_path / "ir", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi", "--csv")
    done(*score, tmp_path / "alone.csv", said=tmp_path / "said")
    for _ in range(points(short=1, long=10)):
        both = [start(*score, tmp_path / "both.csv", said=tmp_path / f"said{number}") for number in range(2)]
        assert [ended(process) for process in both] == [0, 0]
        assert (tmp_path / "both.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()
        assert not list(tmp_path.glob(f"{PREFIX}*"))
        survived("two at once")


def test_two_that_fetch_into_one_folder(tmp_path: Path) -> None:
    """What they bring is not what was published, so both name every file, and neither ends for the other's sake."""
    make_tno(tmp_path / "source")
    make_tno(tmp_path / "root")
    fetch = ("data", "fetch", "TNO", "--root", tmp_path / "root", "--source", tmp_path / "source")
    both = [start(*fetch, said=tmp_path / f"said{number}") for number in range(2)]
    assert [ended(process) for process in both] == [1, 1]
    for number in range(2):
        assert "80 could not be done" in (tmp_path / f"said{number}").read_text()
    assert not list((tmp_path / "root").rglob("*.part"))
    survived("two at once")


def test_of_two_that_train_in_one_folder_one_is_told(tmp_path: Path) -> None:
    write_set(tmp_path, count=4, split="train")
    train = ("train", "released", tmp_path / "run", "--root", tmp_path, "--dataset=scenes", *TRAIN, "--steps=6")
    for number in range(points(short=1, long=5)):
        processes = [start(*train, f"--seed={number}", said=tmp_path / f"said{n}") for n in range(3)]
        codes = [ended(process) for process in processes]
        told = [(tmp_path / f"said{n}").read_text() for n in range(3)]
        for code, said in zip(codes, told, strict=True):
            assert code == 0 or "a run is at work here: wait for its end, or choose another folder" in said, said
        assert 0 in codes and list(pd.read_csv(tmp_path / "run" / "log.csv")["step"]) == [1, 2, 3, 4, 5, 6]
        survived("two at once")
        (tmp_path / "run").rename(tmp_path / f"run{number}")


@pytest.mark.parametrize("clock", [-400 * DAY, 400 * DAY], ids=["set back", "set forward"])
def test_leftovers_under_a_clock_that_is_wrong(weights: Path, tmp_path: Path, clock: float) -> None:
    """Young leftovers of others stay, old ones go, and what is fused is the same."""
    images, said = write_set(tmp_path, count=2), tmp_path / "said"
    fuse = ("fuse", images / "ir", images / "vi", "--weights", weights, "-o")
    done(*fuse, tmp_path / "right", said=said)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"{PREFIX}young.png").write_bytes(b"half")
    done(*fuse, tmp_path / "out", said=said, clock=clock)
    left = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert (left.pop(f"{PREFIX}young.png", None) is not None) == (clock < 0), "from the future, or a day old and more"
    assert left == {path.name: path.read_bytes() for path in (tmp_path / "right").iterdir()}
    survived("wrong clock")


def test_a_run_goes_on_after_the_clock_was_set_back(tmp_path: Path) -> None:
    write_set(tmp_path, count=4, split="train")
    said = tmp_path / "said"
    train = ("--root", tmp_path, "--dataset=scenes", *TRAIN, "--checkpoint-every=1")
    done("train", "released", tmp_path / "whole", *train, "--steps=4", said=said)
    done("train", "released", tmp_path / "run", *train, "--steps=2", said=said)
    for path in (tmp_path / "run").iterdir():
        os.utime(path, (time.time() + DAY,) * 2)
    done("train", "released", tmp_path / "run", *train, "--steps=4", said=said, clock=-400 * DAY)
    weights = "weights.safetensors"
    assert (tmp_path / "run" / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()
    survived("wrong clock")
