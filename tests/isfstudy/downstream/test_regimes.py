"""Which images are trained on and tested on; on scenes, with a network of one layer."""

from __future__ import annotations

from isfstudy.downstream.regimes import (
    REGIMES,
    Comparison,
    everything_found,
    found_under,
    halves,
    inputs,
    made_table,
    trainings,
)
from isfstudy.downstream.runs import folder_name
from tests.helpers.downstream import BENCH, BUDGET


def test_halves_share_nothing_and_keep_neighbours_together(study) -> None:
    (_, test, _), _, _ = study
    first, second = halves(test.pairs)
    assert set(first) | set(second) == set(test.pairs) and not set(first) & set(second)
    for dark in (True, False):
        sides = [[pair.stem for pair in half if pair.stem.endswith("N") is dark] for half in (first, second)]
        assert not sides[0] or not sides[1] or max(sides[0]) < min(sides[1])


def test_three_regimes(study) -> None:
    """Sources and a network have everything; a folder's images are adapted to, and never trained on the test half."""
    (train, test, _), counted, root = study
    folder = {pair.stem: pair.infrared for pair in test.pairs}
    network = {"ISF (a)": lambda stem, infrared, visible: infrared}
    everywhere, test_only = inputs(network, {"ISF (a)": {"sha256": "0" * 64}}, {"Other": folder})
    comparison = Comparison(train, test, everywhere, test_only, BUDGET, BUDGET._replace(steps=2))
    results = everything_found(BENCH, comparison)
    assert {key[0] for key in results} == set(REGIMES)
    assert [name for regime, name in results if regime == "own"] == ["Visible", "Infrared", "Average", "ISF (a)"]
    assert ("adapted", "Other") in results and ("own", "Other") not in results
    assert all(list(each[0]) == [pair.stem for pair in test.pairs] for each in results.values())
    assert len(counted) == 5 + 2 * 5  # four inputs and the sources together; both halves of five inputs
    names = {folder_name(BENCH, run) for run in trainings(comparison)}
    assert len(names) == 5 and names < set(counted) and len(set(counted)) == 15
    assert [row["trained on"] for row in made_table(BENCH, comparison)][-1] == "Visible + Infrared + Average"
    everything_found(BENCH, comparison)
    assert len(counted) == 15
    found_under("own", "Visible", 1, BENCH, comparison)
    assert len(counted) == 16 and "seed1" in counted[-1]
