"""From runs of the grid to an answer: responses to the cue, contrasts over seeds, and who is refuted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.inference import prepare, run
from isfcore.network import FusionNetwork
from isfstudy.comparison.classic import average, laplacian_pyramid, maximum, wavelet
from isfstudy.grid import records
from isfstudy.grid.contrasts import Contrast, contrast, verdict
from isfstudy.scenes.counterfactuals import Fuse, Scenes, answers

EXPERIMENT, CONTROL = "spurious_shift", "passes_without_loss"  # of the grid; the control's arm has its name
NAMES = {"fidelity": "fidelity loss alone", "mask_augmentation": "masks as augmentation", "full": "full method"}
ARMS = tuple(NAMES)
NAMES |= {CONTROL: "passes without a loss"}  # batch norm sees the masked passes, and no loss looks at them
WITH_CUE, WITHOUT_CUE = "scenes_rate_1", "scenes_rate_0.5"  # the cue says all about heat, or nothing
RESPONSES = {"response_intact": "infrared intact", "response_black": "infrared black"}
BESIDES = {
    "heat_intact": "heat painted on cold things (grey levels)",
    "contrast_rate_0": "contrast of hot things, cue on cold ones (share of infrared's)",
    "fidelity_rate_0": "fidelity loss where the cue is, on cold things",
}
MATTERS = 0.1  # of the visible change, as written in the hypotheses


class Question(NamedTuple):
    """A contrast that somebody has predicted.

    Attributes:
        words: what it asks.
        expected: the sign that is predicted.
        by: who predicts it; `afterwards` where the question came after the first runs, `instrument` where it is about
            whether this experiment can see anything.
        of: from the runs' figures, pivoted to arm and data, to a difference a seed.
    """

    words: str
    expected: int
    by: str
    of: Callable[[pd.DataFrame], pd.Series]


def added(table: pd.DataFrame, arm: str) -> pd.Series:
    """What training with the cue on everything hot adds to an arm's response."""
    return table[arm, WITH_CUE] - table[arm, WITHOUT_CUE]


def _level(table: pd.DataFrame, arm: str) -> pd.Series:
    return (table[arm, WITH_CUE] + table[arm, WITHOUT_CUE]) / 2


QUESTIONS = {
    "full": Question(
        "Does the full method learn the cue less than the fidelity loss alone?",
        -1,
        "paper",
        lambda table: added(table, "full") - added(table, "fidelity"),
    ),
    "masks": Question(
        "Do masks as augmentation learn it less?",
        -1,
        "paper",
        lambda table: added(table, "mask_augmentation") - added(table, "fidelity"),
    ),
    "learned": Question(
        "Does the fidelity loss alone learn the cue?", 1, "paper", lambda table: added(table, "fidelity")
    ),
    "level_full": Question(
        "Does the full method respond to it more, at either rate?",
        1,
        "rival",
        lambda table: _level(table, "full") - _level(table, "fidelity"),
    ),
    "level_masks": Question(
        "Do masks as augmentation respond to it more?",
        1,
        "rival",
        lambda table: _level(table, "mask_augmentation") - _level(table, "fidelity"),
    ),
    "losses": Question(
        "Do the losses raise it, over passes without a loss?",
        1,
        "afterwards",
        lambda table: _level(table, "full") - _level(table, CONTROL),
    ),
    "statistics": Question(
        "Do passes without a loss, which batch norm alone sees?",
        1,
        "afterwards",
        lambda table: _level(table, CONTROL) - _level(table, "fidelity"),
    ),
}


def recorded(kept: Path) -> pd.DataFrame:
    """The runs of the experiment and of its control, see `isfstudy.grid.records.looks`."""
    return records.looks(kept, EXPERIMENT, CONTROL)


def answered(
    runs: pd.DataFrame, questions: Mapping[str, Question] = QUESTIONS, responses: Mapping[str, str] = RESPONSES
) -> pd.DataFrame:
    """Every question with every state of the infrared image.

    Args:
        runs: a row a run, from `isfstudy.grid.records.looks`.
        questions: by name.
        responses: figures of a run, and the state of the infrared image that each is for.

    Returns:
        `question` (its name), `asked`, `by`, `infrared`, `expected`, the fields of `Contrast`, and `verdict`; questions
        that no seed can answer yet are missing.
    """
    rows = []
    for figure, infrared in responses.items() if len(runs) else ():
        table = runs.pivot_table(index="seed", columns=["arm", "data"], values=figure)
        for name, question in questions.items():
            try:
                found = contrast(question.of(table))
            except (KeyError, ValueError):
                continue
            said = verdict(found, expected=question.expected, matters=MATTERS)
            known = {"question": name, "asked": question.words, "by": question.by, "infrared": infrared}
            rows.append(known | {"expected": question.expected} | found._asdict() | {"verdict": said})
    columns = ["question", "asked", "by", "infrared", "expected", *Contrast._fields, "verdict"]
    return pd.DataFrame(rows, columns=columns)


def levels(runs: pd.DataFrame) -> pd.DataFrame:
    """A row an arm and rate: `seeds`, and by figure the mean over the seeds and its standard deviation."""
    figures = [*RESPONSES, "response_hot", "response_cold", *BESIDES]
    groups = runs.groupby(["arm", "data"], sort=False)
    means, deviations = groups[figures].mean(), groups[figures].std().add_suffix("_deviation")
    table = pd.concat([groups["seed"].count().rename("seeds"), means, deviations], axis=1).reset_index()
    order = table["arm"].map(list(NAMES).index)
    return table.iloc[np.lexsort((table["data"], order))].reset_index(drop=True)


def references(scenes: Scenes, networks: Mapping[str, FusionNetwork], *, device: str | torch.device) -> pd.DataFrame:
    """The instrument's check: what rules and networks of known behaviour do with the cue.

    Args:
        scenes: from `isfstudy.scenes.counterfactuals.counterfactual_scenes`.
        networks: by row name.

    Returns:
        A row each: `method` and the figures of `answers`. The oracle knows where the cue is and averages without it.
    """
    bare = scenes["without"].float() / 255
    rules: dict[str, Fuse] = {
        "oracle": lambda infrared, visible: (infrared + bare) / 2,
        "infrared alone": lambda infrared, visible: infrared,
        "visible alone": lambda infrared, visible: visible,
        "average": _by_image(average),
        "maximum": _by_image(maximum),
        "Laplacian pyramid": _by_image(laplacian_pyramid),
        "wavelet": _by_image(wavelet),
    }
    rows = [{"method": name} | answers(rule, scenes) for name, rule in rules.items()]
    there = {name: stack.to(device) for name, stack in scenes.items()}
    for name, network in networks.items():
        rows.append({"method": name} | answers(fuse_by(network, device), there))
    return pd.DataFrame(rows)


def fuse_by(network: FusionNetwork, device: str | torch.device) -> Fuse:
    """Fusing with a network, as `answers` wants it."""
    prepared = prepare(network, device)
    return lambda infrared, visible: run(prepared, infrared, visible).luma


def _by_image(rule: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Fuse:
    def fuse(infrared: Tensor, visible: Tensor) -> Tensor:
        images = zip(infrared[:, 0].numpy() * 255, visible[:, 0].numpy() * 255, strict=True)
        return torch.from_numpy(np.stack([rule(*both) for both in images])).float()[:, None] / 255

    return fuse


def kept_weights(folder: Path) -> dict[str, Path]:
    """The committed networks whose images the page shows: by arm, trained with the cue on everything hot."""
    return {arm: path for arm in ARMS if (path := folder / f"{arm}-{WITH_CUE}-seed0.safetensors").is_file()}
