"""Scoring folders: against the definitions written out by hand, and what happens to images that cannot be scored."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import direct
from isfcore.evaluation import score, score_all, score_folder
from isfcore.machine.threads import in_threads
from isfcore.metrics import METRICS


def levels(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    for number, name in enumerate(("fused", "infrared", "visible")):
        (tmp_path / name).mkdir()
        for other, stem in enumerate(("b", "a", "c")):
            Image.fromarray(levels(12, 14, seed=10 * number + other)).save(tmp_path / name / f"{stem}.png")
    return {name: tmp_path / name for name in ("fused", "infrared", "visible")}


def test_scores_of_a_small_image_by_hand() -> None:
    fused = np.array([[0, 2, 4], [0, 2, 4], [0, 2, 4]], np.uint8)
    values = score(fused, fused, fused + 3, convention="standard")
    assert values["AG"] == pytest.approx(np.sqrt(2))  # gradient (0, 2) everywhere
    assert values["SF"] == pytest.approx(2)  # no change down, 2 across
    assert values["PSNR"] == pytest.approx(10 * np.log10(255**2 / 4.5))  # mean of errors 0 and 9
    assert values["CC"] == pytest.approx(1)
    assert list(values) == list(METRICS) and all(type(value) is float for value in values.values())


@pytest.mark.parametrize("convention", ["paper", "standard"])
def test_a_folder_scores_as_the_definitions_say(folders: dict[str, Path], convention: str) -> None:
    table, problems = score_folder(**folders, convention=convention)
    assert problems == {} and list(table.index) == ["a", "b", "c"] and list(table.columns) == list(METRICS)
    assert table.index.name == "stem"
    for stem in table.index:
        images = [np.asarray(Image.open(folder / f"{stem}.png")) for folder in folders.values()]
        expected = direct.metrics(*images, convention=convention)
        assert table.loc[stem].to_dict() == pytest.approx(expected, rel=1e-6), stem


def test_colour_counts_by_its_luma_in_whole_levels(folders: dict[str, Path]) -> None:
    coloured = levels(12, 14, 3)
    Image.fromarray(coloured).save(folders["fused"] / "a.png")
    table, _ = score_folder(**folders, convention="standard")
    sources = [np.asarray(Image.open(folders[name] / "a.png")) for name in ("infrared", "visible")]
    expected = score(np.rint(coloured @ np.array([0.299, 0.587, 0.114])), *sources, convention="standard")
    assert table.loc["a"].to_dict() == pytest.approx(expected)


def test_what_cannot_be_scored_is_named_by_stem(folders: dict[str, Path]) -> None:
    (folders["fused"] / "a.png").write_bytes(b"no image")
    Image.fromarray(levels(12, 15)).save(folders["visible"] / "b.png")
    Image.fromarray(levels(12, 14)).save(folders["fused"] / "d.png")
    Image.fromarray(levels(12, 14).astype(np.uint16) * 257).save(folders["infrared"] / "c.png")
    table, problems = score_folder(**folders, convention="paper")
    assert table.empty and list(table.columns) == list(METRICS)
    assert "a.png: cannot be read as an image" in problems["a"]
    assert "the images differ in size: fused 14 x 12, infrared 14 x 12, visible 15 x 12; bring" in problems["b"]
    assert "c.png: has 16 bits, and the metrics are defined on 8" in problems["c"]
    assert problems["d"] == "no infrared and no visible image of this name"


def test_a_missing_folder_and_two_files_of_one_stem_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere: no such folder"):
        score_folder(**folders | {"fused": folders["fused"] / "nowhere"}, convention="paper")
    Image.fromarray(levels(12, 14)).save(folders["fused"] / "a.bmp")
    with pytest.raises(ValueError, match="share one stem"):
        score_folder(**folders, convention="paper")


def test_an_unknown_convention_is_a_problem_of_every_image() -> None:
    table, problems = score_all({"a": lambda: (levels(5, 5),) * 3}, convention="mine")
    assert table.empty and "paper, standard, not 'mine'" in problems["a"]


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
