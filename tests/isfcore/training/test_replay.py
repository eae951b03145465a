"""A step replayed as a CUDA graph against the step itself."""

from __future__ import annotations

import pytest
import torch

from isfcore.machine.seeds import generator
from isfcore.training.recipe import load_recipe
from isfcore.training.replay import replayed
from isfcore.training.step import Objective, draw_views, gradients, new_network, train_step


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["paired", "without_interventions", "mask_augmentation"])
def test_replayed_steps_are_the_steps(name):
    recipe, logs = load_recipe(name), {}

    def views(step: int):
        images = torch.rand(2, 4, 1, 64, 64, generator=generator(0, step)).cuda()
        return draw_views(*images, recipe, generator(1, step, device="cuda"))

    for how in ("plain", "replayed"):
        network = new_network(recipe, 0).cuda().to(memory_format=torch.channels_last).train()
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
        objective = Objective(network, recipe, torch.float32)
        compute = gradients if how == "plain" else replayed(objective, views(0))
        logs[how] = [train_step(objective, network, optimiser, views(step), gradients=compute) for step in range(6)]
    assert logs["replayed"][0] == pytest.approx(logs["plain"][0], rel=1e-3)
    for one, other in zip(logs["plain"], logs["replayed"], strict=True):
        assert other["total"] == pytest.approx(one["total"], rel=1e-3)
