"""Reading training images, and drawing batches of crops that follow from seed and step alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from isfcore.pairs import Pair
from isfcore.training.crops import draw_batch, read_pairs, steps_per_epoch


def save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def pair_of(folder: Path, stem: str, infrared: np.ndarray, visible: np.ndarray) -> Pair:
    return Pair(stem, save(folder / "ir" / f"{stem}.png", infrared), save(folder / "vi" / f"{stem}.png", visible))


def noise(*shape: int, seed: int = 0, dtype=np.uint8, high: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, high, shape, dtype=dtype)


def constant_pairs(count: int) -> list[torch.Tensor]:
    """Each pair can be told by its grey level."""
    return [torch.full((2, 20, 24), level, dtype=torch.uint8) for level in range(count)]


def levels(batch: tuple[torch.Tensor, torch.Tensor]) -> list[int]:
    """Which of the `constant_pairs` are in a batch, after a check that both modalities agree."""
    infrared, visible = ((images * 255).round().flatten(1) for images in batch)
    assert torch.equal(infrared, visible)
    assert (infrared == infrared[:, :1]).all()
    return infrared[:, 0].int().tolist()


def numbered(height: int, width: int) -> torch.Tensor:
    """Both modalities the same, and every pixel's level its place: no two crops of it look alike."""
    assert height * width <= 256
    return torch.arange(height * width, dtype=torch.uint8).view(1, height, width).repeat(2, 1, 1)


def draw(images, step=0, *, batch=1, side=16, crop="paired", seed=0):
    return draw_batch(images, step=step, batch=batch, side=side, crop=crop, seed=seed)


def test_read_pairs_gives_whole_grey_levels(tmp_path):
    red_green_blue = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]]], np.uint8)
    infrared = noise(2, 2)
    pairs = [pair_of(tmp_path, "a", infrared, red_green_blue), pair_of(tmp_path, "b", noise(3, 5), noise(3, 5, seed=1))]
    first, second = read_pairs(pairs, side=2)
    assert first.dtype == torch.uint8 and first.shape == (2, 2, 2) and second.shape == (2, 3, 5)
    assert first[0].tolist() == infrared.tolist()
    # 0.299, 0.587 and 0.114 of 255, and of (10, 20, 30): 76.2, 149.7, 29.1 and 18.15
    assert first[1].tolist() == [[76, 150], [29, 18]]
    assert second.tolist() == [noise(3, 5).tolist(), noise(3, 5, seed=1).tolist()]


def test_no_pairs_are_refused():
    with pytest.raises(ValueError, match="no pairs to train on: give folders"):
        read_pairs([], side=16)


def test_every_pair_that_cannot_be_used_is_named_with_the_cure(tmp_path):
    good = noise(20, 24)
    wrong = {
        "deep": (noise(20, 24, dtype=np.uint16, high=65536), good),
        "small": (noise(15, 24), noise(15, 24)),
        "narrow": (good, noise(20, 15)),
        "sizes": (good, noise(20, 23)),
    }
    pairs = [pair_of(tmp_path, "good", good, good)]
    pairs += [pair_of(tmp_path, stem, *images) for stem, images in wrong.items()]
    pairs[0].visible.write_bytes(b"")
    with pytest.raises(ValueError) as error:
        read_pairs(pairs, side=16)
    summary, *lines = str(error.value).splitlines()
    assert summary == "5 of 5 failed:"
    ir, vi = tmp_path / "ir", tmp_path / "vi"
    assert lines[0].startswith(f"good: {vi / 'good.png'}: the file is empty")
    assert lines[1:] == [
        f"deep: {ir / 'deep.png'} has 16 bits, and 8 are needed here: bring it to 8 bits first, by the mapping that "
        "`--16-bit` of `isf fuse` will be given",
        f"small: {ir / 'small.png'} is 24 x 15, smaller than a crop of 16: use smaller crops, or leave it out",
        f"narrow: {vi / 'narrow.png'} is 15 x 20, smaller than a crop of 16: use smaller crops, or leave it out",
        f"sizes: the images differ in size: {ir / 'sizes.png'} is 24 x 20, {vi / 'sizes.png'} is 23 x 20: register "
        "them, or bring them to one size, first",
    ]


def test_an_image_as_large_as_a_crop_is_used(tmp_path):
    assert len(read_pairs([pair_of(tmp_path, "a", noise(16, 16), noise(16, 16, seed=1))], side=16)) == 1


def test_steps_per_epoch():
    assert [steps_per_epoch(pairs, 4) for pairs in (4, 7, 8)] == [1, 1, 2]
    with pytest.raises(ValueError, match="3 pairs do not fill a batch of 4: give more pairs or a smaller batch"):
        steps_per_epoch(3, 4)


def test_a_batch_follows_from_seed_and_step_alone():
    images = [torch.from_numpy(noise(2, 40, 50, seed=seed)) for seed in range(6)]
    before = torch.get_rng_state()
    batches = {
        (step, seed): torch.cat(draw(images, step, batch=3, seed=seed)) for step in (0, 1, 2, 7) for seed in (0, 1)
    }
    assert torch.equal(torch.get_rng_state(), before)
    for (step, seed), batch in batches.items():  # in whatever order, and whatever is drawn elsewhere
        torch.rand(1)
        assert torch.equal(batch, torch.cat(draw(images, step, batch=3, seed=seed)))
    drawn = list(batches.values())
    assert not any(torch.equal(a, b) for index, a in enumerate(drawn) for b in drawn[:index])


def test_a_batch_has_the_shape_and_range_that_the_network_takes():
    images = [torch.from_numpy(noise(2, 40, 50, seed=seed)) for seed in range(3)]
    for part in draw(images, batch=3, side=32):
        assert part.shape == (3, 1, 32, 32) and part.dtype == torch.float32 and part.is_contiguous()
        assert 0 <= part.min() and part.max() <= 1


def test_an_epoch_visits_every_pair_once_in_another_order_each_time():
    images = constant_pairs(12)
    epochs = [
        [level for step in range(3 * epoch, 3 * epoch + 3) for level in levels(draw(images, step, batch=4))]
        for epoch in range(4)
    ]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_an_incomplete_last_batch_is_dropped():
    images = constant_pairs(11)
    epochs = [[levels(draw(images, 2 * epoch + step, batch=4)) for step in range(2)] for epoch in range(30)]
    for first, second in epochs:  # a third batch of 3 is missing
        assert len(set(first + second)) == 8
    assert {level for epoch in epochs for batch in epoch for level in batch} == set(range(11))  # over time all are seen


def test_paired_crops_are_registered_and_independent_ones_are_not():
    image = torch.from_numpy(noise(1, 40, 50)).repeat(2, 1, 1)  # the same scene in both modalities
    paired = [draw([image] * 4, step, batch=4) for step in range(10)]
    assert all(torch.equal(*batch) for batch in paired)
    apart = [
        torch.equal(infrared, visible)
        for step in range(10)
        for infrared, visible in zip(*draw([image] * 4, step, batch=4, crop="independent"), strict=True)
    ]
    assert sum(apart) <= 2  # one place in 25 x 35 is the same by chance


def test_independent_crops_are_mirrored_alike():
    image = numbered(16, 16).repeat(1, 1, 1)  # one place only: what is left to differ is the mirroring
    for step in range(20):
        assert torch.equal(*draw([image], step, crop="independent"))


def test_each_of_the_eight_orientations_occurs_as_often():
    image = numbered(16, 16)
    expected = {}
    for turns in range(4):
        turned = torch.rot90(image[:1], turns, (1, 2))
        expected |= {tuple(part.flatten().tolist()): 0 for part in (turned, turned.flip(2))}
    assert len(expected) == 8
    for step in range(400):
        infrared, _ = draw([image], step)
        expected[tuple((infrared * 255).round().int().flatten().tolist())] += 1
    assert len(expected) == 8  # nothing but these
    assert min(expected.values()) > 25  # 50 each, with a standard deviation of 6.6


@pytest.mark.parametrize("crop", ["paired", "independent"])
def test_crops_are_the_source_s_levels_and_reach_every_place(crop):
    height, width, side = 11, 20, 8
    image = numbered(height, width)
    places = {"infrared": set(), "visible": set()}
    for step in range(700):
        for name, part in zip(places, draw([image], step, side=side, crop=crop), strict=True):
            found = (part * 255).round()
            assert torch.equal(part, found / 255)
            top, left = divmod(int(found.min()), width)
            places[name].add((top, left))
            source = image[0, top : top + side, left : left + side].float().flatten().tolist()
            assert sorted(found.flatten().tolist()) == source
    everywhere = {(top, left) for top in range(height - side + 1) for left in range(width - side + 1)}
    assert places["infrared"] == places["visible"] == everywhere


def test_an_unknown_crop_is_refused():
    with pytest.raises(ValueError, match="crop must be 'paired' or 'independent', not 'random'"):
        draw(constant_pairs(1), crop="random")
