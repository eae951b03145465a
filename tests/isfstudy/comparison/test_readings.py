"""Readings of a stored image: each number by its definition, and how many printed digits each reading gives."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks import direct
from isfcore.metrics import METRICS
from isfstudy.comparison.methods import classic_methods
from isfstudy.comparison.protocol import PROTOCOLS
from isfstudy.comparison.readings import (
    READINGS,
    Reading,
    against_printed,
    counted,
    means_by_reading,
    read_in_all_ways,
    scored_once,
    sentences,
    taken,
)
from isfstudy.paper.printed import OURS, printed_table
from tests.helpers.images_by_hand import GREY, assert_close, grey_levels, jpeg, levels, paper_scores, three_pairs


def test_the_first_reading_is_the_protocol_s() -> None:
    protocol = PROTOCOLS["paper"]
    assert READINGS[0] == Reading("decoded", protocol.gradient, protocol.sources, protocol.convention)
    assert len(set(READINGS)) == 16


@pytest.mark.parametrize("reading", READINGS, ids=" ".join)
def test_each_reading_equals_the_definitions(reading: Reading) -> None:
    fused, infrared = levels(32, 32), levels(32, 32, seed=1)
    blocks = np.random.default_rng(2).choice(np.array([0, 255], np.uint8), (8, 8, 3))
    visible = np.kron(blocks, np.ones((4, 4, 1), np.uint8))  # of colours that do not all fit
    bands = jpeg(fused, visible)
    read_back = grey_levels(bands)
    if reading.luma == "file":  # what libjpeg gives when it is asked for grey
        buffer = io.BytesIO()
        joined = np.uint8(np.clip(visible + np.rint(fused - visible @ GREY)[..., None], 0, 255))
        Image.fromarray(joined).save(buffer, "JPEG", quality=95, subsampling=2)
        image = Image.open(buffer)
        image.draft("L", image.size)
        read_back = np.asarray(image).astype(float)
        assert 0 < np.abs(read_back - grey_levels(bands)).mean() < 9, "decoded colours are clipped, luma is not"
    light = visible @ GREY if reading.sources == "unrounded" else grey_levels(visible)
    expected = direct.metrics(read_back, infrared, light, convention="paper")
    expected["Qabf"] = direct.metrics(read_back, infrared, light, convention=reading.qabf)["Qabf"]
    if reading.gradient == "bands":
        expected["AG"] = paper_scores(fused, infrared, visible)["AG"]
    assert_close(pd.Series(taken(scored_once(fused, infrared, visible), reading)), expected)


def test_grey_images_leave_the_range_of_qabf_alone_to_be_read(tmp_path: Path) -> None:
    fused, infrared, visible = (levels(32, 32, seed=seed) for seed in range(3))
    table = means_by_reading([scored_once(fused, infrared, visible)])
    assert (table[list(METRICS[:4])].nunique() == 1).all()
    assert table.groupby("qabf")["Qabf"].nunique().to_dict() == {"paper": 1, "standard": 1}
    pairs = three_pairs(tmp_path)
    rows = read_in_all_ways(pairs, classic_methods()["Average"])
    assert len(rows) == 16 and (rows["pairs"] == 3).all() and rows["AG"].nunique() == 2


PRINTED = printed_table("table1_ivif")


def by_reading(**changes: dict[str, float]) -> pd.DataFrame:
    """The printed numbers of the authors' row on TNO and MSRS under every reading, some of them changed for some."""
    rows = []
    for dataset in ("TNO", "MSRS"):
        said = PRINTED.query(f"dataset == '{dataset}' and method == @OURS").iloc[0]
        values = {metric: float(said[metric]) for metric in METRICS}
        for reading in READINGS:
            row = reading._asdict() | {"pairs": 2, "dataset": dataset, "method": OURS} | values
            for value, wrong in changes.items():
                row |= wrong if value in reading and dataset == "MSRS" else {}
            rows.append(row)
    return pd.DataFrame(rows)


def test_the_reading_with_most_printed_digits_comes_first() -> None:
    changes = {"grey": {"AG": 4.068}, "rounded": {"Qabf": 0.541, "CC": 0.6449}, "decoded": {"SF": 4.7434}}
    table = against_printed(by_reading(**changes), PRINTED)
    assert len(table) == 16 * 2 * 5
    first = counted(table)
    assert first.iloc[0][["luma", "gradient", "sources"]].to_list() == ["file", "bands", "unrounded"], "the nearest"
    assert first.iloc[0][["TNO", "MSRS", "equal", "of", "off"]].to_list() == pytest.approx([5, 5, 10, 10, 0])
    assert first.iloc[2][["luma", "equal", "off"]].to_list() == ["decoded", 10, pytest.approx(0.4)]
    assert first["equal"].is_monotonic_decreasing and first["equal"].iloc[-1] == 7
    off = table[~table["equal"]].drop_duplicates(["dataset", "metric"]).set_index("metric")
    assert set(off["dataset"]) == {"MSRS"} and off["reads"].to_dict() == {"AG": "4.068", "CC": "0.645", "Qabf": "0.541"}
    assert off["units"].to_dict() == pytest.approx({"AG": -61, "CC": -1.1, "Qabf": -4})


def test_what_does_not_come_out_is_said_with_its_distance() -> None:
    bands = {"AG": 4.1262, "PSNR": 66.0154, "Qabf": 0.5438}
    rows = by_reading(bands=bands, grey=bands | {"AG": 4.068})
    lines = sentences(against_printed(rows.assign(pairs=rows["dataset"].map({"TNO": 40, "MSRS": 361})), PRINTED))
    assert lines[0].startswith(
        "<b>Most numbers to the printed digit, 8 of 10:</b> the luma of the file's decoded colours,"
    )
    assert "AG over the colour bands, the visible luma rounded" in lines[0]
    assert "15 of the other 15 readings give as many" in lines[0] and "the count decides nothing, and" in lines[0]
    decided = sentences(against_printed(by_reading(unrounded={"PSNR": 66.0143}), PRINTED))
    assert "7 of the other 15" in decided[0] and "decides whether the visible luma is rounded, and" in decided[0]
    assert lines[1].endswith("(40 of 40 pairs): every digit as printed.")
    off = "AG 4.126, printed 4.129 (0.0028 too low); Qabf 0.544, printed 0.545 (0.0012 too low)."
    assert lines[2] == f"<b>{OURS} on MSRS</b> (361 of 361 pairs): {off}"
    part = sentences(against_printed(rows.assign(pairs=40), PRINTED))
    assert "(40 of 361 pairs, a part, which need not give them)" in part[2]


def test_what_is_not_printed_is_not_counted() -> None:
    table = against_printed(by_reading().assign(method="Mine"), PRINTED)
    assert table.empty and counted(table).empty and sentences(table) == []
