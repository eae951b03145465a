"""The page of a comparison: who is better than whom, and names that look like markup."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup

from isfstudy.ranking.page import page, wins
from isfstudy.ranking.ranks import observations_by, ranked
from tests.helpers.made_up_tno import noise, save


def test_significant_differences_are_counted_by_hand() -> None:
    """`a` is above `b` in AG and below it in Nabf, which is better too; `c` is above `a` in SF; of the rest none is."""
    rows = [("AG", "a", "b", 1.0, 0.01), ("Nabf", "a", "b", -0.5, 0.04), ("SF", "a", "b", -9.0, 0.05)]
    rows += [("SF", "a", "c", -0.1, 0.001), ("Nabf", "b", "c", 0.2, 0.01), ("AG", "b", "c", 0.2, 1.0)]
    table = wins(
        pd.DataFrame(rows, columns=["metric", "method", "competitor", "difference", "p_holm"]), ["c", "a", "b"]
    )
    assert table.loc["a"].to_dict() == {"c": "0 / 1", "a": "", "b": "2 / 0"}
    assert table.loc["c"].to_dict() == {"c": "", "a": "1 / 0", "b": "1 / 0"}
    assert table.loc["b"].to_dict() == {"c": "0 / 1", "a": "0 / 2", "b": ""}


def test_names_are_no_markup_and_16_bit_images_are_shown(tmp_path: Path) -> None:
    deep = np.arange(24 * 24, dtype=np.uint16).reshape(24, 24) * 113
    files = {"<b>bold": {}, "other": {}}
    for stem in ("<i>1", "2"):
        infrared, visible = (
            save(tmp_path / f"{stem[-1]}_ir.png", deep),
            save(tmp_path / f"{stem[-1]}_vi.png", noise(24, 24)),
        )
        for method in files:
            files[method][stem] = save(tmp_path / method[-1] / f"{stem[-1]}.png", noise(24, 24, 1)), infrared, visible
    scores = {"<b>bold": [1.0, 2.0], "other": [2.0, 2.5]}
    rows = [
        {"method": method, "stem": stem, "AG": value}
        for method, values in scores.items()
        for stem, value in zip(("<i>1", "2"), values, strict=True)
    ]
    ranking = ranked(pd.DataFrame(rows), observations_by(["<i>1", "2"], ""))
    about = {"notes": ["<u>note"], "left_out": [], "problems": {"<s>file": "why"}, "made": ["<q>made"]}
    found = BeautifulSoup(page(ranking, ["<i>1", "2"], files, sixteen_bit="full", **about), "html.parser")
    assert [each.text for each in found.select("h3")] == ["<i>1", "2"]
    assert [row.td.text for row in found.table.select("tbody tr")] == ["other", "<b>bold"]
    assert not found.select("table i, table s, s, q, main i") and "<s>file: why" in found.text
    assert "All images: sources first" in found.text and len(found.select(".side img")) == 8
    answers = [each.get_text(" ") for each in found.select(".said li")]
    assert answers == [
        "over all metrics other first by average rank, 1.00",
        "AG other has the best mean, set apart from no other",
    ]
