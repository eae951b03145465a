"""Copying a finished run to `results/published/`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from isfstudy.notebooks import StudyError
from isfstudy.run import publish
from isfstudy.run.publish import publish_pages


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The results of a study of one notebook."""
    monkeypatch.setattr(publish, "repository", lambda: tmp_path)
    monkeypatch.setattr(publish, "notebooks", lambda: ["01_data"])
    folder = tmp_path / "results" / "real" / "01_data"
    for name in ("report.html", "notebook.ipynb", "tables/sets.csv", "figures/sets.png", "scenes/test/ir/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "tables" / "sets.provenance.json").write_text(json.dumps({"commit": "1a2b3c"}))
    return folder


def test_pages_tables_and_figures_are_copied_and_what_was_there_goes(run: Path, tmp_path: Path) -> None:
    stale = tmp_path / "results" / "published" / "real" / "01_data" / "tables" / "old.csv"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert len(publish_pages("real")) == 5
    copied = {
        str(path.relative_to(tmp_path)) for path in (tmp_path / "results" / "published").rglob("*") if path.is_file()
    }
    names = ("report.html", "notebook.ipynb", "tables/sets.csv", "tables/sets.provenance.json", "figures/sets.png")
    assert copied == {f"results/published/real/01_data/{name}" for name in names}


@pytest.mark.parametrize("commit", ["1a2b3c+changes", "unknown+changes"])
def test_results_of_a_changed_tree_are_refused(run: Path, tmp_path: Path, commit: str) -> None:
    (run / "tables" / "sets.provenance.json").write_text(json.dumps({"commit": commit}))
    with pytest.raises(StudyError, match="sets.provenance.json was made from commit .*changes: commit the changes"):
        publish_pages("real")
    assert not (tmp_path / "results" / "published").exists()


def test_an_unfinished_run_and_a_large_file_are_refused(run: Path) -> None:
    (run / "figures" / "sets.png").write_bytes(bytes(publish.LARGEST + 1))
    with pytest.raises(StudyError, match="sets.png is 3.0 MB, 3 MB at most"):
        publish_pages("real")
    (run / "report.html").unlink()
    with pytest.raises(StudyError, match="01_data has no results for 'real': run ./run_all.sh real first"):
        publish_pages("real")
