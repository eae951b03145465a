"""How small a difference a paired test could have seen: a verdict of `undecided` means little without it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import t as student


def smallest_seen(differences: pd.Series, *, tests: int = 1, level: float = 0.05) -> float:
    """The least mean difference that a test of these images sets apart from none, about.

    Half the width of Student's interval of the mean, at the level that the strictest of several tests has to meet
    (Holm's first step, which is Bonferroni's).

    Args:
        differences: a value an image; NaN is left out.
        tests: how many are corrected for together.
        level: of all of them together.

    Returns:
        In the unit of the differences; infinite where no result could be significant, because the least p of a
        signed-rank test, 2 / 2^images, times the number of tests reaches the level.
    """
    values = np.asarray(differences, float)
    values = values[~np.isnan(values)]
    if tests * 2.0 ** (1 - len(values)) >= level:
        return math.inf
    error = values.std(ddof=1) / math.sqrt(len(values))
    return float(error * student.isf(level / 2 / tests, len(values) - 1))
