"""Networks as they were trained, their distances to the authors' checkpoint, and the ranking by them, by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from isfcore.metrics import METRICS
from isfcore.network import exchange
from isfcore.training.recipe import load_recipe
from isfstudy.comparison.opening import Networks
from isfstudy.trainings import retraining
from isfstudy.trainings.behaviour import GATES, RESPONSES
from isfstudy.trainings.records import Record
from isfstudy.trainings.retraining import (
    ASPECTS,
    apart_by_steps,
    as_cheap,
    as_trained,
    behaviour_on_sets,
    beside_training,
    distances,
    ranking,
    resettled,
    scores_apart,
)
from tests.helpers.made_up_training import sample
from tests.helpers.networks import random_network

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
    assert list(table.columns) == ["dataset", "network", "metrics", "gates", "dropped modality", "PSNR"]
    assert table[["dataset", "network"]].to_numpy().tolist() == [["TNO", "paired"], ["TNO", "printed"]]
    paired, printed = (table.loc[index, list(ASPECTS)].to_list() for index in (0, 1))
    # AG 12 for 10 and CC 7 for 10 of four metrics, PSNR left out; a gate of 0.5 for 0.3 of three; 0.15 for
    # 0.2 of two responses.
    assert paired == pytest.approx([(20 + 30) / 4, 20 / 3, 25 / 2])
    # Gates 0 and 0.9 for 0.3, not relative to it; a response of 0.4 for 0.2.
    assert printed == pytest.approx([0, (30 + 60) / 3, 100 / 2])


def test_each_data_set_has_its_own_reference():
    behaviour = pd.DataFrame(
        [
            row(AUTHORS, "TNO", AG=4.0),
            row("ours", "TNO", AG=5.0),
            row(AUTHORS, "MSRS", AG=5.0, PSNR=-20.0),
            row("ours", "MSRS", AG=6.0, PSNR=-15.0),
        ]
    )
    table = distances(behaviour, AUTHORS).set_index("dataset")
    assert table["metrics"].to_dict() == pytest.approx({"TNO": 25 / 4, "MSRS": 20 / 4}), "relative to the size"
    assert table["PSNR"].to_dict() == {"TNO": 0, "MSRS": 5}, "in dB, where a percentage would hide it"
    assert (table[["gates", "dropped modality"]] == 0).all(axis=None)


def test_without_the_reference_there_is_nothing_to_compare_with():
    table = distances(pd.DataFrame([row("ours", "TNO")]), AUTHORS)
    assert table.empty and list(table.columns) == ["dataset", "network", *ASPECTS, "PSNR"]


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


def opened(*names: str) -> Networks:
    known = {f"ISF ({name})": {"name": name, "recipe": "paired", "schedule": {"steps": 9}} for name in names}
    return Networks({row: random_network() for row in known}, known, [])


def test_networks_go_by_the_names_of_their_weights_and_the_exchanged_are_exchanged():
    networks = as_trained(opened("released", "ours"), {"released"})
    assert list(networks) == ["released-exchanged", "ours"]
    weight, other = (network.encoder_infrared.full_size[0][0].weight for network in networks.values())
    assert torch.equal(weight, exchange(random_network()).encoder_infrared.full_size[0][0].weight)
    assert torch.equal(other, random_network().encoder_infrared.full_size[0][0].weight)


def test_networks_are_resettled_where_they_and_images_are_here():
    again = resettled(opened("ours"), ["ours", "absent"], sample(), batch=2, side=32)
    assert list(again) == ["ours (2 x 32)"]
    norm = "encoder_infrared.full_size.0.1.running_mean"
    assert not torch.equal(again["ours (2 x 32)"].state_dict()[norm], random_network().state_dict()[norm])
    assert resettled(opened("ours"), ["ours"], [], batch=2, side=32) == {}


def test_behaviour_is_that_of_each_network_on_each_set(monkeypatch):
    monkeypatch.setattr(retraining, "behaviour", lambda network, pairs, progress: pd.DataFrame({"stem": pairs}))
    table = behaviour_on_sets({"a": random_network()}, {"TNO": ["1", "2"], "MSRS": ["3"]}, place=torch.device("cpu"))
    assert table.to_numpy().tolist() == [["TNO", "a", "1"], ["TNO", "a", "2"], ["MSRS", "a", "3"]]


def test_a_run_is_apart_from_a_target_at_each_look_after_the_start():
    looks = pd.DataFrame({"step": [0, 10, 20]} | {metric: [9.0, 2.0, 5.0] for metric in METRICS})
    record = Record({}, pd.DataFrame(), looks, {}, "", load_recipe("paired"), Path("none"))
    table = apart_by_steps(record, pd.Series(dict.fromkeys(METRICS, 4.0)))
    assert table["step"].to_list() == [10, 20] and table["CC"].to_list() == [-50, 25]
    assert table["PSNR"].to_list() == [-2, 1], "in dB"


def scored(**values: float) -> pd.DataFrame:
    """Means of notebook 03 of networks on TNO: all metrics alike, and a tenth of that as the objective."""
    rows = [
        {"dataset": "TNO", "method": f"ISF ({name.replace('_', '-')})", "kind": "network", "protocol": protocol}
        | {"pairs": 40, "objective": value / 10}
        | dict.fromkeys(METRICS, value)
        for name, value in values.items()
        for protocol in ("paper", "standard")
    ]
    return pd.DataFrame(rows)


def test_scores_stand_beside_training_against_the_authors_fed_both_ways():
    table1 = scored(released=4.0, released_exchanged=2.0, ours=3.0)
    scores = scores_apart(table1)
    assert scores["reference"].to_list() == ["released"] * 2 + ["released-exchanged"] * 2
    known = {"ISF (released)": {"recipe": "the authors' checkpoint"}}
    assert beside_training(scores, table1, known).empty
    known["ISF (ours)"] = {"recipe": "paired", "schedule": {"steps": 9, "batch": 4, "side": 64, "seed": 0}}
    ours = beside_training(scores, table1, known)
    assert ours["AG"].to_list() == ours["CC"].to_list() == [-25, 50] and ours["worst"].to_list() == [25, 50]
    assert ours[["recipe", "steps", "batch", "side"]].drop_duplicates().to_numpy().tolist() == [["paired", 9, 4, 64]]
    assert ours["loss"].to_list() == [0.3, 0.3]
    assert as_cheap(ours, table1, "TNO")["reference"].to_list() == ["released"]
    assert as_cheap(ours, table1, "MSRS").empty
    dear = scored(released=2.0, released_exchanged=2.0, ours=3.0)
    assert as_cheap(beside_training(scores_apart(dear), dear, known), dear, "TNO").empty
