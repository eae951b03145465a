"""A few steps of an experiment on embedded scenes, to see that it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isfstudy.grid import records
from isfstudy.grid.plan import planned
from isfstudy.grid.work import work
from isfstudy.scenes.scenes import write_scenes

SMALL = {"steps": 2, "batch": 2, "side": 32, "seeds": 1, "settling": 1, "training_scenes": 4, "test_scenes": 2}
ON_SCENES = {"data": ["scenes_rate_0.5"], "measured": ["scenes"]}  # where an experiment takes photographs
SIZE = {"height": 96, "width": 128}  # pixels of a test scene


def trial(folder: Path, experiment: str, *, device: str, **instead: Any) -> Path:
    """Train a little, with nothing but what is embedded: the folder of the records.

    Args:
        folder: for scenes, runs and records.
        device: as `isfcore.machine.devices.choose_device` takes it.
        instead: values that take the place of the plan's and of `SMALL`, see `isfstudy.grid.plan.planned`.
    """
    asked = SMALL | instead
    if "scenes" in asked.get("measured", ()):
        write_scenes(folder / "scenes", count=asked["test_scenes"], split="test", **SIZE)
    work(planned(experiment, **asked), folder / "grid", device=device, root=str(folder))
    records.publish(folder / "grid", folder / "records")
    return folder / "records"
