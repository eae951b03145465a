"""Every pair fused and scored with every method, and what the scores come to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.losses import fidelity_loss
from isfcore.machine.threads import in_threads
from isfcore.metrics import METRICS
from isfcore.metrics_further import FURTHER_METRICS, evaluate_further
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.classic import CLASSIC
from isfstudy.comparison.methods import Method
from isfstudy.comparison.protocol import PROTOCOLS, Protocol, stored
from isfstudy.paper.printed import NETWORK


def compare(
    pairs: Sequence[Pair],
    methods: dict[str, Method],
    *,
    protocols: dict[str, Protocol] = PROTOCOLS,
    metrics: str = "five",
    progress: str = "",
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Fuse and score every pair with every method under every protocol.

    Each pair is read once and fused once a method. An image that fails under one method does not stop the others.

    Args:
        metrics: `five`, those of the paper; or `all`, with `FURTHER_METRICS` of the fused image as it left the method,
            which stand in the rows of lossless protocols and are missing from the others.

    Returns:
        One row an image, method and protocol (`method`, `protocol`, `stem`, `METRICS`, `objective`, the fidelity loss
        of equation 10 that the paper's network is trained with, and further metrics where they are asked for), and what
        went wrong, by `method stem`.

    Raises:
        ValueError: for another value of `metrics`.
    """
    if metrics not in ("five", "all"):
        raise ValueError(f"metrics must be 'five' or 'all', not {metrics!r}")
    problems: dict[str, str] = {}

    def one(pair: Pair) -> list[dict]:
        infrared, visible = read_sources(pair)
        levels = grey(visible)
        rows = []
        for name, method in methods.items():
            try:
                fused = method(pair.stem, infrared, visible)
                if fused.shape != infrared.shape:
                    sizes = (f"{image.shape[1]} x {image.shape[0]}" for image in (fused, infrared))
                    raise ValueError("the fused image is {}, its sources, cut to multiples of 16, {}".format(*sizes))
                objective = _objective(fused, infrared, levels)
                further = evaluate_further(fused, infrared, levels) if metrics == "all" else {}
                for label, (storage, convention) in protocols.items():
                    values = score(stored(fused, visible, storage=storage), infrared, levels, convention=convention)
                    row = {"method": name, "protocol": label, "stem": pair.stem}
                    rows.append(row | values | {"objective": objective} | (further if storage == "png" else {}))
            except (ValueError, OSError) as error:
                problems[f"{name} {pair.stem}"] = str(error)
        return rows

    found, unread = in_threads(one, pairs, progress=progress)
    columns = ["method", "protocol", "stem", *METRICS, "objective", *(FURTHER_METRICS if metrics == "all" else ())]
    table = pd.DataFrame([row for rows in found.values() for row in rows], columns=columns)
    return table, problems | {pair.stem: problem for pair, problem in unread.items()}


def _objective(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    images = (torch.as_tensor(image / 255)[None, None] for image in (fused, infrared, visible))
    return fidelity_loss(*images)["total"].item()


def means(per_image: pd.DataFrame, metrics: Sequence[str] = (*METRICS, "objective")) -> pd.DataFrame:
    """Mean of each metric by data set, method and protocol, with the number of `pairs` it rests on.

    `kind` tells what a method is: `network` (weights of this architecture), `classic`, or `published` (a folder).
    """
    groups = per_image.groupby(["dataset", "method", "protocol"], sort=False)
    table = groups[list(metrics)].mean()
    table.insert(0, "pairs", groups.size())
    table = table.reset_index()
    table.insert(2, "kind", table["method"].map(_kind))
    return table


def together(per_image: pd.DataFrame) -> pd.DataFrame:
    """The images of several sets as one set, named `A+B`, whose stems begin with their set's name.

    Methods that lack one of the sets altogether are left out, as their mean would be over other images.
    """
    sets = per_image["dataset"].unique()
    everywhere = per_image.groupby("method")["dataset"].nunique() == len(sets)
    rows = per_image[per_image["method"].map(everywhere)]
    return rows.assign(dataset="+".join(sets), stem=rows["dataset"] + " " + rows["stem"])


def relative_to(means: pd.DataFrame, reference: str) -> pd.DataFrame:
    """How far the other networks are from one of them under the paper's protocol, in percent of its values.

    Args:
        means: from `means`.
        reference: a method.

    Returns:
        A row a data set and network: `dataset`, `method`, `pairs` and the metrics; none where the reference is missing.
    """
    rows = means[(means["protocol"] == "paper") & (means["kind"] == "network")].set_index(["dataset", "method"])
    others = rows[rows.index.get_level_values("method") != reference]
    if len(others) == len(rows):
        return pd.DataFrame(columns=["dataset", "method", "pairs", *METRICS])
    expected = rows.xs(reference, level="method")[list(METRICS)]
    table = others[list(METRICS)].div(expected, level="dataset").sub(1).mul(100)
    table.insert(0, "pairs", others["pairs"])
    return table.reset_index()


def _kind(method: str) -> str:
    return "network" if method.startswith(NETWORK) else "classic" if method in CLASSIC else "published"
