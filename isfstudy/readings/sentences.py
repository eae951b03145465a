"""What notebook 18 says, built from its values."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from isfstudy.grid.sentences import TRIAL, interval, not_tested, shorter
from isfstudy.grid.sets import LOST, TITLES
from isfstudy.readings.design import READING
from isfstudy.readings.effects import DECISIVE, EXPERIMENT, FIGURES, IN_SHORT, MATTERS, ORDER_MATTERS, ORDERS, with_pair
from isfstudy.readings.words import in_print, readings

WORDS = {"lowers": "lowers CC", "raises": "raises CC", "small": "small", "undecided": "not decided", "": ""}
EFFECTS = (
    "<b>Main effects:</b> mean over runs with the printed value minus that with the released one [95 % interval, for "
    f"all readings together]. Lowers or raises: the whole interval of CC lies beyond {MATTERS:g}; small: within. Other "
    "figures are in the file."
)
REST = (
    "<b>What is left: pairs of readings,</b> mixed among themselves. An effect of one of these columns is that of any "
    "pair in it, or of several."
)
SHOWN = (DECISIVE, "AG", "PSNR")  # of every arm
BESIDES = [figure for figure in FIGURES if figure not in (DECISIVE, *LOST)]
READINGS = "<b>The readings,</b> by the name that they have in tables here: what the paper says, and what was released."
ARMS = (
    "<b>Every combination that was trained,</b> and means over its seeds; the readings that are not named are released."
)
SCHEDULES = "<b>The same combinations and seeds on both schedules:</b> CC, means over looks."
ORDER = (
    "<b>PSNR lost, what is printed to cost more minus what is printed to cost less,</b> in dB on TNO, over all "
    "readings and by the value of each; how many combinations have the printed sign in every seed. Alike where the "
    f"interval lies within {ORDER_MATTERS:g}, else holds or reversed where it excludes 0."
)


def answer(
    effects: pd.DataFrame,
    orders: pd.DataFrame,
    arms: pd.DataFrame,
    ends: pd.DataFrame,
    lacking: Sequence[str],
    *,
    experiment: str,
    reduced: bool,
) -> list[str]:
    """The answer as HTML: what came out, how sure, what was predicted, what it does not show.

    Args:
        effects, orders, arms, ends: from the functions of these names in `isfstudy.readings.effects`.
        lacking: the missing runs of the experiment.
        experiment: of the grid, whose runs these are: the plan, or its shorter schedule.
        reduced: whether the runs were trained for a few steps only.
    """
    predicted = (
        "<b>Predicted:</b> the paper, that the printed reading trains; the rival, that it does not, because of the "
        "sign of the entropy, of the necessity loss, or both. A reading is named if it moves CC by "
        f"{MATTERS:g} or more."
    )
    shows = (
        "<b>Does not show</b> which of several mixed pairs of readings acts, nor Table 2's orderings under each "
        "reading: they take ablations within each, and none are planned."
    )
    if reduced:
        return [TRIAL, predicted, shows]
    rows = effects[(effects["metric"] == DECISIVE) & (effects["kind"] == READING)]
    if rows.empty:
        return [not_tested(lacking, experiment), predicted, shows]
    lines = [f"<b>{_named(rows)}</b> {_ends(ends)}", *_besides(effects), predicted, _how_sure(rows, arms)]
    lines += [*shorter(experiment, EXPERIMENT), shows]
    both = with_pair(effects[effects["metric"] == DECISIVE], "necessity", "entropy")
    if len(both):
        found = "; ".join(f"{row['dataset']} {interval(row)}" for _, row in both.iterrows())
        lines.append(f"<b>Both signs together</b> ({both['effect'].iloc[0]}, which the fraction mixes): {found}.")
    return [*lines, *_order(orders)]


def _named(rows: pd.DataFrame) -> str:
    if not rows["degrees"].any():
        return f"Not decided with one seed of every combination. {_in_one_seed(rows)}"
    named = rows[rows["verdict"].isin(["lowers", "raises"])]
    if named.empty:
        by_set = rows.groupby("dataset", sort=False)["verdict"].value_counts()
        counts = [f"{dataset} {count} {WORDS[word]}" for (dataset, word), count in by_set.items()]
        return f"No printed sentence is shown to move CC by {MATTERS:g} or more: {', '.join(counts)}."
    said = [
        f"{in_print(name, each['printed'].iloc[0])} {' and '.join(dict.fromkeys(each['verdict']))} CC, {_by_set(each)}"
        for name, each in named.groupby("effect", sort=False)
    ]
    return f"{'; '.join(said)}."


def _in_one_seed(rows: pd.DataFrame) -> str:
    """Effects of the size that matters, which another seed may or may not repeat."""
    large = rows[rows["mean"].abs() >= MATTERS]
    said = [
        f"{in_print(name, each['printed'].iloc[0])} {_by_set(each)}"
        for name, each in large.groupby("effect", sort=False)
    ]
    if not said:
        return f"In this seed no printed sentence moves CC by {MATTERS:g}."
    return f"In this seed these move CC by {MATTERS:g} or more: {'; '.join(said)}."


def _by_set(rows: pd.DataFrame) -> str:
    return ", ".join(f"{row['dataset']} {interval(row, 2)}" for _, row in rows.iterrows())


def _ends(ends: pd.DataFrame) -> str:
    """CC of both ends of the fraction, seed by seed; nothing where one end has no run."""
    if ends[["released", "printed"]].isna().all().any():
        return ""
    said = [
        f"{dataset} {', '.join(f'{row.released:.2f} and {row.printed:.2f}' for row in each.itertuples())}"
        for dataset, each in ends.groupby("dataset", sort=False)
    ]
    text = f"CC with all seven released and with all printed, seed by seed: {'; '.join(said)}.".replace("nan", "–")
    means = ends.dropna().groupby("dataset")[["released", "printed"]].mean()
    if ((means["released"] - means["printed"]).abs() < MATTERS).all():
        text += f" On average these are less than {MATTERS:g} apart: here the seven together make nothing collapse."
    return text


def _besides(effects: pd.DataFrame) -> list[str]:
    """The readings that move other figures than CC on every set, intervals and all, one way."""
    moved: dict[str, list[str]] = {}
    for figure in BESIDES:
        rows = effects[(effects["metric"] == figure) & (effects["kind"] == READING)]
        for name, each in rows.groupby("effect", sort=False):
            if (each["low"] > 0).all() or (each["high"] < 0).all():
                means = ", ".join(f"{row['dataset']} {row['mean']:+.2f}" for _, row in each.iterrows())
                moved.setdefault(in_print(name, each["printed"].iloc[0]), []).append(
                    f"{TITLES.get(figure, figure)} ({means})"
                )
    said = "; ".join(f"{reading} {', '.join(figures)}" for reading, figures in moved.items())
    return [f"<b>Other figures that a printed sentence moves on all sets,</b> by any amount: {said}."] if said else []


def _how_sure(rows: pd.DataFrame, arms: pd.DataFrame) -> str:
    seeds, degrees = int(rows["seeds"].min()), int(rows["degrees"].min())
    start = f"<b>How sure:</b> {seeds} seed{'s' if seeds > 1 else ''} of every combination"
    if more := int((arms["seeds"] > seeds).sum()):
        start += f", a further one of {more}"
    if not degrees:
        return f"{start}, so that there is nothing to tell error from, and no intervals."
    half = ((rows["high"] - rows["low"]) / 2).max()
    return (
        f"{start}, {degrees} degrees of freedom; intervals of ±{half:.2g} in CC at most, for all readings together. "
        "Resolution IV: main effects are mixed with those of three readings only, pairs among themselves."
    )


def _order(orders: pd.DataFrame) -> list[str]:
    if orders.empty:
        return []
    first = next(iter(ORDERS))
    rows = orders[orders["comparison"] == first]
    overall = rows[rows["reading"] == "all"].iloc[0]
    what = readings()["what"]
    under = [
        f"{row.value} {what[row.reading]}"
        for row in rows.itertuples()
        if row.reading != "all" and row.verdict == "holds"
    ]
    return [
        f"<b>Figure 6, {first}:</b> {interval(overall)} dB over all readings, {overall['verdict']}; "
        f"{overall['arms']} of {overall['of']} combinations have the printed sign in every seed. It holds under "
        f"{', '.join(under) or 'no value of any reading'}."
    ]


def effects_in_short(effects: pd.DataFrame) -> pd.DataFrame:
    """Main effects for reading: a row a reading and set, what was decided, and a column for each of `IN_SHORT`."""
    rows = effects[effects["kind"] == READING]
    wide = _wide(rows, ["effect", "printed", "dataset"])
    said = rows[rows["metric"] == DECISIVE].set_index(["effect", "dataset"])["verdict"]
    places = pd.MultiIndex.from_frame(wide[["effect", "dataset"]])
    wide.insert(3, "so", [WORDS[said.get(place, "")] for place in places])
    return wide.rename(columns={"effect": "reading", "dataset": "set"})


def rest_in_short(mixed: pd.DataFrame) -> pd.DataFrame:
    """The same of effects that are of pairs of readings."""
    return _wide(mixed, ["effect", "dataset"]).rename(columns={"effect": "pairs", "dataset": "set"})


def _wide(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = rows[rows["metric"].isin(IN_SHORT)]
    texts = [interval(row, 2) for _, row in rows.iterrows()]
    named = rows.assign(text=texts, metric=rows["metric"].replace(TITLES))
    order = pd.MultiIndex.from_frame(rows[keys].drop_duplicates())
    columns = [TITLES.get(name, name) for name in IN_SHORT]
    wide = named.pivot(index=keys, columns="metric", values="text").reindex(order)
    return wide[[name for name in columns if name in wide]].reset_index().fillna("–").rename_axis(columns=None)


def arms_in_short(arms: pd.DataFrame, readings: Sequence[str]) -> pd.DataFrame:
    """For reading: a row an arm that has runs, the readings that are printed in it by name, and `SHOWN` on each set.

    Args:
        arms: from `isfstudy.readings.effects.arms`.
        readings: in the order of an arm's digits.
    """
    arms = arms[arms["seeds"] > 0]
    printed = [
        ", ".join(name for name, digit in zip(readings, arm, strict=True) if digit == "1") or "none"
        for arm in arms["arm"]
    ]
    shown = [name for name in arms if name.split(" ", 1)[-1] in SHOWN]
    return pd.DataFrame({"printed readings": printed, "seeds": arms["seeds"]}).join(arms[shown])


def orders_in_short(orders: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a reading and value, a column an order of Figure 6."""
    first = next(iter(ORDERS))  # of hundredths of a dB; the others of whole ones
    texts = [
        f"{interval(row, 3 if row['comparison'] == first else 1)} {row['verdict']}, {row['arms']} of {row['of']}"
        for _, row in orders.iterrows()
    ]
    keys = ["reading", "value"]
    order = pd.MultiIndex.from_frame(orders[keys].drop_duplicates())
    wide = orders.assign(text=texts).pivot(index=keys, columns="comparison", values="text").reindex(order)
    return wide.reindex(columns=[name for name in ORDERS if name in wide]).reset_index().rename_axis(columns=None)


def does_not_vary(fields: Sequence[str]) -> str:
    """What else the printed recipe changes, as HTML."""
    return (
        f"<b>Not varied:</b> {', '.join(f'<code>{name}</code>' for name in fields)}, in which the printed recipe "
        "differs from the released one too. If none of the seven readings makes it collapse, these may."
    )
