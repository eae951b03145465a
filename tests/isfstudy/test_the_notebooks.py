"""The form of every notebook: documented, short, without outputs, and known to profiles and README."""

from __future__ import annotations

import ast
import functools
import re
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

from isfcore.machine.code import closure, imported, read_module
from isfstudy.notebooks import load_profile, notebook_header, notebook_parameters, notebook_path, notebooks
from isfstudy.places import repository

PROFILES = ("quick", "real", "paper")
each_notebook = pytest.mark.parametrize("name", notebooks())


def cells(name: str, kind: str = "") -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(notebook_path(name), as_version=4)
    return [cell for cell in notebook.cells if kind in ("", cell.cell_type)]


@functools.cache
def saved_results(name: str) -> list[ast.Call]:
    """The calls of `save_table` and `save_figure` in a notebook, and in functions of the study that it calls.

    In the latter, parameters that stand in a result's name are replaced by the texts they are called with.
    """
    notebook = ast.parse("\n".join(cell.source for cell in cells(name, "code")))
    return saves(notebook, names_in(notebook), {}, ())


def saves(code: ast.AST, where: dict[str, str], given: dict[str, ast.expr], above: tuple[str, ...]) -> list[ast.Call]:
    """Those in code and in what it calls.

    Args:
        where: names that the code sees, and the dotted paths of what they are.
        given: what the code's parameters are called with.
        above: paths of the functions that lead here.
    """
    found = []
    for call in (node for node in ast.walk(code) if isinstance(node, ast.Call)):
        head, *rest = ast.unparse(call.func).split(".")
        path = ".".join([where.get(head, head), *rest])
        module, _, function = path.rpartition(".")
        if function in ("save_table", "save_figure"):
            found.append(ast.Call(call.func, [*call.args[:2], put(call.args[2], given)], call.keywords))
        elif path.startswith("isfstudy.") and path not in above and function in (defined := functions(module)):
            names = (parameter.arg for parameter in defined[function].args.args)
            called_with = dict(zip(names, call.args, strict=False)) | {each.arg: each.value for each in call.keywords}
            called_with = {parameter: put(value, given) for parameter, value in called_with.items()}
            inside = {other: f"{module}.{other}" for other in defined} | names_in(read(module))
            found += saves(defined[function], inside, called_with, (*above, path))
    return found


def put(name: ast.expr, given: dict[str, ast.expr]) -> ast.expr:
    """A result's name, a literal or an f-string, with texts in place of the parameters in it."""
    if isinstance(name, ast.Name) and isinstance(given.get(name.id), ast.Constant):
        return given[name.id]
    if isinstance(name, ast.JoinedStr):
        return ast.JoinedStr(
            [put(part.value, given) if isinstance(part, ast.FormattedValue) else part for part in name.values]
        )
    return name


@functools.cache
def names_in(code: ast.AST) -> dict[str, str]:
    froms = [node for node in ast.walk(code) if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in froms for alias in node.names}


@functools.cache
def functions(module: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in read(module).body if isinstance(node, ast.FunctionDef)}


@functools.cache
def read(module: str) -> ast.Module:
    try:
        found = find_spec(module)
    except ModuleNotFoundError:  # of something in a module, which has no functions of the study
        found = None
    return ast.parse(Path(found.origin).read_text(encoding="utf-8") if found else "")


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
    """Used by a cell, or by its name where a module takes it from the parameters of the page."""
    (cell,) = [cell for cell in cells(name) if "parameters" in cell.metadata.get("tags", [])]
    code = "\n".join(other.source for other in cells(name, "code") if other.source != cell.source)
    study = [module for module in closure(imported(code)) if module.startswith("isfstudy.")]
    texts = {text for module in study for text in read_module(module).texts}
    for line in cell.source.splitlines():
        assert re.fullmatch(r"\w+: \w+ = .+  # .+", line), line
        parameter = line.split(":")[0]
        assert parameter in texts or re.search(rf"\b{parameter}\b", code), parameter


@each_notebook
def test_by_itself_it_takes_no_longer_than_in_quick(name: str) -> None:
    """Whoever steps through it in JupyterLab has the defaults: its numbers are those that `quick` gives."""
    given, defaults = load_profile("quick")[name], notebook_parameters(notebook_path(name))
    numbers = {key: value for key, value in given.items() if re.fullmatch(r"[\d., \[\]]+", str(value))}
    assert {key: defaults[key] for key in numbers} == numbers


@each_notebook
def test_figures_have_alternative_texts_and_all_results_captions(name: str) -> None:
    for call in saved_results(name):
        given = {keyword.arg for keyword in call.keywords}
        is_table = ast.unparse(call.func).endswith("save_table")
        assert "caption" in given and ("alt" in given or is_table), ast.unparse(call.args[2])


@each_notebook
def test_a_table_of_every_image_is_a_file_and_not_shown(name: str) -> None:
    """A cell shows the value of its last line, and what it gives to `display`."""
    for cell in cells(name, "code"):
        statements = ast.parse(cell.source).body
        for statement in statements:
            for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
                if ast.unparse(call.func).endswith("save_table") and pattern(call.args[2]).endswith("per_image"):
                    alone = isinstance(statement, ast.Expr) and statement.value is call
                    assert alone and statement is not statements[-1], ast.unparse(call)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_knows_every_notebook(profile: str) -> None:
    assert list(load_profile(profile)) == notebooks()


@each_notebook
def test_the_list_of_notebooks_names_it_with_its_question(name: str) -> None:
    listed = (repository() / "notebooks" / "README.md").read_text(encoding="utf-8")
    header = notebook_header(notebook_path(name))
    minutes = " / ".join(f"{header.minutes[profile]:g}" for profile in ("quick", "real", "paper"))
    assert f"[`{name}`]({name}.ipynb) | {header.question} | {minutes} |" in listed
