"""Treatments: what each hides of both images, the same for every method, and scores against the clean sources."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import direct
from isfcore.images import grey
from isfcore.metrics import METRICS
from isfcore.pairs import read_sources
from isfstudy.comparison.classic import average
from isfstudy.comparison.methods import classic_methods
from isfstudy.intervention_effects.treatments import (
    CLEAN,
    EQUAL,
    generator_for,
    holes_apart,
    interventions,
    outcomes,
)

MASKS = ["complementary_grid", "random_grid", "complementary_holes", "random_holes"]
NAMES = [CLEAN, "infrared_only", "visible_only", *MASKS]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_intervention_keeps_what_its_name_says():
    treated = {treatment.intervention: treatment for treatment in interventions(60, 80, seeded())}
    assert list(treated) == NAMES
    assert all(mask.shape == (60, 80) and mask.dtype == bool for each in treated.values() for mask in each[1:3])
    assert treated[CLEAN].infrared.all() and treated[CLEAN].visible.all()
    assert treated["infrared_only"].infrared.all() and not treated["infrared_only"].visible.any()
    assert treated["visible_only"].visible.all() and not treated["visible_only"].infrared.any()
    for masks, same in EQUAL.items():
        assert np.array_equal(treated[same].infrared, treated[same].visible)
        assert np.array_equal(treated[same].infrared, treated[masks].infrared), "what is hidden in the infrared image"
        assert (treated[masks].infrared | treated[masks].visible).all()
    holes, grid = treated["complementary_holes"], treated["complementary_grid"]
    assert (~holes.infrared).sum() == (~holes.visible).sum() == 256
    assert np.array_equal(grid.infrared, ~grid.visible)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_compared_hides_as_many_pixels(seed):
    treated = interventions(224, 224, seeded(seed), draws=3)
    shares = {}
    for each in treated:
        shares.setdefault(each.intervention, []).append(2 - each.infrared.mean() - each.visible.mean())
    for masks, same in EQUAL.items():
        assert shares[masks] == pytest.approx(shares[same]) and len(shares[masks]) == 3
    assert {*shares["complementary_grid"], *shares["infrared_only"], *shares["visible_only"]} == {1.0}
    assert [each.draw for each in treated] == [0] * 3 + [0] * 4 + [1] * 4 + [2] * 4


def test_dropout_is_not_drawn_again():
    kept = [each.intervention for each in interventions(64, 64, seeded(), draws=3)]
    assert kept == [*NAMES, *MASKS, *MASKS]


@settings(max_examples=30, deadline=None)
@given(st.integers(32, 300), st.integers(32, 300), st.integers(0, 10**6))
def test_holes_lie_apart(height, width, seed):
    """One to six of each, fewer where there is less room."""
    one, other = (mask[0, 0] == 0 for mask in holes_apart(height, width, seeded(seed)))
    number = one.sum() / 256
    assert one.sum() == other.sum() and not (one & other).any()
    assert number == number.round() and 1 <= number <= min(6, max(1, (height // 16) * (width // 16) // 16))


def test_every_number_of_holes_is_drawn():
    drawn = {int((holes_apart(224, 224, seeded(seed))[0] == 0).sum()) // 256 for seed in range(60)}
    assert drawn == {1, 2, 3, 4, 5, 6}


def test_an_image_without_room_for_holes_is_refused():
    with pytest.raises(ValueError, match="an image of 40 x 20 has no room for holes of 16 that do not overlap"):
        holes_apart(20, 40, seeded())


def test_masks_depend_on_stem_and_seed_alone():
    def drawn(stem: str, seed: int) -> list[float]:
        return torch.rand(3, generator=generator_for(stem, seed=seed)).tolist()

    assert drawn("a", 0) == drawn("a", 0)
    assert len({tuple(drawn(stem, seed)) for stem in ("a", "b", "1") for seed in (0, 1)}) == 6


def test_outcomes_equal_the_definitions(pairs):
    methods = {name: classic_methods()[name] for name in ("Average", "Maximum")}
    table = outcomes(pairs, methods, interventions, seed=3)
    columns = ["network", "intervention", "size", "holes", "draw", "stem", "hidden", *METRICS]
    assert list(table.columns) == columns and len(table) == 2 * 2 * len(NAMES)
    assert list(dict.fromkeys(table["network"])) == list(methods)
    rows = table[table["network"] == "Average"].set_index(["stem", "intervention"])
    for pair in pairs:
        infrared, visible = read_sources(pair)
        assert infrared.shape == (48, 64)
        clean = infrared, grey(visible)
        for treatment in interventions(48, 64, generator_for(pair.stem, seed=3)):
            sources = [np.where(kept, image, 0) for kept, image in zip(treatment[1:3], clean, strict=True)]
            expected = direct.metrics(average(*sources), *clean, convention="paper")
            row = rows.loc[pair.stem, treatment.intervention]
            for metric in METRICS:
                tolerance = {"abs": 2e-3} if metric == "Qabf" else {"rel": 1e-9}
                assert row[metric] == pytest.approx(expected[metric], **tolerance)
            hidden = 1 - np.mean([treatment.infrared, treatment.visible])
            assert row["hidden"] == pytest.approx(hidden)
    assert rows["hidden"].xs("infrared_only", level=1).tolist() == [0.5, 0.5]
    assert rows["hidden"].xs("complementary_grid", level=1).tolist() == [0.5, 0.5]


def test_every_method_and_every_run_meets_the_same_masks(pairs):
    """Whatever else is in the run: other pairs, other methods, another order."""
    met: dict[tuple, set[bytes]] = {}

    def spy(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        seen.append((stem, infrared.tobytes() + visible.tobytes()))
        return infrared

    for chosen, names in ((pairs, ("one", "other")), (pairs[::-1], ("one",)), (pairs[1:], ("other",))):
        seen: list[tuple[str, bytes]] = []
        outcomes(chosen, dict.fromkeys(names, spy), interventions, seed=0)
        for stem in dict.fromkeys(stem for stem, _ in seen):
            met.setdefault(stem, set()).update(image for other, image in seen if other == stem)
    assert {stem: len(images) for stem, images in met.items()} == {"a": len(NAMES), "b": len(NAMES)}


def test_the_visible_image_keeps_its_colour_where_it_is_kept(pairs):
    seen = []

    def spy(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        seen.append(visible)
        return infrared

    outcomes(pairs[1:], {"one": spy}, interventions, seed=0)
    _, visible = read_sources(pairs[1])
    assert all(image.shape == (48, 64, 3) and image.dtype == np.uint8 for image in seen)
    assert np.array_equal(seen[0], visible) and not seen[NAMES.index("infrared_only")].any()
    holes = seen[NAMES.index("random_holes")]
    black = (holes == 0).all(axis=2)
    assert 0 < black.sum() < black.size and np.array_equal(holes[~black], visible[~black])


def test_what_fails_is_named_after_all_was_tried(pairs):
    def broken(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        raise ValueError(f"cannot fuse {stem}")

    with pytest.raises(ValueError, match="^bad a: cannot fuse a; bad b: cannot fuse b$"):
        outcomes(pairs, {"bad": broken, "Average": classic_methods()["Average"]}, interventions, seed=0)
