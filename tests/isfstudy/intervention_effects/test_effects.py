"""Effects of interventions: by hand, and what may be concluded from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.intervention_effects.effects import (
    INTERVENTIONS,
    ORDER,
    against,
    at_equal_shares,
    average_effects,
    effects,
    ordering,
    tally,
    trained_alike,
)
from isfstudy.intervention_effects.treatments import CLEAN

PAPERS = {
    "infrared_only": 3.0,
    "visible_only": 4.0,
    "complementary_holes": 0.5,
    "complementary_grid": 1.0,
    "random": 0.1,
}


def outcomes(harm: dict[str, float], *, images: int = 8, spread: float = 0.01, **keys: str) -> pd.DataFrame:
    """Scores of images that lose `harm`, a little more each; AG gains what the others lose."""
    rows = []
    for number in range(images):
        for name, loss in ({CLEAN: 0.0} | harm).items():
            values = {
                metric: (5 + number + loss * (1 + spread * number) * (-1) ** (metric != "AG")) for metric in METRICS
            }
            rows.append({"dataset": "TNO", "network": "one", "intervention": name, "stem": f"{number}"} | keys | values)
    return pd.DataFrame(rows)


def test_effects_are_clean_minus_intervened_of_the_same_image():
    both = pd.concat([outcomes(PAPERS), outcomes({"random": 7.0}, network="other"), outcomes(PAPERS, dataset="MSRS")])
    table = effects(both.sample(frac=1, random_state=0))
    assert CLEAN not in set(table["intervention"]) and len(table) == 8 * (5 + 1 + 5)
    rows = table.set_index(["dataset", "network", "intervention", "stem"])
    assert rows.loc[("TNO", "one", "visible_only", "0"), "PSNR"] == pytest.approx(4)
    assert rows.loc[("MSRS", "one", "visible_only", "3"), "CC"] == pytest.approx(4 * 1.03)
    assert rows.loc[("TNO", "other", "random", "7"), "AG"] == pytest.approx(-7 * 1.07), "a rise is a negative effect"


def test_an_image_without_a_clean_score_is_named():
    table = outcomes(PAPERS)
    with pytest.raises(ValueError, match="no clean score of TNO one 3"):
        effects(table[~((table["intervention"] == CLEAN) & (table["stem"] == "3"))])


def test_averages_have_intervals_and_count_their_pairs():
    table = average_effects(effects(outcomes(PAPERS, images=9)))
    assert list(table.columns) == ["network", "dataset", "intervention", "metric", "ate", "low", "high", "pairs"]
    assert len(table) == len(INTERVENTIONS) * len(METRICS) and set(table["pairs"]) == {9}
    row = table.set_index(["intervention", "metric"]).loc[("visible_only", "PSNR")]
    assert row["ate"] == pytest.approx(4 * 1.04)  # the mean of 0 to 8 hundredths on top
    assert 4 < row["low"] < row["ate"] < row["high"] < 4 * 1.08


def test_averages_of_doses():
    table = pd.concat(
        [outcomes({"random": loss}).assign(size=0 * (loss == 0) + 16, holes=holes) for loss, holes in ((1, 5), (2, 9))]
    )
    clean = table["intervention"] == CLEAN
    table = pd.concat([table[clean].drop_duplicates("stem"), table[~clean]])
    found = average_effects(effects(table), by=["network", "intervention", "size", "holes"])
    rows = found[found["metric"] == "CC"].set_index("holes")["ate"]
    assert rows.to_dict() == pytest.approx({5: 1.035, 9: 2.07})


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


def test_doses_are_compared_at_equal_shares():
    """Random masks cost 1 at a tenth and 3 at a half: 0.5 at a twentieth, 2 at three tenths."""
    rows = [("random", 4, 0.1, 1.0), ("random", 20, 0.5, 3.0)]
    rows += [("complementary_holes", 2, 0.05, 0.6), ("complementary_holes", 20, 0.3, 1.9)]
    dose = pd.DataFrame(rows, columns=["intervention", "holes", "hidden", "ate"])
    dose = dose.assign(network="one", dataset="TNO", metric="PSNR", size=16).sample(frac=1, random_state=0)
    found = at_equal_shares(dose).set_index("holes")
    assert found["random"].to_dict() == pytest.approx({2: 0.5, 20: 2.0})
    assert found["complementary"].to_dict() == {2: 0.6, 20: 1.9}
    assert found["dearer"].to_dict() == {2: "complementary", 20: "random"}
    both = pd.concat([dose, dose.assign(size=64, ate=0.0)])
    assert len(at_equal_shares(both)) == 4, "sizes are lines of their own"


def test_a_tally_counts_verdicts_the_most_frequent_first():
    table = pd.DataFrame({"network": list("aaab"), "verdict": ["reversed", "holds", "holds", "undecided"]})
    assert tally(table, by=["network"])["said"].tolist() == ["2 × holds, 1 × reversed", "1 × undecided"]


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
