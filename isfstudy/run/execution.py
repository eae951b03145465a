"""Execute one notebook and put its results in place: complete, or not at all.

A notebook writes into a staging folder, `results/<profile>/.partial/<notebook>.<process>/`, which becomes
`results/<profile>/<notebook>/` when the notebook is finished. Its page is made of that, in a second.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TextIO

import psutil
from ipykernel.kernelspec import write_kernel_spec
from nbclient.exceptions import DeadKernelError
from papermill import PapermillExecutionError, execute_notebook
from tqdm import tqdm

from isfstudy.notebooks import StudyError, load_profile, notebook_path
from isfstudy.places import repository
from isfstudy.report.html import write_html
from isfstudy.report.navigation import siblings


def run(notebook: str, profile: str) -> Path:
    """Execute one notebook with a profile's parameters and put its results into `results/<profile>/<notebook>/`.

    On failure the notebook is kept, as far as it came, in `results/<profile>/.failed/`.

    Returns:
        The notebook as it ran, of which `render` makes a page.

    Raises:
        StudyError: no notebook has this name; or a cell raised, or the kernel died: the text says which, with the
            traceback and the places to look.
    """
    source = notebook_path(notebook)
    root, study = repository(), Path("results", profile)
    final, staging = study / notebook, study / ".partial" / f"{notebook}.{os.getpid()}"
    failed, log = study / ".failed" / f"{notebook}.ipynb", study / ".logs" / f"{notebook}.log"
    parameters = {**load_profile(profile)[notebook], "study": str(study), "results": str(staging)}
    _clear_leftovers(root / study / ".partial", notebook)
    for folder in (staging, log.parent):
        (root / folder).mkdir(parents=True, exist_ok=True)
    copy = root / staging / "notebook.ipynb"
    try:
        with (root / log).open("w", encoding="utf-8") as stream:
            _execute(source, copy, parameters, stream)
        _forget_places(root / staging, str(staging), str(final))
        _publish(root / staging, root / final)
        (root / failed).unlink(missing_ok=True)
    except (PapermillExecutionError, DeadKernelError) as error:
        _forget_places(root / staging, str(staging), str(final))
        (root / failed).parent.mkdir(exist_ok=True)
        if copy.is_file():
            os.replace(copy, root / failed)
        with (root / log).open("a", encoding="utf-8") as stream:
            stream.write(str(error))
        raise StudyError(
            f"{notebook} failed.\n{error}\nThe notebook as far as it came: {failed}\nWhat it printed: {log}"
        ) from error
    finally:
        shutil.rmtree(root / staging, ignore_errors=True)
    return root / final / "notebook.ipynb"


def render(notebook: str, profile: str) -> Path:
    """Make the page of a notebook that has run, `results/<profile>/<notebook>/report.html`.

    Raises:
        StudyError: when no notebook has this name, it has not run, or does not make a sound page.
    """
    notebook_path(notebook)
    load_profile(profile)
    executed = repository() / "results" / profile / notebook / "notebook.ipynb"
    page = executed.with_name("report.html")
    try:
        write_html(executed, page, siblings=siblings(notebook))
    except (ValueError, FileNotFoundError) as error:
        raise StudyError(f"{notebook}: no page could be made. {error}") from error
    return page


def _execute(source: Path, copy: Path, parameters: dict, log: TextIO) -> None:
    """Run the cells with papermill, by this very Python whatever kernels the user has installed."""
    os.environ.setdefault("TQDM_MININTERVAL", "5")  # a progress bar inside a notebook is a few lines of log
    output = _live(log, source.stem)
    with tempfile.TemporaryDirectory() as jupyter:
        write_kernel_spec(Path(jupyter, "kernels", "python3"), extra_arguments=["--log-level=ERROR"])
        os.environ["JUPYTER_PATH"] = jupyter  # searched before the user's and the system's folders
        where = dict(cwd=repository(), stdout_file=output, stderr_file=output)
        progress = {"desc": source.stem}
        execute_notebook(source, copy, parameters, kernel_name="python3", progress_bar=progress, **where)


def _live(log: TextIO, notebook: str) -> SimpleNamespace:
    """A text stream: what a notebook prints goes to the log file and, line by line, to the terminal."""

    def write(text: str) -> None:
        log.write(text)
        for line in filter(str.strip, re.split(r"[\r\n]+", text)):
            tqdm.write(f"{notebook} | {line}", file=sys.stderr)

    return SimpleNamespace(write=write, flush=log.flush)


def _clear_leftovers(partial: Path, notebook: str) -> None:
    """Stop and remove what killed runs of this notebook left; Snakemake never runs one twice at a time."""
    for folder in partial.glob(f"{notebook}.*"):
        try:
            process = psutil.Process(int(folder.name.split(".")[1]))
            if {"isfstudy", "run", notebook} <= set(process.cmdline()):
                for orphan in [*process.children(recursive=True), process]:
                    orphan.kill()
        except psutil.Error:
            pass
        shutil.rmtree(folder)


def _forget_places(folder: Path, staging: str, final: str) -> None:
    """Make the written texts name files by their place in the repository, not by where they were made."""
    for path in [*folder.rglob("*.ipynb"), *folder.rglob("*.json")]:
        text = path.read_text(encoding="utf-8").replace(f"{repository()}/", "").replace(str(repository()), ".")
        path.write_text(text.replace(staging, final), encoding="utf-8")


def _publish(staging: Path, final: Path) -> None:
    """Move a complete result into place; a reader finds the old folder or the new one, or for a moment none, and never
    a mixture."""
    aside = staging.with_name(f"{staging.name}.old")
    if final.exists():
        os.replace(final, aside)
    os.replace(staging, final)
    shutil.rmtree(aside, ignore_errors=True)
