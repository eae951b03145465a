"""Scoring folders: against the definitions written out by hand, and what happens to images that cannot be scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import direct
from isfcore.evaluation import score, score_all, score_folder
from isfcore.machine.remarks import Remark
from isfcore.metrics import METRICS


def levels(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    for number, name in enumerate(("fused", "infrared", "visible")):
        (tmp_path / name).mkdir()
        for other, stem in enumerate(("b", "a", "c")):
            Image.fromarray(levels(12, 14, seed=10 * number + other)).save(tmp_path / name / f"{stem}.png")
    return {name: tmp_path / name for name in ("fused", "infrared", "visible")}


def test_scores_of_a_small_image_by_hand() -> None:
    fused = np.array([[0, 2, 4], [0, 2, 4], [0, 2, 4]], np.uint8)
    values = score(fused, fused, fused + 3, convention="standard")
    assert values["AG"] == pytest.approx(np.sqrt(2))  # gradient (0, 2) everywhere
    assert values["SF"] == pytest.approx(2)  # no change down, 2 across
    assert values["PSNR"] == pytest.approx(10 * np.log10(255**2 / 4.5))  # mean of errors 0 and 9
    assert values["CC"] == pytest.approx(1)
    assert list(values) == list(METRICS) and all(type(value) is float for value in values.values())


@pytest.mark.parametrize("convention", ["paper", "standard"])
def test_a_folder_scores_as_the_definitions_say(folders: dict[str, Path], convention: str) -> None:
    pytest.importorskip("scipy")
    scores, problems = score_folder(**folders, convention=convention)
    assert problems == {} and list(scores) == ["a", "b", "c"]
    for stem, values in scores.items():
        images = [np.asarray(Image.open(folder / f"{stem}.png")) for folder in folders.values()]
        expected = direct.metrics(*images, convention=convention)
        assert list(values) == list(METRICS) and values == pytest.approx(expected, rel=1e-6), stem


def test_colour_counts_by_its_luma_in_whole_levels(folders: dict[str, Path]) -> None:
    coloured = levels(12, 14, 3)
    Image.fromarray(coloured).save(folders["fused"] / "a.png")
    scores, _ = score_folder(**folders, convention="standard")
    sources = [np.asarray(Image.open(folders[name] / "a.png")) for name in ("infrared", "visible")]
    expected = score(np.rint(coloured @ np.array([0.299, 0.587, 0.114])), *sources, convention="standard")
    assert scores["a"] == pytest.approx(expected)


def test_the_luma_of_coloured_sources_can_be_read_as_it_comes_out(folders: dict[str, Path]) -> None:
    visible, of_fused = levels(12, 14, 3, seed=50), levels(12, 14, 3, seed=51)
    Image.fromarray(visible).save(folders["visible"] / "a.png")
    Image.fromarray(of_fused).save(folders["fused"] / "a.png")
    infrared = np.asarray(Image.open(folders["infrared"] / "a.png"))
    weights = np.array([0.299, 0.587, 0.114])
    for sources, light in (("rounded", np.rint(visible @ weights)), ("unrounded", visible @ weights)):
        scores, _ = score_folder(**folders, convention="standard", sources=sources)
        expected = score(np.rint(of_fused @ weights), infrared, light, convention="standard")
        assert scores["a"] == pytest.approx(expected), sources
    with pytest.raises(ValueError, match="sources must be one of rounded, unrounded, not 'exact'"):
        score_folder(**folders, convention="standard", sources="exact")


def test_what_cannot_be_scored_is_named_by_stem(folders: dict[str, Path]) -> None:
    (folders["fused"] / "a.png").write_bytes(b"no image")
    Image.fromarray(levels(12, 15)).save(folders["visible"] / "b.png")
    Image.fromarray(levels(12, 14)).save(folders["fused"] / "d.png")
    scores, problems = score_folder(**folders, convention="paper")
    assert list(scores) == ["c"]
    assert "a.png: cannot be read as an image" in problems["a"]
    fused, infrared, visible = (folder / "b.png" for folder in folders.values())
    assert f"{fused} is 14 x 12, {infrared} is 14 x 12, {visible} is 15 x 12: register them, or bring" in problems["b"]
    assert problems["d"] == "no infrared and no visible image of this name"


def test_16_bit_images_count_by_the_levels_that_fusion_takes_of_them(folders: dict[str, Path]) -> None:
    eight, _ = score_folder(**folders, convention="paper")
    levels_of_c = np.asarray(Image.open(folders["infrared"] / "c.png")).astype(np.uint16)
    Image.fromarray(levels_of_c * 257).save(folders["infrared"] / "c.png")
    assert score_folder(**folders, convention="paper") == (eight, {})
    levels_of_c[0, :2] = 0, 255  # so that `stretch` brings back all levels
    Image.fromarray(levels_of_c.astype(np.uint8)).save(folders["infrared"] / "c.png")
    eight, _ = score_folder(**folders, convention="paper")
    Image.fromarray(levels_of_c + 3000).save(folders["infrared"] / "c.png")
    assert score_folder(**folders, convention="paper", sixteen_bit="stretch") == (eight, {})
    with pytest.warns(Remark, match="under a quarter of the 16-bit range is used by .*c.png"):
        assert score_folder(**folders, convention="paper")[0] != eight


def test_the_levels_of_a_16_bit_fused_image_are_not_stretched(folders: dict[str, Path]) -> None:
    fused = levels(12, 14, seed=70) // 4 + 90  # of little range
    Image.fromarray(fused).save(folders["fused"] / "c.png")
    eight, _ = score_folder(**folders, convention="paper")
    Image.fromarray(fused.astype(np.uint16) * 257).save(folders["fused"] / "c.png")
    for sixteen_bit in ("full", "stretch"):
        assert score_folder(**folders, convention="paper", sixteen_bit=sixteen_bit)[0] == eight


def test_a_missing_folder_is_refused_and_two_files_of_one_stem_are_named(folders: dict[str, Path]) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere: no such folder"):
        score_folder(**folders | {"fused": folders["fused"] / "nowhere"}, convention="paper")
    Image.fromarray(levels(12, 14)).save(folders["fused"] / "a.bmp")
    scores, problems = score_folder(**folders, convention="paper")
    assert list(scores) == ["b", "c"]
    assert problems == {"a": f"{folders['fused'] / 'a.bmp'} and a.png share one stem: keep one of them"}


def test_an_unknown_convention_is_a_problem_of_every_image() -> None:
    scores, problems = score_all({"a": lambda: (levels(5, 5),) * 3}, convention="mine")
    assert scores == {} and "paper, standard, not 'mine'" in problems["a"]


def test_images_of_other_sizes_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="fused is 5 x 4, infrared is 5 x 4, visible is 4 x 5: register them"):
        score(levels(4, 5), levels(4, 5), levels(5, 4), convention="paper")


def test_what_makes_scores_meaningless_is_refused_or_named(folders: dict[str, Path]) -> None:
    (folders["visible"] / "a.png").write_bytes((folders["infrared"] / "a.png").read_bytes())
    (folders["fused"] / "b.png").write_bytes((folders["visible"] / "b.png").read_bytes())
    Image.fromarray(np.full((12, 14), 7, np.uint8)).save(folders["fused"] / "c.png")
    with pytest.warns(Remark) as heard:
        scores, problems = score_folder(**folders, convention="standard")
    assert set(scores) == {"b", "c"} and "a.png show the same pixels" in problems["a"]
    said = [str(warning.message) for warning in heard]
    assert f"the fused image {folders['fused'] / 'b.png'} is one of its sources, pixel by pixel" in said
    assert f"the fused image {folders['fused'] / 'c.png'} is one level all over" in said
