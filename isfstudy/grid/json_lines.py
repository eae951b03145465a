"""Files of one JSON object a line, which are only ever added to."""

from __future__ import annotations

import json
from pathlib import Path

from isfcore.machine.files import replacing


def read_lines(path: Path) -> list[dict]:
    """The objects of a file, in order; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def append_lines(path: Path, lines: list[dict]) -> None:
    """Add objects to a file, which is replaced whole. Raises OSError where it cannot be written."""
    before = path.read_text() if path.is_file() else ""
    with replacing(path) as partial:
        partial.write_text(before + "".join(json.dumps(line) + "\n" for line in lines))
