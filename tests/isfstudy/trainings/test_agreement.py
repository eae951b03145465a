"""Whether a file could be one more draw: by hand, on made-up draws, and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.trainings.agreement import agreement, sentences
from isfstudy.trainings.last_steps import DRAWN, SETTLED, likeness
from isfstudy.trainings.released_weights import FEEDS


def drawn_scores(file, draws, feed=FEEDS[1]):
    """A table as `redrawn_scores` makes it, with the same number for each metric."""
    rows = [{"feed": feed, "statistics": "in the file"} | dict.fromkeys(METRICS, file)]
    about = {"crops": "paired", "fourth": "infrared", "feed": feed, "statistics": "redrawn"}
    return pd.DataFrame(rows + [about | dict.fromkeys(METRICS, value) for value in draws])


def test_agreement_by_hand():
    """Draws of 1, 2, 3 have the deviation 1, and independent ones of 12 steps, of which a third is shared, a larger."""
    alike = likeness(12)
    table = agreement(drawn_scores(6.0, [1.0, 2.0, 3.0]), trained=FEEDS[1], steps=12).set_index("metric")
    row = table.loc["CC"]
    deviation = 1 / (1 - alike) ** 0.5
    assert alike == pytest.approx(0.32, abs=0.01) and row["deviation"] == pytest.approx(deviation)
    assert (row["file"], row["mean"], row["low"], row["high"]) == (6, 2, 1, 3)
    assert row["apart"] == pytest.approx(4 / (deviation * (1 + alike + (1 - alike) / 3) ** 0.5))
    assert row["p_holm"] == pytest.approx(min(1, 5 * row["p"])) and 0 < row["p"] < 1
    with pytest.raises(ValueError, match="1 draws of 12 steps have no deviation"):
        agreement(drawn_scores(6.0, [1.0]), trained=FEEDS[1], steps=12)


def test_the_deviation_does_not_grow_with_the_number_of_draws_and_the_range_does():
    random = np.random.default_rng(1)
    few, many = (agreement(drawn_scores(0.0, random.normal(size=n)), trained=FEEDS[1], steps=12) for n in (8, 800))
    assert many["deviation"][0] == pytest.approx(1 / (1 - likeness(12)) ** 0.5, rel=0.1)
    assert few["deviation"][0] == pytest.approx(many["deviation"][0], rel=0.5)
    assert (many["high"] - many["low"])[0] > 1.7 * (few["high"] - few["low"])[0]


def two_arms(file, center, shift):
    """Draws around a center in the script's order, and a little lower in the other."""
    draws = center + np.linspace(-1, 1, 8)
    other = drawn_scores(file, draws - shift).iloc[1:].assign(fourth="visible")
    return pd.concat([drawn_scores(file, draws), other], ignore_index=True)


@pytest.mark.parametrize("file, agrees", [(10.5, True), (25.0, False)])
def test_a_file_that_is_no_draw_is_told_from_one_that_is_and_said_to_be(file, agrees):
    drawn = two_arms(file, center=10.0, shift=0.5)
    agree = agreement(drawn, trained=FEEDS[1], steps=12)
    assert (agree["p_holm"] > 0.05).all() == agrees
    lines = sentences(drawn, agree, trained=FEEDS[1])
    assert "AG +5.3 %, SF +5.3 %, PSNR +0.50 dB, CC +5.3 %" in lines[1], "10 instead of 9.5"
    assert ["do not agree" in line for line in lines[2:4]] == [not agrees] * 2
    if agrees:
        assert len(lines) == 4 and "does not show that it is one" in lines[2]
    else:
        assert "CC 25.000 in the file, 10.000 ± " in lines[2] and lines[4].startswith("<b>An open question:</b>")
        assert "AG, SF, PSNR, CC, Qabf" in lines[4]


def test_what_clean_images_alone_leave_is_said_beside_all_passes():
    drawn = two_arms(10.5, center=10.0, shift=0.5)
    rows = [
        {"feed": FEEDS[1], "statistics": name} | dict.fromkeys(METRICS, value)
        for name, value in zip(SETTLED, (10, 8), strict=True)
    ]
    drawn = pd.concat([drawn, pd.DataFrame(rows)], ignore_index=True)
    lines = sentences(drawn, agreement(drawn, trained=FEEDS[1], steps=12), trained=FEEDS[1])
    assert "AG of 8.000 instead of 10.000: AG -20.0 %, SF -20.0 %, PSNR -2.00 dB" in lines[2] and len(lines) == 5


def test_without_draws_nothing_is_said():
    empty = pd.DataFrame(columns=DRAWN)
    agree = agreement(empty, trained=FEEDS[0], steps=12)
    assert agree.empty and sentences(empty, agree, trained=FEEDS[0]) == []
