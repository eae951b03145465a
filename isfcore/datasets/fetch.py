"""Fetching what is missing of the image sets, and the authors' weights.

Which files a set has and how each is known to be right; `isfcore.datasets.catalogue` says where the public host keeps
them, `isfcore.datasets.transfer` does the carrying. A file that is there and right is never touched, so a fetch that
was cut short is taken up where it stopped. Pixels are pinned by the manifest, which is why the newest upstream state
(`HEAD`) may be asked for, and why a host or archive may have re-encoded its images.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from isfcore.datasets.boxes import read_boxes
from isfcore.datasets.catalogue import RELEASED_ADDRESS, RELEASED_SHA256, RELEASED_WEIGHTS, data_set
from isfcore.datasets.fingerprints import Fingerprint, fingerprint
from isfcore.datasets.local import data_root, folder, where_to_get
from isfcore.datasets.manifest import published, verify
from isfcore.datasets.transfer import Wanted, bring, is_url, problem
from isfcore.images import IMAGE_EXTENSIONS
from isfcore.machine.files import file_sha256

PUBLIC_HOST = "https://raw.githubusercontent.com"


def fetch(dataset: str, root: str | Path = "", *, split: str = "all", source: str = "") -> pd.DataFrame:
    """Bring the images and boxes of a set that are missing, wrong or broken.

    `source` is the base URL of a mirror of the public host (same paths below it), a zip or tar archive of the
    upstream repository, or a folder; default: the variable ISF_MIRROR, else the public host. A wrong or
    broken file is kept beside its replacement as `<name>.rejected`.

    Returns one row a file: dataset, file (without extension), status (`present`, `fetched`, `failed`) and
    reason. A failed file does not stop the rest, and a second call tries only the failed ones. Raises
    ValueError for a set that cannot be fetched, saying what to do instead, and what `transfer.bring` raises.
    """
    source = source or os.environ.get("ISF_MIRROR") or PUBLIC_HOST
    known = data_set(dataset, "" if split == "all" else split)
    if not any(known.pairs.values()) or (is_url(source) and not known.addresses):
        raise ValueError(f"it cannot be fetched by this command. {where_to_get(dataset, root)}")
    files = list(_files(dataset, root, split))
    reasons = bring([item for item, good in files if not good], source, label=f"fetch {dataset}")
    rows = []
    for item, good in files:
        reason = "" if good else reasons[item.target]
        status = "present" if good else "failed" if reason else "fetched"
        rows.append((dataset, str(item.target), status, reason))
    return pd.DataFrame(rows, columns=["dataset", "file", "status", "reason"])


def fetch_weights(root: str | Path = "", *, source: str = "") -> Path:
    """Bring the authors' checkpoint to `weights/isf_released.pth` below the data root, and return its path.

    `source` as in `fetch`, or the file itself. Nothing is done when the file is there and right. Raises
    ValueError, with the reason, when no right file came, and what `transfer.bring` raises.
    """
    path = data_root(root) / RELEASED_WEIGHTS
    there = path if path.is_file() else None
    item = Wanted(path.with_suffix(""), (RELEASED_ADDRESS,), _check_weights, frozenset({".pth"}), rejected=there)
    if there and not problem(item, path):
        return path
    source = source or os.environ.get("ISF_MIRROR") or PUBLIC_HOST
    reason = bring([item], source, label="fetch weights")[item.target]
    if reason:
        raise ValueError(f"the authors' weights were not fetched: {reason}")
    return path


def _files(dataset: str, root: str | Path, split: str) -> Iterator[tuple[Wanted, bool]]:
    """Every published file of a set, and whether it is there and right."""
    known, listed = data_set(dataset), published(dataset)
    for row in verify(dataset, root, split=split).itertuples():
        if row.status == "unlisted" or (row.split, row.modality, row.stem) not in listed:
            continue
        target = folder(dataset, row.split, row.modality, root) / row.stem
        check = functools.partial(_check_image, expected=listed[row.split, row.modality, row.stem])
        rejected = Path(row.file) if row.status in ("wrong pixels", "unreadable") else None
        places = addresses(dataset, row.split, row.modality, row.stem)
        yield Wanted(target, places, check, IMAGE_EXTENSIONS, rejected), row.status == "ok"
    if known.boxes not in known.addresses:  # no boxes, or none that are published file by file
        return
    for here, stem in sorted({(here, stem) for here, _, stem in listed if split in ("all", here)}):
        path = folder(dataset, here, known.boxes, root) / f"{stem}.txt"
        there = path if path.is_file() else None
        places = addresses(dataset, here, known.boxes, stem)
        item = Wanted(path.with_suffix(""), places, _check_boxes, frozenset({".txt"}), rejected=there)
        yield item, there is not None and not problem(item, path)


def addresses(dataset: str, split: str, modality: str, stem: str) -> tuple[str, ...]:
    """Where the public host keeps a file of a set, likeliest place first; nothing for a set that is not there."""
    names = {"split": split, "stem": stem, "number": stem.lstrip("0")}
    return tuple(place.format(**names) for place in data_set(dataset).addresses.get(modality, ()))


def _check_image(path: Path, *, expected: Fingerprint) -> None:
    found = fingerprint(path)
    if found != expected:
        sizes = f"height, width, channels are {found[:3]}, published {expected[:3]}"
        raise ValueError(f"not the published pixels ({sizes})")


def _check_boxes(path: Path) -> None:
    read_boxes(path)


def _check_weights(path: Path) -> None:
    if (found := file_sha256(path)) != RELEASED_SHA256:
        raise ValueError(f"SHA-256 {found} instead of {RELEASED_SHA256}")
