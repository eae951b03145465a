"""Which pairs the study's own trainings rest on."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from isfcore.datasets.manifest import manifest
from isfcore.pairs import Pair
from isfstudy.downstream.split import split_pairs
from isfstudy.run.checks import problems
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


def test_none_of_the_selected_pairs_is_refused_with_the_cure():
    with pytest.raises(ValueError, match="MSRS train: none of the 2 pairs here, such as ir/one.png, is one of the 200"):
        selected([pair("one"), pair("two")], "MSRS", "train")
    with pytest.raises(ValueError, match=r"records/pairs\.csv names, such as 00001D.*ISF_DATA.*`data: found`"):
        selected([pair("one")], "MSRS", "train")
    assert selected([], "MSRS", "train") == [], "a set that is not here is another matter"


def test_a_run_is_stopped_before_it_starts_where_none_of_the_selected_pairs_is_here(tmp_path, monkeypatch):
    for split in ("train", "test"):
        for modality in ("ir", "vi"):
            path = tmp_path / "MSRS" / split / modality / "mine.png"
            path.parent.mkdir(parents=True)
            Image.new("L", (32, 32)).save(path)
    monkeypatch.setenv("ISF_DATA", str(tmp_path))
    said = [message for message in problems("real") if "records/pairs.csv" in message]
    assert [message.split(":")[0] for message in said] == ["06_detection", "07_segmentation"]
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "nothing"))
    assert not any("records/pairs.csv" in message for message in problems("real"))


def test_the_selection_is_of_published_pairs():
    counts = {key: len(names) for key, names in _selection().items()}
    assert counts == {("MSRS", "train"): 200, ("MSRS", "test"): 80, ("RoadScene", "test"): 50, ("M3FD", "test"): 21}
    for (dataset, split), names in _selection().items():
        listed = manifest(dataset)
        assert names <= set(listed.loc[listed["split"].isin([split, "known"]), "stem"]), dataset


def test_downstream_networks_can_be_kept_to_the_selection(data_root: Path):
    train, test, _ = split_pairs("MSRS", data_root, "selected")
    assert (len(train), len(test)) == (200, 80)
