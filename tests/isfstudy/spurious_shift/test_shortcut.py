"""Where a shortcut pays: what is put in by hand comes out, and the page takes back what it says where none is seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.grid.plan import planned
from isfstudy.paper.hypotheses import hypothesis
from isfstudy.spurious_shift import figures, sentences, shortcut
from isfstudy.spurious_shift.outcomes import MATTERS, WITH_CUE, WITHOUT_CUE, answered
from tests.helpers.spurious_runs import made_up


def paying(*, pays: float, interventions: float | None = None, masks: float | None = None, seeds: int = 6):
    """Runs to whose response training with the cue adds `pays`, and so much more in the other arms."""
    random = np.random.default_rng(2)
    arms = {"visible_alone": 0.0, "interventions": interventions, "masks": masks}
    rows = []
    for seed in range(seeds):
        swing = random.normal(0, 0.2)
        for arm, more in arms.items():
            for data in (WITHOUT_CUE, WITH_CUE) if more is not None else ():
                value = swing + random.normal(0, 0.01) + (pays + more) * (data == WITH_CUE)
                rows.append({"arm": arm, "data": data, "seed": seed, "response_intact": value})
    return shortcut.asked(pd.DataFrame(rows, columns=["arm", "data", "seed", "response_intact"]))


def test_the_hypotheses_and_the_plan_name_these_arms():
    said = hypothesis(shortcut.EXPERIMENT)
    assert set(said["arms"]) == set(shortcut.NAMES) and said["matters"].startswith(f"{MATTERS:g} ")
    runs = planned(shortcut.EXPERIMENT) + planned(shortcut.INTERVENED)
    assert {run.arm for run in runs} == set(shortcut.NAMES) and len(runs) == 36
    assert {run.task for run in runs} == {"guess_infrared"} and {run.task for run in planned("scale")} == {"fusion"}


def test_what_is_put_in_comes_out():
    found = paying(pays=0.4, interventions=-0.3, masks=0.0).set_index("question")
    assert found.loc["pays", "mean"] == pytest.approx(0.4, abs=0.02) and found.loc["pays", "verdict"] == "seen"
    assert found.loc["interventions", "mean"] == pytest.approx(-0.3, abs=0.03)
    assert found.loc["interventions", "verdict"] == "seen" and found.loc["augmentation", "verdict"] == "refuted"


def test_the_sentences_follow_the_numbers():
    first, second, third = shortcut.broken(paying(pays=0.4, interventions=-0.3, masks=0.0))
    assert "it learns the cue, and the instrument sees it: +0.4" in first and "(6 seeds)" in first
    assert second.startswith("The method's interventions and losses change that by -0.29")
    assert "they weaken it by what matters. After training with a cue that says all they change the" in second
    assert "response by -0.29" in second and "with one that says nothing by " in second.replace("-0.00", "+0.00")
    assert third.startswith("Masks as augmentation") and third.endswith("they do not weaken it by what matters.")
    assert "they strengthen it. After" in shortcut.broken(paying(pays=0.4, interventions=0.2))[1]
    assert shortcut.broken(paying(pays=0.4, seeds=1))[0].endswith("(1 seed).")
    (few,) = shortcut.broken(paying(pays=0.4, interventions=0.2, seeds=3))
    assert "cannot be decided with so few seeds: +0.4" in few
    six, three = paying(pays=0.4, interventions=0.2), paying(pays=0.4, interventions=0.2, seeds=3)
    both = pd.concat([six[six["question"] == "pays"], three[three["question"] == "interventions"]])
    assert "(3 seeds): so far they strengthen it, and so few seeds decide nothing." in shortcut.broken(both)[1]
    assert shortcut.verdict(both, "interventions") == "untested"
    assert list(sentences.in_short(both)["expectation"]) == ["seen", "refuted so far"]
    assert len(shortcut.broken(paying(pays=0.4))) == 1 and "learns none either" in shortcut.broken(paying(pays=0.0))[0]
    assert len(shortcut.broken(paying(pays=0.0, interventions=-0.3))) == 1, "there is nothing to break"
    assert (
        shortcut.broken(paying(pays=0.0, seeds=0)) == []
        and shortcut.verdict(paying(pays=0.0, seeds=0), "pays") == "untested"
    )
    assert "is not decided" in shortcut.broken(paying(pays=0.1))[0]


def test_where_no_shortcut_is_seen_the_page_takes_its_verdict_back():
    runs = made_up()

    def answer(found: pd.DataFrame) -> list[str]:
        return sentences.answer(answered(runs), runs, found, [], reduced=False)

    assert answer(paying(pays=0.0))[0].startswith("<b>Not to be told from these scenes")
    assert "none to break; where one pays, they weaken it.</b>" in answer(paying(pays=0.4, interventions=-0.3))[0]
    assert "none to break; where one pays, they do not break it.</b>" in answer(paying(pays=0.4, interventions=0.0))[0]
    for found in (paying(pays=0.4), paying(pays=0.4, interventions=0.2, seeds=3), paying(pays=0.0, seeds=0)):
        assert "so that interventions have none to break.</b>" in answer(found)[0]
    third, fourth = answer(paying(pays=0.4, interventions=0.2))[2:4]
    assert third.startswith("<b>Would a shortcut be seen?</b> Where one") and fourth.startswith("<b>Is it broken")


def test_what_the_losses_come_to_beside_the_task(tmp_path):
    assert shortcut.weight_of_losses(tmp_path) is None
    for experiment, arm, task, total in (
        (shortcut.INTERVENED, "interventions", "guess", -0.1),
        ("spurious_shift", "full", "fidelity_total", 0.16),
    ):
        (tmp_path / experiment).mkdir()
        rows = [("other", 30, 9.0, 9.9), (arm, 10, 0.9, 9.0), (arm, 25, 0.1, total), (arm, 30, 0.3, total + 0.2)]
        pd.DataFrame(rows, columns=["arm", "step", task, "total"]).to_csv(
            tmp_path / experiment / "losses.csv", index=False
        )
    assert shortcut.weight_of_losses(tmp_path) == pytest.approx((1.0, 0.3))


def test_the_figure_has_one_panel_and_no_average():
    random = np.random.default_rng(0)
    rows = [
        {"arm": arm, "data": data, "seed": seed, "response_intact": random.normal()}
        for arm in shortcut.NAMES
        for data in (WITHOUT_CUE, WITH_CUE)
        for seed in range(2)
    ]
    drawn = figures.responses(pd.DataFrame(rows), {}, names=shortcut.NAMES, states=shortcut.RESPONSES)
    assert len(drawn.axes) == 1 and not drawn.axes[0].texts and len(drawn.axes[0].get_xticks()) == 3
