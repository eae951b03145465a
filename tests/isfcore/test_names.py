"""Which files belong together by name: stems, patterns, folders below folders, accents, and what is left."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isfcore.machine.remarks import Remark
from isfcore.names import MARKS, by_name, images_in, together


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_images_alone_are_looked_at_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.PNG", "a.jpg", "notes.txt", ".hidden.png", "deep/c.png", ".git/d.png", "Thumbs.db")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "broken.png").symlink_to("gone")
    assert [path.name for path in images_in(tmp_path)] == ["a.jpg", "b.PNG", "broken.png"]
    below = [path.relative_to(tmp_path).as_posix() for path in images_in(tmp_path, recursive=True)]
    assert below == ["a.jpg", "b.PNG", "broken.png", "deep/c.png"]
    with pytest.raises(NotADirectoryError, match="nowhere: no such folder"):
        images_in(tmp_path / "nowhere")


def test_names_by_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "1_ir.png", "1_vi.png", "_ir.png", "x/2_ir.tif")
    assert list(by_name(tmp_path, "*_ir")) == ["1"], "the star stands for one letter or more"
    assert list(by_name(tmp_path, "*_ir", recursive=True)) == ["1", "x/2"]
    assert list(by_name(tmp_path)) == ["1_ir", "1_vi", "_ir"]
    for pattern in ("", "ir", "*_*"):
        with pytest.raises(ValueError, match="must hold one *"):
            by_name(tmp_path, pattern)


def test_an_accent_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    touch(tmp_path / "ir", "caf\u00e9.png")
    touch(tmp_path / "vi", "cafe\u0301.png")
    assert list(together({"infrared": tmp_path / "ir", "visible": tmp_path / "vi"}).found) == ["caf\u00e9"]


def test_what_belongs_together_and_what_does_not(tmp_path: Path) -> None:
    touch(tmp_path / "ir", "a.png", "b.png", "b.bmp", "c.png")
    touch(tmp_path / "vi", "a.jpg", "b.jpg", "d.jpg")
    matched = together({"infrared": tmp_path / "ir", "visible": tmp_path / "vi"})
    assert matched.found == {"a": (tmp_path / "ir" / "a.png", tmp_path / "vi" / "a.jpg")}
    assert matched.twice == {"b": f"{tmp_path / 'ir' / 'b.bmp'} and b.png share one stem: keep one of them"}
    assert matched.alone == {
        "c": {"infrared": tmp_path / "ir" / "c.png"},
        "d": {"visible": tmp_path / "vi" / "d.jpg"},
    }
    assert matched.unlike == []


def test_one_folder_with_both_kinds(tmp_path: Path) -> None:
    touch(tmp_path, "1_T.png", "1_W.png", "else.png")
    matched = together({"infrared": tmp_path, "visible": tmp_path}, {"infrared": "*_T", "visible": "*_W"})
    assert matched.found == {"1": (tmp_path / "1_T.png", tmp_path / "1_W.png")}
    assert matched.unlike == [tmp_path / "else.png"]


@given(
    st.sampled_from(MARKS), st.sampled_from([str.lower, str.upper]), st.sampled_from(["*_{}", "*-{}", "{}_*", "{}*"])
)
def test_usual_marks_are_guessed(tmp_path_factory: pytest.TempPathFactory, marks, case, shape: str) -> None:
    folder = tmp_path_factory.mktemp("names")
    for kind, mark in zip(("ir", "vi"), marks, strict=True):
        touch(folder / kind, *(shape.format(case(mark)).replace("*", number) + ".png" for number in ("007", "12")))
    folders = {"infrared": folder / "ir", "visible": folder / "vi"}
    with pytest.raises(ValueError) as error:
        together(folders)
    pattern = str(error.value).split("--pair '")[1].rstrip("'").split(":")
    matched = together(folders, dict(zip(folders, pattern, strict=True)))
    assert len(matched.found) == 2 and not matched.alone, pattern


@pytest.mark.parametrize(
    ("infrared", "visible", "pattern"), [("7", "7_RGB", "*:*_RGB"), ("x-thermal", "x", "*-thermal:*")]
)
def test_a_mark_on_one_side_alone_is_guessed(tmp_path: Path, infrared: str, visible: str, pattern: str) -> None:
    folders = {
        "infrared": touch(tmp_path / "ir", f"{infrared}.png"),
        "visible": touch(tmp_path / "vi", f"{visible}.png"),
    }
    with pytest.raises(ValueError, match="no image has the same name") as error:
        together(folders)
    assert str(error.value).endswith(f"add --pair '{pattern}'")


@pytest.mark.parametrize(
    ("infrared", "visible", "fused", "pattern"),
    [
        ("7", "7", "7_fused", "*:*:*_fused"),
        ("7_ir", "7_vi", "7_fused", "*_ir:*_vi:*_fused"),
        ("7_ir", "7_vi", "7", "*_ir:*_vi:*"),
        ("7", "7", "Fusion-7", "*:*:Fusion-*"),
    ],
)
def test_a_mark_of_fused_images_is_guessed(tmp_path: Path, infrared, visible, fused, pattern) -> None:
    names = {"fused": fused, "infrared": infrared, "visible": visible}
    folders = {kind: touch(tmp_path / kind, f"{name}.png") for kind, name in names.items()}
    with pytest.raises(ValueError, match="no image has the same name") as error:
        together(folders)
    assert str(error.value).endswith(f"add --pair '{pattern}'")
    given = dict(zip(("infrared", "visible", "fused"), pattern.split(":"), strict=True))
    assert list(together(folders, given).found) == ["7"]


def test_capital_letters_are_blamed_where_they_are_all_that_differs(tmp_path: Path) -> None:
    names = {"fused": "else", "infrared": "a", "visible": "A"}
    folders = {kind: touch(tmp_path / kind, f"{name}.png") for kind, name in names.items()}
    with pytest.raises(ValueError, match="say what they share, as --pair '\\*_ir:\\*_vi:\\*_fused'"):
        together(folders)
    touch(tmp_path / "fused", "A.png")
    with pytest.raises(ValueError, match="they differ in capital letters: rename them"):
        together(folders)


def test_a_pattern_with_a_folder_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "day" / "thermal", "1.png")
    with pytest.raises(ValueError, match="'thermal/\\*' names a folder, and patterns are of file names"):
        by_name(tmp_path, "thermal/*", recursive=True)


def test_images_in_inner_folders_are_hinted_at(tmp_path: Path) -> None:
    folders = {kind: touch(tmp_path / kind, "1.png") for kind in ("infrared", "visible")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        together(folders)
    touch(tmp_path / "visible" / "day", "2.png")
    with pytest.warns(Remark, match="images in folders in .*visible are not looked at; `--recursive` does"):
        assert list(together(folders).found) == ["1"]


def test_what_is_named_after_a_pattern_is_not_hidden(tmp_path: Path) -> None:
    assert list(by_name(touch(tmp_path, "ir.x.png", "ir...png"), "ir*")) == ["..", "x"]
