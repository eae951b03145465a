"""Scores are those of `isf evaluate`, and none is taken twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isfcore.evaluation import score_folder
from isfcore.images import grey
from isfcore.metrics import METRICS
from isfcore.metrics_further import FURTHER_METRICS, evaluate_further
from isfstudy.ranking import scoring
from isfstudy.ranking.folders import gather
from isfstudy.ranking.scoring import Way, score_methods
from tests.helpers.made_up_tno import noise, save

STANDARD = Way("standard")


def made_up(folder: Path, *, side: int = 24, stems: str = "012", methods: str = "AB") -> Path:
    for number, stem in enumerate(stems):
        save(folder / "ir" / f"{stem}.png", noise(side, side, 1, seed=number))
        save(folder / "vi" / f"{stem}.png", noise(side, side, 3, seed=number + 10))
        for place, method in enumerate(methods):
            save(folder / method / f"{stem}.png", noise(side, side, 1, seed=number + 20 + 10 * place))
    return folder


def files_of(folder: Path, methods: str = "AB"):
    return gather({method: folder / method for method in methods}, folder / "ir", folder / "vi").files


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, ...]]:
    """The files of each score that is taken."""
    taken, read = [], scoring.read_luma

    def reading(*paths: Path, **how: str):
        taken.append(paths)
        return read(*paths, **how)

    monkeypatch.setattr(scoring, "read_luma", reading)
    return taken


@pytest.mark.parametrize("way", [STANDARD, Way("paper", "unrounded", "stretch")])
def test_scores_are_those_of_isf_evaluate(tmp_path: Path, way: Way) -> None:
    made_up(tmp_path)
    save(tmp_path / "ir" / "1.png", np.arange(24 * 24, dtype=np.uint16).reshape(24, 24) * 100)
    found = score_methods(files_of(tmp_path), way)
    for method in "AB":
        how = {"convention": way.convention, "sources": way.sources, "sixteen_bit": way.sixteen_bit}
        expected, problems = score_folder(tmp_path / method, tmp_path / "ir", tmp_path / "vi", **how)
        rows = found.per_image[found.per_image["method"] == method].set_index("stem")[list(METRICS)]
        assert rows.to_dict("index") == expected and not problems and not found.problems


def test_all_metrics_are_the_five_and_the_further_ones(tmp_path: Path) -> None:
    found = score_methods(files_of(made_up(tmp_path, side=170, stems="0")), Way("standard", metrics="all")).per_image
    assert list(found.columns) == ["method", "stem", *METRICS, *FURTHER_METRICS]
    expected = evaluate_further(noise(170, 170, 1, 30), noise(170, 170, 1, 0), grey(noise(170, 170, 3, 10)))
    assert found.set_index("method").loc["B", list(FURTHER_METRICS)].to_dict() == expected


def test_images_too_small_for_the_further_metrics_are_named(tmp_path: Path) -> None:
    found = score_methods(files_of(made_up(tmp_path)), Way("standard", metrics="all"))
    assert found.per_image.empty and len(found.problems) == 6
    assert "161 pixels a side or more" in found.problems["A, 0"]


def test_what_is_known_is_not_scored_again(tmp_path: Path, counted: list) -> None:
    files, kept = files_of(made_up(tmp_path)), tmp_path / "scores.jsonl"
    first = score_methods(files, STANDARD, kept=kept)
    assert (len(counted), first.known) == (6, 0)
    second = score_methods(files, STANDARD, kept=kept)
    assert (len(counted), second.known) == (6, 6)
    pd.testing.assert_frame_equal(first.per_image, second.per_image, check_exact=True)


def test_only_what_has_changed_is_scored_again(tmp_path: Path, counted: list) -> None:
    kept = tmp_path / "scores.jsonl"
    score_methods(files_of(made_up(tmp_path)), STANDARD, kept=kept)
    save(tmp_path / "A" / "1.png", noise(24, 24, 1, seed=99))
    (tmp_path / "B").rename(tmp_path / "C")  # names do not matter
    counted.clear()
    assert score_methods(files_of(tmp_path, "AC"), STANDARD, kept=kept).known == 5
    assert counted == [files_of(tmp_path, "AC")["A"]["1"]]
    save(tmp_path / "ir" / "0.png", noise(24, 24, 1, seed=98))
    assert score_methods(files_of(tmp_path, "AC"), STANDARD, kept=kept).known == 4, "a source belongs to all"
    assert score_methods(files_of(tmp_path, "AC"), Way("paper"), kept=kept).known == 0


def test_other_code_makes_other_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, kept = files_of(made_up(tmp_path)), tmp_path / "scores.jsonl"
    score_methods(files, STANDARD, kept=kept)
    monkeypatch.setattr(scoring, "code_digest", lambda modules, files: "another")
    assert score_methods(files, STANDARD, kept=kept).known == 0


@pytest.mark.parametrize("cut", [2, 20, 150])
def test_a_line_that_was_cut_short_is_taken_anew(tmp_path: Path, cut: int) -> None:
    files, kept = files_of(made_up(tmp_path)), tmp_path / "scores.jsonl"
    whole = score_methods(files, STANDARD, kept=kept).per_image
    kept.write_bytes(kept.read_bytes()[:-cut])
    for known in (5, 6):
        found = score_methods(files, STANDARD, kept=kept)
        assert found.known == known
        pd.testing.assert_frame_equal(found.per_image, whole, check_exact=True)


def test_strange_lines_count_as_none(tmp_path: Path) -> None:
    files, kept = files_of(made_up(tmp_path)), tmp_path / "scores.jsonl"
    kept.write_bytes(b'\xff\x00\n[]\n{"key": 3}\n{"key": "x", "scores": {"AG": "high"}}\n')
    assert score_methods(files, STANDARD, kept=kept).known == 0
    assert score_methods(files, STANDARD, kept=kept).known == 6


def test_scores_that_cannot_be_kept_are_there_all_the_same(tmp_path: Path) -> None:
    files, kept = files_of(made_up(tmp_path)), tmp_path / "no" / "scores.jsonl"
    found = score_methods(files, STANDARD, kept=kept)
    assert len(found.per_image) == 6 and f"{kept} could not be written" in found.unkept


def test_an_image_that_one_method_cannot_be_scored_on_is_left_out_of_all(tmp_path: Path) -> None:
    files = files_of(made_up(tmp_path))
    (tmp_path / "B" / "1.png").write_bytes(b"no image")
    save(tmp_path / "A" / "2.png", noise(24, 20, 1))
    found = score_methods(files, STANDARD, kept=tmp_path / "scores.jsonl")
    assert found.incomplete == ["1", "2"] and found.per_image["stem"].tolist() == ["0", "0"]
    assert set(found.problems) == {"B, 1", "A, 2"} and "differ in size" in found.problems["A, 2"]
    assert len([line for line in (tmp_path / "scores.jsonl").read_text().splitlines() if line]) == 4


def test_scores_that_are_no_numbers_are_named_and_known_as_such(tmp_path: Path) -> None:
    made_up(tmp_path)
    for kind in ("ir", "A"):  # all three have one luma
        save(tmp_path / kind / "0.png", grey(noise(24, 24, 3, seed=10)))
    for known in (0, 6):
        found = score_methods(files_of(tmp_path), STANDARD, kept=tmp_path / "scores.jsonl")
        assert found.known == known and found.incomplete == ["0"]
        assert found.problems == {"A, 0": "PSNR is inf: are images equal, or one level all over?"}
    entries = (json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines() if line)
    assert max(entry["scores"]["PSNR"] for entry in entries) == np.inf
