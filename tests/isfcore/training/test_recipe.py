"""Recipes: the three that come with the study, what sets them apart, and files that are no recipe."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
import yaml

from isfcore.training.recipe import READINGS, Recipe, load_recipe, recipe_names, recipes_folder


@pytest.fixture
def values() -> dict:
    return yaml.safe_load((recipes_folder() / "released.yaml").read_text())


def written(path: Path, values: dict) -> Path:
    path.write_text(yaml.safe_dump(values))
    return path


ABLATIONS = {  # what each variant of Table 2 changes in `paired`
    "without_cfi": {"integrator": "sum", "consistency_gate": "none"},
    "without_inv": {"alpha": 0},
    "without_nec": {"beta": 0},
    "without_nec_inv": {"alpha": 0, "beta": 0, "passes": "all"},
    "without_interventions": {"alpha": 0, "beta": 0},
    "backbone": {"alpha": 0, "beta": 0, "integrator": "sum"},
}


def test_the_study_has_three_recipes_their_rival_and_six_ablations():
    assert set(recipe_names()) == {"paired", "printed", "released", "mask_augmentation", *ABLATIONS}
    for name in ("paired", "printed", "released"):
        recipe = load_recipe(name)
        assert recipe.name == name
        # Section 4.1 gives the weights, and no two sources disagree about them.
        assert (recipe.alpha, recipe.beta, recipe.gradient_weight, recipe.gate_target) == (0.1, 0.05, 1.0, 0.3)


def test_released_and_paired_differ_in_the_crop_alone():
    released, paired = load_recipe("released"), load_recipe("paired")
    assert released.crop == "independent" and paired.crop == "paired"
    assert paired == replace(released, name="paired", crop="paired")


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_differs_from_paired_in_what_it_is_named_after(name):
    assert load_recipe(name) == replace(load_recipe("paired"), name=name, **ABLATIONS[name])


@pytest.mark.parametrize(
    "values, said", [({"base": "nowhere"}, "no recipe called 'nowhere'"), ({"base": "paired", "alhpa": 0}, "alhpa")]
)
def test_a_wrong_base_or_change_is_refused(tmp_path, values, said):
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        load_recipe(str(written(tmp_path / "mine.yaml", values)))


ABLATED = {"integrator", "passes", "augmentation"}  # choices that no reading of the paper differs in


def test_printed_takes_the_other_reading_of_every_choice():
    released, printed = asdict(load_recipe("released")), asdict(load_recipe("printed"))
    assert {name for name in released if released[name] != printed[name]} == {"name", *READINGS} - ABLATED


def test_a_recipe_may_be_a_file_of_ones_own(tmp_path, values):
    recipe = load_recipe(str(written(tmp_path / "mine.yaml", values | {"alpha": 0})))
    assert recipe == replace(load_recipe("released"), name="mine", alpha=0)


def test_every_choice_is_a_field_and_every_reading_is_accepted():
    recipe = load_recipe("released")
    assert READINGS.keys() <= {field.name for field in fields(Recipe)}
    for name, allowed in READINGS.items():
        for value in allowed:
            assert asdict(replace(recipe, **{name: value}))[name] == value


@pytest.mark.parametrize(
    "change, said",
    [
        ({"gate": "other"}, r"gate must be one of \('released', 'printed'\), not 'other'"),
        ({"crop": None}, "crop must be one of .*, not None"),
        ({"alpha": -0.1}, "alpha must be a number from 0 on, not -0.1"),
        ({"beta": "much"}, "beta must be a number from 0 on, not 'much'"),
        ({"gate_target": True}, "gate_target must be a number from 0 on, not True"),
        ({"gradient_weight": float("inf")}, "gradient_weight must be a number from 0 on, not inf"),
        ({"alpha": float("nan")}, "alpha must be a number from 0 on, not nan"),
        ({"steps": 100}, "unknown steps"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_field(tmp_path, values, change, said):
    path = written(tmp_path / "mine.yaml", values | change)
    with pytest.raises(ValueError, match=f"mine.yaml: .*{said}") as error:
        load_recipe(str(path))
    assert str(path) in str(error.value)


@pytest.mark.parametrize("field", [field.name for field in fields(Recipe) if field.name != "name"])
def test_no_field_has_a_default(tmp_path, values, field):
    del values[field]
    with pytest.raises(ValueError, match=f"mine.yaml: missing {field}: give a value to each field"):
        load_recipe(str(written(tmp_path / "mine.yaml", values)))


def test_missing_and_unknown_fields_are_all_named(tmp_path, values):
    del values["alpha"], values["crop"]
    with pytest.raises(ValueError, match="missing alpha, crop; unknown aplha: give a value to each field"):
        load_recipe(str(written(tmp_path / "mine.yaml", values | {"aplha": 0.1})))


def test_the_name_is_the_file_s_own(tmp_path, values):
    with pytest.raises(ValueError, match="unknown name"):
        load_recipe(str(written(tmp_path / "mine.yaml", values | {"name": "other"})))


@pytest.mark.parametrize("text, said", [("alpha: [0.1", "not YAML"), ("just words", "missing alpha"), ("", "missing")])
def test_what_is_no_recipe_at_all(tmp_path, text, said):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"broken.yaml: {said}"):
        load_recipe(str(path))


@pytest.mark.parametrize("which", ["relased", "", "nowhere/mine.yaml"])
def test_an_unknown_name_lists_the_known_ones(which):
    with pytest.raises(
        FileNotFoundError, match="backbone, mask_augmentation, paired, printed, released, .*, or a YAML file"
    ):
        load_recipe(which)
