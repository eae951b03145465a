"""What a notebook opens: which sets and networks, what its page says of them, and what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from isfcore.weights import TRAINED
from isfstudy.comparison.opening import (
    Images,
    Networks,
    evenly,
    open_folders,
    open_networks,
    open_pairs,
    published_and_rest,
    root_of,
    what_is_here,
)
from isfstudy.report.page import Page
from isfstudy.scenes.scenes import write_scenes
from tests.helpers.images_by_hand import levels, save, three_pairs


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with three pairs of TNO and nothing else."""
    monkeypatch.setenv("ISF_DATA", str(tmp_path / "data"))
    three_pairs(tmp_path / "data", 32, 32)
    return tmp_path / "data"


@pytest.fixture
def page(tmp_path: Path, root: Path) -> Page:
    """A page of a run whose notebook 01 has written four scenes."""
    write_scenes(tmp_path / "run" / "01_data_preparation" / "scenes", count=4, height=48, width=64)
    return Page("03_comparison", tmp_path / "run" / "03_comparison", tmp_path / "run", {})


def paragraphs(html: object) -> list[str]:
    return [paragraph.text for paragraph in BeautifulSoup(html.data, "html.parser").find_all("p")]


def is_caution(html: object) -> bool:
    return "caution" in BeautifulSoup(html.data, "html.parser").aside["class"]


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [
        (10, 4, [0, 3, 6, 9]),
        (10, 3, [0, 4, 9]),  # 4.5 rounds to the even neighbour
        (11, 3, [0, 5, 10]),
        (7, 2, [0, 6]),
        (7, 1, [0]),
        (3, 3, [0, 1, 2]),
        (3, 5, [0, 1, 2]),
        (3, 0, [0, 1, 2]),
        (0, 4, []),
    ],
)
def test_items_are_spread_evenly(count: int, most: int, places: list[int]) -> None:
    assert evenly(range(100, 100 + count), most) == [100 + place for place in places]


def test_scenes_lie_in_the_run_and_other_sets_with_the_user(page: Page, root: Path) -> None:
    assert root_of(page, "scenes") == page.study / "01_data_preparation"
    assert root_of(page, "TNO") == root


def test_scenes_stand_in_where_no_set_is_named(page: Page) -> None:
    images = open_pairs(page, [])
    assert list(images.pairs) == ["scenes"] and images.synthetic and images.absent == []
    assert [pair.stem[:5] for pair in images.pairs["scenes"]] == ["00001", "00002", "00003", "00004"]
    assert images.counts == {"scenes": "4 synthetic pairs"}
    assert page.data.keys() == {"scenes test"}


def test_sets_that_are_here_are_opened_and_entered_and_the_others_said(page: Page) -> None:
    images = open_pairs(page, ["MSRS", "TNO"])
    assert [pair.stem for pair in images.pairs["TNO"]] == ["a", "b", "c"] and list(images.pairs) == ["TNO"]
    assert not images.synthetic and images.absent == ["MSRS: no pair of it is here"]
    assert images.counts["TNO"].startswith("3 of 40 pairs")
    assert page.data["TNO test"].startswith(f"{images.counts['TNO']}, pixels ")
    assert list(page.names.values()) == [["a", "b", "c"]]


def test_of_a_large_set_a_few_pairs_from_first_to_last(page: Page) -> None:
    images = open_pairs(page, ["TNO"], most=2)
    assert [pair.stem for pair in images.pairs["TNO"]] == ["a", "c"]
    assert images.counts["TNO"].startswith("2 of 40 pairs") and list(page.names.values()) == [["a", "c"]]


def test_named_sets_of_which_none_is_here_are_an_error_with_the_cure(page: Page) -> None:
    with pytest.raises(ValueError, match=r"no data set is here.*MSRS is published at .*RoadScene is published at"):
        open_pairs(page, ["MSRS", "RoadScene"])


def test_networks_that_are_here_are_entered_and_all_others_said(page: Page) -> None:
    opened = open_networks(page, ["released", "ours-paired", "released-exchanged"])
    assert list(opened.networks) == list(opened.known) == ["ISF (ours-paired)"]
    assert not opened.networks["ISF (ours-paired)"].training
    assert page.weights == {"ISF (ours-paired)": opened.known["ISF (ours-paired)"]["sha256"]}
    counted = sum(parameter.numel() for parameter in opened.networks["ISF (ours-paired)"].parameters())
    assert opened.known["ISF (ours-paired)"]["parameters"] == counted
    assert len(opened.absent) == 2, "each of the missing ones, not the last alone"
    assert (TRAINED / "ours-paired.safetensors").is_file()


def test_folders_of_fused_images_are_methods_and_entered(page: Page, root: Path) -> None:
    fused = levels(32, 32, seed=5)
    save(root / "fused" / "Mine" / "TNO" / "a.png", fused)
    save(root / "fused" / "Other" / "MSRS" / "a.png", fused)
    methods = open_folders(page, "TNO")
    assert list(methods) == ["Mine"]
    assert (methods["Mine"]("a", np.zeros((32, 32)), np.zeros((32, 32))) == fused).all()
    assert page.images.keys() == {"Mine on TNO"} and page.images["Mine on TNO"].startswith("1 images, pixels ")
    assert open_folders(page, "RoadScene") == {}


def test_the_box_says_what_is_here() -> None:
    images = Images({"TNO": [], "MSRS": []}, {"TNO": "3 of 40 pairs", "MSRS": "2 of 361 pairs"}, [])
    html = what_is_here(images, Networks({}, {}, []), "<b>More:</b> of the page.", note=", evenly spread")
    assert paragraphs(html) == [
        "Data: TNO 3 of 40 pairs; MSRS 2 of 361 pairs, evenly spread.",
        "Networks: none.",
        "More: of the page.",
    ]
    assert not is_caution(html)


def test_the_box_names_networks_with_their_training(page: Page) -> None:
    html = what_is_here(Images({"TNO": []}, {"TNO": "3"}, []), open_networks(page, ["ours-paired"]))
    assert paragraphs(html)[1].startswith("Networks: ISF (ours-paired), ") and "steps" in paragraphs(html)[1]
    assert not is_caution(html)


def test_the_box_is_a_caution_where_something_is_missing_or_synthetic() -> None:
    nothing = Networks({}, {}, [])
    html = what_is_here(Images({"TNO": []}, {"TNO": "3"}, ["MSRS: no pair of it is here"]), nothing)
    assert paragraphs(html)[-1] == "Left out: MSRS: no pair of it is here" and is_caution(html)
    html = what_is_here(Images({"TNO": []}, {"TNO": "3"}, ["set"]), Networks({}, {}, ["one <file>", "another"]))
    assert paragraphs(html)[-3:] == ["Left out: one <file>", "Left out: another", "Left out: set"]
    html = what_is_here(Images({"scenes": []}, {"scenes": "4 synthetic pairs"}, []), nothing)
    assert paragraphs(html)[-1].startswith("Synthetic scenes show that the study runs") and is_caution(html)


def test_pairs_that_most_folders_of_fused_images_have_are_apart_from_the_rest(page: Page, root: Path) -> None:
    which = {"TNO": open_pairs(page, ["TNO"]).pairs["TNO"]}
    assert published_and_rest(which) == (which, {"TNO": []}), "no folder: all are compared"
    for method, stems in (("Mine", "ac"), ("SAGE", "ac"), ("DCEvo", "b")):
        for stem in stems:
            save(root / "fused" / method / "TNO" / f"{stem}.png", levels(32, 32))
    published, rest = published_and_rest(which)
    assert [pair.stem for pair in published["TNO"]] == ["a", "c"] and [pair.stem for pair in rest["TNO"]] == ["b"]
