"""What a notebook shows: tables and figures with their files, verdicts and callouts.

A notebook calls `start` first, then `save_table` and `save_figure`, and `sources` last. Files appear whole or not at
all.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure
from PIL import Image

from isfstudy.report.legible import make_legible
from isfstudy.report.page import (
    Page,
    earlier_table,
    footer,
    only_scenes,
    sources,
    start,
    use_fused,
    use_pairs,
    use_results,
    use_weights,
    write,
    write_provenance,
)

# all that notebooks need, the page's own functions among it
__all__ = ["earlier_table", "only_scenes", "sources", "start", "use_fused", "use_pairs", "use_results", "use_weights"]
__all__ += ["badge", "callout", "evidence_link", "save_figure", "save_table"]

CHART_DPI, PHOTOGRAPH_DPI = 150, 110  # photographs do not compress, and a page should stay under 3 MB
# A mean, perhaps with a mark of what it says, and its interval.
INTERVAL = re.compile(r"^((?:[✓✕✗≈–∅] )?[-+]?[\d.]+(?: [✓✕✗–∅])?) (\[[-+]?[\d.]+, [-+]?[\d.]+\])$")
VERDICTS = {  # verdict -> CSS class and symbol
    "confirmed": ("confirmed", "✓"),
    "partly": ("partly", "◐"),
    "not confirmed": ("not-confirmed", "✕"),
    "undecided": ("undecided", "?"),
    "not testable here": ("not-testable", "–"),
}


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
    write(page.folder / "tables" / f"{name}.csv", frame.to_csv(index=False).encode())
    write_provenance(page, "tables", name)
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
    """Write `figures/<name>.png`, close the figure, and show it as WebP: lossless for charts. Text that would be too
    small to read on the page is enlarged (`isfstudy.report.legible`).

    Args:
        content: `chart`, which is written as `.svg` too, or `photographs`, which lines do not describe.
        caption: what the reader sees; may hold `$formulas$`.
        alt: what the figure shows, for those who do not see it.
        data: as for `save_table`.
    """
    kinds, dpi = (("png", "svg"), CHART_DPI) if content == "chart" else (("png",), PHOTOGRAPH_DPI)
    make_legible(figure, dpi)
    for kind in kinds:
        buffer = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
        write(page.folder / "figures" / f"{name}.{kind}", buffer.getvalue())
    plt.close(figure)
    write_provenance(page, "figures", name)
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
        file: relative to a run's folder, e.g. `03_comparison/tables/table1.csv`; empty for no evidence.
    """
    if not file:
        return ""
    notebook, _, name = file.partition("/")
    return f'<a href="../{notebook}/report.html">{notebook.split("_")[0]} {html.escape(Path(name).name)}</a>'


def callout(*lines: str, kind: str = "note") -> HTML:
    """A box that stands out, a paragraph a line: a `note`, or a `caution`. Lines are HTML."""
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return HTML(f'<aside class="callout{" caution" if kind == "caution" else ""}">{paragraphs}</aside>')
