"""Tables and figures of a notebook: saved to files, shown in the page, each with its provenance beside and below it.

A notebook calls `start` once, then `save_table` and `save_figure`. Files appear whole or not at all.
"""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import HTML
from matplotlib.figure import Figure
from PIL import Image

from isfcore.data import Pair
from isfcore.files import replacing
from isfcore.manifest import counted, digest
from isfcore.provenance import collect, commit, machine, repository
from isfcore.study import notebook_parameters, notebook_path

CHART_DPI, PHOTOGRAPH_DPI = 150, 110  # photographs do not compress, and a page should stay under 3 MB
INTERVAL = re.compile(r"^(-?[\d.]+) (\[-?[\d.]+, -?[\d.]+\])$")  # a mean and its interval
VERDICTS = {  # verdict -> CSS class and symbol
    "confirmed": ("confirmed", "✓"),
    "partly": ("partly", "◐"),
    "not confirmed": ("not-confirmed", "✕"),
    "not testable here": ("not-testable", "–"),
}


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


def start(notebook: str, values: dict[str, Any]) -> Page:
    """Open a notebook's page, set the look of its figures, and go to the repository's root.

    Jupyter starts in the notebook's own folder, a run at the root; relative paths (`data`, ISF_DATA) mean the root.

    Args:
        notebook: its name, e.g. `03_ivif_benchmarks`.
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
    page.data[f"{dataset} {split}"] = f"{count}, pixels {digest(pairs)}"
    return count


def use_fused(page: Page, method: str, dataset: str, images: dict[str, Path]) -> None:
    """Enter a folder of fused images, by stem, into a page's provenance."""
    pairs = [Pair(stem, path, path) for stem, path in images.items()]
    page.images[f"{method} on {dataset}"] = f"{len(images)} images, pixels {digest(pairs)}"


def earlier_table(page: Page, notebook: str, name: str) -> pd.DataFrame:
    """A table that another notebook of the same run wrote; what it was made from enters this page's provenance.

    Raises:
        FileNotFoundError: when that notebook has not run.
    """
    file = page.study / notebook / "tables" / f"{name}.csv"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not there: run notebook {notebook} first")
    made = json.loads(file.with_suffix(".provenance.json").read_text())
    for source, which in made["data"].items():
        (page.images if " on " in source else page.data)[source] = which
    page.weights.update(made["weights"])
    return pd.read_csv(file)


def footer(page: Page, name: str, data: Iterable[str] | None = None) -> str:
    """The provenance line under a table or figure, as HTML; the file beside it says more."""
    parts = [name, f"commit {commit()}"]
    parts += [f"{dataset}: {page.data[dataset]}" for dataset in (page.data if data is None else data)]
    parts += [f"weights {network} {sha256[:10]}" for network, sha256 in page.weights.items()]
    parts += [f"seed {page.parameters['seed']}"] if "seed" in page.parameters else []
    here = machine()
    parts += [f"{here['processor']}, {here['cores']} cores, GPU {here['gpu']}"]
    return f'<small class="provenance">{html.escape(" · ".join(parts))}</small>'


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_bytes(content)


def _write_provenance(page: Page, folder: str, name: str) -> None:
    made = collect(
        notebook=page.notebook, parameters=page.parameters, data=page.data | page.images, weights=page.weights
    )
    _write(page.folder / folder / f"{name}.provenance.json", json.dumps(made, indent=1, ensure_ascii=False).encode())


def save_table(
    page: Page,
    frame: pd.DataFrame,
    name: str,
    *,
    caption: str,
    digits: int | dict[str, int] = 3,
    formats: dict[str, Callable[[Any], str]] | None = None,
    shown: pd.DataFrame | None = None,
    data: Iterable[str] | None = None,
) -> HTML:
    """Write `tables/<name>.csv` with all digits, and show it rounded.

    Args:
        frame: its index is not written.
        caption: what the reader sees, first the point; may hold `$formulas$`.
        digits: decimals shown, for all columns or by column.
        formats: columns whose cells are made HTML by a function; text in all others is escaped, and the interval in
            `5.1 [4.7, 5.8]` goes below its mean.
        shown: what to show instead of `frame`, e.g. a part of a long table.
        data: names in `page.data` that the line below the table shows; all by default.
    """
    _write(page.folder / "tables" / f"{name}.csv", frame.to_csv(index=False).encode())
    _write_provenance(page, "tables", name)
    visible = frame if shown is None else shown

    def cell(column: str) -> Callable[[Any], str]:
        places = digits if isinstance(digits, int) else digits.get(column, 3)

        def text(value: Any) -> str:
            if isinstance(value, float):
                return "–" if pd.isna(value) else f"{value:.{places}f}"
            return INTERVAL.sub(r"\1<br><small>\2</small>", html.escape(str(value)))

        return text

    formatters = {html.escape(column): cell(column) for column in visible.columns} | (formats or {})
    visible = visible.rename(columns=html.escape)
    body = visible.to_html(index=False, border=0, escape=False, formatters=formatters, na_rep="–")
    return HTML(f"<figure><figcaption>{caption}</figcaption>{body}{footer(page, f'tables/{name}.csv', data)}</figure>")


def save_figure(
    page: Page,
    figure: Figure,
    name: str,
    *,
    caption: str,
    alt: str,
    content: str = "chart",
    data: Iterable[str] | None = None,
) -> HTML:
    """Write `figures/<name>.png`, close the figure, and show it as WebP: lossless for charts.

    Args:
        content: `chart`, which is written as `.svg` too, or `photographs`, which lines do not describe.
        caption: what the reader sees; may hold `$formulas$`.
        alt: what the figure shows, for those who do not see it.
        data: as for `save_table`.
    """
    kinds = ("png", "svg") if content == "chart" else ("png",)
    for kind in kinds:
        buffer = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(buffer, format=kind, dpi=CHART_DPI if content == "chart" else PHOTOGRAPH_DPI, metadata=metadata)
        _write(page.folder / "figures" / f"{name}.{kind}", buffer.getvalue())
    plt.close(figure)
    _write_provenance(page, "figures", name)
    buffer = io.BytesIO()
    with Image.open(page.folder / "figures" / f"{name}.png") as image:
        image.convert("RGB").save(buffer, "WEBP", lossless=content == "chart", quality=90)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    files = f"figures/{name}." + ", .".join(kinds)
    return HTML(
        f'<figure><img alt="{html.escape(alt)}" src="data:image/webp;base64,{encoded}">'
        f"<figcaption>{caption} {footer(page, files, data)}</figcaption></figure>"
    )


def badge(verdict: str) -> str:
    """A verdict as HTML: colour, symbol and word, so that none is needed to read it."""
    kind, symbol = VERDICTS[verdict]
    return f'<span class="verdict {kind}"><span aria-hidden="true">{symbol}</span> {verdict}</span>'


def evidence_link(file: str) -> str:
    """A link to the page that made a result file, as HTML, with the notebook's number and the file's name.

    Args:
        file: relative to a run's folder, e.g. `03_ivif_benchmarks/tables/table1.csv`; empty for no evidence.
    """
    if not file:
        return ""
    notebook, _, name = file.partition("/")
    return f'<a href="../{notebook}/report.html">{notebook.split("_")[0]} {html.escape(Path(name).name)}</a>'


def callout(*lines: str, kind: str = "note") -> HTML:
    """A box that stands out, a paragraph a line: a `note`, or a `caution`. Lines are HTML."""
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return HTML(f'<aside class="callout{" caution" if kind == "caution" else ""}">{paragraphs}</aside>')
