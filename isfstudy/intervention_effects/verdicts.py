"""Differences between effects, judged by their intervals: the paper's order of the interventions, and effects beside
those of a reference, such as a network that was trained without interventions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.intervention_effects.mixed import mean_over_images
from isfstudy.intervention_effects.tables import claimed
from isfstudy.intervention_effects.treatments import CLEAN, DROPOUT, EQUAL, INTERVENTIONS

MATTERS = {"PSNR": 0.02}  # dB, see paper/hypotheses.yaml; of the other metrics nothing was said to matter
# Dropout harms most, complementary masks less, random masks least, the greater effect first: at an equal dose, and then
# dropout beside holes, which hide far less, as in Figure 6.
ORDER = [(dropout, "complementary_grid") for dropout in DROPOUT] + list(EQUAL.items())
ORDER += [(dropout, "complementary_holes") for dropout in DROPOUT]
UNEQUAL = 0.01  # shares of hidden pixels that lie further apart are two doses
TOO_SMALL, UNDECIDED = "too small", "undecided"
SCHEDULE = ("steps", "batch", "side", "seed")  # how long a network was trained, and on how much at a time
WHICH = ("network", "reference")
READINGS = ("encoder", "gate", "crop", "gradient_max", "gradient_weight")  # of a recipe, that a clean pass depends on


def judged(
    differences: pd.DataFrame, *, by: list[str], over: str, names: Sequence[str], positive: str, negative: str
) -> pd.DataFrame:
    """Verdicts on differences between effects, by their intervals (`isfstudy.intervention_effects.mixed`).

    Args:
        differences: a row a draw of an image (`stem`), group and comparison, with the metrics as columns; `cluster`
            where images have one.
        by: columns that make a group.
        over: the column that names the comparison.
        names: comparisons to judge, in this order.
        positive, negative: the verdicts where the interval lies on one side of zero; it is `too small` where the
            interval lies within what matters, and else `undecided`.

    Returns:
        One row a group, metric and comparison: these, `difference`, its interval `low` to `high` (of all comparisons of
        a group and metric together), the number of `pairs` and `draws`, the `smallest` difference that could have been
        seen, and `verdict`.
    """
    columns = [*by, "metric", over, "difference", "low", "high", "pairs", "draws", "smallest", "verdict"]
    rows = []
    for group, table in differences.groupby(by, sort=False):
        parts = dict(list(table.groupby(over, sort=False)))
        for metric in METRICS:
            for name in names:
                found = mean_over_images(parts[name], metric, tests=len(names))
                word = _verdict(found.low, found.high, MATTERS.get(metric, 0.0), positive, negative)
                numbers = (found.mean, found.low, found.high, found.pairs, found.draws, found.smallest)
                rows.append((*group, metric, name, *numbers, word))
    return pd.DataFrame(rows, columns=columns)


def _verdict(low: float, high: float, matters: float, positive: str, negative: str) -> str:
    if -matters < low and high < matters:
        return TOO_SMALL
    return positive if low > 0 else negative if high < 0 else UNDECIDED


def tally(table: pd.DataFrame, *, by: Sequence[str]) -> pd.Series:
    """How often each `verdict` fell on the metrics of Figure 6, by group, such as `holds in 3 of 4, reversed in 1`."""
    return claimed(table).groupby(list(by), sort=False)["verdict"].agg(_counted)


def _counted(verdicts: pd.Series) -> str:
    counts = [f"{word} in {count}" for word, count in verdicts.value_counts().items()]
    return ", ".join([f"{counts[0]} of {len(verdicts)}", *counts[1:]])


def ordering(per_image: pd.DataFrame) -> pd.DataFrame:
    """The paper's order of interventions, judged: does the first of each pair of `ORDER` harm the images more?

    Args:
        per_image: from `isfstudy.intervention_effects.effects.effects`, of `interventions`.

    Returns:
        What `judged` gives by method (`network`) and data set for each `comparison`, draw by draw; verdicts are
        `holds`, `reversed`, `too small` and `undecided`. `dose` says whether both hide `equal` shares of the pixels.
    """
    keys = ["network", "dataset", "stem"]
    rest = [*METRICS, "hidden", *(["cluster"] if "cluster" in per_image else [])]
    effect = dict(list(per_image.groupby("intervention", sort=False)))
    differences, equal = [], {}
    for more, less in ORDER:
        name = f"{more} > {less}"
        shared = keys if more in DROPOUT else [*keys, "draw"]
        both = effect[less][[*keys, "draw", *rest]].merge(
            effect[more][[*shared, *METRICS, "hidden"]], on=shared, suffixes=("_less", "")
        )
        equal[name] = abs(both["hidden"] - both["hidden_less"]).max() <= UNEQUAL
        values = both[list(METRICS)] - both[[f"{metric}_less" for metric in METRICS]].to_numpy()
        differences.append(both[[*keys, "draw", *rest[len(METRICS) + 1 :]]].assign(comparison=name, **values))
    groups = {"by": ["network", "dataset"], "over": "comparison", "names": list(equal)}
    table = judged(pd.concat(differences), **groups, positive="holds", negative="reversed")
    return table.assign(dose=["equal" if equal[name] else "unequal" for name in table["comparison"]])


def order_by_part(order: pd.DataFrame) -> dict[str, str]:
    """How often each part of the order holds on the metrics of Figure 6, by method, such as
    `dropout > random: holds in 3 of 4, reversed in 1; ...`; the two ways to drop are counted together.

    Args:
        order: from `ordering`.
    """
    parts = order.assign(part=order["comparison"].str.replace(r"\w+_only", "dropout", regex=True))
    said = tally(parts, by=["network", "part"]).reset_index(level="part").agg(": ".join, axis=1)
    return said.groupby("network", sort=False).agg("; ".join).to_dict()


def against(per_image: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Does each method suffer less from each intervention than a reference does, on the same images and masks?

    Args:
        per_image: from `isfstudy.intervention_effects.effects.effects`, of `interventions`.
        reference: one of its methods, for example the one that was trained without interventions.

    Returns:
        What `judged` gives by method (`network`), `reference` and data set for each `intervention`, on images that both
        have; verdicts are `smaller`, `larger`, `too small` and `undecided`. No row where the reference is not in the
        table.
    """
    is_reference = per_image["network"] == reference
    keys, metrics = ["dataset", "stem", "intervention", "draw"], list(METRICS)
    theirs = per_image.loc[is_reference, [*keys, *metrics]]
    both = (
        per_image[~is_reference].merge(theirs, on=keys, suffixes=("", " of the reference")).assign(reference=reference)
    )
    both[metrics] -= both[[f"{metric} of the reference" for metric in metrics]].to_numpy()
    groups = {"by": ["network", "reference", "dataset"], "over": "intervention", "names": INTERVENTIONS}
    return judged(both, **groups, positive="larger", negative="smaller")


def with_quality(apart: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """How well each method fuses clean pairs, and how many of its effects are smaller or larger than a reference's.

    Args:
        apart: from `against`, of one reference or of several below each other.
        outcomes: from `isfstudy.intervention_effects.treatments.outcomes`, with a column `dataset`.

    Returns:
        A row a data set and method (`network`): the mean of each metric over the images that all of them have, and for
        each reference what `tally` says, `–` for the reference itself.
    """
    keys = ["dataset", "network"]
    clean = outcomes[outcomes["intervention"] == CLEAN]
    by_all = clean.groupby(["dataset", "stem"])["network"].transform("nunique") == clean["network"].nunique()
    table = clean[by_all].groupby(keys, sort=False)[list(METRICS)].mean()
    for name, rows in apart.groupby("reference", sort=False):
        table[f"effects against {name}"] = tally(rows, by=keys).reindex(table.index, fill_value="–")
    return table.reset_index()


def trained_alike(known: dict[str, dict], reference: str) -> list[str]:
    """Networks that were trained like the reference in everything but interventions: as long, on the same images, with
    the same choices of the recipe as far as a clean pass depends on them.

    Args:
        known: what `isfcore.weights.load_weights` tells of each network's weights; of the authors' that is too little.
        reference: one of them.
    """

    def training(described: dict) -> list:
        recipe = load_recipe(described["recipe"])
        schedule = [described["schedule"][name] for name in SCHEDULE]
        return [described["data"], *schedule, *(getattr(recipe, name) for name in READINGS)]

    ours = {name: training(described) for name, described in known.items() if "schedule" in described}
    return [name for name, how in ours.items() if name != reference and how == ours.get(reference)]


def with_schedules(apart: pd.DataFrame, known: dict[str, dict]) -> pd.DataFrame:
    """`against` with how long the shorter trained of both networks was trained: `steps`, `batch` and `side`.

    Args:
        known: as for `trained_alike`. NaN for a row of which neither network says it.
    """
    schedules = {name: described.get("schedule", {}) for name, described in known.items()}
    table = apart.copy()
    for part in SCHEDULE[:3]:
        both = [apart[column].map({name: each.get(part) for name, each in schedules.items()}) for column in WHICH]
        table[part] = pd.concat(both, axis=1).astype(float).min(axis=1)
    return table
