"""What `paper/grid.yaml` asks for: every run once, in the order of their worth, and a fraction that is one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import yaml

from isfstudy.grid.plan import experiments, fraction, planned
from isfstudy.places import HYPOTHESES, repository


def test_the_central_experiment_comes_first_with_all_arms_of_one_seed_before_the_next():
    assert experiments()[:2] == ["spurious_shift", "masks_as_augmentation"]
    runs = planned("spurious_shift")
    assert len(runs) == len({run.name for run in runs}) == 3 * 2 * 8
    assert [run.schedule.seed for run in runs] == sorted(run.schedule.seed for run in runs)
    assert runs[0].name == "spurious_shift/fidelity-scenes_rate_1-seed0"
    assert {(run.schedule.steps, run.schedule.batch, run.schedule.side) for run in runs} == {(600, 16, 64)}


def test_the_rival_arm_has_the_masks_and_nothing_else_of_the_method():
    arms = {run.arm: run.recipe for run in planned("spurious_shift", seeds=1)}
    rival, full = arms["mask_augmentation"], arms["full"]
    assert (rival.augmentation, rival.alpha, rival.beta) == ("masks", 0, 0)
    assert (rival.holes, rival.complementary, rival.hole_size) == (full.holes, full.complementary, full.hole_size)
    assert (full.augmentation, full.alpha, full.beta) == ("none", 0.1, 0.05)
    assert (arms["fidelity"].alpha, arms["fidelity"].beta, arms["fidelity"].augmentation) == (0, 0, "none")


def test_as_many_runs_as_the_hypotheses_promise():
    hypotheses = yaml.safe_load((repository() / HYPOTHESES).read_text(encoding="utf-8"))
    seeds = {name: len({run.schedule.seed for run in planned(name)}) for name in experiments()}
    assert seeds["spurious_shift"] >= 4 and seeds["masks_as_augmentation"] >= 5 and seeds["parts_left_away"] >= 3
    assert {run.arm for run in planned("spurious_shift")} == set(hypotheses["spurious_shift"]["arms"])


def test_every_experiment_can_be_planned_and_cut_down():
    for name in experiments():
        runs = planned(name, steps=4, seeds=1)
        assert runs and all(run.looks == (4,) and run.schedule.seed == 0 for run in runs)


def test_the_fraction_is_orthogonal_and_mixes_no_two_main_effects():
    runs = planned("readings")
    assert len(runs) == 32
    fields = ["encoder", "necessity", "entropy", "complementary", "consistency_gate", "crop", "gradient_max"]
    design = np.array([[int(digit) for digit in run.arm] for run in runs if run.schedule.seed == 0]) * 2 - 1
    assert design.shape == (16, len(fields))
    assert (design.T @ design == 16 * np.eye(len(fields))).all()
    for one, two, three in itertools.combinations(range(len(fields)), 3):  # resolution IV: no word of three letters
        assert abs((design[:, one] * design[:, two] * design[:, three]).sum()) < 16
    printed = next(run for run in runs if run.arm == "1111111")
    assert [getattr(printed.recipe, field) for field in fields[:3]] == ["shared", "maximise", "minimise"]


def test_a_generator_is_the_product_of_its_factors():
    arms = fraction({"a": [0, 1], "b": [0, 1], "c": [0, 1]}, {"c": ["a", "b"]}, "released")
    assert set(arms) == {"001", "010", "100", "111"}
    assert arms["100"] == {"recipe": "released", "a": 1, "b": 0, "c": 0}


def test_an_unknown_experiment_names_those_there_are():
    with pytest.raises(ValueError, match="'mine': give one of spurious_shift, masks_as_augmentation"):
        planned("mine")
