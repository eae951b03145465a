"""A printed table beside measured numbers: groups, differences, marks, and the three ways to write it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.comparison.side_by_side import (
    ALL_PAIRS,
    COMPARED,
    FEW,
    OTHER_WEIGHTS,
    PRINTED_ONLY,
    RULES,
    as_latex,
    as_markdown,
    as_text,
    places,
    side_by_side,
)
from isfstudy.paper.printed import OURS

PRINTED = pd.DataFrame(
    [
        ("TIMFusion", "4.019", "3.901", "61.41", "0.379", "0.397"),
        ("SAGE", "3.817", "3.745", "59.81", "0.317", "0.444"),
        ("IGNet", "4.198", "3.857", "60.48", "0.459", "0.368"),
        (OURS, "5.128", "5.132", "62.06", "0.502", "0.423"),
    ],
    columns=["method", *METRICS],
)


def means(pairs: int, **values: float) -> pd.DataFrame:
    """Means of which every metric is one number."""
    named = {name.replace("_", " "): value for name, value in values.items()}
    rows = [{"method": {"ours": OURS}.get(name, name), "pairs": pairs} for name in named]
    return pd.DataFrame(rows).assign(**{metric: list(named.values()) for metric in METRICS})


COMMON = means(10, SAGE=3.5, SeAFusion=4.5, Average=9.0, ours=5.5).replace({"ISF (x)": "ISF (mine)"})
COMMON = pd.concat([COMMON, means(10, mine=8.0).replace({"mine": "ISF (mine)"})], ignore_index=True)
OWN = pd.concat([COMMON.replace({"pairs": {10: 21}, "AG": {5.5: 5.25}}), means(5, IGNet=7.0)], ignore_index=True)


@pytest.fixture
def table() -> pd.DataFrame:
    return side_by_side(COMMON, OWN, PRINTED)


def test_who_is_compared_comes_first_and_the_others_stand_apart(table: pd.DataFrame) -> None:
    assert table[["group", "method"]].to_numpy().tolist() == [
        [COMPARED, OURS], [COMPARED, "SAGE"], [COMPARED, "SeAFusion"],
        [ALL_PAIRS, OURS],
        [PRINTED_ONLY, "TIMFusion"],
        [FEW, "IGNet"],
        [OTHER_WEIGHTS, "ISF (mine)"],
        [RULES, "Average"],
    ]  # fmt: skip
    assert table["pairs"].to_list()[:2] == [10, 10] and pd.isna(table["pairs"][4]) and table["pairs"][5] == 5


def test_printed_and_measured_stand_in_one_row_with_their_difference(table: pd.DataFrame) -> None:
    row = table.set_index(["group", "method"]).loc[(COMPARED, OURS)]
    assert (row["AG printed"], row["AG"]) == ("5.128", 5.5) and row["AG difference"] == pytest.approx(0.372)
    whole = table.set_index(["group", "method"]).loc[(ALL_PAIRS, OURS)]
    assert (whole["pairs"], whole["AG"], whole["AG printed"]) == (21, 5.25, "5.128")
    unprinted = table.set_index("method").loc["SeAFusion"]
    assert unprinted["AG printed"] == "" and np.isnan(unprinted["AG difference"])


def test_the_row_on_all_pairs_is_there_only_where_these_are_more() -> None:
    same = side_by_side(COMMON, COMMON, PRINTED)
    assert ALL_PAIRS not in set(same["group"])


def test_marks_are_of_the_compared_alone_and_printed_ones_of_all_that_is_printed(table: pd.DataFrame) -> None:
    found = places(table).assign(method=table["method"], group=table["group"]).set_index(["group", "method"])
    assert found["AG"][found["AG"] > 0].to_dict() == {(COMPARED, OURS): 1, (COMPARED, "SeAFusion"): 2}
    said = found["Qabf printed"]
    assert said[said > 0].to_dict() == {(COMPARED, "SAGE"): 1, (COMPARED, OURS): 2}
    assert found.loc[(FEW, "IGNet"), "AG printed"] == 2, "it is printed like the others"


def test_numbers_that_read_the_same_share_a_place_and_a_single_one_has_none() -> None:
    close = means(10, SAGE=3.50004, ours=3.50001, SeAFusion=1.0)
    assert places(side_by_side(close, close, PRINTED))["AG"].to_list()[:3] == [1, 1, 2]
    alone = side_by_side(close[1:2], close[1:2], PRINTED[3:])
    assert (places(alone)[["AG", "AG printed"]] == 0).all(axis=None)


def test_a_page_shows_differences_below_and_groups_by_name(table: pd.DataFrame) -> None:
    shown = as_text(table, "html")
    assert list(shown.columns)[:4] == ["method", "pairs", "AG printed", "AG here"]
    assert shown.loc[0, "AG here"] == "<b>5.500</b><br><small>+0.372</small>"
    assert shown.loc[0, "PSNR here"] == "<b>5.50</b><br><small>−56.56</small>" and shown.loc[0, "pairs"] == "10"
    names = shown["method"].to_list()
    assert names[3] == f"<i>{ALL_PAIRS}</i>" and shown.loc[3, "AG here"] == ""
    printed_only = shown[shown["method"] == "TIMFusion"].iloc[0]
    assert (printed_only["pairs"], printed_only["AG here"], printed_only["AG printed"]) == ("", "–", "4.019")
    assert as_text(table.replace({"method": {"SAGE": "<mine>"}}), "html")["method"][1] == "&lt;mine&gt;"


def test_a_set_without_anything_printed_is_shown_too() -> None:
    shown = as_text(side_by_side(COMMON, COMMON, PRINTED[:0]), "html")
    assert shown.loc[0, "AG printed"] == "–" and shown.loc[0, "AG here"] == "<b>5.500</b>"


def test_latex_has_a_block_a_set_and_escapes_names(table: pd.DataFrame) -> None:
    text = as_latex({"TNO, 10 pairs": table, "M3FD": table.replace({"method": {"SAGE": "my_method"}})})
    assert text.startswith("\\begin{tabular}{lrrrrrrrrrrr}") and text.count("\\toprule") == 1
    assert "\\multicolumn{2}{c}{AG}" in text and "\\textbf{TNO, 10 pairs}" in text and "\\textbf{M3FD}" in text
    assert "\\textbf{5.128} & \\textbf{5.500}" in text and "\\underline{4.500}" in text and "my\\_method" in text
    assert "–" not in text


def test_markdown_has_as_many_cells_in_every_row(table: pd.DataFrame) -> None:
    lines = as_markdown({"TNO, 10 pairs": table}).splitlines()
    assert lines[0].startswith("| method | pairs | AG printed | AG here |") and lines[1].startswith("| --- | ---: |")
    assert lines[2].startswith("| **TNO, 10 pairs** |")
    assert lines[3].startswith(f"| {OURS} | 10 | **5.128** | **5.500**")
    assert {line.count("|") for line in lines} == {13}
