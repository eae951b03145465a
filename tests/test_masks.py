"""Interventions: size and number of holes, masks that complement each other, dropout named by what is kept."""

from __future__ import annotations

import pytest
import torch

from isfcore import masks
from isfcore.masks import complementary_masks, intervene, random_mask


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_squares_are_16_wide_whole_and_anywhere(monkeypatch):
    monkeypatch.setattr(masks, "MOST_HOLES", 1)
    monkeypatch.setitem(masks.SQUARES, "released", 1.0)
    hidden = random_mask(200, 24, 20, generator=seeded())[:, 0] == 0
    assert (hidden.sum(dim=(1, 2)) == 16 * 16).all()
    assert (hidden.any(dim=2).sum(dim=1) == 16).all() and (hidden.any(dim=1).sum(dim=1) == 16).all()
    first_rows, first_columns = hidden.any(dim=2).int().argmax(dim=1), hidden.any(dim=1).int().argmax(dim=1)
    assert set(first_rows.tolist()) == set(range(24 - 16 + 1))  # every place in which they fit
    assert set(first_columns.tolist()) == set(range(20 - 16 + 1))


def test_discs_have_radius_8(monkeypatch):
    monkeypatch.setattr(masks, "MOST_HOLES", 1)
    monkeypatch.setitem(masks.SQUARES, "released", 0.0)
    hidden = random_mask(1, 16, 16, generator=seeded())[0, 0] == 0
    offset = torch.arange(16) - 7.5
    assert torch.equal(hidden, offset[:, None] ** 2 + offset**2 <= 64)
    assert hidden.any(dim=0).all() and hidden.any(dim=1).all() and not hidden[0, 0]


def test_one_to_six_holes_and_seven_squares_in_ten(monkeypatch):
    areas = (random_mask(400, 256, 256, generator=seeded()) == 0).sum(dim=(1, 2, 3))
    assert areas.min() >= 208 and areas.max() <= 6 * 256  # 208 pixels lie in a disc
    assert areas.max() > 5 * 256
    assert (areas <= 256).float().mean() == pytest.approx(1 / 6, abs=0.06)  # one hole
    monkeypatch.setattr(masks, "MOST_HOLES", 1)
    squares = (random_mask(2000, 16, 16, generator=seeded()) == 0).all(dim=(2, 3)).float().mean()
    assert squares == pytest.approx(0.7, abs=0.03)


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
