"""Slopes of known methods and slopes put in by hand; verdicts turn with the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from isfcore.images import grey
from isfcore.losses import fidelity_loss
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.classic import laplacian_pyramid
from isfstudy.misregistration import sentences
from isfstudy.misregistration.moves import inner, moves
from isfstudy.misregistration.slopes import (
    HOLDS,
    REFERENCE,
    REFUTED,
    UNDECIDED,
    alone,
    beside,
    means,
    outcomes,
    rises,
    verdict,
)
from isfstudy.paper.hypotheses import hypothesis
from tests.helpers.images_by_hand import save

WHICH = moves([1, 2, 4, 8], [1])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """Smooth noise, so that a larger shift is a larger error; the second with colour."""
    folder, made = tmp_path_factory.mktemp("pairs"), []
    for number in range(3):
        images = []
        for which in range(2):
            drawn = np.random.default_rng(10 * number + which).normal(0, 1, (96, 96))
            spread = np.fft.ifft2(np.fft.fft2(drawn) * np.exp(-np.hypot(*np.meshgrid(*[np.fft.fftfreq(96)] * 2)) * 25))
            image = np.clip(128 + 60 * spread.real / spread.real.std(), 0, 255).astype(np.uint8)
            images.append(np.repeat(image[..., None], 3, 2) if number == 1 and which else image)
        files = [save(folder / f"{number}{name}.png", image) for name, image in zip(("ir", "vi"), images, strict=True)]
        made.append(Pair(str(number), *files))
    return made


@pytest.fixture(scope="module")
def table(pairs: list[Pair]) -> pd.DataFrame:
    methods = alone() | {
        REFERENCE: lambda stem, infrared, visible: laplacian_pyramid(infrared, grey(visible)),
        "half": lambda stem, infrared, visible: ((infrared.astype(int) + grey(visible)) // 2).astype(np.uint8),
    }
    return outcomes(pairs, methods, WHICH, size=(0, 0)).assign(dataset="TNO")


def test_the_loss_is_that_of_the_unmoved_sources_without_their_edge(pairs, table):
    row = table[(table["method"] == "Infrared alone") & (table["kind"] == "aligned") & (table["stem"] == "0")].iloc[0]
    assert row["loss_infrared"] == 0 and row["loss_visible"] > 0.1
    assert row["loss"] == pytest.approx(row[["loss_infrared", "loss_visible", "loss_gradient"]].sum())
    infrared, visible = (torch.as_tensor(inner(image) / 255)[None, None] for image in read_sources(pairs[0]))
    assert row["loss"] == pytest.approx(fidelity_loss(infrared, infrared, visible)["total"].item())


def test_who_ignores_infrared_has_no_slope_and_who_copies_it_the_steepest(table):
    each = rises(table)
    assert (each.loc[each["method"] == "Visible alone", ["slope", "rise", "mirrored"]] == 0).all(axis=None)
    slopes = beside(each, resamples=99).set_index(["method", "kind"])
    assert slopes.loc[("Visible alone", "shift"), ["slope", "ratio", "low", "high"]].to_list() == [0, 0, -1, -1]
    shifts = slopes.xs("shift", level="kind")["slope"]
    assert 0 == shifts["Visible alone"] < shifts["half"] < shifts["Infrared alone"]
    assert slopes.loc[(REFERENCE, "shift"), ["ratio", "mean", "low", "high"]].to_list() == [1, 0, 0, 0]
    assert (slopes["pairs"] == 3).all() and slopes.loc[("Visible alone", "shift"), "verdict"] == HOLDS


def test_nothing_is_lost_where_nothing_is_moved(table):
    found = means(table)
    assert (found.loc[found["kind"] == "aligned", "above"] == 0).all()
    assert (found.loc[(found["kind"] == "shift") & (found["method"] == "Infrared alone"), "above"] > 0).all()
    assert list(found["pairs"].unique()) == [3]


def by_hand(slopes: dict[str, list[float]], dataset: str = "TNO") -> pd.DataFrame:
    """Losses that rise as said, image by image, whatever they are when aligned, and 10 slopes when mirrored."""
    rows = []
    for method, each in slopes.items():
        for number, slope in enumerate(each):
            stem = f"{1000 * number:05d}D"
            for kind, amount in (("aligned", 0), ("shift", 1), ("shift", 2), ("shift", 8), ("mirrored", 0)):
                loss = 0.3 + number + slope * (10 if kind == "mirrored" else amount)
                rows.append({"dataset": dataset, "method": method, "stem": stem, "kind": kind, "amount": float(amount)})
                rows[-1]["loss"] = loss
    return pd.DataFrame(rows)


def test_slopes_put_in_by_hand_come_out_and_turns_that_were_not_made_are_missing():
    each = rises(by_hand({"a": [0.1, 0.2], REFERENCE: [0.2, 0.4]}))
    assert set(each["kind"]) == {"shift"}
    np.testing.assert_allclose(each["slope"], [0.1, 0.2, 0.2, 0.4])
    np.testing.assert_allclose(each["rise"], [0.8, 1.6, 1.6, 3.2])
    np.testing.assert_allclose(each["mirrored"], [1, 2, 2, 4])
    found = beside(each).set_index("method")
    assert found.loc["a", "ratio"] == pytest.approx(0.5) and found.loc["a", "lost"] == pytest.approx(0.8)
    assert found.loc["a", ["lost_low", "lost_high"]].to_list() == pytest.approx([0.8, 0.8])
    assert found.loc["a", "verdict"] == HOLDS and found.loc[REFERENCE, "verdict"] == REFUTED


def test_verdicts_turn_with_the_numbers():
    random = np.random.default_rng(0)
    reference = random.uniform(0.5, 1, 20)
    made = {f"{ratio:g}": list(ratio * reference * random.uniform(0.9, 1.1, 20)) for ratio in (0.6, 0.8, 1)}
    found = beside(rises(by_hand(made | {REFERENCE: list(reference)}))).set_index("method")["verdict"]
    assert found.to_dict() == {"0.6": HOLDS, "0.8": UNDECIDED, "1": REFUTED, REFERENCE: REFUTED}
    assert [verdict(*limits) for limits in ((0.5, 0.79), (0.81, 2), (0.79, 0.81))] == [HOLDS, REFUTED, UNDECIDED]


def test_frames_of_one_drive_are_drawn_together():
    slopes = {"a": [0.1, 0.4] * 4, REFERENCE: [0.5] * 8}
    apart = [beside(rises(by_hand(slopes, dataset))) for dataset in ("TNO", "MSRS")]
    assert all(table["clusters"].eq(8).all() for table in apart), "a thousand frames apart"
    near = by_hand(slopes, "MSRS")
    near["stem"] = [f"{int(stem[:-1]) // 1000:05d}D" if int(stem[:-1]) < 4000 else stem for stem in near["stem"]]
    found = beside(rises(near)).set_index("method").loc["a"]
    assert found["clusters"] == 5 and found["pairs"] == 8
    assert found["ratio"] == pytest.approx(0.5)


def test_a_reference_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no method 'Laplacian pyramid' to compare with; there are a"):
        beside(rises(by_hand({"a": [0.1, 0.2]})))


def test_what_cannot_be_fused_is_named(pairs):
    def broken(stem, infrared, visible):
        raise ValueError("no idea")

    with pytest.raises(ValueError, match="broken 0: no idea"):
        outcomes(pairs[:1], {"broken": broken}, WHICH, size=(0, 0))


def test_what_matters_is_what_the_hypotheses_say():
    said = hypothesis("misregistration")
    assert said["matters"].startswith("a slope 20 % less steep than the Laplacian pyramid")
    assert "lies below 0.8" in said["decides"]


def answer(ours: float, average: float, **more: float) -> str:
    random = np.random.default_rng(1)
    reference = random.uniform(0.5, 1, 20)
    made = {"ISF (released)": ours, "Average": average, REFERENCE: 1.0} | more
    table = by_hand({name: list(value * reference * random.uniform(0.99, 1.01, 20)) for name, value in made.items()})
    return " ".join(sentences.answer(beside(rises(table)), "ISF (released)", synthetic=False))


def test_the_answer_says_what_came_out():
    both = answer(0.5, 0.6)
    assert "rises less steeply than the pyramid's, as the claim needs" in both
    assert "passing it says nothing of attention" in both and "0.50 [0.5" in both
    neither = answer(1.2, 1.1)
    assert "does not rise less steeply" in neither and "does not pass the same test" in neither
    assert "is not decided" in answer(0.8, 1)
    assert "Trained alike" not in both and "ISF (released) 80% [80, 80], Laplacian pyramid 80%" in both
    alike = answer(1, 1, **{sentences.WITH_CFI: 0.7, sentences.WITHOUT_CFI: 0.9})
    assert "Trained alike, with CFI and without" in alike and "0.70 [" in alike and "0.90 [" in alike


def test_tables_for_reading_have_a_row_for_each_of_what_is_shown(table):
    shown = sentences.in_short(beside(rises(table), resamples=99))
    assert shown["kind"].to_list() == ["shift"] * 4 + ["turn"] * 4
    shown = shown[shown["kind"] == "shift"].set_index("method")
    assert shown.loc["Visible alone"].to_list() == ["shift", "0.00 [0.00, 0.00] ✓", "–"]
    assert shown.loc[REFERENCE, "TNO: ratio"] == "1" and shown.loc["Infrared alone", "TNO: ratio"].endswith("✕")
    costs = sentences.costs(means(table)).set_index("method")
    assert costs.loc["Visible alone"].drop("dataset").abs().max() == 0
    assert costs.loc["Infrared alone", "loss_infrared"] > 0 > costs.loc["Infrared alone", "CC"]
