"""The regimes under which inputs are compared: which images a network sees in training, and which in the test.

    own           trained on an input's images of the training pairs, tested on those of the test pairs: Tables 3, 4
    from visible  trained on visible images, tested on an input's: fusion put in front of a network in use
    adapted       trained on all three sources' images of the training pairs, then briefly on an input's images of one
                  half of the test pairs, and tested on its images of the other half; both halves in turn

`own` takes images of the training pairs, which folders of fused test images do not have. `adapted` needs the test pairs
alone, and every input is treated alike, so that published methods stand beside the others. Pages and tables call a
regime `protocol`, which elsewhere in the study is how fused images are scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from isfcore.pairs import Pair
from isfstudy.comparison.methods import Method, folder_method
from isfstudy.downstream.inputs import Input, folder_input, network_input, source_inputs
from isfstudy.downstream.labels import Labelled
from isfstudy.downstream.runs import Bench, Run, made, predictions
from isfstudy.downstream.training import Budget

REGIMES = ("own", "from visible", "adapted")
SHOWN_TO_BASE = tuple(source_inputs())  # what the base network of `adapted` is trained on
Found = dict[str, np.ndarray]  # predictions by stem


class Comparison(NamedTuple):
    """What is compared: material, inputs and budgets.

    Attributes:
        train, test: pairs with labels.
        everywhere: inputs that have images of all pairs, for training and test; those of `source_inputs` first.
        test_only: inputs that have images of the test pairs alone.
        budget: of a training.
        adaptation: of the brief training on half of the test pairs.
        seeds: each input is trained once with each.
    """

    train: Labelled
    test: Labelled
    everywhere: dict[str, Input]
    test_only: dict[str, Input]
    budget: Budget
    adaptation: Budget
    seeds: Sequence[int] = (0,)

    @property
    def inputs(self) -> dict[str, Input]:
        """All of them, by name."""
        return self.everywhere | self.test_only


def inputs(
    networks: dict[str, Method], weights: dict[str, dict], folders: dict[str, dict[str, Path]]
) -> tuple[dict[str, Input], dict[str, Input]]:
    """All inputs: those with images of every pair, sources first, and those of folders, with test images alone.

    Args:
        networks: fusion networks as methods, by row name.
        weights: what is known of each, by row name; its `sha256`.
        folders: of fused test images, by method and stem.
    """
    fused = {name: network_input(name, weights[name]["sha256"], method) for name, method in networks.items()}
    folder = {name: folder_input(name, images, folder_method(images)) for name, images in folders.items()}
    return source_inputs() | fused, folder


def part(labelled: Labelled, pairs: Sequence[Pair]) -> Labelled:
    """These pairs of a labelled set."""
    return labelled._replace(pairs=list(pairs), label={pair.stem: labelled.label[pair.stem] for pair in pairs})


def night(stem: str) -> bool:
    """Whether a pair of MSRS, or a scene, was taken at night: their names end in N, by day in D."""
    return stem.endswith("N")


def halves(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The first and the second half of the names, by day and at night: neighbours in a drive stay together."""
    first: list[Pair] = []
    for dark in (False, True):
        same = sorted((pair for pair in pairs if night(pair.stem) is dark), key=lambda pair: pair.stem)
        first += same[: (len(same) + 1) // 2]
    return first, [pair for pair in pairs if pair not in first]


def trainings(comparison: Comparison) -> list[Run]:
    """The trainings from drawn weights: all inputs with the first seed before the next, `Visible` first."""
    runs = []
    for seed in comparison.seeds:
        budget = comparison.budget._replace(seed=seed)
        runs += [Run((each,), comparison.train, budget) for each in comparison.everywhere.values()]
        runs.append(of_sources(comparison, seed))
    return runs


def of_sources(comparison: Comparison, seed: int, sources: Sequence[str] = SHOWN_TO_BASE) -> Run:
    """The training on these sources' images of the training pairs, which `adapted` starts from."""
    shown = tuple(comparison.everywhere[name] for name in sources)
    return Run(shown, comparison.train, comparison.budget._replace(seed=seed))


def _adaptations(
    comparison: Comparison, tested: Input, seed: int, sources: Sequence[str]
) -> Iterator[tuple[Run, list[Pair]]]:
    """For each half of the test pairs the run that adapts to it, and the pairs to test on."""
    for seen, unseen in (order := halves(comparison.test.pairs)), order[::-1]:
        budget = comparison.adaptation._replace(seed=seed)
        yield Run((tested,), part(comparison.test, seen), budget, of_sources(comparison, seed, sources)), unseen


def found_under(
    regime: str,
    name: str,
    seed: int,
    bench: Bench,
    comparison: Comparison,
    *,
    sources: Sequence[str] = SHOWN_TO_BASE,
    progress: str = "",
) -> Found:
    """What is found in an input's images of all test pairs under a regime, by stem.

    Args:
        sources: what the base network of `adapted` is trained on.

    Raises:
        KeyError: for an input without images of the training pairs under `own`.
        What `isfstudy.downstream.runs.predictions` raises.
    """
    tested = comparison.inputs[name]
    if regime == "adapted":
        parts: Found = {}
        for run, pairs in _adaptations(comparison, tested, seed, sources):
            parts |= predictions(bench, run, tested, pairs, progress=progress)
        return {pair.stem: parts[pair.stem] for pair in comparison.test.pairs}
    trained = comparison.everywhere[name if regime == "own" else "Visible"]
    run = Run((trained,), comparison.train, comparison.budget._replace(seed=seed))
    return predictions(bench, run, tested, comparison.test.pairs, progress=progress)


def everything_found(
    bench: Bench, comparison: Comparison, *, progress: bool = False
) -> dict[tuple[str, str], list[Found]]:
    """What is found under each regime in each input, a list over the seeds; trains what has not been trained yet."""
    results: dict[tuple[str, str], list[Found]] = {}
    for regime in REGIMES:
        for name in comparison.everywhere if regime == "own" else comparison.inputs:
            label = f"{bench.task.name}, {regime}, {name}" if progress else ""
            results[regime, name] = [
                found_under(regime, name, seed, bench, comparison, progress=label) for seed in comparison.seeds
            ]
    return results


def made_table(bench: Bench, comparison: Comparison) -> list[dict]:
    """How the trainings of a comparison were made, see `isfstudy.downstream.runs.made`."""
    return [made(bench, run) for run in trainings(comparison)]
