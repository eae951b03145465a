"""What scores come to: by hand, and by the statistics of the study."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.comparison.ranks import average_ranks
from isfstudy.comparison.statistics import confidence_intervals, signed_rank_tests
from isfstudy.ranking.ranks import observations_by, ranked


def scores_of(scores: dict[str, list[float]], **further: dict[str, list[float]]) -> pd.DataFrame:
    """A row a method and image, with AG and further metrics."""
    rows = [
        {"method": method, "stem": f"{place:02}", "AG": value}
        | {name: each[method][place] for name, each in further.items()}
        for method, values in scores.items()
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def alone(table: pd.DataFrame) -> dict[str, str]:
    return observations_by(sorted(set(table["stem"])), "")


TEN = {"low": [float(value) for value in range(10)], "high": [50.0 + value % 3 for value in range(10)]}
TEN |= {"middle": [2.5 * value + 12 for value in range(10)]}


def test_a_ranking_by_hand() -> None:
    """One order on all ten images: each p is 2 / 2^10, corrected over two rivals of the best, or over three pairs."""
    table = scores_of(TEN)
    found = ranked(table, alone(table))
    rows = found.summary.set_index("method")
    assert list(rows.index) == ["high", "middle", "low"] and rows["place"].tolist() == [1, 2, 3]
    assert rows["rank"].tolist() == [1, 2, 3] and set(rows["best"]) == {"high"}
    assert rows["mean"].tolist() == pytest.approx([50.9, 23.25, 4.5])
    assert rows["difference"].tolist() == pytest.approx([0, -27.65, -46.4])
    assert rows.loc[["middle", "low"], "p"].tolist() == pytest.approx([2 / 2**10] * 2)
    assert rows.loc[["middle", "low"], "p_holm"].tolist() == pytest.approx([2 * 2 / 2**10] * 2)
    assert np.isnan(rows.loc["high", "p"]) and np.isnan(rows.loc["high", "p_holm"])
    assert found.tests["p_holm"].tolist() == pytest.approx([3 * 2 / 2**10] * 3)
    assert set(rows["images"]) == set(rows["observations"]) == {10} and found.cautions == []


def test_numbers_are_those_of_the_study_s_statistics() -> None:
    random = np.random.default_rng(0)
    values = {name: random.gamma(place + 2, size=24).tolist() for place, name in enumerate("abcd")}
    table = scores_of(values, Nabf={name: random.gamma(2, size=24).tolist() for name in "abcd"})
    observations = observations_by(sorted(set(table["stem"])), "^.")  # 00 to 09, 10 to 19, 20 to 23
    found = ranked(table, observations)
    same = table.assign(dataset="x", protocol="y", cluster=table["stem"].map(observations))
    metrics = {"metrics": ["AG", "Nabf"]}
    keys = ["method", "metric"]
    rows = found.summary.set_index(keys).sort_index()
    intervals = confidence_intervals(same, **metrics).set_index(keys).sort_index()
    pd.testing.assert_frame_equal(rows[["mean", "low", "high"]], intervals[["mean", "low", "high"]], check_exact=True)
    assert set(rows["observations"]) == {3} == set(intervals["clusters"])
    ranks = average_ranks(same, **metrics).set_index(keys).sort_index()
    assert rows["rank"].tolist() == ranks["rank"].tolist() and rows["friedman_p"].tolist() == ranks["p"].tolist()
    for metric, of_metric in found.summary.groupby("metric"):
        best = of_metric["best"].iloc[0]
        tests = signed_rank_tests(same, competitor=best, metrics=[metric]).set_index("method")
        own = of_metric.set_index("method").loc[tests.index]
        assert own["p_holm"].tolist() == pytest.approx(tests["p_holm"].tolist(), rel=1e-12)
        assert own["difference"].tolist() == pytest.approx(tests["difference"].tolist(), rel=1e-12)
    assert found.summary.loc[found.summary["metric"] == "Nabf", "difference"].min() >= 0, "less is better"


def test_the_order_is_by_ranks_over_all_metrics() -> None:
    table = scores_of(
        {"a": [3, 3, 3], "b": [2, 2, 2], "c": [1, 1, 1]}, SF={"a": [1, 1, 1], "b": [3, 3, 3], "c": [2, 2, 2]}
    )
    rows = ranked(table.astype({"AG": float, "SF": float}), alone(table)).summary
    assert list(dict.fromkeys(rows["method"])) == ["b", "a", "c"] and list(rows["metric"])[:2] == ["AG", "SF"]


def test_two_methods_have_ranks_and_a_test() -> None:
    table = scores_of({name: TEN[name] for name in ("low", "high")})
    found = ranked(table, alone(table))
    assert found.summary["rank"].tolist() == [1, 2] and found.summary["friedman_p"].isna().all()
    assert len(found.tests) == 1 and found.tests["p_holm"].iloc[0] == found.tests["p"].iloc[0]


def test_one_method_has_an_interval_and_says_what_it_lacks() -> None:
    table = scores_of({"low": TEN["low"]})
    found = ranked(table, alone(table))
    assert found.summary[["low", "high"]].notna().all(axis=None) and found.summary["rank"].isna().all()
    assert found.tests.empty and found.cautions == [
        "A single method has nothing to be tested against or ranked with: give two or more."
    ]


@pytest.mark.parametrize(
    ("count", "scene", "said"), [(1, "", "One image allows no"), (3, "0", "One scene of 3 images")]
)
def test_one_observation_has_means_alone(count: int, scene: str, said: str) -> None:
    table = scores_of({"first": TEN["low"][:count], "second": TEN["high"][:count]})
    found = ranked(table, observations_by(sorted(set(table["stem"])), scene))
    assert found.summary["mean"].tolist() == [np.mean(TEN["low"][:count]), np.mean(TEN["high"][:count])]
    assert found.summary[["low", "high", "rank", "p", "p_holm"]].isna().all(axis=None) and found.tests.empty
    assert len(found.cautions) == 1 and found.cautions[0].startswith(said)


def test_too_few_observations_for_any_verdict_are_said_so() -> None:
    """With five the least p is 1 / 16; with six 1 / 32, but corrected over two rivals 1 / 16."""
    for count, methods, expected in [(5, 2, True), (6, 2, False), (6, 3, True), (7, 3, False)]:
        table = scores_of({name: TEN[name][:count] for name in list(TEN)[:methods]})
        found = ranked(table, alone(table)).cautions
        assert bool(found) == expected and all("no test can set a method apart" in line for line in found)


def test_scenes() -> None:
    stems = ["00004N", "00020N", "00120N", "00121D"]
    assert observations_by(stems, "") == {stem: stem for stem in stems}
    assert list(observations_by(stems, r"(\d+)\d\d([DN])").values()) == ["000 N", "000 N", "001 N", "001 D"]
    assert list(observations_by(["day/1", "day/2", "night/1"], ".*/").values()) == ["day/", "day/", "night/"]
    with pytest.raises(ValueError, match=r"--scene '\(' is no regular expression: .*"):
        observations_by(stems, "(")
    with pytest.raises(ValueError, match="--scene 'D' is not in the name '00004N': give a pattern that all names have"):
        observations_by(stems, "D")
