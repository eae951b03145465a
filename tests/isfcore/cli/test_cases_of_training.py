"""Situations that real users met with `isf train` on folders of their own: see `test_cases`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from isfcore.cli.main import main
from isfcore.machine.files import PREFIX
from tests.helpers.made_up_tno import noise, save

ROOT = Path(__file__).parents[3]
SMALL = ("--batch=2", "--crop=16", "--validation-pairs=0")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    for name in ("0", "1"):
        save(tmp_path / "ir" / f"{name}.png", noise(24, 32, 1, seed=int(name)))
        save(tmp_path / "vi" / f"{name}.png", noise(24, 32, seed=10 + int(name)))
    return f"--infrared={tmp_path / 'ir'}", f"--visible={tmp_path / 'vi'}"


def isf_train(folder: Path, *options: str, recipe: str = "paired") -> tuple[int, str]:
    result = CliRunner().invoke(main, ["train", recipe, str(folder), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)  # no traceback
    assert "defect of isf" not in result.stderr
    return result.exit_code, result.stderr


def start(folder: Path, *options: str) -> subprocess.Popen:
    words = [sys.executable, "-m", "isfcore", "train", "paired", str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)


def test_of_two_runs_in_one_folder_the_second_is_refused(folders, tmp_path: Path) -> None:  # 07
    options = (*folders, *SMALL, "--steps=6", "--checkpoint-every=2")
    both = [start(tmp_path / "run", *options) for _ in range(2)]
    said = {process.communicate()[1]: process.returncode for process in both}
    assert sorted(said.values()) == [0, 1], said
    (refused,) = [text for text, code in said.items() if code]
    assert refused.splitlines()[-1] == (
        f"isf: {tmp_path / 'run'}: a run is at work here: wait for its end, or choose another folder"
    )
    assert pd.read_csv(tmp_path / "run" / "log.csv")["step"].to_list() == [1, 2, 3, 4, 5, 6]


def test_a_killed_run_leaves_no_lock_and_its_leftovers_go(folders, tmp_path: Path) -> None:
    options = (*folders, *SMALL, "--checkpoint-every=1")
    run = start(tmp_path / "run", *options, "--steps=100000")
    while not (tmp_path / "run" / "checkpoint.pt").exists():
        assert run.poll() is None, run.communicate()
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    done = len(pd.read_csv(tmp_path / "run" / "log.csv"))
    (tmp_path / "run" / f"{PREFIX}half.pt").write_bytes(b"half")
    code, said = isf_train(tmp_path / "run", *options, f"--steps={done + 2}")
    assert code == 0, said
    assert not list((tmp_path / "run").glob(f"{PREFIX}*"))


def test_one_folder_for_both_is_misuse(folders, tmp_path: Path) -> None:  # 04
    (tmp_path / "linked").symlink_to(tmp_path / "ir")
    for visible in ("ir", "linked"):
        code, said = isf_train(tmp_path / "run", folders[0], f"--visible={tmp_path / visible}", "--steps=1", *SMALL)
        assert code == 2 and "--infrared and --visible are one and the same" in said
    assert not (tmp_path / "run").exists()


def test_copies_of_one_image_are_refused(folders, tmp_path: Path) -> None:
    save(tmp_path / "vi" / "1.png", noise(24, 32, 1, seed=1))
    code, said = isf_train(tmp_path / "run", *folders, "--steps=1", *SMALL)
    assert code == 1 and "1.png show the same pixels: is one of them in the wrong place?" in said


def test_exchanged_folders_are_named_and_trained_on(folders, tmp_path: Path) -> None:  # 12
    exchanged = (f"--infrared={tmp_path / 'vi'}", f"--visible={tmp_path / 'ir'}")
    code, said = isf_train(tmp_path / "run", *exchanged, "--steps=1", *SMALL)
    hints = [line for line in said.splitlines() if line.startswith("hint")]
    assert code == 0 and len(hints) == 1
    assert "are they exchanged?" in hints[0] and hints[0].endswith(("0.png and 1 more", "1.png and 1 more"))


def test_without_a_set_to_watch_the_cure_is_named(folders, tmp_path: Path, monkeypatch) -> None:  # 27
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "none"))
    code, said = isf_train(tmp_path / "run", *folders, "--steps=1", "--batch=2", "--crop=16")
    assert code == 1 and "RoadScene test: no folder" in said
    assert said.rstrip().endswith("or train without watching it: --validation-pairs 0")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--steps=1", "--crop=8"), "isf: --crop must be at least 16, not 8"),
        (("--epochs=0",), "isf: --epochs must be at least 1, not 0"),
        (("--steps=-3",), "isf: --steps must be at least 1, not -3"),
        (("--steps=1", "--seed=-1"), "isf: --seed must be at least 0, not -1"),
        (("--steps=1", "--seed=99999999999999999999"), "isf: --seed must be less than 2**63, not 99999999999999999999"),
        (("--steps=1", "--learning-rate=nan"), "isf: --learning-rate must lie between 0 and 1, not nan"),
        (("--steps=1", "--validation-pairs=-1"), "isf: --validation-pairs must be at least 0, not -1"),
        (("--steps=1", "--processes=2", "--batch=3"), "isf: a --batch of 3 cannot be shared evenly by 2 --processes"),
        (("--steps=1", "--device=mps"), "isf: no device is called 'mps': use auto, cpu or cuda"),
        (("--steps=1", "--device=meta"), "isf: no device is called 'meta': use auto, cpu or cuda"),
    ],
)
def test_options_are_named_as_they_are_typed(folders, tmp_path: Path, options, said: str) -> None:  # 15, 28
    code, answer = isf_train(tmp_path / "run", *folders, *SMALL, *options)
    assert code == 1 and answer.splitlines()[-1] == said
    assert not (tmp_path / "run").exists()


def test_names_that_do_not_fit_are_named_without_options_that_train_lacks(tmp_path: Path) -> None:  # 21, 34
    infrared, visible = f"--infrared={tmp_path / 'ir'}", f"--visible={tmp_path / 'vi'}"
    save(tmp_path / "ir" / "day" / "a.png", noise(24, 32, 1))
    save(tmp_path / "vi" / "day" / "a.png", noise(24, 32))
    code, said = isf_train(tmp_path / "run", infrared, visible, "--steps=1", *SMALL)
    assert code == 1
    assert said == f"isf: there are no images in {tmp_path / 'ir'} itself, but folders: day; give one of them\n"
    save(tmp_path / "ir" / "a_ir.png", noise(24, 32, 1))
    save(tmp_path / "vi" / "a_vi.png", noise(24, 32))
    code, said = isf_train(tmp_path / "run", infrared, visible, "--steps=1", *SMALL)
    assert code == 1 and "no image has the same name" in said
    assert said.endswith("make them equal but for the extension\n") and "--pair" not in said


def test_names_that_are_no_text_can_be_trained_on(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("this file system holds texts alone")
    for name in (b"latin\xe9.png", b"plain.png"):
        save(tmp_path / "ir" / os.fsdecode(name), noise(24, 32, 1, seed=len(name)))
        save(tmp_path / "vi" / os.fsdecode(name), noise(24, 32, seed=9))
    folders = (f"--infrared={tmp_path / 'ir'}", f"--visible={tmp_path / 'vi'}")
    code, said = isf_train(tmp_path / "run", *folders, "--steps=1", *SMALL)
    assert code == 0, said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"base: own.yaml\n", "own.yaml: it has itself as its base: name another one"),
        (b"\xff\xfe\x00binary", "own.yaml: not a YAML file, for it is no text"),
        (b"{1: 2, a: 3}", "own.yaml: not a recipe, whose values have names"),
    ],
)
def test_recipes_that_are_none_are_named(folders, tmp_path: Path, monkeypatch, content: bytes, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_bytes(content)
    code, answer = isf_train(tmp_path / "run", *folders, "--steps=1", *SMALL, recipe="own.yaml")
    assert code == 1 and f"isf: {said}" in answer


@pytest.mark.parametrize("content", ["{", "[1]", ""])
def test_a_damaged_description_is_named(folders, tmp_path: Path, content: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(content)
    code, said = isf_train(tmp_path / "run", *folders, "--steps=1", *SMALL)
    assert code == 1 and f"{tmp_path / 'run' / 'run.json'}: " in said and "choose another folder" in said


def test_constant_pairs_are_refused(tmp_path: Path) -> None:
    for name in ("0", "1"):
        save(tmp_path / "ir" / f"{name}.png", np.zeros((24, 32), np.uint8))
        save(tmp_path / "vi" / f"{name}.png", np.full((24, 32), 9, np.uint8))
    folders = (f"--infrared={tmp_path / 'ir'}", f"--visible={tmp_path / 'vi'}")
    code, said = isf_train(tmp_path / "run", *folders, "--steps=1", *SMALL)
    assert code == 1 and "there is nothing to see in them" in said
