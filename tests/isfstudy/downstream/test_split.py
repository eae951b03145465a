"""Which pairs downstream networks are trained and tested on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfcore.datasets.local import pairs
from isfstudy.downstream.labels import labelled
from isfstudy.downstream.split import material, own_split, split_pairs
from isfstudy.scenes.scenes import write_scenes


def m3fd(root: Path, *stems: str) -> None:
    for folder in ("Ir", "Vis"):
        (root / "M3FD" / folder).mkdir(parents=True, exist_ok=True)
        for stem in stems:
            Image.fromarray(np.zeros((8, 8), np.uint8)).save(root / "M3FD" / folder / f"{stem}.png")


def test_the_split_of_m3fd_is_six_two_two_of_all_names() -> None:
    split = own_split("M3FD")
    assert split["part"].value_counts().to_dict() == {"train": 2520, "validation": 840, "test": 840}
    assert split["stem"].is_unique and list(split["stem"]) == [f"{number:05d}" for number in range(4200)]


def test_pairs_of_m3fd_follow_the_split(tmp_path: Path) -> None:
    split = own_split("M3FD").groupby("part")["stem"].first()
    m3fd(tmp_path, *split)
    train, test, folders = split_pairs("M3FD", tmp_path)
    assert [pair.stem for pair in train + test] == [split["train"], split["test"]] and folders == ("test", "test")


def test_a_name_that_the_split_does_not_know_is_refused(tmp_path: Path) -> None:
    m3fd(tmp_path, "00000", "street")
    with pytest.raises(ValueError, match="street.png: the split of M3FD .* knows 00000 to 04199"):
        split_pairs("M3FD", tmp_path)


def test_a_part_without_pairs_is_refused(tmp_path: Path) -> None:
    m3fd(tmp_path, own_split("M3FD").groupby("part")["stem"].first()["train"])
    with pytest.raises(ValueError, match="of the 1 pairs here 1 are for training and 0 for testing"):
        split_pairs("M3FD", tmp_path)


@pytest.mark.parametrize("kind", ["maps", "boxes"])
def test_scenes_have_splits_and_labels_of_their_own(tmp_path: Path, kind: str) -> None:
    for split, count in (("train", 3), ("test", 2)):
        write_scenes(tmp_path / "scenes", count=count, split=split, height=48, width=64)
    found = material("scenes", kind, tmp_path)
    assert (len(found.train.pairs), len(found.test.pairs), found.splits) == (3, 2, ("train", "test"))


def test_the_split_of_msrs_is_the_published_one(data_root: Path) -> None:
    found_here = material("MSRS", "boxes", data_root, "found")
    assert found_here.splits == ("train", "test")
    assert (
        found_here.train.pairs == labelled("MSRS", "train", "boxes", pairs("MSRS", "train", data_root), data_root).pairs
    )
