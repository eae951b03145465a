"""Boxes in YOLO text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isfcore.datasets import boxes


def test_boxes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0  0.5 0.25  0.1 1 \n\n2 0 0 1 1\n")
    assert np.array_equal(boxes.read_boxes(path), [[0, 0.5, 0.25, 0.1, 1], [2, 0, 0, 1, 1]])
    path.write_text("")
    assert boxes.read_boxes(path).shape == (0, 5)
    for line in ("0 0.5 0.5 0.5", "0 0.5 0.5 0.5 1.5", "0.5 0 0 0 0", "-1 0 0 0 0", "<html>", "0 nan 0 0 0"):
        path.write_text(f"0 0 0 1 1\n{line}\n")
        with pytest.raises(ValueError, match=r"a\.txt, line 2"):
            boxes.read_boxes(path)
