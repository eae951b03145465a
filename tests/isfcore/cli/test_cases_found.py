"""Further situations of the kinds of `test_cases` and `test_cases_of_training`: what else can happen."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from isfcore.cli.exits import SEVERAL, why
from isfcore.machine.files import cannot_write, damaged_part, what_it_is
from isfcore.machine.threads import in_threads
from isfcore.training.run_folder import open_run
from tests.helpers.made_up_tno import noise, save
from tests.isfcore.cli.test_cases import COLOUR, GREY, isf, weights  # noqa: F401 - a fixture

TRAIN = ("--batch=2", "--crop=16", "--validation-pairs=0", "--steps=1", "--device=cpu")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for number in range(2):
        save(tmp_path / "ir" / f"{number}.png", noise(24, 32, 1, seed=number))
        save(tmp_path / "vi" / f"{number}.png", noise(24, 32, seed=10 + number))
    return tmp_path


# B: inputs that cannot be what was meant


def test_an_empty_name_is_misuse(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a variable of the shell that is not set."""
    monkeypatch.chdir(place)
    fuse, evaluate = (
        ("fuse", "ir/0.png", "vi/0.png", "-o", ""),
        ("evaluate", "ir", "--ir", "ir", "--vi", "vi", "--csv", ""),
    )
    train = ("train", "paired", "", "--infrared", "ir", "--visible", "vi", *TRAIN)
    for command in (fuse, evaluate, train, ("data", "verify", "--csv", "")):
        result = isf(*command)
        assert result.exit_code == 2 and "the name is empty: is a variable not set?" in result.stderr, command
    assert sorted(path.name for path in place.iterdir()) == ["ir", "vi"]


def test_a_run_does_not_go_into_a_folder_of_other_things(place: Path) -> None:
    folders = (f"--infrared={place / 'ir'}", f"--visible={place / 'vi'}", *TRAIN)
    result = isf("train", "paired", place / "ir", *folders)
    assert result.exit_code == 1
    assert f"{place / 'ir'} holds the images to train on: choose another folder for the run" in result.stderr
    (place / "mine").mkdir()
    (place / "mine" / "weights.safetensors").write_bytes(b"precious")
    result = isf("train", "paired", place / "mine", *folders)
    assert result.exit_code == 1 and "holds weights.safetensors and no run.json" in result.stderr
    assert (place / "mine" / "weights.safetensors").read_bytes() == b"precious"
    with pytest.raises(ValueError, match="choose another folder, or move them away"):
        open_run(place / "mine", {})


def test_a_table_of_verification_takes_no_image_s_name(place: Path) -> None:
    result = isf("data", "verify", "TNO", "--root", place, "--csv", place / "ir" / "0.png")
    assert result.exit_code == 2 and "is the name of an image" in result.stderr


def test_one_folder_under_two_names_is_told(place: Path) -> None:
    (place / "linked").symlink_to(place / "ir")
    for output in (place / "linked", place / "vi" / ".." / "ir"):
        result = isf("fuse", place / "ir", place / "vi", "-o", output)
        assert result.exit_code == 2 and "holds the images to be fused" in result.stderr


# D: names


def test_links_that_lead_to_themselves(place: Path, weights: Path) -> None:  # noqa: F811
    (place / "loop").symlink_to("loop")
    words = ("fuse", place / "ir", place / "vi", "--weights", weights, "-o")
    for output in ((place / "loop",), (place / "loop" / "x", "--recursive")):
        result = isf(*words, *output)
        assert result.exit_code == 1 and "this folder cannot be made" in result.stderr
    (place / "ir" / "0.png").unlink()
    (place / "ir" / "0.png").symlink_to("0.png")
    result = isf(*words, place / "out")
    assert result.exit_code == 1 and "0.png is a link to 0.png, which is not there" in result.stderr
    assert (place / "out" / "1.png").exists()


def test_weights_and_recipes_of_the_longest_name(place: Path, weights: Path) -> None:  # noqa: F811
    own = place / ("w" * 243 + ".safetensors")
    own.write_bytes(weights.read_bytes())
    assert isf("fuse", place / "ir", place / "vi", "-o", place / "out", "--weights", own).exit_code == 0
    recipe = place / ("r" * 250 + ".yaml")
    recipe.write_text("base: paired\n")
    folders = (f"--infrared={place / 'ir'}", f"--visible={place / 'vi'}", *TRAIN)
    assert isf("train", recipe, place / "run", *folders).exit_code == 0


# E: messages


def test_one_reason_of_many_is_one_line(place: Path, weights: Path) -> None:  # noqa: F811
    for number in range(20):
        save(place / "ir" / f"alone{number:02d}.png", GREY)
    result = isf("fuse", place / "ir", place / "vi", "-o", place / "out", "--weights", weights)
    (line,) = [line for line in result.stderr.splitlines() if "has no partner" in line]
    assert line.count("alone") == SEVERAL and "and 15 more: has no partner" in line
    assert result.stderr.splitlines()[-1].endswith("20 could not be done (see above)")


def test_what_the_system_says_comes_with_a_cure(tmp_path: Path) -> None:
    said = str(cannot_write(tmp_path / "a", OSError(errno.EFBIG, "File too large")))
    assert "(File too large): choose a place without a limit on the size of files" in said
    assert why(OSError(errno.ENAMETOOLONG, "File name too long", "x")) == "x: File name too long: shorten it"
    assert (
        why(PermissionError(errno.EACCES, "Permission denied", "x")) == "x: Permission denied: change its permissions"
    )


def test_too_little_memory_for_one_image_stops_no_other() -> None:
    def work(item: int) -> int:
        if item == 1:
            raise MemoryError
        return item

    done, problems = in_threads(work, range(3))
    assert done == {0: 0, 2: 2} and problems[1].startswith("there is not enough memory")


def test_a_changed_part_of_a_checkpoint_is_found(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "a.pt"
    torch.save({"a": torch.arange(1000)}, path)
    assert damaged_part(path) == "" and damaged_part(save(tmp_path / "a.png", np.zeros((4, 4), np.uint8))) == ""
    content = bytearray(path.read_bytes())
    content[content.index(bytes([7, 0, 0, 0, 0, 0, 0, 0, 8]))] = 9
    path.write_bytes(content)
    assert damaged_part(path).endswith("data/0") and torch.load(path)["a"][7] == 9, "PyTorch does not look"


def test_weights_of_other_kinds_are_named(place: Path, weights: Path) -> None:  # noqa: F811
    renamed = place / "tiny.pth"
    renamed.write_bytes(weights.read_bytes())
    (place / "isf.onnx").write_bytes(b"\x08\x08\x12\x07pytorch")
    for name, said in (
        ("tiny.pth", "it is safetensors: let its name end so"),
        ("isf.onnx", "it is ONNX, which is made"),
    ):
        result = isf("fuse", place / "ir", place / "vi", "-o", place / "out", "--weights", place / name)
        assert result.exit_code == 1 and said in result.stderr and len(result.stderr.splitlines()) == 1
    assert what_it_is(weights).startswith("safetensors")
