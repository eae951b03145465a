"""From runs to an answer: contrasts put in by hand come out, and the sentences follow the numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from isfstudy.paper.hypotheses import hypothesis
from isfstudy.spurious_shift import figures, sentences
from isfstudy.spurious_shift.outcomes import (
    ARMS,
    CONTROL,
    EXPERIMENT,
    MATTERS,
    RESPONSES,
    answered,
    levels,
)
from isfstudy.spurious_shift.shortcut import asked
from tests.helpers.spurious_runs import made_up

NONE = asked(pd.DataFrame())  # no runs where a shortcut pays


def test_what_matters_is_what_the_hypotheses_say():
    said = hypothesis(EXPERIMENT)
    assert said["matters"].startswith(f"{MATTERS:g} ") and f"above -{MATTERS:g}" in said["decides"]
    assert set(said["arms"]) == set(ARMS)


def said(runs: pd.DataFrame) -> dict[str, str]:
    table = answered(runs)
    return table[table["infrared"] == "infrared black"].set_index("question")["verdict"].to_dict()


def test_a_contrast_put_in_by_hand_comes_out_although_levels_swing_more():
    table = answered(made_up(full_added=-0.2)).set_index(["question", "infrared"])
    found = table.loc[("full", "infrared black")]
    assert found["mean"] == pytest.approx(-0.2, abs=0.02) and found["verdict"] == "seen" and found["p"] == 2 / 2**8
    assert table.loc[("masks", "infrared black")]["verdict"] == "refuted"


def test_verdicts_turn_with_the_numbers():
    assert said(made_up()) == dict.fromkeys(["full", "masks", "learned", "level_full", "level_masks"], "refuted")
    assert said(made_up(full_level=0.3, masks_level=0.3)) == {
        "full": "refuted",
        "masks": "refuted",
        "learned": "refuted",
        "level_full": "seen",
        "level_masks": "seen",
    }
    assert said(made_up(full_level=0.1))["level_full"] == "undecided"
    assert said(made_up(full_added=-0.1))["full"] == "undecided"


def test_the_answer_says_what_came_out():
    def answer(**effects: float) -> str:
        runs = made_up(**effects)
        return " ".join(sentences.answer(answered(runs), runs, NONE, [], reduced=False))

    assert "so that interventions have none to break.</b>" in answer() and "not decided" in answer()
    assert "is refuted here; but less than that is learned" in answer()
    assert "interventions weaken the spurious" in answer(full_added=-0.3) and "refuted" not in answer(full_added=-0.3)
    assert "follows the visible image more where the cue is, not less" in answer(full_level=0.3)
    assert "follows the visible image less where the cue is" in answer(full_level=-0.3)
    learned = answer(learned=0.3)  # by every arm
    assert "<b>On these scenes the interventions do not break the spurious correlation.</b>" in learned
    assert "the paper is refuted here. " in learned
    assert "not decided" in answer(seeds=4).split("</b>")[0], "an interval of so few seeds decides nothing"
    assert "whether the interventions weaken" in answer(full_added=-0.1).lower()
    assert "48 networks of 600 steps, 8 seeds" in answer()
    assert "answers nothing" in sentences.answer(answered(made_up()), made_up(), NONE, [], reduced=True)[0]
    alone = made_up()[lambda runs: runs["arm"] == "fidelity"]
    untested = sentences.answer(answered(alone), alone, NONE, ["spurious_shift/full-x-seed7"] * 16, reduced=False)
    assert len(untested) == 1 and "Not tested" in untested[0] and "16 of its 48 runs are missing" in untested[0]


@pytest.mark.parametrize(
    ("full", "control", "said"),
    [
        (0.15, 0.25, "it lies in what batch norm sees, and the losses lower it"),
        (0.25, -0.1, "not what batch norm sees, which lowers it, and the losses raise it"),
        (0.2, 0.2, "it lies in what batch norm sees, and what the losses do to it is not decided"),
    ],
)
def test_the_control_tells_losses_from_statistics(full: float, control: float, said: str):
    runs = made_up(full_level=full, control=control)
    table = answered(runs).set_index(["question", "infrared"])
    assert table.loc[("losses", "infrared black"), "mean"] == pytest.approx(full - control, abs=0.02)
    assert table.loc[("statistics", "infrared black"), "mean"] == pytest.approx(control, abs=0.02)
    assert said in " ".join(sentences.answer(answered(runs), runs, NONE, [], reduced=False))
    assert "losses" not in {*answered(made_up())["question"]}
    assert levels(runs)["arm"].tolist()[-1] == CONTROL and figures.responses(runs, dict.fromkeys(RESPONSES, 0.5))


def test_missing_runs_are_left_out_and_named():
    runs = made_up()
    runs = runs[~((runs["arm"] == "full") & (runs["seed"] == 7))]
    table = answered(runs).set_index(["question", "infrared"])
    assert table.loc[("full", "infrared intact")]["seeds"] == 7
    assert table.loc[("masks", "infrared intact")]["seeds"] == 8
    lacking = {
        "spurious_shift": [],
        "shortcut": ["shortcut/a-x-seed7"],
        "shortcut_intervened": ["shortcut_intervened/b"],
    }
    lines = sentences.does_not_show({"does_not_show": "photographs"}, (1.02, 0.2), lacking)
    assert "1 of 12 runs</b> (<code>a-x-seed7</code>); <code>python -m isfstudy grid shortcut<" in lines[-2]
    assert "1 of 24 runs</b> (<code>b</code>); <code>python -m isfstudy grid shortcut_intervened<" in lines[-1]
    assert "come to 1.0 of the task's there, and to 0.2 in fusion" in lines[2] and len(lines) == 5
    assert answered(runs[runs["arm"] == "fidelity"])["question"].tolist() == ["learned", "learned"]


def test_levels_are_means_over_seeds_in_the_order_of_the_arms():
    table = levels(made_up(full_level=0.3))
    assert table["arm"].tolist() == [arm for arm in ARMS for _ in range(2)] and (table["seeds"] == 8).all()
    shown = sentences.levels_in_short(table)
    assert shown["rate"].tolist() == ["0.5", "1"] * 3 and "±" in shown["infrared intact"].iloc[0]
