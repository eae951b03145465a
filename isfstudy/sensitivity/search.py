"""A small search over the weights of the losses, alpha and beta, which the notes on the paper call set by hand.

A search takes an aim, and the paper names none of its five metrics. Ours is the mean of their changes over the released
weights, each in deviations between seeds of the full method, on pairs of MSRS that nothing in the study is trained or
tested on. Nelder and Mead's simplex (scipy) moves in the logarithms of both weights, from the released ones. Each point
is a training of the grid with one and the same seed: what was trained is kept, so that a search that was cut off goes
on with its next point. Its trainings have the schedule of the plan, or the shorter one for two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log10
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.optimize import minimize

from isfcore.metrics import METRICS
from isfcore.training.run_folder import VALIDATION as LOOKS
from isfstudy.grid import records
from isfstudy.grid.measures import VALIDATION
from isfstudy.grid.plan import Run, planned
from isfstudy.grid.sets import by_arm
from isfstudy.grid.work import missing, work
from isfstudy.sensitivity.changes import EXPERIMENT as PLAN
from isfstudy.sensitivity.changes import RELEASED, SHORT

SEARCHES = {
    PLAN: "weights_search",
    SHORT: "weights_search_short",
}  # by the experiment of the grid whose schedule it has
WEIGHTS = ("alpha", "beta")
BOUNDS = (0.001, 10.0)
STEP = 0.5  # of the first simplex, in decades
YARDSTICK, FULL, SET = "masks_as_augmentation", "full", "MSRS"  # whose seeds give the unit


def units(kept: Path) -> pd.Series:
    """The deviation of each metric between seeds of the full method, on MSRS.

    Args:
        kept: the folder of the records.

    Raises:
        ValueError: where it has no such run.
    """
    runs = records.looks(kept, YARDSTICK)
    if FULL not in set(runs["arm"]):
        raise ValueError(
            f"{kept}: no run of {YARDSTICK}'s arm {FULL}, whose seeds give the unit: train and publish some"
        )
    return pd.Series({metric: by_arm(runs, SET, metric)[FULL].std() for metric in METRICS})


def released() -> tuple[float, float]:
    """The released weights."""
    recipe = planned(PLAN, arms=[RELEASED], seeds=1)[0].recipe
    return recipe.alpha, recipe.beta


def aim(found: pd.Series, reference: pd.Series, unit: pd.Series) -> float:
    """The mean over the metrics of what is found minus what the released weights give, in units."""
    return float(((found - reference) / unit)[list(METRICS)].mean())


def run_of(alpha: float, beta: float, schedule: str, **instead: Any) -> Run:
    """The training of a point.

    Args:
        schedule: a key of `SEARCHES`.
        instead: values that take the place of the plan's, see `isfstudy.grid.plan.planned`.
    """
    asked: dict[str, Any] = {"measured": [VALIDATION]} | instead | {"seeds": 1}
    (as_released,) = planned(schedule, arms=[RELEASED], **asked)
    recipe = replace(as_released.recipe, name=f"alpha_{alpha:g}_beta_{beta:g}", alpha=alpha, beta=beta)
    return as_released._replace(experiment=SEARCHES[schedule], arm=recipe.name, recipe=recipe)


def descend(value_of: Callable[[float, float], float], start: tuple[float, float], *, evaluations: int) -> None:
    """Ask for the values of points, of which more is better, ever nearer to the best.

    Args:
        value_of: of alpha and beta, which have two digits; asked once for each point.
        start: the first of them.
        evaluations: points at the most.
    """
    known: dict[tuple[float, float], float] = {}

    def cost(point: Any) -> float:
        alpha, beta = (float(f"{10**value:.2g}") for value in point)
        if (alpha, beta) not in known:
            known[alpha, beta] = value_of(alpha, beta)
        return -known[alpha, beta]

    first = [log10(value) for value in start]
    simplex = [first, [first[0] + STEP, first[1]], [first[0], first[1] + STEP]]
    limits = [tuple(log10(value) for value in BOUNDS)] * len(start)
    options = {"maxfev": evaluations, "initial_simplex": simplex}
    minimize(cost, first, method="Nelder-Mead", bounds=limits, options=options)


def search(
    folder: Path, schedule: str, *, evaluations: int, device: str, root: str, part: str = VALIDATION, **instead: Any
) -> None:
    """Train point after point; records take them from the grid's folder (`python -m isfstudy publish grid`).

    Args:
        folder: of the grid.
        schedule: a key of `SEARCHES`.
        device, root: as `isfstudy.grid.work.work` takes them.
        part: of the figures that are aimed at.
        instead: see `run_of`.

    Raises:
        ValueError: when another process is at work on the next point, or records give no unit.
        What `isfstudy.grid.work.work` raises.
    """
    start, unit = released(), units(records.committed())

    def figures(alpha: float, beta: float) -> pd.Series:
        run = run_of(alpha, beta, schedule, **instead)
        work([run], folder, device=device, root=root)
        if missing([run], folder):
            raise ValueError(
                f"{folder / run.name}: somebody else is at work on this point: start again when it is done"
            )
        means = pd.read_csv(folder / run.name / LOOKS).mean()
        return pd.Series({metric: means[f"{part}.{metric}"] for metric in METRICS})

    reference = figures(*start)
    descend(lambda *point: aim(figures(*point), reference, unit), start, evaluations=evaluations)


def points(kept: Path, schedule: str, unit: pd.Series, *, part: str = VALIDATION) -> pd.DataFrame:
    """What a search found: a row a point, the best first.

    Args:
        kept: the folder of the records.
        schedule: a key of `SEARCHES`.
        unit: from `units`.

    Returns:
        `alpha`, `beta`, the metrics, `aim`, `released` (whether these are the released weights), `seed`, `minutes` and
        `run`; no rows without records.
    """
    runs = records.looks(kept, SEARCHES[schedule])
    recipes = {line["run"]: line["description"]["recipe"] for line in records.runs(kept, SEARCHES[schedule])}
    rows = [
        {name: recipes[row["run"]][name] for name in WEIGHTS}
        | {metric: row[f"{part}.{metric}"] for metric in METRICS}
        | {name: row[name] for name in ("seed", "minutes", "run")}
        for _, row in runs.iterrows()
    ]
    names = [*WEIGHTS, *METRICS, "aim", "released", "seed", "minutes", "run"]
    if not rows:
        return pd.DataFrame(columns=names)
    table = pd.DataFrame(rows)
    table["released"] = table["alpha"].eq(released()[0]) & table["beta"].eq(released()[1])
    reference = table[table["released"]].iloc[0]
    table["aim"] = [aim(row[list(METRICS)], reference[list(METRICS)], unit) for _, row in table.iterrows()]
    return table.sort_values("aim", ascending=False, ignore_index=True)[names]
