"""Does the page find what is there, and nothing where there is nothing? Effects put in by hand, on its own images.

Where nothing is, an interval of 95 % still leaves out zero in one draw of twenty: a check that rests on a single draw
fails by chance that often. What is checked is how often, over many draws.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binomtest, rankdata
from scipy.stats import t as student

from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.mixed import LEVEL, mean_and_error, mean_over_images
from isfstudy.intervention_effects.stability import (
    MATTERS,
    MEAN,
    Blocks,
    agreement,
    partial_matrix,
    residuals,
    shuffled,
)

DRAWS = 1000  # of signs, or of pairs of masks
EXCHANGES = 200  # of gates between images, each with a permutation test of its own
WEAK = -0.2  # partial correlation of a gate that follows stability a little, twice what matters
NEAR = 0.02  # how close to its value a planted correlation has to come
FOUND = 0.95  # of the draws in which an effect has to be seen that is twice the half width of the interval
COLUMNS = ["check", "on", "pairs", "put_in", "expected", "found", "low", "high", "as_expected"]


def gate_checks(images: dict[str, Blocks], *, dataset: str, seed: int = 0) -> pd.DataFrame:
    """Gates put in by hand: each image's own stability map, which has to give -1; one that follows it a little; the
    network's gates with their blocks shuffled, which have to give nothing; and the gates of other images, which may
    go along with any image's change (both know where borders are), but are not to be told from the image's own.

    Args:
        images: by stem, from `isfstudy.intervention_effects.stability.blocks_of`.

    Returns:
        `COLUMNS`, a row a check; of the last, the share of `EXCHANGES` in which the p of `shuffled` is `LEVEL` or
        less.
    """
    rng = np.random.default_rng(seed)
    planted = {
        "gate that is the stability map": (-1, {stem: 1 - each.change for stem, each in images.items()}),
        f"gate that follows it by {WEAK:g}": (WEAK, {stem: _weak(each, rng) for stem, each in images.items()}),
        "gate, its blocks shuffled": (0, {stem: _shuffled_blocks(each, rng) for stem, each in images.items()}),
    }
    rows = []
    for name, (expected, gates) in planted.items():
        with_gates = {stem: blocks._replace(gates={MEAN: gates[stem]}) for stem, blocks in images.items()}
        found = agreement(with_gates, MEAN, dataset=dataset)[1]
        good = abs(found["mean"] - expected) < (NEAR if expected else MATTERS)
        good &= found["verdict"] == ("negative" if expected else "too small")
        numbers = (expected, f"{expected:g}", found["mean"], found["low"], found["high"])
        rows.append((name, dataset, len(images), *numbers, good))
    partials, place = partial_matrix(images, MEAN), np.arange(len(images))
    p = [shuffled(partials.iloc[:, rng.permutation(place)], seed=draw)[2] for draw in range(EXCHANGES)]
    rows.append(_share("gates of other images", dataset, len(images), sum(each <= LEVEL for each in p), EXCHANGES))
    return pd.DataFrame(rows, columns=COLUMNS)


def _weak(blocks: Blocks, rng: np.random.Generator) -> np.ndarray:
    """A gate whose ranks go along with what difference and brightness leave of the change by `WEAK`."""
    others = rankdata([blocks.difference.ravel(), blocks.brightness.ravel()], axis=1)
    left = residuals(rankdata(blocks.change.ravel())[None], others)[0]
    noise = residuals(rankdata(rng.random(left.shape))[None], np.vstack([others, left]))[0]
    gate = WEAK * left / np.linalg.norm(left) + np.sqrt(1 - WEAK**2) * noise / np.linalg.norm(noise)
    return gate.reshape(blocks.change.shape)


def _shuffled_blocks(blocks: Blocks, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(blocks.gates[MEAN].ravel()).reshape(blocks.change.shape)


def effect_checks(per_image: pd.DataFrame, *, dataset: str, seed: int = 0) -> pd.DataFrame:
    """What the order is judged by, PSNR in dB, where there is no effect, and where one is put in.

    None is in the difference between complementary and random holes once its mean is taken off, and the sign of what
    is left drawn by lot for each image, or cluster; nor in that between two draws of random holes of the same dose,
    which do not go together in a cluster, so that intervals over clusters are wider than they would have to be. On top
    of the former is put twice the smallest effect that the interval can see, its half width, which a right interval
    sees in 97.5 % of the draws.

    Args:
        per_image: from `isfstudy.intervention_effects.effects.effects`, of one method and data set, with `cluster`.

    Returns:
        `COLUMNS`: shares of `DRAWS` in which the interval leaves out zero, each with its own 95 % interval.
    """
    rng = np.random.default_rng(seed)
    loss = per_image.pivot(index=["stem", "draw"], columns="intervention", values="PSNR")
    cluster = per_image.groupby("stem")["cluster"].first()
    apart = (loss["complementary_holes"] - loss["random_holes"]).dropna().groupby("stem").mean()
    found = mean_over_images(_table(apart, cluster), "value")
    named, lots = cluster[apart.index].to_numpy(), cluster.unique()
    sides = rng.choice([-1, 1], (DRAWS, len(lots)))[:, pd.Index(lots).get_indexer(named)]
    mean, half = _means_and_halves(sides * (apart - found.mean).to_numpy(), named)
    rows = [
        _share("no effect: signs by lot", dataset, len(apart), (abs(mean) > half).sum(), DRAWS),
        _seen(2 * found.smallest, dataset, len(apart), (mean + 2 * found.smallest > half).sum()),
    ]
    drawn = loss["random_holes"].dropna().unstack("draw")
    if drawn.shape[1] > 1:
        values, image = drawn.to_numpy(), np.arange(len(drawn))
        two = rng.permuted(np.tile(np.arange(values.shape[1]), (DRAWS, len(drawn), 1)), axis=2)[..., :2]
        mean, half = _means_and_halves(values[image, two[..., 0]] - values[image, two[..., 1]], named)
        often, clustered = (abs(mean) > half).sum(), len(lots) < len(named)
        rows.append(_share("no effect: same dose drawn anew", dataset, len(drawn), often, DRAWS, or_less=clustered))
    return pd.DataFrame(rows, columns=COLUMNS)


def dose_check(given: pd.DataFrame, *, dataset: str) -> pd.DataFrame:
    """Random masks with some holes beside masks with twice as many: these have to cost more PSNR.

    Args:
        given: from `isfstudy.intervention_effects.treatments.outcomes` of `twice_as_many`, of one method, with
            `dataset` and `cluster`.

    Returns:
        `COLUMNS`: the PSNR that the higher dose costs more, in dB, with its 95 % interval.
    """
    lost = effects(given)
    fewer, more = sorted(lost["holes"].unique())
    loss = lost.pivot(index="stem", columns="holes", values="PSNR")
    found = mean_over_images(_table(loss[more] - loss[fewer], lost.groupby("stem")["cluster"].first()), "value")
    name = f"{more} random holes beside {fewer}"
    numbers = (found.pairs, np.nan, "above 0 dB", found.mean, found.low, found.high, found.low > 0)
    return pd.DataFrame([(name, dataset, *numbers)], columns=COLUMNS)


def _table(values: pd.Series, cluster: pd.Series) -> pd.DataFrame:
    table = values.rename("value").reset_index()
    return table.assign(cluster=table["stem"].map(cluster))


def _means_and_halves(values: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row of values, an image each: their mean and half of its 95 % interval, (rows,), as `mean_over_images`
    takes them."""
    means, errors = np.array([mean_and_error(row, clusters) for row in values]).T
    return means, errors * student.isf(LEVEL / 2, len(set(clusters)) - 1)


def _share(name: str, dataset: str, pairs: int, rejected: int, draws: int, *, or_less: bool = False) -> tuple:
    """The row of a check in which nothing is to be found, but in `LEVEL` of the draws, or less."""
    low, high = binomtest(int(rejected), draws).proportion_ci()
    good, said = low <= LEVEL and (or_less or high >= LEVEL), f"{LEVEL:g}{' or less' * or_less}"
    return (name, dataset, pairs, 0.0, f"{said} of {draws} draws", rejected / draws, low, high, good)


def _seen(planted: float, dataset: str, pairs: int, seen: int) -> tuple:
    """The row of an effect in dB that was put in and has to be seen, in `FOUND` of the draws or more."""
    low, high = binomtest(int(seen), DRAWS).proportion_ci()
    said, good = f"{FOUND:g} or more of {DRAWS} draws", seen >= FOUND * DRAWS
    return ("twice the smallest effect put in", dataset, pairs, planted, said, seen / DRAWS, low, high, good)


def wide(checks: pd.DataFrame) -> pd.DataFrame:
    """A row a check with what is `expected`, and a column a data set with what was found there."""
    texts = checks.assign(text=[_found(row) for row in checks.itertuples()])
    table = texts.pivot_table(index=["check", "expected"], columns="on", values="text", aggfunc="first", sort=False)
    return table.fillna("–").reset_index().rename_axis(columns=None)


def _found(row: object) -> str:
    text = f"{row.found:.3f} [{row.low:.3f}, {row.high:.3f}]"
    text += f" at {row.put_in:.3f} dB" if "more" in row.expected else ""
    return text if row.as_expected else f"{text} not as expected"


def said(checks: pd.DataFrame) -> str:
    """In a sentence: how many come out as they have to, and which do not."""
    wrong = checks[~checks["as_expected"]]
    each = [f"; {row.check} on {row.on}: {_found(row)} (expected {row.expected})" for row in wrong.itertuples()]
    good = f"{len(checks) - len(wrong)} of {len(checks)}"
    return f"<b>Checks of the instrument:</b> {good} come out as they have to{''.join(each)}."
