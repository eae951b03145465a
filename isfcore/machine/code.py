"""Which code made this? The one answer that runs, embedded scenes and notebooks share.

A digest covers modules of this repository, all they import of it, and the files beside them that they name. Comments,
docstrings, layout and the version do not enter it: they change no number, and a result must not look stale because of
them.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from isfcore.machine.files import file_sha256

PACKAGES = ("isfcore", "isfstudy")


class Module(NamedTuple):
    """What a module's file says.

    Attributes:
        imports: modules of the repository.
        names: what it imports from modules, by name.
        texts: its strings; some name files.
        code: without comments, docstrings and layout.
    """

    imports: list[str]
    names: frozenset[str]
    texts: frozenset[str]
    code: str


def code_digest(modules: Iterable[str], *, source: str = "", files: str = "named") -> str:
    """A fingerprint of code, 16 hexadecimal digits: the same where nothing that can change a result is different.

    Args:
        modules: names such as `isfcore.training.step`.
        source: further code that is in no module, such as a notebook's cells; what it imports is followed too.
        files: `named` for those of `data_files` too; `none` where whoever asks knows which of them count.

    Raises:
        ModuleNotFoundError: for a module that is not there.
        SyntaxError: for code that cannot be read.
        ValueError: for another value of `files`.
    """
    if files not in ("named", "none"):
        raise ValueError(f"files must be 'named' or 'none', not {files!r}")
    digest = hashlib.sha256(_bare(ast.parse(source)).encode())
    for module in closure([*modules, *imported(source)]):
        digest.update(f"{module} {read_module(module).code}\n".encode())
        for data in data_files(module) if files == "named" else ():
            state = data.stat()
            digest.update(f"{data.name} {_hash(data, state.st_size, state.st_mtime_ns)}\n".encode())
    return digest.hexdigest()[:16]


def closure(modules: Iterable[str]) -> list[str]:
    """These modules, the packages they lie in, and every module of the repository that they import, in order of
    name."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += [*read_module(module).imports, *_packages_of(module)]
    return sorted(found)


def imported(source: str) -> list[str]:
    """Modules of the repository that Python code imports, also inside functions, in order of name."""
    return sorted(_imports(ast.parse(source)))


def data_files(module: str) -> list[Path]:
    """Files beside a module, or in folders beside it, that it names in a text: manifests, recipes, weights."""
    named = read_module(module).texts
    beside = [
        place
        for place in _file(module).parent.iterdir()
        if place.name in named and not (place / "__init__.py").exists()
    ]
    files = [file for place in beside for file in ([place] if place.is_file() else place.rglob("*"))]
    return sorted(file for file in files if file.is_file() and file.suffix not in (".py", ".pyc"))


def read_module(module: str) -> Module:
    """A module's imports, texts and code.

    Raises:
        ModuleNotFoundError: for a module that is not there.
    """
    path = _file(module)
    return _parsed(path, path.stat().st_mtime_ns)


def _packages_of(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _file(module: str) -> Path:
    path = _find(module)
    if path is None:
        raise ModuleNotFoundError(f"there is no module {module}", name=module)
    return path


@functools.cache
def _find(module: str) -> Path | None:
    """A module's file. Looked up by path, as `find_spec` imports what stands before the last dot."""
    package, *parts = module.split(".")
    found = find_spec(package)
    if found is None or not found.origin:
        return None
    place = Path(found.origin).parent.joinpath(*parts)
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


@functools.cache  # notebooks share what they import, and weights are large
def _hash(path: Path, size: int, changed: int) -> str:
    return file_sha256(path)


@functools.cache
def _parsed(path: Path, changed: int) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in froms for alias in node.names}
    return Module(sorted(_imports(tree)), frozenset(names), frozenset(texts), _bare(tree))


def _imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] in PACKAGES}
        elif isinstance(node, ast.ImportFrom) and (module := node.module or "").split(".")[0] in PACKAGES:
            names = {f"{module}.{alias.name}" for alias in node.names}
            found |= {module} | {name for name in names if _find(name)}
    return found


def _bare(tree: ast.AST) -> str:
    """Code as a text without comments, docstrings, positions in the file, and the version, which changes no number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module):
            node.body = [line for line in node.body if not ast.unparse(line).startswith("__version__ =")]
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = body[1:] or [ast.Pass()]
    return ast.dump(tree)
