"""A network of one layer in place of the real ones, and the smallest comparison that can be asked for."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from isfstudy.downstream.intervals import Score
from isfstudy.downstream.runs import Bench
from isfstudy.downstream.training import Budget, Task

TASK = Task(
    "segmentation",
    "maps",
    "one layer",
    lambda classes, labels: nn.Sequential(nn.Conv2d(3, classes, 3, padding=1), nn.BatchNorm2d(classes)),
    lambda network, images, labels: nn.functional.cross_entropy(network(images), torch.stack(labels)),
    lambda network, images: list(network(images).argmax(1).byte().numpy()),
)
BUDGET = Budget(steps=3, batch=2, train_size=(32, 32), test_size=(32, 64))
BENCH = Bench(TASK._replace(build=lambda classes, labels: nn.Conv2d(3, 9, 1)), "cpu", "float32")
ASKED = {
    "dataset": "scenes", "data": "found", "networks": ["ours-paired"], "methods": [], "reference": "ISF (ours-paired)",
    "steps": 8, "batch": 2, "learning_rate": 0.001, "train_size": [32, 32], "test_size": [32, 64],
    "adaptation_steps": 2, "adaptation_rate": 0.001, "seeds": [0], "noise_inputs": ["Visible"], "noise_seeds": [1],
    "base_seeds": {"average seen": [0, 1], "average not seen": [0]}, "base_inputs": ["Infrared", "ISF (ours-paired)"],
    "device": "cpu", "precision": "float32",
}  # fmt: skip


def mean_of(scores: list[float]) -> Score:
    """A score of a set that is the mean of the scores of its images."""
    return lambda weights: weights @ np.array(scores) / weights.sum(1)
