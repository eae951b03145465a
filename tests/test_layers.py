"""The layers of the two packages hold, and the README's picture of them is that of the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.helpers.picture import drawn, in_readme

ROOT = Path(__file__).parent.parent


def test_imports_go_downwards_and_in_no_circles() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 kept, 0 broken" in done.stdout


def test_the_picture_in_the_readme_is_that_of_the_code() -> None:
    assert in_readme() == drawn(), "print it anew: python -m tests.helpers.picture"
