"""Hypotheses are whole before anything runs: who predicts what, which effect matters, what would refute whom."""

from __future__ import annotations

import pytest
import yaml

from isfstudy.places import repository

FIELDS = ("question", "source", "paper", "rival", "arms", "data", "schedule", "outcome", "unit", "test", "matters")
FIELDS += ("runs", "decides", "does_not_show")
ALL = yaml.safe_load((repository() / "paper" / "hypotheses.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ALL)
def test_every_experiment_says_all_that_has_to_be_said_before_it_runs(name: str) -> None:
    said = ALL[name]
    assert [field for field in said if field not in ("log",)] == list(FIELDS)
    assert all(said.values()) and said["question"].endswith("?")
    assert said["unit"] in ("seed", "image", "run", "seed of the base network")
    assert said["unit"] != "image" or said["schedule"] == "no training", "a claim about training rests on seeds"


def test_the_central_claim_stands_first_with_its_rival() -> None:
    assert next(iter(ALL)) == "spurious_shift" and "rewards guessing" in ALL["spurious_shift"]["rival"].replace(
        "\n", " "
    )
