"""Scores of class maps: confusion matrices, intersection over union by class, and its mean over a data set.

Data-set scores add up the pixels of all images before they divide; a mean of per-image scores is another number, which
rewards images without rare classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from isfstudy.downstream.intervals import Score
from isfstudy.downstream.scoring import Scoring


def confusion_matrix(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """Pixels by true (row) and predicted (column) class, (classes, classes) int64.

    Args:
        predicted: (h, w) class map; where it is of another size than the truth, each true pixel takes its nearest.
        truth: (H, W) class map.

    Raises:
        ValueError: for a class that is not below `classes`.
    """
    for name, image in (("predicted", predicted), ("true", truth)):
        if image.size and image.max() >= classes:
            raise ValueError(f"a {name} class is {image.max()}, but there are {classes} classes, from 0")
    pairs = truth.astype(np.int64).ravel() * classes + as_large(predicted, truth.shape).ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def confusion_matrices(predicted: Sequence[np.ndarray], truths: Sequence[np.ndarray], classes: int) -> np.ndarray:
    """`confusion_matrix` of each image, (images, classes, classes).

    Raises:
        ValueError: for lists of different lengths.
    """
    if len(predicted) != len(truths):
        raise ValueError(f"there are {len(predicted)} predicted maps, and {len(truths)} true ones")
    return np.array([confusion_matrix(one, other, classes) for one, other in zip(predicted, truths, strict=True)])


def as_large(predicted: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A class map at another size, (height, width): each pixel takes the nearest of those that are there, by their
    centres."""
    sides = zip(size, predicted.shape, strict=True)
    nearest = [((np.arange(wanted) + 0.5) * there / wanted).astype(int) for wanted, there in sides]
    return predicted[np.ix_(*nearest)]


def intersection_over_union(matrices: np.ndarray) -> np.ndarray:
    """Intersection over union of each class, (..., classes), of confusion matrices (..., classes, classes).

    NaN for a class that is neither true nor predicted anywhere: nothing can be said of it.
    """
    correct = np.diagonal(matrices, axis1=-2, axis2=-1)
    union = matrices.sum(-1) + matrices.sum(-2) - correct
    return np.divide(correct, union, out=np.full(correct.shape, np.nan), where=union > 0)


def mean_iou(matrices: np.ndarray) -> np.ndarray:
    """Mean of `intersection_over_union` over the classes that are true or predicted somewhere, (...)."""
    return np.nanmean(intersection_over_union(matrices), axis=-1)


def columns(matrices: Sequence[np.ndarray], names: Sequence[str]) -> dict[str, Score]:
    """What a table of segmentation shows of an input: IoU of each class, and `mIoU`, means over the seeds.

    Args:
        matrices: of each seed, from `confusion_matrices`.
        names: of the classes.

    Returns:
        By column a function of weights (R, images), how often each image counts, that gives (R,) scores.
    """

    def of_class(weights: np.ndarray, kind: int) -> np.ndarray:
        return np.mean([intersection_over_union(np.tensordot(weights, each, 1))[:, kind] for each in matrices], axis=0)

    def mean(weights: np.ndarray) -> np.ndarray:
        return np.mean([mean_iou(np.tensordot(weights, each, 1)) for each in matrices], axis=0)

    return {name: partial(of_class, kind=kind) for kind, name in enumerate(names)} | {"mIoU": mean}


def per_image(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Mean IoU of each image alone, over the classes that are in it, true or predicted; mean over the seeds."""
    return np.mean([mean_iou(each) for each in matrices], axis=0)


SEGMENTATION = Scoring("mIoU", "IoU", confusion_matrices, columns, per_image)
