"""What using the method loads: nothing of the study, and no tables where none are made."""

from __future__ import annotations

import subprocess
import sys

import pytest

STUDY = {"isfstudy", "matplotlib", "scipy", "skimage", "pywt", "IPython", "seaborn", "statsmodels", "nbformat"}
FUSE = ["fusion", "inference", "weights", "evaluation", "pairs", "images", "network", "masks", "losses", "metrics"]
TRAIN = ["training.launch", "training.loop", "training.validation", "training.recipe", "metrics_further"]
TABLES = ["datasets.manifest", "datasets.fetch", "cli.main", "cli.data"]


@pytest.mark.parametrize(
    ("modules", "absent"),
    [(FUSE, STUDY | {"pandas"}), (TRAIN, STUDY | {"pandas"}), (TABLES, STUDY)],
    ids=["fusing", "training", "data"],
)
def test_no_more_is_loaded_than_needed(modules: list[str], absent: set[str]) -> None:
    imports = "; ".join(f"import isfcore.{module}" for module in modules)
    code = f"import sys; {imports}; print(sorted({absent} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
