"""Table 2: what is lost when a part of the method is left away, printed and measured."""

from __future__ import annotations

import pandas as pd
from scipy.stats import kendalltau

from isfcore.metrics import METRICS
from isfcore.pairs import Pair
from isfstudy.comparison.methods import Method
from isfstudy.comparison.power import smallest_seen
from isfstudy.comparison.protocol import PROTOCOLS
from isfstudy.comparison.scores import compare, means
from isfstudy.comparison.statistics import paired_tests

FULL = "full"
# The rows of Table 2 by the recipe that trains them, that of the full method being `paired`. The last of the paper's
# five ablations can be read in two ways: `backbone` is the second one and has no printed row of its own.
VARIANTS = {
    "without_cfi": "w/o CFI",
    "without_inv": "w/o L_inv",
    "without_nec": "w/o L_nec",
    "without_nec_inv": "w/o L_nec & L_inv",
    "without_interventions": "w/o L_int",
    "backbone": "w/o L_int and CFI",
    FULL: "full",
}
RECIPES = {variant: "paired" if variant == FULL else variant for variant in VARIANTS}
PRINTED_AS = {"backbone": "without_interventions"}


def scored(
    pairs: dict[str, list[Pair]], methods: dict[str, Method], variant_of: dict[str, tuple[str, int]]
) -> pd.DataFrame:
    """Score every variant on every image under the paper's protocol.

    Args:
        pairs: by set.
        methods: by row name.
        variant_of: variant and seed by row name.

    Returns:
        A row an image, variant and seed: `dataset`, `variant`, `seed`, `stem`, `METRICS` and `objective`, the fidelity
        loss.

    Raises:
        ValueError: naming what could not be fused or scored.
    """
    tables, problems = [], []
    for dataset, which in pairs.items():
        table, failed = compare(which, methods, protocols={"paper": PROTOCOLS["paper"]}, progress=dataset)
        tables.append(table.assign(dataset=dataset))
        problems += [f"{dataset}: {name}: {problem}" for name, problem in failed.items()]
    if problems:
        raise ValueError("; ".join(problems))
    table = pd.concat(tables)
    table["variant"], table["seed"] = zip(*table["method"].map(variant_of), strict=True)
    return table[["dataset", "variant", "seed", "stem", *METRICS, "objective"]]


def means_of_variants(per_image: pd.DataFrame) -> pd.DataFrame:
    """Table 2 as measured: a row a data set and variant, with `pairs`, the metrics and `objective`.

    Args:
        per_image: from `scored`; several seeds are averaged first.
    """
    keys = ["dataset", "variant", "stem"]
    by_image = per_image.groupby(keys, sort=False)[[*METRICS, "objective"]].mean().reset_index()
    table = means(by_image.rename(columns={"variant": "method"}).assign(protocol="paper"))
    return table.rename(columns={"method": "variant"})[["dataset", "variant", "pairs", *METRICS, "objective"]]


def printed_changes(printed: pd.DataFrame) -> pd.DataFrame:
    """What each variant changes in Table 2: the metrics of its row minus the full method's, a row a variant.

    Args:
        printed: `table2_ablation` from `isfstudy.paper.printed.printed_table`.
    """
    rows = printed.set_index("variant")[list(METRICS)].astype(float)
    rows = rows.reindex([PRINTED_AS.get(variant, variant) for variant in VARIANTS if variant != FULL])
    return (rows - printed.set_index("variant").loc[FULL, list(METRICS)].astype(float)).set_axis(
        pd.Index([variant for variant in VARIANTS if variant != FULL], name="variant")
    )


def changes(per_image: pd.DataFrame, printed: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """What each variant changes on the same images, tested, beside what Table 2 prints.

    Args:
        per_image: from `scored`; several seeds are averaged.
        printed: as for `printed_changes`.
        level: of significance, by Wilcoxon's signed-rank test with Holm's correction over the variants of a data set
            and metric.

    Returns:
        A row a data set, variant and metric: these, `pairs`, `printed` and `measured` change (variant minus full),
        `p_holm`, `smallest` (the difference that the test could have seen, see `isfstudy.comparison.power`) and
        `verdict`: `same way`, `other way`, or `undecided` where no difference is significant.
    """
    said = printed_changes(printed)
    rows = []
    for dataset, images in per_image.groupby("dataset", sort=False):
        for metric in METRICS:
            scores = images.pivot_table(index="stem", columns="variant", values=metric)
            differences = {variant: scores[variant] - scores[FULL] for variant in VARIANTS if variant in scores}
            differences.pop(FULL)
            for variant, test in paired_tests(differences).iterrows():
                way = test["difference"] * said.loc[variant, metric]
                verdict = "undecided" if test["p_holm"] >= level else "same way" if way > 0 else "other way"
                row = {"dataset": dataset, "variant": variant, "metric": metric, "pairs": len(scores)}
                row |= {"printed": said.loc[variant, metric], "measured": test["difference"]}
                seen = smallest_seen(differences[variant], tests=len(differences), level=level)
                rows.append(row | {"p_holm": test["p_holm"], "smallest": seen, "verdict": verdict})
    return pd.DataFrame(rows)


def changes_in_short(table: pd.DataFrame) -> pd.DataFrame:
    """`changes` for reading: a row a data set and variant, and by metric the measured change with a sign for the
    verdict: ✓ the same way, ✕ the other way, – undecided."""
    signs = table["verdict"].map({"same way": " ✓", "other way": " ✕", "undecided": " –"})
    wide = table.assign(text=table["measured"].map("{:+.3f}".format) + signs)
    wide = wide.pivot(index=["dataset", "variant"], columns="metric", values="text")[list(METRICS)]
    order = pd.MultiIndex.from_frame(table[["dataset", "variant"]].drop_duplicates())
    return wide.reindex(order).reset_index()


def order_agreement(measured: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Kendall's tau between the printed and the measured order of Table 2's six rows: 1 alike, -1 reversed.

    Args:
        measured: from `means_of_variants`.
        printed: as for `printed_changes`.

    Returns:
        A row a data set and metric: these, `tau` and its `p`.
    """
    said = printed.set_index("variant")[list(METRICS)].astype(float)
    rows = []
    for dataset, table in measured.groupby("dataset", sort=False):
        both = table.set_index("variant").reindex(said.index)
        for metric in METRICS:
            tau, p = kendalltau(said[metric], both[metric])
            rows.append({"dataset": dataset, "metric": metric, "tau": tau, "p": p})
    return pd.DataFrame(rows)
