"""Reading the notebooks' declarations, checking a profile, executing one notebook."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from isfstudy import notebooks
from isfstudy.notebooks import StudyError
from isfstudy.run import execution
from isfstudy.run.checks import left_out, problems

HEADER = """# 03 · Do the fused images score?

- **In:** `01_data_preparation`, TNO
- **Out:** `tables/table1.csv`
- **Minutes:** quick 1 · real 12.5
"""
PARAMETERS = """datasets: list[str] = ["scenes"]
data: str = "found"
crop: int = 128
share: float = 0.5
weights = None
study: str = "results/quick"
results: str = "results/quick/03_small"
"""
WRITE = """from pathlib import Path
folder = Path(results, "tables")
folder.mkdir(parents=True)
(folder / "table.csv").write_text(f"crop\\n{crop}\\n")
(folder / "table.provenance.json").write_text('{"written": "' + str(folder.resolve()) + '"}')
print("written to", folder.resolve())
"""


def write_notebook(path: Path, *cells: str, header: str = HEADER, parameters: str = PARAMETERS) -> None:
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    others = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook.cells = [nbformat.v4.new_markdown_cell(header), tagged, *others]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one notebook and one profile, with no data."""
    monkeypatch.setattr(notebooks, "repository", lambda: tmp_path)
    monkeypatch.setattr(execution, "repository", lambda: tmp_path)
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PATH", "")  # a run sets it; here so that it is restored
    write_notebook(tmp_path / "notebooks" / "03_small.ipynb", WRITE)
    set_profile(tmp_path, "03_small: {crop: 64}")
    return tmp_path


def set_profile(tree: Path, text: str) -> None:
    (tree / "params").mkdir(exist_ok=True)
    (tree / "params" / "quick.yaml").write_text(text, encoding="utf-8")


def test_header(tree):
    assert notebooks.notebook_header(notebooks.notebook_path("03_small")) == notebooks.Header(
        "Do the fused images score?",
        "`01_data_preparation`, TNO",
        "`tables/table1.csv`",
        {"quick": 1, "real": 12.5},
    )


@pytest.mark.parametrize("line", HEADER.strip().splitlines()[0:1] + HEADER.strip().splitlines()[2:])
def test_incomplete_header_is_named(tree, line):
    path = notebooks.notebook_path("03_small")
    write_notebook(path, header=HEADER.replace(line, ""))
    with pytest.raises(StudyError, match=r"03_small\.ipynb: the first cell must be"):
        notebooks.notebook_header(path)


def test_broken_notebook_is_named(tree):
    notebooks.notebook_path("03_small").write_text("{")
    with pytest.raises(StudyError, match=r"03_small\.ipynb is not a notebook"):
        notebooks.notebook_parameters(notebooks.notebook_path("03_small"))


LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("a '\"\\\n·"),
    st.lists,
    max_leaves=5,
)


@settings(deadline=None)
@given(values=st.dictionaries(st.sampled_from("abcdef"), LITERALS))
def test_parameters_are_read_as_written(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "parameters.ipynb"
    write_notebook(path, parameters="\n".join(f"{name}: object = {value!r}" for name, value in values.items()))
    assert notebooks.notebook_parameters(path) == values


def test_computed_parameter_is_refused(tree):
    path = notebooks.notebook_path("03_small")
    write_notebook(path, parameters="import os\nworkers = os.cpu_count()")
    with pytest.raises(StudyError, match="'workers' is not a literal"):
        notebooks.notebook_parameters(path)


def test_missing_parameters_cell_is_refused(tree):
    path = notebooks.notebook_path("03_small")
    path.write_text(path.read_text().replace('"parameters"', '"other"'))
    with pytest.raises(StudyError, match="0 cells are tagged"):
        notebooks.notebook_parameters(path)


def test_unknown_profile_suggests(tree):
    with pytest.raises(StudyError, match="no profile 'quik' .did you mean 'quick'"):
        notebooks.load_profile("quik")


def test_fitting_profile_has_no_problems(tree):
    set_profile(tree, "03_small: {crop: 64, share: 1, weights: released, datasets: [scenes]}")
    assert problems("quick") == []


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            "03_small: {corp: 64}",
            "no parameter 'corp' (did you mean 'crop'?); its parameters: datasets, data, crop",
        ),
        ("03_small: {crop: '64'}", "'crop' must be of type int, such as 128, not '64'"),
        ("03_small: {crop: true}", "'crop' must be of type int"),
        ("03_small: {crop: 64.0}", "'crop' must be of type int"),
        ("03_small: {datasets: TNO}", "'datasets' must be of type list"),
        ("03_small: {datasets: [1]}", "'datasets' must be of type list"),
        ("03_small: {results: elsewhere}", "'results' is set by the run itself"),
        ("03_smal: {}", "no notebook '03_smal' (did you mean '03_small'?)"),
        ("{}", "params/quick.yaml lacks an entry '03_small: {}'"),
        ("03_small: {datasets: [TN0]}", "no data set 'TN0' (did you mean 'TNO'?)"),
    ],
)
def test_wrong_profile_is_explained(tree, profile, message):
    set_profile(tree, profile)
    assert any(message in problem for problem in problems("quick"))


def test_missing_data_says_what_where_and_how(tree):
    set_profile(tree, "03_small: {datasets: [TNO, M3FD]}")
    tno, m3fd = problems("quick")
    for part in (
        "TNO: 0 of 40 pairs",
        str(tree / "data" / "TNO" / "ir" / "01"),
        "isf data fetch TNO",
        "ISF_DATA",
    ):
        assert part in tno
    for part in ("M3FD: 0 of 4200 pairs", "by hand", "M3FD_Detection.zip"):
        assert part in m3fd


def test_absent_sets_are_named_and_the_rest_runs(tree):
    for modality in ("ir", "vi"):
        (tree / "data" / "TNO" / modality).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tree / "data" / "TNO" / modality / "01.png")
    set_profile(tree, "03_small: {datasets: [TNO, M3FD]}")
    assert problems("quick") == []
    [m3fd] = left_out("quick")
    assert "M3FD: 0 of 4200 pairs" in m3fd and "by hand" in m3fd
    set_profile(tree, "03_small: {datasets: [TNO, M3FD], data: complete}")
    assert len(problems("quick")) == 2 and left_out("quick") == []


def test_sets_beside_the_datasets_are_asked_for_too(tree):
    write_notebook(tree / "notebooks" / "03_small.ipynb", parameters=PARAMETERS + "other_sets: list = []\n")
    set_profile(tree, "03_small: {other_sets: [TNO]}")
    [message] = problems("quick")
    assert "TNO: 0 of 40 pairs" in message


def test_a_missing_extra_stops_before_anything_runs(tree, monkeypatch):
    set_profile(tree, "03_small: {}")
    monkeypatch.setattr("isfstudy.run.checks.EXTRAS", {"03_small": ("detection", ("json", "no_such_module"))})
    [problem] = problems("quick")
    assert problem.startswith("03_small needs no_such_module: pip install -e '.[detection]'") and "AGPL-3.0" in problem


def test_partial_data_is_enough_unless_complete_is_asked_for(tree):
    for modality in ("ir", "vi"):
        (tree / "data" / "TNO" / modality).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tree / "data" / "TNO" / modality / "01.png")
    set_profile(tree, "03_small: {datasets: [TNO], data: found}")
    assert problems("quick") == []
    set_profile(tree, "03_small: {datasets: [TNO], data: complete}")
    [message] = problems("quick")
    assert "TNO: 1 of 40 pairs" in message
    assert str(tree / "data" / "TNO" / "ir" / "02") in message


def test_run_publishes_a_complete_folder(tree, monkeypatch):
    bogus = tree / "jupyter" / "kernels" / "python3"  # a kernel of the same name that the user has elsewhere
    bogus.mkdir(parents=True)
    argv = ["/bin/false", "{connection_file}"]
    (bogus / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tree / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    write_notebook(notebooks.notebook_path("03_small"), WRITE, "import os, sys; print(sys.executable, os.getcwd())")
    published = tree / "results" / "quick" / "03_small"
    published.mkdir(parents=True)
    (published / "stale.csv").touch()
    killed = tree / "results" / "quick" / ".partial" / "03_small.999999999"
    killed.mkdir(parents=True)

    assert execution.run("03_small", "quick") == published / "notebook.ipynb"
    assert not (published / "report.html").exists()
    assert execution.render("03_small", "quick") == published / "report.html"

    files = {str(path.relative_to(published)) for path in published.rglob("*") if path.is_file()}
    assert files == {"report.html", "notebook.ipynb", "tables/table.csv", "tables/table.provenance.json"}
    assert (published / "tables" / "table.csv").read_text() == "crop\n64\n"
    provenance = json.loads((published / "tables" / "table.provenance.json").read_text())
    assert provenance == {"written": "results/quick/03_small/tables"}
    assert list(killed.parent.iterdir()) == []
    log = (tree / "results" / "quick" / ".logs" / "03_small.log").read_text()
    assert f"{sys.executable} {tree}" in log
    copy = (published / "notebook.ipynb").read_text()
    assert str(tree) not in copy and ".partial" not in copy


def test_failing_notebook_is_kept_and_leaves_the_published_folder(tree):
    published = tree / "results" / "quick" / "03_small"
    published.mkdir(parents=True)
    (published / "report.html").write_text("the former report")
    write_notebook(notebooks.notebook_path("03_small"), "print('so far')", "1 / 0", "print('never')")

    with pytest.raises(StudyError) as failure:
        execution.run("03_small", "quick")

    message = str(failure.value)
    assert "ZeroDivisionError: division by zero" in message and "----> 1 1 / 0" in message
    assert "results/quick/.failed/03_small.ipynb" in message and "results/quick/.logs/03_small.log" in message
    assert [path.name for path in published.iterdir()] == ["report.html"]
    assert (published / "report.html").read_text() == "the former report"
    assert list((tree / "results" / "quick" / ".partial").iterdir()) == []
    outputs = nbformat.read(tree / "results" / "quick" / ".failed" / "03_small.ipynb", 4)
    assert any(output.output_type == "error" for cell in outputs.cells for output in cell.get("outputs", []))
    log = (tree / "results" / "quick" / ".logs" / "03_small.log").read_text()
    assert "so far" in log and "ZeroDivisionError" in log and "never" not in log


def test_a_notebook_that_has_not_run_makes_no_page(tree):
    with pytest.raises(StudyError, match="03_small: no page could be made"):
        execution.render("03_small", "quick")
