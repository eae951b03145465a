"""Least squares with a level for each seed, against what can be computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from isfstudy.grid.blocks import LEVEL, estimates, fit

DESIGN = pd.DataFrame({"b": [0.0, 1.0]}, index=["a", "b"])
WANTED = pd.DataFrame({"b": [1.0]}, index=["b"])


def test_two_arms_are_a_paired_t_test():
    table = pd.DataFrame({"a": [1.0, 5.0, 9.0], "b": [2.0, 6.5, 9.5]})
    found = estimates(fit(table, DESIGN), WANTED).loc["b"]
    paired = ttest_1samp(table["b"] - table["a"], 0).confidence_interval()
    assert found["mean"] == pytest.approx(1.0) and found["degrees"] == 2
    assert (found["low"], found["high"]) == pytest.approx((paired.low, paired.high))


def test_intervals_that_hold_together_are_wider_and_the_level_is_the_mean_over_seeds():
    table = pd.DataFrame({"a": [1.0, 5.0, 9.0], "b": [2.0, 6.5, 9.5]})
    fitted = fit(table, DESIGN)
    alone, both = (estimates(fitted, WANTED, together=number).loc["b"] for number in (1, 7))
    assert both["high"] - both["low"] > 1.5 * (alone["high"] - alone["low"])
    ends = pd.DataFrame({LEVEL: [1.0, 1.0], "b": [0.0, 1.0]}, index=["a", "b"])
    assert estimates(fitted, ends)["mean"].to_list() == pytest.approx([5.0, 6.0])


def test_one_seed_leaves_no_error_and_a_run_that_is_missing_is_left_out():
    one = estimates(fit(pd.DataFrame({"a": [1.0], "b": [2.0]}), DESIGN), WANTED).loc["b"]
    assert one["mean"] == pytest.approx(1.0) and np.isnan(one["low"]) and one["degrees"] == 0
    table = pd.DataFrame({"a": [1.0, 5.0, 7.0], "b": [2.0, 6.5, np.nan], "other": 100.0})
    found = estimates(fit(table, DESIGN), WANTED).loc["b"]
    assert found["mean"] == pytest.approx(1.25) and found["degrees"] == 1
