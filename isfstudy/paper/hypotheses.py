"""What was expected before the runs: `paper/hypotheses.yaml`, an experiment at a time."""

from __future__ import annotations

from typing import Any

import yaml

from isfstudy.places import HYPOTHESES, repository


def hypothesis(experiment: str) -> dict[str, Any]:
    """What was written down of an experiment before its first run, by field.

    Raises:
        KeyError: where the file has no such experiment.
    """
    return yaml.safe_load((repository() / HYPOTHESES).read_text(encoding="utf-8"))[experiment]
