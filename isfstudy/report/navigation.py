"""The pages of a run as every one of them links to the others."""

from __future__ import annotations

from typing import NamedTuple

from isfstudy.notebooks import notebook_header, notebook_path, notebooks

FRONT_DOOR = "index.html"  # in the folder of a run, beside the notebooks' folders


class Sibling(NamedTuple):
    """A page in the navigation: a number and a word or two, its question, and the link that leads there."""

    label: str
    question: str
    href: str


def siblings(here: str | None) -> list[Sibling]:
    """The front door and every notebook's page, in order, as seen from one of them.

    Args:
        here: the notebook whose page links to them, e.g. `03_comparison`; None for the front door.
    """
    up = "../" if here else ""
    links = {name: f"{up}{name}/report.html" for name in notebooks()} | ({here: "report.html"} if here else {})
    pages = [Sibling(label(name), notebook_header(notebook_path(name)).question, link) for name, link in links.items()]
    return [Sibling("Overview", "What did the whole study find?", up + FRONT_DOOR), *pages]


def label(notebook: str) -> str:
    """A notebook's number and at most two words, as `05 intervention effects`."""
    return " ".join(notebook.split("_")[:3])
