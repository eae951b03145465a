"""What one may ask of a training: one place of defaults, which the command line shares, and what is refused."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from isfcore.cli.main import main
from isfcore.training.options import Options, Schedule, flag

COMMAND = {option.name: option for option in main.commands["train"].params if option.opts[0].startswith("-")}


def test_every_option_is_one_of_the_command_line_with_the_same_default():
    assert set(COMMAND) == {field.name for field in fields(Options)}
    for field in fields(Options):
        assert COMMAND[field.name].opts == [flag(field.name)]
        assert COMMAND[field.name].default == field.default, field.name


def test_a_schedule_has_no_defaults_of_its_own():
    assert all(field.default is MISSING for field in fields(Schedule))


@pytest.mark.parametrize(
    "options, said",
    [
        ({}, "either steps or epochs"),
        ({"steps": 1, "epochs": 1}, "either steps or epochs"),
        ({"steps": 1, "infrared": "ir"}, "both an infrared and a visible folder, infrared and visible, or neither"),
        ({"steps": 1, "statistics": "mine"}, "statistics must be one of running, settled, not 'mine'"),
        ({"steps": 1, "validation_pairs": -1}, "validation_pairs must be at least 0, not -1"),
        ({"steps": 1, "checkpoint_every": 0}, "checkpoint_every must be at least 1, not 0"),
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"steps": 1, "side": 8}, "side must be at least 16, not 8"),
        ({"steps": 1.5}, "steps must be a whole number, not 1.5"),
        ({"steps": 1, "seed": "3"}, "seed must be a whole number, not '3'"),
        ({"steps": 1, "learning_rate": "0.1"}, "learning_rate must lie between 0 and 1, not '0.1'"),
        ({"steps": 1, "batch": 3, "processes": 2}, "a batch of 3 cannot be shared evenly by 2 processes"),
    ],
)
def test_what_contradicts_itself_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Options(**options)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"side": 15}, "side must be at least 16, not 15"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"learning_rate": 1}, "learning_rate must lie between 0 and 1, not 1"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        Schedule(**{"steps": 1, "batch": 1, "side": 16, "seed": 0, "learning_rate": 0.1} | change)
