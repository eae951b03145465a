"""No page says of its data what its run contradicts: that they are synthetic where photographs are shown, or not where
they are not. Asked of what notebooks would say, for every profile, and of the pages that are published.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from isfcore.datasets.catalogue import DATASETS
from isfstudy.comparison.opening import SCENES, Images
from isfstudy.notebooks import load_profile, notebook_code, notebook_parameters, notebook_path, notebooks
from isfstudy.places import repository
from isfstudy.report import results as report
from isfstudy.report.page import only_scenes

PROFILES = ("quick", "real", "paper")
# What pages say where they show the embedded scenes and nothing else.
NOTE = re.compile(
    r"Synthetic scenes|nothing here compares|Embedded scenes, no|embedded scenes stand in|no medical image"
    r"|nothing medical|medical images are not|About medical images this run|The scenes have no printed rows"
)
SAY_SO = [
    "02_training",
    "08_medical_transfer",
    "09_efficiency",
    "10_scorecard",
    "11_audit",
]  # notebooks, in their cells
PAGES = sorted((repository() / "results" / "published").glob("*/[0-9]*/report.html"))


def notes(code: ast.AST) -> Iterator[tuple[str, ast.expr | None, bool]]:
    """Every note in a notebook's code, the condition that it stands under, and whether it stands where that holds."""
    above = {child: parent for parent in ast.walk(code) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(code):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NOTE.search(node.value):
            child, parent = node, above.get(node)
            while parent and not (isinstance(parent, ast.If | ast.IfExp) and child is not parent.test):
                child, parent = parent, above.get(parent)
            body = parent and (parent.body if isinstance(parent.body, list) else [parent.body])
            yield node.value, parent and parent.test, bool(parent) and any(child is each for each in body)


def holds(condition: ast.expr, code: ast.AST, known: dict[str, Any]) -> bool:
    """A condition's value; names that are not known are what the notebook assigns to them."""
    assigned = {
        target.id: node.value
        for node in ast.walk(code)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def value(expression: ast.expr) -> Any:
        bound = {
            each.id for each in ast.walk(expression) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        needed = {each.id for each in ast.walk(expression) if isinstance(each, ast.Name)} - bound
        for name in needed - known.keys() & assigned.keys():
            if name not in known:
                known[name] = value(assigned[name])
        return eval(compile(ast.Expression(expression), "condition", "eval"), known)

    return bool(value(condition))


@functools.cache
def profile_sets(profile: str) -> frozenset[str]:
    """The sets that any notebook of a profile shows."""
    named = (notebook_parameters(notebook_path(name)) | values for name, values in load_profile(profile).items())
    return frozenset(dataset for values in named for dataset in values.get("datasets", [])) or frozenset({SCENES})


def opened(name: str, profile: str) -> dict[str, Any]:
    """What a notebook's conditions look at, after it has opened what its parameters name."""
    values = notebook_parameters(notebook_path(name)) | load_profile(profile)[name]
    dataset = values.get("dataset", SCENES)
    images = Images({each: [] for each in values.get("datasets") or [SCENES]}, {}, [])
    count = "16 synthetic pairs" if dataset == SCENES else "200 of 1083 pairs"
    return values | {
        "images": images,
        "samples": Images({dataset: []}, {}, []),
        "table": pd.DataFrame({"trained on": [f"{count} of {dataset} train, pixels 0"]}),
        "page": SimpleNamespace(
            data=dict.fromkeys([f"{SCENES} test", *(f"{each} test" for each in profile_sets(profile))])
        ),
        "report": report,
    }


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", notebooks())
def test_a_note_on_the_data_is_shown_where_scenes_are_and_nowhere_else(name: str, profile: str) -> None:
    code = ast.parse(notebook_code(notebook_path(name)))
    found = list(notes(code))
    assert found or name not in SAY_SO
    for text, condition, where_it_holds in found:
        assert condition is not None, f"{text!r} stands under no condition"
        shown = holds(condition, code, opened(name, profile)) == where_it_holds
        assert shown == (profile_sets(profile) == {SCENES}), f"{text!r} under {ast.unparse(condition)}"


def test_the_note_that_tested_what_was_trained_on_is_caught() -> None:
    """Page 04 said that nothing compares with the paper, above results on TNO, MSRS and RoadScene."""
    code = ast.parse('if dataset == "scenes":\n    lines.append("<b>Synthetic scenes</b> show that it runs")')
    [(_, condition, where_it_holds)] = notes(code)
    assert where_it_holds and holds(condition, code, opened("04_ablations", "real")), "shown, and wrong"
    mended = ast.parse('if images.synthetic:\n    lines.append("<b>Synthetic scenes</b> show that it runs")')
    [(_, condition, _)] = notes(mended)
    assert not holds(condition, mended, opened("04_ablations", "real"))
    assert holds(condition, mended, opened("04_ablations", "quick"))


def test_only_scenes_means_nothing_but_scenes() -> None:
    assert only_scenes(["scenes test", "scenes train"]) and only_scenes([SCENES])
    assert not only_scenes(["scenes test", "TNO test"]) and not only_scenes(["MSRS train"])
    assert Images({SCENES: []}, {}, []).synthetic and not Images({SCENES: [], "TNO": []}, {}, []).synthetic


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_a_published_page_says_of_its_data_what_they_are(page: Path) -> None:
    made = [json.loads(file.read_text()) for file in page.parent.glob("tables/*.provenance.json")]
    sources = {
        source for each in made for source in each["data"] if source.split()[0] in DATASETS and " on " not in source
    }
    if not sources:
        pytest.skip("shows images of its own, which are in no set")
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for code in soup.select("pre, code, script, style, details.made"):
        code.decompose()
    assert bool(NOTE.search(soup.get_text(" "))) == only_scenes(sources)
