"""Distances to the authors' checkpoint and the ranking by them, against small frames worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfstudy.trainings.closeness import ASPECTS, GATES, RESPONSES, distances, drift, looks_apart, ranking
from isfstudy.trainings.records import Record

AUTHORS = "the authors'"
FIRST = {metric: 10.0 for metric in METRICS} | dict.fromkeys(GATES, 0.3) | dict.fromkeys(RESPONSES, 0.2)


def row(network: str, dataset: str, **changes: float) -> dict:
    return {"stem": "1", "network": network, "dataset": dataset} | FIRST | changes


def test_distances_are_means_over_an_aspect_of_differences_of_means():
    behaviour = pd.DataFrame(
        [
            # Means over two pairs; `paired` comes first, so that the order of the rows shows in the answer.
            row("paired", "TNO", AG=11.0, CC=5.0, gate_full_size=0.7, without_infrared=0.1),
            row("paired", "TNO", AG=13.0, CC=9.0, gate_full_size=0.3, without_infrared=0.2),
            row(AUTHORS, "TNO", AG=8.0, without_infrared=0.25),
            row(AUTHORS, "TNO", AG=12.0, without_infrared=0.15),
            row("printed", "TNO", gate_half_size=0.0, gate_quarter_size=0.9, without_visible=0.6),
            row("printed", "TNO", gate_half_size=0.0, gate_quarter_size=0.9, without_visible=0.2),
        ]
    )
    table = distances(behaviour, AUTHORS)
    assert list(table.columns) == ["dataset", "network", "metrics", "gates", "dropped modality"]
    assert table[["dataset", "network"]].to_numpy().tolist() == [["TNO", "paired"], ["TNO", "printed"]]
    paired, printed = (table.loc[index, list(ASPECTS)].to_list() for index in (0, 1))
    # AG 12 for 10 and CC 7 for 10 of five metrics; a gate of 0.5 for 0.3 of three; 0.15 for 0.2 of two responses.
    assert paired == pytest.approx([(20 + 30) / 5, 20 / 3, 25 / 2])
    # Gates 0 and 0.9 for 0.3, not relative to it; a response of 0.4 for 0.2.
    assert printed == pytest.approx([0, (30 + 60) / 3, 100 / 2])


def test_each_data_set_has_its_own_reference():
    behaviour = pd.DataFrame(
        [
            row(AUTHORS, "TNO", AG=4.0),
            row("ours", "TNO", AG=5.0),
            row(AUTHORS, "MSRS", AG=5.0, PSNR=-20.0),
            row("ours", "MSRS", AG=5.0, PSNR=-15.0),
        ]
    )
    table = distances(behaviour, AUTHORS).set_index("dataset")
    assert table["metrics"].to_dict() == pytest.approx({"TNO": 25 / 5, "MSRS": 25 / 5}), "relative to the size"
    assert (table[["gates", "dropped modality"]] == 0).all(axis=None)


def test_without_the_reference_there_is_nothing_to_compare_with():
    table = distances(pd.DataFrame([row("ours", "TNO")]), AUTHORS)
    assert table.empty and list(table.columns) == ["dataset", "network", *ASPECTS]


def distance(**aspects: dict[str, list[float]]) -> pd.DataFrame:
    """Distances of networks by name, a column a data set."""
    rows = [
        {"dataset": dataset, "network": network} | {aspect: values[index] for aspect, values in by_aspect.items()}
        for index, dataset in enumerate(("TNO", "MSRS"))
        for network, by_aspect in aspects.items()
    ]
    return pd.DataFrame(rows)


def test_ranks_are_means_over_data_sets_and_ties_share_theirs():
    table = ranking(
        distance(
            last={"metrics": [9, 9], "gates": [5, 7], "dropped modality": [3, 3]},
            tied={"metrics": [2, 2], "gates": [5, 6], "dropped modality": [2, 3]},
            best={"metrics": [2, 1], "gates": [5, 1], "dropped modality": [1, 3]},
        )
    )
    assert list(table.columns) == ["network", *ASPECTS, "all"]
    assert table["network"].to_list() == ["best", "tied", "last"]
    expected = {
        "best": [(1.5 + 1) / 2, (2 + 1) / 2, (1 + 2) / 2],
        "tied": [(1.5 + 2) / 2, (2 + 2) / 2, (2 + 2) / 2],
        "last": [3, (2 + 3) / 2, (3 + 2) / 2],
    }
    for network, ranks in expected.items():
        row = table.set_index("network").loc[network]
        assert row[list(ASPECTS)].to_list() == pytest.approx(ranks), network
        assert row["all"] == pytest.approx(sum(ranks) / 3), network


def test_networks_that_are_equally_close_stand_beside_each_other_in_their_order():
    same = {"metrics": [2, 2], "gates": [1, 1], "dropped modality": [0, 0]}
    table = ranking(distance(zebra=same, ant=same))
    assert table["network"].to_list() == ["zebra", "ant"]
    assert table["all"].to_list() == [1.5, 1.5]


def test_a_set_on_which_the_reference_is_missing_is_left_out():
    behaviour = pd.DataFrame([row(AUTHORS, "TNO"), row("ours", "TNO"), row("ours", "MSRS")])
    assert distances(behaviour, AUTHORS)["dataset"].to_list() == ["TNO"]
    assert distances(behaviour[behaviour["network"] == AUTHORS], AUTHORS).empty


def continued(**looks: list[float]) -> Record:
    """A run of 60 steps with a look every 20, all metrics alike but those given."""
    table = pd.DataFrame({"step": [0, 20, 40, 60]} | {metric: [2.0, 3.0, 2.0, 2.0] for metric in METRICS} | looks)
    log = pd.DataFrame({"total": [1.0] * 50 + [9.0]})
    return Record({"steps": 60}, log, table, {}, "", load_recipe("paired"), Path("none"))


def test_looks_are_apart_from_the_one_before_the_first_step():
    looks = looks_apart({"one": continued(CC=[-2.0, -1.0, -2.0, -3.0]), "two": continued()})
    assert looks["run"].to_list() == ["one"] * 3 + ["two"] * 3 and looks["step"].to_list() == [20, 40, 60] * 2
    assert looks["CC"].to_list() == [-50, 0, 50, 50, 0, 0]
    assert list(looks_apart({}).columns) == ["run", "step", *METRICS] and looks_apart({}).empty


def test_drift_is_the_mean_of_the_later_half_and_the_furthest_look():
    table = drift({"one": continued(AG=[4.0, 1.0, 5.0, 8.0])})
    assert table.loc[0, ["run", "steps", "loss"]].to_list() == ["one", 60, 1.0]
    # Of three looks the last two: AG 5 and 8 for 4.
    assert table.loc[0, list(METRICS)].to_list() == [62.5, 0, 0, 0, 0]
    assert table.loc[0, ["off", "furthest"]].to_list() == [62.5, 100]  # the last look; the first is 75 % off
    assert drift({}).empty and "off" in drift({})
