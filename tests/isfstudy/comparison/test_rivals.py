"""Where a method stands: who takes part, and what the tests of its rivals add up to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from isfcore.metrics import METRICS
from isfstudy.comparison.rivals import against_rivals, beside_rule, on_the_same_images, standing
from isfstudy.comparison.statistics import signed_rank_tests


def table_of(scores: dict[str, list[float]], *, metric: str = "AG", dataset: str = "TNO") -> pd.DataFrame:
    rows = [
        {"dataset": dataset, "method": method, "protocol": "paper", "stem": f"{place:02}", metric: value}
        for method, values in scores.items()
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_only_methods_with_every_image_take_part() -> None:
    tno = table_of({"ISF": [1.0, 2.0, 3.0], "Mine": [1.0, 2.0], "SAGE": [3.0, 2.0, 1.0]})
    msrs = table_of({"ISF": [1.0, 2.0], "Mine": [1.0, 2.0]}, dataset="MSRS")
    one = table_of({"ISF": [1.0], "Mine": [2.0]}, dataset="M3FD")
    kept, short = on_the_same_images(pd.concat([tno, msrs, one], ignore_index=True))
    found = {dataset: list(rows["method"].unique()) for dataset, rows in kept.groupby("dataset")}
    assert found == {"TNO": ["ISF", "SAGE"], "MSRS": ["ISF", "Mine"]}
    assert short == {"Mine on TNO": 2}


def test_methods_that_share_few_images_do_not_count_as_complete() -> None:
    """As many images as the other is not enough: they must be the same."""
    table = table_of({"ISF": [1.0, 2.0], "Mine": [1.0, 2.0, 3.0]})
    table = table[~((table["method"] == "Mine") & (table["stem"] == "00"))]
    assert on_the_same_images(table)[1] == {"ISF on TNO": 2, "Mine on TNO": 2}


def standing_of(metric: str) -> pd.Series:
    """ISF scores 0 on ten images; three rivals are far below, far above, and even."""
    scores = {"ISF": [0.0] * 10, "low": [-1.0 - place / 100 for place in range(10)]}
    scores |= {"high": [1.0 + place / 100 for place in range(10)], "even": [0.1, -0.11] * 5}
    tests = signed_rank_tests(table_of(scores, metric=metric), competitor="ISF", metrics=[metric])
    return standing(tests).iloc[0]


def test_the_best_rival_and_the_counts() -> None:
    """All ten differences of one sign: p = 2 / 2^10, times three rivals for the least (Holm)."""
    row = standing_of("AG")
    assert row["method"] == "ISF" and row["rival"] == "high" and row["images"] == 10
    assert row["lead"] == pytest.approx(-1.045) and row["better"] == 0
    assert row["p_holm"] == pytest.approx(3 * 2 / 2**10)
    assert row[["above", "alike", "below"]].to_list() == [1, 1, 1]


def test_where_less_is_better_the_lowest_rival_is_the_best() -> None:
    row = standing_of("Nabf")
    assert row["rival"] == "low" and row["lead"] == pytest.approx(1.045) and row["better"] == 0
    assert row[["above", "alike", "below"]].to_list() == [1, 1, 1]


def test_the_level_decides_who_is_apart() -> None:
    scores = {"ISF": [0.0] * 10, "low": [-1.0 - place / 100 for place in range(10)], "even": [0.1, -0.11] * 5}
    tests = signed_rank_tests(table_of(scores), competitor="ISF", metrics=["AG"])
    assert standing(tests, level=0.05)[["above", "alike"]].iloc[0].to_list() == [1, 1]
    assert standing(tests, level=0.001)[["above", "alike"]].iloc[0].to_list() == [0, 2]


def test_each_kind_of_rivals_is_corrected_for_itself() -> None:
    scores = {"ISF": [0.0] * 10, "low": [-1.0 - place / 100 for place in range(10)]}
    scores |= {"high": [1.0 + place / 100 for place in range(10)], "even": [0.1, -0.11] * 5}
    tno = table_of(scores).assign(**{metric: 0.0 for metric in METRICS if metric != "AG"})
    other = table_of({name: scores[name] for name in ("ISF", "even")}, dataset="MSRS")
    table = pd.concat([tno, other.assign(**{metric: 0.0 for metric in METRICS if metric != "AG"})], ignore_index=True)
    kinds = {"published": {"low", "high"}, "classic": {"even"}, "of which there is none": {"SAGE"}}
    tests, found = against_rivals(table, "ISF", kinds)
    of_ag = tests[tests["metric"] == "AG"].set_index(["rivals", "dataset", "method"])["p_holm"]
    assert set(of_ag.index) == {
        ("published", "TNO", "low"), ("published", "TNO", "high"),
        ("classic", "TNO", "even"), ("classic", "MSRS", "even"),
    }  # fmt: skip
    assert of_ag["published", "TNO", "low"] == pytest.approx(2 * 2 / 2**10), "of two rivals, whatever the others are"
    assert tests.columns[-1] == found.columns[-1] == "rivals"
    seen = tests[tests["metric"] == "AG"].set_index(["rivals", "dataset", "method"])["smallest"]
    half = np.std([0.1, -0.11] * 5, ddof=1) / np.sqrt(10) * student.isf(0.025, 9)
    assert seen["classic", "TNO", "even"] == pytest.approx(half) and (seen > 0).all()
    row = found[(found["metric"] == "AG") & (found["rivals"] == "published")].iloc[0]
    assert (row["rival"], row["above"], row["below"]) == ("high", 1, 1)
    assert list(found.index) == list(range(3 * len(METRICS)))


def test_a_simple_rule_stands_beside_a_method_with_psnr_in_decibels() -> None:
    rows = [("ISF", 0.4009, 62.06, 0.423), ("Laplacian pyramid", 0.3197, 63.9, 0.514), ("SAGE", 0.402, 61.1, 0.436)]
    means = pd.DataFrame(rows, columns=["method", "objective", "PSNR", "Qabf"]).assign(dataset="TNO", protocol="paper")
    means = pd.concat([means, means.assign(protocol="standard", PSNR=1.0)])
    (said,) = beside_rule(means, "ISF")
    assert said.endswith("scores more. TNO 0.320 against 0.401, PSNR +1.84 dB, Qabf +0.091.")
    assert beside_rule(means, "Laplacian pyramid") == [] == beside_rule(means, "Mine")
