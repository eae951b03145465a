"""How much interventions harm: average treatment effects (section 4.2.3, Figure 6), and what they let one conclude.

The effect of an intervention t on a quality Q is Q(fused from the clean pair) - Q(fused from the pair under t), image
by image; positive means harm. Q always compares with the clean sources. AG and SF look at the fused image alone, so
that the edges of holes raise them: a negative effect on them is no gain. An image that did not depend on its sources
would show no effect at all: effects say what is lost, not what is left.

The functions take tables of many images: `dataset`, `network`, `intervention`, `stem` and the metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.comparison.statistics import confidence_intervals, paired_tests
from isfstudy.intervention_effects.treatments import CLEAN

KEYS = ["network", "dataset", "intervention"]
CLAIMED = ("PSNR", "CC")  # the metrics of Figure 6
DROPOUT = ("infrared_only", "visible_only")
COMPLEMENTARY = ("complementary_holes", "complementary_grid")
INTERVENTIONS = (*DROPOUT, *COMPLEMENTARY, "random")
# The paper's order, the greater effect first: dropout, complementary masks by either reading, random masks.
ORDER = [(dropout, masks) for masks in COMPLEMENTARY for dropout in DROPOUT]
ORDER += [(masks, "random") for masks in COMPLEMENTARY]
LEVEL = 0.05  # of the tests, after Holm's correction
SCHEDULE = ("steps", "batch", "side", "seed")  # how long a network was trained, and on how much at a time
READINGS = ("encoder", "gate", "crop", "gradient_max", "gradient_weight")  # of a recipe, that a clean pass depends on


def effects(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Quality lost by each treatment, image by image.

    Args:
        outcomes: from `isfstudy.intervention_effects.treatments.outcomes`, with a column `dataset`.

    Returns:
        Its rows without the clean ones, with clean minus treated in place of each metric.

    Raises:
        ValueError: for rows without a clean one of the same data set, network and image.
    """
    keys = ["dataset", "network", "stem"]
    is_clean = outcomes["intervention"] == CLEAN
    clean = outcomes[is_clean].set_index(keys)[list(METRICS)]
    table = outcomes[~is_clean].reset_index(drop=True)
    before = clean.reindex(pd.MultiIndex.from_frame(table[keys])).to_numpy()
    lacking = table[np.isnan(before).any(axis=1)]
    if len(lacking):
        raise ValueError(f"there is no clean score of {' '.join(lacking[keys].iloc[0])}")
    table[list(METRICS)] = before - table[list(METRICS)].to_numpy()
    return table


def average_effects(per_image: pd.DataFrame, *, by: Sequence[str] = KEYS) -> pd.DataFrame:
    """ATE, the mean effect over images, with its bootstrap interval (95 %,
    `isfstudy.comparison.statistics.confidence_intervals`).

    Args:
        per_image: from `effects`.
        by: columns that make a group.

    Returns:
        One row a group and metric: these, `ate`, `low`, `high` and the number of `pairs`.
    """
    table = confidence_intervals(per_image, by=by).rename(columns={"images": "pairs", "mean": "ate"})
    return table[[*by, "metric", "ate", "low", "high", "pairs"]]


def _concluded(tables: list[pd.DataFrame], columns: list[str], *, positive: str, negative: str) -> pd.DataFrame:
    """Tables of `paired_tests` in one, with a verdict on which way each difference goes."""
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables, ignore_index=True).rename(columns={"images": "pairs"})
    way = np.where(table["difference"] > 0, positive, negative)
    return table.assign(verdict=np.where(table["p_holm"] < LEVEL, way, "undecided"))[columns]


def ordering(per_image: pd.DataFrame) -> pd.DataFrame:
    """The paper's order of interventions, tested: does the first of each pair of `ORDER` harm the images more?

    Args:
        per_image: from `effects` of `isfstudy.intervention_effects.treatments.interventions`.

    Returns:
        One row a network, data set, metric and `comparison`: `difference` of the two effects, `p_holm` (over the
        comparisons of one network, data set and metric, see `isfstudy.comparison.statistics.paired_tests`), `pairs`,
        and `verdict`: `holds`, `reversed`, or `undecided` where p_holm reaches `LEVEL`.
    """
    tables = []
    for (network, dataset), images in per_image.groupby(["network", "dataset"], sort=False):
        for metric in METRICS:
            found = images.pivot(index="stem", columns="intervention", values=metric)
            tests = paired_tests({f"{more} > {less}": found[more] - found[less] for more, less in ORDER})
            tests = tests.rename_axis("comparison").reset_index()
            tables.append(tests.assign(network=network, dataset=dataset, metric=metric))
    columns = ["network", "dataset", "metric", "comparison", "difference", "p_holm", "pairs", "verdict"]
    return _concluded(tables, columns, positive="holds", negative="reversed")


def against(per_image: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Does each network suffer less from each intervention than a reference does, on the same images and masks?

    Args:
        per_image: as for `ordering`.
        reference: one of its networks, for example the one that was trained without interventions.

    Returns:
        One row a network, `reference`, data set, metric and intervention: `difference` of the two effects, `p_holm`
        (over the interventions of one network, data set and metric), `pairs`, and `verdict`: `smaller`, `larger`, or
        `undecided` where p_holm reaches `LEVEL`. None where the reference is not in the table.
    """
    tables = []
    for (dataset, network), images in per_image.groupby(["dataset", "network"], sort=False):
        if network == reference or reference not in set(per_image["network"]):
            continue
        same = per_image[(per_image["dataset"] == dataset) & (per_image["network"] == reference)]
        for metric in METRICS:
            one, other = (table.pivot(index="stem", columns="intervention", values=metric) for table in (images, same))
            tests = paired_tests({name: one[name] - other[name] for name in INTERVENTIONS})
            tests = tests.rename_axis("intervention").reset_index()
            tables.append(tests.assign(network=network, reference=reference, dataset=dataset, metric=metric))
    columns = ["network", "reference", "dataset", "metric", "intervention", "difference", "p_holm", "pairs", "verdict"]
    return _concluded(tables, columns, positive="larger", negative="smaller")


def at_equal_shares(dose: pd.DataFrame) -> pd.DataFrame:
    """What complementary and random masks cost where they hide the same share of each image.

    Of equally many holes complementary masks hide fewer pixels, as no pixel may be hidden in both modalities. The
    effect of random masks at the share that complementary ones hide is read off the line between doses, from 0 on.

    Args:
        dose: averages by network, intervention and dose as `average_effects` gives them, with the mean share `hidden`.

    Returns:
        A row a network, data set, metric and dose of `complementary_holes`: `size`, `holes`, `hidden`, `complementary`
        and `random`, the two effects, and `dearer`, which of the two is greater.
    """
    tables = []
    for _, rows in dose.groupby(["network", "dataset", "metric", "size"], sort=False):
        random = rows[rows["intervention"] == "random"].sort_values("hidden")
        table = rows[rows["intervention"] == "complementary_holes"].rename(columns={"ate": "complementary"})
        line = np.interp(table["hidden"], [0, *random["hidden"]], [0, *random["ate"]])
        dearer = np.where(table["complementary"] > line, "complementary", "random")
        tables.append(table.assign(random=line, dearer=dearer))
    columns = ["network", "dataset", "metric", "size", "holes", "hidden", "complementary", "random", "dearer"]
    return pd.concat(tables, ignore_index=True)[columns]


def tally(table: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """How many rows of `ordering` or `against` have which verdict: a row a group, with `said`, such as `3 × holds`."""
    groups = table.groupby(list(by), sort=False)["verdict"]
    said = groups.agg(lambda words: ", ".join(f"{count} × {word}" for word, count in words.value_counts().items()))
    return said.rename("said").reset_index()


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
