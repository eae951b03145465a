"""A small set where the published one would lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from isfcore.datasets import manifest
from tests.helpers.made_up_tno import make_tno, write_manifest


@pytest.fixture
def tno(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with the three pairs, and a manifest that lists just these."""
    monkeypatch.setattr(manifest, "MANIFESTS", write_manifest(tmp_path, make_tno(tmp_path)))
    return tmp_path
