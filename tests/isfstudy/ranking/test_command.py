"""`isf compare`: what it says, writes and refuses, that it goes on where it was killed, and page 03's numbers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner, Result

from isfcore.cli.main import main
from isfcore.metrics import METRICS
from isfstudy.comparison.statistics import confidence_intervals, signed_rank_tests
from isfstudy.places import repository
from tests.helpers.made_up_tno import noise, save

WRITTEN = [
    "left_out.csv",
    "per_image.csv",
    "report.html",
    "scores.jsonl",
    "summary.csv",
    "table.md",
    "table.tex",
    "tests.csv",
]
PUBLISHED = repository() / "results" / "published" / "real" / "03_comparison" / "tables"


def isf(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception  # no traceback
    assert "defect of isf" not in result.stderr
    return result


def process(*arguments: object, code: str = "from isfcore.cli.main import main", **variables: str) -> list[str]:
    return [sys.executable, "-c", f"{code}; main(prog_name='isf')", *map(str, arguments)]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Eight pairs; A has all, B has seven, C has eight."""
    for number in range(8):
        name = f"{number:02}.png"
        visible = noise(24, 24, 3, seed=number)
        save(tmp_path / "vi" / name, visible)
        save(tmp_path / "ir" / name, noise(24, 24, 1, seed=number + 10))
        for method, weight in (("A", 1.0), ("B", 0.5), ("C", 0.25)):
            if (method, number) != ("B", 7):
                save(tmp_path / method / name, (visible[..., 1] * weight + number).clip(0, 255).astype("uint8"))
    return tmp_path


def sources(folder: Path) -> tuple[object, ...]:
    return "--ir", folder / "ir", "--vi", folder / "vi"


def test_the_table_is_printed_and_written(images: Path) -> None:
    result = isf("compare", images / "A", images / "B", images / "C", *sources(images), "-o", images / "out")
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in (images / "out").iterdir()) == WRITTEN
    first, *rows = result.stdout.splitlines()
    assert first.split() == ["method", "rank", *METRICS] and len(rows) == 6 and rows[0].split()[0] == "A"
    assert "left out, since B lacks it: 07" in result.stderr
    assert (
        f"compared 3 methods on 7 images, convention `standard`; see {images / 'out' / 'report.html'}" in result.stderr
    )
    summary, tests, scores, left_out = (
        pd.read_csv(images / "out" / f"{name}.csv") for name in ("summary", "tests", "per_image", "left_out")
    )
    assert len(summary) == 15 and len(tests) == 15 and len(scores) == 21
    assert left_out.to_dict("records") == [{"image": 7, "why": "B lacks it"}]
    assert set(summary["convention"]) == {"standard"} and set(summary["images"]) == {7}
    means = scores.groupby("method")[list(METRICS)].mean()
    for row in summary.itertuples():
        assert row.mean == pytest.approx(means.at[row.method, row.metric], rel=1e-12)


def test_the_page_stands_alone_and_shows_the_images(images: Path) -> None:
    isf("compare", images / "A", images / "B", *sources(images), "-o", images / "out")
    page = BeautifulSoup((images / "out" / "report.html").read_text(encoding="utf-8"), "html.parser")
    assert page.title.text == page.h1.text == "2 methods on 7 images"
    assert not page.select("script, link") and all(each["src"].startswith("data:") for each in page.select("img"))
    assert [each.text for each in page.select("h3")] == ["00", "02", "04", "06"]
    captions = [each.text for each in page.select(".side figcaption")]
    assert captions == ["infrared", "visible", "A", "B"] * 4 and len(page.select(".slider")) == 4
    assert [each.text for each in page.select("table.ranked")[0].select("tbody tr td:first-child")] == ["A", "B"]
    assert "left out, since B lacks it: 07" in page.text and "isf compare --convention standard" in page.text


def test_evaluate_gives_the_same_scores(images: Path) -> None:
    options = ("--convention", "paper", "--sources", "unrounded")
    isf("compare", images / "A", images / "C", *sources(images), *options, "-o", images / "out")
    isf("evaluate", images / "C", *sources(images), *options, "--csv", images / "c.csv")
    found = pd.read_csv(images / "out" / "per_image.csv")
    expected = pd.read_csv(images / "c.csv").iloc[:-1]
    rows = found[found["method"] == "C"][list(METRICS)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, expected[list(METRICS)], check_exact=True)


def test_little_is_compared_and_what_is_not_possible_said(images: Path) -> None:
    single = isf("compare", images / "A", *sources(images))
    assert single.exit_code == 0 and "A single method has nothing to be tested against" in single.stderr
    save(images / "D" / "03.png", noise(24, 24, 1))
    one = isf("compare", images / "A", images / "D", *sources(images), "-o", images / "out")
    assert one.exit_code == 0 and "One image allows no intervals, tests or ranks: give more." in one.stderr
    assert "left out, since D lacks it: 00, 01, 02 and 4 more" in one.stderr
    assert pd.read_csv(images / "out" / "tests.csv").empty
    scene = isf("compare", images / "A", images / "B", *sources(images), "--scene", "0")
    assert scene.exit_code == 0 and "One scene of 7 images allows no intervals" in scene.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["A", "none"], 2, "'none' does not exist"),
        ([], 2, "Missing argument 'METHOD_DIR...'"),
        (["A", "A"], 1, "A and A are one and the same folder: give each method once"),
        (["A", "empty"], 1, "there are no images in empty"),
        (["A", "--scene", "(\\d"], 1, "--scene '(\\\\d' is no regular expression"),
        (["A", "--scene", "x"], 1, "--scene 'x' is not in the name '00'"),
        (["A", "--pair", "ir:vi"], 2, "give two patterns with one * each"),
        (["A", "-o", "A/00.png"], 2, "is a file"),
        (["A", "-o", ""], 2, "the name is empty"),
        (["A", "--metrics", "all"], 1, "161 pixels a side or more"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    images: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(images)
    Path("empty").mkdir()
    result = isf("compare", *arguments, "--ir", "ir", "--vi", "vi")
    assert result.exit_code == code and said in result.stderr.replace("\n", " "), result.stderr
    assert result.stdout == ""


def test_the_sources_must_differ(images: Path) -> None:
    result = isf("compare", images / "A", "--ir", images / "ir", "--vi", images / "ir")
    assert result.exit_code == 2 and "--ir and --vi are one and the same" in result.stderr


def test_broken_images_are_named_and_the_others_compared(images: Path) -> None:
    (images / "A" / "02.png").write_bytes(b"nothing")
    result = isf("compare", images / "A", images / "C", *sources(images), "-o", images / "out")
    assert result.exit_code == 1 and "02.png: cannot be read as an image" in result.stderr
    assert "compared 2 methods on 7 images" in result.stderr and "1 could not be done" in result.stderr
    assert len(pd.read_csv(images / "out" / "per_image.csv")) == 14
    assert "02.png" in (images / "out" / "report.html").read_text(encoding="utf-8")


def test_names_of_any_bytes_in_any_terminal(images: Path) -> None:
    """Line breaks and bytes that are no text in names of methods and images, on a terminal without accents."""
    odd = Path(os.fsdecode(bytes(images) + b"/m\xff\n\xc3\xa9"))
    (images / "C").rename(odd)
    for folder in ("ir", "vi", "A", odd.name):
        (images / folder / "01.png").rename(Path(os.fsdecode(os.fsencode(images / folder) + b"/n\xfe.png")))
    command = process("compare", images / "A", odd, *sources(images), "-o", images / "out")
    done = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "iso8859-5"})
    assert done.returncode == 0, done.stderr
    assert b"m\\udcff\\n\\xe9" in done.stdout
    for name in WRITTEN:
        content = (images / "out" / name).read_text(encoding="utf-8")
        assert name in ("scores.jsonl", "left_out.csv") or "m\\udcff\\né" in content or "udcff" in content, name
    assert "n\\udcfe" in (images / "out" / "per_image.csv").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_where_it_was(images: Path) -> None:
    arguments = ("compare", images / "A", images / "B", images / "C", *sources(images), "-o")
    slow = "import time, isfstudy.ranking.scoring as s; read = s.read_luma; "
    slow += "s.read_luma = lambda *a, **k: (time.sleep(0.2), read(*a, **k))[1]; from isfcore.cli.main import main"
    kept = images / "out" / "scores.jsonl"
    with subprocess.Popen(process(*arguments, images / "out", code=slow), stderr=subprocess.DEVNULL) as running:
        while not (kept.exists() and len(kept.read_text().split()) > 40):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    assert not (images / "out" / "summary.csv").exists()
    again = isf(*arguments, images / "out")
    whole = isf(*arguments, images / "whole")
    assert again.exit_code == 0 and "of 21 scores were known from an earlier run" in again.stderr
    assert again.stdout == whole.stdout
    for name in set(WRITTEN) - {"scores.jsonl"}:
        assert (images / "out" / name).read_bytes() == (images / "whole" / name).read_bytes(), name
    lines = (line for line in kept.read_text().splitlines() if line)
    assert len(list(lines)) == 21, "none was scored twice"


def test_without_the_study_s_libraries_the_cure_is_said(images: Path) -> None:
    hidden = "import sys; sys.modules['scipy'] = None; from isfcore.cli.main import main"
    done = subprocess.run(
        process("compare", images / "A", *sources(images), code=hidden), capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "isf: this command needs scipy, which is not installed: pip install 'isfcore[study]'\n"


def test_numbers_are_those_of_page_03(data_root: Path, tmp_path: Path) -> None:
    """Of two published methods on MSRS under the standard convention; blocks of drives are the study's."""
    names = [path.stem for path in sorted((data_root / "fused" / "SAGE" / "MSRS").iterdir())][::8]
    methods = ("SAGE", "LUT-Fuse")
    for method in methods:
        for name in names:
            (found,) = (data_root / "fused" / method / "MSRS").glob(f"{name}.*")
            (tmp_path / method).mkdir(exist_ok=True)
            (tmp_path / method / found.name).symlink_to(found)
    test = data_root / "MSRS" / "test"
    options = ("--ir", test / "ir", "--vi", test / "vi", "--scene", r"(\d+)\d\d([DN])", "-o", tmp_path / "out")
    result = isf("compare", *(tmp_path / method for method in methods), *options)
    assert result.exit_code == 0, result.stderr
    published = pd.read_csv(PUBLISHED / "per_image.csv", dtype={"stem": str})
    here = published["method"].isin(methods) & published["stem"].isin(names) & (published["dataset"] == "MSRS")
    published = published[here & (published["protocol"] == "standard")]
    keys = ["method", "stem"]
    found = pd.read_csv(tmp_path / "out" / "per_image.csv").set_index(keys).sort_index()
    expected = published.set_index(keys).sort_index()
    close = {"rtol": 1e-9, "atol": 0, "check_index_type": False}
    pd.testing.assert_frame_equal(found[list(METRICS)], expected[list(METRICS)], **close)
    summary = pd.read_csv(tmp_path / "out" / "summary.csv").set_index(["method", "metric"]).sort_index()
    intervals = confidence_intervals(published).set_index(["method", "metric"]).sort_index()
    limits = ["mean", "low", "high"]
    pd.testing.assert_frame_equal(summary[limits], intervals[limits], **close)
    tests = signed_rank_tests(published, competitor="SAGE").set_index("metric")
    of_rival = pd.read_csv(tmp_path / "out" / "tests.csv").set_index("metric")
    assert of_rival["p"].tolist() == pytest.approx(tests["p"].tolist(), rel=1e-9)
    assert summary["observations"].tolist() == intervals["clusters"].tolist()
