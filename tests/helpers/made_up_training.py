"""A network whose training is known, because it is made up, and images that could have been those of it."""

from __future__ import annotations

import copy

import torch

from isfcore.network import FusionNetwork
from tests.helpers.networks import random_network

# Of five passes with a momentum of 0.1 the last one weighs 0.1, the fourth 0.09, of 1 - 0.9^5 = 0.40951 altogether.
BLACK = {"infrared": 0.1 / 0.40951, "visible": 0.09 / 0.40951}


def trained_on(infrared: float, visible: float) -> FusionNetwork:
    """A network with the running means that images of these brightnesses leave in its first layers."""
    network = copy.deepcopy(random_network())
    for modality, brightness in (("infrared", infrared), ("visible", visible)):
        convolution, norm = getattr(network, f"encoder_{modality}").full_size[0][:2]
        gain = convolution.weight.detach().sum(dim=(1, 2, 3))
        norm.running_mean.copy_(convolution.bias.detach() + gain * brightness * (1 - BLACK[modality]))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.1
    return network


def sample(count: int = 4, side: int = 40) -> list[torch.Tensor]:
    """Pairs with a dark infrared and a bright visible image."""
    random = torch.Generator().manual_seed(0)
    dark, bright = (torch.randint(*span, (count, 1, side, side), generator=random) for span in ((10, 40), (100, 200)))
    return list(torch.cat([dark, bright], dim=1).to(torch.uint8))
