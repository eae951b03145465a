"""The page of one notebook's run: where it writes, and what its numbers come from, down to the names of the images.

The line below a table or figure (`footer`) names commit, data by their pixels, weights and machine; the JSON file
beside it has all of that and the parameters; the page's last cell (`sources`) the command and every image by name.
"""

from __future__ import annotations

import datetime
import html
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import HTML

from isfcore.datasets.fingerprints import counted, digest
from isfcore.machine.files import replacing
from isfcore.machine.provenance import commit, machine, versions
from isfcore.pairs import Pair
from isfstudy.notebooks import notebook_parameters, notebook_path
from isfstudy.places import repository

NAMES = "images.json"  # of a page: its images by name
SCENES = "scenes"  # the embedded set


@dataclass(frozen=True)
class Page:
    """One notebook's run: where it writes, with which parameters, and from which data and weights."""

    notebook: str
    folder: Path
    study: Path
    parameters: dict[str, Any]
    data: dict[str, str] = field(default_factory=dict)  # data set -> how many pairs, which pixels
    images: dict[str, str] = field(default_factory=dict)  # folder of fused images -> how many, which pixels
    weights: dict[str, str] = field(default_factory=dict)  # network -> SHA-256 of its file
    names: dict[str, list[str]] = field(default_factory=dict)  # entry of `data` or `images`, in words -> its stems


def start(notebook: str, values: dict[str, Any]) -> Page:
    """Open a notebook's page, set the look of its figures, and go to the repository's root.

    Jupyter starts in the notebook's own folder, a run at the root; relative paths (`data`, ISF_DATA) mean the root.

    Args:
        notebook: its name, e.g. `03_comparison`.
        values: the notebook's `globals()`, of which the parameters are taken.
    """
    os.chdir(repository())
    sns.set_theme(context="notebook", style="whitegrid", palette="colorblind")
    plt.rcParams.update({"figure.constrained_layout.use": True, "svg.fonttype": "none", "svg.hashsalt": notebook})
    parameters = {name: values[name] for name in notebook_parameters(notebook_path(notebook))}
    places = {name: repository() / parameters.pop(name) for name in ("results", "study")}
    return Page(notebook, places["results"], places["study"], parameters)


def use_pairs(page: Page, dataset: str, split: str, pairs: list[Pair]) -> str:
    """Enter the pairs a page works on into its provenance, and say how many of the published ones they are."""
    count = counted(dataset, split, pairs)
    _enter(page, page.data, f"{dataset} {split}", f"{count}, pixels {digest(pairs)}", pairs)
    return count


def only_scenes(sources: Iterable[str]) -> bool:
    """Whether these entries of `Page.data` are the embedded scenes alone, of which nothing compares with the paper.

    What a page says of its data rests on what entered it, never on a parameter, which may name what was trained on
    while other sets are shown.
    """
    return all(source.split()[0] == SCENES for source in sources)


def use_weights(page: Page, known: dict[str, dict]) -> None:
    """Enter networks into a page's provenance: by row name what `isfcore.weights.load_weights` says of each."""
    page.weights.update({row: described["sha256"] for row, described in known.items()})


def use_fused(page: Page, method: str, dataset: str, images: dict[str, Path]) -> None:
    """Enter a folder of fused images, by stem, into a page's provenance."""
    pairs = [Pair(stem, path, path) for stem, path in images.items()]
    _enter(page, page.images, f"{method} on {dataset}", f"{len(images)} images, pixels {digest(pairs)}", pairs)


def _enter(page: Page, entries: dict[str, str], source: str, which: str, pairs: list[Pair]) -> None:
    entries[source] = which
    page.names[f"{source}: {which}"] = [pair.stem for pair in pairs]


def use_results(page: Page) -> None:
    """Enter what all other notebooks' tables of the same run were made from into this page's provenance."""
    others = [folder for folder in sorted(page.study.glob("[0-9]*")) if folder.name != page.notebook]
    for folder in others:
        for file in sorted(folder.glob("tables/*.provenance.json")):
            _take_over(page, file)


def earlier_table(page: Page, notebook: str, name: str) -> pd.DataFrame:
    """A table that another notebook of the same run wrote; what it was made from enters this page's provenance.

    Raises:
        FileNotFoundError: when that notebook has not run.
    """
    file = page.study / notebook / "tables" / f"{name}.csv"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not there: run notebook {notebook} first")
    _take_over(page, file.with_suffix(".provenance.json"))
    return pd.read_csv(file)


def _take_over(page: Page, provenance: Path) -> None:
    made, names = json.loads(provenance.read_text()), provenance.parent.parent / NAMES
    known = json.loads(names.read_text()) if names.is_file() else {}
    for source, which in made["data"].items():
        (page.images if " on " in source else page.data)[source] = which
        page.names.update({said: known[said] for said in [f"{source}: {which}"] if said in known})
    page.weights.update(made["weights"])


def footer(page: Page, name: str, data: Iterable[str] | None = None) -> str:
    """The provenance line under a table or figure, as HTML; the file beside it says more."""
    parts = [name, f"commit {commit()}"]
    parts += [f"{dataset}: {page.data[dataset]}" for dataset in (page.data if data is None else data)]
    parts += [f"weights {network} {sha256[:10]}" for network, sha256 in page.weights.items()]
    parts += [f"seed {page.parameters['seed']}"] if "seed" in page.parameters else []
    here = machine()
    parts += [f"{here['processor']}, {here['cores']} cores, GPU {here['gpu']}"]
    return f'<small class="provenance">{html.escape(" · ".join(parts))}</small>'


def write(path: Path, content: bytes) -> None:
    """Write a file of a page, with its folder; it appears whole or not at all. Raises OSError where it cannot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_provenance(page: Page, folder: str, name: str) -> None:
    """Write `<folder>/<name>.provenance.json`, all that it takes to make a result again, and the page's images by name.

    It names the notebook with its parameters, the commit and the time, of each data set which pairs and which pixels,
    of each network the SHA-256 of its weights, and the machine with the versions of its packages.
    """
    made = {
        "notebook": page.notebook,
        "commit": commit(),
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "parameters": page.parameters,
        "data": page.data | page.images,
        "weights": page.weights,
        "machine": machine(),
        "versions": versions(),
    }
    write(page.folder / folder / f"{name}.provenance.json", json.dumps(made, indent=1, ensure_ascii=False).encode())
    write(page.folder / NAMES, json.dumps(page.names, indent=0, ensure_ascii=False).encode())


def sources(page: Page) -> HTML:
    """What a page's last cell shows: the command, commit and machine that made it, its weights, and its images by name.

    With the line under each table and figure it leads from any number to all that it was made from.
    """
    said = html.escape
    command = f"./run_all.sh {page.study.name} --only {page.notebook[:2]}"
    facts = (machine(), versions())
    here, packages = (", ".join(f"{name} {value}" for name, value in each.items()) for each in facts)
    lines = [
        f"<b>Command:</b> <code>{said(command)}</code>, in a clone at commit <code>{said(commit())}</code>, with the "
        "parameters at the top of this page.",
        f"<b>Machine:</b> {said(here)}; {said(packages)}.",
    ]
    lines += [f"<b>Weights {said(name)}:</b> SHA-256 <code>{sha256}</code>." for name, sha256 in page.weights.items()]
    lines += [f"<b>{said(source)}:</b> {said(', '.join(stems))}." for source, stems in sorted(page.names.items())]
    body = "".join(f"<p>{line}</p>" for line in lines)
    summary = "Command, commit, weights and images by name"
    return HTML(f'<details class="sources"><summary>{summary}</summary>{body}</details>')
