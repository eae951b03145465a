"""What `paper/grid.yaml` asks for: a run for each arm, set of training pairs and seed of an experiment."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

import yaml

from isfcore.training.options import Schedule
from isfcore.training.recipe import Recipe, load_recipe
from isfstudy.places import GRID, repository


class Run(NamedTuple):
    """One training of an experiment.

    Attributes:
        data: what it trains on, see `isfstudy.grid.data`.
        looks: steps after which it is measured.
        settling: batches that batch norm's statistics rest on at a look.
        measured: what is measured, see `isfstudy.grid.measures`.
        precision: `bfloat16`, `tf32` or `float32`.
        training_scenes, test_scenes: how many, where embedded scenes are trained on or measured.
        task: `fusion`, or `guess_infrared`, see `isfstudy.grid.guessing`.
    """

    experiment: str
    arm: str
    data: str
    recipe: Recipe
    schedule: Schedule
    looks: tuple[int, ...]
    settling: int
    measured: tuple[str, ...]
    precision: str
    training_scenes: int
    test_scenes: int
    task: str

    @property
    def name(self) -> str:
        """Of its folder, below the grid's."""
        return f"{self.experiment}/{self.arm}-{self.data}-seed{self.schedule.seed}"


def experiments() -> list[str]:
    """Names of the experiments, most valuable first."""
    return [name for name in _grid() if name != "defaults"]


def planned(experiment: str, **instead: Any) -> list[Run]:
    """The runs of an experiment in the order in which to do them: all arms of one seed before the next seed.

    Args:
        instead: values that take the place of the file's, such as `steps=4, seeds=1` for a trial; `arms` may be a list
            of names.

    Raises:
        ValueError: for an experiment that is not in the file, or values that a recipe or a schedule refuses.
    """
    grid = _grid()
    if experiment not in experiments():
        raise ValueError(f"no experiment is called {experiment!r}: give one of {', '.join(experiments())}")
    asked = grid["defaults"] | grid[experiment] | instead
    arms = asked["arms"] if "factors" not in asked else fraction(asked["factors"], asked["generators"], asked["recipe"])
    if isinstance(arms, list):  # some of the file's
        arms = {name: grid[experiment]["arms"][name] for name in arms}
    recipes = {name: _recipe(name, **values) for name, values in arms.items()}
    steps = asked["steps"]
    looks = tuple(step for step in asked["looks"] if step <= steps) or (steps,)
    common = {"steps": steps} | {name: asked[name] for name in ("batch", "side", "learning_rate")}
    rest = {"looks": looks, "measured": tuple(asked["measured"])}
    rest |= {name: asked[name] for name in ("settling", "precision", "training_scenes", "test_scenes", "task")}
    return [
        Run(experiment, arm, data, recipe, Schedule(seed=seed, **common), **rest)
        for seed in range(asked["seeds"])
        for data in asked["data"]
        for arm, recipe in recipes.items()
    ]


def fraction(factors: dict[str, list], generators: dict[str, list[str]], recipe: str) -> dict[str, dict[str, Any]]:
    """A fraction of a two-level factorial design: arms by name, such as `0110011`, a digit a factor in their order.

    Args:
        factors: two values of each recipe field, digit 0 and digit 1.
        generators: fields whose level is the product of others' levels (Box and Hunter), levels being -1 and 1.
        recipe: that gives what is no factor.
    """
    basic = [name for name in factors if name not in generators]
    arms = {}
    for levels in itertools.product((-1, 1), repeat=len(basic)):
        level = dict(zip(basic, levels, strict=True))
        level |= {name: prod(level[other] for other in others) for name, others in generators.items()}
        digits = {name: (level[name] + 1) // 2 for name in factors}
        values = {name: factors[name][digit] for name, digit in digits.items()}
        arms["".join(map(str, digits.values()))] = {"recipe": recipe, **values}
    return arms


def fraction_of(experiment: str) -> tuple[dict[str, list], dict[str, list[str]]]:
    """Factors and generators of an experiment that is a fraction of a factorial design, as `fraction` takes them."""
    asked = _grid()[experiment]
    return asked["factors"], asked["generators"]


def _recipe(arm: str, *, recipe: str, **fields: Any) -> Recipe:
    return replace(load_recipe(recipe), name=arm, **fields)


def _grid() -> dict[str, Any]:
    return yaml.safe_load((repository() / GRID).read_text())
