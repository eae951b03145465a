"""Disks that are full, or may only be read: the message says so, what was there stays, and afterwards it goes on."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isfcore.machine.files import PREFIX
from tests.faults.figures import named, points, survived
from tests.faults.processes import done, ended, start
from tests.helpers.made_up_tno import noise, save
from tests.helpers.small_sets import write_set

Mount = Callable[[str], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Mount]:
    """A small disk: a function that makes it, or changes it, as `mount -o` is told, such as `size=64k` and `ro`."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        remount = "remount," if os.path.ismount(place) else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{remount}{options}", "tmpfs", str(place)]
        told = subprocess.run(command, capture_output=True, text=True) if shutil.which("mount") else None
        if told is None or told.returncode:
            pytest.skip("no disk can be mounted here; test_files_that_may_not_grow stands for it")
        return place

    yield mount
    if os.path.ismount(place):
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    for number in range(8):
        save(folder / "ir" / f"{number}.png", noise(24, 32, 1, seed=number))
        save(folder / "vi" / f"{number}.png", noise(24, 32, seed=100 + number))
    return folder


def train(folder: Path, root: Path) -> tuple[object, ...]:
    options = (
        "--dataset=scenes",
        "--batch=2",
        "--crop=32",
        "--validation-pairs=0",
        "--steps=3",
        "--checkpoint-every=1",
    )
    return "train", "released", folder, "--root", root, *options


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def test_fusing_onto_a_full_disk(disk: Mount, pairs: Path, weights: Path, tmp_path: Path, chance) -> None:
    fuse = ("fuse", pairs / "ir", pairs / "vi", "--weights", weights, "-o")
    done(*fuse, tmp_path / "undisturbed", said=tmp_path / "said")
    expected = contents(tmp_path / "undisturbed")
    for _ in range(points(short=1, long=8)):
        place = disk(f"size={4 * chance.randint(1, 7)}k")
        assert ended(start(*fuse, place, said=tmp_path / "said")) == 1
        said = (tmp_path / "said").read_text()
        named("full disk", said, str(place))
        assert "(No space left on device): free some space and start again" in said
        left = contents(place)
        assert left.items() <= expected.items() and len(left) < 8 and f"{8 - len(left)} could not be done" in said
        disk("size=64m")
        done(*fuse, place, said=tmp_path / "said")
        assert contents(place) == expected
        survived("full disk")
        shutil.rmtree(place, ignore_errors=True)


def test_scores_onto_a_full_disk(disk: Mount, pairs: Path, tmp_path: Path) -> None:
    place = disk("size=4k")
    (place / "filled").write_bytes(bytes(4096))
    score = ("evaluate", pairs / "ir", "--ir", pairs / "ir", "--vi", pairs / "vi", "--csv", place / "s.csv")
    assert ended(start(*score, said=tmp_path / "said")) == 1
    named("full disk", (tmp_path / "said").read_text(), f"{place / 's.csv'} could not be written (No space left")
    assert [path.name for path in place.iterdir()] == ["filled"]
    disk("size=64k")
    done(*score, said=tmp_path / "said")
    assert len(pd.read_csv(place / "s.csv")) == 9
    survived("full disk")


def test_training_onto_a_full_disk(disk: Mount, tmp_path: Path, chance: random.Random) -> None:
    root, said = tmp_path / "sets", tmp_path / "said"
    write_set(root, count=4, split="train")
    done(*train(tmp_path / "undisturbed", root), said=said)
    weights = (tmp_path / "undisturbed" / "weights.safetensors").read_bytes()
    for number in range(points(short=1, long=10)):
        # No room for a second checkpoint, for a description, for a log, or for anything between.
        size = (2600, 4, 8)[number] if number < 3 else chance.randint(12, 4800)
        place = disk(f"size={size}k")
        if ended(start(*train(place / "run", root), said=said)):
            told = said.read_text()
            named("full disk", told, str(place))
            assert "free some space and start again" in told.splitlines()[-1]
        disk("size=64m")
        done(*train(place / "run", root), said=said)
        assert (place / "run" / "weights.safetensors").read_bytes() == weights
        assert not list((place / "run").glob(f"{PREFIX}*"))
        assert list(pd.read_csv(place / "run" / "log.csv")["step"]) == [1, 2, 3]
        survived("full disk")
        shutil.rmtree(place / "run")


def test_files_that_may_not_grow(pairs: Path, weights: Path, tmp_path: Path) -> None:
    """A limit on a file's size, as `ulimit -f` and some file systems set it: a full disk where none can be mounted."""
    said = tmp_path / "said"
    fuse = ("fuse", pairs / "ir", pairs / "vi", "--weights", weights, "-o", tmp_path / "out")
    assert ended(start(*fuse, said=said, largest=1000)) == 1
    assert contents(tmp_path / "out") == {}
    named("full disk", said.read_text(), f"{tmp_path / 'out' / '0.png'} could not be written")
    root = tmp_path / "sets"
    write_set(root, count=4, split="train")
    assert ended(start(*train(tmp_path / "run", root), said=said, largest=100_000)) == 1
    named("full disk", said.read_text(), str(tmp_path / "run" / "checkpoint.pt"))
    assert not list((tmp_path / "run").glob(f"{PREFIX}*")) and not (tmp_path / "run" / "checkpoint.pt").exists()
    done(*train(tmp_path / "run", root), said=said)
    survived("full disk")


def test_a_disk_that_may_only_be_read(disk: Mount, pairs: Path, weights: Path, tmp_path: Path) -> None:
    """Root may write to folders without permission, and to no disk like this one."""
    root = tmp_path / "sets"
    write_set(root, count=4, split="train")
    (tmp_path / "w.pth").write_bytes(b"weights")
    place = disk("size=1m")
    save(place / "images" / "a.png", np.zeros((24, 32), np.uint8))
    disk("ro")
    commands = {
        place / "out": ("fuse", pairs / "ir", pairs / "vi", "--weights", weights, "-o", place / "out"),
        place / "out.png": ("fuse", *pairs.glob("*/1.png"), "--weights", weights, "-o", place / "out.png"),
        place / "s.csv": (
            "evaluate",
            pairs / "ir",
            "--ir",
            pairs / "ir",
            "--vi",
            pairs / "vi",
            "--csv",
            place / "s.csv",
        ),
        place / "run": train(place / "run", root),
        place / "images": train(place / "images", root),
        place / "weights": ("data", "fetch", "weights", "--root", place, "--source", tmp_path / "w.pth"),
    }
    for at_fault, command in commands.items():
        assert ended(start(*command, said=tmp_path / "said")) == 1, command
        told = (tmp_path / "said").read_text()
        named(
            "read-only disk", told, str(at_fault if at_fault.suffix != ".csv" and at_fault.suffix != ".png" else place)
        )
        assert "defect" not in told
        survived("read-only disk")
