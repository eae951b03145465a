"""A network in training and a batch of its views: what tests of a training step share."""

from __future__ import annotations

import copy

import torch

from isfcore.machine.seeds import generator
from isfcore.training.step import draw_views
from tests.helpers.networks import random_network

# Biases that batch norm subtracts again and that softmax does not see: their gradient is 0, and what is computed of it
# is rounding.
NO_GRADIENT = ("0.0.bias", "1.0.bias", "refine.0.bias")


def network_of(recipe, dtype=torch.float32):
    """Weights with biases in batch norm: without any, a black image is all rounding errors, blown up by batch norm."""
    network = copy.deepcopy(random_network(recipe.encoder, recipe.gate)).to(dtype).train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.1
    return network


def views_of(recipe, dtype=torch.float32, batch=2, side=32):
    images = torch.rand(2, batch, 1, side, side, generator=generator(0, 0))
    views = draw_views(*images, recipe, generator(0, 1))
    images = {id(image): image for both in views.values() for image in both}
    cast = {key: image.to(dtype) for key, image in images.items() if image.stride(0)}
    # `to` would copy the black image, which is one expanded to a batch.
    cast |= {key: image[:1].to(dtype).expand_as(image) for key, image in images.items() if not image.stride(0)}
    return {name: tuple(cast[id(image)] for image in both) for name, both in views.items()}


def plain(views):
    """Each image a tensor of its own, as a plain training step takes them."""
    return {name: tuple(image.contiguous() for image in both) for name, both in views.items()}
