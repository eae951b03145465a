"""A folder of fused images gives a method its measured row in notebook 03, and takes it along when it goes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from papermill import execute_notebook

from isfstudy.notebooks import notebook_path
from isfstudy.places import repository
from tests.helpers.images_by_hand import levels, save, three_pairs

NOTEBOOK = "03_comparison"


def tables(root: Path, results: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """Run the notebook as it is on a folder of images, and read the tables that it writes."""
    results.mkdir()
    monkeypatch.setenv("ISF_DATA", str(root))
    execute_notebook(
        notebook_path(NOTEBOOK),
        results / "notebook.ipynb",
        parameters={"datasets": ["TNO"], "networks": [], "results": str(results), "study": str(root)},
        kernel_name="python3",
        cwd=repository(),
        progress_bar=False,
    )
    return {path.stem: pd.read_csv(path) for path in (results / "tables").glob("*.csv")}


@pytest.mark.slow
def test_tables_follow_the_folders_without_a_change_of_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "data"
    for number, pair in enumerate(three_pairs(root, 176, 192)):
        for method in ("LRRNet", "Mine"):
            save(root / "fused" / method / "TNO" / f"{pair.stem}.png", levels(176, 192, seed=number + len(method)))
    os.remove(root / "fused" / "Mine" / "TNO" / "b.png")

    found = tables(root, tmp_path / "with", monkeypatch)
    rows = found["table1_TNO"].groupby("method")["row"].agg(list)
    assert rows["LRRNet"] == ["printed", "measured"]
    assert rows["Mine"] == ["measured"] and rows["SAGE"] == ["printed only"]
    pairs = found["table1"].query("protocol == 'paper'").set_index("method")["pairs"]
    assert pairs["LRRNet"] == 3 and pairs["Mine"] == 2
    assert "LRRNet" in set(found["ranks"]["method"]) and "LRRNet" in set(found["tests"]["method"])
    assert "Mine" not in set(found["ranks"]["method"]), "it lacks an image that the others have"
    assert found["further"].set_index("method").at["Mine", "pairs"] == 2
    assert "LRRNet" not in set(found["steps"]["method"])

    shutil.rmtree(root / "fused" / "LRRNet")
    save(root / "fused" / "Mine" / "TNO" / "b.png", levels(176, 192, seed=9))
    found = tables(root, tmp_path / "without", monkeypatch)
    rows = found["table1_TNO"].groupby("method")["row"].agg(list)
    assert rows["LRRNet"] == ["printed only"] and rows["Mine"] == ["measured"]
    for name in ("table1", "per_image", "intervals", "tests", "ranks", "further"):
        assert "LRRNet" not in set(found[name]["method"]) and "Mine" in set(found[name]["method"]), name
    assert "LRRNet" in set(found["steps"]["method"])
    measured_on = found["methods"].set_index("method")["measured on"]
    assert measured_on["LRRNet"] == "printed only" and measured_on["Mine"] == "TNO"
