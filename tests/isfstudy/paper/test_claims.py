"""The claims as they stand in the file: whole, unique, and true to the printed tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from isfcore.metrics import METRICS
from isfstudy.paper.claims import load_claims
from isfstudy.paper.evidence import ClaimError
from isfstudy.paper.printed import OURS, printed_table
from isfstudy.spurious_shift import shortcut
from isfstudy.spurious_shift.outcomes import QUESTIONS, RESPONSES
from isfstudy.trainings.over_seeds import LEFT_AWAY, LOST

CLAIMS = load_claims()
CLAIM = {
    "id": "row",
    "says": "So it is.",
    "source": "Table 1",
    "test": "printed",
    "evidence": {"file": "03/tables/table1.csv", "where": {}},
    "values": ["AG"],
    "printed": {"table": "table1_ivif", "where": {"dataset": "TNO", "method": OURS}},
    "about": {"pairs": 40},
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": None}, "lacks id"),
        ({"says": None}, "claim row: lacks says"),
        ({"test": "guess"}, "claim row: no test 'guess'; there are printed, compared"),
        ({"values": None}, "claim row: lacks values"),
        ({"printed": None}, "claim row: lacks printed"),
        ({"about": None}, "claim row: lacks about"),
        ({"printed": {"table": "table1_ivif"}}, "claim row, printed: lacks where"),
        ({"evidence": {"where": {}}}, "claim row, evidence: lacks file"),
        ({"test": "compared"}, "claim row: lacks expected"),
        ({"test": "judged"}, "claim row: lacks column, supports, contradicts"),
        ({"test": "between"}, "claim row: lacks between"),
        ({"test": "none"}, "claim row: lacks why"),
        ({"whose": "mine"}, "claim row: whose must be one of paper, notes, ours, not 'mine'"),
        ({"means": True, "about": {}}, "claim row: means need all pairs"),
        ({"experiment": "guesswork"}, "claim row: paper/hypotheses.yaml has no experiment 'guesswork'"),
    ],
)
def test_a_malformed_claim_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    claim = {key: value for key, value in (CLAIM | wrong).items() if value is not None}
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
    path.write_text(yaml.safe_dump([CLAIM, CLAIM]))
    with pytest.raises(ClaimError, match="two claims have the id 'row'"):
        load_claims(path)


def test_at_least_55_claims_the_central_one_first_and_ours_marked() -> None:
    assert len(CLAIMS) >= 55 and CLAIMS[0]["id"] == "spurious-correlations"
    whose = [claim.get("whose", "paper") for claim in CLAIMS]
    assert whose.count("notes") >= 5 and whose.count("ours") >= 5
    assert all(claim["id"].startswith(("ours-", "spurious-rival", "spurious-instrument")) == (by == "ours")
               for claim, by in zip(CLAIMS, whose, strict=True))  # fmt: skip


def test_the_claims_that_a_hostile_reader_missed_are_there() -> None:
    """Section a of the review: what the paper and its notes say, and no claim stood for."""
    missed = {"gate-stability", "gate-binary", "necessity-maximises", "gate-mean", "comparable-losses", "epochs"}
    missed |= {"pooled-attention", "robust-extreme-conditions", "robust-under-shift", "spurious-correlations"}
    missed |= {"figure5-thermal", "notes-passes", "masks-as-augmentation", "encoders-shared", "encoders-fed"}
    missed |= {f"table1-msrs-{name}" for name in ("lrrnet", "sage", "mufusion", "lutfuse")}
    assert missed <= {claim["id"] for claim in CLAIMS}


def test_what_is_not_tested_says_why_or_which_experiment_will() -> None:
    for claim in CLAIMS:
        if claim["test"] == "none":
            assert len(claim["why"]) > 20
    waiting = {claim["id"] for claim in CLAIMS if claim["test"] == "none" and "experiment" not in claim}
    assert waiting == {"robust-extreme-conditions"}


def test_the_central_claim_asks_what_notebook_14_answers() -> None:
    asked = [claim for claim in CLAIMS if "14_spurious_shift" in claim.get("evidence", {}).get("file", "")]
    assert len(asked) == 6 and asked[0] is CLAIMS[0]
    for claim in asked:
        where = claim["evidence"]["where"]
        assert (QUESTIONS | shortcut.QUESTIONS)[where["question"]].expected == claim["expected"]
        assert set(where.get("infrared", [])) <= set(RESPONSES.values())


@pytest.mark.parametrize("claim", [each for each in CLAIMS if each["test"] == "printed"], ids=lambda each: each["id"])
def test_numbers_in_a_claims_sentence_are_the_printed_ones(claim: dict[str, Any]) -> None:
    where = claim["printed"]["where"]
    row = printed_table(claim["printed"]["table"]).set_index(list(where)).loc[tuple(where.values())]
    if "scores" in claim["says"]:
        assert all(f"{value} {row[value]}" in claim["says"] for value in claim["values"])
    assert set(claim["values"]) == set(METRICS), "no metric of a row is left out"


@pytest.mark.parametrize("claim", [each for each in CLAIMS if each.get("means")], ids=lambda each: each["id"])
def test_claims_of_being_best_leave_out_no_column_that_is_best(claim: dict[str, Any]) -> None:
    table = printed_table("table1_ivif").query("dataset == @claim['printed']['where']['dataset']")
    table = table.astype(dict.fromkeys(METRICS, float))
    best = [metric for metric in METRICS if table.loc[table[metric].idxmax(), "method"] == OURS]
    assert claim["evidence"]["where"]["metric"] == best and claim["about"]["methods"] == len(table) - 1


def by_id(name: str) -> dict[str, Any]:
    (claim,) = [each for each in CLAIMS if each["id"] == name]
    return claim


def test_figure_6_is_judged_at_an_equal_dose_and_on_all_pairs() -> None:
    """A grid that hides half of both images was compared with holes that hide half a percent, on eight pairs."""
    comparisons = by_id("figure6-complementary")["evidence"]["where"]["comparison"]
    assert comparisons == ["complementary_holes > random_holes", "complementary_grid > random_grid"]
    for name in ("figure6-dropout", "figure6-complementary"):
        assert by_id(name)["about"]["pairs"] == {"TNO": 40, "MSRS": 361}


def test_segmentation_is_quoted_by_the_papers_protocol_too() -> None:
    """Place 1 of the adapted networks was quoted, and not place 6 of 8 of those trained as the paper says."""
    protocols = {by_id(name)["evidence"]["where"]["protocol"] for name in ("table4-segmentation", "table4-own")}
    assert protocols == {"adapted", "own"}


def test_table_5_is_said_to_rest_on_other_pairs() -> None:
    assert "none of the paper's 20 pairs" in by_id("table5-best")["limits"]


def test_the_metrics_source_is_asked_of_all_five() -> None:
    claim = by_id("metrics-source")
    assert claim["values"] == list(METRICS) and claim["offset"]["PSNR"] == pytest.approx(48.1308, abs=1e-4)


def test_vehicles_and_pedestrians_are_judged_by_their_own_classes() -> None:
    assert by_id("table4-apart")["evidence"]["where"]["metric"] == ["car", "person"]


def test_claims_about_training_rest_on_seeds_or_on_trainings_as_long_as_printed() -> None:
    """The same networks of 600 steps were untestable for Table 2, and evidence for Figure 6."""
    assert all(
        by_id(name)["evidence"]["file"].endswith("over_seeds.csv") for name in ("figure6-training", "table2-nec")
    )
    for claim in (by_id("masks-as-augmentation"), by_id("masks-more-than-augmentation")):
        where = claim["evidence"]["where"]
        assert where["arm"] in LEFT_AWAY and set(where["figure"]) == {"AG", "SF", *LOST}
    assert by_id("masks-as-augmentation")["supports"] == by_id("masks-more-than-augmentation")["contradicts"]
