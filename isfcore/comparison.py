"""Fusion methods side by side on the same pairs: trained networks, classic rules, folders of fused images.

A method is a function from a pair's stem, infrared luma and visible image to the fused luma. A folder
`fused/<method>/<set>/` below the data root is a method too, so a method of your own joins by placing its images there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml

from isfcore.classic import CLASSIC
from isfcore.data import Pair, grey, images_by_stem, read_image
from isfcore.evaluation import in_threads, score
from isfcore.further_metrics import FURTHER_METRICS, evaluate_further
from isfcore.fusion import fuse
from isfcore.inference import choose_device, prepare
from isfcore.losses import fidelity_loss
from isfcore.metrics import METRICS, average_gradient, correlation, spatial_frequency
from isfcore.network import FusionNetwork
from isfcore.printed import NETWORK
from isfcore.protocol import PROTOCOLS, Protocol, cut, stored
from isfcore.provenance import repository
from isfcore.weights import load_weights

Method = Callable[[str, np.ndarray, np.ndarray], np.ndarray]


def described_methods() -> dict[str, dict[str, str | int]]:
    """What is known of the methods, by name: paper, repository, commit, licence, images, and steps to make them.

    Where it could be counted also `parameters`, the weights of the official network, and `table_entries`.
    """
    return yaml.safe_load((repository() / "params" / "methods.yaml").read_text())


def network_method(network: FusionNetwork) -> Method:
    """Fuse with a prepared network (`isfcore.inference.prepare`)."""
    return lambda stem, infrared, visible: fuse(network, infrared, visible, colour="grey")


def find_networks(names: Sequence[str]) -> tuple[dict[str, FusionNetwork], dict[str, dict], list[str]]:
    """Trained networks by row name (`ISF (<weights>)`, of a file its name without extension).

    Args:
        names: what `isfcore.weights.load_weights` takes.

    Returns:
        The networks; what is known of each one's weights, with `parameters`, the number in use; and a sentence for each
        network whose weights are not here.
    """
    networks, known, absent = {}, {}, []
    for name in names:
        try:
            network, described = load_weights(name)
        except FileNotFoundError as error:
            absent.append(str(error))
            continue
        row = f"{NETWORK}{described['name']})"
        networks[row] = network
        known[row] = described | {"parameters": sum(parameter.numel() for parameter in network.parameters())}
    return networks, known, absent


def load_networks(names: Sequence[str], *, device: str) -> tuple[dict[str, Method], dict[str, dict], list[str]]:
    """What `find_networks` gives, with each network as a method.

    Args:
        device: what `isfcore.inference.choose_device` takes.
    """
    networks, known, absent = find_networks(names)
    place = choose_device(device)
    return {row: network_method(prepare(network, place)) for row, network in networks.items()}, known, absent


def classic_methods() -> dict[str, Method]:
    """The rules of `isfcore.classic`, by name."""
    return {
        name: lambda stem, infrared, visible, rule=rule: rule(infrared, grey(visible)) for name, rule in CLASSIC.items()
    }


def fused_folders(root: Path, dataset: str) -> dict[str, dict[str, Path]]:
    """Methods that have fused images of this set, in order of name: for each its images by stem.

    Args:
        root: the data root; images lie in `<root>/fused/<method>/<dataset>/`.
    """
    folders = {folder.parent.name: images_by_stem(folder) for folder in sorted((root / "fused").glob(f"*/{dataset}"))}
    return {name: images for name, images in folders.items() if images}


def folder_method(images: dict[str, Path]) -> Method:
    """Take the fused images of a folder, by stem."""

    def read(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        if stem not in images:
            raise ValueError("its folder has no image of this name")
        return grey(read_image(images[stem]))

    return read


def read_whole(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Infrared luma (H, W) and visible image, (H, W) or (H, W, 3), uint8.

    Raises:
        ValueError: for images that are not 8-bit, or differ in size.
    """
    infrared, visible = read_image(pair.infrared), read_image(pair.visible)
    for path, image in ((pair.infrared, infrared), (pair.visible, visible)):
        if image.dtype != np.uint8:
            raise ValueError(f"{path}: the benchmark compares 8-bit images, this one has 16 bits")
    if infrared.shape[:2] != visible.shape[:2]:
        raise ValueError(f"{pair.infrared} and {pair.visible} differ in size")
    return grey(infrared), visible


def read_sources(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """What `read_whole` gives, cut to multiples of 16 as the paper's protocol wants."""
    infrared, visible = read_whole(pair)
    return cut(infrared), cut(visible)


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


def describe(pair: Pair) -> list[dict[str, str | float]]:
    """What both images of a pair look like: one row a modality, for tables of a data set.

    `mean` and `contrast` (standard deviation) of the grey levels, AG and SF under the standard convention, and
    `agreement`, the correlation of the two modalities.
    """
    images = {"infrared": grey(read_image(pair.infrared)), "visible": grey(read_image(pair.visible))}
    tensors = {name: torch.as_tensor(image).double()[None] for name, image in images.items()}
    agreement = correlation(tensors["infrared"], tensors["visible"], tensors["visible"], convention="standard")
    return [
        {
            "stem": pair.stem,
            "modality": name,
            "height": image.shape[0],
            "width": image.shape[1],
            "mean": image.mean(),
            "contrast": image.std(),
            "AG": average_gradient(tensors[name], convention="standard").item(),
            "SF": spatial_frequency(tensors[name], convention="standard").item(),
            "agreement": agreement.item(),
        }
        for name, image in images.items()
    ]


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
