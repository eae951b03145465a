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
    groups = found["table1_TNO"].set_index("method")["group"]
    assert groups["LRRNet"] == groups["Mine"] == "compared" and groups["SAGE"].startswith("printed only")
    assert (found["table1_TNO"].set_index("method")["pairs"][["LRRNet", "Mine", "Average"]] == 2).all(), "all have two"
    pairs = found["table1"].query("protocol == 'paper'").set_index("method")["pairs"]
    assert pairs["LRRNet"] == 3 and pairs["Mine"] == 2, "on each method's own images"
    assert {"LRRNet", "Mine"} <= set(found["ranks"]["method"]) and set(found["ranks"]["images"]) == {2}
    assert set(found["tests"].query("rivals == 'published'")["images"]) == {2}
    assert found["further"].set_index("method").at["Mine", "pairs"] == 2
    assert "LRRNet" not in set(found["steps"]["method"])

    shutil.rmtree(root / "fused" / "LRRNet")
    save(root / "fused" / "Mine" / "TNO" / "b.png", levels(176, 192, seed=9))
    found = tables(root, tmp_path / "without", monkeypatch)
    groups = found["table1_TNO"].set_index("method")["group"]
    assert groups["LRRNet"].startswith("printed only") and groups["Mine"] == "compared"
    for name in ("table1", "common", "per_image", "intervals", "tests", "ranks", "further"):
        assert "LRRNet" not in set(found[name]["method"]) and "Mine" in set(found[name]["method"]), name
    assert set(found["common"]["pairs"]) == {3}
    assert "LRRNet" in set(found["steps"]["method"])
    measured_on = found["methods"].set_index("method")["measured on"]
    assert measured_on["LRRNet"] == "printed only" and measured_on["Mine"] == "TNO"
    for kind in ("tex", "md"):
        assert "TNO, 3 pairs" in (tmp_path / "without" / "tables" / f"table1.{kind}").read_text()
