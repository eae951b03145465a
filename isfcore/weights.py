"""Trained weights: the authors' checkpoint, and our own as safetensors with metadata.

Nothing here executes a pickle: the authors' file is read with PyTorch's restricted loader, ours are safetensors.
"""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from isfcore.data import data_root
from isfcore.datasets import RELEASED_SHA256, RELEASED_WEIGHTS
from isfcore.network import FusionNetwork
from isfcore.provenance import file_sha256

TRAINED = Path(__file__).parent / "trained"  # our committed weights

# The authors' names of the parts that are used, and ours. Their CFIs are numbered after the decoder stages.
_PARTS = {
    "encoder_ir.": "encoder_infrared.",
    "encoder_vis.": "encoder_visible.",
    "cfi3.": "cfi.quarter_size.",
    "cfi4.": "cfi.half_size.",
    "cfi5.": "cfi.full_size.",
    "adjust_channels4.": "decoder.half_size.",
    "adjust_channels5.": "decoder.full_size.",
    "final_decoder.0.": "output.",
}
_STAGES = {"module1.": "full_size.", "module2.": "half_size.", "module3.": "quarter_size."}
_PROJECTIONS = {
    f"{letter}_{modality[0]}.": f"{word}_{modality}."
    for letter, word in (("q", "query"), ("k", "key"), ("v", "value"))
    for modality in ("visible", "infrared")
}
# Positions inside a flat list of layers, and in our nested one: conv, norm, (ReLU), conv, norm.
_POSITIONS = {"0.": "0.0.", "1.": "0.1.", "3.": "1.0.", "4.": "1.1."}
_REFINE = {"0.": "0.", "1.": "1."}
_GATE = {"0.": "0.0.", "1.": "0.1.", "3.": "1."}


def _replace_first(name: str, table: dict[str, str]) -> tuple[str, str]:
    """Split `name` at the one prefix in `table`, and translate the prefix; KeyError where none fits."""
    for theirs, ours in table.items():
        if name.startswith(theirs):
            return ours, name[len(theirs) :]
    raise KeyError(name)


def _our_name(theirs: str) -> str:
    """Our name of one of the authors' tensors; KeyError for a tensor that the network never uses."""
    part, rest = _replace_first(theirs, _PARTS)
    if part == "output.":
        return part + rest
    if part.startswith("decoder."):
        position, rest = _replace_first(rest, _POSITIONS)
        return part + position + rest
    if part.startswith("encoder_"):
        stage, rest = _replace_first(rest, _STAGES)
        position, rest = _replace_first(rest, _POSITIONS)
        return part + stage + position + rest
    block, _, rest = rest.partition(".")  # a CFI
    if block in ("gate", "refine"):
        position, rest = _replace_first(rest, _GATE if block == "gate" else _REFINE)
        return f"{part}{block}.{position}{rest}"
    projection, rest = _replace_first(f"{block}.{rest}", _PROJECTIONS)
    return part + projection + rest


def released_to_ours(released: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Rename the authors' tensors to ours, and list those that no forward pass touches.

    The dead ones are `adjust_channels3`, `module4` and `module5`: 39,392 of the checkpoint's 231,780 parameters.
    """
    ours, dead = {}, []
    for name, tensor in released.items():
        try:
            ours[_our_name(name)] = tensor
        except KeyError:
            dead.append(name)
    return ours, dead


def _read_released(path: Path) -> tuple[FusionNetwork, dict]:
    try:
        released = torch.load(path, map_location="cpu", weights_only=True)
        tensors, dead = released_to_ours(released)
    except (pickle.UnpicklingError, RuntimeError, EOFError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: not a PyTorch checkpoint that can be read without executing code") from error
    network = FusionNetwork(encoder="separate", gate="released")
    _fill(network, tensors, path)
    sha256 = file_sha256(path)
    return network, {
        "name": "released",
        "sha256": sha256,
        "recipe": "the authors' checkpoint"
        if sha256 == RELEASED_SHA256
        else "tensors named as in the authors' checkpoint",
        "dead_tensors": dead,
        "dead_parameters": sum(released[name].numel() for name in dead if _is_parameter(name)),
    }


def _is_parameter(name: str) -> bool:
    return name.endswith((".weight", ".bias"))


def _fill(network: FusionNetwork, tensors: dict[str, Tensor], path: Path) -> None:
    """Load tensors into the network; ValueError that names what does not fit."""
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    missing = sorted(wanted.keys() - given.keys())
    unknown = sorted(given.keys() - wanted.keys())
    misshapen = [name for name in sorted(wanted.keys() & given.keys()) if wanted[name] != given[name]]
    if missing or unknown or misshapen:
        lists = {"missing": missing, "unknown": unknown, "of another shape": misshapen}
        said = "; ".join(f"{len(names)} {word}, e.g. {names[0]}" for word, names in lists.items() if names)
        raise ValueError(f"{path}: these are not weights of the fusion network {network.reading}: tensors {said}")
    network.load_state_dict(tensors)


def save_weights(path: Path, network: FusionNetwork, *, recipe: str, data: str, commit: str, metrics: dict) -> None:
    """Write weights and what they are to one safetensors file, at once or not at all.

    Args:
        path: ends in `.safetensors`.
        recipe: name of the training recipe.
        data: what it was trained on, with the number of pairs.
        commit: the code that trained it.
        metrics: validation figures by name.
    """
    described = {"recipe": recipe, "data": data, "commit": commit, "metrics": metrics, **network.reading}
    partial = path.with_name(path.name + ".partial")
    # A shared encoder is stored once: safetensors refuses tensors that share memory.
    safetensors.torch.save_model(network, str(partial), metadata={"isf": json.dumps(described)})
    os.replace(partial, path)


def _read_ours(path: Path) -> tuple[FusionNetwork, dict]:
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {})["isf"])
        network = FusionNetwork(encoder=described["encoder"], gate=described["gate"])
        missing, unknown = safetensors.torch.load_model(network, str(path))
    except (SafetensorError, KeyError, json.JSONDecodeError, RuntimeError) as error:
        raise ValueError(f"{path}: not weights of this study (safetensors with our metadata): {error}") from error
    return network, {"name": path.stem, "sha256": file_sha256(path), **described}


def trained_names() -> list[str]:
    """Names of the weights that are committed with the package."""
    return sorted(path.stem for path in TRAINED.glob("*.safetensors"))


def find_weights(which: str) -> Path:
    """The file that `which` names: `released`, the name of committed weights, or a path.

    Raises:
        FileNotFoundError: naming where it was looked for, what there is, and how to get it.
    """
    if which == "released":
        path = data_root() / RELEASED_WEIGHTS
        if not path.is_file():
            raise FileNotFoundError(
                f"the authors' weights are not at {path}: run `isf data fetch weights`, or set ISF_DATA to the "
                "folder that holds weights/isf_released.pth"
            )
        return path
    for path in (TRAINED / f"{which}.safetensors", Path(which)):
        if path.is_file():
            return path
    names = ", ".join(["released", *trained_names()])
    raise FileNotFoundError(f"no weights called {which!r}: give one of {names}, or the path of a file")


def load_weights(which: str) -> tuple[FusionNetwork, dict]:
    """A network in evaluation mode, and a description of its weights (`name`, `sha256`, `recipe`, ...).

    For the authors' checkpoint the description lists `dead_tensors` and counts `dead_parameters`.

    Args:
        which: `released`, the name of committed weights, or the path of a `.pth` or `.safetensors` file.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when the file is not weights of this network, naming the tensors that do not fit.
    """
    path = find_weights(which)
    network, described = _read_ours(path) if path.suffix == ".safetensors" else _read_released(path)
    return network.eval(), described
