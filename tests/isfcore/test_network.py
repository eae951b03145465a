"""The network: shapes, both readings, and the paper's equations evaluated the plain way."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from benchmarks.direct import released_network
from isfcore.network import POOLED_SIDE, SCALES, Features, FusionNetwork, exchange
from tests.helpers.networks import authors_state, random_network

READINGS = [(encoder, gate) for encoder in ("separate", "shared") for gate in ("released", "printed")]
SIDE = st.integers(4, 70)


def images(height: int, width: int, *, batch: int = 1, seed: int = 0) -> torch.Tensor:
    """Two images, (2, B, 1, H, W) in [0, 1]."""
    return torch.rand(2, batch, 1, height, width, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=20, deadline=None)
@given(height=SIDE, width=SIDE, reading=st.sampled_from(READINGS))
def test_any_size_in_same_size_out(height, width, reading):
    with torch.no_grad():
        luma, gates = random_network(*reading)(*images(height, width))
    assert luma.shape == (1, 1, height, width)
    assert list(gates) == list(SCALES)
    for divisor, scale in zip((1, 2, 4), SCALES, strict=True):
        assert gates[scale].shape == (1, 1, height // divisor, width // divisor)
    for values in (luma, *gates.values()):
        assert values.min() >= 0 and values.max() <= 1


# The released network uses the checkpoint's 231,780 parameters less 39,392 dead ones. An encoder has five convolutions
# 32 to 32 (9,248 each), one 1 to 32 (320) and six normalisations (64 each). The printed gate has 289 parameters where
# the released one has 4,673 and its refinement 9,312, at three scales.
@pytest.mark.parametrize(
    ("encoder", "gate", "count"),
    [
        ("separate", "released", 192_388),
        ("shared", "released", 192_388 - (5 * 9_248 + 320 + 6 * 64)),
        ("separate", "printed", 192_388 - 3 * (4_673 + 9_312 - 289)),
        ("shared", "printed", 104_356),
    ],
)
def test_number_of_parameters(encoder, gate, count):
    assert sum(parameter.numel() for parameter in FusionNetwork(encoder=encoder, gate=gate).parameters()) == count


@pytest.mark.parametrize("reading", READINGS)
def test_exchanged_network_takes_each_modality_for_the_other(reading):
    network = random_network(*reading)
    infrared, visible = images(21, 18, batch=2)
    with torch.no_grad():
        ours, theirs, as_it_was = (
            exchange(network)(visible, infrared),
            network(infrared, visible),
            network(visible, infrared),
        )
    torch.testing.assert_close(ours.luma, theirs.luma, rtol=0, atol=1e-6)
    assert (as_it_was.luma - theirs.luma).abs().max() > 1e-3
    for scale in SCALES:
        torch.testing.assert_close(ours.gates[scale], theirs.gates[scale], rtol=0, atol=1e-6)


def test_without_cfi_features_are_added_up_and_no_gate_opens():
    network = FusionNetwork(integrator="sum").eval()
    # Of a CFI six projections (1,056 each), gate and refinement are gone at three scales.
    assert sum(parameter.numel() for parameter in network.parameters()) == 192_388 - 3 * (6 * 1_056 + 4_673 + 9_312)
    infrared, visible = (Features(features, features) for features in torch.randn(2, 1, 32, 8, 8))
    integrated, gate = network.cfi["half_size"](infrared, visible)
    assert torch.equal(integrated, infrared.local + visible.local)
    assert gate.shape == (1, 1, 8, 8) and not gate.any()
    with torch.no_grad():
        fused = network(*images(21, 18))
    assert fused.luma.shape == (1, 1, 21, 18) and [gate.any() for gate in fused.gates.values()] == [False] * 3


def test_shared_encoder_is_one_and_separate_ones_are_two():
    shared, separate = FusionNetwork(encoder="shared"), FusionNetwork(encoder="separate")
    assert shared.encoder_visible is shared.encoder_infrared
    image = images(16, 16)[0]
    of_infrared, of_visible = random_network("shared").encode(image, image)
    assert all(torch.equal(of_infrared[scale], of_visible[scale]) for scale in SCALES)
    own = {id(parameter) for parameter in separate.encoder_infrared.parameters()}
    assert own.isdisjoint(id(parameter) for parameter in separate.encoder_visible.parameters())


@pytest.mark.parametrize(("argument", "value"), [("encoder", "both"), ("gate", "sigmoid"), ("integrator", "")])
def test_unknown_reading_is_refused(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be '.*' or '.*', not '{value}'"):
        FusionNetwork(**{argument: value})


@pytest.mark.parametrize(
    ("infrared", "visible", "said"),
    [
        ((1, 1, 8, 8), (1, 1, 8, 9), "of one size"),
        ((2, 1, 8, 8), (1, 1, 8, 8), "of one size"),
        ((1, 3, 8, 8), (1, 3, 8, 8), r"\(B, 1, H, W\)"),
        ((8, 8), (8, 8), r"\(B, 1, H, W\)"),
        ((1, 1, 3, 8), (1, 1, 3, 8), "at least 4 x 4"),
        ((0, 1, 8, 8), (0, 1, 8, 8), "at least one image"),
    ],
)
def test_wrong_shapes_are_refused(infrared, visible, said):
    with pytest.raises(ValueError, match=said):
        random_network()(torch.zeros(infrared), torch.zeros(visible))


@settings(max_examples=15, deadline=None)
@given(height=SIDE, width=SIDE, seed=st.integers(0, 99))
def test_released_reading_equals_plain_evaluation(height, width, seed):
    network, (infrared, visible) = random_network(), images(height, width, seed=seed)
    with torch.no_grad():
        ours = network(infrared, visible)
        luma, gates = released_network(authors_state(network), infrared, visible)
    assert luma.amax() - luma.amin() > 0.05  # else agreement would mean little
    torch.testing.assert_close(ours.luma, luma, rtol=0, atol=1e-5)
    for scale, gate in zip(reversed(SCALES), gates, strict=True):
        torch.testing.assert_close(ours.gates[scale], gate, rtol=0, atol=1e-5)


def attention(asking, answering, query, key, value):
    """Equation 6 as printed: softmax(Q K^T / sqrt(d)) V over the answering modality's r x r averages."""
    q = functional.conv2d(asking, query.weight, query.bias).flatten(2).transpose(1, 2)
    k, v = (
        functional.adaptive_avg_pool2d(functional.conv2d(answering, p.weight, p.bias), POOLED_SIDE).flatten(2)
        for p in (key, value)
    )
    return (v @ torch.softmax(q @ k / 32**0.5, dim=2).transpose(1, 2)).reshape(asking.shape)


def test_printed_cfi_follows_equations_5_to_8():
    cfi = random_network(gate="printed").cfi["half_size"].double()
    infrared, visible = torch.randn(2, 2, 32, 13, 17, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours, ours_gate = cfi(
            *(Features(x, functional.adaptive_avg_pool2d(x, POOLED_SIDE)) for x in (infrared, visible))
        )
        complementary = attention(visible, infrared, cfi.query_visible, cfi.key_infrared, cfi.value_infrared)
        complementary += attention(infrared, visible, cfi.query_infrared, cfi.key_visible, cfi.value_visible)
        gate = torch.sigmoid(functional.conv2d(complementary, cfi.gate.weight, cfi.gate.bias, padding=1))
        blended = gate * complementary + (1 - gate) * (infrared + visible)
    cfi.float()
    torch.testing.assert_close(ours_gate, gate, rtol=0, atol=1e-12)
    torch.testing.assert_close(ours, blended, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reading", READINGS)
def test_items_of_a_batch_do_not_meet(reading):
    network, batch = random_network(*reading), images(21, 18, batch=3)
    with torch.no_grad():
        together = network(*batch)
        alone = [network(*batch[:, item : item + 1]) for item in range(3)]
    torch.testing.assert_close(together.luma, torch.cat([fused.luma for fused in alone]), rtol=0, atol=1e-5)
    for scale in SCALES:
        of_alone = torch.cat([fused.gates[scale] for fused in alone])
        torch.testing.assert_close(together.gates[scale], of_alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("reading", READINGS)
def test_gradients_reach_every_parameter_in_training(reading):
    torch.manual_seed(0)
    network = FusionNetwork(encoder=reading[0], gate=reading[1]).double().train()
    fused = network(*images(32, 32, batch=2).double())
    (fused.luma.square().mean() + sum(gate.square().mean() for gate in fused.gates.values())).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        size = parameter.grad.abs().max()
        if idle_in_training(name, network):
            assert size < 1e-12, name
        else:
            assert size > 1e-12, name


def idle_in_training(name: str, network: FusionNetwork) -> bool:
    """Whether mathematics gives a parameter no gradient: batch normalisation removes the bias before it, and softmax
    what a key's bias adds to all scores of a position."""
    layer, _, kind = name.rpartition(".")
    before_norm = f"{layer[:-1]}1" in {n for n, m in network.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    return kind == "bias" and (".key_" in layer or (layer.endswith(".0") and before_norm))
