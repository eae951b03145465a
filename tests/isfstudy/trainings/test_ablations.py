"""Ablations: changes against Table 2, and their order, on made-up scores."""

from __future__ import annotations

import pandas as pd
import pytest

from isfcore.datasets.local import pairs
from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.paper.printed import printed_table
from isfstudy.trainings.ablations import (
    FULL,
    RECIPES,
    VARIANTS,
    changes,
    changes_in_short,
    means_of_variants,
    order_agreement,
    printed_changes,
    scored,
)
from tests.helpers.small_sets import write_set

PRINTED = printed_table("table2_ablation")


def scores(shift: dict[str, float]) -> pd.DataFrame:
    """Eight images a variant, AG as shifted, everything else alike."""
    rows = []
    for variant in VARIANTS:
        for image in range(8):
            row = {"dataset": "TNO", "variant": variant, "stem": str(image)} | dict.fromkeys(METRICS, float(image))
            rows.append(row | {"AG": 10 + image + shift.get(variant, 0.0) * (1 + image / 100)})
    return pd.DataFrame(rows)


def test_every_printed_row_and_the_second_reading_has_a_recipe():
    assert set(PRINTED["variant"]) == set(VARIANTS) - {"backbone"}
    assert {load_recipe(recipe).name for recipe in RECIPES.values()} == {"paired", *VARIANTS} - {FULL}


def test_printed_changes_are_minus_the_full_row():
    table = printed_changes(PRINTED)
    assert table.loc["without_cfi", "AG"] == pytest.approx(5.764 - 6.136)
    assert table.loc["backbone"].to_list() == table.loc["without_interventions"].to_list()
    assert len(table) == 6


def test_changes_are_tested_and_compared_with_the_printed_way():
    table = changes(scores({"without_cfi": -1.0, "without_inv": 1.0}), PRINTED).set_index(["variant", "metric"])
    assert table.loc[("without_cfi", "AG"), "measured"] == pytest.approx(-1.035)
    assert table.loc[("without_cfi", "AG"), "verdict"] == "same way"
    assert table.loc[("without_inv", "AG"), "verdict"] == "other way"
    assert table.loc[("without_nec", "AG"), "verdict"] == "undecided"
    assert table.loc[("without_cfi", "AG"), "p_holm"] == pytest.approx(6 * 2 / 2**8)  # all eight images lower
    assert (table["pairs"] == 8).all() and len(table) == 6 * 5


def test_order_agreement_is_one_for_the_printed_order_and_minus_one_for_its_reverse():
    means = PRINTED.astype(dict.fromkeys(METRICS, float)).assign(dataset="TNO")
    assert order_agreement(means, PRINTED)["tau"].to_list() == pytest.approx([1.0] * 5)
    reverse = means.assign(**{metric: -means[metric] for metric in METRICS})
    table = order_agreement(reverse, PRINTED)
    assert table["tau"].to_list() == pytest.approx([-1.0] * 5) and (table["p"] < 0.01).all()


def test_every_variant_and_seed_is_scored_on_every_image(tmp_path):
    write_set(tmp_path, count=2)
    methods = {name: lambda stem, infrared, visible: infrared for name in ("ISF (a)", "ISF (b)")}
    variant_of = {"ISF (a)": (FULL, 0), "ISF (b)": ("without_cfi", 3)}
    table = scored({"scenes": pairs("scenes", "test", tmp_path)}, methods, variant_of)
    assert list(table.columns) == ["dataset", "variant", "seed", "stem", *METRICS, "objective"]
    assert table[["variant", "seed"]].to_numpy().tolist() == [[FULL, 0], ["without_cfi", 3]] * 2
    assert table["stem"].to_list() == ["000", "000", "001", "001"] and table.notna().all(axis=None)
    methods["ISF (b)"] = lambda stem, infrared, visible: infrared[:-1]
    with pytest.raises(ValueError, match=r"scenes: ISF \(b\) 000: the fused image is 80 x 63.*; scenes: ISF \(b\) 001"):
        scored({"scenes": pairs("scenes", "test", tmp_path)}, methods, variant_of)


def test_means_are_over_images_after_seeds():
    rows = [
        {"dataset": "TNO", "variant": variant, "seed": seed, "stem": stem, "objective": 1.0}
        | dict.fromkeys(METRICS, float(10 * seed + int(stem)))
        for variant in (FULL, "backbone")
        for seed in (0, 1)
        for stem in ("2", "4", "6")
    ]
    table = means_of_variants(pd.DataFrame(rows))
    assert list(table.columns) == ["dataset", "variant", "pairs", *METRICS, "objective"]
    assert table["variant"].to_list() == [FULL, "backbone"] and table["pairs"].to_list() == [3, 3]
    assert table["AG"].to_list() == [9, 9] and table["objective"].to_list() == [1, 1]


def test_changes_in_short_have_a_sign_for_each_verdict():
    verdicts = {"without_nec": "undecided", "backbone": "same way", "without_cfi": "other way"}
    rows = [
        {"dataset": "TNO", "variant": variant, "metric": metric, "measured": -1.0345, "verdict": verdict}
        for metric in METRICS
        for variant, verdict in verdicts.items()
    ]
    short = changes_in_short(pd.DataFrame(rows))
    assert list(short.columns) == ["dataset", "variant", *METRICS] and short["variant"].to_list() == list(verdicts)
    assert short["CC"].to_list() == ["-1.034 –", "-1.034 ✓", "-1.034 ✕"]
