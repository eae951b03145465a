"""Interventions: size and number of holes, masks that complement each other, dropout named by what is kept."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isfcore import masks
from isfcore.masks import complementary_masks, intervene, random_mask

SIDES = st.integers(16, 70)
SEEDS = st.integers(0, 2**63 - 1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cells_of(mask: torch.Tensor) -> torch.Tensor:
    """One value of each 16-pixel cell, (B, cells), after a check that all its pixels have it."""
    cells = mask[:, 0, ::16, ::16]
    whole = cells.repeat_interleave(16, dim=1).repeat_interleave(16, dim=2)
    assert torch.equal(whole[:, : mask.shape[2], : mask.shape[3]], mask[:, 0])
    return cells.flatten(1)


def test_squares_are_16_wide_whole_and_anywhere(monkeypatch):
    monkeypatch.setitem(masks.SQUARES, "released", 1.0)
    hidden = random_mask(200, 24, 20, count=(1, 1), generator=seeded())[:, 0] == 0
    assert (hidden.sum(dim=(1, 2)) == 16 * 16).all()
    assert (hidden.any(dim=2).sum(dim=1) == 16).all() and (hidden.any(dim=1).sum(dim=1) == 16).all()
    first_rows, first_columns = hidden.any(dim=2).int().argmax(dim=1), hidden.any(dim=1).int().argmax(dim=1)
    assert set(first_rows.tolist()) == set(range(24 - 16 + 1))  # every place in which they fit
    assert set(first_columns.tolist()) == set(range(20 - 16 + 1))


def test_discs_have_radius_8(monkeypatch):
    monkeypatch.setitem(masks.SQUARES, "released", 0.0)
    hidden = random_mask(1, 16, 16, count=(1, 1), generator=seeded())[0, 0] == 0
    offset = torch.arange(16) - 7.5
    assert torch.equal(hidden, offset[:, None] ** 2 + offset**2 <= 64)
    assert hidden.any(dim=0).all() and hidden.any(dim=1).all() and not hidden[0, 0]


def test_one_to_six_holes_and_seven_squares_in_ten():
    areas = (random_mask(400, 256, 256, generator=seeded()) == 0).sum(dim=(1, 2, 3))
    assert areas.min() >= 208 and areas.max() <= 6 * 256  # 208 pixels lie in a disc
    assert areas.max() > 5 * 256
    assert (areas <= 256).float().mean() == pytest.approx(1 / 6, abs=0.06)  # one hole
    squares = (random_mask(2000, 16, 16, count=(1, 1), generator=seeded()) == 0).all(dim=(2, 3)).float().mean()
    assert squares == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize("size", [1, 5, 16])
@pytest.mark.parametrize("holes", ["released", "printed"])
def test_a_mask_equals_its_holes_one_by_one(size, holes):
    """The same draws, in the order number, top, left, shape; pixel by pixel from the definition of a hole."""
    generator = seeded(size)
    number, top, left, shape = (torch.rand(2, 9, 1, 1, generator=generator) for _ in range(4))
    expected = torch.ones(2, 1, 30, 41)
    for sample in range(2):
        for hole in range(3 + int(number[sample, 0] * 7)):
            square = shape[sample, hole] < masks.SQUARES[holes]
            row, column = int(top[sample, hole] * (31 - size)), int(left[sample, hole] * (42 - size))
            for down in range(size):
                for right in range(size):
                    apart = (down - (size - 1) / 2) ** 2 + (right - (size - 1) / 2) ** 2
                    if square or apart <= size**2 / 4:
                        expected[sample, 0, row + down, column + right] = 0
    found = random_mask(2, 30, 41, holes=holes, size=size, count=(3, 9), generator=seeded(size))
    assert torch.equal(found, expected)


def test_any_number_of_holes_each_as_likely():
    """Single pixels in a large image hardly ever meet: the hidden pixels are the holes."""
    hidden = (random_mask(600, 400, 400, size=1, count=(2, 4), generator=seeded()) == 0).sum(dim=(1, 2, 3))
    assert hidden.unique().tolist() == [2, 3, 4]
    assert all((hidden == number).float().mean() == pytest.approx(1 / 3, abs=0.08) for number in (2, 3, 4))


def test_many_holes_hide_what_chance_says():
    """Of n holes of share a, (1 - a)^n is kept, but for the border, which fewer holes reach."""
    mask = random_mask(4, 480, 640, holes="printed", count=(832, 832), generator=seeded())
    assert 1 - mask.mean().item() == pytest.approx(1 - (1 - 256 / (480 * 640)) ** 832, abs=0.02)


def test_mask_is_float_of_zeros_and_ones_and_follows_the_seed():
    mask = random_mask(3, 40, 50, generator=seeded(1))
    assert mask.shape == (3, 1, 40, 50) and mask.dtype == torch.float32
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(mask, random_mask(3, 40, 50, generator=seeded(1)))
    assert not torch.equal(mask, random_mask(3, 40, 50, generator=seeded(2)))
    assert not torch.equal(mask[0], mask[1])


@pytest.mark.parametrize("size", [(15, 64), (64, 15)])
def test_images_smaller_than_a_hole_are_refused(size):
    with pytest.raises(ValueError, match=f"at least 16 x 16 .* not {size[0]} x {size[1]}"):
        random_mask(1, *size, generator=seeded())


def test_complementary_masks_never_hide_the_same_pixel():
    generator = seeded()
    first, second = (random_mask(50, 32, 32, generator=generator) == 0 for _ in range(2))
    assert (first & second).any()  # there is something to give back
    infrared, visible = (mask == 0 for mask in complementary_masks(50, 32, 32, generator=seeded()).values())
    assert not (infrared & visible).any()
    assert torch.equal(infrared | visible, first | second)  # what is given back stays hidden in the other
    assert infrared[first & second].float().mean() == pytest.approx(0.5, abs=0.05)


def test_interventions():
    infrared, visible = torch.rand(2, 4, 1, 32, 40, generator=seeded()) * 0.9 + 0.1  # no pixel is black by itself
    views = intervene(infrared, visible, generator=seeded(3))
    assert list(views) == ["complementary", "random", "infrared_only", "visible_only"]
    for of_infrared, of_visible in views.values():
        for seen, source in ((of_infrared, infrared), (of_visible, visible)):
            assert ((seen == source) | (seen == 0)).all()
    hidden = {name: (of_infrared == 0, of_visible == 0) for name, (of_infrared, of_visible) in views.items()}
    assert not (hidden["complementary"][0] & hidden["complementary"][1]).any()
    assert all(side.any() for side in hidden["complementary"])
    assert torch.equal(*hidden["random"]) and hidden["random"][0].any()
    assert not hidden["infrared_only"][0].any() and hidden["infrared_only"][1].all()
    assert hidden["visible_only"][0].all() and not hidden["visible_only"][1].any()
    for kept, dropped in (views["infrared_only"], views["visible_only"][::-1]):
        assert kept is infrared or kept is visible
        assert dropped.stride(0) == 0  # one image stands for the batch


def test_printed_holes_are_squares_only():
    one = (1, 1)
    hidden = random_mask(300, 40, 40, holes="printed", count=one, generator=seeded()) == 0
    assert (hidden.sum(dim=(1, 2, 3)) == 16 * 16).all()
    released = random_mask(300, 40, 40, holes="released", count=one, generator=seeded()) == 0
    assert (released.sum(dim=(1, 2, 3)) < 16 * 16).any()


def test_complementary_holes_follow_the_reading_of_holes():
    pair = complementary_masks(100, 96, 96, holes="printed", count=(1, 1), generator=seeded())
    hidden = sum((mask == 0).sum(dim=(1, 2, 3)) for mask in pair.values())
    apart = hidden == 2 * 16 * 16  # the two squares do not meet
    assert apart.float().mean() > 0.7


# Sides in cells: an even number of cells, an odd one, one that a side cuts off, a single one.
@pytest.mark.parametrize("height, width, cells", [(64, 32, 8), (48, 48, 9), (40, 50, 12), (17, 33, 6), (16, 16, 1)])
def test_grid_shares_out_whole_cells_half_and_half(height, width, cells):
    pair = complementary_masks(20, height, width, complementary="grid", generator=seeded())
    assert all(mask.shape == (20, 1, height, width) and mask.dtype == torch.float32 for mask in pair.values())
    assert torch.equal(pair["infrared"] + pair["visible"], torch.ones(20, 1, height, width))
    infrared, visible = cells_of(pair["infrared"]), cells_of(pair["visible"])
    assert infrared.shape[1] == cells
    assert (infrared.sum(dim=1) == cells - cells // 2).all()
    assert (visible.sum(dim=1) == cells // 2).all()  # of an odd number the visible image loses one more


def test_grid_is_random_over_cells_and_samples_and_follows_the_seed():
    first, again, other = (
        complementary_masks(400, 64, 64, complementary="grid", generator=seeded(seed))["infrared"] for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    kept = cells_of(first)
    assert len(kept.unique(dim=0)) > 300  # of 12,870 ways to choose 8 cells of 16
    assert (kept.mean(dim=0) - 0.5).abs().max() < 0.12  # no cell is preferred; five standard errors


def test_grid_interventions_hide_in_one_what_they_keep_in_the_other():
    infrared, visible = torch.rand(2, 4, 1, 40, 48, generator=seeded()) * 0.9 + 0.1
    one, other = intervene(infrared, visible, complementary="grid", generator=seeded())["complementary"]
    assert ((one == 0) ^ (other == 0)).all()
    assert torch.equal(one + other, torch.where(other == 0, infrared, visible))


def test_complementary_masks_have_the_holes_and_cells_that_are_asked_for():
    pair = complementary_masks(50, 200, 200, holes="printed", size=3, count=(2, 2), generator=seeded())
    for mask in pair.values():
        hidden = (mask == 0).sum(dim=(1, 2, 3))
        assert hidden.max() == 2 * 9 and hidden.median() == 2 * 9
    grid = complementary_masks(3, 32, 48, complementary="grid", size=8, generator=seeded())
    cells = grid["infrared"][:, :, ::8, ::8]
    assert torch.equal(cells.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3), grid["infrared"])
    assert (cells.sum(dim=(1, 2, 3)) == 12).all()


@pytest.mark.parametrize(("size", "count"), [(0, (1, 6)), (4, (0, 3)), (4, (5, 3))])
def test_holes_that_are_none_are_refused(size, count):
    said = f"1 hole or more, of 1 pixel or more, not {count[0]} to {count[1]} of {size}"
    with pytest.raises(ValueError, match=said):
        random_mask(1, 32, 32, size=size, count=count, generator=seeded())


def test_unknown_readings_are_refused():
    with pytest.raises(ValueError, match="holes must be 'released' or 'printed', not 'squares'"):
        random_mask(1, 32, 32, holes="squares", generator=seeded())
    with pytest.raises(ValueError, match="complementary must be 'holes' or 'grid', not 'halves'"):
        complementary_masks(1, 32, 32, complementary="halves", generator=seeded())
    images = torch.zeros(2, 1, 1, 32, 32)
    with pytest.raises(ValueError, match="not 'halves'"):
        intervene(*images, complementary="halves", generator=seeded())


@settings(max_examples=60, deadline=None)
@given(height=SIDES, width=SIDES, seed=SEEDS, holes=st.sampled_from(sorted(masks.SQUARES)))
def test_at_least_one_hole_and_at_most_six(height, width, seed, holes):
    hidden = (random_mask(3, height, width, holes=holes, generator=seeded(seed)) == 0).sum(dim=(1, 2, 3))
    assert hidden.min() >= (208 if holes == "released" else 256)  # pixels of a disc, of a square
    assert hidden.max() <= 6 * 256


@settings(max_examples=60, deadline=None)
@given(height=SIDES, width=SIDES, seed=SEEDS, complementary=st.sampled_from(masks.COMPLEMENTARY))
def test_no_pixel_is_hidden_in_both(height, width, seed, complementary):
    pair = complementary_masks(3, height, width, complementary=complementary, generator=seeded(seed))
    assert list(pair) == ["infrared", "visible"]
    assert (pair["infrared"] + pair["visible"] >= 1).all()
    assert set(torch.cat(list(pair.values())).unique().tolist()) <= {0.0, 1.0}
