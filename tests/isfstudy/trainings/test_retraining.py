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
    brought_nearer,
    distances,
    distances_in_short,
    ranking,
    resettled,
    scores_apart,
)
from tests.helpers.made_up_training import sample
from tests.helpers.networks import random_network

AUTHORS = "the authors'"
FIRST = {metric: 10.0 for metric in METRICS} | dict.fromkeys(GATES, 0.3) | dict.fromkeys(RESPONSES, 0.2)


def row(network: str, dataset: str, stem: str = "1", **changes: float) -> dict:
    return {"stem": stem, "network": network, "dataset": dataset} | FIRST | changes


def test_distances_are_of_each_figure_in_its_own_unit_and_in_standard_errors():
    behaviour = pd.DataFrame(
        [
            # Images in another order, so that they have to be matched; `paired` comes first, as in the answer.
            row("paired", "TNO", "2", AG=13.0, PSNR=7.5, gate_full_size=0.7),
            row("paired", "TNO", "1", AG=11.0, PSNR=9.5, gate_full_size=0.3),
            row(AUTHORS, "TNO", "1", AG=8.0),
            row(AUTHORS, "TNO", "2", AG=12.0),
            row("printed", "TNO", "1", without_visible=0.6),
            row("printed", "TNO", "2", without_visible=0.2),
        ]
    )
    table = distances(behaviour, AUTHORS)
    assert list(table.columns) == [
        *("dataset", "network", "aspect", "figure", "pairs", "reference", "difference", "errors")
    ]
    assert list(dict.fromkeys(table["network"])) == ["paired", "printed"] and (table["pairs"] == 2).all()
    assert table["figure"].to_list() == 2 * [*METRICS, *GATES, *RESPONSES]
    by = table.set_index(["network", "figure"])
    # AG differs by 3 and by 1: 2 on average, with a standard error of sqrt(2) / sqrt(2).
    assert by.loc[("paired", "AG"), ["reference", "difference", "errors"]].to_list() == pytest.approx([10, 2, 2])
    # PSNR by -0.5 and -2.5 dB; a percentage of 60 dB would hide them.
    assert by.loc[("paired", "PSNR"), ["difference", "errors"]].to_list() == pytest.approx([-1.5, -1.5])
    assert by.loc[("paired", "gate_full_size"), ["aspect", "difference"]].to_list() == ["gates", pytest.approx(0.2)]
    assert by.loc[("printed", "without_visible"), "difference"] == pytest.approx(0.2)
    assert by.loc[("printed", "CC"), ["difference", "errors"]].to_list() == [0, 0]


def test_each_data_set_has_its_own_reference():
    behaviour = pd.DataFrame(
        [
            row(AUTHORS, "TNO", AG=4.0),
            row("ours", "TNO", AG=5.0),
            row(AUTHORS, "MSRS", AG=5.0),
            row("ours", "MSRS", AG=4.5),
        ]
    )
    table = distances(behaviour, AUTHORS).set_index(["dataset", "figure"])
    assert table.loc[("TNO", "AG"), "difference"] == 1 and table.loc[("MSRS", "AG"), "difference"] == -0.5


def test_without_the_reference_there_is_nothing_to_compare_with():
    table = distances(pd.DataFrame([row("ours", "TNO")]), AUTHORS)
    assert table.empty and "difference" in table
    assert ranking(table).empty and distances_in_short(table).empty


def test_a_set_on_which_the_reference_is_missing_is_left_out():
    behaviour = pd.DataFrame([row(AUTHORS, "TNO"), row("ours", "TNO"), row("ours", "MSRS")])
    assert distances(behaviour, AUTHORS)["dataset"].unique().tolist() == ["TNO"]
    assert distances(behaviour[behaviour["network"] == AUTHORS], AUTHORS).empty


def test_in_short_has_a_row_a_network_and_a_cell_a_figure():
    behaviour = pd.DataFrame(
        [
            row(name, "TNO", stem, PSNR=10 + shift * int(stem) / 1.5)
            for name, shift in ((AUTHORS, 0), ("zebra", -1.234), ("ant", 2))
            for stem in "12"
        ]
    )
    short = distances_in_short(distances(behaviour, AUTHORS))
    assert list(short.columns) == ["dataset", "network", *METRICS, *GATES, *RESPONSES]
    assert short["network"].to_list() == ["zebra", "ant"]
    assert short.loc[0, "PSNR"].startswith("-1.23 (") and short.loc[1, "CC"] == "+0.000 (+0.0)"


def distance(**figures: dict[str, list[float]]) -> pd.DataFrame:
    """Distances of networks by name, a value a data set for some figures."""
    aspects = {figure: aspect for aspect, of_aspect in ASPECTS.items() for figure in of_aspect}
    rows = [
        {
            "dataset": dataset,
            "network": network,
            "aspect": aspects[figure],
            "figure": figure,
            "difference": values[index],
        }
        for index, dataset in enumerate(("TNO", "MSRS"))
        for network, by_figure in figures.items()
        for figure, values in by_figure.items()
    ]
    return pd.DataFrame(rows)


def test_ranks_are_by_the_size_of_each_figures_difference_and_means_over_figures_and_sets():
    table = ranking(
        distance(
            last={"PSNR": [-9, 9], "CC": [0.3, 0.1], "gate_full_size": [5, 7], "without_visible": [3, 3]},
            tied={"PSNR": [2, 2], "CC": [0.1, -0.2], "gate_full_size": [5, 6], "without_visible": [2, 3]},
            best={"PSNR": [2, -1], "CC": [0.2, 0.0], "gate_full_size": [5, 1], "without_visible": [-1, 3]},
        )
    )
    assert list(table.columns) == ["network", *ASPECTS, "all"]
    assert table["network"].to_list() == ["best", "tied", "last"]
    expected = {
        "best": [(1.5 + 1 + 2 + 1) / 4, (2 + 1) / 2, (1 + 2) / 2],
        "tied": [(1.5 + 2 + 1 + 3) / 4, (2 + 2) / 2, (2 + 2) / 2],
        "last": [(3 + 3 + 3 + 2) / 4, (2 + 3) / 2, (3 + 2) / 2],
    }
    for network, ranks in expected.items():
        found = table.set_index("network").loc[network]
        assert found[list(ASPECTS)].to_list() == pytest.approx(ranks), network
        assert found["all"] == pytest.approx(sum(ranks) / 3), network


def test_networks_that_are_equally_close_stand_beside_each_other_in_their_order():
    same = {"PSNR": [2, 2], "gate_full_size": [1, 1], "without_visible": [0, 0]}
    table = ranking(distance(zebra=same, ant=same))
    assert table["network"].to_list() == ["zebra", "ant"]
    assert table["all"].to_list() == [1.5, 1.5]


def test_what_other_statistics_bring_is_said_metric_by_metric():
    table = distance(before={"PSNR": [-1.2, 0.3], "CC": [0.1, 0.1]}, after={"PSNR": [0.4, -0.5], "CC": [-0.05, 0.1]})
    assert brought_nearer(table, "before", "after") == (
        "nearer in 2 of 4 metrics; it differs on TNO in PSNR by -1.20, then +0.40 dB, in CC by +0.100, then -0.050; "
        "on MSRS in PSNR by +0.30, then -0.50 dB, in CC by +0.100, then +0.100"
    )


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
