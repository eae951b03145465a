"""Recipes, descriptions of runs, boxes and archives of any content."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isfcore.datasets.boxes import read_boxes
from isfcore.datasets.fetch import fetch
from isfcore.training.recipe import Recipe, load_recipe, recipes_folder
from isfcore.training.run_folder import read_description
from isfstudy.notebooks import StudyError, load_profile
from tests.faults.figures import examples, named, survived
from tests.faults.loading import JSON, loads
from tests.faults.test_images import encoded
from tests.helpers.made_up_tno import noise

RECIPE = (recipes_folder() / "paired.yaml").read_text()


@examples(short=60, long=800)
@given(field=st.sampled_from([*Recipe.__dataclass_fields__, "base", "other"]), value=JSON)
def test_recipes_with_odd_values(tmp_path: Path, field: str, value: object) -> None:
    lines = [line for line in RECIPE.splitlines() if not line.startswith(f"{field}:")]
    path = tmp_path / "own.yaml"
    path.write_text("\n".join([*lines, f"{field}: {json.dumps(value)}"]))
    recipe = loads("recipe", path, lambda path: load_recipe(str(path)))
    assert recipe is None or isinstance(recipe, Recipe)


@examples(short=60, long=800)
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass"))
    )
)
def test_recipes_and_other_texts_of_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes(content)
    loads("recipe", path, lambda path: load_recipe(str(path)))
    (tmp_path / "run.json").write_bytes(content)
    loads("run description", tmp_path / "run.json", lambda path: read_description(path.parent))
    (tmp_path / "boxes.txt").write_bytes(content)
    loads("boxes", tmp_path / "boxes.txt", read_boxes, cures=False)


def test_recipes_that_would_grow_or_execute(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    grown = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    for content in ("\n".join(grown), f"alpha: !!python/object/apply:os.mkdir [{tmp_path / 'made'}]", "[" * 5000):
        path.write_text(content)
        assert loads("recipe", path, lambda path: load_recipe(str(path))) is None
    assert not (tmp_path / "made").exists()


@examples(short=40, long=400)
@given(content=st.one_of(JSON.map(json.dumps), st.text(max_size=60)).map(lambda text: text.encode(errors="replace")))
def test_parameters_of_any_content(tmp_path: Path, content: bytes) -> None:
    """`params/PROFILE.yaml`: names of notebooks with parameters, or a message that names the file."""
    (tmp_path / "params").mkdir(exist_ok=True)
    (tmp_path / "params" / "own.yaml").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("isfstudy.notebooks.repository", lambda: tmp_path)
        try:
            assert all(isinstance(given, dict) for given in load_profile("own").values())
        except StudyError as error:
            assert "params/own.yaml" in str(error)
    survived("parameters")


# Archives

PACKED = encoded("PNG", noise())


@examples(short=25, long=150)
@given(
    name=st.text(max_size=20),
    inside=st.lists(st.sampled_from(["..", ".", "/", "~", "C:", "ir", "TNO", "\\"]), max_size=5),
)
def test_archives_write_nowhere_else(tmp_path_factory: pytest.TempPathFactory, name: str, inside: list[str]) -> None:
    folder = tmp_path_factory.mktemp("slip")
    archive, root = folder / "a.zip", folder / "in" / "data"
    member = "/".join([*inside, name.replace("\0", ""), "01.png"])
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(member, PACKED)
    try:
        fetch("TNO", root, source=str(archive))
    except ValueError as error:
        named("zip slip", str(error) + "; use another", str(archive))
    there = [path for path in folder.rglob("*") if path.is_file()]
    assert there == [archive], "no published pixels, so nothing stays, wherever it was to go"
    survived("zip slip")
