"""The fast training step against the plain one of five passes: losses, gradients, statistics, weights."""

from __future__ import annotations

import pytest
import torch

from benchmarks import plain_training
from isfcore.losses import fidelity_loss
from isfcore.training.passes import recording, update_running
from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective, train_step
from tests.helpers.batches import NO_GRADIENT, network_of, plain, views_of


def gradients(network):
    return {
        name: parameter.grad.clone()
        for name, parameter in network.named_parameters()
        if not name.endswith(NO_GRADIENT) and not ("key_" in name and name.endswith("bias"))
    }


def distance(ours, theirs):
    """Relative to the size of the whole gradient."""
    a, b = (torch.cat([tensor.flatten() for tensor in tensors.values()]) for tensors in (ours, theirs))
    return ((a - b).norm() / b.norm()).item()


# Gradients in float32 go through a dropped modality in a fresh network, which blows rounding errors up by how the
# processor adds (see `isfcore.training.passes`); that they are the same function's is shown in float64.
@pytest.mark.parametrize("dtype, tolerance, of_gradients", [(torch.float64, 1e-10, 1e-10), (torch.float32, 1e-5, 1e-2)])
@pytest.mark.parametrize("name", ["released", "paired", "printed"])
def test_loss_gradients_and_statistics_equal_those_of_five_plain_passes(name, dtype, tolerance, of_gradients):
    recipe = load_recipe(name)
    fast, slow = network_of(recipe, dtype), network_of(recipe, dtype)
    views = views_of(recipe, dtype)
    with recording(fast) as statistics:
        loss = Objective(fast, recipe, torch.float32)(views, statistics)["total"]
    loss.backward()
    expected = plain_training.loss(slow, plain(views), recipe)
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=tolerance)
    assert distance(gradients(fast), gradients(slow)) < of_gradients
    update_running(statistics, batch=2)
    for (key, ours), theirs in zip(fast.named_buffers(), slow.buffers(), strict=True):
        assert torch.allclose(ours.double(), theirs.double(), rtol=tolerance, atol=tolerance), key


EVERY = ["clean", "complementary", "random", "infrared_only", "visible_only"]


@pytest.mark.parametrize(
    "name, passes",
    [
        ("without_cfi", EVERY),
        ("without_inv", ["clean", "infrared_only", "visible_only"]),
        ("without_nec", ["clean", "complementary", "random"]),
        ("without_nec_inv", EVERY),
        ("without_interventions", ["clean"]),
        ("backbone", ["clean"]),
    ],
)
def test_an_ablation_runs_the_passes_it_says_and_its_loss_is_what_is_left(name, passes):
    recipe = load_recipe(name)
    network, views = network_of(recipe, torch.float64), views_of(recipe, torch.float64)
    assert list(views) == passes
    with recording(network) as statistics:
        terms = Objective(network, recipe, torch.float32)(views, statistics)
    assert all(len(calls) == len(passes) for calls in statistics.values())
    left = terms["fidelity_total"]
    left = left + 0.1 * terms["consistency_total"] if recipe.alpha else left
    left = left + 0.05 * terms["necessity_total"] if recipe.beta else left
    assert terms["total"].item() == pytest.approx(left.item(), rel=1e-12)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["released", "printed"])
def test_a_step_on_cuda_gives_what_one_on_the_processor_does(name):
    recipe = load_recipe(name)
    views = views_of(recipe)
    totals = {}
    for device, precision in (("cpu", torch.float32), ("cuda", torch.float32), ("cuda", torch.bfloat16)):
        images = {id(image): image for both in views.values() for image in both}
        there = {key: image.to(device) for key, image in images.items() if image.stride(0)}
        there |= {key: image[:1].to(device).expand_as(image) for key, image in images.items() if not image.stride(0)}
        network = network_of(recipe).to(device, memory_format=torch.channels_last)
        moved = {key: tuple(there[id(image)] for image in both) for key, both in views.items()}
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
        torch.backends.cudnn.allow_tf32 = False
        totals[device, precision] = train_step(Objective(network, recipe, precision), network, optimiser, moved)
    expected = totals["cpu", torch.float32]["total"]
    assert totals["cuda", torch.float32]["total"] == pytest.approx(expected, rel=1e-4)
    assert totals["cuda", torch.bfloat16]["total"] == pytest.approx(expected, rel=0.02)


def test_masks_as_augmentation_ask_of_every_output_what_is_asked_of_the_clean_one():
    recipe = load_recipe("mask_augmentation")
    network = network_of(recipe, torch.float64)
    views = views_of(recipe, torch.float64)
    assert list(views) == ["clean", "complementary", "random"]
    with recording(network) as statistics:
        terms = Objective(network, recipe, torch.float32)(views, statistics)
    infrared, visible = plain(views)["clean"]
    expected = []
    for name in views:
        fused, _ = plain_training.forward(network_of(recipe, torch.float64), *plain(views)[name])
        expected.append(fidelity_loss(fused, infrared, visible)["total"].item())
    assert terms["fidelity_total"].item() == pytest.approx(expected[0])
    assert terms["augmentation_random"].item() == pytest.approx(expected[2])
    assert terms["total"].item() == pytest.approx(sum(expected) / 3)
    assert not any(name.startswith(("consistency", "necessity")) for name in terms)
