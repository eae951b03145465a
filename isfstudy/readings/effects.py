"""What each printed reading does to a figure, and under which readings the printed order of Figure 6 appears."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.grid.blocks import LEVEL, estimates, fit
from isfstudy.grid.sets import LOST, by_arm, measured
from isfstudy.readings.design import PAIRS, READING, columns, enough

EXPERIMENT, SHORT = "readings", "readings_short"  # the plan, and its schedule for two cores
MATTERS = 0.1  # in CC, as written in the hypotheses
DECISIVE = "CC"
FIGURES = (DECISIVE, "fidelity", *(metric for metric in METRICS if metric != DECISIVE), "gate", "decided", *LOST)
IN_SHORT = (DECISIVE, "AG", "Qabf", "gate")  # what a page has room for
ENDS = {"released": "0", "printed": "1"}  # digits of an arm whose readings are all one
LEVELS = {"released": -1.0, "printed": 1.0}
ORDER_MATTERS = 0.02  # dB, as for Figure 6 with the authors' weights
# Of Figure 6: what costs more PSNR, and what less. Modality dropout is named after what is kept.
ORDERS = {
    "complementary > random": ("lost_complementary", "lost_random"),
    "infrared dropped > complementary": ("lost_visible_only", "lost_complementary"),
    "visible dropped > complementary": ("lost_infrared_only", "lost_complementary"),
}
COUNTS = ["degrees", "seeds", "runs"]
EFFECTS = ["dataset", "metric", "effect", "kind", "released", "printed", "mean", "low", "high", *COUNTS]
Fraction = tuple[dict[str, list], dict[str, list[str]]]


def effects(runs: pd.DataFrame, fraction: Fraction) -> pd.DataFrame:
    """The effect of every reading: the mean of a figure over runs with the printed value, minus that with the released.

    Args:
        runs: a row a run, from `isfstudy.grid.records.looks`.
        fraction: factors and generators, from `isfstudy.grid.plan.fraction_of`.

    Returns:
        A row a set, figure and column of the design: `effect` (its name), `kind`, of a reading the `released` and the
        `printed` value, `mean` with an interval for all readings together, `seeds` (that every arm has) and `runs` (of
        all arms), and of readings in CC the `verdict`: `lowers` or `raises` where the whole interval lies beyond
        `MATTERS`, `small` where it lies within, else `undecided`. The error is what seeds leave over within the arms,
        each seed having a level of its own; a single seed leaves none, and there are no intervals.
    """
    factors, generators = fraction
    design, kinds = columns(factors, generators)
    rows = []
    for dataset, figure in measured(runs, figures=FIGURES):
        table = enough(by_arm(runs, dataset, figure), design.index)
        if table.empty:
            continue
        twice = pd.DataFrame(0.0, index=design.columns, columns=design.columns)  # from -1 to +1 are two steps
        for name in design:
            twice.loc[name, name] = 2.0
        for name, found in estimates(fit(table, design), twice, together=len(factors)).iterrows():
            known = {"dataset": dataset, "metric": figure, "effect": name, "kind": kinds[name]}
            known |= dict(zip(("released", "printed"), map(str, factors.get(name, ["", ""])), strict=True))
            decides = figure == DECISIVE and kinds[name] == READING
            judged = _counted(table) | {"verdict": _verdict(found) if decides else ""}
            rows.append(known | dict(found) | judged)
    return pd.DataFrame(rows, columns=[*EFFECTS, "verdict"])


def _counted(table: pd.DataFrame) -> dict[str, int]:
    return {"seeds": int(table.notna().sum().min()), "runs": int(table.notna().sum().sum())}


def _verdict(found: pd.Series) -> str:
    if found["high"] <= -MATTERS:
        return "lowers"
    if found["low"] >= MATTERS:
        return "raises"
    return "small" if -MATTERS < found["low"] and found["high"] < MATTERS else "undecided"


def orders(runs: pd.DataFrame, fraction: Fraction) -> pd.DataFrame:
    """Does PSNR lost under interventions have the order of Figure 6, over all readings and under each?

    Returns:
        A row an order, reading and value of it (`all` for the mean over the design): `mean` difference in dB on TNO
        between what is printed to cost more and what less, with an interval for all rows of an order together,
        `arms`, how many of those with this value have the printed sign, of how many (`of`), and `verdict`: `alike`
        where the interval lies within `ORDER_MATTERS`, else `holds` or `reversed` where it excludes 0, else
        `undecided`.
    """
    factors, generators = fraction
    design, _ = columns(factors, generators)
    wanted = pd.DataFrame({LEVEL: 1.0}, index=pd.MultiIndex.from_tuples([("all", "all")]))
    for factor in factors:
        both = pd.DataFrame({LEVEL: 1.0, factor: LEVELS}).set_index(pd.Index([(factor, level) for level in LEVELS]))
        wanted = pd.concat([wanted, both])
    rows = []
    for order, (more, less) in ORDERS.items():
        table = enough(by_arm(runs, "TNO", more) - by_arm(runs, "TNO", less), design.index)
        if table.empty:
            continue
        found = estimates(fit(table, design), wanted.fillna(0.0), together=len(wanted))
        for (factor, level), row in found.iterrows():
            here = design.index if factor == "all" else design.index[design[factor] == LEVELS[level]]
            signs = (table[here] > 0).where(table[here].notna(), True).all()
            known = {"comparison": order, "reading": factor, "value": level, "arms": int(signs.sum()), "of": len(here)}
            rows.append(known | dict(row) | _counted(table) | {"verdict": _order(row)})
    names = ["comparison", "reading", "value", "arms", "of", "mean", "low", "high", *COUNTS, "verdict"]
    return pd.DataFrame(rows, columns=names)


def _order(row: pd.Series) -> str:
    if -ORDER_MATTERS < row["low"] and row["high"] < ORDER_MATTERS:
        return "alike"
    return "holds" if row["low"] > 0 else "reversed" if row["high"] < 0 else "undecided"


def arms(runs: pd.DataFrame, fraction: Fraction) -> pd.DataFrame:
    """A row an arm: the value of each reading, how many `seeds`, and means over these of `FIGURES` on each set."""
    factors, generators = fraction
    design, _ = columns(factors, generators)
    values = {name: [factors[name][level > 0] for level in design[name]] for name in factors}
    table = pd.DataFrame(values, index=design.index).rename_axis("arm")
    table["seeds"] = runs.groupby("arm")["seed"].nunique().reindex(design.index, fill_value=0)
    for dataset, figure in measured(runs, figures=FIGURES):
        table[f"{dataset} {figure}"] = by_arm(runs, dataset, figure).mean()
    return table.reset_index()


def ends(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a set and seed: CC with all readings `released` and with all `printed`, NaN where a run is missing."""
    found = []
    for dataset, _ in measured(runs, figures=[DECISIVE]):
        table = by_arm(runs, dataset, DECISIVE)
        values = {}
        for name, digit in ENDS.items():
            alike = [arm for arm in table if set(arm) == {digit}]
            values[name] = table[alike[0]] if alike else np.nan
        found.append(pd.DataFrame(values, index=table.index).reset_index().assign(dataset=dataset))
    names = ["dataset", "seed", *ENDS]
    rows = pd.concat(found)[names] if found else pd.DataFrame(columns=names)
    return rows.dropna(how="all", subset=list(ENDS)).reset_index(drop=True)


def on_both_schedules(planned: pd.DataFrame, short: pd.DataFrame) -> pd.DataFrame:
    """A row a set, arm and seed that was trained on both: CC as `planned` and as `short`.

    Args:
        planned, short: a row a run, from `isfstudy.grid.records.looks`.
    """
    names = ["dataset", "arm", "seed", "planned", "short"]
    rows = []
    for dataset, _ in measured(planned, figures=[DECISIVE]) if len(short) else []:
        both = {"planned": by_arm(planned, dataset, DECISIVE), "short": by_arm(short, dataset, DECISIVE)}
        stacked = pd.DataFrame({name: table.stack() for name, table in both.items()}).dropna()
        rows.append(stacked.rename_axis(["seed", "arm"]).reset_index().assign(dataset=dataset))
    return pd.concat(rows)[names].reset_index(drop=True) if rows else pd.DataFrame(columns=names)


def not_varied(fraction: Fraction) -> list[str]:
    """Fields in which the printed recipe differs from the released one besides the factors."""
    released, printed = (load_recipe(name) for name in ("released", "printed"))
    other = [name for name in vars(released) if name != "name" and getattr(released, name) != getattr(printed, name)]
    return [name for name in other if name not in fraction[0]]


def with_pair(effects: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """The rows of the column that holds the interaction of two readings, mixed with others'."""
    names = {f"{one} × {other}", f"{other} × {one}"}
    held = [bool(names & set(name.split(" = "))) for name in effects["effect"]]
    return effects[pd.Series(held, index=effects.index, dtype=bool) & (effects["kind"] == PAIRS)]
