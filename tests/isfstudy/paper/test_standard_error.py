"""The standard error of a mean over images, some of which are one observation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from isfstudy.paper.standard_error import of_mean

VALUES = pd.Series([1.0, 2.0, 4.0, 9.0], index=list("abcd"))


def test_of_images_that_stand_for_themselves_it_is_the_textbooks() -> None:
    expected = VALUES.std(ddof=1) / 2
    assert of_mean(VALUES) == (pytest.approx(expected), 4)
    assert of_mean(VALUES, {"a": "a", "b": "b"}) == (pytest.approx(expected), 4)


def test_of_clusters_by_hand() -> None:
    """Deviations -3, -2, 0 and 5 of the mean 4 add up to -5 and 5: sqrt(2 / 1 * (25 + 25)) / 4 = 2.5."""
    assert of_mean(VALUES, {"a": "x", "b": "x", "c": "y", "d": "y"}) == (pytest.approx(2.5), 2)


def test_an_image_that_stands_twice_adds_nothing() -> None:
    once = pd.Series(np.random.default_rng(0).normal(size=40), index=[f"{place}" for place in range(40)])
    twice = pd.concat([once, once.rename(lambda stem: f"{stem} again")])
    scene = {stem: stem.removesuffix(" again") for stem in twice.index}
    assert of_mean(twice, scene) == (pytest.approx(of_mean(once)[0]), 40)


def test_a_single_observation_has_none() -> None:
    error, count = of_mean(VALUES, dict.fromkeys("abcd", "one drive"))
    assert math.isnan(error) and count == 1
