"""The command `isf`: what it does, what it says on which stream, and with which exit code it ends."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from isfcore.cli.main import main
from isfcore.fusion import fuse
from isfcore.images import read_image
from isfcore.inference import prepare
from isfcore.metrics import METRICS
from isfcore.weights import load_weights
from tests.helpers.small_weights import write_weights


def isf(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception  # no traceback
    return result


def save(path: Path, *shape: int, seed: int = 0, dtype=np.uint8, high: int = 256) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, high, shape, dtype=dtype)).save(path)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two good pairs, a broken file, a size mismatch, and an image without a partner on each side."""
    for number, stem in enumerate(("a", "b")):
        save(tmp_path / "ir" / f"{stem}.png", 16, 20, seed=number)
        save(tmp_path / "vi" / f"{stem}.jpg", 16, 20, 3, seed=number + 10)
    (tmp_path / "ir" / "broken.png").write_bytes((tmp_path / "ir" / "a.png").read_bytes()[:100])
    save(tmp_path / "vi" / "broken.png", 16, 20)
    save(tmp_path / "ir" / "size.png", 16, 20)
    save(tmp_path / "vi" / "size.png", 16, 21)
    save(tmp_path / "ir" / "lonely.png", 16, 20)
    save(tmp_path / "vi" / "single.png", 16, 20)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# fuse


def test_two_files(weights: Path, tmp_path: Path) -> None:
    infrared, visible = save(tmp_path / "ir.png", 17, 21), save(tmp_path / "vi.png", 17, 21, 3, seed=1)
    result = isf("fuse", infrared, visible, "-o", tmp_path / "new" / "out.png", "--weights", weights)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "" and "fused 1 of 1 pairs" in result.stderr
    fused = read_image(tmp_path / "new" / "out.png")
    assert files(tmp_path / "new") == ["out.png"]
    assert (fused == fuse(prepare(load_weights(str(weights))[0]), read_image(infrared), read_image(visible))).all()
    isf("fuse", infrared, visible, "-o", tmp_path / "new", "--weights", weights, "--grey")
    assert files(tmp_path / "new") == ["out.png", "vi.png"], "an existing folder gets a file named after the visible"
    grey = read_image(tmp_path / "new" / "vi.png")
    assert grey.shape == (17, 21) and grey.std() > 5


def test_a_folder_with_faults(weights: Path, folders: Path) -> None:
    result = isf("fuse", folders / "ir", folders / "vi", "-o", folders / "deep" / "out", "--weights", weights)
    assert result.exit_code == 1
    assert files(folders / "deep" / "out") == ["a.png", "b.png"]
    said = result.stderr
    assert "broken.png: cannot be read as an image" in said
    assert "lonely.png: has no partner" in said and "single.png: has no partner" in said
    assert f"{folders / 'ir' / 'size.png'} is 20 x 16, {folders / 'vi' / 'size.png'} is 21 x 16: register them" in said
    assert "fused 2 of 4 pairs" in said and "4 could not be done" in said
    assert result.stdout == ""


def test_folder_and_single_file_give_the_same_image(weights: Path, folders: Path) -> None:
    isf("fuse", folders / "ir", folders / "vi", "-o", folders / "out", "--weights", weights)
    isf("fuse", folders / "ir" / "a.png", folders / "vi" / "a.jpg", "-o", folders / "a.bmp", "--weights", weights)
    assert (read_image(folders / "out" / "a.png") == read_image(folders / "a.bmp")).all()


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("out", "has no extension; use .png"),
        ("out.xyz", "'.xyz' cannot be written"),
        ("ir.png", "is one of the images"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_any_work(tmp_path: Path, output: str, said: str) -> None:
    infrared, visible = save(tmp_path / "ir.png", 8, 8), save(tmp_path / "vi.png", 8, 8)
    before = infrared.read_bytes()
    result = isf("fuse", infrared, visible, "-o", tmp_path / output, "--weights", "not looked at")
    assert result.exit_code == 2 and said in result.stderr.replace("\n", " ")
    assert files(tmp_path) == ["ir.png", "vi.png"] and infrared.read_bytes() == before


def test_results_never_go_among_the_inputs(folders: Path) -> None:
    before = files(folders / "ir"), files(folders / "vi")
    for output in (folders / "ir", folders / "vi" / ".." / "vi"):
        result = isf("fuse", folders / "ir", folders / "vi", "-o", output)
        assert result.exit_code == 2 and "holds the images to be fused" in result.stderr
    result = isf("fuse", folders / "ir" / "b.png", folders / "vi" / "size.png", "-o", folders / "vi")
    assert result.exit_code == 2 and "is one of the images" in result.stderr
    assert (files(folders / "ir"), files(folders / "vi")) == before


def test_a_file_and_a_folder_do_not_mix(folders: Path) -> None:
    result = isf("fuse", folders / "ir", folders / "vi" / "a.jpg", "-o", folders / "out")
    assert result.exit_code == 2 and "two files or two folders" in result.stderr
    result = isf("fuse", folders / "ir", folders / "vi", "-o", folders / "vi" / "a.jpg")
    assert result.exit_code == 2 and "is a file; for folders, give a folder" in result.stderr


def test_an_output_that_cannot_be_made_is_one_line(weights: Path, folders: Path) -> None:
    for output in (folders / "vi" / "a.jpg" / "out", folders / "vi" / "a.jpg" / "deep" / "out"):
        result = isf("fuse", folders / "ir", folders / "vi", "-o", output, "--weights", weights)
        assert result.exit_code == 1 and "this folder cannot be made" in result.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(weights: Path, folders: Path) -> None:
    locked = folders / "locked"
    locked.mkdir(mode=0o555)
    result = isf("fuse", folders / "ir", folders / "vi", "-o", locked, "--weights", weights)
    assert result.exit_code == 1 and "locked: this folder cannot be written to" in result.stderr


def test_two_images_of_one_stem_are_named_and_the_rest_is_fused(weights: Path, folders: Path) -> None:
    save(folders / "vi" / "a.png", 16, 20)
    result = isf("fuse", folders / "ir", folders / "vi", "-o", folders / "out", "--weights", weights)
    assert result.exit_code == 1
    assert f"a: {folders / 'vi' / 'a.jpg'} and a.png share one stem: keep one of them" in result.stderr
    assert files(folders / "out") == ["b.png"]


def test_empty_folders_are_an_error(tmp_path: Path) -> None:
    for name in ("ir", "vi", "fused"):
        (tmp_path / name).mkdir()
    result = isf("fuse", tmp_path / "ir", tmp_path / "vi", "-o", tmp_path / "out")
    assert result.exit_code == 1 and f"there are no images in {tmp_path / 'ir'}" in result.stderr
    result = isf("evaluate", tmp_path / "fused", "--ir", tmp_path / "ir", "--vi", tmp_path / "vi")
    assert result.exit_code == 1 and f"there are no images in {tmp_path / 'fused'}" in result.stderr
    assert result.stdout == ""


def test_unknown_weights_and_devices_are_named(weights: Path, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = [folders / "ir" / "a.png", folders / "vi" / "a.jpg", "-o", folders / "out.png"]
    result = isf("fuse", *pair, "--weights", "nothing")
    assert result.exit_code == 1 and "no weights called 'nothing'" in result.stderr
    result = isf("fuse", *pair, "--weights", folders / "vi" / "a.jpg")
    assert result.exit_code == 1 and "a.jpg: not a PyTorch checkpoint" in result.stderr
    result = isf("fuse", *pair, "--weights", weights, "--device", "abacus")
    assert result.exit_code == 1 and "'abacus': use auto, cpu or cuda" in result.stderr
    monkeypatch.setenv("ISF_DATA", str(folders))
    result = isf("fuse", *pair)
    assert result.exit_code == 1 and "isf data fetch weights" in result.stderr
    assert not (folders / "out.png").exists()


def test_dark_16_bit_images_get_a_hint(weights: Path, tmp_path: Path) -> None:
    infrared = save(tmp_path / "ir.png", 16, 16, dtype=np.uint16, high=9000)
    visible = save(tmp_path / "vi.png", 16, 16)
    shared = ["fuse", infrared, visible, "--weights", weights, "-o"]
    result = isf(*shared, tmp_path / "full.png")
    assert result.exit_code == 0 and f"hint: under a quarter of the 16-bit range is used by {infrared}" in result.stderr
    assert "--16-bit stretch" in result.stderr
    result = isf(*shared, tmp_path / "stretched.png", "--16-bit", "stretch")
    assert result.exit_code == 0 and "hint" not in result.stderr
    assert (read_image(tmp_path / "full.png") != read_image(tmp_path / "stretched.png")).any()


def test_an_interruption_leaves_whole_files_only(weights: Path, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_image, calls = Image.Image.save, []

    def interrupted(image: Image.Image, target: object, **options: object) -> None:
        calls.append(target)
        if len(calls) == 2:
            Path(target).write_bytes(b"half")
            raise KeyboardInterrupt
        save_image(image, target, **options)

    monkeypatch.setattr(Image.Image, "save", interrupted)
    result = isf("fuse", folders / "ir", folders / "vi", "-o", folders / "out", "--weights", weights)
    assert result.exit_code == 1 and "Aborted" in result.stderr
    (whole,) = files(folders / "out")  # of two that may be written at once
    assert whole in ("a.png", "b.png") and read_image(folders / "out" / whole).shape == (16, 20, 3)


def test_sixteen_bits_out_on_demand(weights: Path, tmp_path: Path) -> None:
    infrared, visible = save(tmp_path / "ir.png", 16, 20), save(tmp_path / "vi.png", 16, 20, 3, seed=1)
    words = ("fuse", infrared, visible, "--weights", weights, "--grey")
    for name in ("deep.png", "deep.tif"):
        result = isf(*words, "--depth", "16", "-o", tmp_path / name)
        assert result.exit_code == 0, result.stderr
    assert isf(*words, "-o", tmp_path / "flat.png").exit_code == 0
    deep, flat = read_image(tmp_path / "deep.png"), read_image(tmp_path / "flat.png")
    assert deep.dtype == np.uint16 and (deep == read_image(tmp_path / "deep.tif")).all()
    assert np.abs(deep / 257 - flat).max() <= 0.5 + 1e-3 and len(np.unique(deep)) > len(np.unique(flat))
    result = isf(*words, "--depth", "16", "-o", tmp_path / "deep.jpg")
    assert result.exit_code == 2 and "--depth 16 is for .png and .tif" in result.stderr
    result = isf(*words[:-1], "--depth", "16", "-o", tmp_path / "colour.png")
    assert result.exit_code == 1 and "a fused image of 16 bits has no colour" in result.stderr


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twelve good pairs, and an image without a partner."""
    for number in range(12):
        save(tmp_path / "ir" / f"{number:02}.png", 8, 9, seed=number)
        save(tmp_path / "vi" / f"{number:02}.png", 8, 9, seed=number + 50)
    save(tmp_path / "ir" / "lonely.png", 8, 9)
    return tmp_path


def test_ten_parts_do_each_image_once(weights: Path, many: Path) -> None:
    folders = (many / "ir", many / "vi")
    assert isf("fuse", *folders, "-o", many / "whole", "--weights", weights).exit_code == 1
    named, done, tables = 0, [], []
    for part in range(1, 11):
        words = ("--weights", weights, "--part", f"{part}/10")
        result = isf("fuse", *folders, "-o", many / f"part{part}", *words)
        named += "lonely.png: has no partner" in result.stderr
        assert result.exit_code == ("lonely" in result.stderr)
        done += files(many / f"part{part}") if (many / f"part{part}").exists() else []
        words = ("--ir", folders[0], "--vi", folders[1], "--part", f"{part}/10", "--csv", many / f"{part}.csv")
        result = isf("evaluate", many / "whole", *words)
        named += "lonely: no fused and no visible" in result.stderr
        tables += [pd.read_csv(many / f"{part}.csv", dtype={"stem": str})]
    assert sorted(done) == files(many / "whole") and len(done) == 12 and named == 2
    for part in range(1, 11):
        for path in (many / f"part{part}").glob("*.png"):
            assert path.read_bytes() == (many / "whole" / path.name).read_bytes()
    isf("evaluate", many / "whole", "--ir", folders[0], "--vi", folders[1], "--csv", many / "whole.csv")
    whole = pd.read_csv(many / "whole.csv", dtype={"stem": str})
    pd.testing.assert_frame_equal(pd.concat(tables).sort_values("stem", ignore_index=True), whole[:-1])


def test_a_part_without_images_is_no_failure(weights: Path, folders: Path) -> None:
    (folders / "ir" / "broken.png").unlink()
    result = isf("fuse", folders / "ir", folders / "vi", "-o", folders / "out", "--weights", weights, "--part", "9/9")
    assert result.exit_code == 0 and "fused 0 of 0 pairs" in result.stderr and not (folders / "out").exists()
    for wrong in ("0/3", "4/3", "3", "a/b", "1/0", "-1/3", ""):
        result = isf("fuse", folders / "ir", folders / "vi", "-o", folders / "out", "--part", wrong)
        assert result.exit_code == 2 and "give K/N with K from 1 to N" in result.stderr


def test_what_is_there_stays_when_asked(weights: Path, many: Path) -> None:
    words = ("fuse", many / "ir", many / "vi", "-o", many / "out", "--weights", weights)
    isf(*words, "--part", "1/2")
    save(many / "out" / "00.png", 4, 4)
    kept = (many / "out" / "00.png").read_bytes()
    result = isf(*words, "--resume")
    assert "fused 12 of 12 pairs" in result.stderr and "(6 were there)" in result.stderr
    assert len(files(many / "out")) == 12 and (many / "out" / "00.png").read_bytes() == kept
    (many / "ir" / "lonely.png").unlink()
    result = isf(*words[:-2], "--weights", "not looked at", "--resume")
    assert result.exit_code == 0 and "(12 were there)" in result.stderr
    isf(*words)
    assert (many / "out" / "00.png").read_bytes() != kept, "without it all are made anew"


# evaluate


@pytest.fixture
def scored(folders: Path) -> Path:
    save(folders / "ir" / "c.png", 16, 20, seed=3)
    save(folders / "vi" / "c.png", 16, 20, seed=4)
    for stem in ("a", "b", "c", "size", "alone"):
        save(folders / "fused" / f"{stem}.png", 16, 20, seed=5)
    (folders / "fused" / "broken.png").write_bytes(b"no image")
    return folders


def evaluate(folder: Path, *options: object) -> Result:
    return isf("evaluate", folder / "fused", "--ir", folder / "ir", "--vi", folder / "vi", *options)


def test_evaluate_scores_what_it_can_and_names_the_rest(scored: Path) -> None:
    result = evaluate(scored, "--csv", scored / "deep" / "scores.csv")
    assert result.exit_code == 1
    for said in (
        "broken.png: cannot be read as an image",
        f"size: the images differ in size: {scored / 'fused' / 'size.png'} is 20 x 16, ",
        f"{scored / 'vi' / 'size.png'} is 21 x 16: register them",
        "alone: no infrared and no visible image of this name",
        "lonely: no fused and no visible image",
        "3 images scored, convention `standard`; 5 could not be done",
    ):
        assert said in result.stderr
    table = pd.read_csv(scored / "deep" / "scores.csv", index_col="stem")
    assert list(table.index) == ["a", "b", "c", "mean"] and list(table.columns) == list(METRICS)
    assert table.loc["mean"].to_numpy() == pytest.approx(table.loc[["a", "b", "c"]].mean().to_numpy(), rel=1e-12)
    assert files(scored / "deep") == ["scores.csv"]
    shown = pd.read_csv(io.StringIO(result.stdout), sep=r"\s+", skiprows=2, names=["stem", *METRICS], index_col=0)
    assert shown.to_numpy() == pytest.approx(table.to_numpy(), abs=5e-5), "standard output holds the table alone"


def test_conventions_differ_as_documented(scored: Path) -> None:
    tables = {}
    for convention in ("paper", "standard"):
        evaluate(scored, "--convention", convention, "--csv", scored / f"{convention}.csv")
        tables[convention] = pd.read_csv(scored / f"{convention}.csv", index_col="stem")
    assert (tables["paper"]["PSNR"] - tables["standard"]["PSNR"]).to_numpy() == pytest.approx(48.1308, abs=1e-4)
    assert (tables["standard"]["SF"] / tables["paper"]["SF"]).to_numpy() == pytest.approx(2.55)


def test_the_luma_of_coloured_sources_is_read_as_asked(scored: Path) -> None:
    tables = {}
    for sources in ("rounded", "unrounded"):
        evaluate(scored, "--sources", sources, "--csv", scored / f"{sources}.csv")
        tables[sources] = pd.read_csv(scored / f"{sources}.csv", index_col="stem")["PSNR"]
    changed = tables["rounded"] != tables["unrounded"]
    assert changed.drop("mean").to_dict() == {"a": True, "b": True, "c": False}, "c has no colour"


def test_an_image_called_mean_keeps_its_row(tmp_path: Path) -> None:
    for folder, seed in (("fused", 1), ("ir", 2), ("vi", 3)):
        save(tmp_path / folder / "mean.png", 16, 16, seed=seed)
    result = evaluate(tmp_path, "--csv", tmp_path / "scores.csv")
    assert result.exit_code == 0 and len(pd.read_csv(tmp_path / "scores.csv")) == 2


def test_evaluate_refuses_a_csv_that_cannot_be_written_before_scoring(scored: Path) -> None:
    result = evaluate(scored, "--csv", scored / "vi" / "a.jpg" / "scores.csv")
    assert result.exit_code == 1 and "cannot be made" in result.stderr and "scoring" not in result.stderr


def test_evaluate_refuses_a_missing_folder_and_convention(scored: Path) -> None:
    result = isf("evaluate", scored / "fused", "--ir", scored / "nowhere", "--vi", scored / "vi")
    assert result.exit_code == 2 and "nowhere" in result.stderr
    assert evaluate(scored, "--convention", "mine").exit_code == 2


# data


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ISF_DATA", raising=False)
    return tmp_path / "data"


def test_status_of_nothing_and_of_something(root: Path) -> None:
    result = isf("data", "status", "--root", root)
    assert result.exit_code == 0 and f"{root} does not exist: set ISF_DATA" in result.stderr
    save(root / "TNO" / "ir" / "01.png", 16, 16)
    save(root / "TNO" / "vi" / "01.png", 16, 16)
    result = isf("data", "status", "--root", root)
    table = pd.read_csv(io.StringIO(result.stdout), sep=r"\s+", index_col="dataset")
    assert result.exit_code == 0 and table.loc["TNO", ["found", "published"]].to_list() == [1, 40]


def test_verify_names_wrong_images(root: Path, tmp_path: Path) -> None:
    save(root / "TNO" / "ir" / "01.png", 16, 16)
    save(root / "TNO" / "vi" / "01.png", 16, 16)
    (root / "TNO" / "vi" / "02.png").write_bytes(b"no image")
    result = isf("data", "verify", "--root", root, "--csv", tmp_path / "verified.csv")
    assert result.exit_code == 1
    assert f"{root / 'TNO' / 'ir' / '01.png'}: wrong pixels" in result.stderr
    assert f"{root / 'TNO' / 'vi' / '02.png'}: unreadable" in result.stderr
    assert "3 could not be done" in result.stderr
    table = pd.read_csv(tmp_path / "verified.csv", dtype={"stem": str})
    assert len(table) == 80 and set(table["dataset"]) == {"TNO"}
    assert table["status"].value_counts().to_dict() == {"missing": 77, "wrong pixels": 2, "unreadable": 1}


def test_verify_of_nothing_is_no_success(root: Path) -> None:
    result = isf("data", "verify", "--root", root)
    assert result.exit_code == 1 and f"there is no image set in {root}: set ISF_DATA" in result.stderr
    result = isf("data", "verify", "TNO", "--root", root)
    assert result.exit_code == 1 and "TNO: nothing of it is here" in result.stderr
    assert "isf data fetch TNO" in result.stderr


def test_one_stem_twice_is_one_line(root: Path) -> None:
    for name in ("ir/01.png", "ir/01.bmp", "vi/01.png"):
        save(root / "TNO" / name, 16, 16)
    for command in ("status", "verify"):
        result = isf("data", command, "--root", root)
        assert result.exit_code == 1 and "share one stem" in result.stderr


@pytest.mark.parametrize("command", ["verify", "fetch"])
def test_unknown_sets_are_refused_with_the_known_ones(root: Path, command: str) -> None:
    result = isf("data", command, "TON", "--root", root)
    assert result.exit_code == 2 and "TON" in result.stderr and "RoadScene" in result.stderr


def test_fetch_explains_m3fd_and_goes_on(root: Path, tmp_path: Path) -> None:
    source = tmp_path / "empty"
    source.mkdir()
    result = isf("data", "fetch", "M3FD", "--root", root)
    assert result.exit_code == 1 and "TarDAL" in result.stderr and "M3FD_Detection.zip" in result.stderr
    result = isf("data", "fetch", "weights", "TNO", "--root", root, "--source", source)
    assert result.exit_code == 1
    assert "weights: the authors' weights were not fetched" in result.stderr
    assert "TNO: 0 files fetched, 0 were here" in result.stderr, "what fails does not stop what comes after"


def test_fetch_from_a_folder_takes_only_the_published_pixels(root: Path, tmp_path: Path) -> None:
    for kind, number in (("IR", 1), ("VIS", 1)):
        save(tmp_path / "source" / "Datasets" / "Test_data_TNO" / f"{kind}{number}.bmp", 16, 16)
    result = isf("data", "fetch", "TNO", "--root", root, "--source", tmp_path / "source")
    assert result.exit_code == 1 and "80 could not be done" in result.stderr
    assert "not the published pixels" in result.stderr
    assert not list(root.rglob("*.bmp"))


# the command itself


def test_it_runs_as_a_program(weights: Path, folders: Path) -> None:
    command = [sys.executable, "-m", "isfcore", "fuse", "ir", "vi", "-o", "out", "--weights", str(weights)]
    done = subprocess.run(
        command,
        cwd=folders,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert files(folders / "out") == ["a.png", "b.png"]
    assert done.stdout == "" and "Traceback" not in done.stderr and "fused 2 of 4 pairs" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['isf', '--help']; from isfcore.cli import main\n"
        "try: main.main()\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'pandas', 'numpy', 'PIL', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize(
    "command", [[], ["fuse"], ["evaluate"], ["data"], ["data", "status"], ["data", "verify"], ["data", "fetch"]]
)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = isf(*command, "--help")
    assert result.exit_code == 0 and "Usage" in result.stdout and "..." not in result.stdout.partition("Commands:")[2]
