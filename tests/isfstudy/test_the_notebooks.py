"""The form of every notebook: documented, short, without outputs, and known to profiles and README."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

from isfstudy.notebooks import load_profile, notebook_header, notebook_parameters, notebook_path, notebooks
from isfstudy.places import repository

PROFILES = ("quick", "real", "paper")
each_notebook = pytest.mark.parametrize("name", notebooks())


def cells(name: str, kind: str = "") -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(notebook_path(name), as_version=4)
    return [cell for cell in notebook.cells if kind in ("", cell.cell_type)]


def saved_results(name: str) -> list[ast.Call]:
    """The calls of `save_table` and `save_figure` in a notebook."""
    calls = [
        node for cell in cells(name, "code") for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)
    ]
    return [call for call in calls if getattr(call.func, "attr", "") in ("save_table", "save_figure")]


def test_the_spine_is_there() -> None:
    assert {"01_data_preparation", "03_comparison", "10_scorecard", "11_audit"} <= set(notebooks())


@each_notebook
def test_it_is_a_valid_notebook(name: str) -> None:
    nbformat.validate(nbformat.read(notebook_path(name), as_version=4))


@each_notebook
def test_no_outputs_are_committed(name: str) -> None:
    for cell in cells(name, "code"):
        assert cell.outputs == [] and cell.execution_count is None, cell.source[:60]


@each_notebook
def test_it_is_short(name: str) -> None:
    assert len(cells(name)) <= 28
    for cell in cells(name):
        assert len(cell.source.splitlines()) < 30, cell.source[:60]


@each_notebook
def test_its_last_cell_leads_to_command_and_images(name: str) -> None:
    assert cells(name)[-1].source == "report.sources(page)"


@each_notebook
def test_its_first_cell_says_what_it_is(name: str) -> None:
    header = notebook_header(notebook_path(name))
    assert header.question.endswith("?")
    assert cells(name)[0].source.startswith(f"# {name[:2]} · ")
    assert set(header.minutes) == set(PROFILES) and all(minutes > 0 for minutes in header.minutes.values())


def pattern(name: ast.expr) -> str:
    """A regular expression for the names that an argument, a literal or an f-string, can have."""
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in parts)


@each_notebook
def test_it_writes_what_its_header_names(name: str) -> None:
    promised = re.findall(r"(?:tables|figures)/(\w+)\.(?:csv|png)", notebook_header(notebook_path(name)).outputs)
    written = [pattern(call.args[2]) for call in saved_results(name)]
    for result in promised:
        assert any(re.fullmatch(each, result) for each in written), f"the header promises {result}"
    for each in written:  # an f-string stands for one result of a kind
        assert r"\w+" in each or each in promised, f"the header does not name {each}"


@each_notebook
def test_exactly_one_cell_holds_its_parameters(name: str) -> None:
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in cells(name)) == 1
    parameters = notebook_parameters(notebook_path(name))
    assert parameters["study"] == "results/quick" and parameters["results"] == f"results/quick/{name}"


@each_notebook
def test_every_parameter_is_explained_and_used(name: str) -> None:
    (cell,) = [cell for cell in cells(name) if "parameters" in cell.metadata.get("tags", [])]
    code = "\n".join(other.source for other in cells(name, "code") if other is not cell)
    for line in cell.source.splitlines():
        assert re.fullmatch(r"\w+: \w+ = .+  # .+", line), line
        parameter = line.split(":")[0]
        if parameter not in (
            "study",
            "results",
            "data",
        ):  # read by `report.start`, and `data` by the check of a profile
            assert re.search(rf"\b{parameter}\b", code), parameter


@each_notebook
def test_figures_have_alternative_texts_and_all_results_captions(name: str) -> None:
    for call in saved_results(name):
        given = {keyword.arg for keyword in call.keywords}
        assert "caption" in given and ("alt" in given or call.func.attr == "save_table"), ast.unparse(call.args[2])


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_knows_every_notebook(profile: str) -> None:
    assert list(load_profile(profile)) == notebooks()


@each_notebook
def test_the_readme_lists_it(name: str) -> None:
    readme = repository() / "README.md"
    if not readme.is_file():
        pytest.skip("README.md is not written yet")
    assert name in readme.read_text(encoding="utf-8")
