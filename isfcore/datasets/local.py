"""Where the image sets lie on this machine, and which of their pairs are here."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

from isfcore.datasets.catalogue import data_set
from isfcore.pairs import Pair, pair_folders


def data_root(path: str | Path = "") -> Path:
    """The folder the image sets lie in: `path`, else the variable ISF_DATA, else `data`."""
    return Path(os.path.expanduser(path or os.environ.get("ISF_DATA") or "data"))  # `~nobody` stays as it is


def folder(dataset: str, split: str, modality: str, root: str | Path = "") -> Path:
    """Where one kind of file of a set lies, for example `folder("MSRS", "test", "ir")`."""
    return data_root(root) / data_set(dataset, split).folder.format(split=split) / modality


def where_to_get(dataset: str, root: str | Path = "") -> str:
    """What to tell someone who lacks the set: where it is published, what to do, which variable to set."""
    known = data_set(dataset)
    obtain = known.obtain.format(folder=data_root(root) / known.folder)
    return f"{dataset} is published at {known.source}: {obtain}; or set ISF_DATA to the folder that holds it."


def pairs(dataset: str, split: str = "test", root: str | Path = "") -> list[Pair]:
    """The pairs of a set that are there, in order of stem; a subset of the published set is fine.

    Warns of images without a partner. Raises FileNotFoundError, with the cure, where there is no pair at all.
    """
    known = data_set(dataset, split)
    folders = [folder(dataset, split, modality, root) for modality in (known.infrared, known.visible)]
    missing = [str(path) for path in folders if not path.is_dir()]
    matched, alone = ([], []) if missing else pair_folders(*folders)
    if not matched:
        where = f"no folder {', no folder '.join(missing)}" if missing else f"no pair in {folders[0].parent}"
        raise FileNotFoundError(f"{dataset} {split}: {where}. {where_to_get(dataset, root)}")
    if alone:
        names = ", ".join(str(path) for path in alone[:5]) + (", ..." if len(alone) > 5 else "")
        warnings.warn(f"{dataset} {split}: {len(alone)} images without a partner: {names}", stacklevel=2)
    return matched


def present(datasets: Iterable[str], split: str = "test", root: str | Path = "") -> list[str]:
    """Those of the sets of which at least one pair of a split is here, in the order given.

    Raises ValueError, with the cure for each, where none is.
    """
    here = []
    for name in datasets:
        known = data_set(name, split)
        folders = [folder(name, split, modality, root) for modality in (known.infrared, known.visible)]
        if all(path.is_dir() for path in folders) and pair_folders(*folders)[0]:
            here.append(name)
    if datasets and not here:
        raise ValueError("no data set is here. " + " ".join(where_to_get(name, root) for name in datasets))
    return here


def pairs_here(dataset: str, split: str, root: str | Path) -> tuple[list[Pair], str]:
    """The pairs of a set, or none and what to do to get them."""
    try:
        return pairs(dataset, split, root), ""
    except FileNotFoundError as error:
        return [], str(error)
