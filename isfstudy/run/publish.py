"""Copying a finished run to `results/published/`, the results that are committed for those who run nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from isfstudy.notebooks import StudyError, notebooks
from isfstudy.places import repository

LARGEST = 3 * 2**20  # bytes of one file
KINDS = (
    "report.html",
    "notebook.ipynb",
    "images.json",
    "tables/*.csv",
    "tables/*.json",
    "figures/*.png",
    "figures/*.svg",
    "figures/*.json",
)


def publish_pages(profile: str) -> list[Path]:
    """Replace `results/published/<profile>/` by what `results/<profile>/` holds: pages, notebooks, tables, figures.

    Embedded scenes are left out; they can be made anywhere.

    Raises:
        StudyError: when a notebook has not run, a result comes from a changed working tree, or a file is too large.
    """
    source, target = (repository() / "results" / place for place in (profile, f"published/{profile}"))
    files = []
    for notebook in notebooks():
        if not (source / notebook / "report.html").is_file():
            raise StudyError(f"{notebook} has no results for '{profile}': run ./run_all.sh {profile} first")
        for kind in KINDS:
            files += sorted((source / notebook).glob(kind))
    for file in files:
        if file.stat().st_size > LARGEST:
            raise StudyError(f"{file.relative_to(repository())} is {file.stat().st_size / 2**20:.1f} MB, 3 MB at most")
        if file.name.endswith(".provenance.json"):
            made = json.loads(file.read_text())["commit"]
            if not made.isalnum():
                raise StudyError(
                    f"{file.relative_to(repository())} was made from commit {made}: commit the changes and run again"
                )
    shutil.rmtree(target, ignore_errors=True)
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return files
