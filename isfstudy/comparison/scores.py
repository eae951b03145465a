"""Every pair fused and scored with every method, and what the scores come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import pandas as pd
import torch
from IPython.display import HTML

from isfcore.images import grey
from isfcore.losses import fidelity_loss
from isfcore.metrics import METRICS
from isfcore.metrics_further import evaluate_further
from isfcore.pairs import Pair
from isfstudy.comparison.classic import CLASSIC
from isfstudy.comparison.clusters import clusters, with_clusters
from isfstudy.comparison.fuse_all import Row, fuse_all
from isfstudy.comparison.methods import Method
from isfstudy.comparison.protocol import PROTOCOLS, Protocol, scored
from isfstudy.comparison.units import difference
from isfstudy.paper.printed import is_network
from isfstudy.report.results import callout

Further = Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, float]]  # of fused, infrared luma, visible image


def compare(
    pairs: Sequence[Pair],
    methods: dict[str, Method],
    *,
    protocols: dict[str, Protocol] = PROTOCOLS,
    further: Further | None = None,
    progress: str = "",
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Fuse and score every pair with every method under every protocol.

    Args:
        further: what else to measure of the fused image as it left the method, by name, such as `further_metrics`. It
            stands in the rows of lossless protocols and is missing from the others.

    Returns:
        One row an image, method and protocol (`method`, `protocol`, `stem`, `METRICS`, `objective`, the fidelity loss
        of equation 10 that the paper's network is trained with, and what `further` gives), and what went wrong, as
        `isfstudy.comparison.fuse_all.fuse_all` says it.
    """

    def measure(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[Row]:
        objective = {"objective": _objective(fused, infrared, grey(visible))}
        more = further(fused, infrared, visible) if further else {}
        rows = []
        for name, protocol in protocols.items():
            values = scored(fused, infrared, visible, protocol)
            rows.append({"protocol": name} | values | objective | (more if protocol.storage == "png" else {}))
        return rows

    rows, problems = fuse_all(pairs, methods, measure, progress=progress)
    columns = dict.fromkeys(["method", "protocol", "stem", *METRICS, "objective"])
    columns |= dict.fromkeys(name for row in rows for name in row)
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype(dict.fromkeys([*METRICS, "objective"], float)), problems  # also where there is no row


def compare_sets(
    pairs: dict[str, list[Pair]], methods: dict[str, dict[str, Method]], *, further: Further | None = None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """`compare` for several sets, one after the other, under both protocols.

    Args:
        pairs, methods: by set.

    Returns:
        The rows of `compare` with a first column `dataset`, and behind `stem` the `cluster` of each image
        (`isfstudy.comparison.clusters`); and what went wrong, by `dataset: method stem`.

    Raises:
        ValueError: before anything is fused, for a name of which the cluster cannot be told.
    """
    for dataset, which in pairs.items():
        clusters(dataset, [pair.stem for pair in which])
    tables, problems = [], {}
    for dataset, which in pairs.items():
        table, failed = compare(which, methods[dataset], further=further, progress=dataset)
        table.insert(0, "dataset", dataset)
        tables.append(table)
        problems |= {f"{dataset}: {name}": problem for name, problem in failed.items()}
    return with_clusters(pd.concat(tables, ignore_index=True)), problems


def not_scored(problems: dict[str, str]) -> HTML:
    """A box that names what `compare_sets` could not score; a caution where there is something."""
    if not problems:
        return callout("Every method was scored on every pair.")
    alike: dict[tuple[str, str], list[str]] = {}
    for name, problem in problems.items():
        method, _, stem = name.rpartition(" ")
        alike.setdefault((method, problem), []).append(stem)
    methods: dict[tuple[str, str, str], list[str]] = {}
    for (where, problem), stems in alike.items():
        dataset, _, method = where.partition(":")
        counted = stems[0] if len(stems) == 1 else f"{len(stems)} images"
        methods.setdefault((f"{dataset}:", counted, problem), []).append(method.strip())
    said = "; ".join(
        f"{' '.join(filter(None, (dataset, ', '.join(names), counted)))}: {problem}"
        for (dataset, counted, problem), names in methods.items()
    )
    return callout(f"<b>Not scored:</b> {escape(said)}", kind="caution")


def further_metrics(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    """`isfcore.metrics_further` of a fused image beside a visible image that may have colour, by name."""
    return evaluate_further(fused, infrared, grey(visible))


def _objective(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    images = (torch.as_tensor(image / 255)[None, None] for image in (fused, infrared, visible))
    return fidelity_loss(*images)["total"].item()


def means(per_image: pd.DataFrame, metrics: Sequence[str] = (*METRICS, "objective")) -> pd.DataFrame:
    """Mean of each metric by data set, method and protocol, with the number of `pairs` it rests on.

    `kind` tells what a method is, see `kind`.
    """
    groups = per_image.groupby(["dataset", "method", "protocol"], sort=False)
    table = groups[list(metrics)].mean()
    table.insert(0, "pairs", groups.size())
    table = table.reset_index()
    table.insert(2, "kind", table["method"].map(kind))
    return table


def together(per_image: pd.DataFrame) -> pd.DataFrame:
    """The images of several sets as one set, named `A+B`, whose stems and clusters begin with their set's name.

    Methods that lack one of the sets altogether are left out, as their mean would be over other images.
    """
    sets = per_image["dataset"].unique()
    everywhere = per_image.groupby("method")["dataset"].nunique() == len(sets)
    rows = per_image[per_image["method"].map(everywhere)]
    named = {name: rows["dataset"] + " " + rows[name] for name in ("stem", "cluster")}
    return rows.assign(dataset="+".join(sets), **named)


def relative_to(means: pd.DataFrame, reference: str) -> pd.DataFrame:
    """How far the other networks are from one of them under the paper's protocol, in percent of its values;
    PSNR in dB.

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
    expected = rows.xs(reference, level="method")[list(METRICS)].reindex(others.index, level="dataset")
    table = difference(others, expected)
    table.insert(0, "pairs", others["pairs"])
    return table.reset_index()


def kind(method: str) -> str:
    """What a method is: `network` (weights of this architecture), `classic` (a rule), or `published` (a folder)."""
    return "network" if is_network(method) else "classic" if method in CLASSIC else "published"
