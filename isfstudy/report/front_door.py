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
from isfstudy.paper.headlines import FIRST, definitions
from isfstudy.paper.verdicts import MEANING
from isfstudy.places import repository
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
SECTIONS = {  # what is claimed about, and how the source of such a claim reads; the first that fits counts
    "Abstract and introduction": r"Abstract|Section 1\b",
    "Table 1: fused images": r"Table 1|4\.2\.1",
    "Table 2: what each part is worth": r"Table 2|4\.2\.2",
    "Figure 6: what interventions cost": r"Figure 6|4\.2\.3",
    "Table 3: detection": r"Table 3|4\.3\.1",
    "Table 4: segmentation": r"Table 4|4\.3\.2",
    "Table 5: medical images": r"Table 5|4\.4",
    "Method and training": r"Equation|[Ss]ection 3|4\.1",
    "Speed, and the rest": r"",
}
OTHERS = {"notes": "Notes on the paper", "ours": "Claims of this study"}


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
    """Write `index.html` into the folder of a run, from the pages and files that are there.

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
    made |= {"pictures": _pictures(study, pages[SLIDERS]), "data": _data(study), "model_card": _model_card(study)}
    made |= {"total": "", "headlines": {}, "glance": [], "totals": {}, "unmade": ""}
    if card is not None:
        absent = sum(not (study / where).is_file() for where in card["where"] if where)
        made |= {"total": said_total(card), "headlines": said_first(card)}
        made |= {"glance": list(groups(card)), "totals": card["verdict"].value_counts().reindex(MEANING, fill_value=0)}
        made |= {"unmade": f"The files that decide {absent} of them are missing in this run." if absent else ""}
    return made


def _scorecard(study: Path) -> pd.DataFrame | None:
    file = study / SCORECARD
    return pd.read_csv(file, keep_default_na=False) if file.is_file() else None


def said_total(card: pd.DataFrame) -> str:
    """How many claims there are, and whose, in words."""
    count = card["whose"].value_counts().reindex(["paper", *OTHERS], fill_value=0)
    return (
        f"{len(card)} claims ({count['paper']} of the paper, {count['notes']} of notes on it, "
        f"{count['ours']} of this study)"
    )


def groups(card: pd.DataFrame) -> Iterator[Group]:
    """The claims by what they are about, the paper's first; in each the verdicts in the order of their definitions."""
    about = pd.Series([_about(row.whose, row.source) for row in card.itertuples()], index=card.index)
    for name in [*SECTIONS, *OTHERS.values()]:
        claims = card[about == name]
        if len(claims):
            order = claims["verdict"].map(list(MEANING).index).sort_values(kind="stable").index
            counts = claims["verdict"].value_counts().reindex(MEANING, fill_value=0)
            yield Group(name, [_mark(claims.loc[row]) for row in order], counts.to_dict())


def _about(whose: str, source: str) -> str:
    return OTHERS.get(whose) or next(name for name, words in SECTIONS.items() if re.search(words, source))


def _mark(claim: pd.Series) -> str:
    """A claim as its verdict's symbol, which leads to the page that decided it."""
    kind, symbol = VERDICTS[claim["verdict"]]
    says = escape(f"{claim['verdict']}: {claim['claim'].split(' (Our reading')[0]}", quote=True)
    if not claim["where"]:
        return f'<span class="mark {kind}" role="img" aria-label="{says}" title="{says}">{symbol}</span>'
    href = escape(f"{claim['where'].split('/')[0]}/report.html", quote=True)
    return f'<a class="mark {kind}" href="{href}" aria-label="{says}" title="{says}">{symbol}</a>'


def _symbol(verdict: str) -> str:
    kind, symbol = VERDICTS[verdict]
    return f'<span class="mark {kind}" role="img" aria-label="{verdict}" title="{verdict}">{symbol}</span>'


def said_first(card: pd.DataFrame) -> dict[str, list[dict[str, str]]]:
    """What matters most, by subject: of each of its claims what it says, verdict, numbers and coverage, as text."""
    rows = card.assign(claim=card["claim"].str.split(" (Our reading", regex=False).str[0]).set_index("id")
    columns = ["claim", "verdict", "measured", "coverage"]
    known = {subject: [name for name in names if name in rows.index] for subject, names in FIRST.items()}
    found = {subject: rows.loc[names, columns] for subject, names in known.items()}
    return {subject: claims.to_dict("records") for subject, claims in found.items() if len(claims)}


def _chapter(notebook: str, page: BeautifulSoup | None) -> Chapter:
    question = notebook_header(notebook_path(notebook)).question
    answer = None if page is None else first_sentence(page)
    return Chapter(notebook.split("_")[0], question, f"{notebook}/report.html", answer)


def first_sentence(page: BeautifulSoup) -> str:
    """The beginning of a page's answer as HTML text: whole sentences, up to `LONGEST` characters, one at least."""
    line = page.select_one(".answer > p")
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
