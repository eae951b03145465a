"""Which method ranks first, image by image? Average ranks, and how far apart they have to be (Demsar 2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, studentized_range

from isfcore.metrics import METRICS
from isfstudy.comparison.statistics import LOWER_IS_BETTER, by_cluster, printed_columns


def average_ranks(per_image: pd.DataFrame, *, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """Mean rank of each method over the images that all methods have, 1 for the best, and Friedman's test.

    A cluster of images (`isfstudy.comparison.statistics`) ranks the methods once, by their means over it, as Demsar
    has it for runs on one data set. A method with few images leaves few for all: drop its rows first.

    Returns:
        One row a data set, protocol, metric and method: these, the number of `images` and `clusters`, `rank`, and `p`
        of the hypothesis that all methods rank alike (Friedman 1937, corrected for ties), the same for the methods of a
        group; NaN for two methods, of which it says nothing.

    Raises:
        ValueError: for a table that `confidence_intervals` would refuse, a single method, or fewer than two images,
            or clusters, that all have.
    """
    tables = []
    for group, scores, clusters in printed_columns(per_image, metrics):
        scores = scores.dropna()
        means = by_cluster(scores, clusters)
        if scores.shape[1] < 2 or len(means) < 2:
            raise ValueError(
                f"{group['dataset']}: {len(scores)} images that all of {', '.join(scores)} have, in {len(means)} "
                "clusters; ranks take two methods and two images that all of them have"
            )
        ranks = means.rank(axis=1, ascending=group["metric"] in LOWER_IS_BETTER)
        if scores.shape[1] < 3:
            p = math.nan
        else:
            all_alike = (ranks.nunique(axis=1) == 1).all()
            p = 1.0 if all_alike else friedmanchisquare(*ranks.to_numpy().T).pvalue
        table = ranks.mean().rename("rank").rename_axis("method").reset_index()
        tables.append(table.assign(**group, images=len(scores), clusters=len(means), p=p))
    columns = ["dataset", "protocol", "metric", "method", "images", "clusters", "rank", "p"]
    return pd.concat(tables, ignore_index=True)[columns]


def critical_difference(*, methods: int, observations: int, level: float = 0.05) -> float:
    """Nemenyi's critical difference: average ranks that far apart differ (Demsar 2006, section 3.2.2).

    q sqrt(k (k + 1) / 6 N) for k methods and N observations, q from the studentized range with infinite degrees of
    freedom, over sqrt(2).

    Args:
        observations: how many clusters of images, which are images where each stands for itself.
        level: probability of calling any two different if all are alike.
    """
    quantile = studentized_range.isf(level, methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(methods * (methods + 1) / (6 * observations)))


def alike(ranks: pd.Series, difference: float) -> list[list[str]]:
    """Groups of two or more methods whose average ranks lie within the critical difference, best first.

    As large as they can be, none inside another; a method may belong to several.

    Args:
        ranks: average rank by method.
        difference: from `critical_difference`.
    """
    ordered = ranks.sort_values(kind="stable")
    groups: list[list[str]] = []
    for start in range(len(ordered)):
        group = list(ordered.index[start:][ordered.iloc[start:] - ordered.iloc[start] < difference])
        if len(group) > 1 and not (groups and group[-1] == groups[-1][-1]):
            groups.append(group)
    return groups
