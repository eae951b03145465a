"""Do machines see more in one kind of fused image than in another? Data-set scores with intervals over the images.

mIoU and mAP are no means over images, so that paired tests of per-image scores do not apply. Images are resampled
instead, the same for all methods, and the score of the whole set is taken anew each time.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import DegenerateDataWarning, bootstrap, permutation_test, spearmanr

PERMUTATIONS = 1999
Score = Callable[[np.ndarray], np.ndarray]  # weights (R, images) -> score of the weighted set (R,)


def _weights(index: np.ndarray, images: int) -> np.ndarray:
    """How often each image stands in each row of drawn indices."""
    rows = index.reshape(-1, index.shape[-1])
    cells = rows + images * np.arange(len(rows))[:, None]
    return np.bincount(cells.ravel(), minlength=len(rows) * images).reshape(len(rows), images)


def resampled(
    scores: dict[str, Score],
    images: int,
    *,
    reference: str,
    level: float = 0.95,
    resamples: int = 1999,
    seed: int = 0,
) -> pd.DataFrame:
    """Scores of methods on the same images, each with its interval, and what sets it apart from a reference.

    BCa bootstrap (Efron 1987) over images. A verdict corrects for the number of methods compared (Bonferroni).

    Args:
        scores: by method, the score of a weighted set of images.
        reference: the method to compare with; where it is missing there are no differences.
        level: probability that an interval covers its value.

    Returns:
        A row a method: `method`, `score`, `low`, `high`; `lead` over the reference with `lead_low` and `lead_high`, and
        `verdict`: `better` or `worse` than the reference where the corrected interval of the lead excludes zero,
        `undecided` where it does not, empty for the reference itself; and `smallest`, half the width of that interval,
        the lead that could have been seen.

    Raises:
        ValueError: for fewer than two images.
    """
    if images < 2:
        raise ValueError(f"an interval over images takes two or more, not {images}")
    names = list(scores)
    rivals = [name for name in names if name != reference] if reference in scores else []

    def statistic(index: np.ndarray, axis: int) -> np.ndarray:
        weights = _weights(np.moveaxis(index, axis, -1), images)
        values = {name: score(weights) for name, score in scores.items()}
        leads = [values[name] - values[reference] for name in rivals]
        return np.stack([*values.values(), *leads]).reshape(-1, *np.moveaxis(index, axis, -1).shape[:-1])

    whole = statistic(np.arange(images)[None], -1)[:, 0]
    draw = partial(bootstrap, (np.arange(images),), statistic, method="BCa", vectorized=True, batch=250)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)  # `_settled` deals with it
        first = draw(n_resamples=resamples, confidence_level=level, rng=np.random.default_rng(seed))
        stricter = 1 - (1 - level) / max(1, len(rivals))
        strict = draw(n_resamples=0, confidence_level=stricter, bootstrap_result=first)
    low, high = _settled(first, whole)
    strict_low, strict_high = _settled(strict, whole)
    rows = []
    for place, name in enumerate(names):
        row = {"method": name, "score": whole[place], "low": low[place], "high": high[place]}
        row |= {"lead": np.nan, "lead_low": np.nan, "lead_high": np.nan, "verdict": "", "smallest": np.nan}
        if name in rivals:
            at = len(names) + rivals.index(name)
            apart = "better" if strict_low[at] > 0 else "worse" if strict_high[at] < 0 else "undecided"
            row |= {"lead": whole[at], "lead_low": low[at], "lead_high": high[at], "verdict": apart}
            row["smallest"] = (strict_high[at] - strict_low[at]) / 2
        rows.append(row)
    return pd.DataFrame(rows)


def _settled(result: object, whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The limits of intervals; where all resamples agree, which BCa cannot take, their value."""
    constant = np.ptp(result.bootstrap_distribution, axis=-1) == 0
    interval = result.confidence_interval
    return tuple(np.where(constant, whole, limit) for limit in (interval.low, interval.high))


def agreement_over_methods(table: pd.DataFrame, qualities: Sequence[str], score: str) -> pd.DataFrame:
    """Does the ranking of methods by a machine's score follow their ranking by image quality? Spearman's rank
    correlation over methods; its p by permutation, as methods are few.

    Args:
        table: a row a method, with `qualities` and `score`.

    Returns:
        A row a quality: `quality`, `methods`, `rho` and `p`; NaN for fewer than four methods, or equal ones.
    """
    rows = []
    for quality in qualities:
        values = table[[quality, score]].dropna()
        rho = p = np.nan
        if len(values) >= 4 and values.nunique().min() > 1:
            found = permutation_test(
                (values[quality],),
                lambda shuffled, values=values: spearmanr(shuffled, values[score]).statistic,
                permutation_type="pairings",
                n_resamples=PERMUTATIONS,
                rng=np.random.default_rng(0),
            )
            rho, p = found.statistic, found.pvalue
        rows.append({"quality": quality, "methods": len(values), "rho": rho, "p": p})
    return pd.DataFrame(rows)


def agreement_within_images(
    per_image: pd.DataFrame,
    qualities: Sequence[str],
    score: str,
    *,
    beside: str = "PSNR",
    resamples: int = 1999,
    seed: int = 0,
) -> pd.DataFrame:
    """On one image, do methods that score higher in quality serve the machine better? Spearman's correlation over the
    methods of each image, which leaves out how hard the image is, and its mean over images with a BCa interval.

    Whether one quality goes with the score more closely than another is a question to the difference on each image:
    that two intervals overlap does not answer it.

    Args:
        per_image: a row an image and method: `stem`, `method`, `qualities` and `score`; NaN is left out.
        beside: the quality that the others are compared with.

    Returns:
        A row a quality: `quality`, `images` (those on which four or more methods differ in both), `rho`, `low`, `high`;
        and `over`, the mean over images of its correlation minus that of `beside`, with `over low`, `over high`.
    """
    found = {quality: _correlations(per_image, quality, score) for quality in qualities}
    rows = []
    for quality, rhos in found.items():
        row = {"quality": quality, "images": len(rhos)} | _mean(rhos, ("rho", "low", "high"), resamples, seed)
        apart = (rhos - found[beside]).dropna() if quality != beside and beside in found else rhos[:0]
        rows.append(row | _mean(apart, ("over", "over low", "over high"), resamples, seed))
    return pd.DataFrame(rows)


def _correlations(per_image: pd.DataFrame, quality: str, score: str) -> pd.Series:
    """Spearman's correlation by image."""
    found = {}
    for stem, image in per_image.dropna(subset=[quality, score]).groupby("stem"):
        if len(image) >= 4 and image[[quality, score]].nunique().min() > 1:
            found[stem] = spearmanr(image[quality], image[score]).statistic
    return pd.Series(found, dtype=float)


def _mean(values: pd.Series, names: tuple[str, str, str], resamples: int, seed: int) -> dict[str, float]:
    """The mean under the first name, and its BCa interval under the others; NaN for fewer than two values."""
    if len(values) < 2:
        return dict.fromkeys(names, np.nan)
    if np.ptp(values) == 0:
        return dict.fromkeys(names, values.iloc[0])
    draws = np.random.default_rng(seed)
    interval = bootstrap((values.to_numpy(),), np.mean, n_resamples=resamples, rng=draws).confidence_interval
    return dict(zip(names, (values.mean(), interval.low, interval.high), strict=True))
