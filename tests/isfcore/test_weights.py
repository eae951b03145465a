"""Weights: the authors' checkpoint, our safetensors, and files that are neither."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

from benchmarks.direct import released_network
from isfcore import weights
from isfcore.datasets.catalogue import RELEASED_SHA256
from isfcore.datasets.local import pairs
from isfcore.fusion import to_levels, unit_luma
from isfcore.images import luma, read_image
from isfcore.inference import prepare, run
from isfcore.network import SCALES, FusionNetwork
from isfcore.pairs import cut
from isfcore.weights import find_weights, how_trained, load_weights, released_to_ours, save_weights, trained_names
from tests.helpers.networks import authors_state, random_network

DESCRIBED = {
    "recipe": "printed",
    "schedule": {"steps": 3, "batch": 2},
    "data": "scenes, 4 pairs",
    "commit": "0123456789",
    "metrics": {"PSNR": 61.5},
    "machine": {"cores": 2},
}


def authors_like() -> dict[str, torch.Tensor]:
    """A checkpoint with the authors' names and parts, dead ones included, and random weights."""
    dead = {"module4.0.weight": torch.ones(3), "module4.1.running_mean": torch.ones(2), "adjust_channels3.0.bias": 1}
    return authors_state(random_network()) | {name: torch.as_tensor(value) for name, value in dead.items()}


# The authors' format


def test_checkpoint_of_the_authors_layout(tmp_path):
    path = tmp_path / "my epoch 50.pth"
    torch.save(authors_like(), path)
    network, described = load_weights(str(path))
    expected = random_network().state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())
    assert not network.training
    assert described["name"] == "my epoch 50" and described["recipe"] == "tensors named as in the authors' checkpoint"
    assert described["dead_tensors"] == ["module4.0.weight", "module4.1.running_mean", "adjust_channels3.0.bias"]
    assert described["dead_parameters"] == 3 + 1


def test_another_file_in_the_place_of_the_authors_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "weights" / "isf_released.pth"
    path.parent.mkdir()
    torch.save(authors_like(), path)
    monkeypatch.setenv("ISF_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=f"isf_released.pth: not the authors' checkpoint.*{RELEASED_SHA256}"):
        load_weights("released")
    assert load_weights(str(path))[1]["name"] == "isf_released"


class Executes:
    """What a malicious checkpoint holds: reading it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("write", [torch.save, lambda item, path: path.write_bytes(pickle.dumps(item))])
def test_pickled_code_is_refused_and_does_not_run(tmp_path, write):
    trace = tmp_path / "executed"
    write({"encoder_ir.module1.0.weight": Executes(trace)}, tmp_path / "bad.pth")
    with pytest.raises(ValueError, match="bad.pth: not a PyTorch checkpoint that can be read without executing code"):
        load_weights(str(tmp_path / "bad.pth"))
    assert not trace.exists()
    pickle.loads(pickle.dumps(Executes(trace)))  # the same bytes do run where they are let
    assert trace.exists()


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.999])
def test_truncated_checkpoint_is_refused(tmp_path, kept):
    path = tmp_path / "cut.pth"
    torch.save(authors_like(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(ValueError, match="cut.pth: not a PyTorch checkpoint"):
        load_weights(str(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "not a state dict"),
        ({"epoch": 3, "state_dict": {}}, "not a state dict"),
        ({"layer4.conv1.weight": torch.ones(2)}, "has no tensor 'layer4.conv1.weight'"),
        ({}, "missing, e.g. cfi.full_size.gate.0.0.bias"),
        (authors_like() | {"cfi5.gate.3.bias": torch.ones(2)}, "1 of another shape, e.g. cfi.full_size.gate.1.bias"),
        (authors_like() | {"cfi5.gate.3.scale": torch.ones(1)}, "1 unknown, e.g. cfi.full_size.gate.1.scale"),
    ],
)
def test_checkpoint_of_something_else_is_refused(tmp_path, content, said):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=f"other.pth: .*{said}"):
        load_weights(str(tmp_path / "other.pth"))


# Our format


@pytest.mark.parametrize("encoder", ["separate", "shared"])
@pytest.mark.parametrize("gate", ["released", "printed"])
def test_round_trip(tmp_path, encoder, gate):
    path = tmp_path / "with a space.safetensors"
    save_weights(path, random_network(encoder, gate), **DESCRIBED)
    network, described = load_weights(str(path))
    expected = random_network(encoder, gate).state_dict()
    assert network.state_dict().keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())
    assert (network.encoder_visible is network.encoder_infrared) == (encoder == "shared")
    assert not network.training and all(parameter.requires_grad for parameter in network.parameters())
    assert len(described.pop("sha256")) == 64
    assert described == {
        "name": "with a space",
        "encoder": encoder,
        "gate": gate,
        "integrator": "cfi",
        "pooled_side": 8,
        **DESCRIBED,
    }
    assert [file.name for file in tmp_path.iterdir()] == ["with a space.safetensors"]


def test_round_trip_without_cfi_and_a_file_that_names_no_integrator(tmp_path):
    path = tmp_path / "ablated.safetensors"
    save_weights(path, FusionNetwork(integrator="sum"), **DESCRIBED)
    network, described = load_weights(str(path))
    assert described["integrator"] == network.reading["integrator"] == "sum"
    assert load_weights("ours-paired")[0].reading["integrator"] == "cfi"


def test_a_name_with_exchanged_behind_it_is_the_same_file_the_other_way_round():
    plain, described = load_weights("ours-paired")
    exchanged, of_exchanged = load_weights("ours-paired-exchanged")
    assert of_exchanged == described | {"name": "ours-paired-exchanged"}
    assert find_weights("ours-paired-exchanged") == find_weights("ours-paired")
    assert how_trained(of_exchanged) == how_trained(described) + ", fed with the modalities exchanged"
    same = exchanged.encoder_infrared.state_dict(), plain.encoder_visible.state_dict()
    assert all(torch.equal(*(state[name] for state in same)) for name in same[0])


def test_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "ours.safetensors"
    path.write_bytes(b"old")

    def full(partial, content):
        with partial.open("wb") as stream:
            stream.write(content[:1000])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_weights(path, random_network(), **DESCRIBED)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_other_extension_is_refused(tmp_path):
    with pytest.raises(ValueError, match="ours.pth: weights are written as .safetensors"):
        save_weights(tmp_path / "ours.pth", random_network(), **DESCRIBED)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "pt"},
        {"isf": "not json"},
        {"isf": "[]"},
        {"isf": json.dumps({"encoder": "separate"})},
        {"isf": json.dumps({"encoder": "both", "gate": "released"})},
    ],
)
def test_safetensors_of_something_else_are_refused(tmp_path, metadata):
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file({"layer.weight": torch.ones(2)}, path, metadata)
    with pytest.raises(ValueError, match="other.safetensors: not weights of this study"):
        load_weights(str(path))


def test_safetensors_of_another_network_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    metadata = {"isf": json.dumps({"encoder": "separate", "gate": "printed"})}
    safetensors.torch.save_file(random_network().state_dict(), path, metadata)
    with pytest.raises(ValueError, match="other.safetensors: .*'printed'.* unknown, e.g. cfi.full_size.gate.0.0.bias"):
        load_weights(str(path))


@pytest.mark.parametrize("kept", [0, 5, 0.5])
def test_truncated_safetensors_are_refused(tmp_path, kept):
    path = tmp_path / "ours.safetensors"
    save_weights(path, random_network(), **DESCRIBED)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(ValueError, match="ours.safetensors: not weights of this study"):
        load_weights(str(path))


# Finding a file


def test_missing_checkpoint_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("ISF_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError) as refused:
        load_weights("released")
    for said in (str(tmp_path / "weights" / "isf_released.pth"), "isf data fetch weights", "ISF_DATA"):
        assert said in str(refused.value)


def test_unknown_name_lists_what_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "TRAINED", tmp_path)
    assert trained_names() == []
    save_weights(tmp_path / "printed.safetensors", random_network(), **DESCRIBED)
    assert trained_names() == ["printed"]
    assert load_weights("printed")[1]["name"] == "printed"
    with pytest.raises(FileNotFoundError, match="no weights called 'ours': give one of released, printed, or the path"):
        find_weights("ours")


# On the authors' checkpoint and real images


@pytest.fixture(scope="module")
def released(data_root):
    return load_weights(str(data_root / "weights" / "isf_released.pth"))


def test_released_weights_are_recognised(released):
    network, described = released
    assert described["name"] == "released" and described["recipe"] == "the authors' checkpoint"
    assert described["sha256"] == RELEASED_SHA256
    assert len(described["dead_tensors"]) == 35 and described["dead_parameters"] == 39_392
    assert sum(parameter.numel() for parameter in network.parameters()) == 192_388


def test_released_network_equals_plain_evaluation(data_root, released):
    checkpoint = torch.load(data_root / "weights" / "isf_released.pth", map_location="cpu", weights_only=True)
    assert set(released_to_ours(checkpoint)[0]) == set(released[0].state_dict())
    pair = pairs("TNO", root=data_root)[0]
    sources = [
        torch.from_numpy(unit_luma(read_image(path)))[None, None, :201, :299] for path in (pair.infrared, pair.visible)
    ]
    with torch.no_grad():
        luma_direct, gates = released_network(checkpoint, *sources)
    for ours in (run(prepare(released[0]), *sources), released[0](*sources)):
        torch.testing.assert_close(ours.luma, luma_direct, rtol=0, atol=1e-5)
        for scale, gate in zip(reversed(SCALES), gates, strict=True):
            torch.testing.assert_close(ours.gates[scale], gate, rtol=0, atol=1e-5)


GOLDEN = ["TNO_crop16 05", "TNO_crop16 12", "MSRS 00427D", "RoadScene FLIR_00550", "MRI_PET 14"]


@pytest.mark.parametrize("which", GOLDEN)
def test_golden_pairs(data_root, released, which):
    dataset, stem = which.split()
    golden = data_root / "golden" / "released"
    expected = pd.read_csv(golden / "summary.csv", dtype={"stem": str}).set_index(["set", "stem"]).loc[dataset, stem]
    pair = next(p for p in pairs(dataset.removesuffix("_crop16"), root=data_root) if p.stem == stem)
    images = [read_image(path) for path in (pair.infrared, pair.visible)]
    if dataset.endswith("_crop16"):
        images = [cut(image) for image in images]
    fused = run(prepare(released[0]), *(torch.from_numpy(unit_luma(image))[None, None] for image in images))

    levels = to_levels(fused.luma)[0, 0].astype(int)
    of_file = luma(read_image(golden / f"{dataset}_{stem}.png"))
    assert levels.shape == of_file.shape == (expected.height, expected.width)
    assert np.abs(levels - of_file).max() <= 1
    assert fused.luma.double().mean().item() == pytest.approx(expected.fused_mean, abs=1e-6)
    assert fused.luma.double().std().item() == pytest.approx(expected.fused_std, abs=1e-6)
    for scale, column in zip(SCALES, ("full", "half", "quarter"), strict=True):
        mean = fused.gates[scale].double().mean().item()
        assert mean == pytest.approx(expected[f"gate_{column}_mean"], abs=1e-5)


def test_released_by_name(released, data_root, tmp_path, monkeypatch):
    (tmp_path / "weights").mkdir()
    shutil.copy(data_root / "weights" / "isf_released.pth", tmp_path / "weights")
    monkeypatch.setenv("ISF_DATA", str(tmp_path))
    assert load_weights("released")[1] == released[1]


def test_a_path_may_be_given_as_one(tmp_path):
    path = tmp_path / "mine.safetensors"
    save_weights(path, random_network("shared", "printed"), **DESCRIBED)
    assert load_weights(path)[1]["name"] == "mine" and find_weights(path) == path


def test_tensors_of_zeros_are_refused(tmp_path):
    network = copy.deepcopy(random_network("shared", "printed"))
    for tensor in network.state_dict().values():
        tensor.zero_()
    save_weights(tmp_path / "zero.safetensors", network, **DESCRIBED)
    with pytest.raises(ValueError, match="zero.safetensors: all tensors are zero: use other weights"):
        load_weights(tmp_path / "zero.safetensors")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_weights_that_are_cut_short_are_refused_by_name(tmp_path, suffix, part):
    path = tmp_path / f"mine{suffix}"
    if suffix == ".pth":
        torch.save(random_network("shared", "printed").state_dict(), path)
    else:
        save_weights(path, random_network("shared", "printed"), **DESCRIBED)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(ValueError, match=f"{path.name}: not "):
        load_weights(path)
