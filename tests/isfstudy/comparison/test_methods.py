"""Which methods there are: networks, classic rules, and folders of fused images."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from isfcore.inference import prepare
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.methods import (
    classic_methods,
    described_methods,
    fused_folders,
    network_method,
)
from tests.helpers.images_by_hand import levels, save, three_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    return three_pairs(tmp_path)


def test_folder_methods_come_and_go_with_their_folders(tmp_path: Path) -> None:
    assert fused_folders(tmp_path, "TNO") == {}
    path = save(tmp_path / "fused" / "Mine" / "TNO" / "a.bmp", levels(32, 32))
    save(tmp_path / "fused" / "Mine" / "MSRS" / "a.png", levels(32, 32))
    (tmp_path / "fused" / "Empty" / "TNO").mkdir(parents=True)
    save(tmp_path / "fused" / "A first" / "TNO" / "b.png", levels(32, 32))
    found = fused_folders(tmp_path, "TNO")
    assert list(found) == ["A first", "Mine"] and found["Mine"] == {"a": path}
    path.unlink()
    assert list(fused_folders(tmp_path, "TNO")) == ["A first"]


def test_every_classic_rule_has_its_own_name_and_result(pairs: list[Pair]) -> None:
    infrared, visible = read_sources(pairs[1])
    results = {name: method("b", infrared, visible) for name, method in classic_methods().items()}
    assert len({image.tobytes() for image in results.values()}) == len(results) == 4


def test_network_method_gives_grey(pairs: list[Pair]) -> None:
    torch.manual_seed(0)
    method = network_method(prepare(FusionNetwork()))
    assert method("b", *read_sources(pairs[1])).shape == (32, 32)


def test_described_methods_are_complete() -> None:
    for name, about in described_methods().items():
        counted = {"parameters", "table_entries"} & about.keys()
        assert about.keys() - counted == {"paper", "repository", "commit", "licence", "images", "steps"}, name
        assert all(isinstance(about[fact], int) and about[fact] > 0 for fact in counted), name
        assert all(isinstance(about[fact], str) and about[fact] for fact in about.keys() - counted), name
