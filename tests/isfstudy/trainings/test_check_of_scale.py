"""The check of scale: a larger run lies within what one more small seed would give, or beyond it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from isfcore.metrics import METRICS
from isfstudy.grid.records import looks
from isfstudy.trainings.check_of_scale import against_small, answer, in_short
from isfstudy.trainings.over_seeds import LARGER

FIGURES = [f"TNO.{metric}" for metric in METRICS]
SMALL = (0.4, 0.6, 0.5, 0.7)  # full minus masks as augmentation in AG, by seed


def runs(*gains: float, steps: int = 600, device: str = "cuda") -> pd.DataFrame:
    """Two runs a seed, alike but in AG, which the full method has more of by `gains`."""
    rows = [
        {"arm": arm, "seed": seed, "steps": steps, "device": device} | {name: 5.0 + seed for name in FIGURES}
        for seed in range(len(gains))
        for arm in ("full", "mask_augmentation")
    ]
    table = pd.DataFrame(rows)
    table.loc[table["arm"] == "full", "TNO.AG"] += list(gains)
    return table


def row_of(larger: float) -> pd.Series:
    return against_small(runs(*SMALL), runs(larger, steps=1500)).set_index("figure").loc["AG"]


def test_the_interval_is_that_of_one_further_seed():
    found = row_of(0.5)
    assert found["seeds"] == 4 and found["small"] == pytest.approx(0.55) and found["larger"] == pytest.approx(0.5)
    reach = student.ppf(1 - 0.05 / (2 * 5), 3) * np.std(SMALL, ddof=1) * np.sqrt(1 + 1 / 4)  # five metrics together
    assert (found["low"], found["high"]) == pytest.approx((0.55 - reach, 0.55 + reach))


def test_a_larger_run_lies_within_above_or_below():
    verdicts = {larger: row_of(larger)["verdict"] for larger in (0.5, 3.0, -3.0)}
    assert verdicts == {0.5: "within", 3.0: "above", -3.0: "below"}


def test_what_is_said_follows_the_numbers():
    larger = runs(-3.0, steps=1500)
    table = against_small(runs(*SMALL), larger)
    said = answer(table, runs(*SMALL), larger, [])
    assert "one seed, and 5 of these 5 spans include 0." in said and "generator" not in said
    assert "another generator's" in answer(table, runs(*SMALL), larger.assign(device="cpu"), [])
    assert "1,500 steps, one seed" in said and "4 of 5 differences" in said
    assert "AG on TNO (-3.00, small +0.55) lies below" in said
    assert in_short(table).set_index("figure").loc["AG", "lies"] == "below"
    one = runs(0.5, steps=1500)
    assert "among them AG on TNO (+0.50, small +0.55)" in answer(
        against_small(runs(*SMALL), one), runs(*SMALL), one, []
    )


def test_without_larger_runs_or_seeds_nothing_is_claimed():
    lacking = ["scale/full-MSRS-seed0", "scale/mask_augmentation-MSRS-seed0"]
    none = against_small(runs(*SMALL), looks(Path("nowhere"), LARGER))
    assert none.empty and "Not tested" in answer(none, runs(*SMALL), pd.DataFrame(), lacking)
    assert "grid scale" in answer(none, runs(*SMALL), pd.DataFrame(), lacking)
    alone = against_small(runs(0.5), runs(0.4))
    assert set(alone["verdict"]) == {"unknown"} and "Not tested" in answer(alone, runs(0.5), runs(0.4), lacking)
    assert in_short(alone)["one more small seed"].eq("–").all()
