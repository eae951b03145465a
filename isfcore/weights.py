"""Trained weights: the authors' checkpoint, and our own as safetensors with metadata.

Nothing here executes a pickle: the authors' file is read with PyTorch's restricted loader, ours are safetensors.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from isfcore.datasets.catalogue import RELEASED_SHA256, RELEASED_WEIGHTS
from isfcore.datasets.local import data_root
from isfcore.machine.files import damaged_part, file_sha256, replacing, what_it_is
from isfcore.network import POOLED_SIDE, FusionNetwork, exchange
from isfcore.released_names import released_to_ours

TRAINED = Path(__file__).parent / "trained"  # our committed weights
NUMBERS = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64)  # the last of a count of batches
EXCHANGED = "-exchanged"  # after a name: the same weights with the two modalities in each other's place


def _read_released(path: Path) -> tuple[FusionNetwork, dict]:
    if part := damaged_part(path):
        raise ValueError(f"{path}: it is damaged ({part}): copy or download it again")
    try:
        with warnings.catch_warnings(action="ignore"):  # PyTorch's, of files that it then refuses
            released = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # what a damaged or foreign file makes the loader raise is not documented
        raise ValueError(_no_checkpoint(path)) from error
    if not isinstance(released, dict):
        raise ValueError(f"{path}: {type(released).__name__}, not a state dict: save tensors by name")
    if not all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in released.items()):
        ours = {"step", "network", "optimiser"} <= released.keys()
        cure = "give weights.safetensors beside it" if ours else "save the state dict among these alone"
        names = ", ".join(repr(name)[:40] for name in list(released)[:5])
        raise ValueError(f"{path}: not a state dict, which holds nothing but tensors by name, but {names}: {cure}")
    try:
        tensors, dead = released_to_ours(released)
    except KeyError as error:
        raise ValueError(f"{path}: this network has no tensor {error}: give weights of this one") from error
    network = FusionNetwork(encoder="separate", gate="released")
    _fill(network, tensors, path)
    authors = (sha256 := file_sha256(path)) == RELEASED_SHA256
    return network, {
        "name": "released" if authors else path.stem,
        "sha256": sha256,
        "recipe": "the authors' checkpoint" if authors else "tensors named as in the authors' checkpoint",
        "dead_tensors": dead,
        "dead_parameters": sum(released[name].numel() for name in dead if name.endswith((".weight", ".bias"))),
    }


def _no_checkpoint(path: Path) -> str:
    """What to say of a file that PyTorch cannot read."""
    what = "ONNX, which is made from weights" if path.suffix.lower() == ".onnx" else what_it_is(path)
    cure = "" if ":" in what else ": give a .pth state dict or .safetensors"
    said = f"{path}: not a PyTorch checkpoint that can be read without executing code"
    return f"{said}: it is {what or 'damaged, or something else'}{cure}"


def _tensors(network: FusionNetwork) -> dict[str, Tensor]:
    """Parameters and statistics by name; those of a shared encoder once, as safetensors asks for."""
    return {name: tensor.detach() for name, tensor in (*network.named_parameters(), *network.named_buffers())}


def _fill(network: FusionNetwork, tensors: dict[str, Tensor], path: Path) -> None:
    """Load tensors into the network; ValueError that names what does not fit, and what no network can compute with."""
    wanted = {name: tuple(tensor.shape) for name, tensor in _tensors(network).items()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    missing = sorted(wanted.keys() - given.keys())
    unknown = sorted(given.keys() - wanted.keys())
    misshapen = [name for name in sorted(wanted.keys() & given.keys()) if wanted[name] != given[name]]
    if missing or unknown or misshapen:
        lists = {"missing": missing, "unknown": unknown, "of another shape": misshapen}
        said = "; ".join(f"{len(names)} {word}, e.g. {names[0]}" for word, names in lists.items() if names)
        raise ValueError(f"{path}: not weights of the network {network.reading}: tensors {said}: give other weights")
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_meta or tensor.dtype not in NUMBERS:
            raise ValueError(f"{path}: tensor {name} is of a kind that is not read: save it as dense float32")
        if not tensor.isfinite().all():
            raise ValueError(f"{path}: tensor {name} holds NaN or infinite values: use other weights")
        if name.endswith("running_var") and (tensor < 0).any():
            raise ValueError(f"{path}: tensor {name} holds negative variances: use other weights")
    if not any(tensor.any() for name, tensor in tensors.items() if name.endswith("weight")):
        raise ValueError(f"{path}: all tensors are zero: use other weights")
    network.load_state_dict(tensors, strict=False)  # not strict, as a shared encoder has two names


def save_weights(
    path: Path,
    network: FusionNetwork,
    *,
    recipe: str,
    schedule: dict,
    data: str,
    commit: str,
    metrics: dict,
    machine: dict,
) -> None:
    """Write weights and what they are to one safetensors file, at once or not at all.

    Args:
        path: ends in `.safetensors`.
        recipe: name of the training recipe.
        schedule: steps, batch, crops and seed, as `isfcore.training.options.Schedule` has them, and what else was set.
        data: what it was trained on, with the number of pairs.
        commit: the code that trained it.
        metrics: validation figures by name.
        machine: that trained it, see `isfcore.machine.provenance.machine`.

    Raises:
        OSError: when the file cannot be written, naming it.
        ValueError: for another extension, by which `load_weights` tells our files from the authors'.
    """
    if path.suffix != ".safetensors":
        raise ValueError(f"{path}: weights are written as .safetensors")
    described = {"recipe": recipe, "schedule": schedule, "data": data, "commit": commit} | network.reading
    described |= {"metrics": metrics, "machine": machine}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in _tensors(network).items()}
    with replacing(path) as partial:  # bytes, as the library opens no names that are no text
        partial.write_bytes(safetensors.torch.save(tensors, metadata={"isf": json.dumps(described)}))


def describe_weights(path: Path) -> dict:
    """What a safetensors file of this study says of its weights: the arguments of `save_weights` and the reading.

    Raises:
        ValueError: when it is none.
    """
    try:
        described = json.loads(_read_safetensors(path)[1]["isf"])
        # Files from before these were choices do not name them.
        return {"integrator": "cfi", "pooled_side": POOLED_SIDE} | described
    except _NOT_OURS as error:
        raise _not_ours(path, error) from error


_NOT_OURS = (SafetensorError, AttributeError, KeyError, RecursionError, TypeError, ValueError)


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata by name. The library reads bytes, as it opens no file whose name is no text."""
    content = path.read_bytes()
    tensors = safetensors.torch.load(content)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return tensors, header.get("__metadata__", {})


def _not_ours(path: Path, error: Exception) -> ValueError:
    what = what_it_is(path)
    why = f"it is {what}" if what else repr(error)
    why += "" if ":" in what else ": give a file that `isf train` wrote, or a .pth state dict"
    return ValueError(f"{path}: not weights of this study (safetensors with our metadata): {why}")


def _read_ours(path: Path) -> tuple[FusionNetwork, dict]:
    described, tensors = describe_weights(path), _read_safetensors(path)[0]
    try:
        network = FusionNetwork(**{name: described[name] for name in ("encoder", "gate", "integrator", "pooled_side")})
    except _NOT_OURS as error:
        raise _not_ours(path, error) from error
    _fill(network, tensors, path)
    return network, described | {"name": path.stem, "sha256": file_sha256(path)}


def how_trained(described: dict) -> str:
    """One line on how long and on what weights were trained, to stand wherever they are used.

    Args:
        described: what `load_weights` gives. Of the authors' checkpoint no more than that is known.
    """
    if described["name"].endswith(EXCHANGED):
        return how_trained(described | {"name": ""}) + ", fed with the modalities exchanged"
    try:
        schedule = described["schedule"]
        start = schedule.get("start_from", "the seed").removeprefix("the seed")
        start = start and f" from weights {start}"
        return (
            f"trained here by recipe {described['recipe']}{start}: {schedule['steps']:,} steps of {schedule['batch']} "
            f"crops of {schedule['side']} x {schedule['side']}, seed {schedule['seed']}, "
            f"{described['data'].split(', pixels')[0]}, {schedule.get('statistics', 'running')} batch-norm statistics"
        )
    except (AttributeError, KeyError, TypeError, ValueError):  # nothing of the kind is said, or by somebody else
        return str(described.get("recipe", "a recipe that is not named"))


def trained_names() -> list[str]:
    """Names of the weights that are committed with the package."""
    return sorted(path.stem for path in TRAINED.glob("*.safetensors"))


def find_weights(which: str | Path) -> Path:
    """The file that `which` names: `released`, the name of committed weights, or a path; see `load_weights`.

    Raises:
        FileNotFoundError: naming where it was looked for, what there is, and how to get it.
    """
    which = str(which).removesuffix(EXCHANGED)
    if which == "released":
        path = data_root() / RELEASED_WEIGHTS
        if not path.is_file():
            raise FileNotFoundError(
                f"the authors' weights are not at {path}: run `isf data fetch weights`, or set ISF_DATA to the "
                "folder that holds weights/isf_released.pth; --weights ours-paired are here"
            )
        return path
    path = TRAINED / f"{which}.safetensors" if which in trained_names() else Path(which)
    if path.is_file():
        return path
    if Path(which).is_dir() and which:
        inside = ", ".join(str(path) for path in sorted(Path(which).glob("*.safetensors")))
        raise FileNotFoundError(f"{which} is a folder: give the file of weights in it" + (inside and f", {inside}"))
    names = ", ".join(["released", *trained_names()])
    missing = f"there is no file {which}" if Path(which).suffix or "/" in which else f"no weights called {which!r}"
    raise FileNotFoundError(f"{missing}: give one of {names}, or the path of a file")


def load_weights(which: str | Path) -> tuple[FusionNetwork, dict]:
    """A network in evaluation mode, and a description of its weights (`name`, `sha256`, `recipe`, ...).

    For the authors' checkpoint the description lists `dead_tensors` and counts `dead_parameters`.

    Args:
        which: `released`, the name of committed weights, or the path of a `.pth` or `.safetensors` file. With
            `-exchanged` behind it the network takes infrared images where it took visible ones, and the reverse.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when the file is not weights of this network, naming the tensors that do not fit or hold no numbers,
            or saying what the file is instead; or when `released` finds a file that is not the authors'.
    """
    which = str(which)
    path = find_weights(which)
    network, described = _read_ours(path) if path.suffix == ".safetensors" else _read_released(path)
    if which in ("released", f"released{EXCHANGED}") and described["sha256"] != RELEASED_SHA256:
        raise ValueError(
            f"{path}: not the authors' checkpoint, whose SHA-256 is {RELEASED_SHA256}: move it away and run "
            "`isf data fetch weights`; to use it nevertheless, name it by its path"
        )
    if which.endswith(EXCHANGED):
        network, described["name"] = exchange(network), described["name"] + EXCHANGED
    return network.eval(), described
