"""What rows of result files say of a claim, one kind of test after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from isfstudy.paper.evidence import ClaimError, between, compared, differences, effect, joined, judged, printed
from isfstudy.paper.printed import OURS
from isfstudy.paper.verdicts import CONTRADICTS, SUPPORTS, UNDECIDED

PRINTED = {
    "id": "row",
    "values": ["AG", "PSNR"],
    "printed": {"table": "table1_ivif", "where": {"dataset": "TNO", "method": OURS}},  # AG 5.128, PSNR 62.06
}


def ways(parts: list) -> list[str]:
    return [part.direction for part in parts]


@pytest.mark.parametrize(
    ("ag", "psnr", "found"),
    [
        (5.1281, 62.0649, [SUPPORTS, SUPPORTS]),
        (5.1286, 62.06, [CONTRADICTS, SUPPORTS]),
        (float("nan"), 62.07, [CONTRADICTS, CONTRADICTS]),
    ],
)
def test_printed_digits(ag: float, psnr: float, found: list[str]) -> None:
    assert ways(printed(PRINTED, pd.DataFrame({"AG": [ag], "PSNR": [psnr]}))) == found


def test_printed_with_tolerance_and_offset() -> None:
    """PSNR of another peak is the same metric up to 20 log10 255 dB, and counts for reference 18."""
    row = pd.DataFrame({"AG": [5.0], "PSNR": [13.93]})
    claim = PRINTED | {"tolerance": {"AG": 0.2, "PSNR": 0.3}, "offset": {"PSNR": 20 * np.log10(255)}}
    assert ways(printed(claim, row)) == [SUPPORTS, SUPPORTS]
    assert printed(claim, row)[0].says == "AG 5.000 (printed 5.128)"
    assert ways(printed(claim | {"offset": {}}, row)) == [SUPPORTS, CONTRADICTS]


def test_printed_takes_one_row_of_each() -> None:
    with pytest.raises(ClaimError, match="claim row: 2 measured and 1 printed rows"):
        printed(PRINTED, pd.DataFrame({"AG": [5.0] * 2, "PSNR": [62.0] * 2}))
    with pytest.raises(ClaimError, match="claim row: no printed row"):
        printed(
            PRINTED | {"printed": {"table": "table1_ivif", "where": {"dataset": "FLIR"}}}, pd.DataFrame({"AG": [5.0]})
        )


RIVALS = pd.DataFrame(
    {
        "dataset": "TNO",
        "metric": ["AG", "AG", "PSNR", "PSNR"],
        "method": ["SAGE", "LRRNet"] * 2,
        "pairs": 40,
        "difference": [-1.0, -0.1, -0.3, 0.3],
        "p_holm": [0.001, 0.2, 0.001, 0.001],
    }
)
AHEAD = {"id": "ahead", "expected": -1, "about": {"pairs": 40}, "evidence": {"where": {}}}


def test_not_worse_by_more_than_chance_is_no_lead() -> None:
    """The old rule counted a rival that is not significantly better as a confirmation."""
    assert ways(compared(AHEAD, RIVALS)) == [SUPPORTS, UNDECIDED, SUPPORTS, CONTRADICTS]
    assert compared(AHEAD, RIVALS)[3].says == "PSNR LRRNet +0.3 dB"


def test_means_decide_where_all_images_of_a_printed_claim_are_here() -> None:
    claim = AHEAD | {"means": True}
    assert ways(compared(claim, RIVALS)) == [SUPPORTS, SUPPORTS, SUPPORTS, CONTRADICTS]
    assert ways(compared(claim, RIVALS.assign(pairs=39))) == ways(compared(AHEAD, RIVALS)), "a sample needs the test"
    by_set = claim | {"about": {"pairs": {"TNO": 40}}}
    assert ways(compared(by_set, RIVALS.assign(difference=0.0))) == [SUPPORTS] * 4, "a tie is for the claim"


def test_the_highest_is_who_is_above_every_other() -> None:
    claim = AHEAD | {"together": "method"}
    found = joined(claim, RIVALS, compared(claim, RIVALS))
    assert ways(found) == [UNDECIDED, CONTRADICTS]
    assert [part.says for part in found] == [
        "AG (LRRNet -0.1; 1 of 2 hold)",
        "PSNR (LRRNet +0.3 dB; 1 of 2 hold)",
    ]
    all_ahead = RIVALS.assign(difference=-1.0, p_holm=0.01)
    assert [part.says for part in joined(claim, all_ahead, compared(claim, all_ahead))] == [
        "AG (all 2)",
        "PSNR (all 2)",
    ]


def test_rows_judged_where_they_were_measured() -> None:
    table = pd.DataFrame({"metric": ["PSNR", "CC", "AG"], "verdict": ["holds", "reversed", "undecided"]})
    claim = {"column": "verdict", "supports": ["holds"], "contradicts": ["reversed"]}
    assert ways(judged(claim, table)) == [SUPPORTS, CONTRADICTS, UNDECIDED]
    assert [part.says for part in judged(claim, table.assign(difference=1.5))] == ["PSNR +1.5 dB", "CC +1.5", "AG +1.5"]
    assert judged(claim, table[:1])[0].says == "holds", "a row alone is said by its word"
    small = table.assign(mean=-0.5, matters=0.02, expected=[-1, 1, -1])
    assert [part.asked for part in judged(claim | {"supports": ["seen"]}, small)[:2]] == [
        "-0.02 or less",
        "+0.02 or more",
    ]
    assert judged(claim, small)[0].asked == "short of -0.02 or less", "for a claim that nothing is there"
    booleans = {"column": "agrees", "supports": [True], "contradicts": [False]}
    assert ways(judged(booleans, pd.DataFrame({"agrees": [True, False]}))) == [SUPPORTS, CONTRADICTS]


def test_effects_with_a_size_that_matters() -> None:
    table = pd.DataFrame(
        {"infrared": ["intact", "black"], "mean": [-0.2, 0.01], "low": [-0.3, -0.02], "high": [-0.1, 0.04]}
    )
    found = effect({"expected": -1, "matters": 0.1}, table)
    assert ways(found) == [SUPPORTS, CONTRADICTS] and found[0].says == "intact -0.2 [-0.3, -0.1]"


def test_differences_paired_by_image() -> None:
    draws = np.random.default_rng(0)
    one, other = draws.normal(1, 1, 12), draws.normal(0, 1, 12)
    images = [f"{number:02}" for number in range(12)]
    rows = [("a", stem, value) for stem, value in zip(images, one, strict=True)]
    rows += [("b", stem, value) for stem, value in zip(images, other, strict=True)]
    table = pd.DataFrame(rows, columns=["method", "stem", "AG"]).assign(dataset="TNO")
    claim = {"of": "a", "than": "b", "values": ["AG"]}
    (row,) = differences(claim, table).to_dict("records")
    interval = ttest_rel(one, other).confidence_interval()
    assert [row["low"], row["high"], row["pairs"]] == pytest.approx([interval.low, interval.high, 12])
    assert differences(claim | {"than": "c"}, table).empty, "without one of them there is nothing to tell"
    assert differences(claim, table[table["stem"] == "00"]).empty


def test_differences_of_images_of_one_scene_are_one_observation() -> None:
    """Each of six images twice, as one scene: mean and interval are those of the six."""
    claim = {"id": "more", "of": "a", "than": "b", "values": ["AG"]}
    once = [0.5, 1.5, 1.0, -0.5, 2.0, 0.25]
    rows = [
        {"dataset": "TNO", "method": method, "stem": f"{place} {copy}", "cluster": f"{place}", "AG": value}
        for place, apart in enumerate(once)
        for copy in ("first", "again")
        for method, value in (("a", apart), ("b", 0.0))
    ]
    table = pd.DataFrame(rows)
    alone = differences(claim, table[table["stem"].str.endswith("first")].drop(columns="cluster")).iloc[0]
    joined, apart = (differences(claim, each).iloc[0] for each in (table, table.drop(columns="cluster")))
    assert joined[["mean", "low", "high"]].to_list() == pytest.approx(alone[["mean", "low", "high"]].to_list())
    assert apart["high"] - apart["low"] < 0.8 * (joined["high"] - joined["low"]) and joined["pairs"] == 12


@pytest.mark.parametrize(
    ("values", "found"),
    [([0.1, 0.12, 0.11], SUPPORTS), ([0.9, 0.92, 0.91], CONTRADICTS), ([0.1, 0.9, 0.2], UNDECIDED)],
)
def test_a_mean_over_images_has_to_lie_between_limits_with_its_interval(values: list[float], found: str) -> None:
    table = pd.DataFrame({"stem": list("abc"), "gate": values})
    assert ways(between({"between": {"gate": [0.0, 0.4]}}, table)) == [found]


def test_values_of_single_rows_lie_between_limits_or_not() -> None:
    table = pd.DataFrame({"dataset": ["TNO", "MSRS"], "steps": [6750.0, 3350.0]})
    found = between({"between": {"steps": [None, 3400]}}, table)
    assert ways(found) == [CONTRADICTS, SUPPORTS] and found[0].says == "TNO steps 6,750"


def test_psnr_is_never_said_in_percent() -> None:
    claims: dict[str, Any] = {"column": "verdict", "supports": ["worse"], "contradicts": ["better"]}
    table = pd.DataFrame({"metric": ["PSNR", "AG"], "verdict": "worse", "difference": [-0.331, 0.0418]})
    assert judged(claims, table)[0].says.endswith("-0.331 dB")
