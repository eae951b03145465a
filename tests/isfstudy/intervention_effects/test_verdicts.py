"""Verdicts on the order and beside a reference, on the same images; networks that differ in interventions alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from isfcore.metrics import METRICS
from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.verdicts import (
    ORDER,
    against,
    judged,
    order_by_part,
    ordering,
    tally,
    trained_alike,
    with_quality,
    with_schedules,
)
from tests.helpers.intervention_outcomes import PAPERS, outcomes


def test_a_tally_counts_verdicts_on_psnr_and_cc_the_most_frequent_first():
    table = pd.DataFrame({"network": list("aaab"), "verdict": ["reversed", "holds", "holds", "undecided"]})
    table = pd.concat([table.assign(metric="PSNR"), table.assign(metric="AG", verdict="larger")])
    assert tally(table, by=["network"]).to_dict() == {"a": "holds in 2 of 3, reversed in 1", "b": "undecided in 1 of 1"}


def test_a_verdict_needs_an_interval_on_one_side_of_zero():
    """Of three comparisons together. PSNR: within 0.02 dB nothing is decided."""
    steps = {"far": [0.5, 0.6, 0.7, 0.6], "below": [-0.5, -0.6, -0.7, -0.6], "wide": [-1, 1, -1, 1.5]}
    rows = [
        ("one", name, f"{stem}", 0, *[value] * 5) for name, each in steps.items() for stem, value in enumerate(each)
    ]
    table = pd.DataFrame(rows, columns=["network", "which", "stem", "draw", *METRICS])
    groups = {"by": ["network"], "over": "which", "names": list(steps), "positive": "holds", "negative": "reversed"}
    found = judged(table, **groups)
    columns = ["network", "metric", "which", "difference", "low", "high", "pairs", "draws", "smallest", "verdict"]
    assert list(found.columns) == columns and set(found["pairs"]) == {4} and set(found["draws"]) == {1}
    assert found["verdict"].tolist() == ["holds", "reversed", "undecided"] * len(METRICS)
    half = np.std(steps["far"], ddof=1) / 2 * student.isf(0.05 / 2 / 3, 3)
    assert found.loc[0, ["low", "high", "smallest"]].tolist() == pytest.approx([0.6 - half, 0.6 + half, half])
    small = judged(table.assign(**{metric: table[metric] / 100 for metric in METRICS}), **groups)
    assert small.groupby("metric", sort=False)["verdict"].agg(list).to_dict() == {
        metric: ["holds", "reversed", "undecided"] if metric != "PSNR" else ["too small", "too small", "undecided"]
        for metric in METRICS
    }
    assert list(judged(table[:0], **groups).columns) == columns


def test_the_papers_order_holds_where_it_is_put_in():
    table = ordering(effects(outcomes(PAPERS, draws=2)))
    columns = ["network", "dataset", "metric", "comparison", "difference", "low", "high", "pairs", "draws", "smallest"]
    assert list(table.columns) == [*columns, "verdict", "dose"]
    assert len(table) == len(METRICS) * len(ORDER)
    psnr = table[table["metric"] == "PSNR"].set_index("comparison")
    assert psnr["dose"].to_dict() == {
        "infrared_only > complementary_grid": "equal",
        "visible_only > complementary_grid": "equal",
        "complementary_grid > random_grid": "equal",
        "complementary_holes > random_holes": "equal",
        "infrared_only > complementary_holes": "unequal",
        "visible_only > complementary_holes": "unequal",
    }
    assert set(psnr["verdict"]) == {"holds"} and set(psnr["draws"]) == {2}
    assert psnr["difference"].iloc[0] == pytest.approx(2 * 1.035)
    assert set(table.loc[table["metric"] == "AG", "verdict"]) == {"reversed"}, "AG rises most under dropout"


def test_draws_are_compared_with_draws():
    """Of the same masks: what one draw costs more, both lose."""
    table = effects(outcomes(PAPERS, draws=3))
    dear = table["draw"] == 1
    table.loc[dear, list(METRICS)] += 5.0
    found, plain = (ordering(each).set_index(["metric", "comparison"]) for each in (table, effects(outcomes(PAPERS))))
    name = ("PSNR", "complementary_holes > random_holes")
    assert found.loc[name, ["difference", "low"]].tolist() == pytest.approx(plain.loc[name, ["difference", "low"]])


def test_frames_of_one_drive_are_less_than_as_many_images():
    table = effects(outcomes(PAPERS, images=12, spread=0.1))
    together = ordering(table.assign(cluster=[f"{int(stem) // 4}" for stem in table["stem"]]))
    assert (together["smallest"] > 1.5 * ordering(table)["smallest"]).all()


def test_a_few_images_that_differ_decide_nothing_and_another_order_is_said():
    few = effects(outcomes(PAPERS, images=2, spread=0.5))
    found = ordering(few)
    assert set(found["verdict"]) == {"undecided"} and (found["smallest"] > 1).all()
    other = PAPERS | {"complementary_grid": 9.0, "random_holes": 0.7}
    psnr = ordering(effects(outcomes(other, images=12)))
    psnr = psnr[psnr["metric"] == "PSNR"].set_index("comparison")["verdict"]
    assert psnr["infrared_only > complementary_grid"] == psnr["visible_only > complementary_grid"] == "reversed"
    assert psnr["complementary_holes > random_holes"] == "reversed"
    assert psnr["complementary_grid > random_grid"] == "holds"


def test_networks_and_sets_are_tested_apart():
    other = {name: -loss for name, loss in PAPERS.items()}
    table = ordering(
        effects(pd.concat([outcomes(PAPERS), outcomes(other, network="odd"), outcomes(other, dataset="MSRS")]))
    )
    psnr = table[table["metric"] == "PSNR"].groupby(["network", "dataset"])["verdict"].agg(set)
    assert psnr.to_dict() == {("one", "TNO"): {"holds"}, ("odd", "TNO"): {"reversed"}, ("one", "MSRS"): {"reversed"}}


def test_parts_of_the_order_count_both_dropouts_on_psnr_and_cc():
    few = outcomes(PAPERS, images=2, network="few", spread=0.5)
    table = pd.concat([outcomes(PAPERS), few, outcomes(PAPERS, dataset="MSRS")])
    parts = ["dropout > complementary_grid", "complementary_grid > random_grid"]
    parts += ["complementary_holes > random_holes", "dropout > complementary_holes"]
    said = {
        name: "; ".join(f"{part}: {word} in {count} of {count}" for part, count in zip(parts, counts, strict=True))
        for name, word, counts in (("one", "holds", (8, 4, 4, 8)), ("few", "undecided", (4, 2, 2, 4)))
    }
    assert order_by_part(ordering(effects(table))) == said


def test_against_a_reference_on_the_same_images():
    less = {name: loss / 2 for name, loss in PAPERS.items()} | {"random_holes": 0.3}
    table = pd.concat(
        [outcomes(PAPERS, network="without"), outcomes(less, network="with"), outcomes(PAPERS, network="same")]
    )
    found = against(effects(table), "without")
    assert list(found.columns) == [
        "network", "reference", "dataset", "metric", "intervention", "difference", "low", "high", "pairs", "draws",
        "smallest", "verdict",
    ]  # fmt: skip
    assert set(found["network"]) == {"with", "same"} and set(found["reference"]) == {"without"}
    psnr = found[found["metric"] == "PSNR"].set_index(["network", "intervention"])
    said = psnr.loc["with", "verdict"].to_dict()
    assert said.pop("random_holes") == "larger" and set(said.values()) == {"smaller"}
    assert psnr.loc[("with", "infrared_only"), "difference"] == pytest.approx(-1.5 * 1.035)
    assert set(psnr.loc["same", "verdict"]) == {"too small"}


def test_without_its_reference_nothing_is_compared():
    found = against(effects(outcomes(PAPERS)), "without")
    assert found.empty and {"verdict", "reference", "intervention"} <= set(found.columns)


def test_a_reference_is_compared_where_both_were_measured():
    """A network that saw fewer images is compared on those."""
    table = pd.concat([outcomes(PAPERS), outcomes(PAPERS, network="short", images=3)])
    found = against(effects(table), "one")
    assert set(found["pairs"]) == {3} and np.allclose(found["difference"], 0)


def test_networks_that_differ_in_interventions_alone():
    def described(recipe: str, data: str = "MSRS", **schedule: int) -> dict:
        return {"recipe": recipe, "data": data, "schedule": {"steps": 9, "batch": 4, "side": 128, "seed": 0} | schedule}

    known = {
        "reference": described("paired"),
        "same": described("paired"),
        "longer": described("paired", steps=10),
        "elsewhere": described("paired", data="RoadScene"),
        "other crops": described("released"),
        "other network": described("printed"),
        "authors": {"recipe": "the authors' checkpoint"},
    }
    assert trained_alike(known, "reference") == ["same"]
    assert trained_alike(known, "other crops") == []
    assert trained_alike(known, "not here") == []


def test_clean_quality_stands_beside_the_verdicts_on_psnr_and_cc():
    less = {name: loss / 2 for name, loss in PAPERS.items()} | {"random_holes": 0.3}
    table = pd.concat([outcomes(PAPERS, network="without"), outcomes(less, network="with")])
    apart = pd.concat([against(effects(table), name) for name in ("without", "with")])
    found = with_quality(apart, table)
    columns = ["dataset", "network", *METRICS, "effects against without", "effects against with"]
    assert list(found.columns) == columns and found["network"].tolist() == ["without", "with"]
    assert found[list(METRICS)].to_numpy() == pytest.approx(5 + 3.5), "of clean images: 5 and 0 to 7"
    assert found["effects against without"].tolist() == ["–", "smaller in 10 of 12, larger in 2"]
    assert found["effects against with"].tolist() == ["larger in 10 of 12, smaller in 2", "–"]


def test_clean_quality_is_of_the_images_that_all_have():
    table = pd.concat([outcomes(PAPERS), outcomes(PAPERS, network="few", images=3)])
    found = with_quality(against(effects(table), "one"), table)
    assert found[list(METRICS)].to_numpy() == pytest.approx(5 + 1), "of 0 to 2, not of 0 to 7"


def test_without_any_reference_quality_stands_alone():
    table = outcomes(PAPERS)
    found = with_quality(against(effects(table), "one"), table)
    assert list(found.columns) == ["dataset", "network", *METRICS]


def test_effects_say_how_long_the_shorter_trained_network_was_trained():
    """Else networks that were trained for 600 steps are evidence about training."""
    apart = pd.DataFrame({"network": ["with", "authors", "rule"], "reference": "without"})
    known = {"with": {"schedule": {"steps": 900, "batch": 8, "side": 128, "seed": 0}}, "authors": {}}
    known["without"] = {"schedule": {"steps": 600, "batch": 16, "side": 256, "seed": 0}}
    table = with_schedules(apart, known)
    assert table[["steps", "batch", "side"]].to_numpy().tolist() == [[600, 8, 128], [600, 16, 256], [600, 16, 256]]
    assert with_schedules(apart.assign(reference="rule"), known)["steps"].isna().tolist() == [False, True, True]
