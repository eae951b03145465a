"""What a notebook's results depend on, found from what it imports and names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from isfcore.machine import code
from isfstudy import notebooks, places
from isfstudy.run import dependencies

ALL = notebooks.notebooks()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with images of two sets, and one method's of one of them."""
    for file in ("TNO/ir/01.png", "RoadScene/cropinfrared/1.jpg", "fused/SAGE/TNO/01.png", "weights/isf_released.pth"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(b"1")
    monkeypatch.setenv("ISF_DATA", str(tmp_path))
    return tmp_path


def of_tno() -> str:
    dependencies._state.cache_clear()
    return dependencies.data_of("03_comparison", {"datasets": ["TNO"]})


@pytest.mark.parametrize("file", ["TNO/ir/01.png", "fused/SAGE/TNO/02.png", "weights/isf_released.pth"])
def test_images_outputs_and_weights_of_named_sets_count(data: Path, file: str) -> None:
    before = of_tno()
    (data / file).write_bytes(b"22")
    assert of_tno() != before


@pytest.mark.parametrize("file", ["RoadScene/cropinfrared/2.jpg", "fused/SAGE/RoadScene/1.png"])
def test_other_sets_do_not(data: Path, file: str) -> None:
    before = of_tno()
    (data / file).parent.mkdir(parents=True, exist_ok=True)
    (data / file).write_bytes(b"22")
    assert of_tno() == before


def test_notebooks_read_the_ones_they_name() -> None:
    assert dependencies.earlier("01_data_preparation", {}) == []
    assert dependencies.earlier("13_retraining", {}) == ["01_data_preparation", "03_comparison", "12_released_weights"]
    assert dependencies.earlier("10_scorecard", {}) == [name for name in ALL if name != "10_scorecard"]


def test_weights_of_another_notebook_are_waited_for() -> None:
    weights = {"networks": ["released", "results/paper/02_training/weights/paired-seed0.safetensors"]}
    assert "02_training" not in dependencies.earlier("03_comparison", {})
    assert "02_training" in dependencies.earlier("03_comparison", weights)


def test_no_notebook_waits_for_itself() -> None:
    done: list[str] = []
    waiting = {name: set(dependencies.earlier(name, notebooks.load_profile("paper")[name])) for name in ALL}
    while ready := [name for name, needs in waiting.items() if needs <= set(done)]:
        done += ready
        waiting = {name: needs for name, needs in waiting.items() if name not in ready}
    assert not waiting


def test_committed_files_are_those_whose_place_is_imported() -> None:
    files = dependencies.committed_files("11_audit")
    assert places.SENTENCES in files and not any(file.startswith("records/") for file in files)
    assert places.CLAIMS in dependencies.committed_files("10_scorecard")
    assert "paper/tables/table1_ivif.csv" in dependencies.committed_files("03_comparison")
    assert any(file.startswith(places.DOWNSTREAM_RECORDS) for file in dependencies.committed_files("06_detection"))


def test_code_is_that_of_cells_and_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = {"cell_type": "code", "source": ["from isfcore.masks import HOLE"], "metadata": {}}
    text = {"cell_type": "markdown", "source": ["# what"], "metadata": {}}
    path = tmp_path / "a.ipynb"
    monkeypatch.setattr(dependencies, "notebook_path", lambda name: path)

    def digest(*cells: dict) -> str:
        path.write_text(json.dumps({"cells": cells}))
        return dependencies.code_of("a")

    assert digest(cell) == digest(text, cell)
    assert digest(cell) != digest(cell | {"source": ["from isfcore.masks import HOLE, COUNT"]})
    assert "isfcore.masks" in code.closure(code.imported(notebooks.notebook_code(path)))


def test_pages_depend_on_the_template_and_not_on_the_methods() -> None:
    modules = code.closure([dependencies.PAGES])
    assert "isfcore.metrics" not in modules
    names = {file.name for module in modules for file in code.data_files(module)}
    assert {"report.css", "index.html.j2"} <= names
