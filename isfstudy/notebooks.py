"""What the study's notebooks and profiles declare.

Imports at the top are light, because every command of `run_all.sh` and every look at the `Snakefile` pays for them.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from isfstudy.places import repository

HEADER = re.compile(
    r"#\s*(?P<number>\d+)\s*·\s*(?P<question>.+?)\s*$.*?"
    r"^- \*\*In:\*\*\s*(?P<inputs>.+?)\s*$.*?"
    r"^- \*\*Out:\*\*\s*(?P<outputs>.+?)\s*$.*?"
    r"^- \*\*Minutes:\*\*\s*(?P<minutes>.+?)\s*$",
    re.MULTILINE | re.DOTALL,
)


class StudyError(Exception):
    """Something the user can put right; its text says what and how."""


class Header(NamedTuple):
    """What a notebook's first cell declares: its question, inputs, outputs, and minutes by profile."""

    question: str
    inputs: str
    outputs: str
    minutes: dict[str, float]


def notebooks() -> list[str]:
    """Names of the study's notebooks, in order."""
    return sorted(path.stem for path in (repository() / "notebooks").glob("[0-9]*.ipynb"))


def notebook_path(notebook: str) -> Path:
    """The source of a notebook named without its extension.

    Raises:
        StudyError: no notebook has this name.
    """
    if notebook not in notebooks():
        raise StudyError(f"no notebook '{notebook}'{suggest(notebook, notebooks())}: `list quick` has their names")
    return repository() / "notebooks" / f"{notebook}.ipynb"


def _cells(path: Path) -> list[dict[str, Any]]:
    """A notebook's cells, each with its `source` as one string."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError) as error:
        raise StudyError(f"{path.name} is not a notebook that can be read: {error}") from error
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def notebook_header(path: Path) -> Header:
    """Read question, inputs, outputs and expected minutes from a notebook's first cell.

    Raises:
        StudyError: the first cell does not have the form that `--list` prints from.
    """
    cells = _cells(path)
    match = HEADER.match(cells[0]["source"]) if cells and cells[0]["cell_type"] == "markdown" else None
    minutes = re.findall(r"(\w+)\s+(\d+(?:\.\d+)?)", match["minutes"]) if match else []
    if not minutes:
        raise StudyError(
            f"{path.name}: the first cell must be '# NN · question?' and the lines '- **In:** ...', "
            "'- **Out:** ...', '- **Minutes:** quick 1 · real 12 · paper 30'"
        )
    by_profile = {profile: float(number) for profile, number in minutes}
    return Header(match["question"], match["inputs"], match["outputs"], by_profile)


def notebook_parameters(path: Path) -> dict[str, Any]:
    """Names and default values of the cell tagged `parameters`; every value there must be a literal.

    Raises:
        StudyError: there is no such cell, or a value in it is computed.
    """
    cells = [cell for cell in _cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    if len(cells) != 1:
        raise StudyError(f"{path.name}: {len(cells)} cells are tagged 'parameters', expected one")
    parameters = {}
    for line in ast.parse(cells[0]["source"]).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if isinstance(target, ast.Name):
            try:
                parameters[target.id] = ast.literal_eval(line.value)
            except ValueError as error:
                raise StudyError(f"{path.name}: parameter '{target.id}' is not a literal") from error
    return parameters


def notebook_code(path: Path) -> str:
    """All code of a notebook, cell after cell."""
    return "\n".join(cell["source"] for cell in _cells(path) if cell["cell_type"] == "code")


def load_profile(profile: str) -> dict[str, dict[str, Any]]:
    """Read `params/<profile>.yaml`: for each notebook the parameters that differ from its own defaults.

    Raises:
        StudyError: there is no such profile, or the file is not a mapping of notebooks to mappings.
    """
    path = repository() / "params" / f"{profile}.yaml"
    if not path.is_file() or path.stem != profile:  # which a path to elsewhere is not
        known = sorted(found.stem for found in path.parent.glob("*.yaml"))
        raise StudyError(f"no profile '{profile}'{suggest(profile, known)}; there are: {', '.join(known)}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that there is not is a ValueError
        raise StudyError(f"params/{path.name} is not valid YAML: {error}") from error
    if not isinstance(content, dict) or any(not isinstance(name, str) for name in content):
        raise StudyError(f"params/{path.name} must hold names of notebooks, each with its parameters")
    values = {name: {} if given is None else given for name, given in content.items()}
    wrong = [name for name, given in values.items() if not isinstance(given, dict)]
    if wrong:
        raise StudyError(f"params/{path.name}: '{wrong[0]}' must hold 'parameter: value' lines")
    return values


def suggest(name: str, known: list[str]) -> str:
    """The addition to a message about an unknown name: the known one that looks most like it, if any does."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""


def listing(profile: str) -> str:
    """The table of `./run_all.sh --list`: question, inputs, outputs, minutes and report of each notebook."""
    lines = []
    for name in load_profile(profile):
        header = notebook_header(notebook_path(name))
        report = Path("results", profile, name, "report.html")
        made = report if (repository() / report).is_file() else "not made yet"
        lines += [
            f"{name}: {header.question}",
            f"    in       {header.inputs.replace('`', '')}",
            f"    out      {header.outputs.replace('`', '')}",
            f"    minutes  {header.minutes.get(profile, 0):g} ({profile})",
            f"    report   {made}",
        ]
    return "\n".join(lines)
