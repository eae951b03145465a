"""The pairs that the study's own trainings rest on: a part of the published sets, the same on every machine.

They were chosen when no more were at hand, evenly spread over the names. Records in the repository are of these pairs;
whoever has the full sets compares with them by taking these.
"""

from __future__ import annotations

import csv
import functools
from collections import defaultdict
from collections.abc import Sequence

from isfcore.pairs import Pair
from isfstudy.places import SELECTED_PAIRS, repository


def selected(pairs: Sequence[Pair], dataset: str, split: str) -> list[Pair]:
    """Those of a set's pairs that the selection names; all of them where it names none of the set."""
    names = _selection().get((dataset, split))
    return [pair for pair in pairs if names is None or pair.stem in names]


@functools.cache
def _selection() -> dict[tuple[str, str], set[str]]:
    """Names by set and split."""
    names = defaultdict(set)
    with (repository() / SELECTED_PAIRS).open(newline="") as file:
        for row in csv.DictReader(file):
            names[row["dataset"], row["split"]].add(row["stem"])
    return dict(names)
