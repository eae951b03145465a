"""One call an item on all cores: order, what is collected and what is raised, and that PyTorch is left as it was."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import torch

from isfcore.machine.threads import all_in_threads, in_threads
from isfcore.pairs import Pair


def test_results_keep_the_order_of_the_items() -> None:
    done, problems = in_threads(lambda item: time.sleep(0.002 * (5 - item)) or item * 10, [3, 0, 4, 1, 2])
    assert list(done.items()) == [(3, 30), (0, 0), (4, 40), (1, 10), (2, 20)] and problems == {}
    assert in_threads(str, []) == ({}, {})


def test_only_what_images_do_wrong_is_collected() -> None:
    def fail(error: Exception | None) -> str:
        if error:
            raise error
        return "fine"

    errors = [ValueError("bad value"), OSError("bad file"), FileNotFoundError(2, "gone", "x.png"), ValueError(), None]
    done, problems = in_threads(fail, errors)
    assert done == {None: "fine"}
    assert list(problems.values()) == ["bad value", "bad file", "[Errno 2] gone: 'x.png'", "ValueError"]
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda item: 1 / item, [1, 0, 2])


@pytest.mark.parametrize("fails", [False, True])
def test_threads_compute_alone_and_leave_pytorch_as_it_was(fails: bool) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        if fails:
            with pytest.raises(ZeroDivisionError):
                in_threads(lambda item: 1 / 0, [0])
        else:
            done, _ = in_threads(lambda item: torch.get_num_threads(), range(4))
            assert set(done.values()) == {1}
        later: list[int] = []
        thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert (torch.get_num_threads(), later) == (3, [3])
    finally:
        torch.set_num_threads(before)


def test_all_cores_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isfcore.machine.threads.cores", lambda: 3)
    meeting = threading.Barrier(3, timeout=10)  # passes only when three threads wait at the same time
    done, _ = in_threads(lambda item: meeting.wait() >= 0, range(3))
    assert done == {0: True, 1: True, 2: True}


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture) -> None:
    in_threads(str, range(3), progress="scoring")
    said = capsys.readouterr()
    assert said.out == "" and "scoring" in said.err and "3/3" in said.err


def test_where_all_have_to_be_done_results_come_in_order() -> None:
    done = all_in_threads(lambda item: time.sleep(0.002 * (3 - item)) or item * 10, [2, 0, 1])
    assert list(done.items()) == [(2, 20), (0, 0), (1, 10)]
    assert all_in_threads(str, []) == {}


def test_where_all_have_to_be_done_the_failed_ones_are_named_after_all_were_tried() -> None:
    tried = []

    def fail(pair: Pair) -> None:
        tried.append(pair.stem)
        if pair.stem != "b":
            raise ValueError(f"{pair.stem} is wrong")

    pairs = [Pair(stem, Path(), Path()) for stem in "abc"]
    with pytest.raises(ValueError) as error:
        all_in_threads(fail, pairs)
    assert str(error.value) == "2 of 3 failed:\na: a is wrong\nc: c is wrong"
    assert sorted(tried) == ["a", "b", "c"]
    with pytest.raises(ZeroDivisionError):
        all_in_threads(lambda item: 1 / item, [1, 0])


def test_of_many_failed_ones_ten_are_named() -> None:
    def fail(item: int) -> None:
        raise OSError(f"no {item}")

    with pytest.raises(ValueError) as error:
        all_in_threads(fail, range(12))
    lines = str(error.value).splitlines()
    assert lines[0] == "12 of 12 failed:" and lines[1] == "0: no 0" and lines[-1] == "and 2 more" and len(lines) == 12
