"""Distances to the authors' checkpoint and the ranking by them, against small frames worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfcore.recipes import load_recipe
from isfcore.records import Record
from isfcore.reproduction import ASPECTS, GATES, RESPONSES, distances, drift, ranking

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


def test_drift_is_from_the_first_look_to_the_last_and_off_the_reference():
    looks = pd.DataFrame([dict.fromkeys(METRICS, 2.0), dict.fromkeys(METRICS, 3.0) | {"AG": 1.0, "CC": -1.0}])
    looks.insert(0, "step", [0, 51])
    log = pd.DataFrame({"total": [1.0] * 50 + [9.0]})
    record = Record({"steps": 51}, log, looks, {}, "", load_recipe("paired"), Path("none"))
    table = drift({"continued": record}, dict.fromkeys(METRICS, 4.0) | {"CC": -2.0})
    assert table.loc[0, ["run", "steps", "loss"]].to_list() == ["continued", 51, 1.0]
    assert table.loc[0, list(METRICS)].to_list() == [-50, 50, 50, -150, 50]
    assert table.loc[0, "swing"] == 0  # one look after training
    assert table.loc[0, "off"] == 75  # AG 1 for 4; the others 3 for 4, CC -1 for -2
    assert drift({"continued": record}, {})["off"].isna().all() and drift({}, {}).empty
