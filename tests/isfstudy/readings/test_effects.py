"""Effects of readings that are put in by hand come out with their size, alone, and pairs where they are mixed."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.grid.plan import fraction_of, planned
from isfstudy.paper.hypotheses import hypothesis
from isfstudy.readings import figures, sentences
from isfstudy.readings.design import HIGHER, PAIRS, READING, TRIAL, columns
from isfstudy.readings.effects import (
    EXPERIMENT,
    MATTERS,
    ORDERS,
    SHORT,
    arms,
    effects,
    ends,
    not_varied,
    on_both_schedules,
    orders,
    with_pair,
)
from isfstudy.readings.words import readings

FRACTION = fraction_of(EXPERIMENT)
DESIGN, KINDS = columns(*FRACTION)
SETS = ("TNO", "MSRS_day", "MSRS_night")


def made_up(put_in: dict[str, float], *, seeds: int = 2, noise: float = 0.01, order: float = 0.1) -> pd.DataFrame:
    """Runs of the fraction: from released to printed, CC changes by what is put in for a column, and random holes cost
    `order` dB less than complementary ones, but more where the encoder is shared."""
    random, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        swing = random.normal(0, 0.5)
        for arm, levels in DESIGN.iterrows():
            row = {"arm": arm, "seed": seed}
            value = 0.4 + swing + sum(size / 2 * levels[name] for name, size in put_in.items())
            for part in SETS:
                figures_here = dict.fromkeys([*METRICS, "fidelity"], 1.0) | {"CC": value}
                row |= {f"{part}.{name}": one + random.normal(0, noise) for name, one in figures_here.items()}
            cost = {
                "complementary": 0.3,
                "random": 0.3 + order * levels["encoder"],
                "infrared_only": 4,
                "visible_only": 5,
            }
            row |= {f"TNO.lost_{name}": one + swing + random.normal(0, 0.001) for name, one in cost.items()}
            rows.append(row)
    return pd.DataFrame(rows)


def found(runs: pd.DataFrame) -> pd.DataFrame:
    table = effects(runs, FRACTION)
    return table[table["metric"] == "CC"].set_index(["dataset", "effect"])


def test_the_hypotheses_name_these_readings_and_what_matters():
    said = hypothesis(EXPERIMENT)
    assert all(name in said["arms"] for name in FRACTION[0]) and said["matters"] == f"{MATTERS:g} in CC"
    assert [run.arm for run in planned(EXPERIMENT, seeds=1)] == list(DESIGN.index)


def test_the_design_tells_fifteen_things_apart_seven_of_them_readings():
    assert (DESIGN.T @ DESIGN == 16 * np.eye(15)).all(axis=None) and not DESIGN.sum().any()
    assert list(KINDS.values()).count(READING) == 7 and list(KINDS.values()).count(PAIRS) == 7
    assert list(KINDS.values()).count(HIGHER) == 1
    pairs = [pair for name, kind in KINDS.items() if kind == PAIRS for pair in name.split(" = ")]
    assert len(pairs) == len(set(pairs)) == 21
    for pair in pairs:
        one, other = pair.split(" × ")
        column = next(name for name in KINDS if pair in name.split(" = "))
        assert (DESIGN[column] == DESIGN[one] * DESIGN[other]).all(), "the column is the product of each of its pairs"


def test_the_trial_is_a_fraction_of_four():
    design, kinds = columns(*TRIAL)
    assert design.shape == (4, 3) and set(kinds.values()) == {READING}


def test_a_main_effect_put_in_is_found_with_its_size_and_no_other():
    table = found(made_up({"entropy": -0.4}))
    for dataset in ("TNO", "MSRS"):
        row = table.loc[(dataset, "entropy")]
        assert row["mean"] == pytest.approx(-0.4, abs=0.03) and row["verdict"] == "lowers"
        assert (row["released"], row["printed"]) == ("maximise", "minimise")
        assert row["low"] < -0.4 < row["high"] and row["degrees"] == 32 - 16 - 1 and row["seeds"] == 2
    others = table[table["kind"] == READING].drop(index=[("TNO", "entropy"), ("MSRS", "entropy")])
    assert len(others) == 12 and set(others["verdict"]) == {"small"}
    assert found(made_up({"crop": 0.4})).loc[("TNO", "crop")]["verdict"] == "raises"
    assert found(made_up({"crop": -0.1})).loc[("TNO", "crop")]["verdict"] == "undecided"
    assert (found(made_up({}))["mean"].abs() < 0.03).all()


def test_a_pair_of_readings_is_found_where_it_is_mixed_and_leaves_main_effects_alone():
    column = next(name for name in KINDS if "necessity × entropy" in name.split(" = "))
    assert "encoder × consistency_gate" in column and "complementary × crop" in column
    table = found(made_up({column: -0.6}))
    (row,) = with_pair(table.loc[["TNO"]].reset_index(), "entropy", "necessity").to_dict("records")
    assert row["effect"] == column and row["mean"] == pytest.approx(-0.6, abs=0.03) and row["verdict"] == ""
    assert set(table.loc[table["kind"] == READING, "verdict"]) == {"small"}


def test_the_interval_is_of_seeds_and_covers_what_was_put_in_as_often_as_it_says():
    covered = []
    for number in range(60):
        random = np.random.default_rng(number)
        runs = made_up({"entropy": -0.2})
        runs["TNO.CC"] += random.normal(0, 0.1, len(runs))
        row = effects(runs, FRACTION).set_index(["dataset", "metric", "effect"]).loc[("TNO", "CC", "entropy")]
        covered.append(row["low"] < -0.2 < row["high"])
    assert np.mean(covered) >= 0.95, "of seven intervals together"


def test_a_seed_that_lacks_arms_counts_as_far_as_it_goes_and_one_seed_has_no_interval():
    runs = made_up({"entropy": -0.4})
    lacking = runs[(runs["seed"] == 0) | (runs["arm"] < "1")]  # the second seed of the eight that begin with 0
    row = found(lacking).loc[("TNO", "entropy")]
    assert (row["seeds"], row["runs"], row["degrees"]) == (1, 24, 24 - 16 - 1)
    assert row["mean"] == pytest.approx(-0.4, abs=0.03) and row["low"] < -0.4 < row["high"]
    assert found(lacking).loc[("TNO", "encoder")]["mean"] == pytest.approx(0, abs=0.03), "a seed's level is its own"
    assert orders(lacking, FRACTION)["arms"].equals(orders(runs, FRACTION)["arms"])
    assert "<b>How sure:</b> 1 seed of every combination, a further one of 8, 7 degrees" in " ".join(answer(lacking))
    one = found(runs[runs["seed"] == 0]).loc[("TNO", "entropy")]
    assert one["mean"] == pytest.approx(-0.4, abs=0.03) and np.isnan(one["low"]) and one["verdict"] == "undecided"
    assert effects(runs[runs["arm"] != "1111111"], FRACTION).empty
    assert effects(pd.DataFrame(columns=["arm", "seed"]), FRACTION).empty
    assert orders(pd.DataFrame(columns=["arm", "seed"]), FRACTION).empty


def test_the_order_of_figure_6_is_told_over_all_and_by_reading():
    table = orders(made_up({}), FRACTION).set_index(["comparison", "reading", "value"])
    first = table.loc["complementary > random"]
    assert first.loc[("all", "all")]["mean"] == pytest.approx(0, abs=0.005) and first.loc[("all", "all")]["arms"] == 8
    assert first.loc[("all", "all")]["verdict"] == "alike", "it lies within what matters"
    assert first.loc[("encoder", "released")]["mean"] == pytest.approx(0.1, abs=0.005)
    assert first.loc[("encoder", "released")]["verdict"] == "holds"
    assert (first.loc[("encoder", "released")]["arms"], first.loc[("encoder", "released")]["of"]) == (8, 8)
    assert first.loc[("encoder", "printed")]["verdict"] == "reversed"
    assert first.loc[("entropy", "printed")]["verdict"] == "alike"
    dropped = table.loc[("infrared dropped > complementary", "all", "all")]
    assert dropped["mean"] == pytest.approx(4.7, abs=0.01) and dropped["verdict"] == "holds" and len(table) == 3 * 15


def test_the_arms_have_their_readings_and_means():
    table = arms(made_up({"entropy": -0.4}), FRACTION).set_index("arm")
    assert table.loc["0000000", "encoder"] == "separate" and table.loc["1111111", "encoder"] == "shared"
    assert table.loc["0000000", "TNO CC"] - table.loc["1111111", "TNO CC"] == pytest.approx(0.4, abs=0.05)
    assert (table["seeds"] == 2).all()
    assert (arms(pd.DataFrame(columns=["arm", "seed"]), FRACTION)["seeds"] == 0).all()


def test_every_reading_has_words_of_the_paper_and_of_the_script():
    known = readings()
    assert list(known.columns) == ["what", "paper", "script"] and set(known.index) == set(FRACTION[0])
    assert known.notna().all(axis=None) and known["what"].is_unique


def test_both_ends_of_the_fraction_stand_seed_by_seed():
    """By hand: a seed whose ends are apart one way, one that has the released end alone."""
    runs = pd.DataFrame({"arm": ["0000000", "1111111", "0000000"], "seed": [0, 0, 1], "TNO.CC": [0.1, -0.3, 0.2]})
    table = ends(runs)
    assert table.iloc[0].to_list() == ["TNO", 0, 0.1, -0.3] and table.iloc[1].to_list()[:3] == ["TNO", 1, 0.2]
    assert len(table) == 2 and np.isnan(table["printed"].iloc[1])
    said = sentences._ends(table)
    assert "seed by seed: TNO 0.10 and -0.30, 0.20 and –." in said and "collapse" not in said
    assert ends(runs.iloc[:0]).empty and sentences._ends(ends(runs.iloc[[0]])) == ""


def test_what_the_fraction_leaves_alone_is_named():
    assert set(not_varied(FRACTION)) == {"gate", "holes", "consistency"}
    assert "<code>gate</code>" in sentences.does_not_vary(not_varied(FRACTION))


def answer(runs: pd.DataFrame, experiment: str = EXPERIMENT) -> list[str]:
    return sentences.answer(
        effects(runs, FRACTION),
        orders(runs, FRACTION),
        arms(runs, FRACTION),
        ends(runs),
        ["a/b"] * 32,
        experiment=experiment,
        reduced=False,
    )


def test_the_answer_names_the_sentence_that_does_it():
    text = answer(made_up({"entropy": -0.4}))
    assert (
        text[0].startswith("<b>entropy of gates (<code>entropy: minimise</code>) lowers CC, TNO -0.4")
        and "with all printed, seed by seed: TNO " in text[0]
    )
    assert any("complementary > random" in line and "It holds under released encoders." in line for line in text)
    assert any("Both signs together" in line for line in text) and any("15 degrees of freedom" in line for line in text)
    assert answer(made_up({}))[0].startswith(
        "<b>No printed sentence is shown to move CC by 0.1 or more: TNO 7 small, MSRS 7 small.</b>"
    )
    assert "the seven together make nothing collapse" in answer(made_up({}))[0] and "collapse" not in text[0]
    assert "no intervals" in " ".join(answer(made_up({}, seeds=1)))
    assert "All 32 runs are missing" in answer(pd.DataFrame(columns=["arm", "seed"]))[0]


def test_the_answer_says_that_a_schedule_is_shorter_than_planned():
    (said,) = [line for line in answer(made_up({}), SHORT) if "A shorter schedule than planned" in line]
    assert "150 steps of 8 crops of 64 at a learning rate of 0.0003, in place of 600 steps of 16" in said
    assert "python -m isfstudy grid readings<" in said
    assert not any("shorter schedule" in line for line in answer(made_up({})))
    assert "python -m isfstudy grid readings_short<" in answer(pd.DataFrame(columns=["arm", "seed"]), SHORT)[0]


def test_the_short_schedule_has_the_same_combinations():
    plan, short = (planned(name) for name in (EXPERIMENT, SHORT))
    assert [(run.recipe, run.schedule.seed) for run in plan] == [(run.recipe, run.schedule.seed) for run in short]
    assert fraction_of(SHORT) == FRACTION


def test_runs_of_both_schedules_stand_side_by_side():
    plan, short = made_up({"entropy": -0.4}, noise=0), made_up({}, noise=0).query("arm in ('0000000', '0001011')")
    both = on_both_schedules(plan, short).set_index(["dataset", "arm", "seed"])
    assert len(both) == 2 * 2 * 2  # sets, arms, seeds
    first, second = plan.iloc[0], short.iloc[0]
    assert both.loc[("TNO", "0000000", 0)].to_list() == [first["TNO.CC"], second["TNO.CC"]]
    nothing = pd.DataFrame(columns=["arm", "seed"])
    assert on_both_schedules(plan, nothing).empty and on_both_schedules(nothing, short).empty


def test_one_seed_decides_nothing_and_says_what_it_moved():
    text = answer(made_up({"entropy": -0.4}, seeds=1))[0]
    assert text.startswith("<b>Not decided with one seed of every combination.")
    assert (
        "these move CC by 0.1 or more: entropy of gates (<code>entropy: minimise</code>) TNO -0.39, MSRS -0.40." in text
        and "encoder" not in text
    )
    assert "no printed sentence moves CC by 0.1." in answer(made_up({}, seeds=1))[0]


def test_what_else_a_printed_sentence_moves_on_all_sets_is_named():
    runs = made_up({})
    runs.loc[runs["arm"].str[6] == "1", [f"{part}.AG" for part in SETS]] -= 0.5
    runs.loc[runs["arm"].str[0] == "1", "TNO.SF"] += 0.5  # on one set alone
    (line,) = [line for line in answer(runs) if "Other figures" in line]
    assert "any amount: target of gradients (<code>gradient_max: signed</code>) AG" in line
    assert re.search(r" AG \(TNO -0\.(49|5\d), MSRS -0\.(49|5\d)\)\.$", line)
    assert not [line for line in answer(made_up({}, seeds=1)) if "Other figures" in line], "one seed has no intervals"


def test_tables_and_figure_show_every_reading():
    runs = made_up({"entropy": -0.4})
    table = effects(runs, FRACTION)
    short = sentences.effects_in_short(table)
    assert len(short) == 7 * 2 and list(short.columns[:6]) == ["reading", "printed", "set", "so", "CC", "AG"]
    assert short.set_index(["reading", "set"]).loc[("entropy", "TNO"), "so"] == "lowers CC"
    every = sentences.arms_in_short(arms(runs, FRACTION), list(FRACTION[0]))
    assert list(every["printed readings"])[:1] == ["none"] and len(every) == 16 and len(every.columns) <= 10
    assert every["printed readings"].str.count(",").add(1).iloc[1:].isin([3, 4, 7]).all(), "resolution IV"
    assert len(sentences.rest_in_short(table[table["kind"] == PAIRS])) == 14
    assert list(sentences.orders_in_short(orders(runs, FRACTION)).columns) == ["reading", "value", *ORDERS]
    axes = figures.effects(table).axes
    assert axes[0].get_title() == "CC" and len(axes[0].get_yticks()) == 15
    assert sentences.effects_in_short(table.iloc[:0]).empty and sentences.rest_in_short(table.iloc[:0]).empty
    assert sentences.orders_in_short(orders(runs.iloc[:0], FRACTION)).empty
