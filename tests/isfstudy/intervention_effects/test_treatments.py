"""Treatments: what each hides of both images, the same for every method, and scores against the clean sources."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import direct
from isfcore.images import grey
from isfcore.metrics import METRICS
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.classic import average
from isfstudy.comparison.methods import classic_methods
from isfstudy.intervention_effects.treatments import (
    CLEAN,
    doses,
    generator_for,
    holes_to_hide,
    interventions,
    outcomes,
    read_middle,
)

NAMES = [CLEAN, "complementary_holes", "complementary_grid", "random", "infrared_only", "visible_only"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int) -> np.ndarray:
    """No pixel is black by itself."""
    return np.random.default_rng(seed).integers(1, 256, shape, dtype=np.uint8)


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    """Two pairs of 70 x 50: the second with colour."""
    made = []
    for number, stem in enumerate(("a", "b")):
        paths = [tmp_path / f"{stem}-{modality}.png" for modality in ("ir", "vi")]
        Image.fromarray(noise(50, 70, seed=number)).save(paths[0])
        Image.fromarray(noise(50, 70, *[3] * number, seed=number + 10)).save(paths[1])
        made.append(Pair(stem, *paths))
    return made


def test_each_intervention_keeps_what_its_name_says():
    treated = {treatment.intervention: treatment for treatment in interventions(60, 80, seeded())}
    assert list(treated) == NAMES
    assert all(mask.shape == (60, 80) and mask.dtype == bool for each in treated.values() for mask in each[1:3])
    assert treated[CLEAN].infrared.all() and treated[CLEAN].visible.all()
    assert treated["infrared_only"].infrared.all() and not treated["infrared_only"].visible.any()
    assert treated["visible_only"].visible.all() and not treated["visible_only"].infrared.any()
    assert np.array_equal(treated["random"].infrared, treated["random"].visible)
    assert 208 <= (~treated["random"].infrared).sum() <= 6 * 256
    holes, grid = treated["complementary_holes"], treated["complementary_grid"]
    assert (holes.infrared | holes.visible).all() and not holes.infrared.all() and not holes.visible.all()
    assert np.array_equal(grid.infrared, ~grid.visible)


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


def test_masks_depend_on_stem_and_seed_alone():
    def drawn(stem: str, seed: int) -> list[float]:
        return torch.rand(3, generator=generator_for(stem, seed=seed)).tolist()

    assert drawn("a", 0) == drawn("a", 0)
    assert len({tuple(drawn(stem, seed)) for stem in ("a", "b", "1") for seed in (0, 1)}) == 6


def test_outcomes_equal_the_definitions(pairs):
    methods = {name: classic_methods()[name] for name in ("Average", "Maximum")}
    table = outcomes(pairs, methods, interventions, seed=3)
    columns = ["network", "intervention", "size", "holes", "stem", "hidden", *METRICS]
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
    holes = seen[NAMES.index("random")]
    black = (holes == 0).all(axis=2)
    assert 0 < black.sum() < black.size and np.array_equal(holes[~black], visible[~black])


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
