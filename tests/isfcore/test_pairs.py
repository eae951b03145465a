"""Which files belong together, and how a pair is read: what does not fit is named with file, value and cure."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from isfcore import pairs
from tests.helpers.made_up_tno import noise, save


def test_pairs_match_by_stem_across_extensions(tmp_path: Path) -> None:
    for name in ("ir/b.png", "ir/a.PNG", "ir/only_ir.png", "vi/a.jpg", "vi/b.bmp", "vi/only_vi.webp"):
        save(tmp_path / name, noise())
    (tmp_path / "ir" / "notes.txt").write_text("")
    (tmp_path / "ir" / ".b.part.png").write_text("")
    matched, alone = pairs.pair_folders(tmp_path / "ir", tmp_path / "vi")
    assert [(pair.stem, pair.infrared.name, pair.visible.name) for pair in matched] == [
        ("a", "a.PNG", "a.jpg"),
        ("b", "b.png", "b.bmp"),
    ]
    assert [path.name for path in alone] == ["only_ir.png", "only_vi.webp"]


def test_one_stem_with_two_files_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "ir" / "a.png", noise())
    save(tmp_path / "ir" / "a.jpg", noise())
    save(tmp_path / "vi" / "a.png", noise())
    save(tmp_path / "ir" / "b.png", noise())
    save(tmp_path / "ir" / "b.bmp", noise())
    with pytest.raises(ValueError, match=r"a\.jpg and a\.png; .*b\.bmp and b\.png share one stem: keep one of them"):
        pairs.pair_folders(tmp_path / "ir", tmp_path / "vi")


def pair_of(folder: Path, infrared: np.ndarray, visible: np.ndarray) -> pairs.Pair:
    return pairs.Pair("a", save(folder / "ir.png", infrared), save(folder / "vi.png", visible))


def test_a_pair_is_read_whole_or_cut(tmp_path: Path) -> None:
    infrared, visible = noise(37, 50), noise(37, 50, seed=1)
    pair = pair_of(tmp_path, infrared, visible)
    grey, colour = pairs.read_whole(pair)
    assert grey.dtype == np.uint8 and np.array_equal(grey, np.rint(infrared @ np.array([0.299, 0.587, 0.114])))
    assert np.array_equal(colour, visible)
    of_16, colour_of_16 = pairs.read_sources(pair)
    assert np.array_equal(of_16, grey[:32, :48]) and np.array_equal(colour_of_16, visible[:32, :48])
    with pytest.raises(ValueError, match="an image of 50 x 37 has no part of multiples of 64"):
        pairs.cut(grey, 64)


def test_a_pair_of_two_sizes_is_named_with_both(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, noise(20, 24), noise(20, 23))
    said = f"differ in size: {pair.infrared} is 24 x 20, {pair.visible} is 23 x 20: register them, or bring"
    with pytest.raises(ValueError) as error:
        pairs.read_whole(pair)
    assert said in str(error.value)


def test_16_bits_are_refused_where_8_are_needed(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, noise(8, 8, 1).astype(np.uint16), noise(8, 8))
    with pytest.raises(ValueError, match=r"ir\.png has 16 bits, and 8 are needed here: bring it to 8 bits first"):
        pairs.read_whole(pair)
    infrared, _ = pairs.read_together(pair.infrared, pair.visible, only_8_bit=False)
    assert infrared.dtype == np.uint16


def test_images_smaller_than_a_crop_are_refused(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, noise(20, 24), noise(20, 24))
    assert len(pairs.read_together(pair.infrared, pair.visible, smallest=20)) == 2
    with pytest.raises(ValueError, match=r"ir\.png is 24 x 20, smaller than a crop of 21: use smaller crops"):
        pairs.read_together(pair.infrared, pair.visible, smallest=21)


def test_any_number_of_images_agree_in_size_whatever_their_channels() -> None:
    pairs.sizes_agree({"fused": noise(4, 5, 1), "infrared": noise(4, 5, 1), "visible": noise(4, 5)})
    with pytest.raises(ValueError, match="fused is 5 x 4, infrared is 5 x 4, visible is 4 x 5: register them"):
        pairs.sizes_agree({"fused": noise(4, 5, 1), "infrared": noise(4, 5, 1), "visible": noise(5, 4)})


def test_one_file_may_stand_for_both(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", noise(8, 8))
    assert len(pairs.read_together(file, file)) == 2


def looked_at(folder: Path, infrared: np.ndarray, visible: np.ndarray) -> list[str]:
    """What is remarked on a pair."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        pairs.look(pair_of(folder, infrared, visible), infrared, visible)
    return [str(warning.message) for warning in heard]


def test_what_looks_like_a_mistake_is_named(tmp_path: Path) -> None:
    grey, colour = noise(20, 24, 1), noise(20, 24, seed=1)
    assert looked_at(tmp_path, grey, colour) == [] == looked_at(tmp_path, grey, grey[::-1])
    (said,) = looked_at(tmp_path, colour, grey)
    assert said.startswith("the infrared image is coloured and the visible one grey: are they exchanged?")
    (said,) = looked_at(tmp_path, colour, colour[::-1])
    assert said.startswith("the infrared image is strongly coloured") and said.endswith("ir.png")
    marked = np.stack([grey] * 3, axis=-1)
    marked[:4, :10] = 255, 0, 0  # a scale beside the picture, 8 % of it
    assert looked_at(tmp_path, marked, colour) == []
    (said,) = looked_at(tmp_path, np.zeros_like(grey), colour)
    assert said == f"there is one level all over in {tmp_path / 'ir.png'}: was the camera covered?"


def test_what_cannot_be_a_pair_is_refused(tmp_path: Path) -> None:
    grey = noise(20, 24, 1)
    with pytest.raises(ValueError, match="show the same pixels: is one of them in the wrong place?"):
        looked_at(tmp_path, grey, grey.copy())
    with pytest.raises(ValueError, match="are one level all over: there is nothing to see in them"):
        looked_at(tmp_path, np.zeros_like(grey), np.full_like(grey, 7))


def test_one_and_the_same_through_links(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", noise(8, 8))
    (tmp_path / "soft.png").symlink_to(file)
    (tmp_path / "hard.png").hardlink_to(file)
    copy = save(tmp_path / "copy.png", noise(8, 8))
    assert [pairs.one_and_the_same(file, tmp_path / name) for name in ("soft.png", "hard.png", "gone.png")] == [
        True,
        True,
        False,
    ]
    assert not pairs.one_and_the_same(file, copy)


def test_turned_sizes_are_named_so() -> None:
    with pytest.raises(ValueError, match="a is 5 x 4, b is 4 x 5: register them, .*first; is one of them turned[?]"):
        pairs.sizes_agree({"a": noise(4, 5, 1), "b": noise(5, 4, 1)})
    with pytest.raises(ValueError, match="a is 5 x 4, b is 6 x 4: register them.*first$"):
        pairs.sizes_agree({"a": noise(4, 5, 1), "b": noise(4, 6, 1)})
