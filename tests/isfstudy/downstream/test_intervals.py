"""Data-set scores under resampling, and the agreement of rankings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.downstream.intervals import agreement_over_methods, agreement_within_images, resampled


def mean_of(values: np.ndarray):
    return lambda weights: weights @ values / weights.sum(1)


def test_intervals_of_a_mean_and_paired_leads() -> None:
    """A score that is a mean has the interval that scipy gives a mean; a constant lead has no width."""
    from scipy.stats import bootstrap

    values = np.random.default_rng(0).normal(0.5, 0.1, 60)
    scores = {"a": mean_of(values), "b": mean_of(values + 0.01), "c": mean_of(values[::-1])}
    table = resampled(scores, 60, reference="a", resamples=1999).set_index("method")
    interval = bootstrap((values,), np.mean, n_resamples=1999, rng=np.random.default_rng(0)).confidence_interval
    assert table.loc["a", "score"] == pytest.approx(values.mean())
    assert table.loc["a", "low"] == pytest.approx(interval.low) and table.loc["a", "high"] == pytest.approx(
        interval.high
    )
    assert table.loc["b", ["lead", "lead_low", "lead_high"]].tolist() == pytest.approx([0.01] * 3)
    assert table["verdict"].tolist() == ["", "better", "undecided"]
    assert resampled({"a": scores["b"], "b": scores["a"]}, 60, reference="a")["verdict"].tolist() == ["", "worse"]


def test_a_verdict_corrects_for_the_number_of_methods() -> None:
    """A lead that 95 % sets apart alone, and 99.5 % does not, is undecided among ten."""
    draws = np.random.default_rng(3)
    values, lead = draws.normal(0, 1, 40), draws.normal(0, 1, 40)
    lead = (lead - lead.mean()) / lead.std() + 2.3 / np.sqrt(40)  # 2.3 standard errors
    two = resampled({"a": mean_of(values), "b": mean_of(values + lead)}, 40, reference="a")
    many = {"a": mean_of(values)} | {name: mean_of(values + lead) for name in "bcdefghijk"}
    assert two["verdict"].tolist() == ["", "better"]
    assert set(resampled(many, 40, reference="a")["verdict"]) == {"", "undecided"}


def test_without_the_reference_there_are_no_leads() -> None:
    table = resampled({"a": mean_of(np.arange(5.0))}, 5, reference="other")
    assert table["verdict"].tolist() == [""] and np.isnan(table["lead"]).all()
    with pytest.raises(ValueError, match="two or more, not 1"):
        resampled({"a": mean_of(np.ones(1))}, 1, reference="a")


def test_equal_images_have_an_interval_without_width() -> None:
    table = resampled({"a": mean_of(np.full(6, 0.25))}, 6, reference="a")
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
    table = pd.DataFrame(rows, columns=["stem", "method", "AG", "score"])
    found = agreement_within_images(table, ["AG"], "score").iloc[0]
    assert found["images"] == 6 and found["rho"] == pytest.approx(1) == found["low"]
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
    table = pd.DataFrame(rows, columns=["stem", "method", "AG", "PSNR", "score"])
    found = agreement_within_images(table, ["AG", "PSNR"], "score").set_index("quality")
    ag, psnr = found.loc["AG"], found.loc["PSNR"]
    assert ag["low"] < psnr["high"] and ag["over"] == pytest.approx(ag["rho"] - psnr["rho"])
    width, naive = ag["over high"] - ag["over low"], (ag["high"] - ag["low"]) + (psnr["high"] - psnr["low"])
    assert width < naive / 2, "pairing by image leaves out how hard an image is"
    assert np.isnan(psnr["over"]), "nothing is compared with itself"


def test_what_a_lead_would_have_to_be_to_be_seen() -> None:
    draws = np.random.default_rng(3)
    values, noise = draws.normal(0, 1, 40), draws.normal(0, 1, 40)
    scores = {"a": mean_of(values)} | {name: mean_of(values + noise) for name in "bcde"}
    table = resampled(scores, 40, reference="a").set_index("method")
    row = table.loc["b"]
    assert row["smallest"] > (row["lead_high"] - row["lead_low"]) / 2, "corrected for four methods"
    assert np.isnan(table.loc["a", "smallest"])
