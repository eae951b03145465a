"""The losses, by hand on 4 x 4 pixels, and every reading of each."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isfcore.losses import (
    DROPPED,
    MASKED,
    binary_entropy,
    consistency_loss,
    fidelity_loss,
    laplacian,
    mean_gate,
    necessity_loss,
)
from isfcore.network import SCALES, Fused

BLACK = torch.zeros(1, 1, 4, 4)
GREY = torch.full((1, 1, 4, 4), 0.5)
DOT = torch.zeros(1, 1, 4, 4)
DOT[0, 0, 1, 1] = 1


def flat(value: float, side: int = 4) -> torch.Tensor:
    return torch.full((1, 1, side, side), value)


def output(luma: float, *gates: float) -> Fused:
    """A fused image and gates of one value each; a single gate stands for all three scales."""
    gates = gates * 3 if len(gates) == 1 else gates
    sides = (4, 2, 1)
    return Fused(flat(luma), {scale: flat(gate, side) for scale, gate, side in zip(SCALES, gates, sides, strict=True)})


def entropy_of(probability: float) -> float:
    return -probability * math.log(probability) - (1 - probability) * math.log(1 - probability)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_laplacian(dtype):
    """Neighbours' sum less 8 times the centre; a constant has 3 neighbours at a corner and 5 at an edge."""
    assert laplacian(DOT.to(dtype))[0, 0].tolist() == [[1, 1, 1, 0], [1, -8, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]
    assert (2 * laplacian(GREY.to(dtype)))[0, 0].tolist() == [
        [-5, -3, -3, -5],
        [-3, 0, 0, -3],
        [-3, 0, 0, -3],
        [-5, -3, -3, -5],
    ]


def test_fidelity_loss():
    """Black fused image, grey infrared, a dot as visible: the greater of the two |Laplacians| is

    2.5 at four corners, 1.5 at eight edges, 8 at the dot and 1 at the three other inner pixels: 33 in sum, of 16.
    """
    losses = {name: loss.item() for name, loss in fidelity_loss(BLACK, GREY, DOT).items()}
    assert losses == {"infrared": 0.5, "visible": 1 / 16, "gradient": 33 / 16, "total": 0.5 + 1 / 16 + 33 / 16}


def test_gradient_term_takes_magnitudes():
    """An image's negative has the same |Laplacian|; of grey alone, the dot's inner 8 + 3 are missing."""
    assert fidelity_loss(-DOT, BLACK, DOT)["gradient"] == 0
    assert fidelity_loss(-GREY, GREY, DOT)["gradient"] == 11 / 16


def test_loss_has_a_gradient():
    fused = torch.full((1, 1, 4, 4), 0.3, requires_grad=True)
    fidelity_loss(fused, GREY, DOT)["total"].backward()
    assert fused.grad.isfinite().all() and fused.grad.abs().sum() > 0


def test_signed_gradient_is_equation_10_to_the_letter():
    """Of a bright dot's Laplacian (-8, eight times 1) and 0 the greater is 0 at the dot and 1 around it."""
    signed = fidelity_loss(BLACK, BLACK, DOT, gradient_max="signed")
    assert signed["gradient"] == 8 / 16
    assert fidelity_loss(BLACK, BLACK, DOT, gradient_max="absolute")["gradient"] == 16 / 16
    assert fidelity_loss(DOT, BLACK, DOT, gradient_max="signed")["gradient"] == 8 / 16  # -8 where 0 is asked for
    assert fidelity_loss(-DOT, BLACK, DOT, gradient_max="signed")["gradient"] == (8 + 8 * 2) / 16
    assert signed["total"] == signed["infrared"] + signed["visible"] + signed["gradient"]


def test_gradient_weight_is_that_of_the_gradient_alone():
    losses = fidelity_loss(BLACK, GREY, DOT, gradient_weight=3.0)
    assert losses["total"] == 0.5 + 1 / 16 + 3 * 33 / 16


def test_mean_gate_averages_three_scales_at_full_size():
    assert torch.allclose(mean_gate(output(0, 0.9, 0.6, 0.3)), flat(0.6))
    step = torch.tensor([0.0, 1.0]).expand(1, 1, 2, 2)
    fused = output(0, 0.0)
    fused.gates["half_size"] = step
    # Bilinear without aligned corners: new pixels lie a quarter of an old one beside the old centres.
    expected = torch.tensor([0.0, 0.25, 0.75, 1.0]).expand(1, 1, 4, 4) / 3
    assert torch.allclose(mean_gate(fused), expected)


@pytest.mark.parametrize(
    "gate, entropy", [(0.0, 0.0), (1.0, 0.0), (0.5, math.log(2)), (0.2, 0.5004024), (0.8, 0.5004024)]
)
def test_binary_entropy(gate, entropy):
    value = flat(gate).requires_grad_()
    loss = binary_entropy(value)
    assert loss.item() == pytest.approx(entropy, abs=2e-5)
    loss.backward()
    assert value.grad.isfinite().all()


def test_binary_entropy_is_a_mean_over_pixels():
    assert binary_entropy(torch.tensor([0.0, 0.5])).item() == pytest.approx(math.log(2) / 2, abs=2e-5)


CLEAN, COMPLEMENTARY, RANDOM = output(0.5, 0.4), output(0.7, 0.2), output(0.4, 0.5)
PASSES = {"clean": CLEAN, "complementary": COMPLEMENTARY, "random": RANDOM}


@pytest.mark.parametrize(
    "gate, how, entropy", list(itertools.product(("intervened", "clean"), ("mean", "sum"), ("maximise", "minimise")))
)
def test_consistency_loss(gate, how, entropy):
    """Differences from the clean 0.5 are 0.2 and 0.1; gates are 0.2 and 0.5 of their own, or 0.4 of the clean pass."""
    sign = -1 if entropy == "maximise" else 1
    if gate == "intervened":
        differences = 0.2 * 0.2, 0.1 * 0.5
        off_target = (0.1 + 0.2) / 2  # |0.2 - 0.3| and |0.5 - 0.3|
        entropies = (entropy_of(0.2) + math.log(2)) / 2
        total = sum(differences) / 2 + off_target + sign * entropies
        total *= 2 if how == "sum" else 1
    else:
        differences = 0.2 * 0.4, 0.1 * 0.4
        off_target, entropies = 0.1, entropy_of(0.4)
        total = sum(differences) / (1 if how == "sum" else 2) + off_target + sign * entropies
    expected = dict(zip(MASKED, differences, strict=True))
    expected |= {"gate_mean": off_target, "gate_entropy": entropies, "total": total}
    losses = consistency_loss(PASSES, consistency_gate=gate, consistency=how, entropy=entropy)
    assert list(losses) == ["complementary", "random", "gate_mean", "gate_entropy", "total"]
    assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("how, total", [("mean", 0.15), ("sum", 0.3)])
def test_consistency_loss_without_a_gate_counts_every_difference_whole(how, total):
    losses = consistency_loss(PASSES, consistency_gate="none", consistency=how)
    expected = {"complementary": 0.2, "random": 0.1, "total": total}
    assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(expected, abs=1e-6)


def test_gate_target_is_what_the_mean_of_a_gate_is_pulled_to():
    at = {target: consistency_loss(PASSES, gate_target=target)["gate_mean"].item() for target in (0.0, 0.2, 0.9)}
    assert at == pytest.approx({0.0: 0.35, 0.2: 0.15, 0.9: 0.55})
    # The mean over pixels, not each pixel, has the target.
    half = output(0.5, 0.0)
    for scale, value in half.gates.items():
        half.gates[scale] = torch.cat([torch.zeros_like(value), torch.full_like(value, 0.6)])
    half = half._replace(luma=torch.cat([half.luma] * 2))
    passes = dict.fromkeys(PASSES, half)
    assert consistency_loss(passes)["gate_mean"].item() == pytest.approx(0, abs=1e-7)


NECESSITY = {"clean": output(0.5, 0.5), "infrared_only": output(0.8, 0.5), "visible_only": output(0.1, 0.5)}


def test_necessity_loss():
    minimise = {name: loss.item() for name, loss in necessity_loss(NECESSITY).items()}
    assert minimise == pytest.approx({"infrared_only": 0.3, "visible_only": 0.4, "total": 0.7})
    maximise = {name: loss.item() for name, loss in necessity_loss(NECESSITY, necessity="maximise").items()}
    assert maximise == pytest.approx({"infrared_only": 0.3, "visible_only": 0.4, "total": 1.3})


def test_the_two_readings_of_necessity_pull_in_opposite_directions():
    gradients = []
    for necessity in ("minimise", "maximise"):
        lumas = {name: fused.luma.clone().requires_grad_() for name, fused in NECESSITY.items()}
        passes = {name: Fused(luma, {}) for name, luma in lumas.items()}
        necessity_loss(passes, necessity=necessity)["total"].backward()
        gradients.append(torch.cat([luma.grad.flatten() for luma in lumas.values()]))
    assert gradients[0].abs().sum() > 0
    assert torch.equal(gradients[0], -gradients[1])


def test_to_maximise_is_bounded_at_both_ends():
    for clean, dropped, expected in ((0.0, 1.0, 0.0), (0.5, 0.5, 2.0)):
        passes = {"clean": output(clean, 0.5)} | dict.fromkeys(DROPPED, output(dropped, 0.5))
        assert necessity_loss(passes, necessity="maximise")["total"].item() == expected


def test_unknown_readings_are_refused():
    with pytest.raises(ValueError, match="gradient_max must be 'absolute' or 'signed', not 'abs'"):
        fidelity_loss(BLACK, GREY, DOT, gradient_max="abs")
    for name, allowed in (
        ("consistency_gate", "'intervened' or 'clean' or 'none'"),
        ("consistency", "'mean' or 'sum'"),
        ("entropy", "'maximise' or 'minimise'"),
    ):
        with pytest.raises(ValueError, match=f"^{name} must be {allowed}, not 'other'"):
            consistency_loss(PASSES, **{name: "other"})
    with pytest.raises(ValueError, match="necessity must be 'minimise' or 'maximise', not 'none'"):
        necessity_loss(NECESSITY, necessity="none")


# Every value from 0 to 1, its ends often: there logarithms and absolute values are at their worst.
UNIT = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 1e-30, 1 - 2**-24]), st.floats(0, 1, width=32))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(UNIT, min_size=10, max_size=10),
    st.sampled_from(("absolute", "signed")),
    st.sampled_from(("intervened", "clean")),
    st.sampled_from(("maximise", "minimise")),
)
def test_losses_and_gradients_are_finite_and_necessity_stays_in_its_bounds(values, gradient_max, gate, direction):
    images = torch.rand(5, 2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    images[:, :, :, 2:6, 2:6] = torch.tensor(values[:5]).view(5, 1, 1, 1, 1)
    images.requires_grad_()
    gates = torch.tensor(values[5:8]).view(3, 1, 1, 1, 1).repeat(1, 2, 1, 8, 8).requires_grad_()
    names = ("clean", *MASKED, *DROPPED)
    passes = {
        name: Fused(image, dict(zip(SCALES, gates, strict=True))) for name, image in zip(names, images, strict=True)
    }
    sources = torch.tensor(values[8:10]).view(2, 1, 1, 1, 1).expand(2, 2, 1, 8, 8)
    losses = [
        fidelity_loss(passes["clean"].luma, *sources, gradient_max=gradient_max),
        consistency_loss(passes, consistency_gate=gate, entropy=direction),
        necessity_loss(passes, necessity=direction),
    ]
    assert all(value.isfinite() for terms in losses for value in terms.values())
    sum(terms["total"] for terms in losses).backward()
    assert images.grad.isfinite().all() and gates.grad.isfinite().all()
    assert 0 <= losses[2]["total"].item() <= 2 + 1e-6
