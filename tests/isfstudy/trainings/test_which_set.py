"""The set that Table 2 could be from: differences in their own units, standard errors, and what excludes, by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isfcore.datasets.local import pairs
from isfcore.metrics import METRICS
from isfstudy.comparison.opening import Networks
from isfstudy.paper.printed import OURS, printed_table
from isfstudy.report.page import Page
from isfstudy.report.results import save_table
from isfstudy.trainings import which_set
from isfstudy.trainings.which_set import EXCLUDED, OPEN, SAME, TOO_FEW, against_sets, answer, authors_scores, in_short
from tests.helpers.images_by_hand import three_pairs
from tests.helpers.networks import random_network

PRINTED = printed_table("table2_ablation")
FULL = PRINTED.set_index("variant").loc["full", list(METRICS)].astype(float)
EXCHANGED = "ISF (released-exchanged)"


def scores(dataset: str, count: int = 20, method: str = OURS, spread: float = 0.1, **apart: float) -> pd.DataFrame:
    """Images whose means are the printed row, but for what is apart, and whose standard deviations are `spread`."""
    values = np.resize([-1.0, 1.0], count) * spread * math.sqrt((count - 1) / count)
    about = {"dataset": dataset, "method": method, "stem": [f"{number:05d}D" for number in range(0, 100 * count, 100)]}
    return pd.DataFrame(about | {metric: FULL[metric] + apart.get(metric, 0) + values for metric in METRICS})


def test_differences_are_in_each_metrics_own_unit_and_in_standard_errors() -> None:
    (row,) = against_sets(scores("FLIR", 20, PSNR=-1.9, AG=0.02), PRINTED).to_dict("records")
    assert row["PSNR"] == pytest.approx(-1.9) and row["AG"] == pytest.approx(0.02) and row["CC"] == pytest.approx(0)
    error = 0.1 / math.sqrt(20)
    assert row["PSNR errors"] == pytest.approx(-1.9 / error) and row["AG errors"] == pytest.approx(0.02 / error)
    assert (row["metric"], row["difference"], row["errors"]) == ("PSNR", row["PSNR"], row["PSNR errors"])
    assert (row["pairs"], row["published"], row["fed"]) == (20, 40, "as printed")


def test_decibels_exclude_a_set_that_would_be_near_in_percent() -> None:
    """The review's case: 1.9 dB are 3 % of 63.62, and eight standard errors."""
    (row,) = against_sets(scores("RoadScene", 50, spread=1.7, PSNR=-1.917), PRINTED).to_dict("records")
    assert row["errors"] == pytest.approx(-1.917 / (1.7 / math.sqrt(50))) and abs(row["errors"]) > 7
    assert row["verdict"] == EXCLUDED and abs(1.917 / 63.62) < 0.035


@pytest.mark.parametrize(("apart", "verdict"), [(0.063, OPEN), (0.066, EXCLUDED)])
def test_the_limit_is_students_at_five_percent_over_five_metrics(apart: float, verdict: str) -> None:
    # 0.1 / sqrt(20) times t(19) at 0.5 % a side, 2.861: 0.06397
    (row,) = against_sets(scores("TNO", 20, Qabf=apart), PRINTED).to_dict("records")
    assert row["smallest"] == pytest.approx(0.06397, abs=1e-4) and row["verdict"] == verdict
    assert against_sets(scores("TNO", 20, Qabf=-apart), PRINTED)["verdict"].to_list() == [verdict]


def test_five_means_that_read_as_printed_are_that_set() -> None:
    assert against_sets(scores("TNO", AG=0.00049, PSNR=-0.0049), PRINTED)["verdict"].to_list() == [SAME]
    assert against_sets(scores("TNO", AG=0.00051, PSNR=-0.0049), PRINTED)["verdict"].to_list() == [OPEN]


def test_frames_of_one_drive_are_one_observation() -> None:
    frames = scores("MSRS", 80, AG=1.0)
    alone = against_sets(frames, PRINTED).loc[0, "AG errors"]
    twice = pd.concat([frames, frames.assign(stem=frames["stem"].str.replace("0D", "1D"))])
    assert against_sets(twice, PRINTED).loc[0, "AG errors"] == pytest.approx(alone)
    assert against_sets(twice.assign(dataset="RoadScene"), PRINTED).loc[0, "AG errors"] > 1.4 * alone


def test_less_than_a_fifth_of_a_set_says_nothing() -> None:
    table = against_sets(pd.concat([scores("TNO", AG=1), scores("M3FD", 839, AG=9), scores("FLIR", 7)]), PRINTED)
    assert table["verdict"].to_list() == [EXCLUDED, TOO_FEW, TOO_FEW]
    lines = answer(table)
    assert (
        "on none of TNO,</b>" in lines[0]
        and lines[-1] == "<b>Too few pairs to say:</b> M3FD 839 of 4200, FLIR 7 of 40."
    )
    assert answer(table[1:])[0].startswith("<b>The authors' weights were not scored on enough pairs")


def test_one_image_is_no_row() -> None:
    empty = against_sets(scores("TNO", 1), PRINTED)
    assert empty.empty and "not scored" in answer(empty)[0] and in_short(empty).empty


def test_the_answer_comes_from_the_values() -> None:
    off = pd.concat([scores("TNO", PSNR=-1.5), scores("FLIR", PSNR=-2), scores("FLIR", 40, EXCHANGED, AG=0.5, PSNR=-1)])
    lines = answer(against_sets(off, PRINTED))
    assert lines[0].startswith("<b>Table 2's full row is the authors' weights on none of TNO, FLIR,</b>")
    assert "TNO (20 of 40) PSNR -1.50 dB (67.1 standard errors), as printed" in lines[1]
    assert "FLIR (40 of 40) PSNR -1.00 dB (63.2 standard errors), exchanged" in lines[1]
    assert "PSNR -1.00 dB (63.2 standard errors) on FLIR, exchanged" in lines[2]
    near = answer(against_sets(pd.concat([off, scores("MSRS", 80, AG=0.01)]), PRINTED))
    assert near[0].startswith(
        "<b>Of TNO, FLIR, MSRS these are not excluded as the set of Table 2: MSRS, fed as printed."
    )
    assert "none of them it" in near[0]
    same = answer(against_sets(pd.concat([off, scores("MSRS", 80, AG=0.0004)]), PRINTED))
    assert same[0] == "<b>Table 2's full row is, digit by digit, the authors' weights on MSRS, fed as printed.</b>"


def test_in_short_has_a_cell_a_metric() -> None:
    (row,) = in_short(against_sets(scores("FLIR", PSNR=-1.9), PRINTED)).to_dict("records")
    assert row["PSNR"] == "-1.90 (-85.0)" and row["AG"] == "+0.000 (+0.0)" and row["pairs"] == "20 of 40"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page of a run in which notebook 03 has scored scenes and TNO, with two pairs of FLIR and none of RoadScene."""
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "data"))
    three_pairs(tmp_path / "data", 32, 32)
    (tmp_path / "data" / "TNO").rename(tmp_path / "data" / "FLIR")
    run = tmp_path / "run"
    known = pd.concat(
        [scores("TNO"), scores("TNO", method="LRRNet"), scores("TNO", method=EXCHANGED), scores("scenes")]
    )
    known = pd.concat([known.assign(protocol="paper"), known.assign(protocol="standard")])
    save_table(Page("03_comparison", run / "03_comparison", run, {}), known, "per_image", caption="")
    return Page("04_ablations", run / "04_ablations", run, {})


def test_scores_are_notebook_03s_and_those_of_other_sets_that_are_here(page, monkeypatch) -> None:
    networks = {row: random_network() for row in (OURS, EXCHANGED)}
    monkeypatch.setattr(which_set, "open_networks", lambda page, names: Networks(networks, {}, []))
    table = authors_scores(page, ["RoadScene", "FLIR"], device="cpu")
    counted = table.groupby(["dataset", "method"]).size().to_dict()
    here = len(pairs("FLIR"))
    assert counted == {("TNO", OURS): 20, ("TNO", EXCHANGED): 20, ("FLIR", OURS): here, ("FLIR", EXCHANGED): here}
    assert list(table.columns) == ["dataset", "method", "stem", *METRICS] and table.notna().all(axis=None)
    assert page.data["FLIR test"] == f"{here} of 40 pairs, pixels {page.data['FLIR test'][-16:]}"


def test_without_the_authors_weights_nothing_is_scored(page, monkeypatch) -> None:
    monkeypatch.setattr(which_set, "open_networks", lambda page, names: Networks({}, {}, ["not here"]))
    assert set(authors_scores(page, ["FLIR"], device="cpu")["dataset"]) == {"TNO"}
