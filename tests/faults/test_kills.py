"""SIGKILL at random points of fusing, scoring, training and of a study's run: nothing half-written, the next run
completes, and what it leaves is the same, byte by byte, as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from isfcore.machine.files import PREFIX
from tests.faults.figures import LONG, points, survived
from tests.faults.processes import done, killed_after, start
from tests.helpers.made_up_tno import noise, save
from tests.helpers.small_sets import write_set
from tests.isfstudy.run.test_run_all import finish, tree  # noqa: F401 - a fixture
from tests.isfstudy.run.test_run_all import start as start_study

PAIRS = 12
TRAIN = ("--dataset=scenes", "--batch=2", "--crop=32", "--validation-pairs=0", "--steps=6", "--checkpoint-every=2")


def whole_files(folder: Path) -> dict[str, bytes]:
    """The files of a folder and of those in it, by name, without those that a killed process was writing."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(PREFIX)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(files)}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    for number in range(PAIRS):
        save(folder / "ir" / f"{number:02d}.png", noise(96, 128, 1, seed=number))
        save(folder / "vi" / f"{number:02d}.png", noise(96, 128, seed=100 + number))
    return folder


def test_fusing_killed_at_random(pairs: Path, weights: Path, tmp_path: Path, chance: random.Random) -> None:
    said = tmp_path / "said"

    def fuse(out: Path) -> tuple[object, ...]:
        return "fuse", pairs / "ir", pairs / "vi", "-o", out, "--weights", weights

    began = time.monotonic()
    done(*fuse(tmp_path / "undisturbed"), said=said)
    lasted = time.monotonic() - began
    expected = whole_files(tmp_path / "undisturbed")
    assert len(expected) == PAIRS
    for number in range(points(short=2, long=20)):
        out = tmp_path / f"out{number}"
        killed_after(start(*fuse(out), said=said), chance.uniform(0, lasted))
        left = whole_files(out)
        assert left.items() <= expected.items(), "half-written"
        assert len(list(out.glob(f"{PREFIX}*"))) <= 1
        done(*fuse(out), said=said)
        assert whole_files(out) == expected
        survived("SIGKILL of isf fuse")


def test_scoring_killed_at_random(pairs: Path, tmp_path: Path, chance: random.Random) -> None:
    said, csv = tmp_path / "said", tmp_path / "scores.csv"
    score = ("evaluate", pairs / "ir", "--ir", pairs / "ir", "--vi", pairs / "vi", "--csv", csv)
    began = time.monotonic()
    done(*score, said=said)
    lasted, expected = time.monotonic() - began, csv.read_bytes()
    for _ in range(points(short=1, long=20)):
        csv.write_text("old")
        killed_after(start(*score, said=said), chance.uniform(0, lasted))
        assert csv.read_bytes() in (b"old", expected)
        done(*score, said=said)
        assert csv.read_bytes() == expected
        survived("SIGKILL of isf evaluate")


def test_training_killed_at_random_again_and_again(tmp_path: Path, chance: random.Random) -> None:
    root, said = tmp_path / "sets", tmp_path / "said"
    write_set(root, count=6, split="train")

    def train(folder: Path) -> tuple[object, ...]:
        return "train", "released", folder, "--root", root, *TRAIN

    began = time.monotonic()
    done(*train(tmp_path / "undisturbed"), said=said)
    lasted = time.monotonic() - began
    weights = (tmp_path / "undisturbed" / "weights.safetensors").read_bytes()
    log = pd.read_csv(tmp_path / "undisturbed" / "log.csv").drop(columns="seconds")
    for number in range(points(short=1, long=10)):
        folder = tmp_path / f"run{number}"
        for _ in range(2):
            at_work = killed_after(start(*train(folder), said=said), chance.uniform(0, lasted))
            written = folder / "weights.safetensors"
            assert not written.exists() or written.read_bytes() == weights, "half-written"
            survived("SIGKILL of isf train")
            if not at_work:
                break
        done(*train(folder), said=said)
        assert (folder / "weights.safetensors").read_bytes() == weights
        pd.testing.assert_frame_equal(pd.read_csv(folder / "log.csv").drop(columns="seconds"), log)
        assert not list(folder.glob(f"{PREFIX}*"))


@pytest.fixture
def small_study(tree: Path) -> tuple[Path, list[str]]:  # noqa: F811
    """The tree of `test_run_all` with three notebooks alone, each a second long, and their names.

    The front door shows what 03 found.
    """
    names = ["01_data_preparation", "02_training", "03_comparison"]
    for path in (tree / "notebooks").glob("[0-9]*.ipynb"):
        if path.stem not in names:
            path.unlink()
    (tree / "params" / "quick.yaml").write_text("".join(f"{name}: {{}}\n" for name in names))
    return tree, names


@pytest.mark.skipif(not LONG, reason="minutes long; one point of it is in test_run_all. ISF_FAULTS=long asks for more")
def test_a_study_killed_at_random_again_and_again(small_study, chance: random.Random) -> None:
    tree, names = small_study  # noqa: F811
    quick = tree / "results" / "quick"
    for number in range(20):
        if number % 5 == 0:  # from the start again
            shutil.rmtree(tree / "results", ignore_errors=True)
        run = start_study(tree, "quick", "--no-install")
        try:
            run.wait(chance.uniform(0, 20))
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        for name in names:
            made = quick / name
            assert not made.exists() or not list(made.iterdir()) or (made / "notebook.ipynb").is_file(), "half-written"
            table = made / "tables" / "small.csv"
            assert not table.exists() or table.read_text() == "whole"
        survived("SIGKILL of run_all.sh")
    said = finish(start_study(tree, "quick", "--no-install"))
    assert said.rstrip().endswith(f"Report: {quick}/index.html")
    for name in names:
        assert (quick / name / "report.html").is_file()
        assert (quick / name / "tables" / "small.csv").read_text() == "whole"
    assert not list((quick / ".partial").iterdir())
