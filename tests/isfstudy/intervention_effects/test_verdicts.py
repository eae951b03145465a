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
)
from tests.helpers.intervention_outcomes import PAPERS, outcomes


def test_a_tally_counts_verdicts_on_psnr_and_cc_the_most_frequent_first():
    table = pd.DataFrame({"network": list("aaab"), "verdict": ["reversed", "holds", "holds", "undecided"]})
    table = pd.concat([table.assign(metric="PSNR"), table.assign(metric="AG", verdict="larger")])
    assert tally(table, by=["network"]).to_dict() == {"a": "2 × holds, 1 × reversed", "b": "1 × undecided"}


def test_a_verdict_needs_a_small_p(monkeypatch: pytest.MonkeyPatch):
    scripted = pd.DataFrame({"difference": [1.0, -1.0, 1.0], "p_holm": [0.04, 0.04, 0.05], "images": 8}, list("abc"))
    monkeypatch.setattr(verdicts, "paired_tests", lambda differences: scripted.loc[list(differences)])
    rows = [("one", name, stem, *range(len(METRICS))) for name in "cab" for stem in "xy"]
    table = pd.DataFrame(rows, columns=["network", "which", "stem", *METRICS])
    groups = {"by": ["network"], "over": "which", "names": "abc", "positive": "holds", "negative": "reversed"}
    found = judged(table, **groups)
    columns = ["network", "metric", "which", "difference", "p_holm", "pairs", "verdict"]
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
        "one": "dropout > complementary_holes: 8 × holds; dropout > complementary_grid: 8 × holds; "
        "complementary_holes > random: 4 × holds; complementary_grid > random: 4 × holds",
        "few": "dropout > complementary_holes: 4 × undecided; dropout > complementary_grid: 4 × undecided; "
        "complementary_holes > random: 2 × undecided; complementary_grid > random: 2 × undecided",
    }


def test_against_a_reference_on_the_same_images():
    less = {name: loss / 2 for name, loss in PAPERS.items()} | {"random": 0.3}
    table = pd.concat(
        [outcomes(PAPERS, network="without"), outcomes(less, network="with"), outcomes(PAPERS, network="same")]
    )
    found = against(effects(table), "without")
    assert list(found.columns) == [
        "network", "reference", "dataset", "metric", "intervention", "difference", "p_holm", "pairs", "verdict"
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
    assert found["effects against without"].tolist() == ["–", "8 × smaller, 2 × larger"]
    assert found["effects against with"].tolist() == ["8 × larger, 2 × smaller", "–"]


def test_without_any_reference_quality_stands_alone():
    table = outcomes(PAPERS)
    found = with_quality(against(effects(table), "one"), table)
    assert list(found.columns) == ["dataset", "network", *METRICS]
