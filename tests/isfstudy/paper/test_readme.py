"""What the README says of the findings is what the published tables say."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from isfcore.metrics import METRICS
from isfstudy.grid.contrasts import decides
from isfstudy.paper.claims import load_claims
from isfstudy.paper.printed import OURS
from isfstudy.paper.scorecard import judge
from isfstudy.places import repository
from isfstudy.trainings.last_steps import SETTLED

PUBLISHED = repository() / "results" / "published" / "real"
SAID = " ".join((repository() / "README.md").read_text(encoding="utf-8").split())
PYRAMID = "Laplacian pyramid"


def interval(row: pd.Series) -> str:
    """As the README writes it."""
    return f"{row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]".replace("-", "−")


def tno() -> pd.DataFrame:
    table = pd.read_csv(PUBLISHED / "03_comparison" / "tables" / "table1.csv")
    return table[(table["protocol"] == "paper") & (table["dataset"] == "TNO")].set_index("method")


def test_the_simple_baseline_has_its_numbers() -> None:
    rows = tno()
    ours, simple = rows.loc[OURS], rows.loc[PYRAMID]
    assert f"TNO: {simple['objective']:.3f} against {ours['objective']:.3f}" in SAID
    assert f"PSNR ({simple['PSNR'] - ours['PSNR']:+.2f} dB)" in SAID
    assert f"Qabf ({simple['Qabf']:.3f} against {ours['Qabf']:.3f})" in SAID


def test_the_average_is_highest_in_cc_and_psnr_on_every_set() -> None:
    """Beside each other method on the images that both have: means over different images do not compare."""
    table = pd.read_csv(PUBLISHED / "03_comparison" / "tables" / "per_image.csv").query("protocol == 'paper'")
    assert "has the highest CC and PSNR on all three sets" in SAID and table["dataset"].nunique() == 3
    for _, images in table.groupby("dataset"):
        for metric in ("CC", "PSNR"):
            scores = images.pivot(index="stem", columns="method", values=metric)
            others = scores.drop(columns="Average")
            assert (others.rsub(scores["Average"], axis=0).mean() > 0).all()


def test_the_central_claim_is_said_as_it_came_out() -> None:
    table = pd.read_csv(PUBLISHED / "14_spurious_shift" / "tables" / "contrasts.csv").set_index(
        ["question", "infrared"]
    )
    learned, more = (table.loc[(name, "infrared intact")] for name in ("learned", "full"))
    level = table.loc[("level_full", "infrared black")]
    assert f"the fidelity loss alone learns {interval(learned)} of a cue" in SAID and learned["verdict"] == "refuted"
    assert f"and the full method {interval(more)} more" in SAID and more["verdict"] == "refuted"
    assert f"over {more['seeds']:.0f} seeds" in SAID and more["seeds"] == learned["seeds"] == level["seeds"]
    assert f"where the cue is, by {interval(level)}" in SAID and level["low"] > 0
    paying = pd.read_csv(PUBLISHED / "14_spurious_shift" / "tables" / "shortcut.csv").set_index("question")
    pays, broken = paying.loc["pays"], paying.loc["interventions"]
    assert f"the same network learns the cue, {interval(pays)}" in SAID and pays["verdict"] == "seen"
    assert f"change that by {interval(broken)}, over {broken['seeds']} seeds" in SAID
    again = pd.read_csv(PUBLISHED / "14_spurious_shift" / "tables" / "statistics.csv").query("arm == 'interventions'")
    means = again.pivot_table(index="statistics", columns="data", values="response_intact")
    added = means["scenes_rate_1"] - means["scenes_rate_0.5"]
    assert "in part by the statistics of batch norm" in SAID and pays["mean"] < added["clean"] < added["all"]
    decided = decides(broken["seeds"]) and broken["verdict"] == "refuted"
    assert ("where there is one the method does not break it" in SAID) == decided
    assert ("(too few to decide)" in SAID) == (not decides(broken["seeds"]))
    assert "through the statistics of batch norm and not through the losses" in SAID
    assert table.loc[("statistics", "infrared black")]["low"] > 0 > table.loc[("losses", "infrared black")]["high"]


def test_what_the_losses_add_is_said_as_it_came_out() -> None:
    table = pd.read_csv(PUBLISHED / "04_ablations" / "tables" / "over_seeds.csv")
    rows = table.query("dataset == 'MSRS' and figure == 'AG'").set_index("arm")
    over, masks, beside = rows.loc["fidelity"], rows.loc["mask_augmentation"], rows.loc["without_nec_inv"]
    assert f"adds {over['mean']:+.2f} in AG to the fidelity loss alone, and {masks['mean']:+.2f} to the same" in SAID
    assert over["low"] > 0 and masks["low"] > 0
    psnr = table.query("dataset == 'MSRS' and figure == 'PSNR' and arm == 'mask_augmentation'").iloc[0]
    assert f"which are {-psnr['mean']:.2f} dB ahead in PSNR" in SAID and psnr["high"] < 0
    assert f"that no loss looks at add more, by {-beside['mean']:.2f}" in SAID and beside["high"] < 0
    tno = table.query("dataset == 'TNO' and figure == 'AG' and arm == 'without_nec_inv'").iloc[0]
    assert "(on TNO that is undecided)" in SAID and tno["low"] < 0 < tno["high"]
    drawn = pd.read_csv(PUBLISHED / "12_released_weights" / "tables" / "redrawn.csv").query("feed == 'exchanged'")
    of_all, of_clean = (drawn[drawn["statistics"] == name].iloc[0] for name in SETTLED)
    ag, cc = (f"{1 - of_clean[metric] / of_all[metric]:.0%}".replace("%", " %") for metric in ("AG", "CC"))
    assert f"such statistics make {ag} of AG and {cc} of CC" in SAID


def test_the_row_comes_out_to_the_digit_with_three_choices() -> None:
    digits = pd.read_csv(PUBLISHED / "11_audit" / "tables" / "digits.csv")
    (row,) = digits.query("dataset == 'TNO' and method == @OURS and protocol == 'paper'").to_dict("records")
    assert "TNO row comes out to every printed digit" in SAID and row["equal"] == 5
    choices = pd.read_csv(PUBLISHED / "11_audit" / "tables" / "contributions.csv")
    choices = choices.query("dataset == 'TNO' and method == @OURS and not choice.str.startswith('another')")
    moving = choices.set_index("choice")[list(METRICS)].abs().max(axis=1) > 0
    assert "once three choices are made" in SAID and moving.sum() == 3 and len(moving) == 4  # one of a colour set


def test_the_first_picture_is_a_pair_and_what_becomes_of_it() -> None:
    text = (repository() / "README.md").read_text(encoding="utf-8")
    (place,) = re.findall(r"!\[Infrared, visible and fused[^]]*\]\(([^)]+)\)", text)
    assert text.index("![") == text.index("![Infrared") and "badge" not in text
    with Image.open(repository() / place) as image:
        assert image.width > 2.5 * image.height, "three images side by side"


def test_the_exchange_costs_what_is_said() -> None:
    rows = tno()
    lost = rows.loc[OURS, "PSNR"] - rows.loc["ISF (released-exchanged)", "PSNR"]
    assert f"they lose {lost:.2f} dB of PSNR on TNO" in SAID


def test_cc_ranges_by_what_is_said() -> None:
    table = pd.read_csv(PUBLISHED / "13_retraining" / "tables" / "indifferent.csv")
    wide = table.pivot(index="stem", columns="image", values="CC")
    assert "CC ranges by 0.3 or more" in SAID and (wide["highest CC"] - wide["lowest CC"]).min() >= 0.3


@pytest.mark.parametrize(
    ("name", "said", "parts"),
    [
        ("table3-elsewhere", "those of two of four published methods", "2 of 4 parts supported"),
        ("ours-detector-simple", "than in infrared alone or in the plain average", "2 of 2 parts undecided"),
    ],
)  # fmt: skip
def test_the_detector_is_said_with_what_speaks_against_it(name: str, said: str, parts: str) -> None:
    (claim,) = [each for each in load_claims() if each["id"] == name]
    assert said in SAID and judge(claim, Path(PUBLISHED))["measured"].startswith(parts)


def test_the_detectors_seeds_and_its_place_from_visible_are_said() -> None:
    tables = PUBLISHED / "06_detection" / "tables"
    seeds = pd.read_csv(tables / "base_seeds.csv")
    about = seeds[seeds["base"] == "average seen"].iloc[0]
    assert about["base_seeds"] == 3 and "three seeds, 80 images in 19 blocks of frames" in SAID
    assert (about["pairs"], about["clusters"]) == (80, 19)
    compared = pd.read_csv(tables / "against.csv")
    alone = compared[(compared["protocol"] == "from visible") & (compared["metric"] == "mAP50")].set_index("method")
    place = int((alone["score"] > alone.loc["ISF (released)", "score"]).sum()) + 1
    here = sum(name.startswith("ISF (ours") for name in alone.index)
    assert f"they rank {place}th of {len(alone)}, four of these trained here" in SAID and here == 4
