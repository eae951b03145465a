"""What the seed of the base network decides under the regime `adapted`, and what it decides that the base has seen.

All inputs are adapted to from one base network, so that its seed moves all leads at once; and a base that has seen the
plain average may favour images near it. Both are asked: further seeds, and a second base that has not seen the average.
A seed decides a base and all that adapts from it. Every seed has every input, so that Student's t over the seeds' leads
is what a mixed model with the seed as random effect gives (`paper/hypotheses.yaml`, `detector_seeds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp

from isfstudy.downstream.regimes import found_under, of_sources
from isfstudy.downstream.runs import made
from isfstudy.downstream.scoring import Scoring, in_order
from isfstudy.downstream.setting import Setting
from isfstudy.downstream.tables import against

BASES = {"average seen": ("Visible", "Infrared", "Average"), "average not seen": ("Visible", "Infrared")}
TAKEN_AWAY = 0.2  # of the detections, by lot, where an effect is put in by hand
MATTERS = 0.03  # of a score, the smallest lead that would change what a reader does
Judged = dict[tuple[str, str], dict[int, Any]]  # by base and input, what `Scoring.judge` gives, by seed


def judged_by_seed(setting: Setting, scoring: Scoring) -> Judged:
    """What each base network's seeds find in the inputs that a page asks for (`base_seeds`, `base_inputs`); trains what
    has not been trained yet.

    Raises:
        ValueError: for a base that is not in `BASES`.
        What `isfstudy.downstream.regimes.found_under` raises.
    """
    asked, comparison = setting.asked, setting.comparison
    if unknown := [name for name in asked["base_seeds"] if name not in BASES]:
        raise ValueError(f"base_seeds: no base is called {unknown[0]!r}; they are {', '.join(map(repr, BASES))}")
    judged: Judged = {}
    for base, seeds in asked["base_seeds"].items():
        for name in [each for each in asked["base_inputs"] if each in comparison.inputs]:
            found = {seed: _found(setting, base, name, seed) for seed in seeds}
            judged[base, name] = {seed: _judged(setting, scoring, each) for seed, each in found.items()}
    return judged


def _found(setting: Setting, base: str, name: str, seed: int) -> list[np.ndarray]:
    """What is found in an input's test images, in the order of `Setting.stems`."""
    label = f"{setting.bench.task.name}, {base}, {name}, seed {seed}"
    options: dict[str, Any] = {"sources": BASES[base], "progress": label}
    found = found_under("adapted", name, seed, setting.bench, setting.comparison, **options)
    return in_order(setting, [found])[0]


def _judged(setting: Setting, scoring: Scoring, found: list[np.ndarray]) -> Any:
    return scoring.judge(found, setting.truths, len(setting.names))


def by_seed(judged: Judged, scoring: Scoring, setting: Setting) -> pd.DataFrame:
    """A row a base, input and seed: `base`, `method`, `seed`, `pairs` and the columns of `Scoring.columns`."""
    weights = np.ones((1, len(setting.stems)), int)
    rows = [
        {"base": base, "method": name, "seed": seed, "pairs": len(setting.stems)}
        | {column: float(of(weights)[0]) for column, of in scoring.columns([one], setting.names).items()}
        for (base, name), of_seed in judged.items()
        for seed, one in of_seed.items()
    ]
    return pd.DataFrame(rows)


def made_by_seed(setting: Setting) -> pd.DataFrame:
    """How each base network was made: `base`, and what `isfstudy.downstream.runs.made` gives."""
    rows = [
        {"base": base} | made(setting.bench, of_sources(setting.comparison, seed, BASES[base]))
        for base, seeds in setting.asked["base_seeds"].items()
        for seed in seeds
    ]
    return pd.DataFrame(rows)


def leads(
    judged: Judged, scores: pd.DataFrame, scoring: Scoring, setting: Setting, metrics: Sequence[str], *, resamples: int
) -> pd.DataFrame:
    """Each input's lead over the reference, over seeds and over images; no rows without the reference.

    Args:
        scores: what `by_seed` gives.
        metrics: columns of it.

    Returns:
        A row a metric, base and input: `metric`, `base`, `method`, `reference`, `base_seeds` (how many), `pairs`,
        `clusters`; `score`, mean over seeds; `lead`, mean over seeds, with `low` and `high`, its 95 % interval over
        seeds (NaN for one), and `images_low`, `images_high` over clusters of images; `smallest`, the lead that could
        have been seen, by both; `turned`, the seeds in which the lead has the other sign; `matters`, the smallest lead
        that does; and `verdict`: `better` or `worse` than the reference where both intervals leave out zero, that over
        images corrected for the number of inputs, and the lead matters, else `undecided`.
    """
    reference, rows = setting.reference, []
    seeds_of = {key: list(of_seed.values()) for key, of_seed in judged.items()}
    columns: dict = {key: scoring.columns(each, setting.names) for key, each in seeds_of.items()}
    columns = {key: each for key, each in columns.items() if (key[0], reference) in columns}
    for metric in metrics if columns else ():
        table = against(columns, metric, setting.clusters, reference=reference, resamples=resamples)
        wide = scores.pivot(index=["base", "seed"], columns="method", values=metric)
        for _, row in table[table["method"] != reference].iterrows():
            each = (wide[row["method"]] - wide[reference]).loc[row["protocol"]]
            interval = ttest_1samp(each, 0).confidence_interval() if len(each) > 1 else (np.nan, np.nan)
            about = {"metric": metric, "base": row["protocol"], "method": row["method"], "reference": reference}
            about |= {
                "base_seeds": len(each),
                "pairs": row["pairs"],
                "clusters": row["clusters"],
                "score": row["score"],
            }
            about |= {"lead": each.mean(), "low": interval[0], "high": interval[1]}
            about |= {"images_low": row["lead_low"], "images_high": row["lead_high"]}
            about |= {"smallest": max((interval[1] - interval[0]) / 2, row["smallest"])}
            about |= {"turned": int((each * each.mean() < 0).sum()), "matters": MATTERS}
            rows.append(about | {"verdict": _verdict(about, row["verdict"])})
    return pd.DataFrame(rows)


def _verdict(lead: dict[str, Any], over_images: str) -> str:
    """Both have to say it, and the lead has to matter; an interval that is not there says nothing."""
    over_seeds = "better" if lead["low"] > 0 else "worse" if lead["high"] < 0 else "undecided"
    return over_images if over_images == over_seeds and abs(lead["lead"]) >= MATTERS else "undecided"


def checks(setting: Setting, scoring: Scoring, *, resamples: int) -> pd.DataFrame:
    """Is the instrument right? What `leads` says of the reference's own detections, where it is known what it has to.

    Returns:
        A row a check: `check`, the verdict that is `expected`, the `verdict` that came out, `as_expected`, `base`,
        `base_seeds`, and `lead` with its intervals, as of `leads`.
    """
    reference, alike = setting.reference, f"{TAKEN_AWAY:.0%} taken away from both, by two lots"
    put_in = f"{TAKEN_AWAY:.0%} of its detections taken away by lot"
    judged: Judged = {}
    expected, compared = {put_in: "worse", alike: "undecided"}, {}
    for base, seeds in setting.asked["base_seeds"].items():
        found = {seed: _found(setting, base, reference, seed) for seed in seeds}
        one, other = (
            {seed: _fewer(found[seed], np.random.default_rng([seed, lot])) for seed in seeds} for lot in (0, 1)
        )
        for check, (left, right) in {put_in: (found, one), alike: (one, other)}.items():
            compared[f"{base}: {check}"] = base, check
            for name, each in ((reference, left), (check, right)):
                judged[f"{base}: {check}", name] = {seed: _judged(setting, scoring, each[seed]) for seed in seeds}
    names = ["check", "expected", "verdict", "as_expected", "base", "base_seeds", "lead", "low", "high"]
    names += ["images_low", "images_high"]
    scores = by_seed(judged, scoring, setting)
    table = leads(judged, scores, scoring, setting, [scoring.of_set], resamples=resamples)
    if table.empty:
        return pd.DataFrame(columns=names)
    table["base"], table["check"] = zip(*table["base"].map(compared), strict=True)
    table = table.assign(expected=table["check"].map(expected))
    return table.assign(as_expected=table["verdict"] == table["expected"])[names]


def _fewer(found: list[np.ndarray], random: np.random.Generator) -> list[np.ndarray]:
    return [each[random.random(len(each)) >= TAKEN_AWAY] for each in found]
