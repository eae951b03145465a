"""Do arms differ, with the seed as what is exchangeable? Differences paired by seed, their tests and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import permutation_test, ttest_1samp
from statsmodels.stats.multitest import multipletests


class Contrast(NamedTuple):
    """A difference between runs of one seed, over the seeds.

    Attributes:
        mean: of the differences.
        low, high: Student's 95 % interval of it; NaN for one seed.
        p: of the two-sided sign-flip test, exact up to 12 seeds; its least value is 2 / 2^seeds.
        seeds: how many.
        deviation: standard deviation between seeds.
    """

    mean: float
    low: float
    high: float
    p: float
    seeds: int
    deviation: float


def contrast(differences: pd.Series) -> Contrast:
    """The contrast of differences by seed; seeds that lack a run are left out.

    Raises:
        ValueError: when no seed is left.
    """
    values = differences.dropna().to_numpy(float)
    if not len(values):
        raise ValueError("no seed has all runs of this contrast yet")
    if len(values) == 1:
        return Contrast(values[0], np.nan, np.nan, 1.0, 1, np.nan)
    interval = ttest_1samp(values, 0).confidence_interval()
    zeros = np.zeros_like(values)  # to exchange a pair is to flip the sign of its difference
    test = permutation_test(
        (values, zeros),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=4999,
        rng=0,
    )
    return Contrast(values.mean(), interval.low, interval.high, float(test.pvalue), len(values), values.std(ddof=1))


def least_p(seeds: int) -> float:
    """The least p that a two-sided sign-flip test over so many seeds can reach."""
    return min(1.0, 2 / 2**seeds)


def decides(seeds: int) -> bool:
    """Whether a two-sided sign-flip test over so many seeds can reach 5 %: from six on."""
    return seeds >= seeds_needed(1)


def seeds_needed(tests: int) -> int:
    """The least seeds over which the first of so many tests, corrected by Holm, can reach 5 %."""
    return next(seeds for seeds in count(1) if least_p(seeds) * tests <= 0.05)


def contrasts(differences: Mapping[str, pd.Series]) -> pd.DataFrame:
    """A row a contrast: its name, the fields of `Contrast`, and `p_holm`, corrected over all of them."""
    rows = pd.DataFrame([contrast(values)._asdict() for values in differences.values()])
    rows.insert(0, "contrast", list(differences))
    rows["p_holm"] = multipletests(rows["p"], method="holm")[1]
    return rows


def verdict(found: Contrast, *, expected: float, matters: float) -> str:
    """What an interval says of an expected effect of at least `matters` in the direction of the sign of `expected`.

    Returns:
        `seen` where the whole interval lies at or beyond it, `refuted` where the whole interval lies short of it, else
        `undecided`; `undecided` for a single seed.
    """
    low, high = sorted((np.sign(expected) * found.low, np.sign(expected) * found.high))
    return "seen" if low >= matters else "refuted" if high < matters else "undecided"
