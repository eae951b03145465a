"""Inference: folding, layout and tiles change nothing but rounding, and wrong input is refused."""

from __future__ import annotations

import copy
import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isfcore import inference
from isfcore.inference import MARGIN, prepare, run
from isfcore.network import POOLED_SIDE, SCALES, Features, with_pooled
from tests.helpers.networks import random_network

READINGS = [("separate", "released"), ("shared", "printed")]
prepared_network = functools.cache(lambda *reading: prepare(random_network(*reading)))


def images(height: int, width: int, *, batch: int = 1, seed: int = 0) -> torch.Tensor:
    """Two images, (2, B, 1, H, W) in [0, 1]."""
    return torch.rand(2, batch, 1, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("size", [(4, 4), (33, 70), (64, 48)])
def test_prepared_network_gives_the_same(reading, size):
    network = random_network(*reading)
    with torch.no_grad():
        plain = network(*images(*size, batch=2))
    fast = run(prepared_network(*reading), *images(*size, batch=2))
    torch.testing.assert_close(fast.luma, plain.luma, rtol=0, atol=1e-5)
    for scale in SCALES:
        torch.testing.assert_close(fast.gates[scale], plain.gates[scale], rtol=0, atol=1e-5)


def test_prepare_leaves_the_original_alone():
    network = copy.deepcopy(random_network()).train()
    before = copy.deepcopy(network.state_dict())
    prepared = prepare(network)
    run(prepared, *images(16, 16))
    after = network.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert network.training and all(parameter.requires_grad for parameter in network.parameters())
    assert not prepared.training and not any(parameter.requires_grad for parameter in prepared.parameters())
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in prepared.modules())
    assert all(module.weight.is_contiguous() for module in network.modules() if isinstance(module, torch.nn.Conv2d))


@pytest.mark.parametrize("tile", [64, 1024])
def test_layout_is_channels_last_throughout(tile):
    network = prepare(random_network())
    strides = {}

    def note(name, module, inputs, output):
        for tensor in (*inputs, output):
            if tensor.shape[2] > POOLED_SIDE:  # not the r x r averages, which are too small to matter
                strides.setdefault(name, []).append((tensor.shape[1], tensor.stride()))

    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(functools.partial(note, name))
    run(network, *images(160, 200), tile=tile)
    assert len(strides) == 12 + 3 * 3 + 4 + 1  # encoders, gates and refinements, decoder, output
    for name, seen in strides.items():
        assert all(stride[1] == 1 and stride[3] == channels for channels, stride in seen), name


@settings(max_examples=6, deadline=None)
@given(
    height=st.integers(4, 250),
    width=st.integers(145, 250),
    transposed=st.booleans(),
    tile=st.sampled_from([48, 64]),
    reading=st.sampled_from(READINGS),
)
def test_tiles_equal_the_whole(height, width, transposed, tile, reading):
    sources = images(*((width, height) if transposed else (height, width)), batch=2)
    whole = run(prepared_network(*reading), *sources)
    tiled = run(prepared_network(*reading), *sources, tile=tile)
    assert whole.gates and not tiled.gates
    torch.testing.assert_close(tiled.luma, whole.luma, rtol=0, atol=1e-5)


def test_tiles_bound_what_is_held_at_once():
    network = prepare(random_network())
    sides = []
    network.encoder_infrared.full_size.register_forward_hook(lambda _, inputs, output: sides.extend(output.shape[2:]))
    run(network, *images(301, 203), tile=64)
    assert max(sides) == 64 + 2 * MARGIN


def test_margin_is_as_small_as_tiles_allow():
    """The gradient of an output row with respect to the image, averages held fixed, says which rows it depends on.

    Height 4 n + 3 is the worst case: pooling drops a row at both scales, so that upsampling shifts most at the end.
    """
    network = copy.deepcopy(random_network()).double()
    height = 163
    sources = images(height, 8).double().requires_grad_()
    features = (
        {scale: Features(x.local, x.pooled.detach()) for scale, x in with_pooled(of_image).items()}
        for of_image in network.encode(*sources)
    )
    luma = network.integrate(*features).luma
    reach = 0
    for row in range(height - 48, height):
        (gradient,) = torch.autograd.grad(luma[0, 0, row].sum(), sources, retain_graph=True)
        rows = gradient.abs().sum(dim=(0, 1, 2, 4)).nonzero()
        reach = max(reach, row - rows.min().item(), rows.max().item() - row)
    assert MARGIN - 4 < reach <= MARGIN


def test_too_small_a_margin_shows(monkeypatch):
    sources = images(163, 163)
    whole = run(prepared_network(), *sources).luma
    monkeypatch.setattr(inference, "MARGIN", 16)
    assert (run(prepared_network(), *sources, tile=64).luma - whole).abs().max() > 1e-4


def test_precision_and_layout_of_the_input_do_not_matter():
    sources = (images(20, 31) * 255).round() / 255
    expected = run(prepared_network(), *sources).luma
    assert torch.equal(run(prepared_network(), *sources.double()).luma, expected)
    turned = sources.transpose(3, 4).contiguous().transpose(3, 4)
    assert torch.equal(run(prepared_network(), *turned).luma, expected)
    black_and_white = sources.round()
    of_bytes = run(prepared_network(), *black_and_white.to(torch.uint8)).luma
    assert torch.equal(of_bytes, run(prepared_network(), *black_and_white).luma)


@pytest.mark.parametrize("tile", [64, 1024])
@pytest.mark.parametrize("which", ["infrared", "visible"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.01, 255.0])
def test_values_outside_the_range_are_refused(tile, which, value):
    sources = dict(zip(("infrared", "visible"), images(150, 16), strict=True))
    sources[which][0, 0, 3, 3] = value
    with pytest.raises(ValueError, match=rf"the {which} image must lie in \[0, 1\]"):
        run(prepared_network(), **sources, tile=tile)


@pytest.mark.parametrize("tile", [64, 1024])
@pytest.mark.parametrize(
    ("infrared", "visible"),
    [((1, 1, 200, 8), (1, 1, 201, 8)), ((1, 3, 200, 8), (1, 3, 200, 8)), ((200, 8), (200, 8)), ((1, 1, 200, 3),) * 2],
)
def test_wrong_shapes_are_refused_with_and_without_tiles(infrared, visible, tile):
    with pytest.raises(ValueError, match=r"B, 1, H, W|4 x 4"):
        run(prepared_network(), torch.zeros(infrared), torch.zeros(visible), tile=tile)


@pytest.mark.parametrize("tile", [0, -4, 2, 66])
def test_bad_tile_is_refused(tile):
    with pytest.raises(ValueError, match=f"positive multiple of 4, not {tile}"):
        run(prepared_network(), *images(8, 8), tile=tile)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("tile", [64, 1024])
def test_cuda_gives_the_same(tile):
    sources = images(163, 200)
    on_device = run(prepare(random_network(), "cuda"), *sources, tile=tile).luma
    assert on_device.is_cuda
    torch.testing.assert_close(on_device.cpu(), run(prepared_network(), *sources).luma, rtol=0, atol=1e-4)


@pytest.mark.parametrize("reading", READINGS, ids="-".join)
@pytest.mark.parametrize(("height", "width"), [(61, 47), (96, 40)])
def test_row_stripes_equal_the_whole(monkeypatch, reading, height, width):
    network, (infrared, visible) = random_network(*reading), images(height, width)
    with torch.inference_mode():
        plain = network(infrared, visible)
    monkeypatch.setattr(inference, "STRIPE", 1)  # as many stripes as the least height of one allows
    striped = run(prepare(network), infrared, visible)
    assert (striped.luma - plain.luma).abs().max() < 1e-5
    for scale, gate in plain.gates.items():
        assert (striped.gates[scale] - gate).abs().max() < 1e-5


def test_a_stripe_needs_all_the_rows_it_reads(monkeypatch):
    network, (infrared, visible) = random_network("separate", "released"), images(96, 40)
    whole = run(prepare(network), infrared, visible).luma
    monkeypatch.setattr(inference, "STRIPE", 1)
    spans = inference._spans
    monkeypatch.setattr(inference, "_spans", lambda length, tile, margin: spans(length, tile, margin - 1))
    assert (run(prepare(network), infrared, visible).luma - whole).abs().max() > 1e-5
