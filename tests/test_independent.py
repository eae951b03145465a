"""What is published is what another program computes that shares no code with the study."""

from __future__ import annotations

import ast
import functools
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.independent import formulas, recompute
from tests.independent.formulas import at_least, closeness, cost, interval, qabf, sharpness, sign_flip, word
from tests.independent.recompute import Check

PUBLISHED = recompute.REPOSITORY / "results" / "published" / "real"
DATA = Path(os.environ.get("ISF_DATA") or "nowhere")
IMAGES = all((DATA / part).is_dir() for part in ("TNO/ir", "fused/LRRNet/TNO", "fused/SAGE/TNO", "golden/released"))
with_images = pytest.mark.skipif(not IMAGES, reason="needs ISF_DATA with TNO, and LRRNet's and SAGE's images of it")


@functools.cache
def own() -> list[Check]:
    data = DATA if IMAGES else None
    return [*recompute.numbers(PUBLISHED, data), *recompute.verdicts(PUBLISHED, data)]


def test_it_shares_no_code_with_what_it_checks() -> None:
    for module in (formulas, recompute):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        used = {name.split(".")[0] for name in names if not name.startswith("tests.independent")}
        assert used <= {*sys.stdlib_module_names, "numpy", "PIL"}, used


def test_every_number_is_the_published_one() -> None:
    assert not [check for check in own() if not isinstance(check.own, str) and not check.agrees]


def test_every_verdict_is_the_published_one() -> None:
    found = [check for check in own() if isinstance(check.own, str)]
    assert len(found) >= 5 and not [check for check in found if not check.agrees]
    assert len({check.own for check in found}) >= 3, "words of several kinds"


@with_images
def test_there_are_twenty_numbers_and_more() -> None:
    assert sum(not isinstance(check.own, str) for check in own()) >= 20


def test_a_number_that_is_off_is_told() -> None:
    assert Check("x", 1.0, 1.001, 0.01).agrees and not Check("x", 1.0, 1.02, 0.01).agrees
    assert Check("x", "partly", "partly").agrees and not Check("x", "partly", "confirmed").agrees


def test_statistics_by_hand() -> None:
    assert formulas.student(0.95, 7) == pytest.approx(2.364624, abs=1e-5)
    assert interval([1, 2, 3]) == pytest.approx((2, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), abs=1e-5)
    assert sign_flip([1, 2, 4]) == pytest.approx(2 / 8)
    assert sign_flip([1, -1]) == 1
    assert [at_least(each, 0.1, 1) for each in ((0.3, 0.2, 0.4), (0, -0.1, 0.05), (0.1, 0, 0.2))] == [True, False, None]
    assert at_least((-0.3, -0.4, -0.2), 0.1, -1) is True
    words = [word(parts) for parts in ([True], [True, None], [False, None], [None])]
    assert words == ["confirmed", "partly", "not confirmed", "undecided"] and word([True], whole=False) == "partly"


def test_metrics_by_hand() -> None:
    ramp = np.tile(np.arange(4.0), (4, 1))
    ag, sf = sharpness(ramp)
    assert ag == pytest.approx(16 / 2**0.5 / 9) and sf == pytest.approx(100 / 255)
    psnr, cc = closeness(ramp, (ramp + 255, ramp - 255))
    assert psnr == pytest.approx(48.1308, abs=1e-4) and cc == pytest.approx(1)
    assert cost(np.zeros((4, 4)), (np.full((4, 4), 255.0), np.zeros((4, 4)))) == pytest.approx(1 + (4 * 5 + 8 * 3) / 16)
    picture = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(float)
    assert 0 < qabf(np.zeros((8, 8)) + 255.0, (picture, picture)) < qabf(picture, (picture, picture + 0.0)) <= 1
