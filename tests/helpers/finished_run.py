"""The folder of a finished training of the fusion network, written by hand; nothing is trained."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from isfcore.metrics import METRICS
from isfcore.training.recipe import load_recipe
from isfcore.training.run_folder import save_gates
from isfcore.weights import save_weights
from tests.helpers.networks import random_network

FIGURES = {metric: index + 0.12345 for index, metric in enumerate(METRICS)} | {"gate_full_size": 0.5}
WATCHED = "10 of 221 pairs of RoadScene test, pixels 1c85"


def make_run(
    folder: Path,
    *,
    recipe: str = "released",
    steps: int = 7,
    seed: int = 0,
    encoder: str = "separate",
    metrics: dict = FIGURES,
) -> Path:
    """A complete run, its checkpoint still beside it."""
    folder.mkdir()
    data = "16 pairs of scenes train, pixels f5bf"
    schedule = {"batch": 4, "side": 96, "seed": seed, "learning_rate": 1e-4}
    description = {"recipe": asdict(load_recipe(recipe)), "schedule": schedule, "data": data, "watched": "none"}
    description |= {"precision": "float32", "start_from": "the seed"}
    (folder / "run.json").write_text(json.dumps(description))
    (folder / "log.csv").write_text(f"step,total,seconds\n1,2.5,9\n{steps},1.5,9\n")
    (folder / "validation.csv").write_text(f"step,AG\n0,1\n{steps},2\n")
    (folder / "checkpoint.pt").write_bytes(b"large")
    for step in (0, 7):
        save_gates(folder, step, {"full_size": np.full((2, 2), step, np.uint8)})
    save_weights(
        folder / "weights.safetensors",
        random_network(encoder),
        recipe=recipe,
        schedule={"steps": steps, "statistics": "settled", "precision": "bfloat16", "watched": WATCHED} | schedule,
        data=data,
        commit="0123456789ab",
        metrics=metrics,
        machine={"processor": "A processor", "cores": 2, "gpu": "none"},
    )
    return folder
