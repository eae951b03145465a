"""Changes put in by hand come out with their size, and are larger than seeds make or are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.grid.plan import planned
from isfstudy.paper.hypotheses import hypothesis
from isfstudy.sensitivity import figures, sentences
from isfstudy.sensitivity.changes import (
    EXPERIMENT,
    MASKS,
    PARAMETERS,
    RELEASED,
    SHORT,
    WEIGHTS,
    changes,
    least,
    of_parts,
    pooled,
    tried,
    values,
    weights,
)

BETWEEN = 0.1  # standard deviation between seeds, the same for all arms


def made_up(put_in: dict[str, dict[str, float]], *, seeds: int = 2, noise: float = 0.01, draw: int = 0) -> pd.DataFrame:
    """Runs that swing by seed alike, with what an arm adds to some metrics; seeds swing by `BETWEEN`."""
    random, rows = np.random.default_rng(draw), []
    swings = np.linspace(-1, 1, seeds) * BETWEEN / (np.std(np.linspace(-1, 1, seeds), ddof=1) if seeds > 1 else 1)
    for seed, swing in enumerate(swings):
        for arm in (RELEASED, *tried().index):
            row = {"arm": arm, "seed": seed}
            for part in ("TNO", "MSRS_day", "MSRS_night"):
                for metric in METRICS:
                    value = 5 + swing + put_in.get(arm, {}).get(metric, 0.0) + random.normal(0, noise)
                    row[f"{part}.{metric}"] = value
            rows.append(row)
    return pd.DataFrame(rows)


def found(runs: pd.DataFrame) -> pd.DataFrame:
    return changes(runs).set_index(["dataset", "arm", "metric"])


def test_the_plan_changes_one_value_at_a_time_and_all_that_the_hypotheses_name():
    table = tried()
    assert set(table["parameter"]) == set(PARAMETERS) and (table["value"] != table["released"]).all()
    assert table.loc["alpha_1"].to_list() == ["alpha", 1.0, 0.1] and table.loc["hole_size_8", "released"] == 16
    assert len(table) + 1 == len({run.arm for run in planned(EXPERIMENT)})
    assert set(MASKS) | set(WEIGHTS) < set(PARAMETERS) and "lambda_1, eta, r" in hypothesis(EXPERIMENT)["arms"]


def test_the_deviation_between_seeds_is_pooled_over_arms():
    table = pd.DataFrame({"a": [1.0, 3.0, np.nan], "b": [0.0, 1.0, 2.0], "c": [5.0, np.nan, np.nan]})
    assert pooled(table) == pytest.approx(np.sqrt((2.0 * 1 + 1.0 * 2) / 3))
    assert np.isnan(pooled(table[["c"]]))


def test_a_change_put_in_is_found_with_its_size_and_told_from_seeds():
    table = found(made_up({"alpha_1": {"AG": 0.5}, "beta_0.5": {"CC": 0.1}}))
    row = table.loc[("TNO", "alpha_1", "AG")]
    assert row["mean"] == pytest.approx(0.5, abs=0.03) and row["low"] < 0.5 < row["high"] and row["verdict"] == "larger"
    assert row["deviation"] == pytest.approx(BETWEEN, abs=0.02) and row["seeds"] == 2 and row["degrees"] == 14
    assert row["deviation_released"] == pytest.approx(BETWEEN, abs=0.03)
    assert table.loc[("MSRS", "alpha_1", "AG")]["mean"] == pytest.approx(0.5, abs=0.03)
    assert table.loc[("TNO", "beta_0.5", "CC")]["verdict"] == "undecided", "as large as the deviation itself"
    others = table.drop(index=[(name, "alpha_1", "AG") for name in ("TNO", "MSRS")]).drop(index="beta_0.5", level="arm")
    assert set(others["verdict"]) == {"smaller"} and (others["mean"].abs() < 0.05).all()


def test_noise_alone_is_seldom_larger_than_seeds_and_never_smaller():
    """Intervals hold for all values of a figure together: one in twenty at most has a value that seems larger."""
    larger = []
    for draw in range(8):
        table = changes(made_up({}, noise=0.3, draw=draw))
        assert (table["verdict"] != "smaller").all()
        larger += [(each == "larger").any() for _, each in table.groupby(["dataset", "metric"])["verdict"]]
    assert len(larger) == 80 and np.mean(larger) <= 0.05


def test_runs_that_are_missing_are_left_out():
    runs = made_up({"alpha_1": {"AG": 0.5}}, seeds=3)
    fewer = runs[~((runs["arm"] == "alpha_1") & (runs["seed"] == 2)) & (runs["arm"] != "beta_0.5")]
    table = found(fewer)
    assert table.loc[("TNO", "alpha_1", "AG")]["seeds"] == 2 and table.loc[("TNO", "alpha_0.01", "AG")]["seeds"] == 3
    assert "beta_0.5" not in table.index.get_level_values("arm")
    assert changes(runs[runs["arm"] != RELEASED]).empty and changes(pd.DataFrame(columns=["arm", "seed"])).empty
    assert changes(runs[runs["arm"] == RELEASED]).empty
    one = found(runs[runs["seed"] == 0])
    assert set(one["verdict"]) == {"undecided"} and one["low"].isna().all()


def test_the_least_change_is_the_nearest_value_that_does_more_than_seeds():
    both = made_up({"alpha_1": {"AG": 0.5}, "alpha_0.01": {"AG": -0.5}, "gate_target_0.1": {"AG": 0.5}})
    table = least(changes(both)).set_index(["dataset", "parameter", "metric"])
    row = table.loc[("TNO", "alpha", "AG")]
    assert row["value"] in (0.01, 1.0) and abs(row["mean"]) == pytest.approx(0.5, abs=0.03) and row["tried"] == 2
    assert table.loc[("TNO", "gate_target", "AG")]["value"] == 0.1
    near = least(changes(made_up({"gate_target_0.1": {"AG": 0.5}, "gate_target_0.6": {"AG": 0.5}})))
    assert near.set_index(["dataset", "parameter", "metric"]).loc[("TNO", "gate_target", "AG")]["value"] == 0.6
    none = table.loc[("TNO", "beta", "AG")]
    assert np.isnan(none["value"]) and none["decided"]


def test_a_value_is_better_where_something_rises_and_nothing_falls():
    runs = made_up({"alpha_1": {"AG": 0.5}, "beta_0.5": {"AG": -0.5}, "hole_size_8": {"AG": 0.5, "CC": -0.5}})
    judged = values(changes(runs)).set_index(["dataset", "arm"])
    assert judged.loc[("TNO", "alpha_1")][["higher", "lower", "verdict"]].to_list() == ["AG", "", "better"]
    assert (
        judged.loc[("TNO", "beta_0.5")]["verdict"] == "worse"
        and judged.loc[("TNO", "hole_size_8")]["verdict"] == "mixed"
    )
    assert judged.loc[("TNO", "hole_size_32")]["verdict"] == "as well"
    assert weights(judged.reset_index()).set_index("dataset").loc["TNO"].to_list() == [6, "alpha_1", 2, "found"]
    nothing = weights(values(changes(made_up({"hole_size_8": {"AG": 0.5}}))))
    assert set(nothing["verdict"]) == {"none better"} and (nothing["tried"] == 6).all()
    unclear = values(changes(made_up({}, noise=0.3, draw=1)))
    assert set(unclear["verdict"]) == {"undecided"} and set(weights(unclear)["verdict"]) == {"undecided"}
    empty = changes(pd.DataFrame(columns=["arm", "seed"]))
    assert values(empty).empty and weights(values(empty)).empty and least(empty).empty


def test_the_yardstick_is_the_largest_change_of_a_part():
    rows = [("full", 0, 5.0), ("full", 1, 6.0), ("fidelity", 0, 4.0), ("fidelity", 1, 5.5), ("backbone", 1, 6.1)]
    runs = pd.DataFrame(rows, columns=["arm", "seed", "TNO.AG"])
    (row,) = of_parts(runs).to_dict("records")
    assert (row["part"], row["seeds"], row["mean"]) == ("fidelity", 2, pytest.approx(-0.75))
    assert of_parts(runs[runs["arm"] != "full"]).empty and of_parts(runs[runs["arm"] == "full"]).empty


def answer(runs: pd.DataFrame, parts: pd.DataFrame | None = None, experiment: str = EXPERIMENT) -> list[str]:
    table = changes(runs)
    parts = of_parts(pd.DataFrame(columns=["arm", "seed"])) if parts is None else parts
    judged = weights(values(table))
    return sentences.answer(table, parts, judged, ["a/b"] * 30, experiment=experiment, reduced=False)


def test_the_answer_follows_the_numbers():
    text = answer(made_up({"alpha_1": {"AG": 0.5}}))
    assert text[0].startswith(
        "<b>2 of 140 changes are larger than what seeds do,</b> 138 are smaller, 0 undecided. They are of α."
    )
    assert any("on TNO,</b> of 6 tried: alpha_1" in line for line in text) and any(
        "14 degrees" in line for line in text
    )
    assert "larger:</b> TNO, α 1 in place of 0.1: AG +0." in text[1] and "; MSRS, α 1 in place of" in text[1]
    assert not any("least changes" in line for line in answer(made_up({})))
    assert not any("same network" in line for line in text)
    runs = made_up({}).set_index(["seed", "arm"])
    for seed in runs.index.levels[0]:
        runs.loc[(seed, "gate_target_0.1")] = runs.loc[(seed, "as_released")].to_numpy()
    (same,) = [line for line in answer(runs.reset_index()) if "same network" in line]
    assert same.endswith("with η 0.1 in place of 0.3.")
    assert any("no runs of theirs" in line for line in text)
    parts = pd.DataFrame([("TNO", "AG", "fidelity", -0.8, 8)], columns=["dataset", "metric", "part", "mean", "seeds"])
    (beside,) = [line for line in answer(made_up({"alpha_1": {"AG": 0.5}}), parts) if "by leaving a part" in line]
    assert "TNO AG +0." in beside and "(alpha_1), -0.8 (fidelity)" in beside
    (beside,) = [line for line in answer(made_up({}), parts, SHORT) if "by leaving a part" in line]
    assert beside.endswith("The parts were left away on the longer schedule of the plan.")
    assert any("A shorter schedule than planned" in line for line in answer(made_up({}), experiment=SHORT))
    assert "no parameter" in answer(made_up({}))[0]
    assert "All 30 runs are missing" in answer(pd.DataFrame(columns=["arm", "seed"]))[0]
    assert "Not tested" in answer(made_up({}, seeds=1))[0]


def test_tables_and_figure_show_every_parameter():
    table = changes(made_up({"alpha_1": {"AG": 0.5}}))
    short = sentences.changes_in_short(table)
    assert (
        len(short) == 2 * 15
        and short.iloc[14]["parameter"] == "between seeds"
        and short.iloc[14]["AG"].startswith("± 0.1")
    )
    assert (short["AG"].str.contains("✓")).sum() == 2
    nearest = sentences.least_in_short(least(table)).set_index(["dataset", "parameter"])
    assert (
        nearest.loc[("TNO", PARAMETERS["alpha"]), "AG"].startswith("1: +0.")
        and nearest.loc[("TNO", PARAMETERS["beta"]), "AG"] == "none"
    )
    assert set(sentences.values_in_short(values(table))["verdict"]) == {"better", "as well"}
    axes = figures.changes(table[table["dataset"] == "TNO"]).axes
    assert len(axes) == len(PARAMETERS) and [label.get_text() for label in axes[2].get_xticklabels()] == [
        "0.01",
        "0.1",
        "1",
    ]
    empty = table.iloc[:0]
    assert sentences.changes_in_short(empty).empty and sentences.least_in_short(least(empty)).empty
    assert sentences.values_in_short(values(empty)).empty
