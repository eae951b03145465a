"""Means over images with their intervals: against the textbook, and against the whole model where draws are kept."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp
from statsmodels.regression.mixed_linear_model import MixedLM

from isfstudy.intervention_effects.mixed import mean_over_images


def values(*, clusters: int, images: int, draws: int, seed: int = 0, scale: float = 1.0) -> pd.DataFrame:
    """Clusters of images with draws, each with an effect of its own."""
    rng = np.random.default_rng(seed)
    rows = []
    for cluster in range(clusters):
        of_cluster = rng.normal(0.3, 1.0)
        for image in range(images):
            of_image = of_cluster + rng.normal(0, 0.5)
            for draw in range(draws):
                rows.append((f"{cluster}-{image}", f"{cluster}", draw, scale * (of_image + rng.normal(0, 0.7))))
    return pd.DataFrame(rows, columns=["stem", "cluster", "draw", "value"])


def test_images_that_stand_for_themselves_give_students_interval():
    table = values(clusters=12, images=1, draws=3).drop(columns="cluster")
    found = mean_over_images(table, "value")
    means = table.groupby("stem")["value"].mean()
    interval = ttest_1samp(means, 0).confidence_interval(0.95)
    assert [found.mean, found.low, found.high] == pytest.approx([means.mean(), *interval])
    assert (found.pairs, found.draws, found.clusters) == (12, 3, 12)
    assert found.smallest == pytest.approx((interval.high - interval.low) / 2)


def test_intervals_that_cover_together_are_wider():
    table = values(clusters=12, images=1, draws=1)
    one, six = (mean_over_images(table, "value", tests=tests) for tests in (1, 6))
    assert six.smallest / one.smallest == pytest.approx(student.isf(0.025 / 6, 11) / student.isf(0.025, 11))


@pytest.mark.parametrize("scale", [1.0, 1e-4])
def test_the_means_of_images_say_what_the_model_of_all_draws_says(scale):
    """Whatever the unit."""
    table = values(clusters=9, images=4, draws=3, scale=scale)
    found = mean_over_images(table, "value")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = MixedLM.from_formula(
            "value ~ 1",
            table.assign(value=table["value"] / scale),
            groups="cluster",
            re_formula="1",
            vc_formula={"image": "0 + C(stem)"},
        ).fit(reml=True)
    assert found.mean == pytest.approx(scale * whole.fe_params.iloc[0], rel=1e-4)
    assert found.smallest == pytest.approx(scale * whole.bse_fe.iloc[0] * student.isf(0.025, 8), rel=0.01)


def test_images_of_one_drive_say_less_than_as_many_of_many():
    table = values(clusters=6, images=8, draws=1)
    together, apart = mean_over_images(table, "value"), mean_over_images(table.drop(columns="cluster"), "value")
    assert together.smallest > 1.5 * apart.smallest and (together.clusters, apart.clusters) == (6, 48)


def test_the_interval_covers_as_often_as_it_says():
    """Of 95 % of 100 tables; fewer than 89 would come by chance once in a hundred times."""
    covered = 0
    for seed in range(100):
        found = mean_over_images(values(clusters=8, images=3, draws=2, seed=seed), "value")
        covered += found.low <= 0.3 <= found.high
    assert covered >= 89


def test_without_spread_the_mean_is_sure():
    table = values(clusters=4, images=2, draws=2).assign(value=0.25)
    found = mean_over_images(table, "value")
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("value", [0.0, 1e-9])
def test_clusters_that_differ_alone_are_as_many_values(value):
    """Where the images of a cluster agree, or almost; statsmodels meets singular matrices here."""
    table = values(clusters=7, images=3, draws=1)
    effects = table.groupby("cluster")["value"].transform("first")
    noise = value * np.random.default_rng(0).normal(size=len(table))
    found = mean_over_images(table.assign(value=effects + noise), "value")
    interval = ttest_1samp(effects.groupby(table["cluster"]).first(), 0).confidence_interval(0.95)
    assert [found.low, found.high] == pytest.approx([*interval], rel=1e-4)


def test_clusters_that_do_not_differ_are_left_aside():
    """Where means of clusters agree, images are as good as independent: no share of the variance is of clusters."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(8, 4))
    y = (noise - noise.mean(axis=1, keepdims=True)).ravel() + 0.5
    names = {"stem": [f"{place}" for place in range(32)], "cluster": [f"{place // 4}" for place in range(32)]}
    found = mean_over_images(pd.DataFrame({**names, "value": y}), "value")
    assert found.smallest == pytest.approx(y.std(ddof=1) / math.sqrt(32) * student.isf(0.025, 7))


def test_one_cluster_says_nothing_of_others():
    found = mean_over_images(values(clusters=1, images=5, draws=2), "value")
    assert math.isinf(found.low) and math.isinf(found.high)


def test_what_has_no_mean_is_refused():
    table = values(clusters=3, images=1, draws=2)
    with pytest.raises(ValueError, match="value: images have 1 to 2 draws"):
        mean_over_images(table.iloc[1:], "value")
    table.loc[3, "value"] = np.nan
    with pytest.raises(ValueError, match="value: a mean over images takes finite values, not those of 1-0"):
        mean_over_images(table, "value")
    with pytest.raises(ValueError, match="not those of none"):
        mean_over_images(table[:0], "value")
