"""How methods are named, and which images all of them have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isfstudy.ranking.folders import gather, left_out_said, method_names
from tests.helpers.made_up_tno import noise, save


def names(*folders: str) -> list[str]:
    return list(method_names([Path(folder) for folder in folders]))


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["fused/A", "B", "/x/y/C"], ["A", "B", "C"]),
        (["fused/A/MSRS", "fused/B/MSRS"], ["A", "B"]),  # called alike: as the folders above them
        (["a/MSRS", "b/MSRS", "C"], ["a/MSRS", "b/MSRS", "C"]),
        (["x/a/M", "y/a/M", "C"], ["x/a/M", "y/a/M", "C"]),
        (["x/a/M", "y/b/M/"], ["a", "b"]),
        (["one\nline", "other"], ["one\\nline", "other"]),
    ],
)
def test_a_method_is_called_as_its_folder_and_equal_ones_are_told_apart(
    folders: list[str], expected: list[str]
) -> None:
    assert names(*folders) == expected


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=5, unique_by=tuple))
def test_no_two_methods_have_one_name(parts: list[list[str]]) -> None:
    folders = ["/".join(["/deep", "down", *each]) for each in parts]
    found = method_names([Path(folder) for folder in folders])
    assert len(found) == len(folders) and [str(folder) for folder in found.values()] == folders


def test_one_folder_is_one_method(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for second in (tmp_path / "a", tmp_path / "link"):
        with pytest.raises(ValueError, match="are one and the same folder: give each method once"):
            method_names([tmp_path / "a", second])


def test_bytes_that_are_no_text_are_shown_as_escapes(tmp_path: Path) -> None:
    assert names(os.fsdecode(bytes(tmp_path) + b"/m\xff"), "b") == ["m\\udcff", "b"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Sources 0 to 4 (of 4 no visible one); A has 0, 1, 2, B has 1, 2, 3 and one that no source belongs to."""
    for stem in "01234":
        save(tmp_path / "ir" / f"{stem}.png", noise(channels=1, seed=int(stem)))
        if stem != "4":
            save(tmp_path / "vi" / f"{stem}.png", noise(seed=int(stem)))
    for method, stems in (("A", "012"), ("B", "123")):
        for stem in stems:
            save(tmp_path / method / f"{stem}.png", noise(channels=1, seed=int(stem) + 9))
    save(tmp_path / "B" / "stray.png", noise(channels=1))
    return tmp_path


def test_images_that_all_have_are_compared_and_all_others_named(images: Path) -> None:
    found = gather({"A": images / "A", "B": images / "B"}, images / "ir", images / "vi")
    assert {name: list(each) for name, each in found.files.items()} == {"A": ["1", "2"], "B": ["1", "2"]}
    assert found.files["B"]["2"] == tuple(images / kind / "2.png" for kind in ("B", "ir", "vi"))
    assert found.left_out == {"0": "B lacks it", "3": "A lacks it", "4": "there is no visible image of it"}
    assert found.problems == {str(images / "B" / "stray.png"): "no infrared and no visible image of this name"}


def test_a_source_without_any_fused_image_is_left_out_and_counted(images: Path) -> None:
    found = gather({"A": images / "A"}, images / "ir", images / "vi")
    assert found.left_out["3"] == "no method has it" and found.problems == {}
    many = {f"{number:02}": "A lacks it" for number in range(8)} | {"x\n": "B lacks it"}
    assert left_out_said(many) == [
        "left out, since A lacks it: 00, 01, 02 and 5 more",
        "left out, since B lacks it: x\\n",
    ]


def test_without_a_common_image_the_counts_are_named(images: Path) -> None:
    for stem in "12":
        (images / "B" / f"{stem}.png").unlink()
    with pytest.raises(ValueError, match=r"no image that all methods have \(A has 3, B has 1\): leave out B, or fuse"):
        gather({"A": images / "A", "B": images / "B"}, images / "ir", images / "vi")
    (images / "B" / "3.png").unlink()
    with pytest.raises(ValueError, match=r"no image has the same name in .*B and .*ir and .*vi"):
        gather({"A": images / "A", "B": images / "B"}, images / "ir", images / "vi")


def test_two_files_of_one_source_are_named_once(images: Path) -> None:
    save(images / "vi" / "2.bmp", noise())
    found = gather({"A": images / "A", "B": images / "B"}, images / "ir", images / "vi")
    assert list(found.files["A"]) == ["1"] and len(found.problems) == 2
    assert "2.bmp and 2.png share one stem: keep one of them" in found.problems["2 (A)"]


def test_patterns_and_folders_below_folders(tmp_path: Path) -> None:
    for place in ("day/1", "night/1"):
        save(tmp_path / "all" / f"{place}_ir.png", noise(channels=1, seed=1))
        save(tmp_path / "all" / f"{place}_vi.png", noise(seed=2))
        for method in "AB":
            save(tmp_path / method / f"{place}.png", noise(channels=1, seed=3))
    methods = {method: tmp_path / method for method in "AB"}
    patterns = {"infrared": "*_ir", "visible": "*_vi"}
    found = gather(methods, tmp_path / "all", tmp_path / "all", patterns=patterns, recursive=True)
    assert list(found.files["A"]) == ["day/1", "night/1"] and not found.problems and not found.left_out
