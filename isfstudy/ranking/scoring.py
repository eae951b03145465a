"""Scores of every image of every method, on all cores, which a run that was killed has not to take again.

They are kept beside the results, a line an image, under a key of all that they depend on: the bytes of the three files,
how they are read and scored, and the code that does so. Bytes and not size and time: names, copies and clocks do not
matter then, and reading a file takes a hundredth of the time that scoring it does.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from isfcore.evaluation import read_luma, score
from isfcore.machine.code import code_digest
from isfcore.machine.files import cannot_write, file_sha256
from isfcore.machine.threads import in_threads
from isfcore.metrics import METRICS
from isfcore.metrics_further import FURTHER_METRICS, evaluate_further
from isfstudy.ranking.folders import Files

CODE = ["isfcore.evaluation", "isfcore.metrics_further"]
SETS = {"five": METRICS, "all": METRICS + FURTHER_METRICS}


class Way(NamedTuple):
    """How images are scored: the options of `isf evaluate`, and which metrics, one of `SETS`."""

    convention: str
    sources: str = "rounded"
    sixteen_bit: str = "full"
    metrics: str = "five"


class Scored(NamedTuple):
    """What `score_methods` gives.

    Attributes:
        per_image: a row a method and image (`method`, `stem` and the metrics), of images that all methods have a finite
            score of in every metric.
        problems: what could not be scored, by `method, image`.
        incomplete: the images that are therefore left out of all methods.
        known: how many scores an earlier run has taken.
        unkept: why scores could not be kept for a later run; empty where they were.
    """

    per_image: pd.DataFrame
    problems: dict[str, str]
    incomplete: list[str]
    known: int
    unkept: str


def score_methods(files: Mapping[str, Mapping[str, Files]], way: Way, *, kept: Path | None = None) -> Scored:
    """Score the same images of several methods.

    Args:
        files: by method and image: fused, infrared, visible.
        kept: the file that scores are added to, and looked for in; none are kept without it.
    """
    known = _read(kept, SETS[way.metrics]) if kept else {}
    how = json.dumps([*way, code_digest(CODE, files="none")])
    sha256 = functools.cache(file_sha256)  # of sources, which every method asks for
    found, failed = [], []

    def one(item: tuple[str, str]) -> dict[str, float]:
        method, stem = item
        paths = files[method][stem]
        key = hashlib.sha256(" ".join([*map(sha256, paths), how]).encode()).hexdigest()
        if key in known:
            found.append(key)
            return known[key]
        images = read_luma(*paths, sources=way.sources, sixteen_bit=way.sixteen_bit)
        scores = score(*images, convention=way.convention)
        if way.metrics == "all":
            scores |= evaluate_further(*images)
        if kept and not failed:
            try:
                _add(kept, key, scores)
            except OSError as error:  # the scores are there all the same
                failed.append(error)
        return scores

    stems = list(next(iter(files.values())))
    done, problems = in_threads(one, [(method, stem) for stem in stems for method in files], progress="scoring")
    said = {", ".join(item): problem for item, problem in problems.items()}
    for (method, stem), scores in done.items():
        wrong = [f"{metric} is {value:g}" for metric, value in scores.items() if not isfinite(value)]
        if wrong:
            said[f"{method}, {stem}"] = f"{', '.join(wrong)}: are images equal, or one level all over?"
            problems[method, stem] = ""
    incomplete = {stem for _, stem in problems}
    rows = [
        {"method": method, "stem": stem} | done[method, stem]
        for method in files
        for stem in stems
        if stem not in incomplete
    ]
    per_image = pd.DataFrame(rows, columns=["method", "stem", *SETS[way.metrics]])
    unkept = str(cannot_write(kept, failed[0])) if kept and failed else ""
    return Scored(per_image, said, sorted(incomplete), len(found), unkept)


def _read(kept: Path, metrics: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Kept scores by key; a line that was cut short counts as none.

    Raises OSError for a file that is there and cannot be read.
    """
    known = {}
    for line in kept.read_bytes().splitlines() if kept.exists() else ():
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            known[entry["key"]] = {metric: float(entry["scores"][metric]) for metric in metrics}
    return known


def _add(kept: Path, key: str, scores: dict[str, float]) -> None:
    """Add a line in one piece: others may add at the same time, and what a killed run began ends where this begins."""
    line = json.dumps({"key": key, "scores": scores})
    with kept.open("ab") as stream:
        stream.write(f"\n{line}\n".encode())
