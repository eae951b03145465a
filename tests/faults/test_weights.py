"""Weights and checkpoints that are cut, changed or made to harm: numbers that were saved, or an error that names the
file and a cure."""

from __future__ import annotations

import json
import os
import pickle
import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isfcore.training.run_folder import load_checkpoint, save_checkpoint
from isfcore.weights import how_trained, load_weights
from tests.faults.figures import examples, points
from tests.faults.loading import JSON, changed, loads
from tests.helpers.networks import authors_state, random_network


class Harm:
    """Would make a file when it is unpickled."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.made),)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("released") / "released.pth"
    torch.save(authors_state(random_network()), path)
    return path.read_bytes()


def load_and_describe(path: Path) -> tuple:
    network, described = load_weights(str(path))
    assert how_trained(described) and described["name"] == path.stem
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
    return network, described


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_damaged_weights(tmp_path: Path, weights: Path, released: bytes, kind: str, chance: random.Random) -> None:
    """A changed tensor of the authors' kind is found, as that file has checksums; one of ours is another weight."""
    whole = released if kind == "pth" else weights.read_bytes()
    path = tmp_path / f"w.{kind}"
    for _ in range(points(short=12, long=150)):
        places = [(chance.choice([chance.random(), chance.random() * 0.03]), chance.randrange(256)) for _ in range(3)]
        content = changed(whole, places, chance.choice([1.0, 1.0, chance.random()]))
        path.write_bytes(content)
        loaded = loads("damaged weights", path, load_and_describe)
        if kind == "pth" and content != whole:
            assert loaded is None or all(
                torch.equal(a, b)
                for a, b in zip(loaded[0].state_dict().values(), random_network().state_dict().values(), strict=True)
            )


def odd_weights(made: Path) -> dict[str, object]:
    """Things that can be in a file of weights, by what they are."""
    state = authors_state(random_network())
    name = next(iter(state))
    whole = state[name]
    return {
        "a pickle that does harm": {"a": Harm(made)},
        "a list": [whole],
        "nothing": {},
        "numbers for names": {1: whole},
        "texts for tensors": state | {name: "text"},
        "another shape": state | {name: whole[:1]},
        "one name more": state | {"head.weight": whole},
        "one name less": {key: value for key, value in state.items() if key != name},
        "no memory behind it": state | {name: whole.to("meta")},
        "complex numbers": state | {name: whole.to(torch.complex64)},
        "sparse": state | {name: whole.to_sparse()},
        "quantised": state | {name: torch.quantize_per_tensor(whole, 0.1, 0, torch.qint8)},
        "truth values": state | {name: whole > 0},
        "NaN": state | {name: whole * float("nan")},
        "a module": random_network(),
        "a training's checkpoint": {"step": 1, "network": state, "optimiser": {}},
    }


@pytest.mark.parametrize("what", sorted(odd_weights(Path("made"))))
def test_weights_that_are_none(tmp_path: Path, what: str) -> None:
    made, path = tmp_path / "made", tmp_path / "w.pth"
    torch.save(odd_weights(made)[what], path)
    assert loads("hostile weights", path, load_and_describe) is None
    with path.open("wb") as stream:
        pickle.dump({"a": Harm(made)}, stream)
    assert loads("hostile weights", path, load_and_describe) is None
    assert not made.exists()


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_precisions_are_taken(tmp_path: Path, kind: torch.dtype) -> None:
    state = {
        name: tensor.to(kind) if tensor.is_floating_point() else tensor
        for name, tensor in authors_state(random_network()).items()
    }
    torch.save(state, tmp_path / "w.pth")
    network = loads("hostile weights", tmp_path / "w.pth", load_and_describe)[0]
    assert all(tensor.dtype == torch.float32 for tensor in network.parameters())


@examples(short=30, long=200)
@given(
    field=st.sampled_from("encoder gate integrator pooled_side schedule recipe data name sha256".split()), value=JSON
)
def test_weights_that_say_odd_things_of_themselves(tmp_path: Path, weights: Path, field: str, value: object) -> None:
    with weights.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header, tensors = json.loads(stream.read(length)), stream.read()
    described = json.loads(header["__metadata__"]["isf"]) | {field: value}
    header["__metadata__"]["isf"] = json.dumps(described)
    written = json.dumps(header).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(written).to_bytes(8, "little") + written + tensors)
    loads("hostile weights", path, load_and_describe)


def test_damaged_checkpoints(tmp_path: Path, chance: random.Random) -> None:
    """A run never goes on from other numbers than those that were saved."""
    state = {"step": 3, "network": random_network().state_dict(), "optimiser": {"state": {}}}
    save_checkpoint(tmp_path, state)
    path = tmp_path / "checkpoint.pt"
    whole = path.read_bytes()
    for _ in range(points(short=15, long=300)):
        content = changed(whole, [(chance.random(), chance.randrange(256))], chance.choice([1.0, 1.0, chance.random()]))
        path.write_bytes(content)
        loaded = loads("corrupted checkpoint", path, lambda path: load_checkpoint(path.parent))
        if loaded is not None and content != whole:
            assert loaded["step"] == 3
            assert all(torch.equal(tensor, state["network"][name]) for name, tensor in loaded["network"].items())
