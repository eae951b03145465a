"""Data-set scores under resampling, and the agreement of rankings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.downstream.intervals import _raised, agreement_over_methods, agreement_within_images, resampled


def alone(images: int) -> list[str]:
    """Each image a cluster of its own."""
    return [f"{image}" for image in range(images)]


def mean_of(values: np.ndarray):
    return lambda weights: weights @ values / weights.sum(1)


def test_intervals_of_a_mean_and_paired_leads() -> None:
    """A score that is a mean has the interval that scipy gives a mean; a constant lead has no width."""
    from scipy.stats import bootstrap

    values = np.random.default_rng(0).normal(0.5, 0.1, 60)
    scores = {"a": mean_of(values), "b": mean_of(values + 0.01), "c": mean_of(values[::-1])}
    table = resampled(scores, alone(60), reference="a", resamples=1999).set_index("method")
    options = {"confidence_level": _raised(0.95, 60), "n_resamples": 1999, "rng": np.random.default_rng(0)}
    interval = bootstrap((values,), np.mean, **options).confidence_interval
    assert table.loc["a", "score"] == pytest.approx(values.mean())
    assert table.loc["a", "low"] == pytest.approx(interval.low) and table.loc["a", "high"] == pytest.approx(
        interval.high
    )
    assert table.loc["b", ["lead", "lead_low", "lead_high"]].tolist() == pytest.approx([0.01] * 3)
    assert table["verdict"].tolist() == ["", "better", "undecided"]
    assert resampled({"a": scores["b"], "b": scores["a"]}, alone(60), reference="a")["verdict"].tolist() == [
        "",
        "worse",
    ]


def test_a_verdict_corrects_for_the_number_of_methods() -> None:
    """A lead that 95 % sets apart alone, and 99.5 % does not, is undecided among ten."""
    draws = np.random.default_rng(3)
    values, lead = draws.normal(0, 1, 40), draws.normal(0, 1, 40)
    lead = (lead - lead.mean()) / lead.std() + 2.3 / np.sqrt(40)  # 2.3 standard errors
    two = resampled({"a": mean_of(values), "b": mean_of(values + lead)}, alone(40), reference="a")
    many = {"a": mean_of(values)} | {name: mean_of(values + lead) for name in "bcdefghijk"}
    assert two["verdict"].tolist() == ["", "better"]
    assert set(resampled(many, alone(40), reference="a")["verdict"]) == {"", "undecided"}


def test_without_the_reference_there_are_no_leads() -> None:
    table = resampled({"a": mean_of(np.arange(5.0))}, alone(5), reference="other")
    assert table["verdict"].tolist() == [""] and np.isnan(table["lead"]).all()
    with pytest.raises(ValueError, match="two clusters or more, not 1 of 3 images"):
        resampled({"a": mean_of(np.ones(3))}, ["block"] * 3, reference="a")


def test_equal_images_have_an_interval_without_width() -> None:
    table = resampled({"a": mean_of(np.full(6, 0.25))}, alone(6), reference="a")
    assert table[["score", "low", "high"]].iloc[0].tolist() == [0.25] * 3


def test_agreement_over_methods() -> None:
    table = pd.DataFrame({"AG": [1, 2, 3, 4, 5, 6], "PSNR": [3, 3, 3, 3, 3, 3], "score": [2, 4, 6, 8, 10, 12]})
    found = agreement_over_methods(table, ["AG", "PSNR"], "score").set_index("quality")
    assert found.loc["AG", "rho"] == pytest.approx(1) and found.loc["AG", "p"] == pytest.approx(2 / 720, rel=0.5)
    assert np.isnan(found.loc["PSNR", "rho"])
    assert np.isnan(agreement_over_methods(table[:3], ["AG"], "score")["rho"][0])  # three methods say nothing


def test_agreement_within_images_leaves_out_how_hard_an_image_is() -> None:
    """Images that are easy have low quality, and on each image the better fused is the better seen."""
    rows = [(f"{image}", method, method + image, method - 10 * image) for image in range(6) for method in range(5)]
    table = pd.DataFrame(rows, columns=["stem", "method", "AG", "score"]).assign(cluster=lambda each: each["stem"])
    found = agreement_within_images(table, ["AG"], "score").iloc[0]
    assert found[["images", "clusters"]].tolist() == [6, 6] and found["rho"] == pytest.approx(1) == found["low"]
    assert agreement_within_images(table[table["method"] < 3], ["AG"], "score")["images"][0] == 0


def test_one_quality_against_another_is_a_question_to_their_difference_on_each_image() -> None:
    """AG follows the score on easy images and hard ones alike a little better than PSNR; both intervals overlap."""
    draws = np.random.default_rng(0)
    rows = []
    for image in range(40):
        score, hard = draws.normal(size=6), draws.uniform(0, 4)
        ag = score + hard * draws.normal(size=6)
        rows += [
            (f"{image}", *each) for each in zip(range(6), ag, ag + 0.35 * draws.normal(size=6), score, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["stem", "method", "AG", "PSNR", "score"]).assign(
        cluster=lambda each: each["stem"]
    )
    found = agreement_within_images(table, ["AG", "PSNR"], "score").set_index("quality")
    ag, psnr = found.loc["AG"], found.loc["PSNR"]
    assert ag["low"] < psnr["high"] and ag["over"] == pytest.approx(ag["rho"] - psnr["rho"])
    width, naive = ag["over high"] - ag["over low"], (ag["high"] - ag["low"]) + (psnr["high"] - psnr["low"])
    assert width < naive / 2, "pairing by image leaves out how hard an image is"
    assert np.isnan(psnr["over"]), "nothing is compared with itself"


@pytest.mark.parametrize(("clusters", "level"), [(2, 0.999), (5, 0.9981), (20, 0.9682), (1000, 0.9503)])
def test_levels_are_raised_where_clusters_are_few(clusters: int, level: float) -> None:
    """By hand of 5: t is 2.776, times sqrt(5 / 4) is 3.104, beyond which lies 0.19 % of a normal distribution."""
    assert _raised(0.95, clusters) == pytest.approx(level, abs=1e-4)


def test_without_a_lead_verdicts_are_as_rare_as_they_say_where_clusters_are_few() -> None:
    """Eight clusters of three images that go together: a bootstrap over 24 images finds a lead in every third case."""
    draws, blocks = np.random.default_rng(0), np.repeat([*"abcdefgh"], 3)
    cases = [np.repeat(draws.normal(size=8), 3) + 0.3 * draws.normal(size=24) for _ in range(300)]

    def found(clusters: list[str]) -> float:
        tables = [
            resampled({"a": mean_of(0 * one), "b": mean_of(one)}, clusters, reference="a", resamples=199)
            for one in cases
        ]
        return float(np.mean([table["verdict"].iloc[1] != "undecided" for table in tables]))

    assert found(blocks) == pytest.approx(0.05, abs=0.025) and found(alone(24)) > 0.2


def test_images_of_a_cluster_are_drawn_together() -> None:
    """Every image four times is no more than once: the interval is that of the images themselves."""
    values, lead = np.random.default_rng(0).normal(0.5, 0.1, (2, 20))
    own = resampled({"a": mean_of(values), "b": mean_of(values + lead)}, alone(20), reference="a")
    four = {"a": mean_of(np.repeat(values, 4)), "b": mean_of(np.repeat(values + lead, 4))}
    together = resampled(four, np.repeat(alone(20), 4), reference="a")
    pd.testing.assert_frame_equal(together, own)
    apart = resampled(four, alone(80), reference="a")
    width = (own["high"] - own["low"]).iloc[0]
    assert (apart["high"] - apart["low"]).iloc[0] == pytest.approx(width / 2, rel=0.15), "as if there were eighty"


def test_correlations_of_a_cluster_are_drawn_together() -> None:
    draws = np.random.default_rng(0)
    rows = [(f"{image:02d}", method, *draws.normal(size=2)) for image in range(20) for method in range(5)]
    table = pd.DataFrame(rows, columns=["stem", "method", "AG", "score"]).assign(cluster=lambda each: each["stem"])
    twice = pd.concat([table, table.assign(stem=table["stem"] + " again")])
    own, both = (agreement_within_images(each, ["AG"], "score").iloc[0] for each in (table, twice))
    assert both["images"] == 40 and both["clusters"] == 20
    assert both[["rho", "low", "high"]].tolist() == pytest.approx(own[["rho", "low", "high"]].tolist())


def test_what_a_lead_would_have_to_be_to_be_seen() -> None:
    draws = np.random.default_rng(3)
    values, noise = draws.normal(0, 1, 40), draws.normal(0, 1, 40)
    scores = {"a": mean_of(values)} | {name: mean_of(values + noise) for name in "bcde"}
    table = resampled(scores, alone(40), reference="a").set_index("method")
    row = table.loc["b"]
    assert row["smallest"] > (row["lead_high"] - row["lead_low"]) / 2, "corrected for four methods"
    assert np.isnan(table.loc["a", "smallest"])
