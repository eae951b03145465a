"""Doses: what they hide, of which part of an image, and what they cost at the same share."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from isfcore.metrics import METRICS
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.methods import classic_methods
from isfstudy.intervention_effects.doses import (
    at_equal_shares,
    dose_effects,
    doses,
    holes_to_hide,
    read_middle,
    times_dearer,
    twice_as_many,
    with_room,
)
from isfstudy.intervention_effects.effects import effects
from isfstudy.intervention_effects.tables import doses_side_by_side
from isfstudy.intervention_effects.treatments import CLEAN, interventions, outcomes


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("share", "size", "number"), [(0.5, 16, 177), (0.02, 16, 5), (0.5, 100, 4), (0.001, 64, 1)])
def test_how_many_holes_hide_a_share(share, size, number):
    """On 256 x 256: ln 2 / -ln(1 - 1/256) = 177.1; ln(1/0.98) / -ln(1 - 1/256) = 5.2; 4.2; and never fewer than one."""
    assert holes_to_hide(share, size=size, pixels=256 * 256) == number


@pytest.mark.parametrize(("share", "size"), [(0, 8), (1, 8), (0.5, 0), (0.5, 20)])
def test_holes_that_cannot_hide_a_share_are_refused(share, size):
    with pytest.raises(ValueError, match=f"holes of {size} x {size} cannot hide a share of {share:g} of 400 pixels"):
        holes_to_hide(share, size=size, pixels=400)


def test_doses_hide_what_is_asked_for_in_either_way():
    made = doses(256, 256, seeded(), sizes=[8, 16], shares=[0.1, 0.5])
    assert made[0].intervention == CLEAN
    table = {(each.intervention, each.size, each.holes): each for each in made[1:]}
    assert [(size, holes) for _, size, holes in table][::2] == [(8, 108), (8, 709), (16, 27), (16, 177)]
    for (name, _, holes), each in table.items():
        share = 0.5 if holes in (177, 709) else 0.1
        hidden = [(~mask).mean() for mask in (each.infrared, each.visible)]
        if name == "random":
            assert np.array_equal(each.infrared, each.visible)
            assert hidden[0] == pytest.approx(share, abs=0.06)
        else:  # what both would hide is shared out
            assert (each.infrared | each.visible).all()
            assert np.mean(hidden) == pytest.approx(share - share**2 / 2, abs=0.06)


def test_shares_that_take_as_many_large_holes_are_one_dose():
    made = doses(64, 64, seeded(), sizes=[32], shares=[0.02, 0.1, 0.5])  # 32 x 32 is a quarter of the image
    assert [(each.intervention, each.holes) for each in made[1:]] == [
        ("complementary_holes", 1), ("random", 1), ("complementary_holes", 2), ("random", 2)
    ]  # fmt: skip


def test_twice_as_many_holes_hide_about_twice_as_much_in_both_images():
    made = twice_as_many(224, 224, seeded(), size=16, share=0.02)
    assert [(each.intervention, each.holes) for each in made] == [(CLEAN, 0), ("random", 4), ("random", 8)]
    hidden = [(~each.infrared).mean() for each in made]
    assert hidden[0] == 0 and hidden[2] == pytest.approx(2 * hidden[1], rel=0.25)
    assert all(np.array_equal(each.infrared, each.visible) for each in made)


def test_doses_are_of_the_middle(pairs):
    read = partial(read_middle, side=32)
    infrared, visible = read(pairs[1])
    whole = read_sources(pairs[1])
    assert np.array_equal(infrared, whole[0][8:40, 16:48]) and np.array_equal(visible, whole[1][8:40, 16:48])
    methods = {"Average": classic_methods()["Average"]}
    table = outcomes(pairs, methods, partial(doses, sizes=[4], shares=[0.3]), seed=0, read=read)
    assert table[["intervention", "size", "holes"]].drop_duplicates().to_numpy().tolist() == [
        [CLEAN, 0, 0],
        ["complementary_holes", 4, 23],
        ["random", 4, 23],
    ]
    with pytest.raises(ValueError, match="a: an image of 64 x 48 has no part of 64 x 64"):
        outcomes(pairs, methods, interventions, seed=0, read=partial(read_middle, side=64))


def test_pairs_without_room_are_left_out(pairs, tmp_path):
    """Of 70 x 50, which is cut to 64 x 48; the other way round it is as large."""
    tall = tmp_path / "tall.png"
    Image.new("L", (50, 70), 1).save(tall)
    pairs = [*pairs, Pair("tall", tall, tall)]
    assert with_room(pairs, side=48) == pairs and with_room(pairs, side=49) == []
    assert all(read_middle(pair, side=48)[0].shape == (48, 48) for pair in pairs[:2])


def test_the_effect_of_a_dose_stands_beside_the_share_it_hides(pairs: list[Pair]):
    methods = {name: classic_methods()[name] for name in ("Maximum", "Average")}
    treat, read = partial(doses, sizes=[4], shares=[0.1, 0.3]), partial(read_middle, side=32)
    given = outcomes(pairs, methods, treat, seed=0, read=read).assign(dataset="TNO")
    dose = dose_effects(given)
    keys = ["network", "dataset", "intervention", "size", "holes"]
    assert list(dose.columns) == [*keys, "hidden", "metric", "ate", "low", "high", "pairs", "draws"]
    assert len(dose) == 2 * 4 * len(METRICS) and set(dose["pairs"]) == {2}
    lost = effects(given).groupby(keys)[["PSNR", "hidden"]].mean()
    for row in dose[dose["metric"] == "PSNR"].itertuples():
        assert [row.ate, row.hidden] == pytest.approx(lost.loc[tuple(row[1:6])].tolist())
    table = doses_side_by_side(dose, "PSNR")
    assert list(table.columns) == ["size", "holes", "intervention", "Maximum", "Average", "hidden"] and len(table) == 4
    for row in table.itertuples():
        assert row.Average == pytest.approx(lost.loc["Average", "TNO", row.intervention, 4, row.holes]["PSNR"])
        assert row.hidden == pytest.approx(lost.loc["Average", "TNO", row.intervention, 4, row.holes]["hidden"])


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


def test_it_is_counted_where_complementary_masks_are_the_dearer():
    rows = [("one", "PSNR", "random"), ("one", "PSNR", "complementary"), ("a", "CC", "random"), ("a", "AG", "random")]
    equal = pd.DataFrame(rows, columns=["network", "metric", "dearer"])
    assert times_dearer(equal) == ["one, PSNR: 1 of 2", "a, CC: 0 of 1"]
