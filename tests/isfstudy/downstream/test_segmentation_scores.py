"""Scores of class maps, against hand-computed cases and torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isfstudy.downstream.segmentation_scores import (
    columns,
    confusion_matrices,
    confusion_matrix,
    intersection_over_union,
    mean_iou,
    per_image,
)
from isfstudy.downstream.vision_operators import import_torchvision

TRUE = np.array([[0, 0, 1], [1, 1, 2]], np.uint8)
FOUND = np.array([[0, 1, 1], [1, 0, 2]], np.uint8)


def test_by_hand() -> None:
    matrix = confusion_matrix(FOUND, TRUE, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert intersection_over_union(matrix)[:3].tolist() == pytest.approx([1 / 3, 1 / 2, 1])
    assert np.isnan(intersection_over_union(matrix)[3])  # neither true nor predicted
    assert mean_iou(matrix) == pytest.approx((1 / 3 + 1 / 2 + 1) / 3)


def test_a_class_that_is_predicted_and_never_true_counts_as_missed() -> None:
    matrix = confusion_matrix(np.array([[3, 0]], np.uint8), np.zeros((1, 2), np.uint8), 4)
    assert intersection_over_union(matrix)[[0, 3]].tolist() == [0.5, 0]


def test_of_the_set_not_of_the_images() -> None:
    """Two images: 1 of 2 pixels right, and 0 of 8. The set has 1 of 10 right, 1/19 IoU; the images' mean is 1/6."""
    found = [np.array([[0, 1]], np.uint8), np.ones((1, 8), np.uint8)]
    matrices = confusion_matrices(found, [np.zeros((1, 2), np.uint8), np.zeros((1, 8), np.uint8)], 2)
    assert intersection_over_union(matrices.sum(0))[0] == pytest.approx(1 / 10)
    assert columns(matrices[None], ["a", "b"])["a"](np.ones((1, 2)))[0] == pytest.approx(1 / 10)
    assert per_image(matrices[None]).tolist() == pytest.approx([1 / 4, 0])


def test_weights_are_images_that_stand_there_twice() -> None:
    draws = np.random.default_rng(0)
    matrices = draws.integers(0, 9, (1, 3, 4, 4))
    twice = np.concatenate([matrices, matrices[:, 1:2]], axis=1)
    once = columns(matrices, "abcd")["mIoU"](np.array([[1, 2, 1]]))
    assert once == pytest.approx(columns(twice, "abcd")["mIoU"](np.ones((1, 4))))


def test_a_smaller_map_is_read_at_the_nearest_pixel() -> None:
    truth = np.repeat(np.repeat(FOUND, 3, axis=0), 2, axis=1)
    assert np.array_equal(confusion_matrix(FOUND, truth, 3), confusion_matrix(truth, truth, 3))


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="a predicted class is 3, but there are 3"):
        confusion_matrix(np.full((2, 2), 3, np.uint8), TRUE, 3)
    with pytest.raises(ValueError, match="a true class is 2"):
        confusion_matrix(FOUND.clip(max=1), TRUE, 2)
    with pytest.raises(ValueError, match="1 predicted maps, and 2 true ones"):
        confusion_matrices([FOUND], [TRUE, TRUE], 3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(1, 4))
def test_equals_torchmetrics(seed: int, classes: int, images: int) -> None:
    import_torchvision()  # torchmetrics imports it, and beside a CPU build of torch it lacks operators
    from torchmetrics.classification import MulticlassJaccardIndex

    draws = np.random.default_rng(seed)
    truths = draws.integers(0, classes, (images, 6, 7), dtype=np.uint8)
    found = np.where(draws.random(truths.shape) < 0.5, truths, draws.integers(0, classes, truths.shape, dtype=np.uint8))
    oracle = MulticlassJaccardIndex(classes, average="none")
    for one, other in zip(found, truths, strict=True):
        oracle.update(torch.from_numpy(one.astype(int)), torch.from_numpy(other.astype(int)))
    ours = intersection_over_union(confusion_matrices(found, truths, classes).sum(0))
    assert np.nan_to_num(ours) == pytest.approx(oracle.compute().numpy(), abs=1e-6)
