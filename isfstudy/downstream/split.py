"""The labelled pairs that downstream networks are trained and tested on.

MSRS and the scenes come with a training and a test split. M3FD is published without one, and the paper's 6:2:2 is named
nowhere; `splits/M3FD.csv` is ours: the 4200 published names, shuffled once (NumPy's default generator, seed 0), 2520 to
train on, 840 that nothing here uses, as nothing is chosen by them, and 840 to test on.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from isfcore.datasets.catalogue import data_set
from isfcore.datasets.local import pairs
from isfcore.pairs import Pair
from isfstudy.downstream.labels import Labelled, labelled
from isfstudy.selection import selected

SPLITS = Path(__file__).parent / "splits"


class Material(NamedTuple):
    """Labelled pairs to train and to test on, and the names of the splits that their files lie in."""

    train: Labelled
    test: Labelled
    splits: tuple[str, str]


def own_split(dataset: str) -> pd.DataFrame:
    """The split that this study made of a set without one: `stem` and `part` (`train`, `validation`, `test`)."""
    return pd.read_csv(SPLITS / f"{dataset}.csv", dtype=str)


def split_pairs(
    dataset: str, root: str | Path = "", data: str = "found"
) -> tuple[list[Pair], list[Pair], tuple[str, str]]:
    """Pairs to train and to test on, as far as they are here, and the splits their files lie in.

    Args:
        data: `selected` for those alone that the committed records are of, see `isfstudy.selection`.

    Raises:
        FileNotFoundError: where there are none, with the cure.
        ValueError: for a pair that our own split does not name, or a part without a pair.
    """
    if "train" in data_set(dataset).pairs:
        train, test = (pairs(dataset, part, root) for part in ("train", "test"))
        if data == "selected":
            train, test = selected(train, dataset, "train"), selected(test, dataset, "test")
        return train, test, ("train", "test")
    here = pairs(dataset, "test", root)
    part = own_split(dataset).set_index("stem")["part"]
    if unknown := [pair for pair in here if pair.stem not in part.index]:
        raise ValueError(
            f"{unknown[0].infrared}: the split of {dataset} ({SPLITS.name}/{dataset}.csv) does not know this name; it "
            f"knows {part.index[0]} to {part.index[-1]}"
        )
    train, test = ([pair for pair in here if part[pair.stem] == name] for name in ("train", "test"))
    if not train or not test:
        raise ValueError(
            f"{dataset}: of the {len(here)} pairs here {len(train)} are for training and {len(test)} for testing; a "
            "comparison takes some of both, so bring the whole set"
        )
    return train, test, ("test", "test")


def material(dataset: str, kind: str, root: str | Path = "", data: str = "found") -> Material:
    """What `split_pairs` gives, with labels of a kind (`maps` or `boxes`).

    Raises:
        FileNotFoundError, ValueError: as `split_pairs` and `isfstudy.downstream.labels.labelled` do.
    """
    train, test, splits = split_pairs(dataset, root, data)
    return Material(
        labelled(dataset, splits[0], kind, train, root), labelled(dataset, splits[1], kind, test, root), splits
    )
