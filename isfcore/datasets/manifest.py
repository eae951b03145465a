"""Are the images the published ones? Manifests, and verification file by file.

A manifest lists every image of a published set with its size and the SHA-256 of its decoded pixels, so a
re-encoded copy verifies and a wrong one does not, whatever its file looks like. Boxes are in no manifest.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from isfcore.datasets.catalogue import DATASETS, data_set
from isfcore.datasets.fingerprints import Fingerprint, fingerprint
from isfcore.datasets.local import folder
from isfcore.machine.provenance import cores
from isfcore.pairs import images_by_stem, pair_folders

MANIFESTS = Path(__file__).parent / "manifests"
COLUMNS = ["split", "modality", "stem", "height", "width", "channels", "sha256_pixels"]
STATUSES = ("ok", "wrong pixels", "unreadable", "missing", "unlisted")


def manifest(dataset: str) -> pd.DataFrame:
    """The published images of a set, one row an image; no row for `scenes`, which is made on the spot."""
    if not any(data_set(dataset).pairs.values()):
        return pd.DataFrame(columns=COLUMNS)
    return pd.read_csv(MANIFESTS / f"{dataset}.csv", dtype={"stem": str})


def published(dataset: str) -> dict[tuple[str, str, str], Fingerprint]:
    """The manifest as a lookup: (split, modality, stem) -> fingerprint."""
    return {tuple(row[:3]): tuple(row[3:]) for row in manifest(dataset).itertuples(index=False)}


def verify(dataset: str, root: str | Path = "", *, split: str = "all") -> pd.DataFrame:
    """Compare every image of a set, or of one split, with the manifest: split, modality, stem, file, status.

    `status` is one of STATUSES. `file` is the path; of a missing image, the path it would have, without
    extension. A file that no manifest row names is `unlisted` if it can be read. Raises ValueError where one
    stem has two files.
    """
    known = data_set(dataset, "" if split == "all" else split)
    listed = published(dataset)
    rows = []
    for here in known.pairs if split == "all" else (split,):
        for modality in known.modalities:
            where = folder(dataset, here, modality, root)
            found = images_by_stem(where) if where.is_dir() else {}
            names = {stem for s, m, stem in listed if (s, m) == (here, modality)}
            rows += [(here, modality, stem, found.get(stem)) for stem in sorted(names | found.keys())]

    def status(row: tuple[str, str, str, Path | None]) -> str:
        return "missing" if row[3] is None else _status(row[3], listed.get(row[:3]))

    # Pillow releases the interpreter while it decodes most formats, so threads use every core.
    with ThreadPoolExecutor(cores()) as workers:
        statuses = list(
            tqdm(
                workers.map(status, rows),
                desc=f"verify {dataset}",
                total=len(rows),
                unit="file",
                leave=False,
                disable=None,
            )
        )
    files = [str(path or folder(dataset, here, kind, root) / stem) for here, kind, stem, path in rows]
    table = pd.DataFrame(rows, columns=["split", "modality", "stem", "file"])
    return table.assign(file=files, status=statuses)


def _status(path: Path, expected: Fingerprint | None) -> str:
    try:
        found = fingerprint(path)
    except (ValueError, OSError):
        return "unreadable"
    if expected is None:
        return "unlisted"
    return "ok" if found == expected else "wrong pixels"


def summary(dataset: str, verified: pd.DataFrame) -> pd.DataFrame:
    """Count what `verify` found: one row a split and modality, one column a status, and `listed` images.

    `usable` says that there is something and nothing is wrong or unreadable: a part of a set is usable.
    """
    listed = manifest(dataset).groupby(["split", "modality"]).size()
    groups = verified.groupby(["split", "modality"], sort=False)
    counts = groups["status"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=list(STATUSES), fill_value=0).rename_axis(columns=None)
    counts["listed"] = listed.reindex(counts.index, fill_value=0).astype(int)
    good = counts["ok"] + counts["unlisted"] > 0
    counts["usable"] = good & (counts["wrong pixels"] == 0) & (counts["unreadable"] == 0)
    return counts.reset_index()


def status(root: str | Path = "") -> pd.DataFrame:
    """What is there, by name only: one row a set and split.

    Columns: dataset, split, pairs `found`, pairs `published`, images `unpaired`, and `complete`: every
    published pair is there by name (or, of the set made on the spot, any pair).
    """
    rows = []
    for name, known in DATASETS.items():
        listed = manifest(name)
        for split, published in known.pairs.items():
            folders = [folder(name, split, modality, root) for modality in (known.infrared, known.visible)]
            matched, alone = pair_folders(*folders) if all(path.is_dir() for path in folders) else ([], [])
            names = set(listed.loc[listed["split"] == split, "stem"])
            complete = len(matched) >= max(published, 1) and names <= {pair.stem for pair in matched}
            rows.append((name, split, len(matched), published, len(alone), complete))
    return pd.DataFrame(rows, columns=["dataset", "split", "found", "published", "unpaired", "complete"])
