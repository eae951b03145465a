"""How small a difference a paired test could have seen: a verdict of `undecided` means little without it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from scipy.stats import t as student

from isfstudy.paper.standard_error import of_mean


def smallest_seen(
    differences: pd.Series, *, clusters: Mapping[str, str] | None = None, tests: int = 1, level: float = 0.05
) -> float:
    """The least mean difference that a test of these images sets apart from none, about.

    Half the width of Student's interval of the mean, at the level that the strictest of several tests has to meet
    (Holm's first step, which is Bonferroni's).

    Args:
        differences: a value an image; NaN is left out.
        clusters: of images, by stem, which is then the index of the differences: images of one are one observation.
        tests: how many are corrected for together.
        level: of all of them together.

    Returns:
        In the unit of the differences; infinite where no result could be significant, because the least p of a
        signed-rank test, 2 / 2^observations, times the number of tests reaches the level.
    """
    error, observations = of_mean(differences.dropna(), clusters)
    if tests * 2.0 ** (1 - observations) >= level:
        return math.inf
    return float(error * student.isf(level / 2 / tests, observations - 1))
