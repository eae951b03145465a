"""Faults on purpose. Short as a part of the tests; long, with figures at the end, when it is asked for:

ISF_FAULTS=long ./run_all.sh --test tests/faults -n 0
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.faults.figures import LONG, TRIED, table
from tests.helpers.small_weights import write_weights


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random points: the same each time in the short part, others in each long run."""
    seed = random.randrange(2**32) if LONG else request.node.name
    print(f"seed of {request.node.name}: {seed}")  # shown where the test fails
    return random.Random(seed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LONG and TRIED:
        terminalreporter.write_sep("-", "faults")
        terminalreporter.write_line(table())
