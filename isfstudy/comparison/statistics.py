"""Do methods that were scored on the same images differ? Intervals of means, paired tests, average ranks.

The functions take the per-image table of notebook 03: one row an image, with `dataset`, `method`, `protocol`, `stem`
and the metrics; `confidence_intervals` and `paired_tests` take others as well. An image is one observation; data sets
and protocols are never mixed. What is said holds for images
like those of the set, as far as they are independent: neighbouring frames of one video are not, and make intervals and
p-values smaller than they should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.stats import bootstrap, friedmanchisquare, studentized_range, wilcoxon
from statsmodels.stats.multitest import multipletests

from isfcore.metrics import METRICS

LOWER_IS_BETTER = frozenset({"Nabf", "objective"})  # of every other metric, higher
KEYS = ["dataset", "protocol", "method"]
RESAMPLES_AT_ONCE = 100  # few enough for a processor's cache, which is five times as fast as all at once


def _checked(per_image: pd.DataFrame, metrics: Sequence[str], by: Sequence[str] = KEYS) -> pd.DataFrame:
    """The columns in use, after saying clearly what is wrong with them."""
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
    return per_image[columns]


def _columns(per_image: pd.DataFrame, metrics: Sequence[str]) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """What a printed table has a column for: each metric of each data set and protocol, and its scores.

    A row an image, a column a method, NaN where the method lacks the image.
    """
    for (dataset, protocol), images in _checked(per_image, metrics).groupby(["dataset", "protocol"], sort=False):
        for metric in metrics:
            scores = images.pivot(index="stem", columns="method", values=metric)[list(images["method"].unique())]
            yield {"dataset": dataset, "protocol": protocol, "metric": metric}, scores


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

    BCa rather than percentiles, because per-image metrics are skewed and sets are small. Groups with the same images
    are resampled alike. Where all images score the same the interval is that score.

    Args:
        by: columns whose values make a group, in which each `stem` stands once.
        level: probability that the interval covers the mean, 0 to 1.
        resamples: of the images, drawn with replacement.
        seed: of the draws.

    Returns:
        One row a group and metric: these, the number of `images`, `mean`, `low` and `high`.

    Raises:
        ValueError: for columns that are missing, rows that repeat, values that are not finite, or a single image.
    """
    tables = []
    for keys, images in _checked(per_image, metrics, by).groupby(list(by), sort=False):
        values = images.sort_values("stem")[list(metrics)].to_numpy(dtype=np.float64)
        if len(values) < 2:
            raise ValueError(f"{' '.join(map(str, keys))} has one image: an interval over images takes two or more")
        low, high = values.mean(axis=0), values.mean(axis=0)
        varied = np.ptp(values, axis=0) > 0
        if varied.any():
            low[varied], high[varied] = bootstrap(
                (values[:, varied],),
                np.mean,
                method="BCa",
                confidence_level=level,
                n_resamples=resamples,
                batch=RESAMPLES_AT_ONCE,
                rng=np.random.default_rng(seed),
            ).confidence_interval
        named = dict(zip(by, keys, strict=True))
        found = {"metric": metrics, "images": len(values), "mean": values.mean(axis=0), "low": low, "high": high}
        tables.append(pd.DataFrame(named | found))
    return pd.concat(tables, ignore_index=True)


def paired_tests(differences: dict[str, pd.Series]) -> pd.DataFrame:
    """Wilcoxon's signed-rank test of each of some differences against none, with Holm's correction over all of them
    (Wilcoxon 1945; Holm 1979; both as Demsar 2006 recommends).

    Two-sided. Exact for up to 50 images (13 where differences tie), else by the normal approximation. Equal scores
    share their ranks between both sides, so that images without a difference speak for none.

    Args:
        differences: by name, a value an image, NaN where an image lacks one side of the comparison.

    Returns:
        One row a difference, its name in the index: the number of `images`, the mean `difference`, `p` and `p_holm`.

    Raises:
        ValueError: naming a difference of fewer than two images.
    """
    rows = {}
    for name, values in differences.items():
        values = values.dropna()
        if len(values) < 2:
            raise ValueError(f"{name}: a paired test takes two images or more, not {len(values)}")
        p = wilcoxon(values, zero_method="zsplit").pvalue
        rows[name] = {"images": len(values), "difference": values.mean(), "p": p}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(p_holm=multipletests(table["p"], method="holm")[1])


def _rivals(scores: pd.DataFrame, metric: str, competitor: str) -> dict[str, str]:
    """For each method the one it is tested against."""
    if competitor != "best":
        if competitor not in scores:
            raise ValueError(f"there is no method {competitor!r} to compare with; there are {', '.join(scores)}")
        return {method: competitor for method in scores if method != competitor}
    means = scores.dropna().mean().sort_values(ascending=metric in LOWER_IS_BETTER, kind="stable")
    if len(means) < 2 or means.isna().any():
        raise ValueError(f"to find the best competitor takes two methods and an image that all of {list(scores)} have")
    best, second = means.index[:2]
    return {method: second if method == best else best for method in scores}


def signed_rank_tests(
    per_image: pd.DataFrame, *, competitor: str = "best", metrics: Sequence[str] = METRICS
) -> pd.DataFrame:
    """`paired_tests` of each method against a competitor, on the images that both have.

    The correction is over the methods of one data set, protocol and metric, which is one column of a printed table: a
    conclusion that joins several columns has to correct again.

    Args:
        competitor: a method's name; or `best`, the other method with the best mean over the images that all have. It is
            chosen on the very images it is tested on, so that its lead over the field is flattered a little.

    Returns:
        One row a data set, protocol, metric and method: these, `competitor`, the number of `images`, `difference` (mean
        of the method minus that of its competitor), `better` (share of the images on which the method is better, a tie
        counting half), `p` and `p_holm`.

    Raises:
        ValueError: for a table that `confidence_intervals` would refuse, an unknown competitor, a single method, or two
            methods with fewer than two images in common.
    """
    tables = []
    for group, scores in _columns(per_image, metrics):
        rivals = _rivals(scores, group["metric"], competitor)
        if not rivals:
            raise ValueError(
                f"{group['dataset']}: {competitor} is the only method, and has nothing to be compared with"
            )
        differences = {method: (scores[method] - scores[rival]).dropna() for method, rival in rivals.items()}
        for method, values in differences.items():
            if len(values) < 2:
                raise ValueError(f"{group['dataset']}: fewer than two images have both {method} and {rivals[method]}")
        sign = -1 if group["metric"] in LOWER_IS_BETTER else 1
        better = [(np.sign(sign * values).mean() + 1) / 2 for values in differences.values()]
        table = paired_tests(differences).assign(competitor=list(rivals.values()), better=better)
        tables.append(table.rename_axis("method").reset_index().assign(**group))
    columns = ["dataset", "protocol", "metric", "method", "competitor", "images", "difference", "better", "p", "p_holm"]
    return pd.concat(tables, ignore_index=True)[columns]


def average_ranks(per_image: pd.DataFrame, *, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """Mean rank of each method over the images that all methods have, 1 for the best, and Friedman's test.

    A method with few images leaves few for all: drop its rows first.

    Returns:
        One row a data set, protocol, metric and method: these, the number of `images`, `rank`, and `p` of the
        hypothesis that all methods rank alike (Friedman 1937, corrected for ties), the same for the methods of a group.

    Raises:
        ValueError: for a table that `confidence_intervals` would refuse, fewer than three methods, or fewer than two
            images that all have.
    """
    tables = []
    for group, scores in _columns(per_image, metrics):
        scores = scores.dropna()
        if scores.shape[1] < 3 or len(scores) < 2:
            raise ValueError(
                f"{group['dataset']}: {len(scores)} images that all of {', '.join(scores)} have; "
                "ranks take three methods and two images that all of them have"
            )
        ranks = scores.rank(axis=1, ascending=group["metric"] in LOWER_IS_BETTER)
        all_alike = (ranks.nunique(axis=1) == 1).all()
        p = 1.0 if all_alike else friedmanchisquare(*ranks.to_numpy().T).pvalue
        table = ranks.mean().rename("rank").rename_axis("method").reset_index()
        tables.append(table.assign(**group, images=len(scores), p=p))
    return pd.concat(tables, ignore_index=True)[["dataset", "protocol", "metric", "method", "images", "rank", "p"]]


def critical_difference(*, methods: int, images: int, level: float = 0.05) -> float:
    """Nemenyi's critical difference: average ranks that far apart differ (Demsar 2006, section 3.2.2).

    q sqrt(k (k + 1) / 6 N) for k methods and N images, q from the studentized range with infinite degrees of freedom,
    over sqrt(2).

    Args:
        level: probability of calling any two different if all are alike.
    """
    quantile = studentized_range.isf(level, methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(methods * (methods + 1) / (6 * images)))


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
