"""Effects of interventions, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.intervention_effects.effects import average_effects, effects, psnr_lost
from isfstudy.intervention_effects.treatments import CLEAN, INTERVENTIONS
from tests.helpers.intervention_outcomes import PAPERS, outcomes


def test_effects_are_clean_minus_intervened_of_the_same_image():
    both = pd.concat(
        [outcomes(PAPERS), outcomes({"random_grid": 7.0}, network="other"), outcomes(PAPERS, dataset="MSRS")]
    )
    table = effects(both.sample(frac=1, random_state=0))
    assert CLEAN not in set(table["intervention"]) and len(table) == 8 * (6 + 1 + 6)
    rows = table.set_index(["dataset", "network", "intervention", "stem"])
    assert rows.loc[("TNO", "one", "visible_only", "0"), "PSNR"] == pytest.approx(4)
    assert rows.loc[("MSRS", "one", "visible_only", "3"), "CC"] == pytest.approx(4 * 1.03)
    assert rows.loc[("TNO", "other", "random_grid", "7"), "AG"] == pytest.approx(-7 * 1.07), (
        "a rise is a negative effect"
    )


def test_an_image_without_a_clean_score_is_named():
    table = outcomes(PAPERS)
    with pytest.raises(ValueError, match="no clean score of TNO one 3"):
        effects(table[~((table["intervention"] == CLEAN) & (table["stem"] == "3"))])


def test_averages_have_intervals_and_count_their_pairs():
    table = average_effects(effects(outcomes(PAPERS, images=9)))
    assert list(table.columns) == [
        "network",
        "dataset",
        "intervention",
        "metric",
        "ate",
        "low",
        "high",
        "pairs",
        "draws",
    ]
    assert len(table) == len(INTERVENTIONS) * len(METRICS) and set(table["pairs"]) == {9} and set(table["draws"]) == {1}
    row = table.set_index(["intervention", "metric"]).loc[("visible_only", "PSNR")]
    assert row["ate"] == pytest.approx(4 * 1.04)  # the mean of 0 to 8 hundredths on top
    assert 4 < row["low"] < row["ate"] < row["high"] < 4 * 1.08


def test_draws_of_an_image_are_one_image():
    table = effects(outcomes(PAPERS, images=9, draws=3))
    table.loc[table["draw"] == 2, "PSNR"] += 3.0
    found = average_effects(table).set_index(["intervention", "metric"])
    one = average_effects(effects(outcomes(PAPERS, images=9))).set_index(["intervention", "metric"])
    masks, dropout = ("random_holes", "PSNR"), ("visible_only", "PSNR")
    assert found.loc[masks, "ate"] == pytest.approx(one.loc[masks, "ate"] + 1)
    assert found.loc[masks, ["pairs", "draws"]].tolist() == [9, 3] and found.loc[dropout, "draws"] == 1
    assert found.loc[dropout, "high"] == pytest.approx(one.loc[dropout, "high"])


def test_averages_of_doses():
    table = pd.concat(
        [outcomes({"random": loss}).assign(size=0 * (loss == 0) + 16, holes=holes) for loss, holes in ((1, 5), (2, 9))]
    )
    clean = table["intervention"] == CLEAN
    table = pd.concat([table[clean].drop_duplicates("stem"), table[~clean]])
    found = average_effects(effects(table), by=["network", "intervention", "size", "holes"])
    rows = found[found["metric"] == "CC"].set_index("holes")["ate"]
    assert rows.to_dict() == pytest.approx({5: 1.035, 9: 2.07})


def test_psnr_lost_is_the_mean_over_sets_the_dearest_first():
    rows = [
        ("one", "TNO", "random", "CC", 9.0),
        ("one", "TNO", "random", "PSNR", 0.5),
        ("one", "MSRS", "random", "PSNR", 1.5),
        ("one", "TNO", "visible_only", "PSNR", 2.5),
        ("one", "MSRS", "visible_only", "PSNR", 2.0),
        ("a", "TNO", "random", "PSNR", -1.0),
        ("a", "TNO", "visible_only", "PSNR", -0.5),
    ]
    ate = pd.DataFrame(rows, columns=["network", "dataset", "intervention", "metric", "ate"])
    assert psnr_lost(ate) == {"one": "visible_only 2.25, random 1.00", "a": "visible_only -0.50, random -1.00"}
