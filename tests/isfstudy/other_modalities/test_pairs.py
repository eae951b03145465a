"""Pairs whose truth is known, and how closeness to it is told."""

from __future__ import annotations

import numpy as np
import pytest

from isfcore.images import grey
from isfcore.pairs import read_together
from isfstudy.comparison.methods import classic_methods
from isfstudy.other_modalities.pairs import ALL, exposures, focal_planes, written
from isfstudy.other_modalities.scores import TRUTH, closeness, places, scored


@pytest.mark.parametrize("name", ALL)
def test_both_images_are_of_one_size_and_use_their_range(name):
    one = ALL[name]()
    assert one.first.dtype == one.second.dtype == np.uint8 and one.first.shape[:2] == one.second.shape[:2]
    assert all(np.ptp(grey(image)) > 100 for image in (one.first, one.second))
    assert one.truth is None or one.truth.shape == one.first.shape[:2]


def test_each_focal_plane_is_the_photograph_in_its_half():
    near, far, _, truth = focal_planes()
    width = truth.shape[1]
    left, right = np.s_[:, : width // 4], np.s_[:, -(width // 4) :]
    assert np.array_equal(grey(near)[left], truth[left]) and np.array_equal(grey(far)[right], truth[right])
    assert not np.array_equal(grey(near)[right], truth[right])


def test_exposures_lie_below_and_above_the_photograph():
    dark, bright, _, truth = exposures()
    assert grey(dark).mean() < truth.mean() < grey(bright).mean() and (bright == 255).mean() > 0.01


def test_closeness_is_that_to_the_truth():
    truth = np.arange(256, dtype=np.uint8).reshape(16, 16)
    off = np.where(truth < 255, truth + 1, 254).astype(np.uint8)  # by one grey level everywhere
    assert closeness(off, truth)[TRUTH[0]] == pytest.approx(20 * np.log10(255))
    assert closeness(truth.copy(), truth)[TRUTH[1]] == 1


def test_the_pyramid_puts_focal_planes_together_and_the_average_does_not(tmp_path):
    pairs, given = written(tmp_path)
    assert all(len(read_together(pair.infrared, pair.visible)) == 2 for pair in pairs)
    only = [pair for pair in pairs if pair.stem in ("focal_planes", "depth")]
    table = scored(only, given, classic_methods())
    close = table.set_index(["pair", "method"])[TRUTH[0]]
    assert close["focal_planes", "Laplacian pyramid"] > close["focal_planes", "Average"] + 5
    assert close["depth"].isna().all()
    assert places(table, "Average")[0].startswith("<b>Focal planes:</b> Average has a PSNR of 3")
    assert "closest is Laplacian pyramid" in places(table, "Average")[0] and len(places(table, "Average")) == 1
