"""What several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from isfcore.machine.environment import prepare_process

prepare_process()  # before any test imports torch


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The user's folder of real images; a test that asks for it is skipped where there is none."""
    if not os.environ.get("ISF_DATA"):
        pytest.skip("needs ISF_DATA")
    return Path(os.environ["ISF_DATA"])
