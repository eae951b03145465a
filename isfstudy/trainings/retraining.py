"""How close networks trained here come to the authors' checkpoint: in metrics, in gates, in what they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from isfcore.inference import prepare
from isfcore.metrics import METRICS
from isfcore.network import FusionNetwork, exchange
from isfcore.pairs import Pair
from isfcore.training.recipe import load_recipe
from isfcore.weights import EXCHANGED
from isfstudy.comparison.opening import Networks
from isfstudy.comparison.scores import relative_to
from isfstudy.comparison.units import RELATIVE, difference
from isfstudy.paper.printed import NETWORK, OURS
from isfstudy.trainings.batch_norm import with_statistics
from isfstudy.trainings.behaviour import GATES, RESPONSES, behaviour
from isfstudy.trainings.records import Record

ASPECTS = {"metrics": METRICS, "gates": GATES, "dropped modality": RESPONSES}  # what is compared, and its figures


def as_trained(opened: Networks, swapped: set[str]) -> dict[str, FusionNetwork]:
    """Each network as it was trained, by the name of its weights, with `-exchanged` where the modalities are.

    Args:
        swapped: names of weights that were trained with the modalities exchanged, of notebook 12.
    """
    networks = {}
    for row, network in opened.networks.items():
        name = opened.known[row]["name"]
        networks |= {name + EXCHANGED: exchange(network)} if name in swapped else {name: network}
    return networks


def resettled(
    opened: Networks, names: Sequence[str], images: Sequence[Tensor], *, batch: int, side: int
) -> dict[str, FusionNetwork]:
    """The named networks once more, with batch-norm statistics over three batches of another size.

    Args:
        names: of weights; those that are not here are left out.
        images: from `isfcore.training.crops.read_pairs`; without any there is no network.

    Returns:
        By name with the size behind it, see `size_label`.
    """
    networks = {}
    for name in names if images else ():
        if (row := f"{NETWORK}{name})") in opened.networks:
            recipe = load_recipe(opened.known[row]["recipe"])
            size = {"side": side, "batch": batch, "batches": 3, "passes": None}
            label = name + size_label(batch, side)
            networks[label] = with_statistics(opened.networks[row], recipe, images, **size)
    return networks


def size_label(batch: int, side: int) -> str:
    """What stands behind a network's name where its statistics are over batches of this size."""
    return f" ({batch} x {side})"


def behaviour_on_sets(
    networks: dict[str, FusionNetwork], pairs: dict[str, list[Pair]], *, place: torch.device
) -> pd.DataFrame:
    """`behaviour` of each network on the pairs of each set, with first columns `dataset` and `network`.

    Args:
        networks: by name, not prepared.
        place: the device to compute on.
    """
    tables = []
    for dataset, which in pairs.items():
        for name, network in networks.items():
            table = behaviour(prepare(network, place), which, progress=f"{name} on {dataset}")
            table.insert(0, "dataset", dataset)
            table.insert(1, "network", name)
            tables.append(table)
    return pd.concat(tables)


def distances(behaviour: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Differences between each network's behaviour and that of one of them, on the same images of each data set.

    Every figure stands by itself, in its own unit: percentages of them cannot be averaged, and of PSNR would hide
    decibels.

    Args:
        behaviour: rows of `isfstudy.trainings.behaviour.behaviour` with columns `network` and `dataset`.
        reference: the network to compare with.

    Returns:
        A row a data set, network and figure of `ASPECTS`: `dataset`, `network`, `aspect`, `figure`, `pairs`, the
        `reference`'s mean, the mean `difference` from it (PSNR in dB, gates and responses in the range 0 to 1), and
        `errors`, the same in standard errors of that mean over images. No row for a data set on which the reference is
        missing.
    """
    rows = []
    for dataset, of_set in behaviour.groupby("dataset", sort=False):
        by_network = {name: of_network.set_index("stem") for name, of_network in of_set.groupby("network", sort=False)}
        expected = by_network.pop(reference, None)
        for network, values in by_network.items() if expected is not None else ():
            for aspect, figures in ASPECTS.items():
                for figure in figures:
                    each = values[figure] - expected[figure]
                    row = {"dataset": dataset, "network": network, "aspect": aspect, "figure": figure}
                    row |= {"pairs": len(each), "reference": expected[figure].mean(), "difference": each.mean()}
                    rows.append(row | {"errors": each.mean() / each.sem() if each.any() else 0.0})
    columns = ["dataset", "network", "aspect", "figure", "pairs", "reference", "difference", "errors"]
    return pd.DataFrame(rows, columns=columns)


def distances_in_short(distance: pd.DataFrame) -> pd.DataFrame:
    """`distances` for reading: a row a data set and network, a column a figure, in brackets the standard errors."""
    digits = distance["figure"].map(lambda figure: 2 if figure == "PSNR" else 3)
    values = zip(distance["difference"], distance["errors"], digits, strict=True)
    text = [f"{difference:+.{places}f} ({errors:+.1f})" for difference, errors, places in values]
    wide = distance.assign(text=text).pivot(index=["dataset", "network"], columns="figure", values="text")
    order = pd.MultiIndex.from_frame(distance[["dataset", "network"]].drop_duplicates())
    return wide.reindex(order)[list(distance["figure"].unique())].rename_axis(columns=None).reset_index()


def ranking(distance: pd.DataFrame) -> pd.DataFrame:
    """Mean rank of each network over figures and data sets, by aspect and over all: 1 is closest. Closest first.

    Ranks, because figures have different units: each is ranked by itself, by the size of the difference.

    Args:
        distance: from `distances`.
    """
    ranks = distance["difference"].abs().groupby([distance["dataset"], distance["figure"]]).rank()
    ranked = distance.assign(rank=ranks).groupby(["network", "aspect"], sort=False)["rank"].mean()
    table = ranked.unstack(sort=False).reindex(columns=list(ASPECTS)).rename_axis(columns=None)
    table["all"] = table.mean(axis=1)
    return table.sort_values("all", kind="stable").reset_index()


def brought_nearer(distance: pd.DataFrame, before: str, after: str) -> str:
    """In how many metrics one network is nearer to the reference than another, and PSNR and CC of both, in words.

    Args:
        distance: from `distances`.
        before, after: networks.
    """
    metrics = distance[distance["aspect"] == "metrics"].pivot(
        index=["dataset", "figure"], columns="network", values="difference"
    )
    nearer = metrics[after].abs() < metrics[before].abs()
    said = []
    for dataset in distance["dataset"].unique():
        psnr, cc = (metrics.loc[(dataset, metric)] for metric in ("PSNR", "CC"))
        said.append(
            f"on {dataset} in PSNR by {psnr[before]:+.2f}, then {psnr[after]:+.2f} dB, "
            f"in CC by {cc[before]:+.3f}, then {cc[after]:+.3f}"
        )
    return f"nearer in {nearer.sum()} of {len(nearer)} metrics; it differs {'; '.join(said)}"


def apart_by_steps(record: Record, target: pd.Series) -> pd.DataFrame:
    """How far a run's metrics are from given ones at each look, in percent, and in dB for PSNR: `step` from the first
    on, and `METRICS`.

    Args:
        record: of a run that was watched on the pairs that `target` is a mean over.
        target: the metrics by name.
    """
    apart = difference(record.validation, target)
    return pd.concat([record.validation["step"], apart], axis=1).query("step > 0")


def scores_apart(table1: pd.DataFrame) -> pd.DataFrame:
    """How far each network's scores are from the authors', in percent, and in dB for PSNR, fed as printed and as they
    were trained.

    Args:
        table1: means of notebook 03, from `isfstudy.comparison.scores.means`.

    Returns:
        The rows of `isfstudy.comparison.scores.relative_to`, with the `reference`: `released`, then
        `released-exchanged`.
    """
    references = ("released", f"released{EXCHANGED}")
    return pd.concat(relative_to(table1, f"{NETWORK}{name})").assign(reference=name) for name in references)


def beside_training(scores: pd.DataFrame, table1: pd.DataFrame, known: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """What was trained here beside the authors' weights, with how it was trained and what it costs in equation 10.

    Args:
        scores: from `scores_apart`.
        table1: as there.
        known: by row, what weights say of themselves; those that do not say how they were trained are left out.

    Returns:
        The rows of `scores` that are of such networks, with `recipe`, `steps`, `batch`, `side`; `worst`, the greatest
        difference of any metric but PSNR, in percent; and `loss`, the fidelity loss.
    """
    columns = ["method", "recipe", "steps", "batch", "side"]
    trained = [
        {"method": row, "recipe": described["recipe"]} | described["schedule"]
        for row, described in known.items()
        if "schedule" in described
    ]
    table = scores.merge(pd.DataFrame(trained, columns=None if trained else columns)[columns], on="method")
    table["worst"] = table[list(RELATIVE)].abs().max(axis=1)
    return table.join(_losses(table1).rename("loss"), on=["dataset", "method"])


def _losses(table1: pd.DataFrame) -> pd.Series:
    return table1[table1["protocol"] == "paper"].set_index(["dataset", "method"])["objective"]


def as_cheap(ours: pd.DataFrame, table1: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The rows of `beside_training` whose loss on a set is no greater than that of the authors' weights as printed."""
    least = _losses(table1).get((dataset, OURS), 0)
    return ours[(ours["reference"] == "released") & (ours["dataset"] == dataset) & (ours["loss"] <= least)]
