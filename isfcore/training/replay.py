"""Loss and gradients of a step as one CUDA graph.

A step on small crops is some five thousand kernels of a few microseconds each, and a processor needs longer to launch
them than a GPU to run them. Captured once and replayed, they are launched together. The kernels, and so the numbers,
are the same.
"""

from __future__ import annotations

import torch
from torch import Tensor

from isfcore.network import FusionNetwork
from isfcore.training.passes import Statistics
from isfcore.training.step import Gradients, Losses, Objective, Views, gradients

WARMING = 3  # times: libraries choose their kernels at the first ones, which a capture must not see


def replayed(objective: Objective, views: Views) -> Gradients:
    """A function that takes the place of `isfcore.training.step.gradients` for this objective.

    What it returns, and the gradients of the network, are overwritten by its next call.

    Args:
        objective: on a CUDA device, in one process.
        views: of a step, from `isfcore.training.step.draw_views`; those of later steps have the same shapes.
    """
    held: dict[int, Tensor] = {}
    inputs: Views = {name: (_hold(both[0], held), _hold(both[1], held)) for name, both in views.items()}
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARMING):
            gradients(objective, objective.network, inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):  # which makes the gradients anew, at places of its own
        terms, statistics = gradients(objective, objective.network, inputs)

    def replay(_: Losses, network: FusionNetwork, views: Views) -> tuple[dict[str, Tensor], Statistics]:
        filled = set()
        for name, both in views.items():
            for place, image in zip(inputs[name], both, strict=True):
                if id(place) not in filled and image.stride(0):  # not the black image, which is the same at each step
                    place.copy_(image)
                    filled.add(id(place))
        graph.replay()
        return dict(terms), statistics

    return replay


def _hold(image: Tensor, held: dict[int, Tensor]) -> Tensor:
    """A copy of an image that stays where it is; of an image that stands in several passes, one copy."""
    if id(image) not in held:
        held[id(image)] = image.clone() if image.stride(0) else image[:1].clone().expand_as(image)
    return held[id(image)]
