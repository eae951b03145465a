"""The printed tables, and measured numbers beside them: digits as text, order, residuals."""

from __future__ import annotations

import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.paper.printed import (
    OURS,
    decimals,
    digits,
    is_network,
    printed_table,
    residuals,
    rounded_as,
)


def means(**rows: list[float]) -> pd.DataFrame:
    """A table of means on TNO: five metrics under the paper's protocol, and tenfold under the standard one."""
    table = [
        {"dataset": "TNO", "method": name.replace("_", " "), "protocol": protocol, "pairs": 40}
        | {metric: value * factor for metric, value in zip(METRICS, values, strict=True)}
        | {"objective": 0.1}
        for name, values in rows.items()
        for protocol, factor in (("paper", 1), ("standard", 10))
    ]
    return pd.DataFrame(table)


LRRNET = [3.8553, 3.8062, 61.724, 0.4358, 0.3464]


def test_rows_of_networks_are_known_by_their_name() -> None:
    assert is_network(OURS) and is_network("ISF (ours-paired)")
    assert not is_network("SAGE") and not is_network("ISFusion")


def test_tables_are_read_as_text() -> None:
    table = printed_table("table1_ivif")
    assert len(table) == 30 and set(table["dataset"]) == {"TNO", "MSRS", "M3FD"}
    ours = table[(table["method"] == OURS) & (table["dataset"] == "TNO")].iloc[0]
    assert ours[list(METRICS)].to_list() == ["5.128", "5.132", "62.06", "0.502", "0.423"]
    assert table.set_index(["method", "dataset"]).loc[("Conti", "TNO"), "AG"] == "3.860", "the last 0 is printed"
    assert not (table["method"] == "ISF").any()


@pytest.mark.parametrize("name", ["table1_ivif", "table3_detection", "table4_segmentation", "table5_medical"])
def test_every_method_table_has_ours_and_nine_others(name: str) -> None:
    assert printed_table(name)["method"].nunique() == 10 and OURS in set(printed_table(name)["method"])


@pytest.mark.parametrize(("printed", "count"), [("5.128", 3), ("62.06", 2), ("10", 0), ("0.570", 3)])
def test_decimals(printed: str, count: int) -> None:
    assert decimals(printed) == count


@pytest.mark.parametrize(
    ("measured", "printed", "text"),
    [
        (5.12849, "5.128", "5.128"),
        (5.1285001, "5.128", "5.129"),
        (62.064, "62.06", "62.06"),
        (0.57, "0.570", "0.570"),
        (9.999, "10.06", "10.00"),
        (float("nan"), "1.0", "nan"),
    ],
)
def test_rounded_as_the_paper_rounds(measured: float, printed: str, text: str) -> None:
    assert rounded_as(measured, printed) == text


def test_digits_count_what_reads_the_same() -> None:
    table = digits(means(LRRNet=LRRNET, SAGE=[3.817, 3.745, 59.81, 0.3174, 0.5]), printed_table("table1_ivif"))
    paper = table[table["protocol"] == "paper"].set_index("method")
    assert paper["equal"].to_dict() == {"LRRNet": 5, "SAGE": 4}
    assert paper.loc["LRRNet", "PSNR"] == "61.72 (61.72)" and paper.loc["SAGE", "Qabf"] == "0.500 (0.444)"
    assert (table[table["protocol"] == "standard"]["equal"] == 0).all()


def test_digits_of_unprinted_methods_is_an_empty_table_with_its_columns() -> None:
    table = digits(means(Average=LRRNET), printed_table("table1_ivif"))
    assert table.empty and list(table.columns) == ["dataset", "method", "protocol", "pairs", "equal", *METRICS]


def test_residuals_in_each_metrics_own_unit() -> None:
    table = residuals(means(LRRNet=[3.855 * 1.02, 3.806, 61.72, 0.436 * 0.9, 0.346]), printed_table("table1_ivif"))
    assert list(table.columns) == ["dataset", "method", "metric", "measured", "printed", "difference"]
    assert len(table) == 5, "the paper's protocol only"
    assert table.set_index("metric")["difference"].to_dict() == pytest.approx(
        {"AG": 0.0771, "SF": 0, "PSNR": 0, "CC": -0.0436, "Qabf": 0}, abs=1e-9
    )
