"""Do methods that were scored on the same images differ? Intervals of means and paired tests.

The functions take the per-image table of notebook 03: one row an image, with `dataset`, `method`, `protocol`, `stem`
and the metrics; `confidence_intervals` and `paired_tests` take others as well. Data sets and protocols are never mixed.
An image is one observation, unless a column `cluster` says which images are one together: frames of one drive, or
pictures of one scene (`isfstudy.comparison.clusters`). Means are over images; intervals, tests and ranks know no more
than there are clusters.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import bootstrap, wilcoxon
from statsmodels.stats.multitest import multipletests

from isfcore.metrics import METRICS

LOWER_IS_BETTER = frozenset({"Nabf", "objective"})  # of every other metric, higher
KEYS = ["dataset", "protocol", "method"]
RESAMPLES_AT_ONCE = 100  # few enough for a processor's cache, which is five times as fast as all at once


def _checked(per_image: pd.DataFrame, metrics: Sequence[str], by: Sequence[str] = KEYS) -> pd.DataFrame:
    """The columns in use and `cluster`, after saying clearly what is wrong with them."""
    keys = [*by, "stem"]
    columns = [*keys, *metrics]
    missing = [column for column in columns if column not in per_image]
    if missing:
        raise ValueError(f"the table of images has no column {', '.join(missing)}")
    if per_image.empty:
        raise ValueError("the table of images has no rows")
    twice = per_image[per_image.duplicated(keys)]
    if len(twice):
        raise ValueError(f"the table of images has two rows for {' '.join(map(str, twice[keys].iloc[0]))}")
    for metric in metrics:
        wrong = per_image[~np.isfinite(per_image[metric])]
        if len(wrong):
            where = " ".join(map(str, wrong[keys].iloc[0]))
            raise ValueError(f"{metric} of {where} is {wrong[metric].iloc[0]}: leave that image out")
    return per_image[columns].assign(cluster=per_image.get("cluster", per_image["stem"]))


def printed_columns(
    per_image: pd.DataFrame, metrics: Sequence[str]
) -> Iterator[tuple[dict[str, str], pd.DataFrame, dict[str, str]]]:
    """What a printed table has a column for: each metric of each data set and protocol; its scores; their clusters.

    Scores have a row an image, a column a method, NaN where the method lacks the image. Clusters are by stem.

    Raises:
        ValueError: for columns that are missing, rows that repeat, or values that are not finite.
    """
    for (dataset, protocol), images in _checked(per_image, metrics).groupby(["dataset", "protocol"], sort=False):
        clusters = dict(zip(images["stem"], images["cluster"], strict=True))
        for metric in metrics:
            scores = images.pivot(index="stem", columns="method", values=metric)[list(images["method"].unique())]
            yield {"dataset": dataset, "protocol": protocol, "metric": metric}, scores, clusters


def by_cluster(values: pd.DataFrame | pd.Series, clusters: Mapping[str, str] | None) -> pd.DataFrame | pd.Series:
    """Means over the images of each cluster, in order of appearance.

    Args:
        values: indexed by stem.
        clusters: by stem; an image that it does not name stands for itself, as all do without it.
    """
    if not clusters:
        return values
    return values.groupby([clusters.get(stem, stem) for stem in values.index], sort=False).mean()


def confidence_intervals(
    per_image: pd.DataFrame,
    *,
    metrics: Sequence[str] = METRICS,
    by: Sequence[str] = KEYS,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> pd.DataFrame:
    """Bootstrap intervals of the mean over images, bias-corrected and accelerated (BCa, Efron 1987).

    BCa rather than percentiles, because per-image metrics are skewed and sets are small. The images of a cluster are
    drawn together: of blocks of frames this is the bootstrap of Carlstein 1986. Groups with the same images are
    resampled alike. Where all clusters score the same the interval is that score.

    Args:
        by: columns whose values make a group, in which each `stem` stands once.
        level: probability that the interval covers the mean, 0 to 1.
        resamples: of the clusters, drawn with replacement.
        seed: of the draws.

    Returns:
        One row a group and metric: these, the number of `images` and `clusters`, `mean`, `low` and `high`.

    Raises:
        ValueError: for columns that are missing, rows that repeat, values that are not finite, or a single cluster.
    """
    tables = []
    for keys, images in _checked(per_image, metrics, by).groupby(list(by), sort=False):
        of_clusters = images.sort_values("stem").groupby("cluster", sort=False)[list(metrics)]
        sums, sizes = of_clusters.sum().to_numpy(dtype=np.float64), of_clusters.size().to_numpy()[:, None]
        if len(sums) < 2:
            what = "one image" if len(images) == 1 else f"one cluster of {len(images)} images"
            raise ValueError(f"{' '.join(map(str, keys))} has {what}: an interval over images takes two or more")
        mean = sums.sum(axis=0) / sizes.sum()
        low, high = mean.copy(), mean.copy()
        varied = np.ptp(sums / sizes, axis=0) > 0
        if varied.any():
            low[varied], high[varied] = bootstrap(
                (sums[:, varied], np.repeat(sizes, varied.sum(), axis=1)),
                _mean_of_clusters,
                paired=True,
                method="BCa",
                confidence_level=level,
                n_resamples=resamples,
                batch=RESAMPLES_AT_ONCE,
                rng=np.random.default_rng(seed),
            ).confidence_interval
        named = dict(zip(by, keys, strict=True))
        counted = {"metric": metrics, "images": len(images), "clusters": len(sums)}
        tables.append(pd.DataFrame(named | counted | {"mean": mean, "low": low, "high": high}))
    return pd.concat(tables, ignore_index=True)


def _mean_of_clusters(sums: np.ndarray, sizes: np.ndarray, axis: int = -1) -> np.ndarray:
    return sums.sum(axis=axis) / sizes.sum(axis=axis)


def paired_tests(differences: Mapping[Hashable, pd.Series], clusters: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Wilcoxon's signed-rank test of each of some differences against none, with Holm's correction over all of them
    (Wilcoxon 1945; Holm 1979; both as Demsar 2006 recommends).

    Two-sided. Of clusters it takes the means over their images, so that signs flip by cluster: a permutation test of
    blocks. Exact for up to 50 clusters (13 where differences tie), else by the normal approximation. Equal scores share
    their ranks between both sides, so that images without a difference speak for none.

    Args:
        differences: by name, or by the names of both sides, a value an image, NaN where an image lacks one side of the
            comparison; indexed by stem where there are clusters.
        clusters: of images, by stem; see `by_cluster`.

    Returns:
        One row a difference, its name in the index: the number of `images` and of `clusters`, the mean `difference`
        over images, `p` and `p_holm`.

    Raises:
        ValueError: naming a difference of fewer than two images, or of one cluster.
    """
    rows = []
    for name, values in differences.items():
        said = " against ".join(name) if isinstance(name, tuple) else name
        values = values.dropna()
        if len(values) < 2:
            raise ValueError(f"{said}: a paired test takes two images or more, not {len(values)}")
        means = by_cluster(values, clusters)
        if len(means) < 2:
            raise ValueError(f"{said}: a paired test takes two clusters or more, not one of {len(values)} images")
        p = wilcoxon(means, zero_method="zsplit").pvalue
        rows.append({"images": len(values), "clusters": len(means), "difference": values.mean(), "p": p})
    table = pd.DataFrame(rows, index=list(differences))
    return table.assign(p_holm=multipletests(table["p"], method="holm")[1])


def _rivals(scores: pd.DataFrame, metric: str, competitor: str | None) -> list[tuple[str, str]]:
    """Each method that is tested, and the one it is tested against."""
    if competitor is None:
        return list(combinations(scores, 2))
    if competitor != "best":
        if competitor not in scores:
            raise ValueError(f"there is no method {competitor!r} to compare with; there are {', '.join(scores)}")
        return [(method, competitor) for method in scores if method != competitor]
    means = scores.dropna().mean().sort_values(ascending=metric in LOWER_IS_BETTER, kind="stable")
    if len(means) < 2 or means.isna().any():
        raise ValueError(f"to find the best competitor takes two methods and an image that all of {list(scores)} have")
    best, second = means.index[:2]
    return [(method, second if method == best else best) for method in scores]


def signed_rank_tests(
    per_image: pd.DataFrame, *, competitor: str | None = "best", metrics: Sequence[str] = METRICS
) -> pd.DataFrame:
    """`paired_tests` of each method against a competitor, on the images that both have.

    The correction is over the methods of one data set, protocol and metric, which is one column of a printed table: a
    conclusion that joins several columns has to correct again.

    Args:
        competitor: a method's name; or `best`, the other method with the best mean over the images that all have. It is
            chosen on the very images it is tested on, so that its lead over the field is flattered a little. Or None:
            every two methods once, with the correction over all of these.

    Returns:
        One row a data set, protocol, metric and method: these, `competitor`, the number of `images` and `clusters`,
        `difference` (mean of the method minus that of its competitor), `better` (share of the images on which the
        method is better, a tie counting half), `p` and `p_holm`.

    Raises:
        ValueError: for a table that `confidence_intervals` would refuse, an unknown competitor, a single method, or two
            methods with fewer than two images, or clusters, in common.
    """
    tables = []
    for group, scores, clusters in printed_columns(per_image, metrics):
        rivals = _rivals(scores, group["metric"], competitor)
        if not rivals:
            raise ValueError(
                f"{group['dataset']}: {scores.columns[0]} is the only method, and has nothing to be compared with"
            )
        differences = [(scores[method] - scores[rival]).dropna() for method, rival in rivals]
        for (method, rival), values in zip(rivals, differences, strict=True):
            if len(values) < 2:
                raise ValueError(f"{group['dataset']}: fewer than two images have both {method} and {rival}")
        sign = -1 if group["metric"] in LOWER_IS_BETTER else 1
        better = [(np.sign(sign * values).mean() + 1) / 2 for values in differences]
        named = dict(zip(("method", "competitor"), zip(*rivals, strict=True), strict=True))
        table = paired_tests(dict(zip(rivals, differences, strict=True)), clusters)
        tables.append(table.assign(better=better, **named, **group))
    columns = ["dataset", "protocol", "metric", "method", "competitor", "images", "clusters", "difference", "better"]
    return pd.concat(tables, ignore_index=True)[[*columns, "p", "p_holm"]]
