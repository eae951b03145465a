"""Does the page find what is there, and nothing where there is nothing? Effects put in by hand, on its own images."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.mixed import Mean, mean_over_images
from isfstudy.intervention_effects.stability import MATTERS, MEAN, Blocks, agreement

PLANTED = 0.05  # dB
COLUMNS = ["check", "expected", "found", "low", "high", "as_expected"]
NEAR = 0.02  # how close to -1 a gate has to come that is the stability map itself


def gate_checks(images: dict[str, Blocks], *, dataset: str, seed: int = 0) -> pd.DataFrame:
    """A gate that is each image's own stability map, which has to give -1, and one of noise, which has to give nothing.

    Args:
        images: by stem, from `isfstudy.intervention_effects.stability.blocks_of`.
    """
    rng = np.random.default_rng(seed)
    gates = {
        "a gate that is the stability map itself": {stem: 1 - blocks.change for stem, blocks in images.items()},
        "a gate of noise": {stem: rng.random(blocks.change.shape) for stem, blocks in images.items()},
    }
    rows = []
    for name, gate in gates.items():
        planted = {stem: blocks._replace(gates={MEAN: gate[stem]}) for stem, blocks in images.items()}
        found = agreement(planted, MEAN, dataset=dataset)[1]
        stable = "itself" in name
        good = found["mean"] < NEAR - 1 if stable else abs(found["mean"]) < MATTERS
        rows.append((name, "-1" if stable else "0", found["mean"], found["low"], found["high"], good))
    return pd.DataFrame(rows, columns=COLUMNS)


def effect_checks(per_image: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """What the order is judged by, in dB: complementary beside random holes with each image's sign drawn by lot, which
    leaves no effect, and `PLANTED` on top of it; and random holes beside the same dose drawn anew, where there is a
    second draw.

    Args:
        per_image: from `isfstudy.intervention_effects.effects.effects`, of one method and data set.
    """
    loss = per_image.pivot(index=["stem", "draw"], columns="intervention", values="PSNR")
    cluster = per_image.groupby("stem")["cluster"].first()
    apart = (loss["complementary_holes"] - loss["random_holes"]).dropna()
    sides = dict(zip(cluster.unique(), np.random.default_rng(seed).choice([-1, 1], cluster.nunique()), strict=True))
    none = apart * apart.index.get_level_values("stem").map(cluster).map(sides)
    drawn = loss["random_holes"].dropna().unstack("draw")
    anew = {"random holes, the same dose drawn anew": (drawn[1] - drawn[0], 0)} if 1 in drawn else {}
    tests = {"signs by lot": (none, 0), f"signs by lot, and {PLANTED} dB on top": (none + PLANTED, PLANTED)} | anew
    return pd.DataFrame([_row(name, values, cluster, planted) for name, (values, planted) in tests.items()])


def dose_check(given: pd.DataFrame) -> pd.DataFrame:
    """Random masks with more holes beside those with the fewest: they have to cost more PSNR.

    Args:
        given: from `isfstudy.intervention_effects.treatments.outcomes` of `doses` for one method, with `dataset` and
            `cluster`.
    """
    lost = effects(given)
    lost = lost[(lost["intervention"] == "random") & (lost["size"] == lost["size"].min())]
    fewest, more, *_ = sorted(lost["holes"].unique())
    loss = lost.pivot(index="stem", columns="holes", values="PSNR")
    name = f"{more} random holes beside {fewest}"
    return pd.DataFrame([_row(name, loss[more] - loss[fewest], lost.groupby("stem")["cluster"].first(), None)])


def _row(name: str, values: pd.Series, cluster: pd.Series, planted: float | None) -> dict:
    table = values.rename("value").reset_index()
    found: Mean = mean_over_images(table.assign(cluster=table["stem"].map(cluster)), "value")
    within = found.low <= (planted or 0) <= found.high
    seen = found.low > 0
    good = seen if planted is None else within and (seen if planted else True)
    expected = "above 0 dB" if planted is None else f"{planted:g} dB"
    return dict(zip(COLUMNS, (name, expected, found.mean, found.low, found.high, good), strict=True))


def said(checks: pd.DataFrame) -> str:
    """In a sentence: what was put in and found, what does not come out as it has to first."""
    table = checks.sort_values("as_expected", kind="stable")
    each = [f"{row.check} {row.found:+.2f} (expected {row.expected})" for row in table.itertuples()]
    good = int(table["as_expected"].sum())
    return f"<b>Checks of the instrument:</b> {good} of {len(table)} come out as they have to: {'; '.join(each)}."
