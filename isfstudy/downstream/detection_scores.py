"""Scores of detected boxes: average precision as COCO defines it (Lin et al., 2014), and with the images resampled.

To resample images the standard evaluator (`isfstudy.downstream.standard_evaluator`) would have to start anew each time;
`Matches` keeps what it decides for each image, so that a thousand resamples cost one sort. A test holds both to the
same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from isfstudy.downstream.intervals import Score
from isfstudy.downstream.scoring import Scoring

THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of the overlap that makes a detection right
RECALLS = np.linspace(0, 1, 101)  # at which precision is read
MOST_BOXES = 100  # of an image and class
CERTAIN = 0.25  # score from which a detection is shown, and counted in an image's F1


class Matches(NamedTuple):
    """Of one class, all detections in order of falling score.

    Attributes:
        right: (thresholds, N) bool, whether a detection is right.
        image: (N,) index of the image that a detection is in.
        score: (N,) of each.
        truths: (images,) number of true boxes.
    """

    right: np.ndarray
    image: np.ndarray
    score: np.ndarray
    truths: np.ndarray


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (N, 4) and (M, 4), centre and size: (N, M)."""
    low, high = (np.concatenate([each[:, :2] + sign * each[:, 2:] / 2 for each in (one, other)]) for sign in (-1, 1))
    first, second = slice(None, len(one)), slice(len(one), None)
    sides = np.minimum(high[first, None], high[None, second]) - np.maximum(low[first, None], low[None, second])
    both = sides.clip(min=0).prod(-1)
    areas = (high - low).prod(-1)
    return both / (areas[first, None] + areas[None, second] - both)


def _right(detected: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Which detections of an image and class, strongest first, are right at each threshold.

    Each takes the true box it overlaps most among those that no stronger one has taken.
    """
    right = np.zeros((len(THRESHOLDS), len(detected)), bool)
    if not len(detected) or not len(true):
        return right
    overlap = overlaps(detected[:, 1:5], true[:, 1:5])
    for row, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(true), bool)
        for column, found in enumerate(overlap):
            best = np.where(free, found, -1).argmax()
            if free[best] and found[best] >= min(threshold, 1 - 1e-10):
                free[best], right[row, column] = False, True
    return right


def match(detections: Sequence[np.ndarray], truths: Sequence[np.ndarray], classes: int) -> list[Matches]:
    """What is right among the detections, a class each.

    Args:
        detections: of each image (N, 6): class, centre x, centre y, width, height, score.
        truths: of each image (M, 5): class, centre x, centre y, width, height, in the same unit.

    Raises:
        ValueError: for lists of different lengths.
    """
    if len(detections) != len(truths):
        raise ValueError(f"there are detections in {len(detections)} images, and truths of {len(truths)}")
    found = []
    for kind in range(classes):
        right, image, score = [], [], []
        for index, (detected, true) in enumerate(zip(detections, truths, strict=True)):
            mine = detected[detected[:, 0] == kind].astype(np.float64)
            mine = mine[np.argsort(-mine[:, 5], kind="stable")][:MOST_BOXES]
            right.append(_right(mine, true[true[:, 0] == kind]))
            image.append(np.full(len(mine), index))
            score.append(mine[:, 5])
        order = np.argsort(-np.concatenate(score), kind="stable")
        count = np.array([(true[:, 0] == kind).sum() for true in truths])
        found.append(
            Matches(
                np.concatenate(right, axis=1)[:, order],
                np.concatenate(image)[order],
                np.concatenate(score)[order],
                count,
            )
        )
    return found


def resampled_precision(matches: Sequence[Matches], weights: np.ndarray) -> np.ndarray:
    """Average precision by class and threshold, (R, classes, thresholds), where images count more than once or not.

    Args:
        weights: (R, images), how often each image counts; a row of ones gives what the evaluator gives.

    NaN for a class without a true box.
    """
    values = np.full((len(weights), len(matches), len(matches[0].right)), np.nan)
    for kind, (right, image, _, truths) in enumerate(matches):
        positives = weights @ truths
        counts = weights[:, image]
        total = counts.cumsum(1)
        for column, hits in enumerate(right):
            caught = (counts * hits).cumsum(1)
            with np.errstate(divide="ignore", invalid="ignore"):
                precision = np.where(total > 0, caught / total, 0)
                recall = caught / positives[:, None]
            precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
            for row in np.flatnonzero(positives > 0):
                place = np.searchsorted(recall[row], RECALLS, side="left")
                there = place < len(image)
                values[row, kind, column] = precision[row, place[there]].sum() / len(RECALLS)
    return values


def mean_precision(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mAP at an overlap of 0.5, and over 0.5 to 0.95, (...), of values (..., classes, thresholds); NaN left out."""
    return np.nanmean(values[..., 0], axis=-1), np.nanmean(values, axis=(-2, -1))


def columns(matches: Sequence[Sequence[Matches]], names: Sequence[str]) -> dict[str, Score]:
    """What a table of detection shows of an input: `mAP50`, `mAP50-95` and AP at an overlap of 0.5 by class.

    Args:
        matches: of each seed, from `match`; scores are means over the seeds.
        names: of the classes.

    Returns:
        By column a function of weights (R, images), how often each image counts, that gives (R,) scores.
    """

    def mean(weights: np.ndarray) -> np.ndarray:
        return np.mean([mean_precision(resampled_precision(each, weights))[1] for each in matches], axis=0)

    def of_class(weights: np.ndarray, kind: int) -> np.ndarray:
        halves = [_at_half(each[kind : kind + 1]) for each in matches]
        return np.mean([resampled_precision(each, weights)[:, 0, 0] for each in halves], axis=0)

    def at_half(weights: np.ndarray) -> np.ndarray:
        halves = [_at_half(each) for each in matches]
        return np.mean([np.nanmean(resampled_precision(each, weights)[..., 0], axis=-1) for each in halves], axis=0)

    each = {name: partial(of_class, kind=kind) for kind, name in enumerate(names)}
    return {"mAP50": at_half, "mAP50-95": mean} | each


def _at_half(matches: Sequence[Matches]) -> list[Matches]:
    """Matches at the first threshold alone, which is a tenth of the work."""
    return [each._replace(right=each.right[:1]) for each in matches]


def per_image(matches: Sequence[Sequence[Matches]]) -> np.ndarray:
    """F1 of each image at an overlap of 0.5, of the detections scored `CERTAIN` or more; mean over the seeds.

    Average precision needs many images; of one image F1 says how many objects were found, and how many invented. NaN
    for an image without objects.

    Args:
        matches: of each seed, from `match`.
    """
    return np.mean([_f1(each) for each in matches], axis=0)


def _f1(matches: Sequence[Matches]) -> np.ndarray:
    images = len(matches[0].truths)
    right, found, true = np.zeros(images), np.zeros(images), np.zeros(images)
    for each in matches:
        sure = each.score >= CERTAIN
        right += np.bincount(each.image[sure], each.right[0][sure], images)
        found += np.bincount(each.image[sure], minlength=images)
        true += each.truths
    return np.divide(2 * right, found + true, out=np.full(images, np.nan), where=true > 0)


DETECTION = Scoring("mAP50", "F1", match, columns, per_image)
