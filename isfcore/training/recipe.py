"""Training recipes: everything that the paper and the released script say, or leave open, about the objective.

A recipe is a file of named values, such as those in `recipes/` beside this module. How long, on how large crops and
with which seed a network is trained is no part of it (see `isfcore.training.options.Schedule`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import yaml

# The values that a field may take; the others are numbers.
READINGS = {
    "encoder": ("separate", "shared"),
    "gate": ("released", "printed"),
    "crop": ("paired", "independent"),
    "complementary": ("holes", "grid"),
    "holes": ("released", "printed"),
    "gradient_max": ("absolute", "signed"),
    "consistency_gate": ("intervened", "clean", "none"),
    "consistency": ("mean", "sum"),
    "entropy": ("maximise", "minimise"),
    "necessity": ("minimise", "maximise"),
    "augmentation": ("none", "masks"),
    "integrator": ("cfi", "sum"),
    "passes": ("needed", "all"),
}
# What recipes from before these were choices stood for.
ONCE_FIXED: dict[str, str | int] = {"integrator": "cfi", "passes": "needed", "augmentation": "none"}
ONCE_FIXED |= {"hole_size": 16, "most_holes": 6, "pooled_side": 8}


@dataclass(frozen=True)
class Recipe:
    """A network's reading, what the interventions hide, and the losses. `READINGS` lists the values of each choice.

    Attributes:
        name: of the file, without its extension.
        encoder, gate: see `isfcore.network`.
        crop: whether both modalities are cut at one place (`paired`) or each at its own (`independent`).
        complementary, holes: see `isfcore.masks`.
        hole_size, most_holes: side of a hole in pixels, and the most holes of a mask.
        gradient_max, consistency_gate, consistency, entropy, necessity: see `isfcore.losses`.
        augmentation: `none`, or `masks`: the fidelity loss against the clean sources is asked of what comes out under
            both kinds of masks too, and the three are averaged.
        alpha, beta: weights of the consistency and of the necessity loss (equation 9); 0 leaves the loss away.
        gradient_weight: lambda_1 of equation 10.
        gate_target: eta of equation 12.
        integrator, pooled_side: see `isfcore.network`.
        passes: `needed` leaves away those that only a loss of weight 0 needs; `all` runs them nevertheless, as the
            released script would, so that batch norm sees them.
    """

    name: str
    encoder: str
    gate: str
    crop: str
    complementary: str
    holes: str
    gradient_max: str
    consistency_gate: str
    consistency: str
    entropy: str
    necessity: str
    augmentation: str
    alpha: float
    beta: float
    gradient_weight: float
    gate_target: float
    integrator: str
    passes: str
    hole_size: int
    most_holes: int
    pooled_side: int

    def __post_init__(self) -> None:
        for name, allowed in READINGS.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"recipe {self.name}: {name} must be one of {allowed}, not {getattr(self, name)!r}")
        for name in ("alpha", "beta", "gradient_weight", "gate_target"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise ValueError(f"recipe {self.name}: {name} must be a number from 0 on, not {value!r}")
        for name in ("hole_size", "most_holes", "pooled_side"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"recipe {self.name}: {name} must be a whole number from 1 on, not {value!r}")


def recipes_folder() -> Path:
    return Path(__file__).parent / "recipes"


def recipe_names() -> list[str]:
    """Names of the recipes that come with the study."""
    return sorted(path.stem for path in recipes_folder().glob("*.yaml"))


def load_recipe(which: str, *, bases: tuple[Path, ...] = ()) -> Recipe:
    """Read a recipe: a name of `recipe_names`, or the path of a YAML file.

    A file that names a recipe as its `base` needs to hold what differs from that one alone.

    Args:
        bases: files of which this one is the base, or the base of a base.

    Raises:
        FileNotFoundError: naming the recipes there are.
        ValueError: naming the file, and what is wrong with it: no YAML, or a field that is missing, unknown or has a
            wrong value.
    """
    path = recipes_folder() / f"{which}.yaml" if which in recipe_names() else Path(which)
    if not path.is_file():
        raise FileNotFoundError(f"no recipe called {which!r}: give one of {', '.join(recipe_names())}, or a YAML file")
    if path in bases:
        raise ValueError(f"{path}: it has itself as its base: name another one")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not a YAML file, for it is no text: give a recipe's name or file") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not YAML: {error}: give a recipe's name or file") from error
    values = values if isinstance(values, dict) else {}
    if any(not isinstance(name, str) for name in values):
        raise ValueError(f"{path}: not a recipe, whose values have names: name them as in {recipes_folder()}")
    own_name = values.keys() & {"name"}  # which the file's own name is
    if "base" in values:
        try:
            values = asdict(load_recipe(str(values.pop("base")), bases=(*bases, path))) | values
        except FileNotFoundError as error:
            raise ValueError(f"{path}: its base: {error}") from error
        values.pop("name")
    wanted = {field.name for field in fields(Recipe)} - {"name"}
    missing, unknown = sorted(wanted - values.keys()), sorted(values.keys() - wanted | own_name)
    if missing or unknown:
        said = {"missing": missing, "unknown": unknown}
        listed = "; ".join(f"{word} {', '.join(names)}" for word, names in said.items() if names)
        raise ValueError(f"{path}: {listed}: give a value to each field, as the recipes in {recipes_folder()} do")
    try:
        return Recipe(name=path.stem, **values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
