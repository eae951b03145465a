"""A run's folder: whose run it is, logs after a kill, checkpoints on a full disk."""

from __future__ import annotations

import copy
import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from isfcore.machine import files
from isfcore.training import run_folder
from isfcore.training.run_folder import (
    append_row,
    drop_rows_after,
    folder_name,
    load_checkpoint,
    load_gates,
    open_run,
    read_description,
    run_lock,
    save_checkpoint,
    save_gates,
)

RUN = {
    "recipe": {"name": "released", "alpha": 0.1},
    "schedule": {"batch": 16, "seed": 0},
    "data": "6 pairs",
    "code": "abc",
}
STATE = {"step": 4, "network": {"weight": torch.arange(6.0)}, "optimiser": {"state": {0: {"step": torch.tensor(4.0)}}}}


def changed(**changes) -> dict:
    """RUN with other values, named as `recipe__alpha`."""
    run = copy.deepcopy(RUN)
    for name, value in changes.items():
        *outer, last = name.split("__")
        (run[outer[0]] if outer else run)[last] = value
    return run


def test_a_run_s_folder_is_made_and_opened_again(tmp_path):
    folder = tmp_path / "new" / "run"
    open_run(folder, RUN)
    open_run(folder, copy.deepcopy(RUN))
    assert read_description(folder) == RUN
    assert os.listdir(folder) == ["run.json"]


@pytest.mark.parametrize(
    "change, said",
    [
        ({"schedule__seed": 7}, "schedule.seed is 0 there and 7 here"),
        ({"recipe__alpha": 0.2}, "recipe.alpha is 0.1 there and 0.2 here"),
        ({"data": "5 pairs"}, "data is 6 pairs there and 5 pairs here"),
        ({"code": "def", "data": "5 pairs"}, "code is abc there and def here; data is 6 pairs there and 5 pairs here"),
        ({"precision": "float32"}, "precision is None there and float32 here"),
        (
            {"schedule__seed": 7, "schedule__batch": 8},
            "schedule.batch is 16 there and 8 here; schedule.seed is 0 there and 7 here",
        ),
    ],
)
def test_another_run_is_refused_naming_what_differs(tmp_path, change, said):
    open_run(tmp_path, RUN)
    with pytest.raises(ValueError) as error:
        open_run(tmp_path, changed(**change))
    assert f"{tmp_path} holds another run: {said}. Choose another folder" in str(error.value)
    assert read_description(tmp_path) == RUN


def test_a_run_that_other_code_began_is_refused_naming_both(tmp_path):
    open_run(tmp_path, RUN)
    with pytest.raises(ValueError) as error:
        open_run(tmp_path, changed(code="def"))
    assert f"{tmp_path} holds a run that other code began (abc, and here it is def)" in str(error.value)
    assert "the version of then" in str(error.value)
    assert read_description(tmp_path) == RUN


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}: no training run, there is no run.json"):
        read_description(tmp_path)


def test_a_folder_s_name_differs_where_anything_does():
    others = [{"schedule__seed": 1}, {"schedule__batch": 8}, {"recipe__alpha": 0}, {"data": "5"}, {"code": "d"}]
    names = [folder_name(RUN), *(folder_name(changed(**other)) for other in others)]
    assert len(set(names)) == len(names)
    assert names[0].startswith("released-seed0-") and names[1].startswith("released-seed1-")
    assert folder_name(dict(reversed(RUN.items()))) == names[0]  # it does not depend on the order of what is said


def test_rows_are_appended_under_one_header(tmp_path):
    log = tmp_path / "log.csv"
    for step in (9999999, 10000000):  # more digits than a loss has
        append_row(log, {"step": step, "total": step / 3e8})
    assert log.read_text() == "step,total\n9999999,0.0333333\n10000000,0.0333333\n"
    drop_rows_after(log, 10000000)
    assert log.read_text() == "step,total\n9999999,0.0333333\n10000000,0.0333333\n"


@pytest.mark.parametrize(
    "after, kept",
    [
        ("", "1,0.5\n2,0.25\n"),
        ("3,0.125\n4,0.0625\n", "1,0.5\n2,0.25\n"),
        ("3,0.125\n4,0.0", "1,0.5\n2,0.25\n"),  # half a row, as a killed process leaves it
        ("3,0.1", "1,0.5\n2,0.25\n"),
        ("3", "1,0.5\n2,0.25\n"),
    ],
)
def test_rows_after_the_checkpoint_are_dropped(tmp_path, after, kept):
    log = tmp_path / "log.csv"
    log.write_text("step,total\n1,0.5\n2,0.25\n" + after)
    drop_rows_after(log, 2)
    assert log.read_text() == "step,total\n" + kept
    append_row(log, {"step": 3, "total": 9})
    assert log.read_text() == "step,total\n" + kept + "3,9\n"


def test_half_a_row_of_a_step_before_the_checkpoint_goes_too(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("step,total\n1,0.5\n2,0.2")
    drop_rows_after(log, 2)
    assert log.read_text() == "step,total\n1,0.5\n"


@pytest.mark.parametrize("text", ["", "step,to", "step,total\n", "step,total\n1", "step,total\n1,0.5\n"])
def test_a_log_without_rows_to_keep_starts_anew(tmp_path, text):
    log = tmp_path / "log.csv"
    log.write_text(text)
    drop_rows_after(log, 0)
    assert not log.exists()
    drop_rows_after(log, 0)  # nor is there anything to do
    append_row(log, {"step": 1, "total": 2})
    assert log.read_text() == "step,total\n1,2\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_log_on_a_full_disk_is_named(tmp_path):
    log = tmp_path / "log.csv"
    log.symlink_to("/dev/full")
    with pytest.raises(OSError, match=f"{log}.*No space left"):
        append_row(log, {"step": 1, "total": 2})


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    assert load_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, STATE)
    found = load_checkpoint(tmp_path)
    assert found["step"] == 4 and found.keys() == STATE.keys()
    assert torch.equal(found["network"]["weight"], STATE["network"]["weight"])
    assert torch.equal(found["optimiser"]["state"][0]["step"], torch.tensor(4.0))


@pytest.mark.parametrize("part", [0, 1, 100, 0.5, -1])
def test_a_damaged_checkpoint_is_named_with_the_cure(tmp_path, part):
    save_checkpoint(tmp_path, STATE)
    path = tmp_path / "checkpoint.pt"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole)) if isinstance(part, float) else part])
    with pytest.raises(ValueError, match=f"{path}: damaged, or not a checkpoint.*: delete it to start"):
        load_checkpoint(tmp_path)


def test_a_checkpoint_that_would_execute_code_is_not_read(tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    torch.save({"step": 1, "network": Harmful()}, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match="damaged, or not a checkpoint"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file"),
    ],
)
def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, monkeypatch, error):
    save_checkpoint(tmp_path, STATE)

    def save_a_part(state, path):
        Path(path).write_bytes(b"PK\x03\x04 and no more")
        raise error

    monkeypatch.setattr(run_folder.torch, "save", save_a_part)
    with pytest.raises(OSError) as raised:
        save_checkpoint(tmp_path, STATE | {"step": 6})
    said = str(raised.value)
    cause = getattr(error, "strerror", None) or str(error)
    assert str(tmp_path / "checkpoint.pt") in said and cause in said and "free some space" in said
    assert os.listdir(tmp_path) == ["checkpoint.pt"]  # no part of the new one
    assert load_checkpoint(tmp_path)["step"] == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_what_pytorch_raises_on_a_disk_that_is_really_full_is_understood(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, STATE)
    monkeypatch.setattr(files.secrets, "token_hex", lambda _: "full")
    partial = tmp_path / ".isf-full.pt"
    partial.symlink_to("/dev/full")
    with pytest.raises(OSError, match="checkpoint.pt could not be written .*: free some space"):
        save_checkpoint(tmp_path, STATE | {"step": 6})
    assert load_checkpoint(tmp_path)["step"] == 4 and not partial.is_symlink()


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(OSError, match=str(tmp_path / "gone" / "checkpoint.pt")):
        save_checkpoint(tmp_path / "gone", STATE)


def test_gates_come_back_by_step_in_order(tmp_path):
    assert load_gates(tmp_path) == {}
    rng = np.random.default_rng(0)
    kept = {
        step: {name: rng.integers(0, 256, (6, 8), dtype=np.uint8) for name in ("fused", "full_size")}
        for step in (500, 0, 1000)
    }
    for step, images in kept.items():
        save_gates(tmp_path, step, images)
    found = load_gates(tmp_path)
    assert list(found) == [0, 500, 1000]
    for step, images in found.items():
        assert images.keys() == kept[step].keys()
        assert all(np.array_equal(images[name], kept[step][name]) for name in images)
    save_gates(tmp_path, 500, kept[0])  # measured again
    assert np.array_equal(load_gates(tmp_path)[500]["fused"], kept[0]["fused"])


def test_one_run_at_a_time_is_at_work_in_a_folder(tmp_path):
    folder = tmp_path / "new" / "run"
    with run_lock(folder):
        with pytest.raises(ValueError, match=f"{folder}: a run is at work here: wait for its end, or choose another"):
            with run_lock(folder):
                raise AssertionError("two at once")
        with run_lock(tmp_path / "other"):
            pass
    with run_lock(folder):
        pass


def test_a_run_that_failed_leaves_no_lock_and_what_was_half_written_goes(tmp_path):
    with pytest.raises(KeyboardInterrupt), run_lock(tmp_path):
        raise KeyboardInterrupt
    (tmp_path / ".isf-12.pt").write_bytes(b"half")
    (tmp_path / "log.csv").write_text("mine")
    with run_lock(tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "log.csv"]


def test_a_checkpoint_that_is_none_and_a_damaged_log_are_survived(tmp_path):
    torch.save([1, 2], tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match="damaged, or not a checkpoint"):
        load_checkpoint(tmp_path)
    log = tmp_path / "log.csv"
    log.write_bytes(b"step,total\n1,0.5\nx,1\n\xff\xfe\n2,0.25\n")
    drop_rows_after(log, 2)
    assert log.read_text() == "step,total\n1,0.5\n2,0.25\n"
