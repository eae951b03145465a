"""What networks are looked at with: pairs that may be missing, and batches that depend on nothing but what is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from isfcore.datasets.local import pairs
from isfcore.training.crops import read_pairs
from isfcore.training.recipe import load_recipe
from isfstudy.report.page import Page
from isfstudy.trainings.samples import open_split, sample_views, unseen_views
from tests.helpers.small_sets import write_set


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page of a run with four scenes to train on, and a data root without any set."""
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "data"))
    write_set(tmp_path / "run" / "01_data_preparation", count=4, split="train")
    return Page("02_training", tmp_path / "run" / "02_training", tmp_path / "run", {})


def test_pairs_that_are_here_enter_the_page(page):
    images = open_split(page, "scenes", "train")
    assert len(images.pairs["scenes"]) == 4 and images.absent == [] and images.synthetic
    assert images.counts == {"scenes": "train, 4 synthetic pairs"}
    assert page.data["scenes train"].startswith("4 synthetic pairs")
    assert [pair.stem for pair in open_split(page, "scenes", "train", first=2).pairs["scenes"]] == ["000", "001"]
    assert page.data["scenes train"].startswith("2 synthetic pairs")


def test_of_pairs_that_are_not_here_it_is_said_how_to_get_them(page):
    images = open_split(page, "MSRS", "test")
    assert images.pairs == {"MSRS": []} and images.counts == {"MSRS": "test is not here"} and page.data == {}
    (said,) = images.absent
    assert "MSRS test: no folder" in said and "set ISF_DATA" in said


def test_sample_views_match_whatever_the_recipe_says(page):
    found = pairs("scenes", "train", page.study / "01_data_preparation")
    views = sample_views(found, load_recipe("released"), side=32, count=3)
    assert list(views) == ["clean", "complementary", "random", "infrared_only", "visible_only"]
    assert {image.shape for image in views["clean"]} == {(3, 1, 32, 32)}
    paired = sample_views(found, load_recipe("paired"), side=32, count=3)
    assert all(map(torch.equal, views["clean"], paired["clean"]))


def test_unseen_views_follow_from_step_and_seed_and_crop_as_the_recipe_does(page):
    images = read_pairs(pairs("scenes", "train", page.study / "01_data_preparation"), side=32)
    size = {"batch": 2, "side": 32}
    drawn = unseen_views(images, load_recipe("paired"), step=3, **size)["clean"]
    assert all(map(torch.equal, drawn, unseen_views(images, load_recipe("paired"), step=3, **size)["clean"]))
    for other in (
        unseen_views(images, load_recipe("paired"), step=2, **size),
        unseen_views(images, load_recipe("paired"), step=3, seed=1, **size),
        unseen_views(images, load_recipe("released"), step=3, **size),
    ):
        assert not torch.equal(drawn[1], other["clean"][1])
