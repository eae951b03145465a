"""What a notebook's results depend on, read from what it imports and names: the `Snakefile` asks here.

Code counts as `isfcore.machine.code` sees it, without comments and docstrings. Committed files are those whose name in
`isfstudy.places` a module imports; other notebooks, those whose name stands as a text in a cell or in such a module, or
as a part of a path among the parameters.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
from pathlib import Path
from typing import Any

from isfcore.datasets.catalogue import DATASETS, RELEASED_OUTPUTS, RELEASED_WEIGHTS
from isfcore.datasets.local import data_root
from isfcore.machine.code import closure, code_digest, imported, read_module
from isfcore.machine.provenance import versions
from isfstudy import places
from isfstudy.notebooks import notebook_code, notebook_header, notebook_parameters, notebook_path, notebooks

PAGES = "isfstudy.report.html"  # what makes a page of an executed notebook
READS_ALL = "use_results"  # of `isfstudy.report.page`: whoever imports it reads what all other notebooks wrote


def code_of(notebook: str) -> str:
    """A fingerprint of a notebook's cells and of all that they import."""
    return code_digest([], source=notebook_code(notebook_path(notebook)))


def earlier(notebook: str, values: dict[str, Any]) -> list[str]:
    """The notebooks whose results this one reads, in order.

    Args:
        values: those of its parameters that differ from the notebook's own; of weights they may name the file.
    """
    code = notebook_code(notebook_path(notebook))
    if READS_ALL in code:
        return [name for name in notebooks() if name != notebook]
    named = {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}
    named |= {part for text in _texts(values) for part in Path(text).parts}
    named |= {text for module in _modules(notebook) for text in read_module(module).texts}
    return [name for name in notebooks() if name != notebook and name in named]


def committed_files(notebook: str) -> list[str]:
    """Files of the repository besides code that it reads, relative to the root: printed tables, claims, records."""
    used = {name for module in _modules(notebook) for name in read_module(module).names}
    found: set[str] = set()
    for name in used & {name for name in vars(places) if name.isupper()}:
        place = places.repository() / getattr(places, name)
        found |= {str(file.relative_to(places.repository())) for file in _files(place)}
    return sorted(found)


def _modules(notebook: str) -> list[str]:
    found = closure(imported(notebook_code(notebook_path(notebook))))
    return [module for module in found if module.startswith("isfstudy.")]


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]


def data_of(notebook: str, values: dict[str, Any]) -> str:
    """A fingerprint of the user's files that parameters name: the sets, what methods made of them, the weights.

    Args:
        values: those of its parameters that differ from the notebook's own; sets are recognised by their names.
    """
    values = notebook_parameters(notebook_path(notebook)) | values
    sets = sorted(set(_texts(values)) & DATASETS.keys())
    digest = hashlib.sha256()
    for name in sets:
        digest.update(_state(data_root() / Path(DATASETS[name].folder).parts[0]).encode())
        for made in sorted((data_root() / "fused").glob(f"*/{name}")):
            digest.update(_state(made).encode())
    if RELEASED_OUTPUTS in _texts(values):
        digest.update(_state(data_root() / RELEASED_OUTPUTS).encode())
    digest.update(_state((data_root() / RELEASED_WEIGHTS).parent).encode())
    return digest.hexdigest()[:16]


def _texts(values: dict[str, Any]) -> list[str]:
    items = [item for value in values.values() for item in (value if isinstance(value, list) else [value])]
    return [item for item in items if isinstance(item, str)]


@functools.cache
def _state(place: Path) -> str:
    """Name, size and date of every file below a folder."""
    lines = []
    for folder, subfolders, files in os.walk(place, followlinks=True):
        subfolders.sort()
        for name in sorted(files):
            state = os.stat(os.path.join(folder, name))
            lines.append(f"{folder}/{name} {state.st_size} {state.st_mtime_ns}\n")
    return "".join(lines)


def numeric_versions() -> str:
    """Versions of the packages that numbers depend on, as one text."""
    return ", ".join(f"{name} {version}" for name, version in versions().items() if name != "isfcore")


def page_code() -> str:
    """A fingerprint of what makes a page of an executed notebook, template and style sheet among it, and of the
    questions of all notebooks, which every page links to."""
    questions = [notebook_header(notebook_path(name)).question for name in notebooks()]
    return code_digest([PAGES], source=repr(questions))
