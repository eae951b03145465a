"""Starting runs: what is planned, and that the processes of `torchrun` are asked for the same."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import pytest

from isfcore.cli.main import main
from isfcore.training import launch
from isfcore.training.options import Options
from tests.helpers.small_sets import write_set


@pytest.fixture
def root(tmp_path):
    write_set(tmp_path, count=6, split="train")
    return tmp_path


def test_epochs_become_steps_and_the_data_are_named(root):
    planned = launch.plan(
        "paired", Options(dataset="scenes", root=root, epochs=3, batch=4, side=32, validation_pairs=0)
    )
    assert (planned.schedule.steps, planned.schedule.batch, planned.schedule.side) == (3, 4, 32)
    assert len(planned.pairs) == 6 and planned.watched == [] and planned.recipe.name == "paired"
    assert planned.description["data"].startswith("6 synthetic pairs of scenes train, pixels ")
    assert "steps" not in planned.description["schedule"], "a run can be made longer"


def test_folders_of_ones_own_are_named_and_lonely_images_left_out(root):
    train = root / "scenes" / "train"
    (train / "vi" / "000.png").unlink()
    own = {"infrared": train / "ir", "visible": train / "vi"}
    with pytest.warns(UserWarning, match="1 images have no partner .*000.png"):
        planned = launch.plan("paired", Options(**own, steps=1, batch=2, validation_pairs=0))
    assert planned.description["data"].startswith("5 pairs of ir and vi, pixels ")


def test_several_processes_are_asked_for_what_one_was(root, tmp_path, monkeypatch):
    """Whatever differs from its default comes back out of the words that `torchrun` is given."""
    train = root / "scenes" / "train"
    asked = {"infrared": train / "ir", "visible": train / "vi", "root": root, "steps": 7, "batch": 4, "side": 48}
    asked |= {"seed": 3, "learning_rate": 0.003, "validation_pairs": 0, "validate_every": 11, "checkpoint_every": 5}
    asked |= {"device": "cpu", "precision": "float32", "statistics": "settled", "dataset": "TNO", "validation": "MSRS"}
    asked |= {"start_from": "ours-paired"}
    commands = []
    monkeypatch.setattr(launch.subprocess, "run", lambda words: commands.append(words) or SimpleNamespace(returncode=0))
    assert launch.train_recipe("paired", tmp_path / "run", processes=2, **asked) == tmp_path / "run"
    (command,) = commands
    assert "--nproc-per-node=2" in command
    words = command[command.index("train") + 1 :]
    given = main.commands["train"].make_context("train", words).params
    assert given.pop("recipe") == "paired" and given.pop("folder") == tmp_path / "run"
    assert Options(**given | {"root": root}) == Options(**asked), "one process each"
    assert {name for name, value in asdict(Options(**asked)).items() if value == getattr(Options, name)} == {
        "epochs",
        "processes",
    }


def test_a_failed_process_is_an_error(root, tmp_path, monkeypatch):
    monkeypatch.setattr(launch.subprocess, "run", lambda words: SimpleNamespace(returncode=1))
    options = {"dataset": "scenes", "root": root, "steps": 1, "batch": 2, "validation_pairs": 0, "processes": 2}
    with pytest.raises(ChildProcessError, match="training paired in 2 processes failed"):
        launch.train_recipe("paired", tmp_path / "run", **options)


def test_processes_that_cannot_be_are_refused(root, monkeypatch):
    options = {"dataset": "scenes", "root": root, "steps": 1, "validation_pairs": 0}
    with pytest.raises(ValueError, match="a batch of 3 cannot be shared evenly by 2 processes"):
        launch.plan("paired", Options(**options, batch=3, processes=2))
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    with pytest.raises(ValueError, match="leave --processes away"):
        launch.plan("paired", Options(**options, batch=4, processes=2))


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="crop"):
        launch.train_recipe("paired", steps=1, crop=32)
