"""What is hidden is what was asked for, and numbers are those of the pair as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isfcore.evaluation import score
from isfcore.inference import prepare
from isfcore.metrics import METRICS
from isfcore.weights import load_weights
from isfstudy.intervention_effects.stability import GATES, MEAN
from isfstudy.try_it.states import (
    GATE_MEANS,
    HIDDEN,
    INSIDE,
    NOTHING,
    OUTSIDE,
    Hole,
    Images,
    changes,
    respond,
    square,
    table,
)

HOLE = Hole(0.5, 0.25, 8)


@pytest.fixture(scope="module")
def network():
    return prepare(load_weights("ours-paired")[0])


@pytest.fixture(scope="module")
def images() -> Images:
    random = np.random.default_rng(0)
    return Images(random.integers(1, 256, (32, 48), np.uint8), random.integers(1, 256, (32, 48, 3), np.uint8))


def test_a_hole_lies_around_its_centre_and_is_cut_at_the_border():
    rows, columns = np.nonzero(square(HOLE, 32, 48))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 11, 20, 27)
    corner = square(Hole(0, 1, 10), 32, 48)
    assert corner[-5:, :5].all() and corner.sum() == 25


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 300))
def test_a_hole_is_never_larger_than_asked_for(across: float, down: float, side: int):
    assert 0 < square(Hole(across, down, side), 20, 30).sum() <= min(side**2, 600) or side == 1


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_is_hidden_is_black_and_the_rest_as_it_was(network, images, hidden):
    state, (modalities, whole) = respond(network, images, hidden, HOLE), HIDDEN[hidden]
    assert set(state.where) == set(modalities)
    for name, before in images._asdict().items():
        fed = getattr(state.fed, name)
        if name in modalities:
            where = state.where[name]
            assert where.all() == whole and where.sum() == (32 * 48 if whole else 64)
            assert not fed[where].any() and np.array_equal(fed[~where], before[~where])
        else:
            assert np.array_equal(fed, before)


def test_scores_are_beside_the_whole_pair_and_gates_are_means(network, images):
    state = respond(network, images, "all of infrared", HOLE)
    grey = np.rint(images.visible @ [0.299, 0.587, 0.114]).astype(np.uint8)
    expected = score(state.fused, images.infrared, grey, convention="standard")
    assert {name: state.numbers[name] for name in METRICS} == expected
    assert set(state.gates) == set(GATES) and state.coloured.shape == (32, 48, 3)
    for name in GATES:
        assert state.numbers[GATE_MEANS[name]] == pytest.approx(state.gates[name].mean() / 255, abs=0.002)


def test_changes_are_told_inside_and_outside(network, images):
    before = respond(network, images, NOTHING, HOLE)
    after = before._replace(fused=before.fused.copy(), where={"infrared": square(HOLE, 32, 48)})
    after.fused[after.where["infrared"]] ^= 1  # by one grey level, at each of 64 pixels
    assert changes(before, after) == {INSIDE: 1, OUTSIDE: 0}
    whole = respond(network, images, "all of visible", HOLE)
    assert np.isnan(changes(before, whole)[OUTSIDE]) and changes(before, whole)[INSIDE] > 1
    assert np.isnan(changes(before, before)[INSIDE]) and changes(before, before)[OUTSIDE] == 0


def test_the_table_has_a_row_a_state(network, images):
    states = {hidden: respond(network, images, hidden, HOLE) for hidden in (NOTHING, "a hole in both")}
    rows = table(states).set_index("hidden")
    assert list(rows.index) == list(states) and list(rows.columns) == [*METRICS, *GATE_MEANS.values(), INSIDE, OUTSIDE]
    assert rows.loc["a hole in both", INSIDE] > rows.loc["a hole in both", OUTSIDE]
    assert rows.loc[NOTHING, GATE_MEANS[MEAN]] == states[NOTHING].numbers[GATE_MEANS[MEAN]]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 255))
def test_a_level_all_over_is_answered_too(network, level):
    flat = Images(np.full((16, 16), level, np.uint8), np.full((16, 16), level, np.uint8))
    assert respond(network, flat, "all of infrared", HOLE).fused.shape == (16, 16)
