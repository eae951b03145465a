"""axe-core finds nothing on the committed pages, light and dark, wide and narrow, and none asks the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from isfstudy.places import repository
from tests.helpers.accessibility import axe_core, findings
from tests.helpers.browser import browser

PAGES = sorted((repository() / "results" / "published").glob("*/**/*.html"))
pytestmark = pytest.mark.slow


@pytest.mark.skipif(browser() is None, reason="no Chromium here")
@pytest.mark.skipif(
    axe_core() is None, reason="no axe-core here: npm install --global axe-core, or AXE_CORE=<axe.min.js>"
)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_nothing_is_found(page: Path):
    assert findings([page]) == []
