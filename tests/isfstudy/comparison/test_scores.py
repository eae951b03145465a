"""Every pair scored under every protocol, values by definition, and what the scores come to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import direct
from isfcore.metrics import METRICS
from isfcore.metrics_further import FURTHER_METRICS, evaluate_further
from isfcore.pairs import Pair
from isfstudy.comparison.classic import average, maximum
from isfstudy.comparison.detail import QUANTITIES, detail_and_colour
from isfstudy.comparison.methods import classic_methods, folder_method
from isfstudy.comparison.scores import compare, compare_sets, further_metrics, means, not_scored, relative_to, together
from isfstudy.paper.printed import OURS
from tests.helpers.images_by_hand import assert_close, levels, paper_scores, save, sources, three_pairs


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
            standard = direct.metrics(fused, infrared, grey, convention="standard")
            for protocol, expected in (("paper", paper_scores(fused, infrared, visible)), ("standard", standard)):
                row = table.set_index(["method", "protocol", "stem"]).loc[(name, protocol, pair.stem)]
                assert_close(row, expected)


def test_further_metrics_are_of_the_fused_image_itself(tmp_path: Path) -> None:
    pair = three_pairs(tmp_path, 176, 192)[1]
    methods = {"Maximum": classic_methods()["Maximum"]}
    table, problems = compare([pair], methods, further=further_metrics)
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
    assert "has 16 bits" in problems["b"]
    assert "cannot be read as an image" in problems["c"]


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
    table = pd.DataFrame(rows, columns=columns)
    table = together(table.assign(protocol="paper", CC=0.5, cluster="head " + table["stem"]))
    assert set(table["dataset"]) == {"PET+SPECT"} and set(table["method"]) == {"A"}
    assert table["stem"].to_list() == ["PET 1", "PET 2", "SPECT 1"]
    assert table["cluster"].to_list() == ["PET head 1", "PET head 2", "SPECT head 1"]
    assert table["AG"].mean() == 5 and list(table.columns) == [*columns, "protocol", "CC", "cluster"]


def test_what_else_is_measured_stands_in_lossless_rows_of_the_same_fusion(pairs: list[Pair]) -> None:
    fused = []

    def counting(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        fused.append(stem)
        return infrared

    table, problems = compare(pairs, {"Infrared": counting}, further=detail_and_colour)
    assert problems == {} and sorted(fused) == ["a", "b", "c"], "each image is fused once"
    assert list(table.columns) == ["method", "protocol", "stem", *METRICS, "objective", *QUANTITIES]
    infrared, visible, _ = sources(pairs[1], cut=16)
    row = table[(table["stem"] == "b") & (table["protocol"] == "standard")].iloc[0]
    assert row[list(QUANTITIES)].to_dict() == pytest.approx(detail_and_colour(infrared, infrared, visible))
    assert table.loc[table["protocol"] == "paper", list(QUANTITIES)].isna().all(axis=None)


def test_several_sets_are_one_table_and_problems_name_the_set(pairs: list[Pair]) -> None:
    methods = {"Average": classic_methods()["Average"], "Mine": folder_method({})}
    table, problems = compare_sets({"B": pairs[:1], "A": pairs}, {"B": methods, "A": {"Average": methods["Average"]}})
    assert list(table["dataset"]) == ["B"] * 2 + ["A"] * 6 and table.columns[0] == "dataset"
    assert list(table.index) == list(range(8))
    assert list(table["cluster"]) == list(table["stem"]), "in unknown sets each image stands for itself"
    alone, _ = compare(pairs, {"Average": methods["Average"]})
    alone_too = table.iloc[2:].drop(columns=["dataset", "cluster"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(alone_too, alone)
    assert problems == {"B: Mine a": "its folder has no image of this name"}


def test_a_name_whose_cluster_cannot_be_told_is_refused_before_anything_is_fused(pairs: list[Pair]) -> None:
    def unused(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        raise AssertionError("fused")

    with pytest.raises(ValueError, match="MSRS: 'a' does not name a frame"):
        compare_sets({"B": pairs, "MSRS": pairs}, {"B": {"Mine": unused}, "MSRS": {}})


def test_the_box_names_what_could_not_be_scored() -> None:
    many = not_scored(
        {f"M3FD: Mine {number:05d}": "no image" for number in range(3)} | {"TNO: b": "cannot be read"}
    ).data
    assert "M3FD: Mine 3 images: no image; TNO: b: cannot be read" in many
    alike = {f"MSRS: {method} {number:05}N": "no image" for method in ("Mine", "SAGE") for number in range(4)}
    assert "MSRS: Mine, SAGE 4 images: no image" in not_scored(alike).data
    assert "caution" not in not_scored({}).data
    html = not_scored({"TNO: Mine a": "<no image>", "TNO: b": "cannot be read"}).data
    assert "caution" in html and "TNO: Mine a: &lt;no image&gt;; TNO: b: cannot be read" in html


def test_methods_have_a_kind() -> None:
    row = {"dataset": "TNO", "protocol": "paper", "stem": "a"} | dict.fromkeys([*METRICS, "objective"], 1.0)
    table = means(pd.DataFrame([row | {"method": method} for method in (OURS, "Wavelet", "SAGE")]))
    assert table.set_index("method")["kind"].to_dict() == {OURS: "network", "Wavelet": "classic", "SAGE": "published"}


def test_other_networks_in_percent_of_one_and_in_decibels() -> None:
    rows = [(OURS, "network", 2.0), ("ISF (mine)", "network", 3.0), ("SAGE", "published", 9.0)]
    table = pd.DataFrame(rows, columns=["method", "kind", "AG"]).assign(dataset="TNO", protocol="paper", pairs=4)
    table = pd.concat([table, table.assign(protocol="standard")]).assign(**{metric: table["AG"] for metric in METRICS})
    (row,) = relative_to(table, OURS).to_dict("records")
    assert (row["method"], row["pairs"]) == ("ISF (mine)", 4) and row["AG"] == pytest.approx(50)
    assert row["PSNR"] == 1, "in dB, not in percent"
    assert relative_to(table, "ISF (another)").empty
