"""Where a method stands: who takes part, and what the tests of its rivals add up to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from isfcore.metrics import METRICS
from isfstudy.comparison.rivals import against_rivals, beside_rule, standing
from isfstudy.comparison.statistics import signed_rank_tests


def table_of(scores: dict[str, list[float]], *, metric: str = "AG", dataset: str = "TNO") -> pd.DataFrame:
    rows = [
        {"dataset": dataset, "method": method, "protocol": "paper", "stem": f"{place:02}", metric: value}
        for method, values in scores.items()
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


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
    tests, found, left_out = against_rivals(table, "ISF", kinds)
    assert left_out.empty
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


def test_where_nothing_can_be_tested_it_is_said() -> None:
    table = of_each_metric(table_of({"ISF": [0.0] * 6, "low": [1.0] * 6})).assign(cluster="one drive")
    with pytest.raises(ValueError, match="ISF shares fewer than two observations with any rival"):
        against_rivals(table, "ISF", {"classic": ["low"], "published": []})


def of_each_metric(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{metric: table["AG"] for metric in METRICS})


def test_each_kind_rests_on_the_images_that_its_methods_have() -> None:
    """A published method has 12 of 20 images, another 5: the rules are compared on 20, the published ones on 12."""
    whole = {"ISF": [0.0] * 20, "Average": [1.0 + place / 9 for place in range(20)]}
    some = {"SAGE": [2.0] * 12, "LRRNet": [3.0] * 12, "IGNet": [1.0] * 5}
    table = of_each_metric(table_of(whole | some))
    tests, found, left_out = against_rivals(
        table, "ISF", {"published": ["SAGE", "LRRNet", "IGNet"], "classic": ["Average"]}
    )
    assert tests.groupby(["rivals", "method"])["images"].unique().map(list).to_dict() == {
        ("classic", "Average"): [20], ("published", "SAGE"): [12], ("published", "LRRNet"): [12],
    }  # fmt: skip
    assert left_out.to_dict("records") == [
        {"dataset": "TNO", "method": "IGNet", "images": 5, "shared": 5, "others": 12}
    ]
    assert found.groupby("rivals")["images"].unique().map(list).to_dict() == {"classic": [20], "published": [12]}


def test_images_of_one_cluster_are_one_observation() -> None:
    """Twenty images of one sign in five scenes of four: p = 2 / 2^5, which no test of five can bring under 5 %."""
    table = of_each_metric(table_of({"ISF": [0.0] * 20, "low": [-1.0 - place / 100 for place in range(20)]}))
    alone = against_rivals(table, "ISF", {"classic": ["low"]})[0].iloc[0]
    joined, found, _ = against_rivals(
        table.assign(cluster=[f"scene {int(stem) // 4}" for stem in table["stem"]]), "ISF", {"classic": ["low"]}
    )
    assert alone["p"] == pytest.approx(2 / 2**20) and np.isfinite(alone["smallest"])
    assert joined.iloc[0]["p"] == pytest.approx(2 / 2**5) and np.isinf(joined.iloc[0]["smallest"])
    assert found.iloc[0][["images", "clusters", "above", "alike"]].to_list() == [20, 5, 0, 1]


def test_a_simple_rule_stands_beside_a_method_with_psnr_in_decibels() -> None:
    rows = [("ISF", 0.4009, 62.06, 0.423), ("Laplacian pyramid", 0.3197, 63.9, 0.514), ("SAGE", 0.402, 61.1, 0.436)]
    means = pd.DataFrame(rows, columns=["method", "objective", "PSNR", "Qabf"]).assign(dataset="TNO", protocol="paper")
    means = pd.concat([means, means.assign(protocol="standard", PSNR=1.0)])
    (said,) = beside_rule(means, "ISF")
    assert said.endswith("scores more. TNO 0.320 against 0.401, PSNR +1.84 dB, Qabf +0.091.")
    assert beside_rule(means, "Laplacian pyramid") == [] == beside_rule(means, "Mine")
