"""Checks of the instrument: they pass where it is right, and say so where it is not."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from isfstudy.intervention_effects import checks
from isfstudy.intervention_effects.checks import (
    COLUMNS,
    DRAWS,
    EXCHANGES,
    WEAK,
    dose_check,
    effect_checks,
    gate_checks,
    said,
    wide,
)
from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.stability import GATES, Blocks, agreement
from isfstudy.intervention_effects.treatments import CLEAN
from tests.helpers.intervention_outcomes import PAPERS, outcomes
from tests.isfstudy.intervention_effects.test_stability import made_up

DRAWN_ANEW, BY_LOT, TWICE = (
    "no effect: same dose drawn anew",
    "no effect: signs by lot",
    "twice the smallest effect put in",
)


def drawn(*, images: int = 20, draws: int = 2) -> pd.DataFrame:
    """Effects with noise from image to image and draw to draw; each image for itself."""
    rng = np.random.default_rng(0)
    table = effects(outcomes(PAPERS, images=images, draws=draws))
    noise = rng.normal(0, 0.02, len(table))
    return table.assign(cluster=table["stem"], PSNR=0.1 + noise)


def of_noise(count: int) -> dict[str, Blocks]:
    """Images whose gates know nothing of their change, nor of each other."""
    rng = np.random.default_rng(1)
    images = made_up(count)
    return {
        stem: blocks._replace(gates={name: rng.random((10, 10)) for name in GATES}) for stem, blocks in images.items()
    }


def test_gates_that_are_planted_are_found_and_none_where_there_is_none():
    # Another seed than that of the images, or the noise of a planted gate is the first image's change, which it is to
    # know nothing of: then nothing but rounding is left of it, which is another on each processor.
    table = gate_checks(of_noise(20), dataset="RoadScene", seed=2).set_index("check")
    assert table["as_expected"].all() and len(table) == 4
    assert table.loc["gate that is the stability map", "found"] == pytest.approx(-1)
    assert table.loc[f"gate that follows it by {WEAK:g}", "found"] == pytest.approx(WEAK, abs=0.02)
    others = table.loc["gates of other images"]
    assert others["expected"] == f"0.05 of {EXCHANGES} draws" and others["low"] < 0.05 < others["high"]


def test_shuffled_blocks_tell_nothing_of_gates_that_follow_the_change():
    """Of gates that do go along with it: shuffled within an image they do not."""
    table = gate_checks(made_up(20, seed=1), dataset="RoadScene").set_index("check")
    assert agreement(made_up(20), "mean", dataset="RoadScene")[1]["mean"] > 0.2
    assert abs(table.loc["gate, its blocks shuffled", "found"]) < 0.05


def test_an_instrument_that_sees_nothing_fails(monkeypatch: pytest.MonkeyPatch):
    def blind(*given, **options):
        return agreement(*given, **options)[0], {"mean": 0.0, "low": -0.01, "high": 0.01, "verdict": "too small"}

    monkeypatch.setattr(checks, "agreement", blind)
    monkeypatch.setattr(checks, "shuffled", lambda *given, **options: (0.0, 0.0, 0.04))
    assert gate_checks(of_noise(5), dataset="RoadScene")["as_expected"].tolist() == [False, False, True, False]


def test_none_is_found_as_often_as_chance_has_it_and_what_is_put_in_nearly_always():
    table = effect_checks(drawn(draws=3), dataset="TNO").set_index("check")
    assert table["as_expected"].all() and list(table.index) == [BY_LOT, TWICE, DRAWN_ANEW]
    assert table.loc[BY_LOT, "found"] == pytest.approx(0.05, abs=0.015)
    assert table.loc[TWICE, "found"] >= 0.95 and table["pairs"].eq(20).all()


@pytest.mark.parametrize(("factor", "rows"), [(0.5, [BY_LOT, DRAWN_ANEW]), (3.0, [BY_LOT, TWICE, DRAWN_ANEW])])
def test_intervals_that_are_too_narrow_or_too_wide_fail(factor: float, rows: list[str], monkeypatch):
    """Halves of what they are, they leave out zero too often; wider too seldom, and miss what was put in."""
    honest = checks.mean_and_error
    monkeypatch.setattr(checks, "mean_and_error", lambda *given: (honest(*given)[0], factor * honest(*given)[1]))
    table = effect_checks(drawn(draws=3), dataset="TNO").set_index("check")
    assert list(table.index[~table["as_expected"]]) == rows


def test_images_of_a_cluster_take_one_sign():
    """Two images a cluster with equal differences are one: intervals over twenty images would be too narrow."""
    table = drawn(draws=2)
    table["cluster"] = table["stem"].astype(int) // 2
    first = table[table["stem"].astype(int) % 2 == 0]
    twins = pd.concat([first, first.assign(stem=(first["stem"].astype(int) + 1).astype(str))])
    table = effect_checks(twins, dataset="MSRS").set_index("check")
    assert table["as_expected"].all() and table.loc[DRAWN_ANEW, "expected"] == f"0.05 or less of {DRAWS} draws"


def test_without_a_second_draw_nothing_is_drawn_anew():
    assert len(effect_checks(drawn(draws=1), dataset="TNO")) == 2


@pytest.mark.parametrize(("more", "good"), [(2.0, True), (0.5, False)])
def test_twice_the_holes_have_to_cost_more(more, good):
    clean = outcomes({}).assign(size=0, holes=0)
    doses = [
        outcomes({"random": loss}).query("intervention != @CLEAN").assign(size=16, holes=holes)
        for holes, loss in ((4, 1.0), (8, more))
    ]
    given = pd.concat([clean, *doses], ignore_index=True)
    (row,) = dose_check(given.assign(cluster=given["stem"]), dataset="TNO").to_dict("records")
    assert row["check"] == "8 random holes beside 4" and row["as_expected"] is good and row["pairs"] == 8
    assert CLEAN in set(given["intervention"])


ROWS = partial(pd.DataFrame, columns=COLUMNS)


def test_a_column_a_data_set_and_what_fails_is_said():
    table = ROWS(
        [
            ("gate", "TNO", 40, -1, "-1", -1.0, -1.0, -1.0, True),
            ("lot", "TNO", 40, 0, f"0.05 of {DRAWS} draws", 0.048, 0.036, 0.063, True),
            ("put in", "TNO", 40, 0.05, "0.95 or more", 0.99, 0.98, 1.0, True),
            ("lot", "MSRS", 80, 0, f"0.05 of {DRAWS} draws", 0.1, 0.08, 0.12, False),
        ]
    )
    assert wide(table).to_numpy().tolist() == [
        ["gate", "-1", "-1.000 [-1.000, -1.000]", "–"],
        ["lot", "0.05 of 1000 draws", "0.048 [0.036, 0.063]", "0.100 [0.080, 0.120] not as expected"],
        ["put in", "0.95 or more", "0.990 [0.980, 1.000] at 0.050 dB", "–"],
    ]
    assert said(table) == (
        "<b>Checks of the instrument:</b> 3 of 4 come out as they have to; lot on MSRS: 0.100 [0.080, 0.120] not as "
        "expected (expected 0.05 of 1000 draws)."
    )
    assert said(table[:2]) == "<b>Checks of the instrument:</b> 2 of 2 come out as they have to."
