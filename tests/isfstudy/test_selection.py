"""Which pairs the study's own trainings rest on."""

from __future__ import annotations

from pathlib import Path

from isfcore.datasets.manifest import manifest
from isfcore.pairs import Pair
from isfstudy.downstream.split import split_pairs
from isfstudy.selection import _selection, selected


def pair(stem: str) -> Pair:
    return Pair(stem, Path(f"ir/{stem}.png"), Path(f"vi/{stem}.png"))


def test_only_the_pairs_that_were_selected_are_left_in_their_order():
    assert [one.stem for one in selected([pair("00005N"), pair("00001D"), pair("00002D")], "MSRS", "train")] == [
        "00005N",
        "00001D",
    ]


def test_all_pairs_are_left_of_a_set_that_the_selection_does_not_name():
    pairs = [pair("one"), pair("two")]
    assert selected(pairs, "TNO", "test") == pairs


def test_the_selection_is_of_published_pairs():
    counts = {key: len(names) for key, names in _selection().items()}
    assert counts == {("MSRS", "train"): 200, ("MSRS", "test"): 80, ("RoadScene", "test"): 50, ("M3FD", "test"): 21}
    for (dataset, split), names in _selection().items():
        listed = manifest(dataset)
        assert names <= set(listed.loc[listed["split"].isin([split, "known"]), "stem"]), dataset


def test_downstream_networks_can_be_kept_to_the_selection(data_root: Path):
    train, test, _ = split_pairs("MSRS", data_root, "selected")
    assert (len(train), len(test)) == (200, 80)
