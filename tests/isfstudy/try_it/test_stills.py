"""What a reader sees of states: holes in orange, the answer in words, the numbers in a table."""

from __future__ import annotations

import numpy as np
import pytest
from bs4 import BeautifulSoup

from isfstudy.intervention_effects.stability import GATES
from isfstudy.try_it.states import GATE_MEANS, HIDDEN, NOTHING, Images, State
from isfstudy.try_it.stills import COLUMNS, ORANGE, as_html, pictures, problem, states_figure, told

SHAPE = (8, 12)
NUMBERS = {"CC": 0.5} | {name: 0.25 for name in GATE_MEANS.values()}


def state(hidden: str, fused: int) -> State:
    """A state by hand: all pixels of the fused image have one level; a hole is the first row."""
    modalities, whole = HIDDEN[hidden]
    inside = np.zeros(SHAPE, bool)
    inside[: SHAPE[0] if whole else 1] = True
    images = Images(np.full(SHAPE, 100, np.uint8), np.full((*SHAPE, 3), (10, 20, 30), np.uint8))
    luma, gates = np.full(SHAPE, fused, np.uint8), {name: np.full(SHAPE, 64, np.uint8) for name in GATES}
    return State(images, dict.fromkeys(modalities, inside), luma, luma, gates, NUMBERS)


@pytest.fixture
def states() -> dict[str, State]:
    return {hidden: state(hidden, 50 + 10 * place) for place, hidden in enumerate(HIDDEN)}


def test_holes_are_orange_and_a_dropped_modality_is_shown_as_fed(states):
    infrared, visible, _, gate = pictures(states["a hole in visible"])
    assert np.array_equal(infrared, np.full(SHAPE, 100)) and gate.shape == (*SHAPE, 3)
    assert (visible[0] == ORANGE).all() and (visible[1:] == (10, 20, 30)).all()
    assert np.array_equal(pictures(states["all of infrared"])[0], np.full(SHAPE, 100))


def test_the_answer_names_the_modality_that_matters_more(states):
    lean, hole, caution = told(states, "TNO <14>", 16)
    assert "On TNO &lt;14&gt; the fused image owes more to visible" in lean and "without infrared" in lean
    assert "by 40.0 of 255" in lean and "without visible by 50.0" in lean  # the fourth and the fifth from 50
    assert "A hole of 16 pixels in both changes 10.0 levels where it is and 10.00 elsewhere." == hole
    assert "page 05" in caution


def test_the_widget_s_answer_has_images_with_names_and_both_columns(states):
    box = BeautifulSoup(as_html(states["a hole in infrared"], states[NOTHING]), "html.parser")
    assert [image["alt"] for image in box.find_all("img")] == COLUMNS
    rows = {row.th.text: [cell.text for cell in row.find_all("td")] for row in box.tbody.find_all("tr")}
    assert rows["CC"] == ["0.500", "0.500"] and rows["change elsewhere"] == ["", "20.000"]
    nothing = BeautifulSoup(as_html(states[NOTHING], states[NOTHING]), "html.parser")
    assert "change elsewhere" not in nothing.tbody.text


def test_without_gates_there_is_no_picture_of_them(states):
    bare = states[NOTHING]._replace(gates={})
    assert pictures(bare)[3] is None
    assert len(BeautifulSoup(as_html(bare, bare), "html.parser").find_all("img")) == 3


def test_the_figure_has_a_row_a_state(states):
    figure = states_figure(states)
    assert len(figure.axes) == len(HIDDEN) * len(COLUMNS)


def test_what_is_wrong_is_told_without_markup():
    assert "&lt;b&gt;" in problem(ValueError("<b>")) and 'role="alert"' in problem(ValueError(""))
