"""Verdicts from result files: every claim of the study can come out either way when the numbers change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from isfstudy.paper.claims import load_claims
from isfstudy.paper.coverage import LEAST
from isfstudy.paper.evidence import ClaimError, printed_rows
from isfstudy.paper.scorecard import judge, measured, scorecard
from isfstudy.paper.verdicts import CONTRADICTS, MEANING, SUPPORTS, UNDECIDED
from isfstudy.places import repository

PUBLISHED = repository() / "results" / "published" / "real"
CLAIMS = load_claims()
TESTED = [claim for claim in CLAIMS if claim["test"] != "none"]
COLUMNS = [
    "id",
    "whose",
    "section",
    "source",
    "claim",
    "test",
    "verdict",
    "direction",
    "asked",
    "found",
    "hold",
    "measured",
    "power",
    "coverage",
    "where",
    "experiment",
]


def all_rows(claim: dict[str, Any]) -> pd.DataFrame:
    """A row for everything that the claim names, with all pairs, methods, seeds and steps that it is about."""
    where = dict(claim["evidence"].get("where", {}))
    about = claim.get("about", {})
    if "printed" in claim and claim["test"] == "compared":
        where["method"] = [name for name in printed_rows(claim)["method"].unique() if name != "ISF (released)"]
    if isinstance(about.get("pairs"), dict):
        where["dataset"] = where.get("dataset", list(about["pairs"]))
    lists = {name: each if isinstance(each, list) else [each] for name, each in where.items()}
    table = pd.MultiIndex.from_product(lists.values(), names=lists).to_frame(index=False)
    pairs = about.get("pairs", 50)
    table["pairs"] = table["dataset"].map(pairs) if isinstance(pairs, dict) else pairs
    if claim["evidence"]["file"].endswith(("contrasts.csv", "over_seeds.csv")):
        table["seeds"] = 8
    return table.assign(**LEAST) if "ours-" in str(where) or "variant" in where else table


def evidence(claim: dict[str, Any], way: str) -> pd.DataFrame:
    """A result file in which every part of the claim goes that way."""
    table, test = all_rows(claim), claim["test"]
    sign = {SUPPORTS: 1, CONTRADICTS: -1, UNDECIDED: 0}[way]
    if test == "printed":
        row = printed_rows(claim).iloc[0]
        offset = claim.get("offset", {})
        values = {name: float(row[name]) - offset.get(name, 0) + (0 if sign > 0 else 30) for name in claim["values"]}
        return table.assign(**values)
    if test == "compared":
        return table.assign(difference=claim["expected"] * (sign or 1), p_holm=0.01 if sign else 0.5)
    if test == "judged":
        words = {1: claim["supports"], -1: claim["contradicts"], 0: ["who knows"]}[sign]
        return table.assign(**{claim["column"]: words[0], claim.get("label", "metric"): "so it is"} | dict(table))
    if test == "effect":
        middle = claim["expected"] * claim.get("matters", 0) + claim["expected"] * sign
        return table.assign(mean=middle, low=middle - (0.1 if sign else 2), high=middle + (0.1 if sign else 2))
    if test == "paired":
        return images_apart(claim, table, sign)
    limits = {name: [-1e9 if one is None else one for one in each[:1]] + [1e9 if each[1] is None else each[1]]
              for name, each in claim["between"].items()}  # fmt: skip
    inside = {name: (low + high) / 2 for name, (low, high) in limits.items()}
    outside = {name: low - 1 if low > -1e9 else high + 1 for name, (low, high) in limits.items()}
    return table.assign(**(inside if sign > 0 else outside))


def images_apart(claim: dict[str, Any], table: pd.DataFrame, sign: int) -> pd.DataFrame:
    by, tables = claim.get("by", "method"), []
    for row in table.drop(columns=by, errors="ignore").drop_duplicates().to_dict("records"):
        stems = [f"{number:03}" for number in range(row.pop("pairs"))]
        noise = np.where(np.arange(len(stems)) % 2, 1, -1) * (0.01 if sign else 5.0)
        for name, size in ((claim["of"], sign), (claim["than"], 0)):
            values = {metric: claim["expected"] * size + noise * (name == claim["of"]) for metric in claim["values"]}
            tables.append(pd.DataFrame({"stem": stems} | values).assign(**row, **{by: name}))
    return pd.concat(tables)


def reached(claim: dict[str, Any], study: Path) -> set[str]:
    """The words that a claim's verdict takes as its numbers change, its evidence missing among them."""
    table = evidence(claim, SUPPORTS)
    changed = [table, *(evidence(claim, way) for way in (CONTRADICTS, UNDECIDED))]
    changed += [table.assign(pairs=1)] if "pairs" in table else []
    words = {judge(claim, study / "empty")["verdict"]}
    return words | {judge(claim, written(claim, each, study))["verdict"] for each in changed}


def written(claim: dict[str, Any], table: pd.DataFrame, study: Path) -> Path:
    file = study / claim["evidence"]["file"]
    file.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(file, index=False)
    return study


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: claim["id"])
def test_every_claim_can_come_out_in_every_way(tmp_path: Path, claim: dict[str, Any]) -> None:
    found = judge(claim, written(claim, evidence(claim, SUPPORTS), tmp_path))
    whole = "limits" not in claim and "ours-" not in str(claim["evidence"]) and "variant" not in str(claim["evidence"])
    assert found["verdict"] == ("confirmed" if whole else "partly") and found["direction"] == SUPPORTS, found
    found = judge(claim, written(claim, evidence(claim, CONTRADICTS), tmp_path))
    assert found["verdict"] == "not confirmed" and found["direction"] == CONTRADICTS, found
    if claim["test"] not in ("printed", "between") and not claim.get("means"):
        found = judge(claim, written(claim, evidence(claim, UNDECIDED), tmp_path))
        assert found["verdict"] == "undecided" and found["direction"] == UNDECIDED, found


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: claim["id"])
def test_parts_that_go_different_ways_confirm_a_claim_partly(tmp_path: Path, claim: dict[str, Any]) -> None:
    good, bad = (evidence(claim, way).reset_index(drop=True) for way in (SUPPORTS, CONTRADICTS))
    if claim["test"] == "printed":
        mixed = bad.assign(**{name: good[name] for name in claim["values"][:1]})
    elif claim["test"] == "paired" or (claim["test"] == "between" and len(claim["between"]) < 2) or len(good) < 2:
        return  # a claim of one part
    elif claim["test"] == "between":
        mixed = good.assign(**{name: bad[name] for name in list(claim["between"])[:1]})
    elif "together" in claim:
        many = [column for column in ("dataset", "metric") if column in good and good[column].nunique() > 1]
        if not many:
            return
        mixed = pd.concat([good[good[many[0]] == good[many[0]][0]], bad[bad[many[0]] != bad[many[0]][0]]])
    else:
        mixed = pd.concat([good[:1], bad[1:]])
    found = judge(claim, written(claim, mixed, tmp_path))
    assert found["verdict"] == "partly" and found["direction"] == CONTRADICTS, found


@pytest.mark.parametrize("claim", [each for each in TESTED if "pairs" in each.get("about", {})], ids=lambda c: c["id"])
def test_too_few_pairs_decide_nothing_and_some_confirm_in_part(tmp_path: Path, claim: dict[str, Any]) -> None:
    table = evidence(claim, SUPPORTS)
    if "pairs" in table:
        few = judge(claim, written(claim, table.assign(pairs=1), tmp_path))
        assert few["verdict"] == "not testable here" and few["direction"] == UNDECIDED and few["measured"]
        part = judge(claim, written(claim, table.assign(pairs=(table["pairs"] * 0.5).astype(int)), tmp_path))
        assert part["verdict"] == ("not testable here" if claim["test"] == "printed" else "partly"), part


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: claim["id"])
def test_every_verdict_comes_out_otherwise_when_its_numbers_change(tmp_path: Path, claim: dict[str, Any]) -> None:
    words = reached(claim, tmp_path)
    assert {"not confirmed", "not testable here"} < words and words & {"confirmed", "partly"}, words


def test_every_word_is_reached_by_several_claims(tmp_path: Path) -> None:
    found = [word for number, claim in enumerate(TESTED) for word in reached(claim, tmp_path / str(number))]
    assert {word for word in MEANING if found.count(word) >= 5} >= {*MEANING} - {"partly"} and "partly" in found


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: claim["id"])
def test_a_line_names_what_was_expected_and_what_was_found(tmp_path: Path, claim: dict[str, Any]) -> None:
    for way in (SUPPORTS, CONTRADICTS):
        found = judge(claim, written(claim, evidence(claim, way), tmp_path))
        holding, _, parts = found["hold"].partition(" of ")
        assert found["asked"] and found["found"] and "(printed" not in found["found"]
        assert int(holding) == (int(parts) if way == SUPPORTS else 0)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="needs the published results")
def test_every_published_verdict_has_direction_power_and_coverage() -> None:
    card = pd.read_csv(PUBLISHED / "10_scorecard" / "tables" / "scorecard.csv", keep_default_na=False)
    assert set(card["verdict"]) <= set(MEANING) and set(card["direction"]) <= {SUPPORTS, CONTRADICTS, UNDECIDED}
    assert (card[["measured", "power", "coverage"]] != "").all(axis=None) and len(card) >= 55
    decided = card[card["verdict"] != "not testable here"]
    assert decided["power"].str.contains(r"\d").all()
    assert (decided.loc[decided["verdict"] == "confirmed", "direction"] == SUPPORTS).all()
    assert (decided.loc[decided["verdict"] == "not confirmed", "direction"] == CONTRADICTS).all()


def test_without_results_nothing_is_claimed(tmp_path: Path) -> None:
    card = scorecard(tmp_path)
    assert list(card.columns) == COLUMNS and len(card) == len(CLAIMS)
    assert (card["verdict"] == "not testable here").all() and (card["measured"] != "").all()
    assert (card["direction"] == UNDECIDED).all() and set(card["verdict"]) <= set(MEANING)
    assert card.iloc[0]["experiment"] == "spurious_shift"


CLAIM = {
    "id": "rank",
    "says": "It is above.",
    "source": "Table 1",
    "test": "compared",
    "expected": -1,
    "evidence": {"file": "03/tables/tests.csv", "where": {"dataset": "TNO"}},
    "printed": {"table": "table1_ivif", "where": {"dataset": "TNO"}},
}
ROWS = pd.DataFrame(
    {"dataset": "TNO", "method": ["SAGE", "Wavelet"], "images": 40, "difference": [-1.0, 1.0], "p_holm": 0.01}
)


def test_a_method_that_the_paper_did_not_compare_with_does_not_decide(tmp_path: Path) -> None:
    found = judge(CLAIM, written(CLAIM, ROWS, tmp_path))
    assert found["verdict"] == "confirmed" and found["power"] == "40 pairs", "images are pairs"


def test_a_typed_verdict_has_no_effect_and_our_reading_is_said(tmp_path: Path) -> None:
    claim = CLAIM | {"verdict": "confirmed", "reading": "by more than chance"}
    found = judge(claim, written(claim, ROWS.assign(difference=1.0), tmp_path))
    assert found["verdict"] == "not confirmed" and found["claim"].endswith("(Our reading: by more than chance.)")


def test_a_file_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match=r"claim rank: .*tests.csv has no column dataset"):
        judge(CLAIM, written(CLAIM, ROWS.drop(columns="dataset"), tmp_path))
    empty = tmp_path / "empty.csv"
    empty.write_text("\n")
    assert measured(CLAIM, empty).empty
    empty.write_text("protocol,lead\n")
    assert measured(CLAIM, empty).empty, "a table without rows tells nothing, whatever its columns"
    assert measured(CLAIM, tmp_path / "none.csv").empty


def test_what_is_too_little_shows_numbers_without_deciding(tmp_path: Path) -> None:
    claim = CLAIM | {"about": {"pairs": 4200}}
    found = judge(claim, written(claim, ROWS, tmp_path))
    assert found["verdict"] == "not testable here"
    assert (
        found["measured"] == "too little to tell (40 of 4200 pairs); here -1" and "supported" not in found["measured"]
    )


def test_the_detectors_claim_of_blur_asks_the_same_images_blurred(tmp_path: Path) -> None:
    """And not how another method's images score."""
    (claim,) = [each for each in CLAIMS if each["id"] == "section4.3.1-blurred"]
    where = claim["evidence"]["where"]
    assert where["reference"] == "as it is" and where["method"] == ["blurred by 1", "blurred by 2"]
    assert judge(claim, tmp_path)["verdict"] == "not testable here", "without the file"
