"""A grid of four tiny runs from end to end: beside each other, killed, begun by other code, published."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from isfcore.training.run_folder import CHECKPOINT, DESCRIPTION, LOG, VALIDATION, WEIGHTS
from isfstudy.grid import records
from isfstudy.grid.plan import planned
from isfstudy.grid.work import TRIALS, missing, precision_on, steps_done, work, work_together

SMALL = {"steps": 4, "batch": 2, "side": 16, "seeds": 2, "looks": [2, 4], "settling": 1}
SMALL |= {"training_scenes": 2, "test_scenes": 1, "data": ["scenes_rate_1"], "arms": ["fidelity", "full"]}


def four() -> list:
    return planned("spurious_shift", **SMALL)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs, done by two grids that were started in one folder, of two processes each."""
    folder = tmp_path_factory.mktemp("grid")
    spawn = multiprocessing.get_context("spawn")
    arguments = {"workers": 2, "device": "cpu", "root": ""}
    grids = [spawn.Process(target=work_together, args=(four(), folder), kwargs=arguments) for _ in range(2)]
    for grid in grids:
        grid.start()
    for grid in grids:
        grid.join()
    assert [grid.exitcode for grid in grids] == [0, 0]
    return folder


def trials(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / TRIALS).read_text().splitlines()]


@pytest.mark.slow
def test_two_grids_in_one_folder_do_every_run_once(done):
    assert not missing(four(), done)
    for run in four():
        assert [trial["outcome"] for trial in trials(done / run.name)] == ["finished"]
        assert list(pd.read_csv(done / run.name / VALIDATION)["step"]) == [2, 4]
        assert list(pd.read_csv(done / run.name / LOG)["step"]) == [1, 2, 3, 4]


@pytest.mark.slow
def test_arms_of_a_seed_share_weights_and_crops_and_seeds_share_nothing(done):
    first = {run.name: pd.read_csv(done / run.name / LOG)["fidelity_total"].iloc[0] for run in four()}
    by_seed = {seed: {value for name, value in first.items() if name.endswith(f"seed{seed}")} for seed in range(2)}
    assert len(by_seed[0]) == len(by_seed[1]) == 1 and by_seed[0] != by_seed[1]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_bits(done, tmp_path):
    run = next(run for run in four() if run.arm == "full")
    process = multiprocessing.get_context("spawn").Process(target=_work_slowly, args=(run, tmp_path))
    process.start()
    deadline = time.monotonic() + 120
    while not (tmp_path / run.name / CHECKPOINT).is_file():
        assert process.is_alive() and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert missing([run], tmp_path)
    work_together([run], tmp_path, workers=2, device="cpu", root="")  # each with one thread, as the undisturbed one
    ours, theirs = (load_file(folder / run.name / WEIGHTS) for folder in (tmp_path, done))
    assert all((ours[name] == theirs[name]).all() for name in theirs)
    assert (tmp_path / run.name / VALIDATION).read_text() == (done / run.name / VALIDATION).read_text()


def _work_slowly(run, folder: Path) -> None:
    """A checkpoint at each step, and time to be killed after it."""
    from isfcore.training import loop
    from isfstudy.grid import work as working

    torch.set_num_threads(1)
    working.CHECKPOINT_EVERY = 1
    plain = loop.save_checkpoint

    def slowly(*arguments: object) -> None:
        plain(*arguments)
        time.sleep(1)

    loop.save_checkpoint = slowly
    working.work([run], folder, device="cpu")


@pytest.mark.slow
def test_a_run_that_other_code_began_starts_anew(done, tmp_path):
    run = four()[0]
    begun = tmp_path / run.name
    begun.mkdir(parents=True)
    (begun / DESCRIPTION).write_text('{"code": "of another day"}')
    (begun / LOG).write_text("step,total\n1,0.5\n")
    work([run], tmp_path, device="cpu")
    assert (begun / LOG).read_text().splitlines()[1].split(",")[0] == "1" and len(pd.read_csv(begun / LOG)) == 4
    assert json.loads((begun / DESCRIPTION).read_text())["experiment"] == "spurious_shift"


@pytest.mark.slow
def test_records_only_grow(done, tmp_path):
    assert records.publish(done, tmp_path, note="said") == {"spurious_shift": 4}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert records.publish(done, tmp_path) == {"spurious_shift": 0}
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    found = records.looks(tmp_path, "spurious_shift")
    assert sorted(found["run"]) == sorted(run.name.partition("/")[2] for run in four())
    look = pd.read_csv(done / four()[1].name / VALIDATION)
    row = found.set_index("run").loc[four()[1].name.partition("/")[2]]
    assert row["response_intact"] == pytest.approx(look["response_intact"].mean()) and row["steps"] == 4
    line = records.runs(tmp_path, "spurious_shift")[0]
    assert (
        line["note"] == "said" and line["description"]["precision"] == "float32" and len(line["weights_sha256"]) == 64
    )
    assert len(records.trials(tmp_path)) == 4
    assert "spurious_shift/full-scenes_rate_1-seed0" not in records.missing(tmp_path, "spurious_shift")
    assert "spurious_shift/full-scenes_rate_1-seed7" in records.missing(tmp_path, "spurious_shift")


@pytest.mark.slow
def test_a_publishing_that_was_killed_is_done_again(done, tmp_path, monkeypatch):
    """Runs are published once the last file says so; rows that were written before it are not written twice."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(records, "append_lines", lambda path, lines: killed() if path.stem == "runs" else None)
        with pytest.raises(KeyboardInterrupt):
            records.publish(done, tmp_path)
    assert (tmp_path / "spurious_shift" / "looks.csv").is_file() and records.looks(tmp_path, "spurious_shift").empty
    assert records.publish(done, tmp_path) == {"spurious_shift": 4}
    rows = pd.read_csv(tmp_path / "spurious_shift" / "looks.csv")
    assert len(rows) == 8 and not rows.duplicated(["run", "step"]).any()
    assert not pd.read_csv(tmp_path / "spurious_shift" / "losses.csv").duplicated(["run", "step"]).any()


@pytest.mark.slow
def test_runs_from_another_kind_of_device_are_published_too(done, tmp_path):
    other = tmp_path / "runs"
    shutil.copytree(done, other, ignore=shutil.ignore_patterns("scenes"))
    for run in four():
        description = json.loads((other / run.name / DESCRIPTION).read_text())
        (other / run.name / DESCRIPTION).write_text(json.dumps(description | {"device": "cuda"}))
        (other / run.name / TRIALS).unlink()  # as of one that was killed after its weights were written
    records.publish(done, tmp_path / "kept")
    assert records.publish(other, tmp_path / "kept") == {"spurious_shift": 4}
    assert len(records.runs(tmp_path / "kept", "spurious_shift")) == 8
    assert len(records.looks(tmp_path / "kept", "spurious_shift")) == 4


def test_experiments_that_are_compared_have_one_kind_of_device(tmp_path):
    for name, device, seeds in (("one", "cpu", 3), ("other", "cuda", 2)):
        rows = [("a", "d", seed, f"a-d-seed{seed}", "float32", device, 4, 1.0) for seed in range(seeds)]
        table = pd.DataFrame(rows, columns=["arm", "data", "seed", "run", "precision", "device", "step", "figure"])
        (tmp_path / name).mkdir()
        table.to_csv(tmp_path / name / "looks.csv", index=False)
        write_lines(tmp_path / name, table, [device] * seeds)
    assert len(records.looks(tmp_path, "other")) == 2
    assert set(records.looks(tmp_path, "one", "other")["device"]) == {"cpu"}


def test_runs_of_two_precisions_are_not_mixed(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = [("a", 0, "tf32", 1.0), ("a", 0, "float32", 2.0), ("b", 0, "float32", 3.0)]
    table = pd.DataFrame(rows, columns=["arm", "seed", "precision", "figure"]).assign(data="d", step=4)
    table["run"] = table["arm"] + "-d-seed0"
    table["device"] = "cpu"
    table.to_csv(folder / "looks.csv", index=False)
    write_lines(folder, table, ["cpu", "cpu", "cpu"])
    found = records.looks(tmp_path, "mine")
    assert list(found["figure"]) == [2.0, 3.0] and list(found["minutes"]) == [1.0, 1.0]
    assert records.looks(tmp_path, "another").empty


def test_what_records_hold_from_this_kind_of_device_is_not_done_again(tmp_path):
    (tmp_path / "spurious_shift").mkdir()
    names = [run.name.partition("/")[2] for run in four()]
    table = pd.DataFrame({"run": names[:3], "precision": ["tf32", "float32", "float32"]})
    write_lines(tmp_path / "spurious_shift", table, ["cuda", "cpu", "cuda"])  # the last in no precision of the plan

    def lacking(place: str) -> list[str]:
        left = records.unrecorded(tmp_path, four(), torch.device(place))
        return [run.name.partition("/")[2] for run in left]

    assert lacking("cuda") == names[1:]
    assert lacking("cpu") == [names[0], *names[2:]]  # which has no tf32


def write_lines(folder: Path, table: pd.DataFrame, devices: list[str]) -> None:
    about = zip(table.itertuples(), devices, strict=True)
    described = [(row.run, {"precision": row.precision, "device": device}) for row, device in about]
    lines = [json.dumps({"run": run, "seconds": 60, "description": said}) + "\n" for run, said in described]
    (folder / "runs.jsonl").write_text("".join(lines))


def test_runs_of_two_kinds_of_device_are_not_mixed(tmp_path):
    """Their masks are drawn by other generators, so that a seed is not the same seed."""
    folder = tmp_path / "mine"
    folder.mkdir()
    table = pd.DataFrame([("a", 0, 1.0), ("a", 1, 2.0), ("b", 0, 3.0)], columns=["arm", "seed", "figure"])
    table = table.assign(
        data="d", step=4, precision="bfloat16", run=table["arm"] + "-d-seed" + table["seed"].astype(str)
    )
    table.assign(device=["cuda", "cpu", "cuda"]).to_csv(folder / "looks.csv", index=False)
    write_lines(folder, table, ["cuda", "cpu", "cuda"])
    assert list(records.looks(tmp_path, "mine")["figure"]) == [1.0, 3.0]


def test_a_run_that_fails_does_not_keep_the_others_from_being_done(monkeypatch, tmp_path):
    tried = []

    def fails(run, *_) -> None:
        tried.append(run.name)
        if run.arm == "full":
            raise FloatingPointError("not a finite number: total")

    monkeypatch.setattr("isfstudy.grid.work._train", fails)
    monkeypatch.setattr("isfstudy.grid.work._read", lambda *_: ([], ""))
    monkeypatch.setattr("isfstudy.grid.work.measure", lambda *_: None)
    with pytest.raises(
        ChildProcessError, match="2 runs failed .* spurious_shift/full-scenes_rate_1-seed0: not a finite"
    ):
        work(four(), tmp_path, device="cpu")
    assert tried == [run.name for run in four()]


def test_progress_counts_steps_of_finished_and_begun_runs(tmp_path):
    for run, rows in zip(four()[:2], (4, 2), strict=True):
        (tmp_path / run.name).mkdir(parents=True)
        (tmp_path / run.name / LOG).write_text("step,total\n" + "1,0.5\n" * rows)
    finished = tmp_path / four()[2].name
    finished.mkdir(parents=True)
    (finished / WEIGHTS).touch()  # whose log has been moved away
    assert steps_done(four(), tmp_path) == 4 + 2 + 4
    assert steps_done(four(), tmp_path / "nowhere") == 0


def test_precision_is_that_of_the_device():
    assert precision_on(torch.device("cpu"), "tf32") == "float32"
    assert precision_on(torch.device("cpu"), "bfloat16") == "bfloat16"
    assert precision_on(torch.device("cuda"), "tf32") == "tf32"
    with pytest.raises(ValueError, match="tf32, bfloat16 or float32, not 'half'"):
        precision_on(torch.device("cpu"), "half")
