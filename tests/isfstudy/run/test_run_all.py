"""`run_all.sh` and the `Snakefile`, on a copy of the tree in which every notebook is cut down to seconds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = (
    "run_all.sh",
    "Snakefile",
    "pyproject.toml",
    "constraints.txt",
    "CITATION.cff",
    "isfcore",
    "isfstudy",
    "notebooks",
    "params",
    "records",
)
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
WORK = """import time
from pathlib import Path
table = Path(results, "tables", "small.csv")
table.parent.mkdir(parents=True)
table.write_text("half")
time.sleep(1)
table.write_text("whole")
print("written")
"""
# A stand-in for Python that makes environments and installs nothing: it notes how pip was called.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    *venv*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python"; echo venv >>"$CALLS" ;;
    *pip*) echo "$*" >>"$CALLS"; exit "${PIP_STATUS:-0}" ;;
    *version_info*) exit "${TOO_OLD:-0}" ;;
    --version) echo "Python 3.0" ;;
esac
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The study in a folder with a space in its name; its notebooks keep their first cell and parameters.

    Each names the one before it, which orders them.
    """
    tree = tmp_path / "a study"
    tree.mkdir()
    for part in (*PARTS, "paper", "profiles"):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, tree / part)
    for earlier, name in zip(["", *NOTEBOOKS], NOTEBOOKS, strict=False):
        path = tree / "notebooks" / f"{name}.ipynb"
        notebook = nbformat.read(path, 4)
        parameters = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
        notebook.cells = [notebook.cells[0], *parameters, nbformat.v4.new_code_cell(f"{WORK}earlier = {earlier!r}")]
        nbformat.write(notebook, path)
    return tree


def start(tree: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start `run_all.sh` from another folder, in the environment of these tests and without the user's data."""
    environment = {name: value for name, value in os.environ.items() if name not in ("ISF_DATA", "CONDA_PREFIX")}
    environment |= {"VIRTUAL_ENV": sys.prefix, **variables}
    return subprocess.Popen(
        [tree / "run_all.sh", *arguments],
        cwd=tree.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], status: int = 0) -> str:
    """Wait for a run, check its exit status and return what it printed."""
    output, _ = process.communicate(timeout=900)
    assert process.returncode == status, output
    return output


def test_help():
    assert "./run_all.sh [quick|real|paper]" in finish(start(ROOT, "--help"))


@pytest.mark.parametrize("arguments", [["fast"], ["--fast"], ["quick", "slow"], ["--only"], ["--only", "99"]])
def test_unknown_argument_explains(arguments):
    assert "run_all.sh: " in finish(start(ROOT, *arguments), status=2)


def test_list_names_every_notebook():
    output = finish(start(ROOT, "--list", "--no-install"))
    assert [line.split(":")[0] for line in output.splitlines() if line[:2].isdigit()] == NOTEBOOKS
    assert output.count("    minutes  ") == len(NOTEBOOKS)


def test_plan_for_a_cluster_needs_no_cluster(tree):
    arguments = ("paper", "--profile", "profiles/slurm", "--dry-run", "--no-install", "--", "--quiet", "host")
    output = finish(start(tree, *arguments))
    for name in NOTEBOOKS:
        assert f"output: results/paper/{name}/notebook.ipynb\n" in output
    assert output.count("runtime=") == len(NOTEBOOKS)
    assert "gpu=1" in output
    assert not (tree / "results").exists()


def test_misspelt_parameter_stops_the_run_before_it_starts(tree):
    (tree / "params" / "quick.yaml").write_text(
        "\n".join(f"{name}: {{}}" for name in NOTEBOOKS[:-1]) + f"\n{NOTEBOOKS[-1]}: {{corp: 1}}"
    )
    assert "no parameter 'corp'" in finish(start(tree, "--no-install"), status=1)
    assert not (tree / "results").exists()


@pytest.mark.slow
def test_killed_run_leaves_nothing_half_written_and_continues(tree):
    second = NOTEBOOKS[1]
    run = start(tree, "quick", "--no-install")
    deadline = time.monotonic() + 120
    while not list((tree / "results" / "quick" / ".partial").glob(f"{second}.*/tables/small.csv")):
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < deadline, "the second notebook never started"
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()

    quick = tree / "results" / "quick"
    begun = [folder for folder in quick.iterdir() if not folder.name.startswith(".") and any(folder.iterdir())]
    assert [folder.name for folder in begun] == NOTEBOOKS[:1], "Snakemake makes the second one's folder, empty"
    executed = (begun[0] / "notebook.ipynb").stat().st_mtime_ns

    output = finish(start(tree, "quick", "--no-install"))
    assert "continuing where it stopped" in output
    assert output.rstrip().endswith(f"Report: {quick}/index.html")
    assert list((quick / ".partial").iterdir()) == []
    assert f"{NOTEBOOKS[-1]}/report.html" in (quick / "index.html").read_text()
    for name in NOTEBOOKS:
        assert (quick / name / "report.html").is_file()
        assert (quick / name / "tables" / "small.csv").read_text() == "whole"
    assert (quick / NOTEBOOKS[0] / "notebook.ipynb").stat().st_mtime_ns == executed

    assert "done in" not in finish(start(tree, "quick", "--no-install"))


@pytest.fixture
def installing(tree, tmp_path):
    """`run_all.sh --list` with no environment active and the stand-in as the only Python; the calls so far."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (binaries / name).write_text(FAKE_PYTHON)
        (binaries / name).chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()

    def install(status: int = 0, **variables: str) -> tuple[str, list[str]]:
        variables |= {"VIRTUAL_ENV": "", "CALLS": str(calls), "PATH": f"{binaries}:/usr/bin:/bin"}
        output = finish(start(tree, "--list", **variables), status)
        return output, calls.read_text().splitlines()

    return install


def test_installs_once_and_again_when_requirements_change(tree, installing):
    _, calls = installing()
    assert len(calls) == 2 and calls[0] == "venv"
    assert calls[1].endswith("-e .[study,slurm,test,segmentation,detection] -c constraints.txt")
    assert len(installing()[1]) == 2
    with (tree / "constraints.txt").open("a") as stream:
        stream.write("# changed\n")
    assert len(installing()[1]) == 3  # into the same environment


def test_unfinished_installation_starts_over(installing):
    installing(status=1, PIP_STATUS="1")
    _, calls = installing()
    assert calls.count("venv") == 2
    assert len(installing()[1]) == len(calls)


def test_old_python_is_refused(installing):
    output, calls = installing(status=1, TOO_OLD="1")
    assert "Python 3.11 or newer is needed; python3 is Python 3.0" in output
    assert calls == []


@pytest.mark.parametrize("arguments", [["--list"], ["--list", "--no-install"]])
def test_an_active_environment_that_is_gone_is_named_with_the_cure(tree, tmp_path, arguments):
    gone = tmp_path / "gone"
    said = f"run_all.sh: the active environment {gone} does not exist: deactivate it, or open a new shell"
    assert said in finish(start(tree, *arguments, VIRTUAL_ENV=str(gone)), 1)
    (gone / "bin").mkdir(parents=True)
    (gone / "bin" / "python").symlink_to(tmp_path / "removed")
    assert f"{gone} has no bin/python that runs" in finish(start(tree, *arguments, VIRTUAL_ENV=str(gone)), 1)


@pytest.mark.skipif(not shutil.which("flock"), reason="needs flock")
def test_two_profiles_are_refused():
    refused = subprocess.run(["./run_all.sh", "--dry-run", "quick", "real"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2 and "one profile at a time: 'quick' or 'real'" in refused.stderr


def test_of_two_that_install_at_once_the_second_waits(tree, tmp_path, installing):
    slow = FAKE_PYTHON.replace('*pip*) echo "$*" >>"$CALLS";', '*pip*) echo "$*" >>"$CALLS"; sleep 2;')
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (tmp_path / "bin" / name).write_text(slow)
    variables = {"VIRTUAL_ENV": "", "CALLS": str(tmp_path / "calls"), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    outputs = [finish(run) for run in [start(tree, "--list", **variables) for _ in range(2)]]
    assert sum("waiting for it" in output for output in outputs) == 1
    assert len((tmp_path / "calls").read_text().splitlines()) == 2, "one environment, one installation"
