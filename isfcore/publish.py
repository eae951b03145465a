"""Copying a finished run to `published/`, the results that are committed for those who run nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from isfcore.execution import siblings
from isfcore.html import write_html
from isfcore.provenance import repository
from isfcore.study import StudyError, notebooks

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


def publish(profile: str) -> list[Path]:
    """Replace `published/<profile>/` by what `results/<profile>/` holds: pages, notebooks, tables, figures.

    Embedded scenes are left out; they can be made anywhere. Pages are rendered once more, so that those that were made
    before a notebook joined link to it too.

    Raises:
        StudyError: when a notebook has not run, a result comes from a changed working tree, or a file is too large.
    """
    source, target = repository() / "results" / profile, repository() / "published" / profile
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
    for notebook in notebooks():
        page = target / notebook
        write_html(page / "notebook.ipynb", page / "report.html", siblings=siblings(notebook))
    return files
