"""Figures by set: parts are averaged, runs that are missing stay missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isfstudy.grid.sets import by_arm, measured

RUNS = pd.DataFrame(
    [("full", 0, 1.0, 3.0, 5.0), ("full", 1, 2.0, np.nan, 6.0), ("rival", 0, 3.0, 5.0, 7.0)],
    columns=["arm", "seed", "MSRS_day.AG", "MSRS_night.AG", "TNO.AG"],
)


def test_a_set_in_parts_is_their_mean_and_a_run_without_one_part_is_missing():
    table = by_arm(RUNS, "MSRS", "AG")
    assert table.loc[0].to_dict() == {"full": 2.0, "rival": 4.0}
    assert 1 not in table.index or table.loc[1].isna().all()
    assert by_arm(RUNS, "TNO", "AG").loc[1, "full"] == 6.0 and np.isnan(by_arm(RUNS, "TNO", "AG").loc[1, "rival"])


def test_what_no_run_has_is_empty():
    assert by_arm(RUNS, "M3FD", "AG").empty and by_arm(RUNS.iloc[:0], "TNO", "AG").empty
    assert by_arm(pd.DataFrame(columns=["arm", "seed"]), "TNO", "AG").empty
    assert measured(RUNS) == [("TNO", "AG"), ("MSRS", "AG")]
