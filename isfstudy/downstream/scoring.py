"""Scores of all that was found: what detection and segmentation fill in, and the loop over regimes and inputs.

A score is kept as a function of how often each test image counts, from which the score of the whole set, of a part of
it, and of resampled images follow alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from isfstudy.downstream.intervals import Score
from isfstudy.downstream.regimes import Found, found_under
from isfstudy.downstream.setting import Setting

Columns = dict[tuple[str, str | int], dict[str, Score]]  # by regime and input, or input and seed: columns of a table


class Scoring(NamedTuple):
    """How a task's predictions are scored.

    Attributes:
        of_set: name of the score of a whole test set that verdicts are about, one of the columns.
        of_image: name of the score of a single image.
        judge: what is right of the predictions of a seed, image by image, from predictions, truths and the number of
            classes.
        columns: from what `judge` gives for each seed, and the names of the classes, the columns of a table.
        per_image: from what `judge` gives for each seed, the score of each image, mean over the seeds.
    """

    of_set: str
    of_image: str
    judge: Callable[[Sequence[np.ndarray], Sequence[np.ndarray], int], Any]
    columns: Callable[[Sequence[Any], Sequence[str]], dict[str, Score]]
    per_image: Callable[[Sequence[Any]], np.ndarray]


class Scores(NamedTuple):
    """All scores of a page, by regime and input.

    Attributes:
        of_set, of_image: names, see `Scoring`.
        judged: what `Scoring.judge` gives, a list over the seeds.
        columns: of a table, each a function of weights.
        per_image: (images,), in the order of `Setting.stems`.
    """

    of_set: str
    of_image: str
    judged: dict[tuple[str, str], list[Any]]
    columns: Columns
    per_image: dict[tuple[str, str], np.ndarray]


def in_order(setting: Setting, found: Sequence[Found]) -> list[list[np.ndarray]]:
    """What was found with each seed in the test images, in the order of `Setting.stems`."""
    return [[one[stem] for stem in setting.stems] for one in found]


def score_everything(setting: Setting, scoring: Scoring, found: dict[tuple[str, str], list[Found]]) -> Scores:
    """Score what `isfstudy.downstream.regimes.everything_found` gives."""
    judged = {key: _judged(setting, scoring, each) for key, each in found.items()}
    columns = {key: scoring.columns(each, setting.names) for key, each in judged.items()}
    per_image = {key: scoring.per_image(each) for key, each in judged.items()}
    return Scores(scoring.of_set, scoring.of_image, judged, columns, per_image)


def score_other_seeds(setting: Setting, scoring: Scoring) -> Columns:
    """Columns of the inputs that are trained with further seeds (regime `own`), by input and seed, the first seeds
    included; trains what has not been trained yet."""
    asked, comparison = setting.asked, setting.comparison
    chosen = [name for name in asked["noise_inputs"] if name in comparison.everywhere]
    columns: Columns = {}
    for name in chosen:
        for seed in [*asked["seeds"], *asked["noise_seeds"]]:
            label = f"{setting.bench.task.name}, {name}, {seed}"
            found = found_under("own", name, seed, setting.bench, comparison, progress=label)
            columns[name, seed] = scoring.columns(_judged(setting, scoring, [found]), setting.names)
    return columns


def _judged(setting: Setting, scoring: Scoring, found: Sequence[Found]) -> list[Any]:
    classes = len(setting.names)
    return [scoring.judge(one, setting.truths, classes) for one in in_order(setting, found)]
