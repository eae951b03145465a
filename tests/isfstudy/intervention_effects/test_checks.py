"""Checks of the instrument: they pass where it is right, and say so where it is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.intervention_effects import checks
from isfstudy.intervention_effects.checks import PLANTED, dose_check, effect_checks, gate_checks, said
from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.stability import agreement
from isfstudy.intervention_effects.treatments import CLEAN
from tests.helpers.intervention_outcomes import PAPERS, outcomes
from tests.isfstudy.intervention_effects.test_stability import made_up


def drawn(*, images: int = 20, draws: int = 2) -> pd.DataFrame:
    """Effects with noise from image to image and draw to draw; each image for itself."""
    rng = np.random.default_rng(0)
    table = effects(outcomes(PAPERS, images=images, draws=draws))
    noise = rng.normal(0, 0.02, len(table))
    return table.assign(cluster=table["stem"], PSNR=0.1 + noise)


def test_gates_that_are_planted_are_found_and_noise_is_not():
    table = gate_checks(made_up(20), dataset="RoadScene").set_index("check")
    assert table["as_expected"].all() and len(table) == 2
    assert table.loc["a gate that is the stability map itself", "found"] == pytest.approx(-1)


def test_an_instrument_that_sees_nothing_fails(monkeypatch: pytest.MonkeyPatch):
    def blind(*given, **options):
        return agreement(*given, **options)[0], {"mean": 0.0, "low": -0.01, "high": 0.01}

    monkeypatch.setattr(checks, "agreement", blind)
    assert gate_checks(made_up(5), dataset="RoadScene")["as_expected"].tolist() == [False, True]


def test_an_effect_on_top_is_found_and_none_where_there_is_none():
    table = effect_checks(drawn()).set_index("check")
    assert table["as_expected"].all() and len(table) == 3
    none, top = table.loc["signs by lot"], table.loc[f"signs by lot, and {PLANTED} dB on top"]
    assert none["low"] < 0 < none["high"] and top["low"] > 0
    assert top["found"] - none["found"] == pytest.approx(PLANTED)


def test_an_effect_where_none_should_be_fails():
    table = drawn()
    table.loc[(table["intervention"] == "random_holes") & (table["draw"] == 1), "PSNR"] += 1
    found = effect_checks(table).set_index("check")["as_expected"]
    assert not found["random holes, the same dose drawn anew"]


def test_without_a_second_draw_nothing_is_drawn_anew():
    assert len(effect_checks(drawn(draws=1))) == 2


@pytest.mark.parametrize(("more", "good"), [(2.0, True), (0.5, False)])
def test_twice_the_holes_have_to_cost_more(more, good):
    """Of random masks: what complementary ones cost is no matter here."""
    doses = [("random", 4, 1.0), ("random", 8, more), ("complementary_holes", 2, 9.0), ("random", 30, 0.0)]
    parts = [
        outcomes({name: loss}).query("intervention != @CLEAN").assign(size=16, holes=holes)
        for name, holes, loss in doses
    ]
    clean = outcomes({}).assign(size=0, holes=0)
    given = pd.concat([clean, *parts], ignore_index=True)
    (row,) = dose_check(given.assign(cluster=given["stem"])).to_dict("records")
    assert row["check"] == "8 random holes beside 4" and row["as_expected"] is good
    assert CLEAN in set(given["intervention"])


def test_what_fails_is_said_first():
    table = pd.DataFrame([("good", "0", 0.0, -1, 1, True), ("bad", "-1", 0.5, 0, 1, False)], columns=checks.COLUMNS)
    assert said(table) == (
        "<b>Checks of the instrument:</b> 1 of 2 come out as they have to: bad +0.50 (expected -1); good +0.00 "
        "(expected 0)."
    )
