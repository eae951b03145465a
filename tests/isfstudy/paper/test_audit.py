"""The paper's tables against themselves: known slips are found, made-up ones too, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from isfcore.metrics import METRICS
from isfstudy.paper import audit
from isfstudy.paper.audit import (
    TABLES,
    ablation_row,
    against_intervals,
    bold_marks,
    class_means,
    complete_sets,
    printed_rows,
    sentences,
)
from isfstudy.paper.printed import OURS, digits, printed_table, residuals


def printed_instead(monkeypatch: pytest.MonkeyPatch, **tables: pd.DataFrame) -> None:
    """Put other tables in place of some of the paper's."""
    monkeypatch.setattr(audit, "printed_table", lambda name: tables[name] if name in tables else printed_table(name))


# Means over classes


def test_means_over_classes_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.500 and 0.502 have the mean 0.501; 0.502 lies one unit off, which rounding can explain, and 0.503 does not."""
    rows = {"method": ["a", "b", "c"], "mAP": ["0.501", "0.502", "0.503"], "Car": ["0.500"] * 3, "Bus": ["0.502"] * 3}
    printed_instead(monkeypatch, made_up=pd.DataFrame(rows))
    table = class_means("made_up", "mAP")
    assert table["of_classes"].to_list() == pytest.approx([0.501] * 3)
    assert table["difference"].to_list() == pytest.approx([0, 0.001, 0.002], abs=1e-12)
    assert table["allowed"].to_list() == pytest.approx([0.001] * 3)
    assert table["agrees"].to_list() == [True, True, False]


@pytest.mark.parametrize(("name", "mean"), [("table3_detection", "mAP"), ("table4_segmentation", "mIoU")])
def test_the_printed_means_are_means_over_classes(name: str, mean: str) -> None:
    table = class_means(name, mean)
    assert len(table) == 10 and table["agrees"].all()
    assert list(table.columns) == ["table", "method", "printed", "of_classes", "difference", "allowed", "agrees"]


# Bold marks


def test_every_column_of_every_table_has_one_bold_number() -> None:
    marks = bold_marks()
    assert marks.groupby("table").size().to_dict() == dict(zip(TABLES, (15, 5, 7, 7, 5), strict=True))
    assert set(marks["verdict"]) <= {"right", "shared", "wrong"}


def test_the_two_marks_that_are_not_right() -> None:
    marks = bold_marks()
    found = marks[marks["verdict"] != "right"].set_index(["table", "dataset", "column"])
    assert len(found) == 2
    msrs = found.loc[("table1_ivif", "MSRS", "Qabf")]
    assert (msrs["bold"], msrs["value"], msrs["highest"], msrs["maximum"]) == ("LUT-Fuse", 0.579, "DCEvo", 0.620)
    assert msrs["verdict"] == "wrong"
    bike = found.loc[("table4_segmentation", "", "Bik")]
    assert (bike["bold"], bike["highest"], bike["verdict"]) == ("A2RNet", "IGNet, A2RNet", "shared")


@pytest.mark.parametrize("change", ["lost", "doubled"])
def test_a_mark_that_is_missing_or_doubled_is_named(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    bold = printed_table("bold")
    rows = bold.iloc[1:] if change == "lost" else pd.concat([bold, bold.iloc[:1]])
    printed_instead(monkeypatch, bold=rows)
    count = {"lost": 0, "doubled": 2}[change]
    with pytest.raises(ValueError, match=f"bold.csv marks {count} rows of table1_ivif TNO AG"):
        bold_marks()


# Sentences


def judged(tmp_path: Path, **sentence: object) -> pd.Series:
    """The verdict on one sentence about the ablation's table, whose full method has AG 6.136."""
    path = tmp_path / "sentences.yaml"
    given = {"source": "here", "says": "It is so.", "table": "table2_ablation", "rows": ["without_cfi"]}
    given |= {"columns": ["AG"], "relation": "lower", "than": "full", "by": 0} | sentence
    path.write_text(yaml.safe_dump([given]))
    return sentences(path).iloc[0]


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ({}, "confirmed"),  # 5.764 is 6.06 % below 6.136
        ({"by": 6}, "confirmed"),
        ({"by": 7}, "not confirmed"),
        ({"relation": "higher"}, "not confirmed"),
        ({"relation": "higher", "by": -7}, "confirmed"),  # nearly as high
        ({"relation": "within", "by": 7}, "confirmed"),
        ({"relation": "within", "by": 6}, "not confirmed"),
        ({"columns": ["AG", "CC"], "relation": "within", "by": 7}, "partly"),  # CC 0.544 of 0.605 is 10 % below
        ({"than": "without_cfi"}, "not confirmed"),  # equal is not lower
        ({"columns": ["PSNR"], "decibels": 3.4}, "confirmed"),  # 60.21 is 3.41 dB below 63.62, which is 5.4 % of it
        ({"columns": ["PSNR"], "decibels": 3.5}, "not confirmed"),
        ({"columns": ["PSNR", "AG"], "relation": "within", "by": 7, "decibels": 1}, "partly"),
        ({"rows": ["full"], "relation": "higher", "than": "best other"}, "confirmed"),
        ({"rows": ["full"], "relation": "higher", "than": "best other", "columns": ["Qabf"]}, "not confirmed"),
        ({"relation": "higher", "than": "median"}, "confirmed"),  # the median of six is (5.179 + 5.332) / 2
    ],
)
def test_verdicts_on_a_sentence(tmp_path: Path, sentence: dict, verdict: str) -> None:
    assert judged(tmp_path, **sentence)["verdict"] == verdict


def test_a_sentence_shows_its_numbers(tmp_path: Path) -> None:
    row = judged(tmp_path, columns=["AG", "CC"], relation="within", by=7, reading="by 7 %")
    assert row["says"] == "It is so. (Our reading: by 7 %.)"
    assert row["printed"] == "without_cfi AG 5.764 against 6.136 (full); without_cfi CC 0.544 against 0.605 (full)"
    assert row["failing"] == "without_cfi CC 0.544 against 0.605 (full)" and row["parts"] == "1 of 2"
    assert "5.2555 (median)" in judged(tmp_path, than="median")["printed"]


def test_a_sentence_about_table_1_is_judged_on_every_set(tmp_path: Path) -> None:
    row = judged(tmp_path, table="table1_ivif", rows=[OURS], relation="higher", than="best other", columns=["Qabf"])
    assert row["parts"] == "1 of 3" and row["verdict"] == "partly"
    assert "TNO ISF (released) Qabf 0.423 against 0.447 (DCEvo)" in row["failing"]


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ({"relation": "bigger"}, "no relation 'bigger'"),
        ({"rows": ["without"]}, "table2_ablation has no without"),
        ({"than": "all"}, "table2_ablation has no all"),
        ({"columns": ["PSNR"], "by": 2}, r"PSNR is compared in dB \(decibels\), not in percent"),
        ({"columns": ["VIF"]}, "table2_ablation has no VIF"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_named(tmp_path: Path, sentence: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"'It is so.': {message}"):
        judged(tmp_path, **sentence)


def test_the_sentences_of_the_paper_can_all_be_judged() -> None:
    table = sentences()
    assert len(table) >= 15 and set(table["verdict"]) <= {"confirmed", "partly", "not confirmed"}
    assert (table["failing"] == "").equals(table["verdict"] == "confirmed")


# Rows


def test_table_2s_method_equals_no_row_of_table_1() -> None:
    table = ablation_row().set_index("dataset")
    assert table["equal"].to_dict() == {"TNO": 0, "MSRS": 0, "M3FD": 0}
    assert table.at["MSRS", "PSNR"] == "63.62 (66.02)"


MEANS = pd.DataFrame(
    [
        {"dataset": "TNO", "method": "LRRNet", "protocol": "paper", "pairs": 40}
        | dict(zip(METRICS, (3.8553, 3.8062, 61.724, 0.4358, 0.3464), strict=True)),
        {"dataset": "TNO", "method": "SAGE", "protocol": "paper", "pairs": 40}
        | dict(zip(METRICS, (3.747, 3.846, 61.069, 0.478, 0.436), strict=True)),
        {"dataset": "TNO", "method": "SAGE", "protocol": "standard", "pairs": 40} | dict.fromkeys(METRICS, 1.0),
    ]
)


def test_a_set_is_complete_where_any_method_has_all_its_pairs() -> None:
    rows = [("MSRS", "a", 361), ("scenes", "a", 24), ("TNO", "a", 39), ("TNO", "b", 40), ("RoadScene", "a", 3)]
    assert complete_sets(pd.DataFrame(rows, columns=["dataset", "method", "pairs"])) == ["MSRS", "TNO"]
    assert complete_sets(pd.DataFrame(columns=["dataset", "method", "pairs"])) == []


def test_printed_rows_beside_the_interval_of_the_mean() -> None:
    """An interval of 5 % to either side: SAGE's printed CC, a third lower, lies outside, its AG inside."""
    intervals = MEANS.melt(["dataset", "method", "protocol"], list(METRICS), "metric", "mean")
    intervals = intervals.assign(low=intervals["mean"] * 0.95, high=intervals["mean"] * 1.05)
    printed = printed_table("table1_ivif")
    apart = against_intervals(residuals(MEANS, printed), intervals)
    assert len(apart) == 10, "the standard protocol's intervals are not taken"
    inside = apart.set_index(["method", "metric"])["inside"]
    assert inside["LRRNet"].all() and inside["SAGE", "AG"] and not inside["SAGE", "CC"]
    rows = printed_rows(digits(MEANS, printed), apart)
    assert rows["method"].to_list() == ["LRRNet", "SAGE"], "what comes out stands first"
    assert rows["equal"].to_list() == [5, 0] and rows["inside"].to_list() == [5, 4]
    assert rows["farthest"].iloc[1] == "CC" and rows["difference"].iloc[1] == pytest.approx(0.478 - 0.317)
    assert rows["widths"].iloc[1] == pytest.approx((0.478 - 0.317) / (0.05 * 0.478))


def test_psnr_is_not_hidden_behind_its_level() -> None:
    """1.3 dB are 2 % of 62, and eight half widths of the interval: no other metric is farther off."""
    measured = dict(zip(METRICS, (3.855, 3.806, 61.72 + 1.3, 0.436 * 1.02, 0.346), strict=True))
    means = pd.DataFrame([{"dataset": "TNO", "method": "LRRNet", "protocol": "paper", "pairs": 40} | measured])
    intervals = means.melt(["dataset", "method", "protocol"], list(METRICS), "metric", "mean")
    half = intervals["metric"].map(dict(zip(METRICS, (0.4, 0.4, 1.3 / 8, 0.02, 0.0), strict=True)))
    intervals = intervals.assign(low=intervals["mean"] - half, high=intervals["mean"] + half)
    printed = printed_table("table1_ivif")
    apart = against_intervals(residuals(means, printed), intervals)
    assert apart["metric"].iloc[0] == "PSNR" and apart["widths"].iloc[0] == pytest.approx(8)
    assert apart.set_index("metric")["widths"].isna()["Qabf"], "an interval without width measures nothing"


def test_without_printed_methods_there_are_no_rows() -> None:
    means = MEANS.assign(method="Mine")
    intervals = pd.DataFrame(columns=["dataset", "protocol", "method", "metric", "low", "high"])
    printed = printed_table("table1_ivif")
    apart = against_intervals(residuals(means, printed), intervals)
    rows = printed_rows(digits(means, printed), apart)
    assert apart.empty and rows.empty
    assert list(rows.columns) == ["dataset", "method", "pairs", "equal", "inside", "farthest", "difference", "widths"]
