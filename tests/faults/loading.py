"""Damaged files for loaders: what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.faults.figures import named, survived


def loads(kind: str, path: Path, load: Callable[[Path], Any], *, cures: bool = True) -> Any:
    """What is loaded, or None where it is refused with a message that names the file and a cure."""
    try:
        loaded = load(path)
    except (ValueError, OSError) as error:
        if cures:
            named(kind, str(error), str(path))
        assert str(path) in str(error)
        loaded = None
    survived(kind)
    return loaded


def changed(whole: bytes, changes: list[tuple[float, int]], part: float) -> bytes:
    """Bytes with some of them replaced, by their place from 0 to 1, and the first part of them alone."""
    content = bytearray(whole)
    for place, value in changes:
        content[min(int(place * len(content)), len(content) - 1)] = value
    return bytes(content[: max(1, int(part * len(content)))])


CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6)
# Headers are short: half of the changes fall into the first hundredth or so.
EARLY = st.lists(st.tuples(st.floats(0, 0.05), st.integers(0, 255)), max_size=4)
PARTS = st.one_of(st.just(1.0), st.floats(0, 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
