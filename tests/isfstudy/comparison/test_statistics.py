"""Statistics of comparisons: published examples, cases that can be done by hand, and properties."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isfstudy.comparison.ranks import average_ranks
from isfstudy.comparison.statistics import by_cluster, confidence_intervals, paired_tests, signed_rank_tests
from tests.helpers.score_tables import DEMSAR, VARIANTS, table_of

# Wilcoxon and Holm


def test_signed_ranks_of_a_published_table():
    """Wilcoxon 1945 on Darwin's crossed and self-fertilised maize: statistic 24; p as in the documentation of scipy."""
    differences = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
    table = signed_rank_tests(table_of({"crossed": differences, "selfed": [0] * 15}), metrics=["AG"])
    assert table["competitor"].tolist() == ["selfed", "crossed"]
    assert table["p"].tolist() == pytest.approx([0.041259765625] * 2, rel=1e-12)
    assert table["difference"].tolist() == pytest.approx([sum(differences) / 15, -sum(differences) / 15])
    assert table["better"].tolist() == pytest.approx([13 / 15, 2 / 15])
    assert table["images"].tolist() == [15, 15]


def test_paired_tests_are_corrected_together_and_leave_out_what_is_missing():
    """Five positive differences of unequal size have p = 2 / 2^5 exactly, three 2 / 2^3; Holm doubles the least."""
    five, three = pd.Series([1, 2, 3, 4, 5.5]), pd.Series([math.nan, -1, -2.5, math.nan, -3])
    table = paired_tests({"three": three, "five": five})
    assert list(table.index) == ["three", "five"] and table["images"].tolist() == [3, 5]
    assert table["difference"].tolist() == pytest.approx([-6.5 / 3, 15.5 / 5])
    assert table["p"].tolist() == pytest.approx([1 / 4, 1 / 16])
    assert table["p_holm"].tolist() == pytest.approx([1 / 4, 1 / 8])
    with pytest.raises(ValueError, match="lonely: a paired test takes two images or more, not 1"):
        paired_tests({"five": five, "lonely": five[:1]})


def test_signed_ranks_of_demsars_example_share_the_ranks_of_ties():
    """R- is 12 for C4.5 against C4.5+m, where the two zeros give each side 1.5: |z| = 2.53 by his equation."""
    table = signed_rank_tests(DEMSAR, competitor="C4.5", metrics=["AG"]).set_index("method")
    z = (12 - 14 * 15 / 4) / math.sqrt(14 * 15 * 29 / 24)
    of_normal = math.erfc(-z / math.sqrt(2))
    assert z == pytest.approx(-2.54, abs=0.01)
    assert table.loc["C4.5+m", "p"] == pytest.approx(of_normal, abs=0.001)
    assert table.loc["C4.5+m", "better"] == pytest.approx(11 / 14)  # ten better, two ties
    assert list(table.index) == list(VARIANTS[1:])


def test_holm_steps_down():
    """The least p is multiplied by the number of tests, the next by one less, and none falls below one before it."""
    raised = [0.5, 0.4, 0.3, 0.2, 0.1]
    methods = {"clear": [*raised] * 2, "even": [0.1, -0.11] * 5, "some": [-0.2, *raised, *raised[:4]]}
    table = signed_rank_tests(table_of(methods | {"zero": [0.0] * 10}), competitor="zero", metrics=["AG"])
    table = table.sort_values("p")
    expected = np.minimum(np.maximum.accumulate(table["p"].to_numpy() * [3, 2, 1]), 1)
    assert table["p_holm"].to_numpy() == pytest.approx(expected, rel=1e-12)
    assert table["method"].iloc[0] == "clear" and table["p_holm"].iloc[0] < 0.05 < table["p_holm"].iloc[-1]


def test_a_metric_is_a_family_of_its_own():
    scores = {"one": [3, 4, 5, 6.5], "two": [1, 2, 2.5, 3], "three": [0, 3, 1, 9]}
    alone = signed_rank_tests(table_of(scores), metrics=["AG"])
    joined = signed_rank_tests(table_of(scores).assign(SF=lambda table: -table["AG"]), metrics=["AG", "SF"])
    pd.testing.assert_frame_equal(joined[joined["metric"] == "AG"], alone)
    assert joined["metric"].tolist() == ["AG"] * 3 + ["SF"] * 3
    assert joined.loc[joined["metric"] == "SF", "competitor"].tolist() == ["two", "three", "two"]


def test_the_best_competitor_of_the_best_is_the_second():
    scores = {"worst": [1, 2, 3], "best": [7, 8, 9], "second": [4, 5, 6]}
    rival = signed_rank_tests(table_of(scores), metrics=["AG"]).set_index("method")["competitor"]
    assert rival.to_dict() == {"worst": "best", "best": "second", "second": "best"}
    rival = signed_rank_tests(table_of(scores, metric="Nabf"), metrics=["Nabf"]).set_index("method")["competitor"]
    assert rival.to_dict() == {"worst": "second", "best": "worst", "second": "worst"}, "lower is better"


def test_every_two_methods_are_tested_once_and_corrected_together():
    """Ten images in one order: each p is 2 / 2^10, and Holm multiplies by the three pairs."""
    scores = {"low": range(10), "middle": [2 * value + 10.0 for value in range(10)], "high": [50.0] * 10}
    table = signed_rank_tests(
        table_of({name: list(values) for name, values in scores.items()}), competitor=None, metrics=["AG"]
    )
    pairs = [("low", "middle"), ("low", "high"), ("middle", "high")]
    assert list(table[["method", "competitor"]].itertuples(index=False, name=None)) == pairs
    assert table["p_holm"].tolist() == pytest.approx([3 * 2 / 2**10] * 3) and table["better"].tolist() == [0, 0, 0]
    assert table["difference"].tolist() == pytest.approx([-14.5, -45.5, -31])


def test_a_lower_metric_counts_as_better_and_its_difference_keeps_its_sign():
    table = signed_rank_tests(table_of({"clean": [0.1, 0.2], "noisy": [0.3, 0.4]}, metric="Nabf"), metrics=["Nabf"])
    assert table["difference"].tolist() == pytest.approx([-0.2, 0.2])
    assert table["better"].tolist() == [1, 0]


def test_pairs_are_the_images_that_both_have():
    """A third method has two images only: they decide who is best, and take none from the other pair."""
    scores = {"a": [5, 5, 0, 0, 0, 1], "b": [1, 1, 2, 2, 2, 3], "short": [0, 0]}
    table = signed_rank_tests(table_of(scores), metrics=["AG"]).set_index("method")
    assert table["competitor"].to_dict() == {"a": "b", "b": "a", "short": "a"}
    assert table["images"].to_dict() == {"a": 6, "b": 6, "short": 2}
    assert table.loc["a", "difference"] == pytest.approx(0) and table.loc["short", "difference"] == -5


def test_methods_that_agree_everywhere_do_not_differ():
    for count in (4, 30, 80):
        table = signed_rank_tests(table_of({"one": list(range(count)), "same": list(range(count))}), metrics=["AG"])
        assert table["p"].tolist() == table["p_holm"].tolist() == [1, 1]
        assert table["better"].tolist() == [0.5, 0.5]


def test_sets_and_protocols_are_families_of_their_own():
    scores = {"one": [3, 4, 5, 6.5], "other": [1, 2, 2.5, 3]}
    opposite = {"one": scores["other"], "other": scores["one"]}
    alone = signed_rank_tests(table_of(scores), metrics=["AG"])
    both = pd.concat([table_of(scores), table_of(opposite, protocol="standard"), table_of(opposite, dataset="MSRS")])
    joined = signed_rank_tests(both.sample(frac=1, random_state=1), metrics=["AG"]).set_index(["dataset", "protocol"])
    columns = ["method", "difference", "p_holm"]
    for group, of_group in joined.groupby(level=[0, 1]):
        of_group = of_group.sort_values("method").reset_index()
        sign = 1 if group == ("TNO", "paper") else -1
        assert of_group[columns].to_numpy().tolist() == (
            alone[columns].assign(difference=sign * alone["difference"]).to_numpy().tolist()
        )


@settings(max_examples=20, deadline=None)
@given(data=st.data(), methods=st.integers(2, 5), images=st.integers(2, 5))
def test_corrected_values_are_larger_and_keep_their_order(data, methods, images):
    values = st.lists(st.floats(-9, 9), min_size=images, max_size=images)
    table = signed_rank_tests(table_of({f"m{place}": data.draw(values) for place in range(methods)}), metrics=["AG"])
    assert ((table["p"] > 0) & (table["p"] <= table["p_holm"] + 1e-15) & (table["p_holm"] <= 1)).all()
    assert table.sort_values(["p", "p_holm"])["p_holm"].is_monotonic_increasing
    assert table["better"].between(0, 1).all()


# Intervals


def test_interval_of_a_large_normal_sample_is_the_textbook_one():
    values = np.random.default_rng(0).normal(5, 2, 400)
    row = confidence_intervals(table_of({"one": list(values)}), metrics=["AG"]).iloc[0]
    half = 1.96 * values.std(ddof=1) / 20
    assert row["mean"] == pytest.approx(values.mean(), rel=1e-12) and row["images"] == 400
    assert row["low"] == pytest.approx(values.mean() - half, abs=0.08 * half)
    assert row["high"] == pytest.approx(values.mean() + half, abs=0.08 * half)


def test_intervals_cover_the_mean_of_a_skewed_distribution():
    """400 samples of 40 from an exponential distribution, whose mean is 1: about 94 in 100 intervals cover it."""
    names = [f"sample{place}" for place in range(400)]
    table = pd.DataFrame(np.random.default_rng(3).exponential(size=(40, 400)), columns=names)
    table = table.assign(dataset="TNO", method="one", protocol="paper", stem=range(40))
    found = confidence_intervals(table, metrics=names, resamples=999)
    covered = ((found["low"] < 1) & (found["high"] > 1)).mean()
    assert 0.91 < covered < 0.97
    above, below = found["high"] - found["mean"], found["mean"] - found["low"]
    assert above.mean() > 1.1 * below.mean(), "skewed to the right, and so must the intervals be"


def test_intervals_are_seeded_and_know_no_order():
    scores = {"one": list(np.random.default_rng(1).gamma(2, size=30)), "other": list(range(30))}
    table = pd.concat([table_of(scores), table_of(scores, protocol="standard")])
    found = confidence_intervals(table, metrics=["AG"], resamples=500)
    assert found[["protocol", "method"]].to_numpy().tolist() == [
        ["paper", "one"],
        ["paper", "other"],
        ["standard", "one"],
        ["standard", "other"],
    ]
    shuffled = confidence_intervals(table.sample(frac=1, random_state=0), metrics=["AG"], resamples=500)
    keys = ["protocol", "method"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True), shuffled.sort_values(keys, ignore_index=True)
    )
    other = confidence_intervals(table, metrics=["AG"], resamples=500, seed=1)
    assert not np.allclose(found["low"], other["low"], rtol=1e-6)


def test_level_decides_the_width_and_a_constant_has_none():
    table = table_of({"one": list(range(30)), "still": [4.0] * 30})
    wide, narrow = (confidence_intervals(table, metrics=["AG"], level=level, resamples=500) for level in (0.99, 0.5))
    assert wide["low"][0] < narrow["low"][0] < narrow["high"][0] < wide["high"][0]
    assert wide.loc[1, ["mean", "low", "high"]].tolist() == [4, 4, 4]


def test_intervals_are_of_the_groups_that_are_asked_for():
    table = table_of({"one": [1, 4, 2, 8], "other": [3, 1, 4, 1]})
    expected = confidence_intervals(table, metrics=["AG"], resamples=200)
    renamed = table.rename(columns={"method": "network"}).assign(dose=7).drop(columns="protocol")
    found = confidence_intervals(renamed, metrics=["AG"], by=["dose", "network"], resamples=200)
    assert found.columns[:2].tolist() == ["dose", "network"] and found["network"].tolist() == ["one", "other"]
    columns = ["images", "mean", "low", "high"]
    pd.testing.assert_frame_equal(found[columns], expected[columns])
    with pytest.raises(ValueError, match="two rows for 7 00"):
        confidence_intervals(renamed, metrics=["AG"], by=["dose"])


# Images that are one observation


def test_means_of_clusters_come_in_order_of_appearance_and_others_stand_for_themselves():
    values = pd.Series([1.0, 5.0, 2.0, 7.0], index=["b", "a", "c", "d"])
    found = by_cluster(values, {"b": "drive", "c": "drive", "a": "another"})
    assert found.to_dict() == {"drive": 1.5, "another": 5.0, "d": 7.0} and list(found.index)[0] == "drive"
    assert by_cluster(values, None) is values


def test_a_test_knows_no_more_than_there_are_clusters():
    """Twelve images of one sign have p = 2 / 2^12; in four blocks of three, 2 / 2^4, whatever the images' number."""
    values = pd.Series(np.arange(12) + 1.0, index=[f"{place:02}" for place in range(12)])
    blocks = {stem: f"block {int(stem) // 3}" for stem in values.index}
    alone, joined = paired_tests({"one": values}).iloc[0], paired_tests({"one": values}, blocks).iloc[0]
    assert (alone["p"], joined["p"]) == (pytest.approx(2 / 2**12), pytest.approx(2 / 2**4))
    assert (joined["images"], joined["clusters"], joined["difference"]) == (12, 4, 6.5)
    table = table_of({"one": list(values), "none": [0.0] * 12})
    table = table.assign(cluster=table["stem"].map(blocks), SF=table["AG"])
    found = signed_rank_tests(table, competitor="none", metrics=["AG", "SF"])
    assert found["p"].tolist() == pytest.approx([2 / 2**4] * 2) and found["clusters"].tolist() == [4, 4]


def test_a_cluster_ranks_the_methods_once():
    """Image by image a is first on two of three; the first two are one scene, on which b is better on average."""
    table = table_of({"a": [3.0, 1.0, 9.0], "b": [2.0, 5.0, 1.0], "c": [0.0, 0.0, 0.0]})
    table = table.assign(cluster=table["stem"].replace({"00": "scene", "01": "scene"}))
    found = average_ranks(table, metrics=["AG"]).set_index("method")
    assert found["rank"].to_dict() == {"a": 1.5, "b": 1.5, "c": 3} and set(found["clusters"]) == {2}


def test_an_image_that_stands_twice_adds_nothing_to_an_interval():
    """Each of 30 images twice, as one cluster: the interval is that of the 30, where 60 images would narrow it."""
    values = list(np.random.default_rng(2).gamma(2, size=30))
    once = confidence_intervals(table_of({"one": values}), metrics=["AG"]).iloc[0]
    twice = table_of({"one": [value for value in values for _ in range(2)]})
    joined = confidence_intervals(twice.assign(cluster=twice.index // 2), metrics=["AG"]).iloc[0]
    apart = confidence_intervals(twice, metrics=["AG"]).iloc[0]
    assert joined[["mean", "low", "high"]].tolist() == pytest.approx(once[["mean", "low", "high"]].tolist())
    assert (joined["images"], joined["clusters"]) == (60, 30)
    assert apart["high"] - apart["low"] < 0.8 * (joined["high"] - joined["low"])


def test_the_mean_is_over_images_whatever_the_clusters():
    table = table_of({"one": [1.0, 1.0, 1.0, 9.0]}).assign(cluster=["a", "a", "a", "b"])
    assert confidence_intervals(table, metrics=["AG"], resamples=99)["mean"].tolist() == [3.0]


@pytest.fixture(scope="module")
def dependent() -> pd.DataFrame:
    """400 series of 360 frames about zero, of which neighbours correlate by 0.75: a row a frame."""
    generator = np.random.default_rng(5)
    frames = [generator.normal(size=400) / np.sqrt(1 - 0.75**2)]
    for _ in range(359):
        frames.append(0.75 * frames[-1] + generator.normal(size=400))
    return pd.DataFrame(frames, index=[f"{frame:03}" for frame in range(360)])


def test_of_dependent_frames_that_do_not_differ_a_test_of_blocks_rejects_one_in_twenty(dependent: pd.DataFrame):
    """Where frames pass for independent, two series in five would be called different from nothing."""
    blocks = {stem: f"block {int(stem) // 24}" for stem in dependent.index}
    series = {f"series {name}": values for name, values in dependent.items()}
    assert (paired_tests(series)["p"] < 0.05).mean() > 0.4
    assert 0.02 < (paired_tests(series, blocks)["p"] < 0.05).mean() < 0.08


def test_of_dependent_frames_an_interval_of_blocks_covers_the_mean(dependent: pd.DataFrame):
    table = dependent.iloc[:, :100].rename(columns=str).rename_axis("stem").reset_index()
    table, names = table.assign(dataset="MSRS", method="one", protocol="paper"), list(map(str, range(100)))
    blocks = [f"block {frame // 24}" for frame in range(360)]

    def covered(images: pd.DataFrame) -> float:
        found = confidence_intervals(images, metrics=names, resamples=999)
        return ((found["low"] < 0) & (found["high"] > 0)).mean()

    assert covered(table) < 0.7 and covered(table.assign(cluster=blocks)) > 0.85


# What is refused

TWO = {"one": [1.0, 2.0], "other": [2.0, 3.0]}


@pytest.mark.parametrize("function", [confidence_intervals, signed_rank_tests, average_ranks])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda table: table.drop(columns="AG"), "no column AG"),
        (lambda table: table.drop(columns=["stem", "method"]), "no column method, stem"),
        (lambda table: table.iloc[:0], "no rows"),
        (lambda table: pd.concat([table, table.iloc[[2]]]), "two rows for TNO paper other 00"),
        (lambda table: table.replace({"AG": {3.0: math.inf}}), "AG of TNO paper other 01 is inf: leave that image out"),
        (lambda table: table.replace({"AG": {1.0: math.nan}}), "AG of TNO paper one 00 is nan"),
    ],
)
def test_a_spoilt_table_is_refused(function, spoil, said):
    with pytest.raises(ValueError, match=said):
        function(spoil(table_of(TWO)), metrics=["AG"])


def test_one_cluster_is_refused():
    table = table_of({"one": [1.0, 2.0], "other": [2.0, 4.0], "third": [5.0, 6.0]}).assign(cluster="a drive")
    with pytest.raises(ValueError, match="TNO paper one has one cluster of 2 images"):
        confidence_intervals(table, metrics=["AG"])
    with pytest.raises(
        ValueError, match="one against third: a paired test takes two clusters or more, not one of 2 images"
    ):
        signed_rank_tests(table, metrics=["AG"])
    with pytest.raises(ValueError, match="2 images that all of one, other, third have, in 1 clusters"):
        average_ranks(table, metrics=["AG"])


def test_too_little_is_refused():
    with pytest.raises(ValueError, match="TNO paper one has one image"):
        confidence_intervals(table_of({"one": [1.0]}), metrics=["AG"])
    with pytest.raises(ValueError, match="no method 'mine' to compare with; there are one, other"):
        signed_rank_tests(table_of(TWO), competitor="mine", metrics=["AG"])
    with pytest.raises(ValueError, match="one is the only method"):
        signed_rank_tests(table_of({"one": [1.0]}), competitor="one", metrics=["AG"])
    with pytest.raises(ValueError, match="takes two methods"):
        signed_rank_tests(table_of({"one": [1.0]}), metrics=["AG"])
    apart = table_of(TWO).iloc[[0, 3]]
    with pytest.raises(ValueError, match="an image that all of"):
        signed_rank_tests(apart, metrics=["AG"])
    with pytest.raises(ValueError, match="fewer than two images have both other and one"):
        signed_rank_tests(apart, competitor="one", metrics=["AG"])
    with pytest.raises(ValueError, match="ranks take two methods"):
        average_ranks(table_of({"one": [1.0, 2.0]}), metrics=["AG"])
    with pytest.raises(ValueError, match="1 images that all of"):
        average_ranks(table_of(TWO | {"short": [1.0]}), metrics=["AG"])
