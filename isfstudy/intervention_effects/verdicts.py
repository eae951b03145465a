"""Differences between effects, tested: the paper's order of the interventions, and effects beside those of a reference,
such as a network that was trained without interventions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.comparison.power import smallest_seen
from isfstudy.comparison.statistics import paired_tests
from isfstudy.intervention_effects.tables import claimed
from isfstudy.intervention_effects.treatments import CLEAN, COMPLEMENTARY, DROPOUT, INTERVENTIONS

LEVEL = 0.05  # of the tests, after Holm's correction
# Dropout harms most, complementary masks (by either reading) less, random masks least: the greater effect first.
ORDER = [(dropout, masks) for masks in COMPLEMENTARY for dropout in DROPOUT]
ORDER += [(masks, "random") for masks in COMPLEMENTARY]
SCHEDULE = ("steps", "batch", "side", "seed")  # how long a network was trained, and on how much at a time
WHICH = ("network", "reference")
READINGS = ("encoder", "gate", "crop", "gradient_max", "gradient_weight")  # of a recipe, that a clean pass depends on


def judged(
    differences: pd.DataFrame, *, by: list[str], over: str, names: Sequence[str], positive: str, negative: str
) -> pd.DataFrame:
    """Verdicts on differences between effects.

    Args:
        differences: a row an image (`stem`), group and comparison, with the metrics as columns.
        by: columns that make a group.
        over: the column that names the comparison.
        names: comparisons to test, in this order.
        positive, negative: the verdicts; it is `undecided` where p_holm reaches `LEVEL`.

    Returns:
        One row a group, metric and comparison: these, the mean `difference`, `p_holm` (over the comparisons of one
        group and metric, see `isfstudy.comparison.statistics.paired_tests`), `pairs` (the number of images), the
        `smallest` difference that the test could have seen (`isfstudy.comparison.power`) and `verdict`.
    """
    tables = []
    for group, rows in differences.groupby(by, sort=False):
        for metric in METRICS:
            found = rows.pivot(index="stem", columns=over, values=metric)[list(names)]
            tests = paired_tests(dict(found.items())).rename_axis(over).reset_index()
            tests["smallest"] = [smallest_seen(found[name], tests=len(names), level=LEVEL) for name in tests[over]]
            tables.append(tests.assign(**dict(zip(by, group, strict=True)), metric=metric))
    columns = [*by, "metric", over, "difference", "p_holm", "pairs", "smallest", "verdict"]
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables, ignore_index=True).rename(columns={"images": "pairs"})
    way = np.where(table["difference"] > 0, positive, negative)
    return table.assign(verdict=np.where(table["p_holm"] < LEVEL, way, "undecided"))[columns]


def tally(table: pd.DataFrame, *, by: Sequence[str]) -> pd.Series:
    """How often each `verdict` fell on the metrics of Figure 6, by group, such as `holds in 3 of 4, reversed in 1`."""
    return claimed(table).groupby(list(by), sort=False)["verdict"].agg(_counted)


def _counted(verdicts: pd.Series) -> str:
    counts = [f"{word} in {count}" for word, count in verdicts.value_counts().items()]
    return ", ".join([f"{counts[0]} of {len(verdicts)}", *counts[1:]])


def ordering(per_image: pd.DataFrame) -> pd.DataFrame:
    """The paper's order of interventions, tested: does the first of each pair of `ORDER` harm the images more?

    Args:
        per_image: from `isfstudy.intervention_effects.effects.effects`, of `interventions`.

    Returns:
        What `judged` gives by method (`network`) and data set for each `comparison`; verdicts are `holds`, `reversed`
        and `undecided`.
    """
    table = per_image.set_index(["network", "dataset", "stem", "intervention"])[list(METRICS)]
    effect = {name: table.xs(name, level="intervention") for name in INTERVENTIONS}
    differences = {f"{more} > {less}": effect[more] - effect[less] for more, less in ORDER}
    table = pd.concat(differences, names=["comparison"]).reset_index()
    groups = {"by": ["network", "dataset"], "over": "comparison", "names": differences}
    return judged(table, **groups, positive="holds", negative="reversed")


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
        have; verdicts are `smaller`, `larger` and `undecided`. No row where the reference is not in the table.
    """
    is_reference = per_image["network"] == reference
    keys, metrics = ["dataset", "stem", "intervention"], list(METRICS)
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
        A row a data set and method (`network`): the mean of each metric, and for each reference what `tally` says, `–`
        for the reference itself.
    """
    keys = ["dataset", "network"]
    table = outcomes[outcomes["intervention"] == CLEAN].groupby(keys, sort=False)[list(METRICS)].mean()
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
