"""How much is enough: pairs, methods, seeds and length of training, by the same rules for every claim."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from isfstudy.paper.coverage import LEAST, SEEDS, covered, power, smallest_seen

CLAIM = {"id": "x", "test": "compared", "evidence": {"file": "x.csv", "where": {}}}


def rows(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"dataset": ["TNO", "MSRS"]} | columns)


@pytest.mark.parametrize(
    ("pairs", "test", "whole", "enough"),
    [
        (40, "compared", True, True),
        (39, "compared", False, True),
        (8, "compared", False, True),
        (7, "compared", False, False),
        (39, "printed", False, False),
    ],
)
def test_pairs(pairs: int, test: str, whole: bool, enough: bool) -> None:
    _, found = covered(CLAIM | {"about": {"pairs": 40}, "test": test}, rows(pairs=[pairs, 50]))
    assert (found.whole, found.enough) == (whole, enough) and f"{pairs} of 40 pairs" in found.says


def test_a_set_with_too_few_pairs_is_left_out_and_said_to_be() -> None:
    """M3FD with ten of 4,200 pairs decides nothing for the claim about three benchmarks."""
    claim = CLAIM | {"about": {"pairs": {"TNO": 40, "MSRS": 361, "M3FD": 4200}}}
    table = pd.DataFrame({"dataset": ["TNO", "M3FD"], "pairs": [40, 10]})
    kept, found = covered(claim, table)
    assert kept["dataset"].to_list() == ["TNO"] and found.enough and not found.whole
    assert "M3FD 10 of 4200 pairs, too few and left out" in found.says and "MSRS 0 of 361" in found.says
    assert not covered(claim, table.assign(pairs=1))[1].enough


def test_methods_and_what_is_named_and_missing() -> None:
    claim = CLAIM | {"about": {"methods": 2}, "evidence": {"file": "x", "where": {"metric": ["AG", "CC"]}}}
    table = rows(method=["a", "b"], metric=["AG", "CC"])
    assert covered(claim, table)[1].whole
    _, found = covered(claim, table[:1])
    assert not found.whole and "1 of 2 methods" in found.says and "without CC" in found.says


def test_limits_keep_a_claim_from_being_whole() -> None:
    _, found = covered(CLAIM | {"limits": "scenes alone"}, rows())
    assert not found.whole and found.enough and found.says == "scenes alone"
    assert covered(CLAIM, rows())[1] == ("all of it", True, True)


@pytest.mark.parametrize("column", ["method", "network", "reference"])
def test_networks_trained_here_are_held_to_one_least_everywhere(column: str) -> None:
    """The same networks were untestable on one page and evidence on another."""
    table = rows(**{column: ["ISF (ours-full)", "x"]})
    assert not covered(CLAIM, table)[1].enough, "how long they were trained is not said"
    assert not covered(CLAIM, table.assign(steps=600, batch=16, side=256))[1].enough
    assert not covered(CLAIM, table.assign(steps=3350, batch=4, side=256))[1].enough
    _, found = covered(CLAIM, table.assign(**LEAST))
    assert found.enough and not found.whole and "one seed" in found.says, "one seed is not the claim"
    assert covered(CLAIM, rows(**{column: ["ISF (released)", "x"]}))[1].enough, (
        "the authors' own are what is claimed about"
    )


def test_trainings_over_seeds_take_six() -> None:
    assert 2 / 2**SEEDS < 0.05 < 2 / 2 ** (SEEDS - 1), "of a sign-flip test"
    assert not covered(CLAIM, rows(seeds=SEEDS - 1))[1].enough
    assert covered(CLAIM, rows(seeds=SEEDS))[1].enough


def test_power_names_what_it_rests_on_and_what_it_could_see() -> None:
    table = rows(pairs=[8, 40], method=["a", "b"], metric=["PSNR", "CC"], smallest=[0.34, 0.021])
    assert power(table) == "8 to 40 pairs, 2 methods, to within PSNR 0.34 dB, CC 0.021"
    assert power(rows(seeds=8, mean=0.0, low=-0.1, high=0.3)) == "8 seeds, to within 0.2"
    assert power(rows()) == "2 rows"


def test_what_could_not_have_been_seen_at_all() -> None:
    assert smallest_seen(rows(metric="CC", smallest=[math.inf, 0.1])) == "CC nothing"
    assert smallest_seen(rows()) == ""
