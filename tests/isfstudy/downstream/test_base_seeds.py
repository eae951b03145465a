"""Seeds of the base network: which trainings they take, and what is said of leads over seeds and over images."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from isfstudy.downstream import base_seeds, further_sections, further_sentences, runs
from isfstudy.downstream.detection_scores import DETECTION
from isfstudy.downstream.scoring import Scoring
from isfstudy.downstream.segmentation_scores import SEGMENTATION
from isfstudy.downstream.setting import open_setting
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK, mean_of

REFERENCE = "ISF (ours-paired)"
# Scores of six images, of which judging keeps the level: a mean over the seeds.
LEVELS = Scoring(
    "mAP50",
    "F1",
    lambda *given: None,
    lambda judged, names: {"mAP50": mean_of([np.mean(judged)] * 6)},
    lambda each: each,
)


IMAGES = list("abcdef")
OF_SIX = SimpleNamespace(
    reference=REFERENCE, stems=IMAGES, clusters=IMAGES, names=()
)  # all that leads ask of a setting


def leads_of(levels: dict[str, list[float]], scoring: Scoring = LEVELS) -> pd.DataFrame:
    judged = {("average seen", name): dict(enumerate(each)) for name, each in levels.items()}
    every_seed = base_seeds.by_seed(judged, scoring, OF_SIX)
    return base_seeds.leads(judged, every_seed, scoring, OF_SIX, ["mAP50"], resamples=99)


def test_a_seed_decides_a_base_network_and_all_that_adapts_from_it(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[tuple[str, ...], int, bool]] = []
    train = runs.trained_network

    def counting(bench, run, **options):
        trained.append((tuple(each.name for each in run.inputs), run.budget.seed, run.start is not None))
        return train(bench, run, **options)

    monkeypatch.setattr(runs, "trained_network", counting)
    judged = base_seeds.judged_by_seed(open_setting(page, TASK), SEGMENTATION)
    assert [(*key, list(of_seed)) for key, of_seed in judged.items()] == [
        ("average seen", "Infrared", [0, 1]),
        ("average seen", REFERENCE, [0, 1]),
        ("average not seen", "Infrared", [0]),
        ("average not seen", REFERENCE, [0]),
    ]
    bases = {each[:2] for each in trained if not each[2]}
    everything, without = ("Visible", "Infrared", "Average"), ("Visible", "Infrared")
    assert bases == {(everything, 0), (everything, 1), (without, 0)}
    assert sum(each[2] for each in trained) == 3 * 2 * 2, "each base adapts to both halves in both inputs"
    again = len(trained)
    base_seeds.judged_by_seed(open_setting(page, TASK), SEGMENTATION)
    assert len(trained) == again, "what was found is kept"
    made = base_seeds.made_by_seed(open_setting(page, TASK))
    assert made[["base", "seed"]].to_numpy().tolist() == [
        ["average seen", 0],
        ["average seen", 1],
        ["average not seen", 0],
    ]
    assert made["trained on"].tolist() == [*["Visible + Infrared + Average"] * 2, "Visible + Infrared"]


def test_an_unknown_base_is_named_before_anything_is_trained(page: Page) -> None:
    page.parameters["base_seeds"] = {"average": [0]}
    with pytest.raises(ValueError, match="base_seeds: no base is called 'average'; they are 'average seen'"):
        base_seeds.judged_by_seed(open_setting(page, TASK), SEGMENTATION)


def test_the_interval_over_seeds_is_students() -> None:
    """By hand: leads of -0.10, -0.06, -0.08 have mean -0.08 and standard error 0.02 / sqrt(3)."""
    row = leads_of({REFERENCE: [0.5, 0.5, 0.6], "Infrared": [0.4, 0.44, 0.52]}).iloc[0]
    half = student.isf(0.025, 2) * 0.02 / np.sqrt(3)
    assert row[["lead", "low", "high"]].tolist() == pytest.approx([-0.08, -0.08 - half, -0.08 + half])
    assert (
        row["verdict"] == "worse"
        and row["turned"] == 0
        and row["base_seeds"] == 3
        and row["score"] == pytest.approx(0.4533, abs=1e-4)
    )


@pytest.mark.parametrize(
    ("infrared", "verdict", "turned"),
    [
        ([0.40, 0.44, 0.42], "worse", 0),
        ([0.60, 0.56, 0.58], "better", 0),
        ([0.48, 0.481, 0.482], "undecided", 0),  # surely lower, by less than matters
        ([0.40, 0.56, 0.42], "undecided", 1),  # the seed decides
        ([0.50, 0.50, 0.50], "undecided", 0),  # no difference has no sign
    ],
)
def test_a_lead_takes_both_intervals_and_has_to_matter(infrared: list[float], verdict: str, turned: int) -> None:
    row = leads_of({REFERENCE: [0.5] * 3, "Infrared": infrared}).iloc[0]
    assert row["verdict"] == verdict and row["turned"] == turned


def test_what_could_have_been_seen_is_the_wider_of_both_intervals() -> None:
    row = leads_of({REFERENCE: [0.5, 0.5, 0.6], "Infrared": [0.4, 0.44, 0.52]}).iloc[0]
    assert row["smallest"] == pytest.approx((row["high"] - row["low"]) / 2), "images agree in all"


def test_the_instrument_finds_what_is_put_in_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A detector that finds all of 200 boxes in six images, with other scores in each seed."""
    boxes = [np.random.default_rng(place).uniform(0.2, 0.8, (200 // 6, 4)) * [1, 1, 0.01, 0.01] for place in range(6)]
    truths = [np.column_stack([np.zeros(len(each)), each]) for each in boxes]
    setting = SimpleNamespace(
        **vars(OF_SIX) | {"names": ("car",), "truths": truths, "asked": {"base_seeds": {"average seen": [0, 1, 2]}}}
    )

    def all_of_them(setting: object, base: str, name: str, seed: int) -> list[np.ndarray]:
        random = np.random.default_rng(seed)
        return [np.column_stack([each, random.uniform(size=len(each))]) for each in truths]

    monkeypatch.setattr(base_seeds, "_found", all_of_them)
    table = base_seeds.checks(setting, DETECTION, resamples=199).set_index("expected")
    assert table["as_expected"].tolist() == [True, True] and list(table.index) == ["worse", "undecided"]
    assert table.loc["worse", "lead"] == pytest.approx(-0.2, abs=0.06)
    assert 0 < abs(table.loc["undecided", "lead"]) < 0.05, "two lots differ, and by no more than lots do"


def test_images_that_disagree_leave_it_undecided() -> None:
    """Every seed says the same, and half of the images say the opposite."""
    opposite = LEVELS._replace(
        columns=lambda judged, names: {
            "mAP50": mean_of([judged[0] + 0.5 * (judged[0] < 0.45) * (-1) ** place for place in range(6)])
        }
    )
    row = leads_of({REFERENCE: [0.5, 0.5], "Infrared": [0.4, 0.4001]}, opposite).iloc[0]
    assert row["high"] < 0 and row["images_low"] < 0 < row["images_high"] and row["verdict"] == "undecided"


def test_one_seed_says_nothing_of_seeds() -> None:
    row = leads_of({REFERENCE: [0.5], "Infrared": [0.3]}).iloc[0]
    assert np.isnan(row["low"]) and row["verdict"] == "undecided"


def test_what_is_shown_and_said(page: Page) -> None:
    setting = open_setting(page, TASK)
    found = leads_of({REFERENCE: [0.5] * 3, "Infrared": [0.4, 0.44, 0.42], "Average": [0.47, 0.52, 0.53]})
    every_seed = pd.DataFrame({"base": ["average seen"], "method": ["Infrared"], "seed": [0], "mAP50": [0.4]})
    shown = further_sections.base_seeds(page, setting, every_seed[:0], every_seed, found).data
    assert "over images" in shown and (page.folder / "tables" / "base_seeds.csv").is_file()
    assert further_sections.leads_over_seeds(page, setting, found) is not None
    (said,) = further_sentences.seeds_and_bases(found, REFERENCE)
    assert "Over 3 seeds of the base network, average seen" in said and "less in Infrared" in said
    assert "turns with the seed for Average (1)" in said


def test_a_page_that_asks_for_no_seeds_says_so(page: Page) -> None:
    page.parameters["base_seeds"] = {}
    setting = open_setting(page, TASK)
    judged = base_seeds.judged_by_seed(setting, SEGMENTATION)
    every_seed = base_seeds.by_seed(judged, SEGMENTATION, setting)
    found = base_seeds.leads(judged, every_seed, SEGMENTATION, setting, ["mIoU"], resamples=99)
    assert "asks for no other" in further_sections.base_seeds(page, setting, every_seed[:0], every_seed, found).data
    assert further_sections.leads_over_seeds(page, setting, found) is None and not further_sentences.seeds_and_bases(
        found, REFERENCE
    )
