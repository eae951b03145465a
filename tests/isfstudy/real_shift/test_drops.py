"""Drops put in by hand come out with their size, whatever images of the night differ in from those of the day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.grid.plan import planned
from isfstudy.paper.hypotheses import hypothesis
from isfstudy.real_shift import figures, sentences
from isfstudy.real_shift.drops import ARMS, BOTH, EXPERIMENT, MORE, NO_DROP, OTHER, SHARE, compared, drops, elsewhere

CONTENT = {"day": 5.0, "night": 2.0}  # of the test images, whoever fuses them


def made_up(
    lost: dict[str, float], *, seeds: int = 8, noise: float = 0.001, elsewhere_more: float = 0.0
) -> pd.DataFrame:
    """Runs of which those trained at the other time lose what an arm is said to; seeds swing alike in all."""
    random, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        swing = random.normal(0, 0.5)
        for arm in ARMS:
            for time in OTHER:
                row = {"arm": arm, "data": f"MSRS_{time}", "seed": seed}
                for tested, content in CONTENT.items():
                    value = content + swing - lost[arm] * (tested != time)
                    row |= {f"MSRS_{tested}.{metric}": value + random.normal(0, noise) for metric in METRICS}
                for dataset in ("TNO", "RoadScene", "M3FD"):
                    more = elsewhere_more * (arm == "full") + 0.2 * (time == "night")
                    row |= {f"{dataset}.{metric}": 4 + swing + more + random.normal(0, noise) for metric in METRICS}
                rows.append(row)
    return pd.DataFrame(rows)


ALIKE = dict.fromkeys(ARMS, 0.4)


def found(runs: pd.DataFrame) -> pd.DataFrame:
    return compared(runs).set_index(["tested", "arm", "against", "metric"]).sort_index()


def test_what_matters_and_who_is_compared_is_what_the_hypotheses_say():
    said = hypothesis(EXPERIMENT)
    assert said["matters"] == f"{SHARE:.0%} of the drop of the fidelity loss".replace("%", " %")
    assert set(said["arms"]) == set(ARMS) == {run.arm for run in planned(EXPERIMENT)}
    assert {run.data for run in planned(EXPERIMENT)} == {f"MSRS_{time}" for time in OTHER}


def test_a_drop_is_found_with_its_size_and_the_images_cancel():
    table = drops(made_up(ALIKE)).set_index(["tested", "arm", "metric"])
    for tested in (BOTH, "day", "night"):
        assert table.loc[(tested, "full", "AG")]["mean"] == pytest.approx(-0.4, abs=0.01)
    assert table.loc[("day", "full", "AG")]["same"] - table.loc[("night", "full", "AG")]["same"] == pytest.approx(
        CONTENT["day"] - CONTENT["night"], abs=0.01
    )
    runs = made_up(ALIKE)  # as the hypotheses have it: the metric on the other time minus that on the same, both ways
    day, night = (runs[(runs["arm"] == "full") & (runs["data"] == f"MSRS_{time}")] for time in OTHER)
    as_said = (day["MSRS_night.AG"] - day["MSRS_day.AG"]).mean() + (
        night["MSRS_day.AG"] - night["MSRS_night.AG"]
    ).mean()
    assert as_said / 2 == pytest.approx(table.loc[(BOTH, "full", "AG")]["mean"])


def test_drops_that_agree_refute_and_a_smaller_one_is_seen():
    alike = found(made_up(ALIKE)).loc[(BOTH, "full", "fidelity", "AG")]
    assert alike["verdict"] == "refuted" and alike["mean"] == pytest.approx(0, abs=0.005) and alike["seeds"] == 8
    assert alike["lost"] == pytest.approx(-0.4, abs=0.01) and alike["matters"] == pytest.approx(0.04, abs=0.001)
    half = found(made_up(ALIKE | {"full": 0.2}))
    assert (half.loc[(BOTH, "full", "fidelity")]["verdict"] == "seen").all()
    assert half.loc[(BOTH, "full", "fidelity", "CC")]["mean"] == pytest.approx(0.2, abs=0.005)
    assert half.loc[(BOTH, "full", "mask_augmentation", "CC")]["mean"] == pytest.approx(0.2, abs=0.005)
    assert (half.loc[(BOTH, "mask_augmentation", "fidelity")]["verdict"] == "refuted").all()
    more = found(made_up(ALIKE | {"full": 0.8})).loc[(BOTH, "full", "fidelity", "AG")]
    assert more["mean"] == pytest.approx(-0.4, abs=0.01) and more["verdict"] == MORE
    assert half["p_holm"].loc[(BOTH, "full", "fidelity", "AG")] == pytest.approx(5 * 2 / 2**8)


def test_where_nothing_is_lost_nothing_can_be_lost_less():
    rows = found(made_up(dict.fromkeys(ARMS, 0.0)))
    assert (rows["verdict"] == NO_DROP).mean() > 0.8  # an interval of 95 % leaves 0 out now and then
    worse = found(made_up(dict.fromkeys(ARMS, 0.0) | {"full": 0.3})).loc[(BOTH, "full", "fidelity")]
    assert set(worse["verdict"]) == {MORE}, "losing more does not take a drop of what it is compared with"
    assert "not shown to lose" in sentences.answer(rows[rows["verdict"] == NO_DROP].reset_index(), [], reduced=False)[0]
    alone = found(made_up(ALIKE, seeds=1))
    assert set(alone["verdict"]) == {"undecided"} and alone["low"].isna().all()


def test_noise_between_seeds_leaves_it_undecided():
    rows = found(made_up(ALIKE, seeds=3, noise=0.05))
    assert "undecided" in set(rows.loc[(BOTH, "full", "fidelity")]["verdict"])


def test_missing_runs_are_left_out():
    runs = made_up(ALIKE)
    fewer = runs[~((runs["arm"] == "full") & (runs["seed"] == 7) & (runs["data"] == "MSRS_day"))]
    assert found(fewer).loc[(BOTH, "full", "fidelity", "AG")]["seeds"] == 7
    assert found(fewer).loc[(BOTH, "mask_augmentation", "fidelity", "AG")]["seeds"] == 8
    assert compared(runs[runs["data"] == "MSRS_day"]).empty and drops(runs[runs["data"] == "MSRS_day"]).empty
    none = pd.DataFrame(columns=["arm", "data", "seed"])
    assert compared(none).empty and drops(none).empty and elsewhere(none).empty
    assert set(compared(runs[runs["arm"] != "fidelity"])) == set(compared(runs))


def test_other_sets_show_both_trainings_and_the_difference():
    table = elsewhere(made_up(ALIKE, elsewhere_more=0.3)).set_index(["dataset", "arm", "metric"])
    row = table.loc[("RoadScene", "full", "AG")]
    assert row["by_night"] - row["by_day"] == pytest.approx(0.2, abs=0.01)
    assert row["mean"] == pytest.approx(0.3, abs=0.01) and row["low"] > 0.29 and row["seeds"] == 8
    assert np.isnan(table.loc[("RoadScene", "fidelity", "AG")]["mean"])


def test_the_answer_follows_the_numbers():
    def answer(lost: dict[str, float], **size: int) -> list[str]:
        return sentences.answer(compared(made_up(lost, **size)), [], reduced=False)

    assert answer(ALIKE)[0].startswith(
        "<b>The full method does not lose less by what matters in AG, SF, PSNR, CC, Qabf."
    )
    assert answer(ALIKE | {"full": 0.8})[0].startswith("<b>The full method loses more in AG, SF, PSNR, CC, Qabf.</b>")
    assert answer(ALIKE | {"full": 0.1}, seeds=4)[0].startswith(
        "<b>So far, over too few seeds to decide, the full method"
    )
    assert answer(ALIKE | {"full": 0.1})[0].startswith("<b>The full method loses less in AG, SF, PSNR, CC, Qabf.</b>")
    text = " ".join(answer(ALIKE, seeds=3))
    assert "3 seeds" in text and "p = 0.25 at the least, so that it cannot reach 5 %" in text and "Predicted" in text
    untested = sentences.answer(compared(made_up(ALIKE, seeds=1)), ["real_shift/a"] * 36, reduced=False)
    assert "Not tested" in untested[0] and "All 36 runs" in untested[0]
    assert "answers nothing" in sentences.answer(compared(made_up(ALIKE)), [], reduced=True)[0]


def test_tables_for_reading_have_all_rows_also_when_they_are_empty():
    runs = made_up(ALIKE)
    short = sentences.compared_in_short(compared(runs))
    assert len(short) == 9 and short.loc[0, "AG"].startswith("✕ ")
    assert (short.loc[0, "tested"], short.loc[0, "arm"]) == ("both", "full − fidelity loss")
    short = sentences.drops_in_short(drops(runs))
    assert short["arm"].to_list() == ["fidelity loss", "masks", "full"] * 3
    short = sentences.elsewhere_in_short(elsewhere(runs))
    assert short["dataset"].to_list() == ["TNO"] * 3 + ["RoadScene"] * 3 + ["M3FD"] * 3 and ";" in short.loc[2, "AG"]
    assert sentences.compared_in_short(compared(runs.iloc[:0])).empty
    assert sentences.drops_in_short(drops(runs.iloc[:0])).empty


def test_the_figure_has_a_panel_a_metric():
    runs = made_up(ALIKE)
    assert len(figures.drops(runs, drops(runs)).axes) == len(METRICS)
