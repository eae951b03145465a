"""Boxes of objects in YOLO text files."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def read_boxes(path: str | Path) -> np.ndarray:
    """Read boxes in YOLO text: Nx5 float64 of class, centre x, centre y, width, height.

    The last four are fractions of the image. An empty file is a scene without objects: 0x5. Raises
    ValueError, naming the file and the line.
    """
    rows = []
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = [float(field) for field in line.split()]
        except ValueError:
            row = []
        if len(row) != 5 or row[0] < 0 or row[0] % 1 or not all(0 <= value <= 1 for value in row[1:]):
            raise ValueError(f"{path}, line {number}: {line[:80]!r} is not `class x y width height`")
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(-1, 5)
