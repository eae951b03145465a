"""Which commit, which packages, which machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from isfcore import __version__
from isfcore.machine import provenance
from isfcore.machine.files import file_sha256


@pytest.fixture(autouse=True)
def fresh():
    provenance.commit.cache_clear()
    yield
    provenance.commit.cache_clear()


def test_a_commit_names_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"ls-files": "provenance.py", "status": " M file", "rev-parse": "0123456789"}

    def git(command: list[str], **options: object) -> object:
        return type("Done", (), {"stdout": answers[command[1]] + "\n"})

    monkeypatch.setattr(provenance.subprocess, "run", git)
    assert provenance.commit() == "0123456789+changes"
    answers["status"] = ""
    provenance.commit.cache_clear()
    assert provenance.commit() == "0123456789"


def test_without_git_the_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_git(*arguments: object, **options: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(provenance.subprocess, "run", no_git)
    assert provenance.commit() == f"isfcore {__version__}"


def test_an_environment_inside_another_clone_does_not_take_its_commit(tmp_path: Path, monkeypatch) -> None:
    installed = tmp_path / "site-packages" / "isfcore" / "machine" / "provenance.py"
    installed.parent.mkdir(parents=True)
    installed.touch()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    monkeypatch.setattr(provenance, "__file__", str(installed))
    assert provenance.commit() == f"isfcore {__version__}"


def test_sha256_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert file_sha256(tmp_path / "x").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_machine_and_versions_are_measured() -> None:
    assert provenance.machine()["cores"] >= 1 and provenance.machine()["memory_gib"] > 0.1
    assert provenance.versions()["numpy"] == np.__version__
    json.dumps(provenance.machine())
