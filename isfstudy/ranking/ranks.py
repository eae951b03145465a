"""What the scores of some methods on the same images come to: means, intervals, tests, ranks, and the order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from statsmodels.stats.multitest import multipletests

from isfstudy.comparison.ranks import average_ranks
from isfstudy.comparison.statistics import LOWER_IS_BETTER, confidence_intervals, signed_rank_tests

LEVEL = 0.05  # of significance; intervals cover the rest
_TESTS = ["metric", "method", "competitor", "images", "observations", "difference", "better", "p", "p_holm"]
_NONE = {"dataset": "", "protocol": ""}  # the statistics of the study keep several sets apart


class Ranking(NamedTuple):
    """What `ranked` gives.

    Attributes:
        summary: a row a method and metric, the best method first: `place` (1 for the best `rank` over all metrics),
            `method`, `metric`, the number of `images` and `observations`, `mean`, `low` and `high`, `rank` (average
            over observations), `friedman_p` (of the metric), `best` (the method with the best mean), `difference`
            (mean minus the best's), `p` and `p_holm` (against the best, corrected over its rivals). What could not be
            had is NaN.
        tests: a row a metric and two methods: `difference` of the means, `better` (share of images on which the first
            is better), `p`, and `p_holm`, corrected over all pairs of methods.
        cautions: what has to be known, a sentence each.
    """

    summary: pd.DataFrame
    tests: pd.DataFrame
    cautions: list[str]


def observations_by(stems: Sequence[str], scene: str) -> dict[str, str]:
    """What is one observation together, by image: what the groups of a pattern take of its name (all that it takes,
    without groups).

    Args:
        scene: a regular expression, searched for in each name; empty for an observation an image.

    Raises:
        ValueError: for a pattern that is none, or that a name does not have.
    """
    if not scene:
        return {stem: stem for stem in stems}
    try:
        pattern = re.compile(scene)
    except re.error as error:
        raise ValueError(f"--scene {scene!r} is no regular expression: {error}") from error
    found = {stem: pattern.search(stem) for stem in stems}
    if lacking := [stem for stem, match in found.items() if not match]:
        raise ValueError(f"--scene {scene!r} is not in the name {lacking[0]!r}: give a pattern that all names have")
    return {stem: " ".join(filter(None, match.groups())) or match[0] for stem, match in found.items() if match}


def ranked(per_image: pd.DataFrame, observations: dict[str, str]) -> Ranking:
    """Rank methods by their scores of the same images.

    Args:
        per_image: a row a method and image: `method`, `stem`, and metrics.
        observations: from `observations_by`.
    """
    metrics = list(per_image.columns.drop(["method", "stem"]))
    methods = list(dict.fromkeys(per_image["method"]))
    scores = per_image.assign(**_NONE, cluster=per_image["stem"].map(observations))
    counted, images = scores["cluster"].nunique(), scores["stem"].nunique()
    if counted > 1:
        summary = confidence_intervals(scores, metrics=metrics, by=["method"], level=1 - LEVEL)
    else:
        summary = scores.groupby("method", sort=False)[metrics].mean().melt(ignore_index=False, var_name="metric")
        summary = summary.rename(columns={"value": "mean"}).reset_index().assign(images=images, clusters=counted)
    summary = summary.rename(columns={"clusters": "observations"})
    tests, ranks = pd.DataFrame(columns=_TESTS), pd.DataFrame(columns=["method", "metric", "rank", "friedman_p"])
    if counted > 1 and len(methods) > 1:
        tests = signed_rank_tests(scores, competitor=None, metrics=metrics)
        tests = tests.rename(columns={"clusters": "observations"})[_TESTS]
        ranks = average_ranks(scores, metrics=metrics).rename(columns={"p": "friedman_p"})[ranks.columns]
    summary = summary.merge(ranks, how="left", on=["method", "metric"])
    summary = summary.merge(_against_best(summary, tests), how="left", on=["method", "metric"])
    overall = summary.groupby("method", sort=False)["rank"].mean()
    summary.insert(0, "place", summary["method"].map(overall.rank(method="min")).astype("Int64"))
    summary["order"] = summary["metric"].map(metrics.index)
    summary = summary.sort_values(["place", "order"], kind="stable", ignore_index=True)
    columns = ["place", "method", "metric", "images", "observations", "mean", "low", "high", "rank", "friedman_p"]
    summary = summary.reindex(columns=[*columns, "best", "difference", "p", "p_holm"])
    return Ranking(summary, tests, _cautions(len(methods), images, counted))


def _against_best(summary: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """For each metric the best method by its mean, and what the tests of the others against it come to.

    The p-values are those of `tests`; they are corrected anew, over the rivals of the best alone.
    """
    found = []
    for metric, rows in summary.groupby("metric", sort=False):
        means = rows.set_index("method")["mean"]
        best = means.idxmin() if metric in LOWER_IS_BETTER else means.idxmax()
        table = pd.DataFrame({"metric": metric, "best": best, "difference": means - means[best]}, index=means.index)
        of_best = tests[(tests["metric"] == metric) & ((tests["method"] == best) | (tests["competitor"] == best))]
        if len(of_best):
            rivals = of_best["method"].where(of_best["competitor"] == best, of_best["competitor"])
            corrected = multipletests(of_best["p"], method="holm")[1]
            table = table.join(pd.DataFrame({"p": of_best["p"].to_numpy(), "p_holm": corrected}, index=rivals))
        found.append(table.rename_axis("method").reset_index())
    return pd.concat(found, ignore_index=True)


def _cautions(methods: int, images: int, observations: int) -> list[str]:
    said = []
    if methods < 2:
        said.append("A single method has nothing to be tested against or ranked with: give two or more.")
    if observations < 2:
        what = "One image" if images < 2 else f"One scene of {images} images"
        said.append(f"{what} allows no intervals, tests or ranks: give more.")
    elif methods > 1 and (methods - 1) * 2.0 ** (1 - observations) >= LEVEL:
        said.append(
            f"With {observations} observations no test can set a method apart from the best, whatever they show: "
            f"the least p is {2.0 ** (1 - observations):g} before it is corrected over {methods - 1} rivals."
        )
    return said
