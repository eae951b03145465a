"""Bfloat16 by hand gives what bfloat16 in the library gives, up to the order in which products are added."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from isfcore.machine import lower_precision as module
from isfcore.machine.lower_precision import RoundedProducts, lower_precision
from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective, draw_views, gradients, new_network

CPU = torch.device("cpu")
STEP = 2.0**-8  # of bfloat16, relative


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) - 0.5


def calls() -> dict:
    image, weight, stack = drawn(2, 3, 6, 5), drawn(4, 3, 3, 3, seed=1), drawn(2, 4, 3, seed=2)
    mask = drawn(2, 4, 4, seed=3)
    return {
        "convolution": lambda: functional.conv2d(image, weight, drawn(4, seed=4), padding=1),
        "product of stacks": lambda: stack @ stack.transpose(1, 2),
        "stack and matrix": lambda: stack @ drawn(3, 7, seed=5),
        "vector and matrix": lambda: drawn(4, seed=6) @ stack,
        "with an addend": lambda: torch.baddbmm(mask, stack, stack.transpose(1, 2)),
        "attention": lambda: functional.scaled_dot_product_attention(stack, stack, stack, attn_mask=mask, scale=1.0),
    }


@pytest.mark.parametrize("name", calls())
def test_every_product_is_that_of_rounded_factors_rounded(name):
    with RoundedProducts():
        found = calls()[name]()
    with torch.autocast("cpu", torch.bfloat16):
        expected = calls()[name]()
    assert found.dtype == torch.bfloat16 == expected.dtype
    torch.testing.assert_close(found.float(), expected.float(), rtol=2 * STEP, atol=STEP / 2)


def test_a_convolution_by_hand():
    image, weight = torch.full((1, 1, 1, 1), 1 + 2**-9), torch.full((1, 1, 1, 1), 3.0)
    with RoundedProducts():
        assert functional.conv2d(image, weight).item() == 3.0, "1 + 2^-9 rounds to 1"


def test_gradients_are_rounded_on_their_way():
    weight = torch.full((1, 1, 1, 1), 1 + 2**-7, requires_grad=True)
    with RoundedProducts():
        functional.conv2d(torch.full((1, 1, 1, 1), 1 + 2**-7), weight).float().mul(1.0).sum().backward()
    assert weight.grad.item() == 1 + 2**-7
    weight.grad = None
    with RoundedProducts():
        functional.conv2d(torch.ones(1, 1, 1, 1), weight).float().mul(1 + 2**-9).sum().backward()
    assert weight.grad.item() == 1.0


def one_step(by_hand: bool, monkeypatch) -> tuple[dict, torch.Tensor]:
    monkeypatch.setattr(module, "multiplies_bfloat16", lambda: not by_hand)
    recipe = load_recipe("without_interventions")  # a black image is ill-conditioned in a fresh network
    network = new_network(recipe, 0)
    network.train()
    images = drawn(2, 1, 32, 32) + 0.5, drawn(2, 1, 32, 32, seed=1) + 0.5
    views = draw_views(*images, recipe, torch.Generator().manual_seed(0))
    terms, _ = gradients(Objective(network, recipe, torch.bfloat16), network, views)
    return terms, torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])


def test_a_training_step_by_hand_is_that_of_the_library(monkeypatch):
    ours, theirs = one_step(True, monkeypatch), one_step(False, monkeypatch)
    for name in theirs[0]:
        assert ours[0][name].item() == pytest.approx(theirs[0][name].item(), rel=0.02, abs=2e-3), name
    assert torch.cosine_similarity(ours[1], theirs[1], dim=0) > 0.95


def test_float32_and_a_processor_that_has_bfloat16_are_left_alone(monkeypatch):
    image, weight = drawn(1, 1, 4, 4), drawn(1, 1, 3, 3, seed=1)
    with lower_precision(CPU, torch.float32):
        assert torch.equal(functional.conv2d(image, weight), torch.conv2d(image, weight))
    monkeypatch.setattr(module, "RoundedProducts", None)
    monkeypatch.setattr(module, "multiplies_bfloat16", lambda: True)
    with lower_precision(CPU, torch.bfloat16):
        assert functional.conv2d(image, weight).dtype == torch.bfloat16
