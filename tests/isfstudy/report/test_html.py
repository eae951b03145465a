"""A report is one complete page: nothing beside it, nothing of this machine in it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from isfstudy.report.html import write_html
from isfstudy.report.navigation import Sibling

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n made up").decode()
SIBLINGS = [
    Sibling("Overview", "All?", "../index.html"),
    Sibling("01 data", "Which <images>?", "../01_data/report.html"),
    Sibling("03 some benchmarks", "How good?", "report.html"),
]
NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))

TEXT = r"""# A report of $\mathcal{L}_f$ & more

Masks $\mathcal{M}^v_*$ and $\mathcal{M}^i_*$; a price of \$5; code `$x_1$ * $y_2$`.

$$\mathcal{L}_{inv} = \sum_{j} \|(I_j - I_f) \odot \bar{\mathcal{G}}\|_1$$

```bash
echo "$HOME/a_b_c" $PATH
```

## The gate $\hat{g}$ of `network.py`

## Twice

### Twice

![relative](figures/a%20b.png) ![attached](attachment:c.png) [link](https://example.org)
"""
TABLE = """<figure><figcaption>Metric $Q_{abf}$</figcaption>
<div><style scoped>th {color: red}</style><table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>method</th><th>score</th></tr></thead>
<tbody><tr><th>0</th><td>LRRNet</td><td>3.855</td></tr><tr><th>1</th><td>average</td><td>-0.5e-3</td></tr>
</tbody></table></div></figure>"""


def code(source: str, *outputs, tags: tuple[str, ...] = (), **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags), **metadata})


def html_output(text: str):
    return new_output("display_data", {"text/html": text})


def stream(name: str, text: str):
    return new_output("stream", name=name, text=text)


def save(folder: Path, *cells, **metadata) -> Path:
    path = folder / "notebook.ipynb"
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


def render(folder: Path, *cells, **metadata) -> BeautifulSoup:
    page = folder / "report.html"
    write_html(save(folder, *cells, **metadata), page, siblings=SIBLINGS)
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> BeautifulSoup:
    folder = tmp_path_factory.mktemp("report")
    (folder / "figures").mkdir()
    (folder / "figures" / "a b.png").write_bytes(base64.b64decode(PNG))
    text = new_markdown_cell(TEXT, attachments={"c.png": {"image/png": PNG}})
    bar = stream("stderr", "\r  0%|          | 0/9 [00:00<?]\r100%|██████████| 9/9 [00:01<00:00]\n")
    warning = stream("stderr", "/home/ann/env/lib/thing.py:3: UserWarning: few images\n")
    failure = new_output("error", ename="E", evalue="bad", traceback=["\x1b[31mE\x1b[0m: bad <file>"])
    svg = new_output("display_data", {"image/svg+xml": "<svg/>"}, metadata={"image/svg+xml": {"alt": "a curve"}})
    return render(
        folder,
        text,
        code("limit: int = 4", tags=("parameters",)),
        code('# Parameters\nroot = "/home/ann/data/TNO"\n', tags=("injected-parameters",)),
        code("import torch", bar, warning, tags=("hide-input",)),
        code("print(1)", stream("stdout", "read /home/ann/data/TNO and a/b\n"), failure),
        code("table", html_output(TABLE)),
        code("plot", new_output("display_data", {"image/png": PNG}), alt="three panels"),
        code("curve", svg),
        papermill={"input_path": "/home/ann/in.ipynb", "output_path": "/home/ann/out.ipynb"},
    )


def test_title_is_the_first_heading(report: BeautifulSoup):
    assert report.title.text == "A report of ℒ f & more"
    assert report.html["lang"] == "en" and report.select_one("a.skip[href='#content']") and report.main


def test_nothing_is_loaded_from_outside(report: BeautifulSoup):
    assert not report.select("link, script, iframe")
    assert len(report.select("img")) == 4
    assert all(image["src"].startswith("data:image/") for image in report.select("img"))
    assert not re.search(r"@import|url\(", "".join(style.text for style in report.select("style")))


def test_formulas_are_set_and_code_keeps_its_dollars(report: BeautifulSoup):
    assert len(report.main.select("math")) == 6
    assert report.select_one("math[display=block]")
    assert [code.text for code in report.select(".text p code")] == ["$x_1$ * $y_2$"]
    assert 'echo "$HOME/a_b_c" $PATH' in report.select_one(".text pre").text
    texts = [text for text in report.main.find_all(string=True) if not text.find_parent(["pre", "code"])]
    assert re.findall(r"\S*\$\S*", "".join(texts)) == ["$5;"]


def test_contents_lead_to_the_headings(tmp_path: Path):
    cells = new_markdown_cell(TEXT.replace("![", "[")), code("1", stream("stdout", "1"))
    page = render(tmp_path, *cells)
    links = page.select("nav.contents li a")
    targets = [page.find(id=unquote(link["href"])[1:]) for link in links]
    assert [target.name for target in targets] == ["h2", "h2", "h3", "h2"]
    assert targets[-1].text == "How this page was made"
    assert links[0].math and links[0].code
    assert len({target["id"] for target in targets}) == 4
    assert [link["href"] for link in page.select("nav.narrow .here a")] == [link["href"] for link in links]


def test_code_and_parameters_are_folded_at_the_end(report: BeautifulSoup):
    assert report.main.find_all(recursive=False)[-1]["class"] == ["made"]
    folded = report.select(".made details.code")
    assert len(folded) == len(report.main.select("details.code")) == 6
    assert not any("open" in cell.attrs for cell in report.main.select("details"))
    assert [cell.summary.text for cell in folded][:2] == ["default parameters 1 · Twice", "code 2 · Twice"]
    assert report.select_one(".made .parameters pre").text.strip() == 'root = "…/TNO"'


def test_progress_is_dropped_warnings_folded_errors_shown(report: BeautifulSoup):
    assert "%|" not in report.main.text
    (messages,) = report.select("details.messages")
    assert messages.summary.text == "warnings" and "few images" in messages.pre.text
    assert report.select_one("pre.error").text == "E: bad <file>"
    assert not report.select_one("pre.error").find_parent("details")


def test_paths_of_the_machine_stay_private(report: BeautifulSoup):
    assert "/home" not in str(report) and "ann" not in report.text.split()
    assert report.select_one("pre.stdout").text == "read …/TNO and a/b\n"


def test_tables_scroll_and_align_numbers(report: BeautifulSoup):
    (table,) = report.select(".scroll > table")
    assert [cell.text for cell in table.select(".number")] == ["score", "3.855", "-0.5e-3"]
    assert not report.select("style[scoped], table[border], tr[style]")


def test_a_figure_scrolls_and_its_caption_does_not(tmp_path: Path):
    figure = html_output('<figure><img alt="a" src="data:image/webp;base64,AA=="><figcaption>b</figcaption></figure>')
    page = render(tmp_path, new_markdown_cell("# T"), code("1", figure))
    (image,) = page.select("figure > .scroll > img")
    assert image.parent["tabindex"] == "0" and page.select_one("figure > figcaption").text == "b"


def test_alternative_texts_are_kept(report: BeautifulSoup):
    assert [image["alt"] for image in report.select("img")] == [
        "relative",
        "attached",
        "three panels",
        "a curve",
    ]


def test_navigation_marks_this_page(report: BeautifulSoup):
    wide, narrow = (
        report.select("header a.wide, header .wide a"),
        report.select("header nav.narrow details ol:not(.here) a"),
    )
    assert [link["href"] for link in wide] == [link["href"] for link in narrow] == [page.href for page in SIBLINGS]
    assert [" ".join(link.text.split()) for link in wide] == [page.label for page in SIBLINGS]
    assert (
        [link["title"] for link in wide] == [link.span.text for link in narrow] == [page.question for page in SIBLINGS]
    )
    for links in (wide, narrow):
        assert [link.get("aria-current") for link in links] == [None, None, "page"]


@pytest.mark.parametrize(
    "here, neighbours",
    [
        (0, {"next": "01 data →"}),
        (1, {"prev": "← Overview", "next": "03 some benchmarks →"}),
        (2, {"prev": "← 01 data"}),
    ],
)
def test_the_neighbours_stand_at_the_end(tmp_path: Path, here: int, neighbours: dict[str, str]):
    seen = [page._replace(href="report.html" if place == here else f"{place}") for place, page in enumerate(SIBLINGS)]
    notebook = save(tmp_path, new_markdown_cell("# T"), code("1", stream("stdout", "1")))
    write_html(notebook, tmp_path / "report.html", siblings=seen)
    footer = BeautifulSoup((tmp_path / "report.html").read_text(encoding="utf-8"), "html.parser").footer
    assert {link["rel"][0]: link.span.text for link in footer.select("a")} == neighbours


def test_the_keyboard_reaches_what_scrolls_and_notes_are_no_landmarks(tmp_path: Path):
    table = html_output("<table><tr><th></th><th>a</th></tr><tr><td>1</td><td>2</td></tr></table>")
    note = html_output("<aside class='callout'><p>a</p></aside><aside class='callout'><p>b</p></aside>")
    page = render(tmp_path, new_markdown_cell("# T\n\n$$x$$"), code("1", table, note), code("2", stream("stdout", "1")))
    assert all(box.get("tabindex") == "0" for box in page.select("pre, .equation, .scroll"))
    assert [note["role"] for note in page.select("aside")] == ["note"]
    assert all(header.text for header in page.select("th"))


def test_small_report_is_small_and_repeatable(tmp_path: Path):
    for _ in range(2):
        render(tmp_path, new_markdown_cell("# Empty"), code("1", stream("stdout", "1")))
        size = (tmp_path / "report.html").stat().st_size
    assert size < 60_000
    first = (tmp_path / "report.html").read_bytes()
    render(tmp_path, new_markdown_cell("# Empty"), code("1", stream("stdout", "1")))
    assert (tmp_path / "report.html").read_bytes() == first


REFUSED = {
    "formula": (new_markdown_cell(r"# T" + "\n\n" + r"$\fooo{x}$"), r"\$\\fooo\{x\}\$"),
    "two prices": (new_markdown_cell("# T\n\n$5 and $7"), "no formula"),
    "remote image": (new_markdown_cell("# T\n\n![a](https://example.org/a.png)"), "cannot be embedded"),
    "missing image": (new_markdown_cell("# T\n\n![a](figures/a.png)"), "figures/a.png"),
    "image outside": (new_markdown_cell("# T\n\n![a](../a.png)"), "../a.png"),
    "missing attachment": (new_markdown_cell("# T\n\n![a](attachment:a.png)"), "missing attachment: a.png"),
    "no heading": (new_markdown_cell("text"), "no heading"),
    "remote script": (code("1", html_output("<h1>T</h1><script src='//cdn.org/a.js'></script>")), "script"),
    "remote font": (code("1", html_output("<h1>T</h1><style>@import 'a.css'</style>")), "@import"),
    "remote background": (code("1", html_output("<h1 style='background: url(a.png)'>T</h1>")), r"url\(a.png"),
    "link into the machine": (code("1", html_output("<h1>T</h1><a href='file:///home/a'>a</a>")), "/home/a"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_names_the_notebook_and_keeps_the_old_page(tmp_path: Path, case: str):
    cell, reason = REFUSED[case]
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(ValueError, match=reason) as error:
        render(tmp_path, cell, code("1", stream("stdout", "1")))
    assert str(tmp_path / "notebook.ipynb") in str(error.value)
    assert (tmp_path / "report.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notebook.ipynb", "report.html"]


def test_failed_write_leaves_the_old_page_alone(tmp_path: Path, monkeypatch):
    (tmp_path / "report.html").write_text("old")

    def full_disk(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        render(tmp_path, new_markdown_cell("# T"), code("1", stream("stdout", "1")))
    assert (tmp_path / "report.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notebook.ipynb", "report.html"]


@pytest.mark.parametrize("content", ["", "not JSON", "{}", "[]", '{"nbformat": 4}', b"\xff\xfe\x00"])
def test_not_a_notebook(tmp_path: Path, content: str | bytes):
    path = tmp_path / "notebook.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match="notebook.ipynb: not a Jupyter notebook"):
        write_html(path, tmp_path / "report.html", siblings=[])


def test_notebook_must_exist_and_be_executed(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="absent.ipynb"):
        write_html(tmp_path / "absent.ipynb", tmp_path / "report.html", siblings=[])
    with pytest.raises(ValueError, match="notebook.ipynb: holds no outputs"):
        render(tmp_path, new_markdown_cell("# T"), new_code_cell("1"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_text_of_each_notebook_renders(tmp_path: Path, notebook: Path):
    """A formula that does not convert shows here, not at the end of an hour's run."""
    texts = [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "markdown"]
    page = render(tmp_path, *texts, code("1", stream("stdout", "1")))
    assert page.select("nav.contents li")


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(report: BeautifulSoup, scheme: str):
    css, code_css = (style.text for style in report.select("style"))
    part = slice(0, 1) if scheme == "light" else slice(1, 2)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", css.split("(prefers-color-scheme: dark)")[part][0]))
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in ("paper", "wash")]
    pairs += [(name, f"{name}-wash") for name in ("blue", "ochre", "red", "grey")] + [("ink", "red-wash")]
    assert all(contrast(colours[text], colours[ground]) >= 4.5 for text, ground in pairs)
    rules = code_css.split("(prefers-color-scheme: dark)")[part][0]
    tokens = re.findall(r"\.highlight \.(?!w )(\w+) \{ color: (#\w{6})", rules)
    assert len(tokens) > 30
    assert [name for name, colour in tokens if contrast(colour, colours["wash"]) < 4.5] == []
