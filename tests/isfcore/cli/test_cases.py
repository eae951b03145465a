"""Situations that real users met with `isf fuse` and `isf evaluate`: what is refused, what is named and done anyway.

Each input is made here. Those of training stand in `test_cases_of_training`, those of image files in
`tests/isfcore/test_image_files.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from isfcore.cli.main import main
from isfcore.images import read_image
from isfcore.machine.files import PREFIX
from isfcore.weights import load_weights, save_weights
from tests.helpers.image_bytes import tiff
from tests.helpers.made_up_tno import noise, save
from tests.helpers.small_weights import write_weights

ROOT = Path(__file__).parents[3]
GREY, COLOUR = noise(24, 32, 1), noise(24, 32, seed=1)


def isf(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception  # no traceback
    assert "defect of isf" not in result.stderr
    return result


def run(*arguments: object, shell: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """`isf` as a process of its own, with variables of its environment; `shell` stands behind it, such as `2>&-`."""
    words = [sys.executable, "-m", "isfcore", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = ["sh", "-c", f'"$@" {shell}', "sh", *words] if shell else words
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors="replace")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return save(tmp_path / "ir.png", GREY), save(tmp_path / "vi.png", COLOUR)


@pytest.fixture
def fuse(weights: Path, tmp_path: Path):
    """Fuse into `fused.png`: exit code, what is said, and the image, or None."""

    def fused(infrared: Path, visible: Path, *options: object) -> tuple[int, str, np.ndarray | None]:
        result = isf("fuse", infrared, visible, "-o", tmp_path / "fused.png", "--weights", weights, *options)
        made = (tmp_path / "fused.png").exists()
        return result.exit_code, result.stderr, read_image(tmp_path / "fused.png") if made else None

    return fused


# A: what a file holds


@pytest.mark.parametrize("turn", [3, 6])
def test_a_turned_photograph_fuses_as_the_upright_one(fuse, pair, tmp_path: Path, turn: int) -> None:  # 01
    exif = Image.Exif()
    exif[274] = turn
    Image.fromarray(np.rot90(COLOUR, {3: 2, 6: 1}[turn])).save(tmp_path / "turned.png", exif=exif)
    expected = fuse(*pair)[2]
    code, said, image = fuse(pair[0], tmp_path / "turned.png")
    assert code == 0 and np.array_equal(image, expected) and "hint" not in said


def test_16_bit_colour_band_by_band_is_refused(fuse, pair, tmp_path: Path) -> None:  # 03
    path = tiff(tmp_path / "vi.tif", COLOUR.astype(np.uint16) * 257, planar=True, bands=3, photometric=2)
    code, said, image = fuse(pair[0], path)
    assert code == 1 and image is None and "16-bit colour is not supported; save it as 8-bit colour" in said


def test_what_is_not_used_of_many_files_is_one_line(weights: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        save(tmp_path / "ir" / f"{name}.png", GREY)
        Image.fromarray(COLOUR).convert("RGBA").save(save(tmp_path / "vi" / f"{name}.png", COLOUR))
        Image.fromarray(np.dstack([COLOUR, GREY])).save(tmp_path / "vi" / f"{name}.png")
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights)
    (hint,) = [line for line in result.stderr.splitlines() if line.startswith("hint")]
    assert result.exit_code == 0
    assert hint == f"hint: the fourth band, or transparency, of {tmp_path / 'vi' / 'a.png'} and 2 more is not used"


# B: inputs that make no sense


def test_one_and_the_same_is_misuse(fuse, pair, tmp_path: Path) -> None:  # 04
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "hard.png").hardlink_to(pair[0])
    for first, second in ((pair[0], pair[0]), (pair[0], tmp_path / "hard.png"), (tmp_path, tmp_path / "linked")):
        code, said, image = fuse(first, second)
        assert code == 2 and image is None and f"INFRARED and VISIBLE are one and the same, {first}" in said
    result = isf("evaluate", tmp_path, "--ir", tmp_path, "--vi", tmp_path / "linked")
    assert result.exit_code == 2 and "--ir and --vi are one and the same" in result.stderr


def test_copies_of_one_image_are_refused(fuse, pair, tmp_path: Path) -> None:
    code, said, image = fuse(pair[1], save(tmp_path / "copy.bmp", COLOUR))
    assert code == 1 and image is None
    assert f"{pair[1]} and {tmp_path / 'copy.bmp'} show the same pixels: is one of them in the wrong place?" in said


def test_scoring_a_source_is_named_and_done(pair, tmp_path: Path) -> None:
    for folder, image in (("ir", GREY), ("vi", COLOUR)):
        save(tmp_path / folder / "a.png", image)
    result = isf("evaluate", tmp_path / "vi", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi")
    assert result.exit_code == 0 and "hint: FUSED and --vi are one and the same" in result.stderr


def test_one_level_all_over(fuse, pair, tmp_path: Path) -> None:
    black = save(tmp_path / "black.png", np.zeros((24, 32), np.uint8))
    code, said, image = fuse(black, pair[1])
    assert code == 0 and image is not None
    assert f"hint: there is one level all over in {black}: was the camera covered?" in said
    (tmp_path / "fused.png").unlink()
    code, said, image = fuse(black, save(tmp_path / "white.png", np.full((24, 32), 255, np.uint8)))
    assert code == 1 and image is None and "there is nothing to see in them" in said


def change_a_tensor(weights: Path, path: Path, name: str, value: float) -> Path:
    network, described = load_weights(str(weights))
    network.state_dict()[name].view(-1)[0] = value
    about = {key: described[key] for key in ("recipe", "schedule", "data", "commit", "metrics", "machine")}
    save_weights(path, network, **about)
    return path


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("decoder.half_size.0.0.weight", float("nan"), "holds NaN or infinite values: use other weights"),
        ("output.bias", float("inf"), "holds NaN or infinite values: use other weights"),
        ("decoder.half_size.0.1.running_var", -1.0, "holds negative variances: use other weights"),
    ],
)
def test_weights_that_are_no_numbers_are_refused(  # 06
    fuse, pair, weights: Path, tmp_path: Path, name: str, value: float, said: str
) -> None:
    damaged = change_a_tensor(weights, tmp_path / "nan.safetensors", name, value)
    code, answer, image = fuse(*pair, "--weights", damaged)
    assert code == 1 and image is None and f"{damaged}: tensor {name} {said}" in answer


def test_weights_that_give_one_level_write_no_image(fuse, pair, weights: Path, tmp_path: Path) -> None:
    network, described = load_weights(str(weights))
    network.output.weight.data[:] = 0
    about = {key: described[key] for key in ("recipe", "schedule", "data", "commit", "metrics", "machine")}
    save_weights(tmp_path / "flat.safetensors", network, **about)
    code, said, image = fuse(
        pair[0], save(tmp_path / "grey.png", noise(24, 32, 1, seed=2)), "--weights", tmp_path / "flat.safetensors"
    )
    assert code == 1 and image is None and "the fused image is one level: use other weights" in said


def test_dead_pixels_do_not_take_the_range(fuse, pair, tmp_path: Path) -> None:  # 09
    kelvin = 28000 + GREY.astype(np.uint16) * 10
    dead = kelvin.copy()
    dead[0, 0], dead[3, 4] = 0, 65535
    whole, damaged = save(tmp_path / "kelvin.png", kelvin), save(tmp_path / "dead.png", dead)
    expected = fuse(whole, pair[1], "--16-bit", "stretch", "--grey")[2].astype(int)
    _, said, image = fuse(damaged, pair[1], "--16-bit", "stretch", "--grey")
    assert "hint" not in said and np.abs(image - expected)[16:, 16:].mean() < 2, "far from the dead pixels"
    for path in (whole, damaged):
        said = fuse(path, pair[1])[1]
        assert f"hint: under a quarter of the 16-bit range is used by {path}; `--16-bit stretch` shows" in said


def test_a_colour_mapped_infrared_image_is_named_and_fused(fuse, pair, tmp_path: Path) -> None:  # 10
    jet = np.stack([GREY, 255 - GREY, np.abs(GREY.astype(int) - 128).astype(np.uint8)], axis=-1)
    code, said, image = fuse(save(tmp_path / "jet.png", jet), pair[1])
    assert code == 0 and image is not None
    assert "hint: the infrared image is strongly coloured, which is no temperature: export it in grey: " in said
    assert str(tmp_path / "jet.png") in said
    faint = np.stack([GREY // 2, GREY // 2 + 3, GREY // 2], axis=-1)
    assert "hint" not in fuse(save(tmp_path / "faint.png", faint), pair[1])[1], "as JPEG makes it"


def test_exchanged_images_are_named_and_fused(fuse, pair) -> None:  # 12
    code, said, image = fuse(pair[1], pair[0])
    assert code == 0 and image is not None
    assert f"hint: the infrared image is coloured and the visible one grey: are they exchanged? {pair[1]}" in said
    assert "hint" not in fuse(*pair)[1]


def test_sizes_that_are_turned_are_named_so(fuse, pair, tmp_path: Path) -> None:
    code, said, _ = fuse(pair[0], save(tmp_path / "turned.png", np.ascontiguousarray(np.rot90(COLOUR))))
    assert code == 1 and "is 24 x 32: register them, or bring them to one size, first; is one of them turned?" in said


def test_a_table_takes_no_image_s_name(pair, tmp_path: Path) -> None:
    for folder, image in (("ir", GREY), ("vi", COLOUR), ("fused", GREY)):
        save(tmp_path / folder / "a.png", image)
    folders = (tmp_path / "fused", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi")
    result = isf("evaluate", *folders, "--csv", tmp_path / "fused" / "a.png")
    assert result.exit_code == 2 and "is the name of an image: give a name that ends in .csv" in result.stderr
    assert np.array_equal(read_image(tmp_path / "fused" / "a.png"), GREY)
    result = isf("evaluate", *folders, "--csv", "/dev/null")
    assert result.exit_code == 1 and "/dev/null could not be written (it is a folder or a device)" in result.stderr
    assert not Path("/dev/null").is_file()


def test_scores_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    for folder, image in (("ir", GREY), ("vi", COLOUR), ("fused", np.zeros_like(GREY))):
        save(tmp_path / folder / "a.png", image)
    result = isf("evaluate", tmp_path / "fused", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi")
    shown = "nan" in result.stdout.lower()
    assert shown == ("hint: some scores of a are no numbers" in result.stderr)


# C: two at once, and what killed ones leave


def test_two_that_fuse_into_one_folder_both_finish(weights: Path, tmp_path: Path) -> None:
    for number in range(6):
        save(tmp_path / "ir" / f"{number}.png", noise(24, 32, 1, seed=number))
        save(tmp_path / "vi" / f"{number}.png", noise(24, 32, seed=10 + number))
    words = [sys.executable, "-m", "isfcore", "fuse", "ir", "vi", "-o", "out", "--weights", str(weights)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        said = process.communicate()[1].decode()
        assert process.returncode == 0 and "fused 6 of 6" in said, said
    isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "alone", "--weights", weights)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"{number}.png" for number in range(6)]
    assert all((tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes() for name in names)


def test_old_leftovers_of_killed_runs_go_and_young_ones_stay(weights: Path, pair, tmp_path: Path) -> None:
    out = tmp_path / "out"
    old, young = save(out / f"{PREFIX}old.png", GREY), save(out / f"{PREFIX}young.png", GREY)
    os.utime(old, (0, 0))
    isf("fuse", *pair, "-o", out, "--weights", weights)
    assert sorted(path.name for path in out.iterdir()) == [young.name, "vi.png"]


# D: names and terminals


NAMES = ["热像", "caf\u00e9", "new\nline", "-w", " sp ", "%s{}{0}", "\x1b[31mred", "x" * 246]
if sys.platform == "linux":
    NAMES.append(os.fsdecode(b"latin\xe9"))


@pytest.fixture
def named(weights: Path, tmp_path: Path) -> Path:
    """Pairs with names of every kind, fused. One is written with its accent apart in the visible folder."""
    for name in NAMES:
        save(tmp_path / "ir" / f"{name}.png", GREY)
        save(tmp_path / "vi" / (name.replace("caf\u00e9", "cafe\u0301") + ".png"), COLOUR)
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 0 and f"fused {len(NAMES)} of {len(NAMES)} pairs" in result.stderr, result.stderr
    return tmp_path


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_any_name_on_any_terminal(named: Path, encoding: str) -> None:  # 14, 30
    assert {path.stem for path in (named / "out").iterdir()} == set(NAMES)
    csv = named / "scores.csv"
    sources = ("--ir", named / "ir", "--vi", named / "vi")
    done = run("evaluate", named / "out", *sources, "--csv", csv, PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    table = pd.read_csv(csv, encoding="utf-8")
    shown = {name.encode("utf-8", "backslashreplace").decode() for name in NAMES}
    assert set(table["stem"]) == shown | {"mean"}
    # Where a terminal has ASCII alone, click writes UTF-8.
    assert ("\\u70ed\\u50cf" if encoding == "cp1252" else "热像") in done.stdout


def test_what_is_said_of_a_name_holds_no_control_characters(weights: Path, tmp_path: Path) -> None:
    save(tmp_path / "ir" / "\x1b[31mred.png", GREY)
    save(tmp_path / "ir" / "a.png", GREY)
    save(tmp_path / "vi" / "a.png", COLOUR)
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights)
    assert "\x1b" not in result.stderr and "\\x1b[31mred.png: has no partner" in result.stderr


def test_the_table_is_written_before_it_is_shown(named: Path) -> None:
    sources = (named / "out", "--ir", named / "ir", "--vi", named / "vi", "--csv", named / "scores.csv")
    if Path("/dev/full").exists():
        done = run("evaluate", *sources, shell=">/dev/full")
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "isf: the output could not be written: No space left on device" in done.stderr
        assert len(pd.read_csv(named / "scores.csv")) == len(NAMES) + 1
        (named / "scores.csv").unlink()
    done = run("evaluate", *sources, shell=">&- 2>&-")
    assert done.returncode == 0 and len(pd.read_csv(named / "scores.csv")) == len(NAMES) + 1


def test_an_output_name_that_is_too_long_is_one_line(fuse, pair, weights: Path, tmp_path: Path) -> None:
    result = isf("fuse", *pair, "-o", tmp_path / ("x" * 300 + ".png"), "--weights", weights)
    assert result.exit_code == 1 and "xxx.png: File name too long" in result.stderr


# E: messages with the cause and a cure


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("html.pth", b"<!DOCTYPE html><html>", "it is a web page or other text, .* download it again"),
        ("lfs.pth", b"version https://git-lfs.github.com/spec/v1\noid", "it is a Git LFS pointer, .*download it again"),
        ("lfs.safetensors", b"version https://git-lfs.github.com/spec/v1\noid", "it is a Git LFS pointer"),
        ("empty.pth", b"", "it is empty: download or copy it again"),
        ("empty.safetensors", b"", "it is empty: download or copy it again"),
        ("cut.pth", b"PK\3\4" + bytes(4000), "it is cut short .* download or copy it again"),
        ("zeros.pth", bytes(4000), "it is full of zeros"),
        ("packed.pth", b"\x1f\x8b\x08" + bytes(90), "it is a packed archive .gzip.: unpack it first"),
        ("image.pth", b"\x89PNG\r\n\x1a\n", "it is a PNG image"),
    ],
)
def test_weights_that_are_none_are_named_for_what_they_are(  # 19
    fuse, pair, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    code, answer, image = fuse(*pair, "--weights", tmp_path / name)
    assert code == 1 and image is None
    pattern = rf"isf: .*{name}: not .*{said}"
    assert re.search(pattern, answer), answer


def test_other_files_for_weights_are_named_with_the_cure(fuse, pair, weights: Path, tmp_path: Path) -> None:
    torch.save({"step": 1, "network": {}, "optimiser": {}}, tmp_path / "checkpoint.pt")
    assert "give weights.safetensors beside it" in fuse(*pair, "--weights", tmp_path / "checkpoint.pt")[1]
    torch.save({"epoch": 1, "model": {}}, tmp_path / "theirs.pt")
    assert (
        "but 'epoch', 'model': save the state dict among these alone"
        in fuse(*pair, "--weights", tmp_path / "theirs.pt")[1]
    )
    said = fuse(*pair, "--weights", weights.parent)[1]
    assert f"is a folder: give the file of weights in it, {weights}" in said
    assert "there is no file gone.pth: give one of released" in fuse(*pair, "--weights", "gone.pth")[1]


@pytest.mark.parametrize("device", ["mps", "meta", "xpu", "cpu:1", "", "cuda:x"])
def test_devices_that_are_not_here_are_unknown(fuse, pair, device: str) -> None:  # 15
    code, said, image = fuse(*pair, "--device", device)
    assert code == 1 and image is None and f"no device is called '{device}': use auto, cpu or cuda" in said


@pytest.fixture
def deeper(tmp_path: Path) -> tuple[Path, Path]:
    for part in ("day/one", "day/two", "night/one"):
        save(tmp_path / "ir" / f"{part}.png", noise(24, 32, 1, seed=len(part)))
        save(tmp_path / "vi" / f"{part}.jpg", COLOUR)
    return tmp_path / "ir", tmp_path / "vi"


def test_images_one_folder_deeper(deeper, weights: Path, tmp_path: Path) -> None:  # 21
    result = isf("fuse", *deeper, "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1 and not (tmp_path / "out").exists()
    said = f"isf: there are no images in {deeper[0]} itself, but folders: day, night; give one of them"
    assert result.stderr == f"{said}, or add --recursive\n"
    result = isf("fuse", *deeper, "-o", tmp_path / "out", "--weights", weights, "--recursive")
    assert result.exit_code == 0 and "fused 3 of 3 pairs" in result.stderr
    assert (tmp_path / "out" / "night" / "one.png").is_file()
    result = isf("evaluate", tmp_path / "out", "--ir", deeper[0], "--vi", deeper[1], "--recursive")
    assert result.exit_code == 0 and "day/one" in result.stdout and "3 images scored" in result.stderr
    result = isf("fuse", *deeper, "-o", deeper[0] / "out", "--weights", weights, "--recursive")
    assert result.exit_code == 2 and "lies among them; give another folder" in result.stderr


def test_files_that_are_not_read_here_are_named(pair, tmp_path: Path) -> None:
    for folder in ("ir", "vi"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.HEIC").write_bytes(b"none")
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "but files of other kinds (.HEIC): save them as PNG or TIFF" in result.stderr


def test_what_systems_leave_in_folders_is_passed_over(weights: Path, tmp_path: Path) -> None:
    for folder, image in (("ir", GREY), ("vi", COLOUR)):
        save(tmp_path / folder / "x.png", image)
        for name in ("Thumbs.db", ".DS_Store", "._x.png", "desktop.ini"):
            (tmp_path / folder / name).write_bytes(b"none")
        (tmp_path / folder / "folder.png").mkdir()
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 0 and "fused 1 of 1 pairs" in result.stderr and "hint" not in result.stderr


@pytest.mark.parametrize("sixteen_bit", ["full", "stretch"])
def test_what_was_fused_can_be_evaluated(weights: Path, tmp_path: Path, sixteen_bit: str) -> None:  # 25
    save(tmp_path / "ir" / "a.png", 3000 + GREY.astype(np.uint16) * 10)
    save(tmp_path / "vi" / "a.png", COLOUR)
    how = ("--16-bit", sixteen_bit)
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights, *how)
    assert result.exit_code == 0
    result = isf("evaluate", tmp_path / "out", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi", *how)
    assert result.exit_code == 0 and "1 images scored" in result.stderr
    assert ("hint: under a quarter" in result.stderr) == (sixteen_bit == "full")


def test_duplicates_are_named_together_and_the_rest_is_done(weights: Path, tmp_path: Path) -> None:  # 33
    for name in ("a.png", "a.bmp", "b.png", "b.bmp", "c.png"):
        save(tmp_path / "ir" / name, GREY)
    for name in ("a.png", "b.png", "c.png"):
        save(tmp_path / "vi" / name, COLOUR)
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1 and [path.name for path in (tmp_path / "out").iterdir()] == ["c.png"]
    for stem in ("a", "b"):
        assert f"{stem}: {tmp_path / 'ir' / stem}.bmp and {stem}.png share one stem: keep one of them" in result.stderr
    result = isf("evaluate", tmp_path / "out", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi")
    assert result.exit_code == 1 and "1 images scored" in result.stderr and "2 could not be done" in result.stderr


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (("0000_ir", "0000_vi"), "*_ir:*_vi"),
        (("IR1", "VIS1"), "IR*:VIS*"),
        (("x_thermal", "x_rgb"), "*_thermal:*_rgb"),
        (("DJI_0001_T", "DJI_0001_W"), "*_T:*_W"),
    ],
)
def test_names_that_differ_by_their_kind(weights: Path, tmp_path: Path, names, pattern: str) -> None:  # 34
    folders = (tmp_path / "ir", tmp_path / "vi")
    for folder, name, image in zip(folders, names, (GREY, COLOUR), strict=True):
        save(folder / f"{name}.png", image)
    result = isf("fuse", *folders, "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert "no image has the same name in" in result.stderr and f": add --pair '{pattern}'" in result.stderr
    result = isf("fuse", *folders, "-o", tmp_path / "out", "--weights", weights, "--pair", pattern)
    assert result.exit_code == 0 and "fused 1 of 1" in result.stderr
    result = isf("evaluate", tmp_path / "out", "--ir", folders[0], "--vi", folders[1], "--pair", pattern)
    assert result.exit_code == 0 and "1 images scored" in result.stderr


def test_both_kinds_in_one_folder(weights: Path, tmp_path: Path) -> None:
    save(tmp_path / "in" / "1_T.png", GREY)
    save(tmp_path / "in" / "1_W.png", COLOUR)
    save(tmp_path / "in" / "other.png", COLOUR)
    words = ("fuse", tmp_path / "in", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights, "--pair")
    result = isf(*words, "*_T:*_W")
    assert result.exit_code == 1 and [path.name for path in (tmp_path / "out").iterdir()] == ["1.png"]
    assert "other.png: is not named as --pair says" in result.stderr
    assert isf(*words, "*_T:*_T").exit_code == 2
    for wrong in ("*_T", "T:W", "*_T:*_W:*_x:*", "*:*_*"):
        result = isf(*words, wrong)
        assert result.exit_code == 2 and "give two patterns with one * each" in result.stderr


def test_capital_letters_are_named(tmp_path: Path) -> None:
    save(tmp_path / "ir" / "A.png", GREY)
    save(tmp_path / "vi" / "a.png", COLOUR)
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out")
    assert result.exit_code == 1 and "they differ in capital letters: rename them" in result.stderr


# G: nothing ends in a traceback


def test_what_nobody_foresaw_is_one_line(weights: Path, pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def defective(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("isfcore.fusion.fuse", defective)
    result = CliRunner().invoke(
        main, ["fuse", *map(str, pair), "-o", str(tmp_path / "x.png"), "--weights", str(weights)]
    )
    assert result.exit_code == 1 and "Traceback" not in result.stderr
    assert (
        "isf: ZeroDivisionError: by zero (a defect of isf: please report it with what ISF_TRACEBACK=1" in result.stderr
    )
    monkeypatch.setenv("ISF_TRACEBACK", "1")
    result = CliRunner().invoke(
        main, ["fuse", *map(str, pair), "-o", str(tmp_path / "x.png"), "--weights", str(weights)]
    )
    assert result.exit_code == 1 and "Traceback" in result.stderr


def test_too_little_memory_for_an_image_is_named_and_the_rest_is_done(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import isfcore.fusion

    real, images = isfcore.fusion.fuse, {"a": GREY, "b": 255 - GREY}

    def first_fails(network: object, infrared: np.ndarray, *arguments: object, **options: object) -> np.ndarray:
        if np.array_equal(infrared, images["a"]):
            raise MemoryError
        return real(network, infrared, *arguments, **options)

    monkeypatch.setattr("isfcore.fusion.fuse", first_fails)
    for name, infrared in images.items():
        save(tmp_path / "ir" / f"{name}.png", infrared)
        save(tmp_path / "vi" / f"{name}.png", COLOUR)
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1 and "a: there is not enough memory" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]
