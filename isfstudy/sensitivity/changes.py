"""What another value of one hand-set parameter changes, and whether that is more than what seeds do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid import records
from isfstudy.grid.blocks import estimates, fit
from isfstudy.grid.plan import planned
from isfstudy.grid.sets import LOST, by_arm, measured

EXPERIMENT, SHORT = "sensitivity", "sensitivity_short"  # the plan, and its schedule for two cores
ABLATIONS = ("masks_as_augmentation", "parts_left_away")  # whose changes are the yardstick of the rival
RELEASED = "as_released"
TRIAL = [RELEASED, "hole_size_8", "alpha_1"]  # arms that are enough to see that it runs
PARAMETERS = {  # fields of a recipe, and what the paper calls them
    "hole_size": "side of a hole",
    "most_holes": "most holes",
    "alpha": "α, weight of consistency",
    "beta": "β, weight of necessity",
    "gradient_weight": "λ₁, weight of gradients",
    "gate_target": "η, mean of the gates",
    "pooled_side": "r, side of pooled features",
}
MASKS = ("hole_size", "most_holes")
WEIGHTS = ("alpha", "beta", "gradient_weight")
FIGURES = (*METRICS, *LOST)
BETTER, AS_WELL, WORSE, MIXED, OPEN = "better", "as well", "worse", "mixed", "undecided"
WAYS = {"higher": 1, "lower": -1}
ABOUT = ["dataset", "arm", "parameter", "value", "released", "metric"]
CHANGES = [*ABOUT, "mean", "low", "high", "degrees", "seeds", "deviation", "deviation_released", "verdict"]


def tried() -> pd.DataFrame:
    """By arm of the plan, in its order: the `parameter` that is changed, its `value`, and the `released` one."""
    recipes = {run.arm: run.recipe for run in planned(EXPERIMENT, seeds=1)}
    as_released = recipes.pop(RELEASED)
    rows = {}
    for arm, recipe in recipes.items():
        (field,) = [name for name in PARAMETERS if getattr(recipe, name) != getattr(as_released, name)]
        rows[arm] = {"parameter": field, "value": getattr(recipe, field), "released": getattr(as_released, field)}
    return pd.DataFrame.from_dict(rows, orient="index").astype({"value": float, "released": float})


def changes(runs: pd.DataFrame) -> pd.DataFrame:
    """Every value that was tried against the released one.

    Args:
        runs: a row a run, from `isfstudy.grid.records.looks`.

    Returns:
        A row a set, arm and figure: `mean` difference to the released value, paired by seed, with an interval from what
        arms and seeds leave over in all runs, 95 % for all values of a figure together, as all are compared with the
        one that was released; `seeds`, those that have both; `deviation` between seeds of one arm, pooled over all
        arms, and `deviation_released`, of that arm alone; and `verdict`: `larger` where the whole interval lies beyond
        the deviation between seeds, `smaller` where it lies within, else `undecided`.
    """
    about = tried()
    rows = []
    for dataset, figure in measured(runs, figures=FIGURES):
        table = by_arm(runs, dataset, figure)
        if RELEASED not in table:
            continue
        table = table[table[RELEASED].notna()]
        arms = [arm for arm in about.index if arm in table and table[arm].notna().any()]
        if not arms:
            continue
        design = pd.DataFrame(np.eye(len(arms)), index=arms, columns=arms)
        design = pd.concat([design, pd.DataFrame(0.0, index=[RELEASED], columns=arms)])
        found = estimates(fit(table, design), design.loc[arms], together=len(arms))
        between = {"deviation": pooled(table[[RELEASED, *arms]]), "deviation_released": table[RELEASED].std()}
        for arm, row in found.iterrows():
            known = {"dataset": dataset, "arm": arm} | about.loc[arm].to_dict() | {"metric": figure}
            judged = {"seeds": int(table[arm].notna().sum()), "verdict": _verdict(row, between["deviation"])}
            rows.append(known | row.to_dict() | between | judged)
    return pd.DataFrame(rows, columns=CHANGES)


def pooled(table: pd.DataFrame) -> float:
    """The standard deviation between the rows of a column, pooled over the columns; NaN where none has two values."""
    degrees = (table.notna().sum() - 1).clip(lower=0)
    if not degrees.sum():
        return np.nan
    return float(np.sqrt((table.var(ddof=1).fillna(0) * degrees).sum() / degrees.sum()))


def _verdict(row: pd.Series, deviation: float) -> str:
    if row["low"] > deviation or row["high"] < -deviation:
        return "larger"
    return "smaller" if -deviation <= row["low"] and row["high"] <= deviation else "undecided"


def least(table: pd.DataFrame) -> pd.DataFrame:
    """The least change of each parameter that changes a figure by more than seeds do.

    Args:
        table: from `changes`.

    Returns:
        A row a set, parameter and figure: `released`, `tried` (how many values), `value` (the nearest to the released
        one by their ratio that is `larger`, NaN where none is), `mean` of its change, and `decided`, whether every
        value is larger or smaller.
    """
    rows = []
    for (dataset, parameter, metric), each in table.groupby(["dataset", "parameter", "metric"], sort=False):
        larger = each[each["verdict"] == "larger"]
        nearest = larger.iloc[np.log(larger["value"] / larger["released"]).abs().argsort()][:1]
        known = {"dataset": dataset, "parameter": parameter, "metric": metric, "released": each["released"].iloc[0]}
        value, mean = (nearest[column].squeeze() if len(nearest) else np.nan for column in ("value", "mean"))
        found = {"value": value, "mean": mean, "decided": bool((each["verdict"] != "undecided").all())}
        rows.append(known | {"tried": len(each)} | found)
    return pd.DataFrame(
        rows, columns=["dataset", "parameter", "metric", "released", "tried", "value", "mean", "decided"]
    )


def values(table: pd.DataFrame) -> pd.DataFrame:
    """Is a value better than the released one? By set and arm, over the five metrics, of all of which more is better.

    Returns:
        `higher` and `lower`, metrics that move by more than seeds do, and `verdict`: `BETTER` where some are higher and
        none is lower, `WORSE` the other way round, `MIXED` for both, `AS_WELL` where all move by less, else `OPEN`.
    """
    rows = []
    metrics = table[table["metric"].isin(METRICS)]
    for (dataset, arm), each in metrics.groupby(["dataset", "arm"], sort=False):
        larger = each[each["verdict"] == "larger"]
        ways = {way: list(larger.loc[larger["mean"] * sign > 0, "metric"]) for way, sign in WAYS.items()}
        known = {"dataset": dataset, "arm": arm} | each[["parameter", "value", "released"]].iloc[0].to_dict()
        found = {way: ", ".join(names) for way, names in ways.items()} | {"seeds": int(each["seeds"].min())}
        rows.append(known | found | {"verdict": _better(each, *ways.values())})
    names = ["dataset", "arm", "parameter", "value", "released", "higher", "lower", "seeds", "verdict"]
    return pd.DataFrame(rows, columns=names)


def _better(each: pd.DataFrame, higher: list[str], lower: list[str]) -> str:
    if higher or lower:
        return MIXED if higher and lower else BETTER if higher else WORSE
    return AS_WELL if (each["verdict"] == "smaller").all() else OPEN


def weights(judged: pd.DataFrame) -> pd.DataFrame:
    """Is any tried value of the losses' weights better than the released one? By set, from `values`.

    Returns:
        How many were `tried`, which are `better`, and `verdict`: `found`, `none better` where every one is decided and
        none is, else `undecided`.
    """
    rows = []
    ours = judged[judged["parameter"].isin(WEIGHTS)]
    for dataset, each in ours.groupby("dataset", sort=False):
        better = list(each.loc[each["verdict"] == BETTER, "arm"])
        said = "found" if better else "undecided" if (each["verdict"] == OPEN).any() else "none better"
        known = {"dataset": dataset, "tried": len(each), "better": ", ".join(better)}
        rows.append(known | {"seeds": int(each["seeds"].min()), "verdict": said})
    return pd.DataFrame(rows, columns=["dataset", "tried", "better", "seeds", "verdict"])


def ablations(kept: Path) -> pd.DataFrame:
    """The runs of the ablations over seeds that records hold."""
    return records.looks(kept, *ABLATIONS)


def of_parts(runs: pd.DataFrame) -> pd.DataFrame:
    """The yardstick of the rival: what leaving parts of the method away changes, in the ablations over seeds.

    Args:
        runs: from `ablations`.

    Returns:
        A row a set and metric: the arm (`part`) whose mean difference to the full method, paired by seed, is largest in
        size, that `mean`, and over how many `seeds`.
    """
    rows = []
    for dataset, figure in measured(runs, figures=FIGURES):
        table = by_arm(runs, dataset, figure)
        if "full" not in table:
            continue
        differences = table.drop(columns="full").sub(table["full"], axis=0).dropna(how="all", axis=1)
        if differences.empty:
            continue
        mean = differences.mean()
        part = mean.abs().idxmax()
        known = {"dataset": dataset, "metric": figure, "part": part, "mean": mean[part]}
        rows.append(known | {"seeds": int(differences[part].notna().sum())})
    return pd.DataFrame(rows, columns=["dataset", "metric", "part", "mean", "seeds"])
