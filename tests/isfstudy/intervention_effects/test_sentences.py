"""Answers: the numbers of the tables, and no others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isfstudy.intervention_effects import sentences
from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.stability import Blocks
from isfstudy.intervention_effects.verdicts import against, ordering
from tests.helpers.intervention_outcomes import PAPERS, outcomes

GATES = pd.DataFrame(
    [
        ("one", "TNO", "mean", -0.4, 0.021, -0.05, 0.09, 40, 0.1, "too small", 0.5),
        ("one", "MSRS", "mean", 0.1, 0.3, 0.25, 0.35, 80, -0.1, "positive", 0.5),
        ("one", "MSRS", "full_size", 9.0, 9.0, 9.0, 9.0, 9, 9.0, "positive", 0.5),
        ("other", "MSRS", "mean", 9.0, 9.0, 9.0, 9.0, 9, 9.0, "positive", 0.5),
    ],
    columns=["network", "dataset", "gate", "raw", "mean", "low", "high", "pairs", "null", "verdict", "p"],
)


def test_the_order_is_said_at_equal_doses_with_its_verdict():
    order = ordering(effects(pd.concat([outcomes(PAPERS, draws=2), outcomes(PAPERS, draws=2, dataset="MSRS")])))
    said = sentences.on_masks(order, "one")
    assert "holes TNO +0.41 [+0.40, +0.43], MSRS +0.41 [+0.40, +0.43]: <b>holds</b>; grid TNO +0.41 [" in said
    assert "visible dropped TNO +2.07 [" in sentences.on_dropout(order, "one")
    sure = sentences.on_power(order, "one")
    assert "TNO 8, MSRS 8 pairs, 2 draws of masks" in sure and "0.01 dB (holes)" in sure


def test_the_answer_comes_first_and_counts_what_holds():
    order = ordering(effects(pd.concat([outcomes(PAPERS, draws=2), outcomes(PAPERS, draws=2, dataset="MSRS")])))
    said = sentences.in_short(order, "one", GATES, "one")
    assert said.startswith("<b>In part:</b> at equal doses complementary masks harm more than random ones in 4 of 4 ")
    assert "and less in 0; a dropped modality harms more than masks in 4 of 4, and less in 0; gates" in said
    assert "is stable on 0 of 2 sets, and lower there on 1." in said
    stable = GATES.assign(verdict="negative")
    assert sentences.in_short(order, "one", stable, "one").startswith("<b>Yes")
    assert sentences.in_short(order.assign(verdict="undecided"), "one", GATES, "one").startswith("<b>No:</b>")


def test_gates_from_scale_to_scale_stand_beside_what_figure_3_says():
    """The coarsest first; by hand: half of the blocks 0, half 1 have a mean and a spread of 0.5."""
    gates = {"full_size": [[0.0, 1.0]], "half_size": [[0.25, 0.25]], "quarter_size": [[1.0, 1.0]]}
    image = Blocks({name: np.array(each) for name, each in gates.items()}, *[np.zeros((1, 2))] * 3)
    said = sentences.beside_figure3({"a": image, "b": image}, "TNO")
    assert said.endswith(
        "on TNO (2 pairs), mean and spread within an image from the coarsest to the finest: "
        "1.00 ± 0.00, 0.25 ± 0.00, 0.50 ± 0.50."
    )


def test_verdicts_that_differ_stand_with_their_sets():
    said = sentences.on_gates(GATES, "one")
    assert said.endswith("TNO +0.02 [-0.05, +0.09] too small, MSRS +0.30 [+0.25, +0.35] positive.")


def test_gates_are_said_with_what_is_not_held_fixed_and_the_null():
    said = sentences.on_gates_further(GATES)
    assert "one on TNO (40 pairs) +0.02, with difference and brightness of the sources left in -0.40, " in said
    assert "with gates of other images +0.10 (p 0.500); one on MSRS" in said and "other on MSRS" in said
    assert said.count("9.00") == 3, "of the mean gate alone"


def test_levels_are_means_over_sets():
    rows = [("one", "mean", 0.2, 0.1), ("one", "mean", 0.4, 0.3), ("one", "full_size", 9.0, 9.0)]
    levels = pd.DataFrame(rows, columns=["network", "gate", "mean", "decided"])
    assert sentences.on_levels(levels, ["one"]).endswith("one mean 0.30, decided 20%.")


def test_training_is_described_and_not_judged():
    table = pd.concat(
        [
            outcomes(PAPERS, network="without"),
            outcomes({name: 2 * loss for name, loss in PAPERS.items()}, network="with"),
        ]
    )
    apart = against(effects(table), "without")
    one_seed, said = sentences.on_training(apart, "without", ["with"])
    assert "decides nothing about training" in one_seed
    assert "with beside without" in said and "infrared only +3.1" in said and "(larger in 6)" in said
    (none,) = sentences.on_training(apart, "without", [])
    assert "Not decided here" in none


def test_hidden_shares_are_in_percent():
    said = sentences.hidden_shares(effects(outcomes(PAPERS)))
    assert "infrared only 50 %" in said and "random holes 2 %" in said
