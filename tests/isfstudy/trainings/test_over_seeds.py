"""Ablations over seeds: differences put in by hand come out, and what is missing is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.paper.printed import printed_table
from isfstudy.trainings.over_seeds import CONTROL, DROPPED, LEFT_AWAY, against_full, shuffled
from isfstudy.trainings.over_seeds_sentences import answer, in_short

PARTS = ("TNO", "MSRS_day", "MSRS_night")


def made_up(
    *, better: float = 0.0, cheaper: float = 0.0, seeds: int = 8, missed: float = 0.0, necessary: float = 0.0
) -> pd.DataFrame:
    """Runs that swing by seed alike; the full method is `better` in AG, loses `cheaper` dB less, misses its gates."""
    random = np.random.default_rng(0)
    rows = []
    for seed in range(seeds):
        swing = random.normal(0, 1)
        for arm in ("full", *LEFT_AWAY):
            row = {"arm": arm, "seed": seed}
            for part in PARTS:
                row |= {f"{part}.{metric}": 5 + swing + random.normal(0, 0.01) for metric in METRICS}
                row[f"{part}.AG"] += better * (arm == "full")
                if arm == "full":
                    row |= {f"{part}.shuffled_{metric}": -missed + random.normal(0, 0.001) for metric in METRICS}
            row |= {f"TNO.{name}": 0.2 + random.normal(0, 0.001) for name in ("lost_complementary", "lost_random")}
            row |= {f"TNO.{name}": 0.5 + necessary * (arm == "full") + random.normal(0, 0.001) for name in DROPPED}
            row["TNO.lost_complementary"] -= cheaper * (arm == "full")
            rows.append(row)
    return pd.DataFrame(rows)


def table_of(runs: pd.DataFrame) -> pd.DataFrame:
    return against_full(runs, printed_table("table2_ablation")).set_index(["dataset", "arm", "figure"])


def test_a_difference_put_in_by_hand_is_seen_in_the_printed_direction_alone():
    found = table_of(made_up(better=0.5)).loc[("TNO", "mask_augmentation", "AG")]
    assert found["printed"] == pytest.approx(6.136 - 5.332) and found["matters"] == pytest.approx((6.136 - 5.332) / 3)
    assert found["mean"] == pytest.approx(0.5, abs=0.02) and found["verdict"] == "seen" and found["seeds"] == 8
    assert table_of(made_up()).loc[("TNO", "mask_augmentation", "AG")]["verdict"] == "refuted"
    # Table 2 has PSNR fall when interventions are used: a rise by as much is refuted, not seen
    rows = table_of(made_up(better=0.5))
    assert rows.loc[("MSRS", "fidelity", "PSNR")]["printed"] == pytest.approx(63.62 - 63.95)
    assert rows.loc[("MSRS", "fidelity", "PSNR")]["expected"] == -1
    # and the hypotheses have it above masks as augmentation in every metric
    assert set(rows.loc[("MSRS", "mask_augmentation")].loc[list(METRICS), "expected"]) == {1}


def test_holm_is_over_five_metrics_so_that_eight_seeds_can_reach_5_percent():
    found = table_of(made_up(better=0.5)).loc[("TNO", "mask_augmentation")]
    assert found.loc["AG", "p_holm"] == pytest.approx(5 * 2 / 2**8) and found.loc["AG", "p_holm"] < 0.05
    cost = found.loc[["lost_complementary", "lost_random"]]
    assert (cost["p_holm"] <= 2 * cost["p"] + 1e-12).all()


def test_what_masks_cost_should_be_less():
    rows = table_of(made_up(cheaper=0.1))
    assert rows.loc[("TNO", "mask_augmentation", "lost_complementary")]["verdict"] == "seen"
    assert rows.loc[("TNO", "mask_augmentation", "lost_random")]["verdict"] == "refuted"
    assert ("MSRS", "mask_augmentation", "lost_random") not in rows.index


def test_gates_of_other_images_are_missed_or_not():
    printed = printed_table("table2_ablation")
    missed = shuffled(made_up(missed=1.0), printed).set_index("figure")
    assert missed.loc["AG"]["verdict"] == "seen" and missed.loc["AG"]["printed"] == pytest.approx(5.764 - 6.136)
    assert set(shuffled(made_up(), printed)["verdict"]) == {"refuted"}
    assert shuffled(made_up()[["arm", "seed", "TNO.AG"]], printed).empty


def test_the_answer_follows_the_numbers_and_names_what_is_missing():
    refuted = answer(table_of(made_up()).reset_index(), 0)
    assert "masks cost is refuted.</b> By what matters refuted in AG on TNO (" in refuted[0] and len(refuted) == 5
    assert "PSNR on TNO (" in refuted[1] and " dB)" in refuted[1] and "AG on" not in refuted[1]
    assert "8 seeds" in refuted[2] and "a third of what Table 2 prints (AG 0.27)" in refuted[2]
    assert "what 3,350 steps of 16 x 256 give" in refuted[2] and "0 of 0 that are seen" in refuted[2]
    better = answer(table_of(made_up(better=2.0, cheaper=0.1)).reset_index(), 0)
    assert "is refuted, that it is so in one of them not" in better[0]  # SF is as it was
    assert "seen in AG on TNO (+2" in better[0] and "3 of 3 that are seen pass" in better[2]
    assert "not tested" in answer(table_of(made_up(seeds=1)).reset_index(), 3)[0]
    assert "not tested" in answer(pd.DataFrame(), 3)[0]
    assert "5 runs of the plan are missing" in answer(table_of(made_up()).reset_index(), 5)[-1]


def test_a_seed_counts_where_both_arms_have_it():
    runs = made_up()
    runs = runs[~((runs["arm"] == "without_inv") & (runs["seed"] > 2))]
    rows = table_of(runs)
    assert rows.loc[("TNO", "without_inv", "AG")]["seeds"] == 3 and rows.loc[("TNO", "fidelity", "AG")]["seeds"] == 8
    shown = in_short(rows.reset_index())
    assert shown.loc[0, "arm"] == "masks as augmentation" and shown.loc[0, "AG"].startswith(("+0.0", "-0.0"))
    assert table_of(runs[runs["arm"] != "backbone"]).index.get_level_values("arm").nunique() == len(LEFT_AWAY) - 1


def test_what_the_losses_add_is_told_from_what_batch_norm_sees():
    runs = made_up(better=0.5)
    assert "comes with the passes" not in " ".join(answer(table_of(runs).reset_index(), 0))
    runs.loc[runs["arm"] == CONTROL, [f"{part}.AG" for part in PARTS]] += 0.4
    (line,) = [line for line in answer(table_of(runs).reset_index(), 0) if "What the losses add" in line]
    assert "TNO +0.1" in line and "against +0.5" in line and "comes with the passes" in line
    swing = runs["seed"].map(lambda seed: 0.9 * (-1) ** seed)
    runs.loc[runs["arm"] == CONTROL, "TNO.AG"] += swing  # the mean stays, and the interval reaches beyond the half
    (line,) = [line for line in answer(table_of(runs).reset_index(), 0) if "What the losses add" in line]
    assert "; on MSRS most of it comes with the passes" in line


def test_what_a_dropped_modality_costs_is_asked_of_the_necessity_loss_alone():
    for necessary, word in ((0.1, "seen"), (0.0, "refuted"), (-0.1, "refuted")):
        rows = table_of(made_up(necessary=necessary))
        assert {*rows.loc[("TNO", "without_nec")].loc[list(DROPPED), "verdict"]} == {word}
    assert not {*DROPPED} & {*rows.loc[("TNO", "fidelity")].index} | {*DROPPED} & {
        *rows.loc[("MSRS", "without_nec")].index
    }


def test_the_rows_of_table_2_are_counted_over_seeds():
    (line,) = [line for line in answer(table_of(made_up()).reset_index(), 0) if "Table 2 over 8 to 8 seeds" in line]
    assert "of 50 printed changes (5 rows, 5 metrics, 2 sets) 0 seen, " in line
    assert "figure" not in in_short(table_of(made_up()).reset_index()).columns.names
