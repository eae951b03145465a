"""Publishing: which files of a run or a training go where, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from isfcore import weights
from isfcore.weights import load_weights, trained_names
from isfstudy.notebooks import StudyError
from isfstudy.run import publish
from isfstudy.run.model_card import model_card
from isfstudy.run.publish import publish_fusion, publish_pages
from isfstudy.trainings.records import committed, committed_names
from tests.helpers.finished_run import make_run

RECORD = ["run.json", "log.csv", "validation.csv", "gates/000000.npz", "gates/000007.npz"]
needs_weights = pytest.mark.skipif(not trained_names(), reason="no weights are committed yet, see isfstudy.run.publish")


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
    assert len(publish_pages("real")) == 6
    copied = {
        str(path.relative_to(tmp_path)) for path in (tmp_path / "results" / "published").rglob("*") if path.is_file()
    }
    names = ("report.html", "notebook.ipynb", "tables/sets.csv", "tables/sets.provenance.json", "figures/sets.png")
    assert copied == {f"results/published/real/01_data/{name}" for name in names} | {
        "results/published/real/index.html"
    }


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


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without any weights."""
    root = tmp_path / "repository"
    (root / "trained").mkdir(parents=True)
    monkeypatch.setattr(publish, "repository", lambda: root)
    for module in (publish, weights):
        monkeypatch.setattr(module, "TRAINED", root / "trained")
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_complete_run_is_copied_byte_by_byte(tmp_path, repository):
    run = make_run(tmp_path / "run")
    before = contents(run)
    written = publish_fusion(run, "ours-released")
    expected = {f"records/fusion/ours-released/{name}": before[name] for name in RECORD}
    expected["trained/ours-released.safetensors"] = before["weights.safetensors"]
    expected["trained/README.md"] = model_card().encode()
    assert contents(repository) == expected, "and no checkpoint, nor anything half-written"
    assert {str(path.relative_to(repository)) for path in written} == expected.keys()
    assert len(written) == len(expected)
    assert contents(run) == before
    assert trained_names() == ["ours-released"]


def test_a_run_takes_the_place_of_the_one_of_its_name(tmp_path, repository):
    publish_fusion(make_run(tmp_path / "old"), "ours")
    stale = repository / "records" / "fusion" / "ours" / "gates" / "000003.npz"
    stale.touch()
    new = make_run(tmp_path / "new", steps=9)
    publish_fusion(new, "ours")
    assert not stale.exists()
    assert (repository / "records/fusion/ours/log.csv").read_bytes() == (new / "log.csv").read_bytes()
    assert (repository / "trained/ours.safetensors").read_bytes() == (new / "weights.safetensors").read_bytes()


@pytest.mark.parametrize(
    "lost, said", [("weights.safetensors", "the run is not complete, there is no weights"), ("run.json", "no run.json")]
)
def test_a_run_that_is_not_complete_is_refused_and_what_was_there_stays(tmp_path, repository, lost, said):
    publish_fusion(make_run(tmp_path / "whole"), "ours")
    before = contents(repository)
    run = make_run(tmp_path / "run", steps=9)
    (run / lost).unlink()
    for part in ("all", "record"):
        with pytest.raises(FileNotFoundError, match=f"{run}: .*{said}"):
            publish_fusion(run, "ours", part=part)
    assert contents(repository) == before


def test_weights_of_an_earlier_end_than_the_log_s_are_refused(tmp_path, repository):
    run = make_run(tmp_path / "run")
    with (run / "log.csv").open("a") as log:
        log.write("8,1.4,9\n")
    with pytest.raises(ValueError, match=f"{run}: the run is at step 8 and not complete"):
        publish_fusion(run, "ours")
    assert contents(repository) == {}


def test_the_record_alone_leaves_weights_as_they_are(tmp_path, repository):
    publish_fusion(make_run(tmp_path / "first"), "ours")
    trained = contents(repository / "trained")
    written = publish_fusion(make_run(tmp_path / "second", recipe="printed", seed=1), "continued", part="record")
    assert contents(repository / "trained") == trained
    record = repository / "records" / "fusion" / "continued"
    assert contents(record).keys() == set(RECORD)
    assert written == [*(record / name for name in RECORD), repository / "trained" / "README.md"]
    with pytest.raises(ValueError, match="part must be 'all' or 'record', not 'weights'"):
        publish_fusion(tmp_path / "first", "ours", part="weights")


def test_publishing_again_changes_nothing(tmp_path, repository):
    run = make_run(tmp_path / "run")
    publish_fusion(run, "ours")
    before = contents(repository)
    publish_fusion(run, "ours")
    assert contents(repository) == before


@needs_weights
def test_all_committed_weights_load_and_have_a_record():
    assert set(trained_names()) <= set(committed_names())
    for name in trained_names():
        network, described = load_weights(name)
        summary = committed(name).summary
        assert described["name"] == name and not network.training
        assert described["schedule"]["steps"] == summary["steps"], name
        assert (described["recipe"], described["data"]) == (summary["recipe"], summary["trained on"]), name
        seen = {key: described["schedule"][field] for key, field in (("batch", "batch"), ("crop", "side"))}
        assert seen == {key: summary[key] for key in seen}, name


@pytest.mark.parametrize("name", ["released", "../elsewhere", "a/b", "", "Ours"])
def test_names_that_mean_something_else_are_refused_before_anything_is_written(tmp_path, repository, name):
    run = make_run(tmp_path / "run")
    before = sorted(repository.rglob("*"))
    with pytest.raises(ValueError, match="cannot be a name"):
        publish_fusion(run, name)
    assert sorted(repository.rglob("*")) == before


def test_a_record_can_be_the_first_and_a_run_need_not_have_been_watched(tmp_path, repository):
    run = make_run(tmp_path / "run")
    (run / "validation.csv").unlink()
    written = publish_fusion(run, "continued-released", part="record")
    assert {path.name for path in written} == {"run.json", "log.csv", "000000.npz", "000007.npz"}
    assert not list((repository / "trained").iterdir())  # no card without weights
