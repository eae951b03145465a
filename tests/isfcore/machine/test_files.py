"""Files that appear whole or not at all, and what a file is that is not what it should be."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from isfcore.machine.files import PREFIX, cannot_write, remove_leftovers, replacing, what_it_is


def test_the_new_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old" and partial.parent == tmp_path
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=["full disk", "interrupted"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(type(error)), replacing(path) as partial:
        partial.write_text("half")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_longest_name_has_a_partial_one(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".png")
    with replacing(path) as partial:
        assert len(partial.name) < 50 and partial.suffix == ".png"
        partial.write_text("whole")
    assert path.read_text() == "whole"
    with pytest.raises(OSError, match="xx.png could not be written .File name too long.: shorten it"):
        with replacing(tmp_path / ("x" * 252 + ".png")) as partial:
            partial.write_text("whole")
    assert list(tmp_path.iterdir()) == [path]


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
    assert path.read_text() == "first" and list(tmp_path.iterdir()) == [path]


def test_neither_a_device_nor_a_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(OSError, match=f"{name} could not be written .it is a folder or a device.: choose another"):
            with replacing(tmp_path / name) as partial:
                partial.write_text("whole")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "(No space left on device): free some space and start again",
        ),
        (OSError(errno.EDQUOT, "Quota"), "(Quota): free some space and start again"),
        (FileNotFoundError(errno.ENOENT, "No such file", ".isf-12"), "(No such file): is its folder there?"),
        (
            PermissionError(errno.EACCES, "Permission denied"),
            "(Permission denied): choose a folder that you may write to",
        ),
        (OSError(errno.EROFS, "Read-only"), "(Read-only): choose a folder that you may write to"),
        (OSError("disk full"), "(disk full)"),
    ],
)
def test_what_could_not_be_written_is_named_with_cause_and_cure(tmp_path: Path, error: OSError, said: str) -> None:
    path = tmp_path / "table.csv"
    with pytest.raises(OSError) as raised, replacing(path):
        raise error
    assert str(raised.value) == f"{path} could not be written {said}"
    assert cannot_write(path, raised.value) is raised.value, "said once"


def test_leftovers_go_when_they_are_old(tmp_path: Path) -> None:
    for name in (f"{PREFIX}old", f"{PREFIX}new", "old"):
        (tmp_path / name).touch()
    for name in (f"{PREFIX}old", "old"):
        os.utime(tmp_path / name, (0, 0))
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{PREFIX}new", "old"]
    remove_leftovers(tmp_path, older_than=0)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = {
        b"": "empty",
        b"\n <html>": "a web page",
        b'{"message": "Not Found"}': "a text (JSON)",
        b"version https://git-lfs.github.com/spec/v1": "a Git LFS pointer",
        bytes(700): "full of zeros",
        b"PK\3\4" + bytes(70000): "cut short",
        b"PK\3\4" + bytes(70000) + b"PK\5\6" + bytes(18): "a zip archive",
        b"II*\0": "a TIFF image",
        b"whatever": "",
    }
    for content, said in contents.items():
        path.write_bytes(content)
        assert what_it_is(path).startswith(said) and bool(what_it_is(path)) == bool(said)
