"""Kept networks answer again, with statistics of clean images and of all passes."""

from __future__ import annotations

import copy

import pandas as pd
import pytest
import torch

from isfcore.training.passes import settle_statistics
from isfcore.training.step import new_network
from isfcore.weights import save_weights
from isfstudy.grid.plan import planned
from isfstudy.grid.records import committed
from isfstudy.scenes.counterfactuals import answers, counterfactual_scenes
from isfstudy.spurious_shift.by_statistics import COLUMNS, _images, _views, by_statistics, file_of, in_short, sentences
from isfstudy.spurious_shift.outcomes import fuse_by

CPU = torch.device("cpu")
SMALL = {"steps": 1, "batch": 2, "side": 32, "seeds": 1, "settling": 2, "training_scenes": 4, "test_scenes": 1}


@pytest.fixture(scope="module")
def tests(tmp_path_factory):
    return counterfactual_scenes(tmp_path_factory.mktemp("tests"), count=1)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return tmp_path_factory.mktemp("scenes")


@pytest.mark.parametrize("experiment", ["spurious_shift", "shortcut_intervened"])
def test_each_network_is_measured_with_either_statistics(experiment, tests, scenes, tmp_path):
    run = planned(experiment, **SMALL)[0]
    network = new_network(run.recipe, 0)
    file_of(tmp_path, run).parent.mkdir(parents=True)
    about = {"recipe": "a", "schedule": {}, "data": "b", "commit": "c", "metrics": {}, "machine": {}}
    save_weights(file_of(tmp_path, run), network, **about)
    table = by_statistics([run, planned(experiment, **SMALL)[1]], tmp_path, tests, scenes=scenes, device=CPU)
    assert list(table["statistics"]) == ["clean", "all"] and list(table.columns) == COLUMNS
    by_hand = copy.deepcopy(network)
    settle_statistics(by_hand, _views(run, _images(scenes, run.data, 32, 4), "clean", CPU))
    fuse = fuse_by(by_hand, CPU)
    twice = experiment == "shortcut_intervened"  # the visible image stands in both places
    expected = answers(lambda infrared, visible: fuse(visible if twice else infrared, visible), tests)
    assert table["response_intact"].iloc[0] == pytest.approx(expected["response_intact"], abs=1e-6)
    assert table["response_intact"].iloc[0] != table["response_intact"].iloc[1]
    assert table["response_black"].isna().all() == twice


def test_views_of_clean_images_are_those_that_the_full_method_sees_first(scenes):
    run = planned("spurious_shift", **SMALL)[2]
    images = _images(scenes, run.data, 32, 4)
    clean, every = (list(_views(run, images, statistics, CPU)) for statistics in ("clean", "all"))
    assert [list(views) for views in clean] == [["clean"]] * 2 and len(every[0]) == 5
    assert all(torch.equal(a["clean"][0], b["clean"][0]) for a, b in zip(clean, every, strict=True))


def test_the_committed_network_answers_as_its_last_look_did(tests, scenes, tmp_path):
    """Of 24 scenes and a GPU's masks there, of one and a processor's here."""
    (run,) = [run for run in planned("spurious_shift", arms=["fidelity"]) if run.name.endswith("rate_1-seed0")]
    table = by_statistics([run._replace(settling=4)], committed(), tests, scenes=tmp_path, device=CPU)
    looks = pd.read_csv(committed() / "spurious_shift" / "looks.csv")
    last = looks[(looks["run"] == run.name.partition("/")[2]) & (looks["step"] == 600)].iloc[0]
    assert table["response_intact"].iloc[0] == pytest.approx(last["response_intact"], abs=0.15)


def made_up() -> pd.DataFrame:
    rows = [
        ["fusion", arm, "scenes_rate_1", 0, statistics, 0.5, black]
        for arm, blacks in {"full": (0.7, 0.9), "fidelity": (0.72, 1.0)}.items()
        for statistics, black in zip(("clean", "all"), blacks, strict=True)
    ]
    rows += [
        ["guess_infrared", "interventions", f"scenes_rate_{rate}", seed, statistics, value + 0.01 * seed, None]
        for seed in (3, 4)
        for statistics, values in {"clean": (0.1, 0.5), "all": (0.0, 0.8)}.items()
        for rate, value in zip(("0.5", "1"), values, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_sentences_are_those_of_the_table():
    fusion, paying = sentences(made_up())
    assert "respond by 0.700 with statistics of clean images and by 0.900 with those of all passes" in fusion
    assert "0.720 and 1.000. One seed, which decides nothing." in fusion
    assert "+0.400 with statistics of clean images, and +0.800 with those of all passes. 2 seeds." in paying
    assert sentences(made_up().iloc[:0]) == []
    shown = in_short(made_up())
    assert list(shown["task"]) == ["fusion"] * 2 + ["infrared from visible"] * 2
    assert shown.loc[3, "intact, all"] == pytest.approx(0.835) and shown.loc[3, "seeds"] == 2
