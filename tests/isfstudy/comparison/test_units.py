"""PSNR in dB, the others in percent."""

from __future__ import annotations

import pandas as pd
import pytest

from isfcore.metrics import METRICS
from isfstudy.comparison.units import RELATIVE, difference, said


def test_two_percent_of_a_level_in_decibels_are_said_in_decibels() -> None:
    values = pd.DataFrame({metric: [51.0] for metric in METRICS} | {"stem": ["a"]})
    found = difference(values, pd.Series(dict.fromkeys(METRICS, 50.0)))
    assert list(found.columns) == list(METRICS) and found["PSNR"].to_list() == [1.0]
    assert found[list(RELATIVE)].iloc[0].to_list() == pytest.approx([2.0] * 4)


def test_differences_in_words() -> None:
    changes = {"PSNR": -0.331, "AG": 0.8}
    assert said(changes) == "AG +0.8 %, PSNR -0.33 dB", "in the order of the tables"
    assert said(changes, signed=False, digits=0) == "AG 1 %, PSNR -0.3 dB"
