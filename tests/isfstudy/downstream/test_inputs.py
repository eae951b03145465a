"""What machines are shown, and what of it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isfcore.images import grey
from isfcore.pairs import read_whole
from isfstudy.downstream import inputs as downstream_inputs
from isfstudy.downstream.inputs import images, network_input, source_inputs


def test_source_inputs(study) -> None:
    (_, test, _), _, _ = study
    infrared, visible = read_whole(test.pairs[0])
    sources = source_inputs()
    assert np.array_equal(sources["Visible"].make("a", infrared, visible), visible)
    assert np.array_equal(sources["Infrared"].make("a", infrared, visible), infrared)
    average = sources["Average"].make("a", infrared, visible)
    assert average.shape == visible.shape  # in the visible image's colours
    assert np.median(np.abs(grey(average) - (infrared / 2 + grey(visible) / 2))) <= 1


def test_fused_images_are_kept_by_what_they_were_made_of(study) -> None:
    _, _, root = study
    calls: list[str] = []

    def method(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        calls.append(stem)
        return infrared

    one = network_input("ISF (a)", "abc", method)
    dark, light = np.zeros((8, 8), np.uint8), np.full((8, 8), 9, np.uint8)
    for infrared in (dark, light, dark):
        assert np.array_equal(one.make("x", infrared, dark), infrared)
    assert calls == ["x", "x"] and len(list((root / "runs/fused").rglob("*.png"))) == 2


def test_another_process_may_be_faster(study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trainings that fuse the same pairs at once write the same file; the slower one finds its own gone."""

    def beaten(image: np.ndarray, path: Path) -> None:
        if image.any():
            path.write_bytes(b"made by the other")
        raise FileNotFoundError(path)

    monkeypatch.setattr(downstream_inputs, "write_image", beaten)
    one = network_input("ISF (a)", "abc", lambda stem, infrared, visible: infrared)
    light, dark = np.full((8, 8), 9, np.uint8), np.zeros((8, 8), np.uint8)
    assert np.array_equal(one.make("x", light, dark), light)
    with pytest.raises(FileNotFoundError):
        one.make("x", dark, dark)


def test_images_that_cannot_be_had_are_named(study) -> None:
    (_, test, _), _, _ = study

    def small(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        return infrared[:4]

    broken = network_input("ISF (a)", "def", small)
    with pytest.raises(ValueError, match=rf"ISF \(a\): 6 of 6 failed:\n{test.pairs[0].stem}: "):
        images(broken, test.pairs)
