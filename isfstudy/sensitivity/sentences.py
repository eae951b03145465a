"""What notebook 19 says, built from its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid.plan import planned
from isfstudy.grid.sentences import TRIAL, interval, not_tested, shorter
from isfstudy.grid.sets import TITLES, UNITS
from isfstudy.sensitivity.changes import EXPERIMENT, OPEN, PARAMETERS, least

SIGNS = {"larger": "✓", "smaller": "≈", "undecided": "–"}
CHANGES = (
    "<b>Another value minus the released one,</b> paired by seed [95 % interval, for all values together]. "
    "✓ more than the deviation between seeds, interval and all, ≈ less, – not decided. The last row: that deviation. "
    "What masks cost is in the file."
)
LEAST = (
    "<b>The least change that is larger than seeds make,</b> of the values that were tried, and what it does. "
    "None: every value tried changes less; open: not decided."
)
VALUES = (
    "<b>Is another value better?</b> Metrics that move by more than seeds do; of all five more is better. Better: some "
    "are higher and none is lower."
)
NOT_SEARCHED = (
    "<b>Not done: a search for the best weights.</b> <code>python -m isfstudy search --schedule {schedule}</code> "
    "trains point after point, and <code>python -m isfstudy publish grid</code> keeps what it found."
)
SEARCHED = (
    "<b>A search over the weights of the losses,</b> {where}, the best first. Aim: the mean change of the five metrics "
    "over the released weights, in deviations between seeds of the full method."
)
ROUNDING = 1e-9
FEW = 8  # points, of which the first simplex takes three
GOES_ON = " So few points do not settle a search: <code>python -m isfstudy search --schedule {schedule}</code> goes on."
HELD_OUT = "on pairs of MSRS that nothing else here is trained or tested on"
A_FEW = "on embedded scenes for a few steps, to see that it runs"


def answer(
    changes: pd.DataFrame,
    parts: pd.DataFrame,
    weights: pd.DataFrame,
    lacking: Sequence[str],
    *,
    experiment: str,
    reduced: bool,
) -> list[str]:
    """The answer as HTML: what came out, how sure, what was predicted, what it does not show.

    Args:
        changes, parts, weights: from `changes`, `of_parts` and `weights` in `isfstudy.sensitivity.changes`.
        lacking: the missing runs of the experiment.
        experiment: of the grid, whose runs these are: the plan, or its shorter schedule.
        reduced: whether the runs were trained for a few steps only.
    """
    predicted = (
        "<b>Predicted:</b> the paper, that little hangs on these values around the printed ones; the rival, as much as "
        "on the parts that the ablations leave away. Nothing is decided, it is described."
    )
    shows = "<b>Does not show</b> values far from those tried, nor two that are changed together."
    if reduced:
        return [TRIAL, predicted, shows]
    if changes.empty or np.isnan(changes["low"]).all():
        return [not_tested(lacking, experiment), predicted, shows]
    counts = changes["verdict"].value_counts()
    larger = changes[changes["verdict"] == "larger"]
    matter = [PARAMETERS[name].split(",")[0] for name in dict.fromkeys(larger["parameter"])]
    lines = [
        f"<b>{len(larger)} of {len(changes)} changes are larger than what seeds do,</b> {counts.get('smaller', 0)} are "
        f"smaller, {counts.get('undecided', 0)} undecided. They are of {', '.join(matter) or 'no parameter'}.",
        *_least(changes),
        predicted,
        _how_sure(changes),
        *_nothing(changes),
    ]
    lines += _largest(changes, parts, experiment)
    for row in weights.itertuples():
        better = row.better or ("none is shown to be" if row.verdict == "undecided" else "none")
        lines.append(f"<b>Better weights of the losses on {row.dataset},</b> of {row.tried} tried: {better}.")
    return [*lines, *shorter(experiment, EXPERIMENT), shows]


def _least(changes: pd.DataFrame) -> list[str]:
    """Of each parameter the nearest value that changes a metric by more than seeds do, and what it does."""
    known = least(changes).dropna(subset=["value"])
    if known.empty:
        return []
    said = []
    for (dataset, parameter, value), each in known.groupby(["dataset", "parameter", "value"], sort=False):
        moved = [f"{row.metric} {row.mean:+.2g}{UNITS.get(row.metric, '')}" for row in each.itertuples()]
        sign, released = PARAMETERS[parameter].split(",")[0], each["released"].iloc[0]
        said.append(f"{dataset}, {sign} {value:g} in place of {released:g}: {', '.join(moved)}")
    return [f"<b>The least changes that are larger:</b> {'; '.join(said)}."]


def _nothing(changes: pd.DataFrame) -> list[str]:
    """Values under which the very same network comes out, up to rounding of the figures."""
    size = changes.assign(size=changes["mean"].abs()).groupby(["parameter", "value", "released"], sort=False)["size"]
    said = [
        f"{PARAMETERS[parameter].split(',')[0]} {value:g} in place of {released:g}"
        for (parameter, value, released), largest in size.max().items()
        if largest < ROUNDING
    ]
    return [f"<b>The same network comes out</b> with {', '.join(said)}."] if said else []


def _how_sure(changes: pd.DataFrame) -> str:
    seeds, degrees = int(changes["seeds"].min()), int(changes["degrees"].min())
    first = changes["dataset"] == changes["dataset"].iloc[0]
    deviations = changes[first].groupby("metric", sort=False)["deviation"].first()
    names = {name: TITLES.get(name, name).removesuffix(" (dB)") for name in deviations.index}
    said = ", ".join(f"{names[name]} {value:.2g}{UNITS.get(name, '')}" for name, value in deviations.items())
    reach = ((changes["high"] - changes["low"]) / 2 / changes["deviation"]).median()
    return (
        f"<b>How sure:</b> {seeds} seed{'s' if seeds > 1 else ''} of every value; one error for all of them, "
        f"{degrees} degrees of freedom; intervals for all values together reach {reach:.1f} deviations between seeds "
        "either way. "
        f"Between seeds, {changes['dataset'].iloc[0]}: {said}."
    )


def _largest(changes: pd.DataFrame, parts: pd.DataFrame, experiment: str) -> list[str]:
    """The largest change of a metric by a value beside the largest by leaving a part away, where both are known."""
    known = parts.set_index(["dataset", "metric"])
    said = []
    for (dataset, metric), each in changes.groupby(["dataset", "metric"], sort=False):
        if (dataset, metric) in known.index:
            top, part = each.loc[each["mean"].abs().idxmax()], known.loc[(dataset, metric)]
            unit = UNITS.get(metric, "")
            both = [f"{row['mean']:+.3g}{unit} ({row[name]})" for row, name in ((top, "arm"), (part, "part"))]
            said.append(f"{dataset} {metric} {', '.join(both)}")
    if not said:
        return ["<b>Beside the ablations:</b> no runs of theirs that compare are in the records."]
    other = "" if experiment == EXPERIMENT else " The parts were left away on the longer schedule of the plan."
    return [f"<b>The largest change by a value, and by leaving a part away:</b> {'; '.join(said)}.{other}"]


def changes_in_short(changes: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a set, parameter and value, a column a metric; last of a set, the deviation between seeds."""
    changes = changes[changes["metric"].isin(METRICS)]  # what masks cost is in the file, and a page has no room
    tables = []
    for dataset, each in changes.groupby("dataset", sort=False):
        texts = [f"{SIGNS[row['verdict']]} {interval(row, 2)}" for _, row in each.iterrows()]
        wide = each.assign(text=texts).pivot(index="arm", columns="metric", values="text")
        about = each.drop_duplicates("arm").set_index("arm")[["parameter", "value"]]
        table = about.join(wide).reset_index(drop=True).astype({"value": object})
        table["value"] = [f"{value:g}" for value in table["value"]]
        between = each.groupby("metric")["deviation"].first().map(lambda value: f"± {value:.2g}")
        last = pd.DataFrame([{"parameter": "between seeds", "value": ""} | between.to_dict()])
        tables.append(pd.concat([table, last]).assign(dataset=dataset))
    if not tables:
        return pd.DataFrame(columns=["dataset", "parameter", "value", *METRICS])
    found = pd.concat(tables).fillna("–")
    found["parameter"] = found["parameter"].replace(PARAMETERS)
    shown = found[["dataset", "parameter", "value", *METRICS]]
    return shown.rename(columns=TITLES)


def least_in_short(nearest: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a set and parameter, a column a metric."""
    nearest = nearest[nearest["metric"].isin(METRICS)]
    texts = []
    for row in nearest.itertuples():
        none = "none" if row.decided else "open"
        texts.append(none if np.isnan(row.value) else f"{row.value:g}: {row.mean:+.2g}{UNITS.get(row.metric, '')}")
    keys = ["dataset", "parameter", "released"]
    named = nearest.assign(
        text=texts, parameter=nearest["parameter"].map(PARAMETERS), released=nearest["released"].map("{:g}".format)
    )
    order = pd.MultiIndex.from_frame(named[keys].drop_duplicates())
    wide = named.pivot(index=keys, columns="metric", values="text").reindex(order)
    shown = wide[[name for name in METRICS if name in wide]].rename(columns=TITLES)
    return shown.reset_index().fillna("–").rename_axis(columns=None)


def values_in_short(values: pd.DataFrame) -> pd.DataFrame:
    """For reading, without the values of which nothing is decided where there are others."""
    rows = values[values["verdict"] != OPEN] if (values["verdict"] != OPEN).any() else values
    named = rows.assign(parameter=rows["parameter"].map(PARAMETERS), value=rows["value"].map("{:g}".format))
    return named[["dataset", "parameter", "value", "higher", "lower", "seeds", "verdict"]]


def searched(points: pd.DataFrame, schedule: str, *, reduced: bool) -> str:
    """What a search for weights found and cost, in HTML.

    Args:
        points: from `isfstudy.sensitivity.search.points`.
        schedule: the experiment of the grid whose schedule its trainings have.
        reduced: whether it trained for a few steps only.
    """
    if points.empty:
        return NOT_SEARCHED.format(schedule=schedule)
    if reduced:
        return f"<b>A search for the best weights</b> was tried {A_FEW}: it answers nothing."
    steps = planned(schedule)[0].schedule.steps
    best, hours = points.iloc[0], points["minutes"].sum() / 60
    found = (
        "the released weights are the best of them"
        if best["released"]
        else f"the best, alpha {best['alpha']:g} and beta {best['beta']:g}, is {best['aim']:+.2f} deviations between "
        "seeds above the released ones"
    )
    return (
        f"<b>A search for the best weights:</b> {len(points)} trainings of one seed and {steps} steps, "
        f"{hours:.1f} hours; {found}, on validation pairs. The paper names no aim; with another one "
        "another point is the best."
        + (" A gain below one deviation is what another seed may give." if 0 < best["aim"] < 1 else "")
        + (GOES_ON.format(schedule=schedule) if len(points) < FEW else "")
    )
