"""The model card: a row a file of weights, with what the file says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from isfcore import weights
from isfcore.metrics import METRICS
from isfcore.weights import trained_names
from isfstudy.run.model_card import model_card
from tests.helpers.finished_run import make_run


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of committed weights, without any."""
    monkeypatch.setattr(weights, "TRAINED", tmp_path / "trained")
    weights.TRAINED.mkdir()
    return weights.TRAINED


def put(trained: Path, name: str, **run: object) -> None:
    folder = make_run(trained.parent / name, **run)
    shutil.copyfile(folder / "weights.safetensors", trained / f"{name}.safetensors")


def rows(card: str) -> list[dict[str, str]]:
    """The card's table, a row a line."""
    lines = [
        line.removeprefix("| ").removesuffix(" |").split(" | ") for line in card.splitlines() if line.startswith("| ")
    ]
    header, rule, *others = lines
    assert set(rule) == {"---"}
    return [dict(zip(header, line, strict=True)) for line in others]


def test_the_card_has_a_row_a_file_with_what_the_file_says(trained):
    put(trained, "b", recipe="printed", steps=9, seed=5, encoder="shared")
    put(trained, "a")
    card = model_card()
    assert "--weights b`" in card, "the longest trained"
    first, second = rows(card)
    assert first == {
        "name": "`a`",
        "recipe": "released",
        "encoder": "separate",
        "gate": "released",
        "integrator": "cfi",
        "steps": "7",
        "batch": "4",
        "crop": "96",
        "seed": "0",
        "trained on": "16 pairs of scenes train, pixels f5bf",
        "precision": "bfloat16",
        "statistics": "settled",
        "machine": "A processor, 2 cores, GPU none",
        "commit": "0123456789ab",
        "measured on": "10 of 221 pairs of RoadScene test",
        "AG": "0.123",
        "SF": "1.123",
        "PSNR": "2.123",
        "CC": "3.123",
        "Qabf": "4.123",
    }
    changed = {"name": "`b`", "recipe": "printed", "encoder": "shared", "steps": "9", "seed": "5"}
    assert second == first | changed


def test_a_row_without_a_metric_leaves_its_place_empty(trained):
    put(trained, "a")
    put(trained, "b", metrics={})
    first, second = rows(model_card())
    assert first["AG"] == "0.123" and first.keys() == second.keys()
    assert [second[metric] for metric in METRICS] == [""] * len(METRICS)


@pytest.mark.skipif(not trained_names(), reason="no weights are committed yet, see isfstudy.run.publish")
def test_the_committed_card_is_the_one_of_the_committed_weights():
    assert (weights.TRAINED / "README.md").read_text() == model_card()
