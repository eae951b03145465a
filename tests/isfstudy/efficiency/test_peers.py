"""Public networks beside this one: the file as it is, and who is faster by more than processes differ."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from isfstudy.efficiency.figures import peer_costs
from isfstudy.efficiency.peers import (
    AXES,
    FASTER,
    FORMS,
    SLOWER,
    SPREAD,
    UNDECIDED,
    against,
    compared,
    conditions,
    in_short,
    networks,
    sentences,
    timings,
)

FILE = timings()


def test_the_file_says_how_it_was_made_and_names_no_place():
    said = conditions()
    assert said.startswith("One pair of 480 x 640") and "2 threads" in said and "no other job" in said
    assert "/work" not in FILE.to_csv() and "/tmp" not in FILE.to_csv()
    assert FILE["seconds_2_threads"].is_monotonic_increasing and FILE["method"].is_unique
    assert set(FILE["weights"].dropna()) == {"official", "random"}


def test_ratios_are_those_of_the_seconds_and_every_network_says_where_it_is_from():
    own = FILE.set_index("method").loc[FORMS["as this study runs it"]]
    for threads in ("2_threads", "1_thread"):
        ratio = FILE[f"seconds_{threads}"] / own[f"seconds_{threads}"]
        assert FILE[f"ratio_to_ours_{threads}"].to_list() == pytest.approx(ratio.to_list(), rel=0.02)
    networks = FILE[FILE["parameters"].notna()]
    assert networks[["repository", "commit", "gflops", "year"]].notna().all(axis=None) and len(networks) > 20


def test_all_that_table_1_compares_with_were_timed():
    assert len(compared()) == 9 and set(compared()) <= set(FILE["method"])


def by_hand(**seconds: float) -> pd.DataFrame:
    rows = {FORMS["as released"]: 2.0, FORMS["as this study runs it"]: 1.0} | seconds
    table = pd.DataFrame({"method": rows.keys(), "seconds_2_threads": rows.values(), "parameters": 1.0})
    return table.assign(seconds_1_thread=2 * table["seconds_2_threads"], repository=table["method"])


def test_a_rival_is_faster_or_slower_by_more_than_processes_differ():
    table = against(by_hand(fast=0.5, near=1.2, slow=2.0), ["fast", "near", "slow", "absent"])
    assert table["method"].value_counts().to_dict() == {"fast": 4, "near": 4, "slow": 4}
    found = table[table["threads"] == 2].set_index(["form", "method"])
    assert found.loc["as this study runs it", "verdict"].to_list() == [FASTER, UNDECIDED, SLOWER]
    assert found.loc["as released", "verdict"].to_list() == [FASTER, FASTER, UNDECIDED]
    assert found.loc[("as released", "slow"), ["seconds", "ours", "ratio"]].to_list() == [2, 2, 1]
    assert against(by_hand(edge=SPREAD), ["edge"])["verdict"].iloc[-1] == UNDECIDED


def test_sentences_name_who_is_faster():
    table = by_hand(fast=0.5, near=1.2, slow=2.0)
    lines = sentences(against(table, ["fast", "near", "slow"]), table)
    assert "as released:</b> 0.50 images a second; faster fast, near; too near to tell slow; slower 0 of 3" in lines[0]
    assert "1.00 images a second; faster fast; too near to tell near; slower 1 of 3" in lines[1]
    assert "2.0 times as fast here" in lines[2] and lines[2].endswith(
        "Of all 3 other networks that were timed, faster than that: fast."
    )
    again = table.assign(repository=table["repository"].replace({"near": "fast"}))
    assert "Of all 2 other networks" in sentences(against(again, ["fast"]), again)[-1], "one repository, one network"


def test_what_is_read_has_every_row_and_what_is_drawn_every_network():
    shown = in_short(FILE)
    assert len(shown) == len(FILE) and shown["images/s"].iloc[-1] == f"{1 / FILE['seconds_2_threads'].iloc[-1]:.3g}"
    drawn = networks(FILE)
    assert list(drawn.columns) == ["method", *AXES] and len(drawn) == FILE["parameters"].notna().sum()
    assert "Average (classic)" not in set(drawn["method"]) and (drawn["seconds"] > 0).all()
    figure = peer_costs(drawn)
    assert [axis.get_title() for axis in figure.axes] == list(AXES.values())
    assert [len(axis.texts) for axis in figure.axes] == [len(drawn)] * 3
    plt.close(figure)
