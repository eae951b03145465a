"""Every pair with every method: which rows come, in which order, and what stops what. Images by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from isfcore.pairs import Pair, read_whole
from isfstudy.comparison.fuse_all import fuse_all
from tests.helpers.images_by_hand import save


def flat(level: int, height: int = 20, width: int = 35) -> np.ndarray:
    return np.full((height, width), level, np.uint8)


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    """Constant images: infrared 10, 20, 30, visible 1, 2, 3."""
    return [
        Pair(stem, save(tmp_path / f"ir_{stem}.png", flat(10 * level)), save(tmp_path / f"vi_{stem}.png", flat(level)))
        for level, stem in enumerate(("a", "b", "c"), start=1)
    ]


def total(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
    return infrared + visible


def first(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
    return infrared


def levels(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[dict]:
    return [{"fused": int(fused.max()), "infrared": int(infrared.max()), "visible": int(visible.max())}]


def test_rows_stand_in_order_of_pairs_and_methods(pairs: list[Pair]) -> None:
    rows, problems = fuse_all(pairs, {"total": total, "first": first}, levels)
    assert problems == {}
    assert [tuple(row.values()) for row in rows] == [
        ("total", "a", 11, 10, 1), ("first", "a", 10, 10, 1),
        ("total", "b", 22, 20, 2), ("first", "b", 20, 20, 2),
        ("total", "c", 33, 30, 3), ("first", "c", 30, 30, 3),
    ]  # fmt: skip
    assert list(rows[0]) == ["method", "stem", "fused", "infrared", "visible"]


def test_an_image_may_give_several_rows(pairs: list[Pair]) -> None:
    def twice(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> Iterator[dict]:
        yield {"part": "top", "level": int(fused[0, 0])}
        yield {"part": "bottom", "level": int(fused[-1, 0])}

    rows, _ = fuse_all(pairs[:1], {"total": total}, twice)
    assert [(row["stem"], row["part"], row["level"]) for row in rows] == [("a", "top", 11), ("a", "bottom", 11)]


def test_pairs_are_cut_as_the_paper_cuts_them_unless_read_otherwise(pairs: list[Pair]) -> None:
    def size(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[dict]:
        return [{"sizes": (fused.shape, infrared.shape, visible.shape)}]

    (row,) = fuse_all(pairs[:1], {"total": total}, size)[0]
    assert row["sizes"] == ((16, 32),) * 3
    (row,) = fuse_all(pairs[:1], {"total": total}, size, read=read_whole)[0]
    assert row["sizes"] == ((20, 35),) * 3


def test_what_fails_under_one_method_does_not_stop_the_others(pairs: list[Pair]) -> None:
    def without_b(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        if stem == "b":
            raise ValueError("no image of this name")
        return infrared

    def small(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        return infrared[:8, :24]

    pairs[2].visible.write_bytes(b"no image")
    rows, problems = fuse_all(pairs, {"without b": without_b, "small": small, "total": total}, levels)
    assert [(row["method"], row["stem"]) for row in rows] == [("without b", "a"), ("total", "a"), ("total", "b")]
    assert problems.keys() == {"without b b", "small a", "small b", "c"}
    assert problems["without b b"] == "no image of this name"
    assert "the fused image is 24 x 8" in problems["small a"] and "32 x 16" in problems["small a"]
    assert "cannot be read as an image" in problems["c"]


def test_a_measure_that_fails_gives_no_half_of_its_rows(pairs: list[Pair]) -> None:
    def halting(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> Iterator[dict]:
        yield {"part": "top"}
        if infrared.max() == 20:
            raise ValueError("not of this one")

    rows, problems = fuse_all(pairs, {"total": total}, halting)
    assert [row["stem"] for row in rows] == ["a", "c"] and problems == {"total b": "not of this one"}


def test_a_defect_is_raised_and_not_collected(pairs: list[Pair]) -> None:
    def defective(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[dict]:
        raise KeyError("a slip of the pen")

    with pytest.raises(KeyError, match="slip of the pen"):
        fuse_all(pairs, {"total": total}, defective)


def test_what_is_treated_is_fused_and_measured_beside_the_clean_sources(pairs: list[Pair]) -> None:
    def treatments(stem: str, infrared: np.ndarray, visible: np.ndarray) -> list[tuple]:
        hidden = {"treatment": "hidden", "pixels": 5}
        return [({"treatment": "clean", "pixels": 0}, infrared, visible), (hidden, infrared * 0, visible)]

    rows, _ = fuse_all(pairs[:2], {"total": total, "first": first}, levels, treatments=treatments)
    found = [(row["stem"], row["treatment"], row["method"], row["fused"], row["infrared"]) for row in rows]
    assert found == [
        ("a", "clean", "total", 11, 10), ("a", "clean", "first", 10, 10),
        ("a", "hidden", "total", 1, 10), ("a", "hidden", "first", 0, 10),
        ("b", "clean", "total", 22, 20), ("b", "clean", "first", 20, 20),
        ("b", "hidden", "total", 2, 20), ("b", "hidden", "first", 0, 20),
    ]  # fmt: skip
    assert list(rows[0])[:4] == ["method", "stem", "treatment", "pixels"]


def test_each_pair_is_read_once_and_fused_once_a_method(pairs: list[Pair]) -> None:
    read, fused = [], []

    def counted(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        read.append(pair.stem)
        return read_whole(pair)

    def counting(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        fused.append(stem)
        return infrared

    fuse_all(pairs, {"one": counting, "other": counting}, levels, read=counted)
    assert sorted(read) == ["a", "b", "c"] and sorted(fused) == ["a", "a", "b", "b", "c", "c"]
