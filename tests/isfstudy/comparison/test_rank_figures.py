"""Figures of comparisons: what is drawn where is decided by the ranks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from isfstudy.comparison.rank_figures import critical_differences

SAFE = sns.color_palette("colorblind").as_hex()
RANKS = {"Average": 4.6, "ISF (released)": 1.2, "SAGE": 3.0, "LRRNet": 2.4, "Wavelet": 3.8}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def table(metrics: tuple[str, ...] = ("AG", "SF", "CC"), clusters: int = 40, **keys: str) -> pd.DataFrame:
    rows = [
        {"dataset": "TNO", "protocol": "paper", "metric": metric, "method": method, "images": 40, "rank": rank} | keys
        for metric in metrics
        for method, rank in RANKS.items()
    ]
    return pd.DataFrame(rows).assign(clusters=clusters)


def test_a_panel_a_metric_with_each_method_at_its_rank():
    figure = critical_differences(table())
    assert [axis.get_title() for axis in figure.axes] == ["AG (40 images)", "SF (40 images)", "CC (40 images)", ""]
    texts = [text.get_text() for text in figure.axes[0].texts]
    # q = 2.728 for five methods: 2.728 sqrt(5 * 6 / (6 * 40)) = 0.96
    assert "critical difference 0.96" in " ".join(texts)
    for left in ("ISF (released)  1.20", "LRRNet  2.40", "SAGE  3.00"):
        assert left in texts
    for right in ("3.80  Wavelet", "4.60  Average"):
        assert right in texts
    hangers = {line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 3}
    assert hangers == set(RANKS.values())


def test_bars_join_what_does_not_differ_and_none_the_rest():
    """Within 0.96: 2.4 to 3.0, 3.0 to 3.8, 3.8 to 4.6; the best stands alone."""
    axis = critical_differences(table(("AG",))).axes[0]
    bars = [lines for lines in axis.collections if isinstance(lines, LineCollection) and lines.get_linewidth()[0] == 4]
    spans = [(bar.get_segments()[0][0][0], bar.get_segments()[0][1][0]) for bar in bars]
    assert spans == [pytest.approx((low - 0.06, high + 0.06)) for low, high in [(2.4, 3.0), (3.0, 3.8), (3.8, 4.6)]]
    assert {to_hex(bar.get_color()[0]) for bar in bars} == {SAFE[0]}


def test_images_of_one_cluster_count_once():
    """In 10 clusters: 2.728 sqrt(5 * 6 / (6 * 10)) = 1.93."""
    axis = critical_differences(table(("AG",), clusters=10)).axes[0]
    assert axis.get_title() == "AG (40 images, 10 clusters)"
    assert "critical difference 1.93" in " ".join(text.get_text() for text in axis.texts)


def test_networks_stand_out_by_weight_as_well_as_by_colour():
    axis = critical_differences(table(("AG",))).axes[0]
    bold = [text.get_text() for text in axis.texts if text.get_fontweight() == "bold"]
    assert bold == ["ISF (released)  1.20"]
    (ours,) = [line for line in axis.lines if len(line.get_xdata()) == 3 and to_hex(line.get_color()) == SAFE[1]]
    assert ours.get_xdata()[0] == 1.2 and ours.get_linewidth() == 2


def test_one_set_under_one_protocol_is_shown():
    with pytest.raises(ValueError, match="one data set under one protocol"):
        critical_differences(pd.concat([table(), table(dataset="MSRS")]))
