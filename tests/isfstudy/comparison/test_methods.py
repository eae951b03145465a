"""Methods side by side: which methods there are, what they are scored on, and the protocol taken apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import direct
from isfcore.inference import prepare
from isfcore.metrics import METRICS
from isfcore.metrics_further import FURTHER_METRICS, evaluate_further
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.classic import average, maximum
from isfstudy.comparison.methods import classic_methods, described_methods, folder_method, fused_folders, network_method
from isfstudy.comparison.scores import compare, means, together
from isfstudy.comparison.sources import describe
from tests.helpers.images_by_hand import assert_close, grey_levels, jpeg, levels, save, sources, three_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    return three_pairs(tmp_path)


def test_compare_equals_the_definitions(pairs: list[Pair]) -> None:
    methods = classic_methods()
    table, problems = compare(pairs, {name: methods[name] for name in ("Average", "Maximum")})
    assert problems == {} and len(table) == 3 * 2 * 2
    assert list(table.columns) == ["method", "protocol", "stem", *METRICS, "objective"]
    for pair in pairs:
        infrared, visible, grey = sources(pair, cut=16)
        assert infrared.shape == (32, 32)
        for name, rule in (("Average", average), ("Maximum", maximum)):
            fused = rule(infrared, grey)
            for protocol, image in (("paper", grey_levels(jpeg(fused, visible))), ("standard", fused)):
                expected = direct.metrics(image, infrared, grey, convention=protocol)
                row = table.set_index(["method", "protocol", "stem"]).loc[(name, protocol, pair.stem)]
                assert_close(row, expected)


def test_further_metrics_are_of_the_fused_image_itself(tmp_path: Path) -> None:
    pair = three_pairs(tmp_path, 176, 192)[1]
    methods = {"Maximum": classic_methods()["Maximum"]}
    with pytest.raises(ValueError, match="'five' or 'all', not 'some'"):
        compare([pair], methods, metrics="some")
    table, problems = compare([pair], methods, metrics="all")
    infrared, _, grey = sources(pair, cut=16)
    expected = evaluate_further(maximum(infrared, grey), infrared, grey)
    rows = table.set_index("protocol")[list(FURTHER_METRICS)]
    assert problems == {} and rows.loc["standard"].to_dict() == pytest.approx(expected)
    assert rows.loc["paper"].isna().all(), "what JPEG makes of an image is not measured"
    assert not set(FURTHER_METRICS) & set(compare([pair], methods)[0].columns)


def test_objective_is_equation_10(pairs: list[Pair]) -> None:
    table, _ = compare(pairs[:1], {"Maximum": classic_methods()["Maximum"]})
    infrared, visible, grey = (image / 255 for image in sources(pairs[0], cut=16))
    fused = np.maximum(infrared, visible)

    def edges(image: np.ndarray) -> np.ndarray:
        padded = np.pad(image, 1)
        total = sum(padded[row : row + 32, column : column + 32] for row in range(3) for column in range(3))
        return np.abs(total - 9 * image)

    gradient = np.abs(edges(fused) - np.maximum(edges(infrared), edges(grey))).mean()
    expected = np.abs(fused - infrared).mean() + np.abs(fused - grey).mean() + gradient
    assert table["objective"].to_numpy() == pytest.approx(expected)


def test_folder_methods_come_and_go_with_their_folders(tmp_path: Path, pairs: list[Pair]) -> None:
    assert fused_folders(tmp_path, "TNO") == {}
    path = save(tmp_path / "fused" / "Mine" / "TNO" / "a.bmp", levels(32, 32))
    save(tmp_path / "fused" / "Mine" / "MSRS" / "a.png", levels(32, 32))
    (tmp_path / "fused" / "Empty" / "TNO").mkdir(parents=True)
    save(tmp_path / "fused" / "A first" / "TNO" / "b.png", levels(32, 32))
    found = fused_folders(tmp_path, "TNO")
    assert list(found) == ["A first", "Mine"] and found["Mine"] == {"a": path}
    path.unlink()
    assert list(fused_folders(tmp_path, "TNO")) == ["A first"]


def test_a_folder_that_lacks_an_image_is_named_and_the_others_are_scored(tmp_path: Path, pairs: list[Pair]) -> None:
    fused = levels(32, 32, seed=5)
    images = {stem: save(tmp_path / "mine" / f"{stem}.png", fused) for stem in ("a", "b")}
    save(images["b"], levels(32, 48))  # of another size
    methods = {"Mine": folder_method(images), "Average": classic_methods()["Average"]}
    table, problems = compare(pairs, methods)
    assert problems.keys() == {"Mine b", "Mine c"}
    assert "no image of this name" in problems["Mine c"]
    assert table.groupby("method").size().to_dict() == {"Average": 6, "Mine": 2}
    infrared, _, grey = sources(pairs[0], cut=16)
    row = table.query("method == 'Mine' and protocol == 'standard'").iloc[0]
    expected = direct.metrics(fused, infrared, grey, convention="standard")
    assert_close(row, expected)


def test_sources_that_cannot_be_compared_are_named(tmp_path: Path, pairs: list[Pair]) -> None:
    save(pairs[0].visible, levels(37, 36))
    save(pairs[1].infrared, levels(37, 35).astype(np.uint16))
    pairs[2].visible.write_bytes(b"no image")
    table, problems = compare(pairs, classic_methods())
    assert table.empty and problems.keys() == {"a", "b", "c"}
    assert "differ in size" in problems["a"]
    assert "8-bit images, this one has 16 bits" in problems["b"]
    assert "cannot be read as an image" in problems["c"]


def test_every_classic_rule_has_its_own_name_and_result(pairs: list[Pair]) -> None:
    infrared, visible = read_sources(pairs[1])
    results = {name: method("b", infrared, visible) for name, method in classic_methods().items()}
    assert len({image.tobytes() for image in results.values()}) == len(results) == 4


def test_network_method_gives_grey(pairs: list[Pair]) -> None:
    torch.manual_seed(0)
    method = network_method(prepare(FusionNetwork()))
    assert method("b", *read_sources(pairs[1])).shape == (32, 32)


def test_means_count_pairs_by_method() -> None:
    row = dict.fromkeys([*METRICS, "objective"], 1.0)
    rows = [
        {"dataset": "TNO", "method": method, "protocol": "paper", "stem": stem, **row, "AG": value}
        for method, stem, value in (("B", "a", 1.0), ("B", "b", 4.0), ("A", "a", 2.0))
    ]
    table = means(pd.DataFrame(rows)).set_index("method")
    assert list(table.index) == ["B", "A"], "in order of appearance"
    assert table["pairs"].to_dict() == {"B": 2, "A": 1} and table["AG"].to_dict() == {"B": 2.5, "A": 2.0}


def test_sets_together_are_one_set_of_the_methods_that_have_all() -> None:
    rows = [
        ("PET", "A", "1", 2.0), ("PET", "B", "1", 9.0), ("PET", "A", "2", 4.0),
        ("SPECT", "A", "1", 9.0),
    ]  # fmt: skip
    columns = ["dataset", "method", "stem", "AG"]
    table = together(pd.DataFrame(rows, columns=columns).assign(protocol="paper", CC=0.5))
    assert set(table["dataset"]) == {"PET+SPECT"} and set(table["method"]) == {"A"}
    assert table["stem"].to_list() == ["PET 1", "PET 2", "SPECT 1"]
    assert table["AG"].mean() == 5 and list(table.columns) == [*columns, "protocol", "CC"]


def test_description_of_a_pair(pairs: list[Pair]) -> None:
    infrared, visible = describe(pairs[1])
    image, _, grey = sources(pairs[1])
    assert (infrared["modality"], visible["modality"]) == ("infrared", "visible")
    assert (infrared["height"], infrared["width"]) == (37, 35)
    assert visible["mean"] == pytest.approx(grey.mean()) and infrared["contrast"] == pytest.approx(image.std())
    expected = np.corrcoef(image.ravel(), grey.ravel())[0, 1]
    assert infrared["agreement"] == visible["agreement"] == pytest.approx(expected)


def test_described_methods_are_complete() -> None:
    for name, about in described_methods().items():
        counted = {"parameters", "table_entries"} & about.keys()
        assert about.keys() - counted == {"paper", "repository", "commit", "licence", "images", "steps"}, name
        assert all(isinstance(about[fact], int) and about[fact] > 0 for fact in counted), name
        assert all(isinstance(about[fact], str) and about[fact] for fact in about.keys() - counted), name
