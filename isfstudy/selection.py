"""The pairs that the study's own trainings rest on: a part of the published sets, the same on every machine.

They were chosen when no more were at hand, evenly spread over the names. Records in the repository are of these pairs;
whoever has the full sets compares with them by taking these.
"""

from __future__ import annotations

import csv
import functools
from collections import defaultdict
from collections.abc import Sequence

from isfcore.datasets.local import where_to_get
from isfcore.pairs import Pair
from isfstudy.places import SELECTED_PAIRS, repository


def selected(pairs: Sequence[Pair], dataset: str, split: str) -> list[Pair]:
    """Those of a set's pairs that the selection names; all of them where it names none of the set.

    Raises:
        ValueError: where it names none of the pairs, with the cure.
    """
    names = _selection().get((dataset, split))
    found = [pair for pair in pairs if names is None or pair.stem in names]
    if pairs and names and not found:
        raise ValueError(
            f"{dataset} {split}: none of the {len(pairs)} pairs here, such as {pairs[0].infrared}, is one of the "
            f"{len(names)} that {SELECTED_PAIRS} names, such as {min(names)}, of which the study's own trainings are. "
            f"Either bring these: {where_to_get(dataset)} Or take the pairs that are here, and train all anew: "
            "`data: found` among a notebook's parameters (params/<profile>.yaml)."
        )
    return found


@functools.cache
def _selection() -> dict[tuple[str, str], set[str]]:
    """Names by set and split."""
    names = defaultdict(set)
    with (repository() / SELECTED_PAIRS).open(newline="") as file:
        for row in csv.DictReader(file):
            names[row["dataset"], row["split"]].add(row["stem"])
    return dict(names)
