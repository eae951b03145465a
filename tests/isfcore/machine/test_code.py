"""Which code made this: what enters a digest, and what does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from isfcore.machine import code

MODULE = '"""What it is for."""\nfrom pack.low import answer\n\n\ndef double():  # a comment\n    return 2 * answer\n'


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `pack`: `high` imports `low`, which names a file; `other` is imported by nobody."""
    folder = tmp_path / "pack"
    (folder / "kept").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "high.py").write_text(MODULE)
    (folder / "low.py").write_text(
        'answer = len(open(__file__.replace("low.py", "kept/a.txt")).read())\nplace = "kept"\n'
    )
    (folder / "other.py").write_text("")
    (folder / "kept" / "a.txt").write_text("four")
    monkeypatch.setattr(code, "PACKAGES", ("pack",))
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "pack"]:
        del sys.modules[name]
    code._find.cache_clear()
    code._parsed.cache_clear()
    return folder


def digest() -> str:
    code._parsed.cache_clear()
    return code.code_digest(["pack.high"])


def test_the_closure_is_what_is_imported_with_its_packages(pack: Path) -> None:
    assert code.closure(["pack.high"]) == ["pack", "pack.high", "pack.low"]
    assert code.imported("import os\ndef f():\n    from pack import other") == ["pack", "pack.other"]
    assert [file.name for file in code.data_files("pack.low")] == ["a.txt"] and code.data_files("pack.high") == []


def test_comments_docstrings_and_layout_change_nothing(pack: Path) -> None:
    before = digest()
    (pack / "high.py").write_text(
        MODULE.replace("What it is", "All that it is").replace("# a comment", "").replace("\n\n\n", "\n")
    )
    (pack / "other.py").write_text("nobody = 1")
    (pack / "__init__.py").write_text((pack / "__init__.py").read_text() + '\n__version__ = "9.9"\n')
    assert digest() == before, "nor does the version"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("high.py", MODULE.replace("2 *", "3 *")),
        ("low.py", 'answer = 5\nplace = "kept"\n'),
        ("__init__.py", "answer = 1"),
        ("kept/a.txt", "eleven"),
    ],
)
def test_code_and_named_files_count(pack: Path, file: str, content: str) -> None:
    before = digest()
    (pack / file).write_text(content)
    assert digest() != before


def test_named_files_can_be_left_out(pack: Path) -> None:
    before = code.code_digest(["pack.high"], files="none")
    (pack / "kept" / "a.txt").write_text("eleven")
    assert code.code_digest(["pack.high"], files="none") == before != digest()
    with pytest.raises(ValueError, match="files must be"):
        code.code_digest([], files="all")


def test_further_code_counts_and_is_followed(pack: Path) -> None:
    assert code.code_digest([], source="x = 1") != code.code_digest([], source="x = 2")
    before = code.code_digest([], source="import pack.low")
    (pack / "low.py").write_text("answer = 5")
    code._parsed.cache_clear()
    assert code.code_digest([], source="import pack.low") != before


def test_an_unknown_module_is_named(pack: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="pack.none"):
        code.code_digest(["pack.none"])


def test_training_depends_on_what_computes_a_step_and_on_no_weights() -> None:
    modules = code.closure(["isfcore.training.step", "isfcore.training.crops"])
    assert {"isfcore.network", "isfcore.masks", "isfcore.losses", "isfcore.training.passes"} <= set(modules)
    assert not {"isfcore.metrics", "isfcore.cli.main", "isfcore.evaluation", "isfcore.weights"} & set(modules)
