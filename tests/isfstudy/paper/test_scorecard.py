"""The claims: what stands in the file, and every verdict from made-up result files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from isfcore.metrics import METRICS
from isfstudy.paper.printed import OURS, printed_table
from isfstudy.paper.scorecard import ClaimError, judge, load_claims, scorecard
from isfstudy.report.results import VERDICTS

FILE = "03/tables/table1.csv"
WHERE = {"dataset": "TNO", "protocol": "paper"}
PRINTED = {
    "id": "row",
    "says": "TNO scores AG 5.128 and PSNR 62.06.",
    "source": "Table 1",
    "test": "equals_printed",
    "evidence": {"file": FILE, "where": {**WHERE, "method": OURS}},
    "values": ["AG", "PSNR"],
    "printed": {"table": "table1_ivif", "where": {"dataset": "TNO", "method": OURS}},
    "pairs": 40,
}
HIGHEST = {
    "id": "best",
    "says": "The best.",
    "source": "Table 1",
    "test": "highest",
    "evidence": {"file": FILE, "where": WHERE},
    "of": {"method": OURS},
    "values": ["AG", "PSNR"],
    "printed": {"table": "table1_ivif", "where": {"dataset": "TNO"}},
    "pairs": 40,
}
ALL_OTHERS = dict.fromkeys(set(printed_table("table1_ivif")["method"]) - {OURS, "SAGE"}, (1, 10))


def results(study: Path, rows: dict[str, tuple[float, ...]], pairs: int = 40) -> Path:
    """A result file with AG and PSNR by method, beside rows that the claims are not about."""
    table = [
        {"dataset": dataset, "method": method, "protocol": protocol, "pairs": pairs, "AG": ag + off, "PSNR": psnr + off}
        for method, (ag, psnr) in rows.items()
        for dataset, protocol, off in (("TNO", "paper", 0), ("TNO", "standard", 50), ("MSRS", "paper", 70))
    ]
    (study / FILE).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(table).to_csv(study / FILE, index=False)
    return study


def verdict(claim: dict[str, Any], study: Path) -> str:
    return judge(claim, study)["verdict"]


@pytest.mark.parametrize(
    ("ag", "psnr", "expected"),
    [
        (5.1281, 62.0649, "confirmed"),
        (5.1286, 62.06, "partly"),
        (5.1274, 62.07, "not confirmed"),
        (float("nan"), float("nan"), "not confirmed"),
    ],
)
def test_equals_printed(tmp_path: Path, ag: float, psnr: float, expected: str) -> None:
    assert verdict(PRINTED, results(tmp_path, {OURS: (ag, psnr)})) == expected


def test_what_was_measured_is_said_with_the_printed_digits(tmp_path: Path) -> None:
    judged = judge(PRINTED, results(tmp_path, {OURS: (5.12849, 62.1)}))
    assert judged["measured"] == "AG 5.128, PSNR 62.10 (printed 62.06); 40 of 40 pairs"
    assert judged["where"] == FILE and judged["claim"] == PRINTED["says"] and judged["source"] == "Table 1"


@pytest.mark.parametrize(
    ("ag", "psnr", "expected"),
    [
        (5.128, 62.06, "confirmed"),
        (5.32, 61.77, "confirmed"),
        (5.34, 62.06, "partly"),
        (5.128, 62.4, "partly"),
        (4.9, 61.7, "not confirmed"),
    ],
)
def test_close_to_printed(tmp_path: Path, ag: float, psnr: float, expected: str) -> None:
    claim = {**PRINTED, "test": "close_to_printed", "tolerance": {"AG": 0.2, "PSNR": 0.3}}
    assert verdict(claim, results(tmp_path, {OURS: (ag, psnr)})) == expected


@pytest.mark.parametrize(
    ("ours", "expected"),
    [((6, 70), "confirmed"), ((5, 60), "confirmed"), ((6, 50), "partly"), ((4, 50), "not confirmed")],
    ids=["above", "ties", "one of two", "below"],
)
def test_highest(tmp_path: Path, ours: tuple[float, float], expected: str) -> None:
    study = results(tmp_path, {"SAGE": (5, 60), OURS: ours, **ALL_OTHERS})
    judged = judge(HIGHEST, study)
    assert judged["verdict"] == expected
    assert judged["measured"].endswith("; 40 of 40 pairs, 10 of 10 methods")
    assert ("best: SAGE" in judged["measured"]) == (expected != "confirmed")


def test_a_method_that_the_paper_did_not_compare_with_does_not_decide(tmp_path: Path) -> None:
    study = results(tmp_path, {"SAGE": (5, 60), OURS: (6, 70), **ALL_OTHERS, "Average": (9, 99)})
    assert verdict(HIGHEST, study) == "confirmed"


def test_a_ranking_on_part_of_the_evidence_is_at_best_partly_confirmed(tmp_path: Path) -> None:
    few_methods = results(tmp_path, {"SAGE": (5, 60), OURS: (6, 70)})
    judged = judge(HIGHEST, few_methods)
    assert judged["verdict"] == "partly" and judged["measured"].endswith("2 of 10 methods")
    few_pairs = results(tmp_path, {"SAGE": (5, 60), OURS: (6, 70), **ALL_OTHERS}, pairs=8)
    assert verdict(HIGHEST, few_pairs) == "partly"
    too_few = results(tmp_path, {"SAGE": (5, 60), OURS: (6, 70), **ALL_OTHERS}, pairs=7)
    assert verdict(HIGHEST, too_few) == "not testable here"


@pytest.mark.parametrize("claim", [PRINTED, HIGHEST], ids=["printed", "highest"])
def test_without_evidence_nothing_is_claimed(tmp_path: Path, claim: dict[str, Any]) -> None:
    judged = judge(claim, tmp_path)
    assert judged["verdict"] == "not testable here" and "no such row" in judged["measured"]
    study = results(tmp_path, {"SAGE": (9, 99)})  # a file, without our row
    assert verdict(claim, study) == "not testable here"


def test_printed_numbers_need_all_pairs(tmp_path: Path) -> None:
    judged = judge(PRINTED, results(tmp_path, {OURS: (5.128, 62.06)}, pairs=39))
    assert judged["verdict"] == "not testable here" and "39 of 40 pairs" in judged["measured"]


def test_our_reading_stands_beside_a_vague_claim(tmp_path: Path) -> None:
    judged = judge({**PRINTED, "reading": "AG is a mean"}, results(tmp_path, {OURS: (5.128, 62.06)}))
    assert judged["claim"] == f"{PRINTED['says']} (Our reading: AG is a mean.)"


def test_no_test_no_verdict(tmp_path: Path) -> None:
    claim = {"id": "x", "says": "Later.", "source": "Figure 6", "test": "none", "why": "no notebook measures it"}
    judged = judge(claim, tmp_path)
    assert (judged["verdict"], judged["measured"], judged["where"]) == ("not testable here", claim["why"], "")


@pytest.mark.parametrize("claim", [PRINTED, HIGHEST], ids=["printed", "highest"])
def test_a_typed_verdict_has_no_effect(tmp_path: Path, claim: dict[str, Any]) -> None:
    study = results(tmp_path, {"SAGE": (9, 99), OURS: (1, 1)})
    assert verdict({**claim, "verdict": "confirmed", "measured": "all"}, study) == "not confirmed"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": None}, "lacks id"),
        ({"says": None}, "claim row: lacks says"),
        ({"test": "guess"}, "claim row: no test 'guess'; there are equals_printed"),
        ({"values": None}, "claim row: lacks values"),
        ({"printed": None}, "claim row: lacks printed"),
        ({"printed": {"table": "table1_ivif"}}, "claim row, printed: lacks where"),
        ({"evidence": {"where": {}}}, "claim row, evidence: lacks file"),
        ({"test": "close_to_printed"}, "claim row: lacks tolerance"),
        ({"test": "highest"}, "claim row: lacks of"),
        ({"test": "none"}, "claim row: lacks why"),
    ],
)
def test_a_malformed_claim_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    claim = {key: value for key, value in (PRINTED | wrong).items() if value is not None}
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump([claim]))
    with pytest.raises(ClaimError, match=said):
        load_claims(path)


def test_a_file_that_is_no_list_and_an_id_twice_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    for text in ("", "a: b", "- one\n- two"):
        path.write_text(text)
        with pytest.raises(ClaimError, match="claims.yaml must be a list of claims"):
            load_claims(path)
    path.write_text(yaml.safe_dump([PRINTED, PRINTED]))
    with pytest.raises(ClaimError, match="two claims have the id 'row'"):
        load_claims(path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"values": ["AG", "VIF"]}, "claim row: .*table1.csv has no column VIF"),
        ({"evidence": {"file": FILE, "where": {"set": "TNO"}}}, "claim row: .* has no column set"),
        ({"evidence": {"file": FILE, "where": {"method": OURS}}}, "claim row: 3 measured rows where one"),
        ({"printed": {"table": "table1_ivif", "where": {"dataset": "TNO"}}}, "claim row: 10 printed rows where one"),
    ],
)
def test_a_claim_that_does_not_fit_its_files_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ClaimError, match=said):
        judge(PRINTED | wrong, results(tmp_path, {OURS: (5.128, 62.06)}))


# the study's own claims


def test_the_studys_claims_load_and_need_no_results(tmp_path: Path) -> None:
    card = scorecard(tmp_path)
    assert len(card) == len(load_claims()) >= 10
    assert (card["verdict"] == "not testable here").all() and (card["measured"] != "").all()
    assert set(card["verdict"]) <= set(VERDICTS)


@pytest.mark.parametrize("claim", [each for each in load_claims() if "_printed" in each["test"]], ids=lambda c: c["id"])
def test_claims_about_a_printed_row_are_confirmed_by_that_row_alone(tmp_path: Path, claim: dict[str, Any]) -> None:
    """The printed row itself, as a result file, confirms the claim; a row of zeros does not."""
    table = printed_table(claim["printed"]["table"])
    for column, value in claim["printed"]["where"].items():
        table = table[table[column] == value]
    row = table.iloc[:1].assign(**claim["evidence"]["where"], pairs=claim.get("pairs", 1))
    file = tmp_path / claim["evidence"]["file"]
    file.parent.mkdir(parents=True)
    row.to_csv(file, index=False)
    assert verdict(claim, tmp_path) == "confirmed"
    row.assign(**dict.fromkeys(claim["values"], 0.0)).to_csv(file, index=False)
    assert verdict(claim, tmp_path) == "not confirmed"


@pytest.mark.parametrize("claim", [each for each in load_claims() if each["test"] == "highest"], ids=lambda c: c["id"])
def test_claims_of_being_best_hold_in_the_printed_table(tmp_path: Path, claim: dict[str, Any]) -> None:
    """What the paper calls best is best by its own numbers, and no value that is best is left out of the claim."""
    where = claim["evidence"]["where"]
    table = printed_table(claim["printed"]["table"]).rename(columns={"mAP": "mAP50"})  # which overlap is not printed
    summaries = [name for name in (*METRICS, "mAP50", "mIoU") if name in table]
    table = table.astype(dict.fromkeys(summaries, float))
    table = table.query("dataset == @where['dataset']") if "dataset" in table else table
    file = tmp_path / claim["evidence"]["file"]
    file.parent.mkdir(parents=True)
    table.assign(**{key: value for key, value in where.items() if key != "method"}, pairs=4200).to_csv(
        file, index=False
    )
    assert verdict(claim, tmp_path) == "confirmed"
    best = [metric for metric in summaries if table.loc[table[metric].idxmax(), "method"] == OURS]
    assert claim["values"] == best


@pytest.mark.parametrize("claim", load_claims(), ids=lambda c: c["id"])
def test_numbers_in_a_claims_sentence_are_the_printed_ones(claim: dict[str, Any]) -> None:
    if claim["test"] in ("equals_printed", "close_to_printed") and "scores" in claim["says"]:
        where = claim["printed"]["where"]
        row = printed_table(claim["printed"]["table"]).set_index(list(where)).loc[tuple(where.values())]
        for value in claim["values"]:
            assert f"{value} {row[value]}" in claim["says"]


TALLY = {
    "id": "order",
    "says": "Dropout harms most.",
    "source": "Figure 6",
    "test": "tally",
    "evidence": {"file": "05/tables/ordering.csv", "where": {"network": OURS, "comparison": ["a > b", "a > c"]}},
    "column": "verdict",
    "confirms": ["holds"],
    "pairs": 10,
    "least": {"steps": 100},
}


@pytest.mark.parametrize(
    ("verdicts", "pairs", "steps", "expected"),
    [
        (["holds", "holds"], 10, 100, "confirmed"),
        (["holds", "holds"], 9, 100, "partly"),
        (["holds", "reversed"], 10, 100, "partly"),
        (["undecided", "reversed"], 10, 100, "not confirmed"),
        (["holds", "holds"], 1, 100, "not testable here"),
        (["holds", "holds"], 10, 99, "not testable here"),
    ],
)
def test_tally_counts_the_rows_it_is_about(tmp_path, verdicts, pairs, steps, expected) -> None:
    rows = [("a > b", verdicts[0], OURS), ("a > c", verdicts[1], OURS), ("b > c", "odd", OURS), ("a > b", "odd", "B")]
    table = pd.DataFrame(rows, columns=["comparison", "verdict", "network"]).assign(pairs=pairs, steps=steps)
    (tmp_path / "05" / "tables").mkdir(parents=True)
    table.to_csv(tmp_path / TALLY["evidence"]["file"], index=False)
    judged = judge(TALLY, tmp_path)
    assert judged["verdict"] == expected and "odd" not in judged["measured"]
    assert f"{verdicts.count(verdicts[0])} x {verdicts[0]}" in judged["measured"]


def test_tally_of_a_file_without_its_column_is_refused(tmp_path) -> None:
    (tmp_path / "05" / "tables").mkdir(parents=True)
    pd.DataFrame({"network": [OURS], "pairs": [1]}).to_csv(tmp_path / TALLY["evidence"]["file"], index=False)
    with pytest.raises(ClaimError, match="no column comparison, steps, verdict"):
        judge(TALLY, tmp_path)


def test_the_study_judges_at_least_25_claims() -> None:
    assert len(load_claims()) >= 25
