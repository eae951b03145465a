"""The one loop of the study: every pair, under every treatment, fused by every method, and measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from isfcore.machine.threads import in_threads
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.methods import Method

Row = dict[str, str | int | float]
Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], Iterable[Row]]  # of fused, infrared luma, visible image
Treatments = Callable[[str, np.ndarray, np.ndarray], Iterable[tuple[Row, np.ndarray, np.ndarray]]]


def untreated(stem: str, infrared: np.ndarray, visible: np.ndarray) -> list[tuple[Row, np.ndarray, np.ndarray]]:
    """The pair as it is."""
    return [({}, infrared, visible)]


def fuse_all(
    pairs: Sequence[Pair],
    methods: dict[str, Method],
    measure: Measure,
    *,
    read: Callable[[Pair], tuple[np.ndarray, np.ndarray]] = read_sources,
    treatments: Treatments = untreated,
    progress: str = "",
) -> tuple[list[Row], dict[str, str]]:
    """Fuse every pair with every method and measure what comes out; pairs are spread over the cores.

    Each pair is read once, and fused once a treatment and method. An image that fails under one method does not stop
    the others.

    Args:
        measure: rows for a fused image beside the *clean* sources; to each is added what it is of.
        read: how a pair is read; by default cut to multiples of 16 as in the paper's evaluation.
        treatments: what is fused instead of the sources, and what to say of it in the rows.
        progress: label of the progress bar; none without it.

    Returns:
        Rows in the order of pairs, treatments and methods, each with `method` and `stem`; and what went wrong, by
        `method stem`, or by stem where a pair cannot be read.
    """

    def one(pair: Pair) -> tuple[list[Row], dict[str, str]]:
        infrared, visible = read(pair)
        rows, problems = [], {}
        for about, *sources in treatments(pair.stem, infrared, visible):
            for name, method in methods.items():
                try:
                    fused = method(pair.stem, *sources)
                    if fused.shape[:2] != infrared.shape:
                        sizes = (f"{image.shape[1]} x {image.shape[0]}" for image in (fused, infrared))
                        raise ValueError("the fused image is {}, its sources, as they are read here, {}".format(*sizes))
                    found = measure(fused, infrared, visible)
                    rows += [{"method": name, "stem": pair.stem} | about | row for row in found]
                except (ValueError, OSError) as error:
                    problems[f"{name} {pair.stem}"] = str(error)
        return rows, problems

    found, unread = in_threads(one, pairs, progress=progress)
    done = [found[pair] for pair in pairs if pair in found]
    failed = {name: problem for _, problems in done for name, problem in problems.items()}
    rows = [row for rows, _ in done for row in rows]
    return rows, failed | {pair.stem: problem for pair, problem in unread.items()}
