"""The wheel, installed with its base dependencies alone into a fresh environment, far from this repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from isfcore import __version__
from tests.helpers.small_sets import write_set

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
MOST = 30  # distributions that somebody who only fuses has to install
ABSENT = ("matplotlib", "scipy", "skimage", "pywt", "IPython", "snakemake", "seaborn", "nbformat")


def run(*command: object, folder: Path) -> subprocess.CompletedProcess:
    """A command without a way to this repository; the test fails with what it said when it fails."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ISF_DATA")}
    done = subprocess.run([str(word) for word in command], cwd=folder, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what this repository tracks or would track, so that building leaves nothing in it."""
    tree = tmp_path_factory.mktemp("copy")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = run(
        *listed, "isfcore", "isfstudy", "tests", "benchmarks", "*.toml", "*.txt", "README.md", folder=REPOSITORY
    )
    for name in names.stdout.rstrip("\0").split("\0"):
        if (REPOSITORY / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((REPOSITORY / name).read_bytes())
    return tree


@pytest.fixture(scope="module")
def environment(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, tree, folder=folder)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    programs = folder / "venv" / "bin"
    run(programs / "pip", "install", wheel, "-c", tree / "constraints.txt", folder=folder)
    return programs


@pytest.fixture
def isf(environment: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """The command, in an empty folder but for two folders of made-up images."""
    write_set(tmp_path, count=3).rename(tmp_path / "images")
    return lambda *arguments: run(environment / "isf", *arguments, folder=tmp_path)


def test_few_distributions_are_installed(environment: Path, tmp_path: Path) -> None:
    listed = json.loads(run(environment / "pip", "list", "--format=json", folder=tmp_path).stdout)
    print(f"{len(listed)} distributions, pip among them")
    assert len(listed) <= MOST, [each["name"] for each in listed]


def test_what_the_study_needs_is_not_there(environment: Path, tmp_path: Path) -> None:
    find = f"import importlib.util as u; print([name for name in {ABSENT} if u.find_spec(name)])"
    assert run(environment / "python", "-c", find, folder=tmp_path).stdout == "[]\n"


def test_it_says_what_it_is(environment: Path, isf: Callable, tmp_path: Path) -> None:
    assert "Commands:" in isf("--help").stdout
    said = run(environment / "python", "-m", "isfcore", "--version", folder=tmp_path).stdout
    assert __version__ in said


def test_it_fuses_and_evaluates(isf: Callable, tmp_path: Path) -> None:
    fused = isf("fuse", "images/ir", "images/vi", "-o", "fused", "--weights", "ours-paired")
    assert "fused 3 of 3 pairs" in fused.stderr
    assert sorted(path.name for path in (tmp_path / "fused").iterdir()) == ["000.png", "001.png", "002.png"]
    isf("evaluate", "fused", "--ir", "images/ir", "--vi", "images/vi", "--csv", "scores.csv")
    header, *rows = (tmp_path / "scores.csv").read_text().splitlines()
    assert header == "stem,AG,SF,PSNR,CC,Qabf" and [row.split(",")[0] for row in rows] == ["000", "001", "002", "mean"]


def test_it_trains_by_a_recipe_that_came_with_it(isf: Callable, tmp_path: Path) -> None:
    folders = ("--infrared", "images/ir", "--visible", "images/vi")
    isf("train", "paired", "runs/x", *folders, "--steps=2", "--batch=2", "--crop=32", "--validation-pairs=0")
    run_of = tmp_path / "runs" / "x"
    assert (run_of / "weights.safetensors").is_file() and len((run_of / "log.csv").read_text().splitlines()) == 3
    isf("fuse", "images/ir/000.png", "images/vi/000.png", "-o", "a.png", "--weights", run_of / "weights.safetensors")
    assert (tmp_path / "a.png").is_file()


def test_it_knows_the_published_sets(isf: Callable) -> None:
    assert "MSRS" in isf("data", "status").stdout, "which manifests came with it"


def test_the_method_s_tests_pass_with_nothing_of_the_study(environment: Path, tree: Path) -> None:
    """With pytest and hypothesis beside the base, and with the installed package: the copy's own is moved away."""
    run(environment / "pip", "install", "pytest", "hypothesis", "-c", tree / "constraints.txt", folder=tree)
    for package in ("isfcore", "isfstudy"):
        (tree / package).rename(tree / f"not_{package}")
    options = ("-q", "-x", "-m", "not slow", "-p", "no:cacheprovider")
    done = run(environment / "python", "-m", "pytest", "tests/isfcore", *options, folder=tree)
    print(done.stdout.splitlines()[-1])
    where = "import isfcore; print(isfcore.__file__)"
    assert str(environment.parent) in run(environment / "python", "-c", where, folder=tree).stdout
