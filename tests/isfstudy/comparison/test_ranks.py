"""Average ranks: published examples, cases that can be done by hand, and properties."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isfstudy.comparison.ranks import alike, average_ranks, critical_difference
from tests.helpers.score_tables import DEMSAR, VARIANTS, table_of

Q_05 = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]  # Demsar's table 5: 2 to 10 methods
Q_10 = [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920]


def test_ranks_of_demsars_table():
    table = average_ranks(DEMSAR, metrics=["AG"])
    assert table["method"].tolist() == list(VARIANTS)
    assert table["rank"].tolist() == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert table["images"].tolist() == [14] * 4
    # Friedman's statistic is 9.28 there; ties (three of two, one of four) divide it by 1 - 78 / (14 * 4 * 15).
    statistic = 9.28 / (1 - 78 / 840)
    of_chi_square_3 = math.erfc(math.sqrt(statistic / 2)) + math.sqrt(2 * statistic / math.pi) * math.exp(
        -statistic / 2
    )
    assert table["p"].tolist() == pytest.approx([of_chi_square_3] * 4, rel=0.01)


def test_unanimous_ranks():
    """Three methods in one order on four images: Friedman's chi-square is 8 with 2 degrees, so p is exp(-4)."""
    scores = {"low": [1, 2, 3, 4], "high": [9, 9.5, 9, 9], "middle": [5, 6, 7, 8]}
    table = average_ranks(table_of(scores), metrics=["AG"]).set_index("method")
    assert table["rank"].to_dict() == {"low": 3, "high": 1, "middle": 2}
    assert table["p"].tolist() == pytest.approx([math.exp(-4)] * 3)
    table = average_ranks(table_of(scores, metric="Nabf"), metrics=["Nabf"]).set_index("method")
    assert table["rank"].to_dict() == {"low": 1, "high": 3, "middle": 2}


def test_ranks_rest_on_the_images_that_all_have():
    scores = {"a": [1, 1, 9, 9], "b": [2, 2, 2, 2], "short": [3, 3]}
    table = average_ranks(table_of(scores), metrics=["AG"]).set_index("method")
    assert table["rank"].to_dict() == {"a": 3, "b": 2, "short": 1} and set(table["images"]) == {2}


def test_two_methods_have_ranks_and_no_test_of_friedman():
    table = average_ranks(table_of({"one": [1, 2, 3], "other": [2, 3, 1]}), metrics=["AG"]).set_index("method")
    assert table["rank"].to_dict() == {"one": pytest.approx(5 / 3), "other": pytest.approx(4 / 3)}
    assert table["p"].isna().all()


def test_methods_that_are_all_alike_have_one_rank():
    table = average_ranks(table_of({name: [1, 2, 3] for name in "abc"}), metrics=["AG"])
    assert table["rank"].tolist() == [2, 2, 2] and table["p"].tolist() == [1, 1, 1]


@settings(max_examples=30, deadline=None)
@given(data=st.data(), methods=st.integers(3, 6), images=st.integers(2, 8))
def test_ranks_add_up(data, methods, images):
    values = st.lists(st.floats(-9, 9), min_size=images, max_size=images)
    table = average_ranks(table_of({f"m{place}": data.draw(values) for place in range(methods)}), metrics=["AG"])
    assert table["rank"].mean() == pytest.approx((methods + 1) / 2)
    assert table["p"].between(0, 1).all()


@pytest.mark.parametrize(("level", "quantiles"), [(0.05, Q_05), (0.1, Q_10)])
def test_quantiles_of_demsars_table(level, quantiles):
    for methods, quantile in enumerate(quantiles, start=2):
        images = methods * (methods + 1) / 6  # makes the root 1
        found = critical_difference(methods=methods, observations=images, level=level)
        assert found == pytest.approx(quantile, abs=1e-3)


def test_groups_of_demsars_example():
    """At 5 % the critical difference is 1.25 and nothing differs; at 10 % it is 1.12 and two groups overlap."""
    ranks = average_ranks(DEMSAR, metrics=["AG"]).set_index("method")["rank"]
    wide, narrow = (critical_difference(methods=4, observations=14, level=level) for level in (0.05, 0.1))
    assert (wide, narrow) == (pytest.approx(1.25, abs=0.005), pytest.approx(1.12, abs=0.005))
    assert alike(ranks, wide) == [["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]]
    assert alike(ranks, narrow) == [["C4.5+m+cf", "C4.5+m", "C4.5+cf"], ["C4.5+cf", "C4.5"]]
    assert alike(ranks, 1e-9) == []
    assert alike(pd.Series({"a": 1, "b": 2, "c": 2.5}), 1) == [["b", "c"]], "a difference of the critical one counts"


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(1, 9), min_size=1, max_size=8), difference=st.floats(0.01, 9))
def test_groups_are_all_pairs_within_the_difference_and_none_inside_another(values, difference):
    ranks = pd.Series(values, index=[f"m{place}" for place in range(len(values))])
    groups = alike(ranks, difference)
    joined = {frozenset((one, other)) for group in groups for one in group for other in group if one != other}
    within = {
        frozenset((one, other))
        for one in ranks.index
        for other in ranks.index
        if one != other and abs(ranks[one] - ranks[other]) < difference
    }
    assert joined == within
    assert not any(set(one) < set(other) for one in groups for other in groups)
