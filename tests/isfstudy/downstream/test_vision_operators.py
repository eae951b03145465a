"""torchvision beside this build of torch."""

from __future__ import annotations

import subprocess
import sys


def test_torchvision_can_be_imported_once_and_again() -> None:
    """In a process of its own, as what is declared stays; twice, as two tasks may ask."""
    code = (
        "from isfstudy.downstream.vision_operators import import_torchvision as take\n"
        "take(); take()\n"
        "import segmentation_models_pytorch, torchvision\n"
        "print(torchvision.__version__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip()[0].isdigit(), done.stderr


def test_nothing_of_the_package_imports_the_extras_unasked() -> None:
    code = (
        "import sys, isfstudy.downstream.detector, isfstudy.downstream.segmenter"
        ", isfstudy.downstream.detection_scores, isfstudy.downstream.setting\n"
        "print([name for name in ('ultralytics', 'torchvision', 'segmentation_models_pytorch', 'faster_coco_eval') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
