"""Scores of boxes, against hand-computed cases and the standard evaluator."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isfstudy.downstream.detection_scores import (
    THRESHOLDS,
    columns,
    match,
    mean_precision,
    overlaps,
    per_image,
    resampled_precision,
)
from isfstudy.downstream.standard_evaluator import average_precision, standard_precision

BOX = [0, 0.5, 0.5, 0.2, 0.2]
TRUTHS = [np.array([BOX, [0, 0.2, 0.2, 0.1, 0.1]]), np.array([[1, 0.5, 0.5, 0.4, 0.4]])]
# First image: the large box is found, then found once more, and the small one is missed. Second image: nothing true.
FOUND = [np.array([[*BOX, 0.9], [*BOX, 0.8]]), np.array([[0, 0.5, 0.5, 0.4, 0.4, 0.85]])]


def random_case(seed: int, images: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    draws = np.random.default_rng(seed)

    def boxes(count: int) -> np.ndarray:
        return np.c_[
            draws.integers(0, 3, count), draws.uniform(0.3, 0.7, (count, 2)), draws.uniform(0.1, 0.3, (count, 2))
        ]

    truths = [boxes(draws.integers(0, 6)) for _ in range(images)]
    moved = [true + np.c_[np.zeros(len(true)), draws.normal(0, 0.02, (len(true), 4))] for true in truths]
    found = [np.r_[near, boxes(draws.integers(0, 4))] for near in moved]
    return [np.c_[each, draws.uniform(0.02, 1, len(each))] for each in found], truths


def test_overlaps_by_hand() -> None:
    one, other = np.array([[0.5, 0.5, 0.2, 0.2]]), np.array([[0.6, 0.5, 0.2, 0.2], [0.9, 0.9, 0.1, 0.1]])
    assert overlaps(one, other)[0].tolist() == pytest.approx([1 / 3, 0])


def test_average_precision_by_hand() -> None:
    """Right, wrong, wrong, with two true boxes: precision 1 up to recall 1/2, which is 51 of 101 places, then 0."""
    for values in (
        average_precision(FOUND, TRUTHS, 3),
        resampled_precision(match(FOUND, TRUTHS, 3), np.ones((1, 2)))[0],
    ):
        assert values[0].tolist() == pytest.approx([51 / 101] * 10)
        assert values[1].tolist() == [0] * 10  # there is one, and it was not found
        assert np.isnan(values[2]).all()  # there is none
        half, whole = mean_precision(values)
        assert [half, whole] == pytest.approx([51 / 202] * 2)


def test_nothing_found() -> None:
    empty = [np.zeros((0, 6))] * 2
    for values in (
        average_precision(empty, TRUTHS, 3),
        resampled_precision(match(empty, TRUTHS, 3), np.ones((1, 2)))[0],
    ):
        assert values[:2].tolist() == [[0] * 10] * 2 and np.isnan(values[2]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_equals_the_standard_evaluator(seed: int, images: int) -> None:
    found, truths = random_case(seed, images)
    ours = resampled_precision(match(found, truths, 3), np.ones((1, images)))[0]
    assert ours == pytest.approx(average_precision(found, truths, 3), abs=1e-9, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_weights_are_images_that_stand_there_twice(seed: int) -> None:
    found, truths = random_case(seed, 4)
    weights = np.array([[2, 1, 0, 1]])
    drawn = [0, 0, 1, 3]
    ours = resampled_precision(match(found, truths, 3), weights)[0]
    standard = average_precision([found[index] for index in drawn], [truths[index] for index in drawn], 3)
    assert ours == pytest.approx(standard, abs=1e-9, nan_ok=True)


def test_columns_agree_with_the_evaluator() -> None:
    found, truths = random_case(1, 30)
    names = ("person", "bicycle", "car")
    ours = {name: of(np.ones((1, 30)))[0] for name, of in columns([match(found, truths, 3)], names).items()}
    assert ours == pytest.approx(standard_precision([found], truths, names))
    assert list(ours) == ["mAP50", "mAP50-95", *names]


def test_f1_of_an_image_by_hand() -> None:
    """First image: 1 right of 2 found and 2 true, 2 / 4. Second: 1 true, 1 found of another class, 0."""
    assert per_image([match(FOUND, TRUTHS, 3)]).tolist() == [0.5, 0]
    unsure = [FOUND[0] * [1, 1, 1, 1, 1, 0.1], np.zeros((0, 6))]
    assert per_image([match(unsure, TRUTHS, 3)]).tolist() == [0, 0]
    assert np.isnan(per_image([match([FOUND[0]], [np.zeros((0, 5))], 3)])[0])


def test_a_stronger_detection_takes_the_true_box() -> None:
    found = [np.array([[0, 0.52, 0.5, 0.2, 0.2, 0.9], [*BOX, 0.8]])]
    (first, *_) = match(found, [np.array([BOX])], 1)
    assert first.right[0].tolist() == [True, False]  # at 0.5 the stronger one fits well enough
    assert first.right[np.searchsorted(THRESHOLDS, 0.85)].tolist() == [False, True]


def test_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="detections in 1 images, and truths of 2"):
        match(FOUND[:1], TRUTHS, 3)
    monkeypatch.setitem(sys.modules, "faster_coco_eval", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install -e '\.\[detection\]'"):
        average_precision(FOUND, TRUTHS, 3)
