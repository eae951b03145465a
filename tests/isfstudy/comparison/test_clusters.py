"""Which images are one observation: the study's sets by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isfstudy.comparison.clusters import clusters, dependence, lag_one, with_clusters


def test_pictures_of_one_scene_are_one_observation() -> None:
    found = clusters("TNO", [f"{number:02}" for number in range(1, 41)])
    assert len(set(found)) == 37
    assert found[21] == found[31] and found[20] == found[25] and found[14] == found[16]
    assert found[0] == "01" and found[21] == "22 32"


def test_frames_of_a_drive_make_blocks_by_their_numbers() -> None:
    """A hundred numbers of one letter; which of its frames are here does not matter."""
    found = clusters("MSRS", ["00004N", "00051N", "00055D", "00099D", "00103D", "01603D"])
    assert found == ["00000N to 00099N"] * 2 + ["00000D to 00099D"] * 2 + ["00100D to 00199D", "01600D to 01699D"]


@pytest.mark.parametrize("stem", ["scene", "00004", "N", "0004x"])
def test_what_numbers_no_frame_is_named(stem: str) -> None:
    with pytest.raises(ValueError, match=f"MSRS: '{stem}' does not name a frame"):
        clusters("MSRS", [stem])


def test_of_other_sets_each_image_stands_for_itself() -> None:
    assert clusters("M3FD", ["00000", "00002"]) == ["00000", "00002"] and clusters("scenes", []) == []


def test_a_table_has_its_clusters_behind_its_images() -> None:
    table = pd.DataFrame({"dataset": ["TNO", "MSRS", "TNO"], "stem": ["32", "00004N", "22"], "AG": 1.0})
    found = with_clusters(table)
    assert list(found.columns) == ["dataset", "stem", "cluster", "AG"]
    assert list(found["cluster"]) == ["22 32", "00000N to 00099N", "22 32"]
    assert "cluster" not in table


def test_correlation_with_the_next_one() -> None:
    """Of 1, 2, 3 about their mean: (-1 * 0 + 0 * 1) / 2 = 0; of alternating signs near -1; of a slow wave near 1."""
    assert lag_one(pd.Series([1.0, 2.0, 3.0])) == pytest.approx(0)
    assert lag_one(pd.Series([1.0, -1.0] * 50)) == pytest.approx(-0.99)
    assert lag_one(pd.Series(np.sin(np.linspace(0, 6, 200)))) > 0.95
    assert lag_one(pd.Series([2.0] * 9)) == 0 == lag_one(pd.Series([1.0, 2.0]))


def drives(count: int, smooth: int) -> pd.DataFrame:
    """Frames of a day and of a night; a rival's lead is noise that goes on for some frames, and less by night."""
    generator = np.random.default_rng(0)
    noise = np.repeat(generator.normal(size=count // smooth), smooth)
    stems = [f"{20 * place:05}{'D' if place < count // 2 else 'N'}" for place in range(count)]
    lead = noise - 9.0 * np.array([stem.endswith("N") for stem in stems])
    rows = [
        {"dataset": "MSRS", "protocol": "paper", "method": method, "stem": stem, "AG": value}
        for method, values in (("ISF", np.zeros(count)), ("SAGE", lead))
        for stem, value in zip(stems, values, strict=True)
    ]
    return with_clusters(pd.DataFrame(rows))


def test_dependence_is_told_within_day_and_night_and_blocks_lose_it() -> None:
    """Noise that goes on for five frames: neighbours correlate by 0.8; a day apart from a night counts for nothing."""
    (row,) = dependence(drives(200, 5), "ISF", metrics=["AG"]).to_dict("records")
    assert (row["images"], row["clusters"]) == (200, 40) and row["by_chance"] == pytest.approx(2 / np.sqrt(40))
    assert row["of_images"] == row["of_images_most"] == pytest.approx(0.8, abs=0.05)
    assert abs(row["of_clusters_most"]) < row["by_chance"]
    (row,) = dependence(drives(200, 1), "ISF", metrics=["AG"]).to_dict("records")
    assert abs(row["of_images"]) < 0.15, "and not nearly 1, as day and night make it"
    assert dependence(drives(20, 1), "another", metrics=["AG"]).empty
