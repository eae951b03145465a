"""The front door of a run, `results/<profile>/index.html`: what was tested, what came out, and where to read on.

It is made of the pages and of the scorecard's file as far as a run has them, and says what is missing. Like every page
it needs nothing beside it; what it shows of others, such as a first sentence or a picture, it takes from their pages.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from isfcore.machine.files import replacing
from isfstudy.notebooks import notebook_header, notebook_path, notebooks
from isfstudy.paper.headlines import definitions, in_short, said_total
from isfstudy.paper.sections import ORDER
from isfstudy.paper.summary import answers
from isfstudy.paper.verdicts import MEANING
from isfstudy.places import repository
from isfstudy.report.claims_list import answer_line
from isfstudy.report.cover import COVER, write_cover
from isfstudy.report.html import finish
from isfstudy.report.navigation import FRONT_DOOR, siblings
from isfstudy.report.results import VERDICTS, badge

TITLE = "Does intervention-stable fusion really work?"
TEMPLATE = "front_door.html.j2"  # in html_template/
SCORECARD = "10_scorecard/tables/scorecard.csv"
DATA = "01_data_preparation/tables/status.csv"
SLIDERS = "03_comparison"  # the page whose first two sliders are shown
STILLS = ["14_spurious_shift/figures/flipped.png", "03_comparison/figures/figure4.png"]  # where there are none
WIDTH = 1000  # pixels of a still
LONGEST = 260  # characters of a page's answer


class Chapter(NamedTuple):
    """A page as the front door lists it; `answer` is HTML, None where the run has no such page."""

    number: str
    question: str
    href: str
    answer: str | None


class Group(NamedTuple):
    """Claims about one thing: a mark each, in HTML, and how many have which verdict."""

    name: str
    marks: list[str]
    counts: dict[str, int]


def write_front_door(study: Path) -> Path:
    """Write `index.html` and its picture, `cover.jpg`, into the folder of a run, from the pages and files there.

    Args:
        study: the folder of a profile's results, e.g. `results/real`.

    Raises:
        FileNotFoundError: when there is no such folder.
        ValueError: when the page would load something from elsewhere.
    """
    if not study.is_dir():
        raise FileNotFoundError(f"{study} is not there: ./run_all.sh {study.name} makes it")
    place, pages = study / FRONT_DOOR, {name: _page(study, name) for name in notebooks()}
    content = BeautifulSoup(_template().render(**_contents(study, pages)), "html.parser")
    finish(content)
    with replacing(place) as partial:
        partial.write_text(str(content), encoding="utf-8")
    if pages.get(SLIDERS) is not None:
        write_cover(pages[SLIDERS], study / COVER)
    return place


def _template() -> Any:
    templates = Path(__file__).parent / "html_template"
    environment = Environment(loader=FileSystemLoader(templates), undefined=StrictUndefined, autoescape=False)
    environment.globals["css"] = (templates / "report.css").read_text(encoding="utf-8")
    return environment.get_template(TEMPLATE)


def _page(study: Path, notebook: str) -> BeautifulSoup | None:
    file = study / notebook / "report.html"
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser") if file.is_file() else None


def _contents(study: Path, pages: dict[str, BeautifulSoup | None]) -> dict[str, Any]:
    """What the template shows."""
    cff = (repository() / "CITATION.cff").read_text(encoding="utf-8")
    cite, card = yaml.safe_load(cff), _scorecard(study)
    chapters = [_chapter(name, page) for name, page in pages.items()]
    made = {"title": TITLE, "profile": study.name, "siblings": siblings(None), "here": FRONT_DOOR}
    made |= {"cite": cite | {"version": cite.get("version")}, "paper": cite["references"][0], "cff": cff}
    made |= {"authors": _authors, "verdicts": list(MEANING), "definitions": definitions(), "chapters": chapters}
    made |= {"badges": {word: badge(word) for word in MEANING}, "symbols": {word: _symbol(word) for word in MEANING}}
    made |= {"pictures": _pictures(study, pages.get(SLIDERS)), "data": _data(study), "model_card": _model_card(study)}
    made |= {"total": "", "answers": [], "glance": [], "totals": {}, "unmade": ""}
    if card is not None:
        absent = sum(not (study / where).is_file() for where in card["where"] if where)
        rows = card.set_index("id")
        found = [answer_line(each, rows.loc[each.claim]) for each in answers(study) if each.claim in rows.index]
        made |= {"total": said_total(card), "answers": found}
        made |= {"glance": list(groups(card)), "totals": card["verdict"].value_counts().reindex(MEANING, fill_value=0)}
        made |= {"unmade": f"The files that decide {absent} of them are missing in this run." if absent else ""}
    return made


def _scorecard(study: Path) -> pd.DataFrame | None:
    """The scorecard of a run; None without one, or with one that an older version wrote, which is to be made anew."""
    file = study / SCORECARD
    card = pd.read_csv(file, dtype=str, keep_default_na=False) if file.is_file() else pd.DataFrame()
    return card if {"section", "found"} <= {*card.columns} else None


def groups(card: pd.DataFrame) -> Iterator[Group]:
    """The claims by what they are about, the paper's first; in each the verdicts in the order of their definitions."""
    for name in ORDER:
        claims = card[card["section"] == name]
        if len(claims):
            order = claims["verdict"].map(list(MEANING).index).sort_values(kind="stable").index
            counts = claims["verdict"].value_counts().reindex(MEANING, fill_value=0)
            yield Group(name, [_mark(claims.loc[row]) for row in order], counts.to_dict())


def _mark(claim: pd.Series) -> str:
    """A claim as its verdict's symbol, which leads to the page that decided it."""
    kind, symbol = VERDICTS[claim["verdict"]]
    says = escape(f"{claim['verdict']}: {in_short(claim['claim'])}", quote=True)
    if not claim["where"]:
        return f'<span class="mark {kind}" role="img" aria-label="{says}" title="{says}">{symbol}</span>'
    href = escape(f"{claim['where'].split('/')[0]}/report.html", quote=True)
    return f'<a class="mark {kind}" href="{href}" aria-label="{says}" title="{says}">{symbol}</a>'


def _symbol(verdict: str) -> str:
    kind, symbol = VERDICTS[verdict]
    return f'<span class="mark {kind}" role="img" aria-label="{verdict}" title="{verdict}">{symbol}</span>'


def _chapter(notebook: str, page: BeautifulSoup | None) -> Chapter:
    question = notebook_header(notebook_path(notebook)).question
    answer = None if page is None else first_sentence(page)
    return Chapter(notebook.split("_")[0], question, f"{notebook}/report.html", answer)


def first_sentence(page: BeautifulSoup) -> str:
    """The beginning of a page's answer as HTML text: whole sentences, up to `LONGEST` characters, one at least."""
    line = page.select_one(".answer p")
    if line is None:
        return "Its notebook gave no answer."
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z(])", line.get_text(" ", strip=True))
    shown = sentences[0]
    for sentence in sentences[1:]:
        if len(shown) + len(sentence) > LONGEST:
            break
        shown += f" {sentence}"
    return escape(re.sub(r"\s+([.,:;)])", r"\1", shown))


def _pictures(study: Path, page: BeautifulSoup | None) -> list[str]:
    """The first sliders of a page, or else a still from a run's figures, as HTML."""
    sliders = [box.find_parent("figure") for box in page.select(".slider")[:2]] if page is not None else []
    for figure in sliders:
        for line in figure.select(".provenance"):
            line.decompose()
    stills = [study / file for file in STILLS if (study / file).is_file()]
    return [str(figure) for figure in sliders] or [_still(file) for file in stills[:1]]


def _still(file: Path) -> str:
    buffer = io.BytesIO()
    with Image.open(file) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDTH, small.height), Image.Resampling.LANCZOS)
        small.save(buffer, "WEBP", quality=85)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    page = f"{file.parent.parent.name}/report.html"
    return (
        f'<figure><img alt="Fused images of page {page[:2]}, which describes them" '
        f'src="data:image/webp;base64,{encoded}"><figcaption>From <a href="{page}">page {page[:2]}</a>.'
        "</figcaption></figure>"
    )


def _data(study: Path) -> list[tuple[str, str]]:
    file = study / DATA
    return list(pd.read_csv(file).itertuples(index=False, name=None)) if file.is_file() else []


def _model_card(study: Path) -> str:
    """The link to the model card; empty for a folder outside the repository."""
    card = repository() / "isfcore" / "trained" / "README.md"
    inside = card.is_file() and study.resolve().is_relative_to(repository())
    return Path(os.path.relpath(card, study.resolve())).as_posix() if inside else ""


def _authors(cited: dict[str, Any]) -> str:
    """Names as a bibliography has them."""
    return ", ".join(
        each.get("name") or f"{each['given-names']} {each['family-names']}" for each in cited.get("authors", [])
    )
