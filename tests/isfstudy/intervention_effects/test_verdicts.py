"""Verdicts on the order and beside a reference, on the same images; networks that differ in interventions alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.intervention_effects import verdicts
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


def test_a_verdict_needs_a_small_p(monkeypatch: pytest.MonkeyPatch):
    scripted = pd.DataFrame({"difference": [1.0, -1.0, 1.0], "p_holm": [0.04, 0.04, 0.05], "images": 8}, list("abc"))
    monkeypatch.setattr(verdicts, "paired_tests", lambda differences: scripted.loc[list(differences)])
    rows = [("one", name, stem, *range(len(METRICS))) for name in "cab" for stem in "xy"]
    table = pd.DataFrame(rows, columns=["network", "which", "stem", *METRICS])
    groups = {"by": ["network"], "over": "which", "names": "abc", "positive": "holds", "negative": "reversed"}
    found = judged(table, **groups)
    columns = ["network", "metric", "which", "difference", "p_holm", "pairs", "smallest", "verdict"]
    assert list(found.columns) == columns and set(found["pairs"]) == {8}
    assert found["verdict"].tolist() == ["holds", "reversed", "undecided"] * len(METRICS)
    assert list(judged(table[:0], **groups).columns) == columns


def test_the_papers_order_holds_where_it_is_put_in():
    table = ordering(effects(outcomes(PAPERS)))
    assert list(table.columns) == [
        "network",
        "dataset",
        "metric",
        "comparison",
        "difference",
        "p_holm",
        "pairs",
        "smallest",
        "verdict",
    ]
    assert len(table) == len(METRICS) * len(ORDER)
    psnr = table[table["metric"] == "PSNR"].set_index("comparison")
    assert list(psnr.index) == [
        "infrared_only > complementary_holes",
        "visible_only > complementary_holes",
        "infrared_only > complementary_grid",
        "visible_only > complementary_grid",
        "complementary_holes > random",
        "complementary_grid > random",
    ]
    assert set(psnr["verdict"]) == {"holds"}
    assert psnr["difference"].iloc[0] == pytest.approx(2.5 * 1.035)
    # Eight differences of one sign: p = 2 / 2^8 each, six times that after Holm.
    assert psnr["p_holm"].to_numpy() == pytest.approx(6 * 2 / 2**8)
    assert set(table.loc[table["metric"] == "AG", "verdict"]) == {"reversed"}, "AG rises most under dropout"


def test_few_images_decide_nothing_and_another_order_is_said():
    few = ordering(effects(outcomes(PAPERS, images=7)))
    assert set(few["verdict"]) == {"undecided"} and few["p_holm"].to_numpy() == pytest.approx(6 * 2 / 2**7)
    assert np.isinf(few["smallest"]).all(), "of seven images nothing could have been seen"
    table = ordering(effects(outcomes(PAPERS | {"complementary_grid": 9.0, "random": 0.7}, images=12)))
    psnr = table[table["metric"] == "PSNR"].set_index("comparison")["verdict"]
    assert psnr["infrared_only > complementary_grid"] == psnr["visible_only > complementary_grid"] == "reversed"
    assert psnr["complementary_holes > random"] == "reversed" and psnr["complementary_grid > random"] == "holds"


def test_networks_and_sets_are_tested_apart():
    other = {name: -loss for name, loss in PAPERS.items()}
    table = ordering(
        effects(pd.concat([outcomes(PAPERS), outcomes(other, network="odd"), outcomes(other, dataset="MSRS")]))
    )
    psnr = table[table["metric"] == "PSNR"].groupby(["network", "dataset"])["verdict"].agg(set)
    assert psnr.to_dict() == {("one", "TNO"): {"holds"}, ("odd", "TNO"): {"reversed"}, ("one", "MSRS"): {"reversed"}}


def test_parts_of_the_order_count_both_dropouts_on_psnr_and_cc():
    table = pd.concat([outcomes(PAPERS), outcomes(PAPERS, images=7, network="few"), outcomes(PAPERS, dataset="MSRS")])
    assert order_by_part(ordering(effects(table))) == {
        "one": "dropout > complementary_holes: holds in 8 of 8; dropout > complementary_grid: holds in 8 of 8; "
        "complementary_holes > random: holds in 4 of 4; complementary_grid > random: holds in 4 of 4",
        "few": "dropout > complementary_holes: undecided in 4 of 4; dropout > complementary_grid: undecided in 4 of 4; "
        "complementary_holes > random: undecided in 2 of 2; complementary_grid > random: undecided in 2 of 2",
    }


def test_against_a_reference_on_the_same_images():
    less = {name: loss / 2 for name, loss in PAPERS.items()} | {"random": 0.3}
    table = pd.concat(
        [outcomes(PAPERS, network="without"), outcomes(less, network="with"), outcomes(PAPERS, network="same")]
    )
    found = against(effects(table), "without")
    assert list(found.columns) == [
        "network", "reference", "dataset", "metric", "intervention", "difference", "p_holm", "pairs", "smallest",
        "verdict",
    ]  # fmt: skip
    assert set(found["network"]) == {"with", "same"} and set(found["reference"]) == {"without"}
    psnr = found[found["metric"] == "PSNR"].set_index(["network", "intervention"])
    said = psnr.loc["with", "verdict"].to_dict()
    assert said.pop("random") == "larger" and set(said.values()) == {"smaller"}
    assert psnr.loc[("with", "infrared_only"), "difference"] == pytest.approx(-1.5 * 1.035)
    assert set(psnr.loc["same", "verdict"]) == {"undecided"}


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
    less = {name: loss / 2 for name, loss in PAPERS.items()} | {"random": 0.3}
    table = pd.concat([outcomes(PAPERS, network="without"), outcomes(less, network="with")])
    apart = pd.concat([against(effects(table), name) for name in ("without", "with")])
    found = with_quality(apart, table)
    columns = ["dataset", "network", *METRICS, "effects against without", "effects against with"]
    assert list(found.columns) == columns and found["network"].tolist() == ["without", "with"]
    assert found[list(METRICS)].to_numpy() == pytest.approx(5 + 3.5), "of clean images: 5 and 0 to 7"
    assert found["effects against without"].tolist() == ["–", "smaller in 8 of 10, larger in 2"]
    assert found["effects against with"].tolist() == ["larger in 8 of 10, smaller in 2", "–"]


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
