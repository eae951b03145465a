"""What a network loses by being used at another time of day than it was trained at, by arm, with the seed as the unit.

A drop is taken on the same test images: the metric of a network trained at the other time, minus that of one trained
at their time. By the two times together that is what the hypotheses have, the metric on images of the other time minus
that on images of the same: whatever images of the night differ in from those of the day cancels. By one time alone it
would not, and would be far more than anything that training does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid.contrasts import Contrast, contrast, contrasts, verdict
from isfstudy.grid.sets import SETS

EXPERIMENT = "real_shift"
NAMES = {"fidelity": "fidelity loss alone", "mask_augmentation": "masks as augmentation", "full": "full method"}
ARMS = tuple(NAMES)
OTHER = {"day": "night", "night": "day"}
BOTH = "both"
TESTED = (BOTH, *OTHER)  # the time of the test images
COMPARED = [("full", "fidelity"), ("mask_augmentation", "fidelity"), ("full", "mask_augmentation")]
SHARE = 0.1  # of what the fidelity loss alone loses: the smallest effect that matters, as written in the hypotheses
NO_DROP = "no drop"  # where the fidelity loss alone is not shown to lose, there is nothing to lose less of
MORE = "loses more"  # the arm loses more than what it is compared with, whatever that loses
ELSEWHERE = ("TNO", "RoadScene", "M3FD", "scenes")
CONTRASTS = [
    "tested",
    "arm",
    "against",
    "metric",
    "lost",
    "expected",
    "matters",
    *Contrast._fields,
    "p_holm",
    "verdict",
]
DROPS = ["tested", "arm", "metric", "same", *Contrast._fields]
OTHERS = ["dataset", "arm", "metric", "by_day", "by_night", *Contrast._fields]


def by_seed(runs: pd.DataFrame, metric: str) -> dict[str, pd.DataFrame]:
    """The drops in a metric by time of the test images: a row a seed, a column an arm; runs that are missing are NaN.

    Args:
        runs: a row a run, from `isfstudy.grid.records.looks`.
    """
    found = {}
    for tested, other in OTHER.items():
        figure = f"MSRS_{tested}.{metric}"
        if figure not in runs:
            return {}
        table = runs.pivot_table(index="seed", columns=["data", "arm"], values=figure)
        if not {f"MSRS_{time}" for time in OTHER} <= set(table.columns.get_level_values("data")):
            return {}
        found[tested] = table[f"MSRS_{other}"] - table[f"MSRS_{tested}"]
    return {BOTH: (found["day"] + found["night"]) / 2} | found


def drops(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a time of the test images, arm and metric: the drop over seeds, below 0 where something is lost, and
    `same`, the metric of networks trained at the images' own time."""
    rows = []
    for metric in METRICS:
        for tested, table in by_seed(runs, metric).items():
            for arm in [arm for arm in ARMS if arm in table and table[arm].notna().any()]:
                own = [_same(runs, time, arm, metric) for time in (OTHER if tested == BOTH else [tested])]
                known = {"tested": tested, "arm": arm, "metric": metric, "same": float(np.mean(own))}
                rows.append(known | contrast(table[arm])._asdict())
    return pd.DataFrame(rows, columns=DROPS)


def _same(runs: pd.DataFrame, tested: str, arm: str, metric: str) -> float:
    own = runs[(runs["arm"] == arm) & (runs["data"] == f"MSRS_{tested}")]
    return own[f"MSRS_{tested}.{metric}"].mean()


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """Does an arm lose less than another? The difference of their drops, paired by seed; above 0 is less.

    Returns:
        A row a time of the test images, pair of arms and metric: these, `lost` (the mean drop of the fidelity loss
        alone, over the seeds that are compared), `expected` (1, as the paper has it), `matters`, the fields of
        `Contrast`, `p_holm` over the metrics, and `verdict`: `MORE` where the whole interval lies below 0, else
        `NO_DROP` where the fidelity loss alone is not shown to lose anything, `seen` where the whole interval reaches
        what matters, `refuted` where all of it falls short, else `undecided`.
    """
    rows = []
    tables = {metric: by_seed(runs, metric) for metric in METRICS}
    for tested in TESTED:
        for arm, against in COMPARED:
            here = {metric: table[tested] for metric, table in tables.items() if tested in table}
            here = {metric: table for metric, table in here.items() if {arm, against, "fidelity"} <= set(table)}
            pairs = {metric: table.dropna(subset=[arm, against, "fidelity"]) for metric, table in here.items()}
            found = {metric: table[arm] - table[against] for metric, table in pairs.items() if len(table)}
            for _, one in contrasts(found).iterrows() if found else ():
                rows.append({"tested": tested, "arm": arm, "against": against} | _judged(one, pairs[one["contrast"]]))
    return pd.DataFrame(rows, columns=CONTRASTS)


def _judged(one: pd.Series, pairs: pd.DataFrame) -> dict:
    lost = contrast(pairs["fidelity"])
    numbers = Contrast(*(one[name] for name in Contrast._fields))
    matters = SHARE * abs(lost.mean)
    said = verdict(numbers, expected=1, matters=matters)
    if numbers.high < 0:
        said = MORE
    elif lost.seeds > 1 and not lost.high < 0:
        said = NO_DROP
    known = {"metric": one["contrast"], "lost": lost.mean, "expected": 1, "matters": matters}
    return known | numbers._asdict() | {"p_holm": one["p_holm"], "verdict": said}


def elsewhere(runs: pd.DataFrame) -> pd.DataFrame:
    """Other sets: a row a set, arm and metric.

    Returns:
        `by_day` and `by_night`, means over the seeds of networks trained at either time, and the fields of `Contrast`:
        what the arm, over both, has more than the fidelity loss alone; NaN for that one. No network was trained on
        these sets, so that none of them has a drop.
    """
    rows = []
    for dataset in ELSEWHERE:
        for metric in METRICS:
            (figure,) = (f"{part}.{metric}" for part in SETS[dataset])
            if figure not in runs:
                continue
            table = runs.pivot_table(index="seed", columns=["arm", "data"], values=figure)
            for arm in [arm for arm in ARMS if arm in table]:
                times = [f"MSRS_{time}" for time in OTHER]
                means = [table[arm].get(data, pd.Series(dtype=float)).mean() for data in times]
                known = {"dataset": dataset, "arm": arm, "metric": metric, "by_day": means[0], "by_night": means[1]}
                rows.append(known | _more(table, arm)._asdict())
    return pd.DataFrame(rows, columns=OTHERS)


def _more(table: pd.DataFrame, arm: str) -> Contrast:
    """An arm minus the fidelity loss alone, by seed, over all that both were trained on in it."""
    if arm != "fidelity" and "fidelity" in table:
        difference = (table[arm] - table["fidelity"]).mean(axis=1, skipna=False).dropna()
        if len(difference):
            return contrast(difference)
    return Contrast(np.nan, np.nan, np.nan, np.nan, 0, np.nan)
