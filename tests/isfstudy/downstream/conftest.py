"""A repository of its own for runs, and a page on small scenes."""

from __future__ import annotations

from pathlib import Path

import pytest

from isfstudy.downstream import inputs as downstream_inputs
from isfstudy.downstream import runs as downstream_runs
from isfstudy.downstream.split import material
from isfstudy.report.page import Page
from isfstudy.run import publish
from isfstudy.scenes.scenes import write_scenes
from tests.helpers.downstream import ASKED


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Scenes, and a repository whose trainings are counted."""
    for split, count in (("train", 4), ("test", 6)):
        write_scenes(tmp_path / "scenes", count=count, split=split, height=48, width=64)
    for module in (downstream_runs, downstream_inputs, publish):
        monkeypatch.setattr(module, "repository", lambda: tmp_path)
    counted: list[str] = []
    train = downstream_runs.train

    def counting(task, network, samples, budget, folder, **options):
        counted.append(folder.name)
        return train(task, network, samples, budget, folder, **options)

    monkeypatch.setattr(downstream_runs, "train", counting)
    return material("scenes", "maps", tmp_path), counted, tmp_path


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    for module in (downstream_runs, downstream_inputs):
        monkeypatch.setattr(module, "repository", lambda: tmp_path)
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "nothing"))
    for split, count in (("train", 4), ("test", 6)):
        write_scenes(tmp_path / "01_data_preparation" / "scenes", count=count, split=split, height=48, width=64)
    return Page("07_segmentation", tmp_path / "07", tmp_path, dict(ASKED))
