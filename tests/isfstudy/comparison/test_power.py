"""The smallest difference that a test could have seen."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from isfstudy.comparison.power import smallest_seen


def test_half_the_width_of_students_interval_corrected_for_several_tests() -> None:
    values = pd.Series(np.random.default_rng(0).normal(3, 2, 30))
    alone = ttest_1samp(values, 0).confidence_interval()
    strict = ttest_1samp(values, 0).confidence_interval(1 - 0.05 / 6)
    assert smallest_seen(values) == pytest.approx((alone.high - alone.low) / 2)
    assert smallest_seen(values, tests=6) == pytest.approx((strict.high - strict.low) / 2)
    assert smallest_seen(pd.concat([values, pd.Series([math.nan])])) == smallest_seen(values)


@pytest.mark.parametrize(("images", "tests", "anything"), [(8, 6, True), (7, 6, False), (6, 1, True), (5, 1, False)])
def test_of_too_few_images_nothing_could_be_seen(images: int, tests: int, anything: bool) -> None:
    """The least p of a signed-rank test is 2 / 2^n: of eight images with six tests it is 0.047, where verdicts sat."""
    values = pd.Series(np.arange(images) + 1.0)
    assert math.isfinite(smallest_seen(values, tests=tests)) is anything


def test_images_of_one_cluster_are_one_observation() -> None:
    """Twelve images in four blocks of equal size see what four means of blocks see; by a sign test of four, nothing."""
    values = pd.Series(np.random.default_rng(1).normal(size=24), index=[f"{place:02}" for place in range(24)])
    blocks = {stem: int(stem) // 3 for stem in values.index}
    means = values.groupby(lambda stem: blocks[stem]).mean()
    assert smallest_seen(values, clusters=blocks) == pytest.approx(smallest_seen(means))
    assert smallest_seen(values[:12], clusters=blocks) == math.inf
    own = {stem: stem for stem in values.index}
    assert smallest_seen(values, clusters=own) == pytest.approx(smallest_seen(values))
