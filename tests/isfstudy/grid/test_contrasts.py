"""Contrasts over seeds, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.grid.contrasts import Contrast, contrast, contrasts, decides, least_p, seeds_needed, verdict
from isfstudy.paper.coverage import SEEDS


def test_the_test_flips_signs_exactly():
    found = contrast(pd.Series([1.0, 2.0, 3.0, 4.0]))
    assert found.p == pytest.approx(2 / 16) == least_p(4)  # no sign pattern but this one and its mirror is as far
    assert (found.mean, found.seeds) == (2.5, 4)
    half = 3.182446 * np.std([1, 2, 3, 4], ddof=1) / 2  # Student's t with 3 degrees of freedom
    assert (found.low, found.high) == pytest.approx((2.5 - half, 2.5 + half), abs=1e-5)
    # 4 patterns of 8 reach |-1 + 2 + 2| = 3: its own, its mirror, and none of 1 + 2 + 2 = 5 but it and its mirror
    assert contrast(pd.Series([-1.0, 2.0, 2.0])).p == pytest.approx(4 / 8)


def test_seeds_without_a_partner_are_left_out_and_one_seed_decides_nothing():
    assert contrast(pd.Series([1.0, np.nan, 3.0])).seeds == 2
    alone = contrast(pd.Series([1.0]))
    assert alone.p == 1 and np.isnan(alone.low) and verdict(alone, expected=1, matters=0.1) == "undecided"
    with pytest.raises(ValueError, match="no seed"):
        contrast(pd.Series([np.nan]))


@pytest.mark.parametrize(
    "low, high, expected, said",
    [
        (0.2, 0.4, 1, "seen"),
        (0.05, 0.4, 1, "undecided"),
        (-0.3, 0.05, 1, "refuted"),
        (-0.4, -0.2, -1, "seen"),
        (-0.2, 0.2, -1, "undecided"),
        (-0.05, 0.4, -1, "refuted"),
    ],
)
def test_an_expectation_is_seen_or_refuted_by_the_whole_interval(low, high, expected, said):
    assert verdict(Contrast((low + high) / 2, low, high, 0.01, 8, 0.1), expected=expected, matters=0.1) == said


def test_holm_is_over_all_contrasts():
    table = contrasts({"strong": pd.Series(np.arange(1.0, 9)), "none": pd.Series([1.0, -1.0] * 4)})
    assert list(table["contrast"]) == ["strong", "none"]
    assert table["p_holm"].iloc[0] == pytest.approx(2 * table["p"].iloc[0]) and table["p_holm"].iloc[1] == 1


def test_the_scorecard_and_the_pages_ask_for_as_many_seeds():
    assert decides(SEEDS) and not decides(SEEDS - 1)


def test_more_tests_together_take_more_seeds():
    assert [seeds_needed(tests) for tests in (1, 2, 5)] == [6, 7, 8]
    several = {str(number): pd.Series(np.arange(1.0, 9)) for number in range(5)}
    assert contrasts(several)["p_holm"].max() <= 0.05
    assert contrasts({name: values[1:] for name, values in several.items()})["p_holm"].min() > 0.05
