"""The instrument of notebook 14: effects put in by hand are found, and none where there is none."""

from __future__ import annotations

import pytest
import torch

from isfstudy.scenes.counterfactuals import RATES, answers
from isfstudy.scenes.counterfactuals import counterfactual_scenes as render


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory):
    return render(tmp_path_factory.mktemp("scenes"), count=3)


def plain_average(infrared, visible):
    return (infrared + visible) / 2


def test_the_average_answers_by_half_and_the_sources_by_nothing_and_all(scenes):
    for fuse, response in (
        (plain_average, 0.5),
        (lambda infrared, visible: infrared, 0.0),
        (lambda infrared, visible: visible, 1.0),
    ):
        found = answers(fuse, scenes)
        for name in ("response_intact", "response_black", "response_hot", "response_cold"):
            assert found[name] == pytest.approx(response, abs=1e-6)


def test_the_oracle_answers_nothing_and_loses_no_contrast(scenes):
    bare = scenes["without"].float() / 255
    found = answers(lambda infrared, visible: (infrared + bare) / 2, scenes)
    assert all(found[name] == 0 for name in ("response_intact", "response_black", "heat_intact"))
    assert found["contrast_rate_1"] == found["contrast_rate_0"]


def test_a_response_put_in_by_hand_is_found_only_where_infrared_is_black(scenes):
    bare = scenes["without"].float() / 255

    def leaning(infrared, visible):
        extra = 0.2 if infrared.max() == 0 else 0.0
        return plain_average(infrared, visible) + extra * (visible - bare)

    found = answers(leaning, scenes)
    assert found["response_black"] == pytest.approx(0.7, abs=1e-3)
    assert found["response_intact"] == pytest.approx(0.5, abs=1e-3)


def test_heat_painted_on_what_carries_the_cue_is_found(scenes):
    cold = scenes["objects"] == 1

    def painting(infrared, visible):
        carried = (visible * 255 - scenes["rate_0"]).abs().amax(dim=(1, 2, 3), keepdim=True) < 0.5  # the cue is on cold
        return plain_average(infrared, visible) + 5 / 255 * (cold & carried)

    assert answers(painting, scenes)["heat_intact"] - answers(plain_average, scenes)["heat_intact"] == pytest.approx(
        5, abs=0.01
    )


def test_infrared_alone_keeps_the_whole_contrast_and_visible_alone_has_its_own(scenes):
    assert answers(lambda infrared, visible: infrared, scenes)["contrast_rate_1"] == pytest.approx(1)
    assert answers(lambda infrared, visible: visible, scenes)["contrast_rate_0"] < 0.9


def test_scenes_differ_in_the_cue_alone_and_are_rendered_once(scenes, tmp_path):
    assert scenes["infrared"].shape == (3, 1, 240, 320) and scenes["objects"].max() == 2
    changed = {rate: (scenes[rate].int() - scenes["without"]).abs() for rate in RATES}
    both = (changed["rate_1"] >= 8) & (changed["rate_0"] >= 8)  # a cue is on hot things or on cold ones, but for glow
    assert both.sum() < 0.1 * (changed["rate_1"] >= 8).sum()
    again = render(tmp_path, count=1)
    file = next(tmp_path.glob("*.npz"))
    written = file.stat().st_mtime_ns
    assert torch.equal(again["rate_1"][0], scenes["rate_1"][0]) and render(tmp_path, count=1).keys() == again.keys()
    assert file.stat().st_mtime_ns == written
