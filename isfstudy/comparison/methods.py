"""Fusion methods side by side on the same pairs: trained networks, classic rules, folders of fused images.

A method is a function from a pair's stem, infrared luma and visible image to the fused luma. A folder
`fused/<method>/<set>/` below the data root is a method too, so a method of your own joins by placing its images there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import yaml

from isfcore.fusion import fuse
from isfcore.images import grey, read_image
from isfcore.inference import prepare
from isfcore.machine.devices import choose_device
from isfcore.network import FusionNetwork
from isfcore.pairs import images_by_stem
from isfcore.weights import load_weights
from isfstudy.comparison.classic import CLASSIC
from isfstudy.paper.printed import NETWORK
from isfstudy.places import METHODS, repository

Method = Callable[[str, np.ndarray, np.ndarray], np.ndarray]


class MissingImage(ValueError):
    """A folder of fused images lacks one that is asked for."""


def described_methods() -> dict[str, dict[str, str | int]]:
    """What is known of the methods, by name: paper, repository, commit, licence, images, and steps to make them.

    Where it could be counted also `parameters`, the weights of the official network, and `table_entries`.
    """
    return yaml.safe_load((repository() / METHODS).read_text())


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


def network_methods(networks: dict[str, FusionNetwork], *, device: str) -> dict[str, Method]:
    """Networks as methods, prepared for inference.

    Args:
        device: what `isfcore.machine.devices.choose_device` takes.
    """
    place = choose_device(device)
    return {name: network_method(prepare(network, place)) for name, network in networks.items()}


def classic_methods() -> dict[str, Method]:
    """The rules of `isfstudy.comparison.classic`, by name."""
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
            raise MissingImage("its folder has no image of this name")
        return grey(read_image(images[stem]))

    return read
