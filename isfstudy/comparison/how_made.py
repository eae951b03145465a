"""How each method's row was made, and how to give a method without images its row."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from html import escape

import pandas as pd

from isfstudy.comparison.methods import Method, described_methods

FACTS = ("paper", "repository", "commit", "licence", "images")
PRINTED_ONLY, NO_IMAGES = "printed only", "no images here"


def how_made(networks: Iterable[str], methods: dict[str, dict[str, Method]], printed: Collection[str]) -> pd.DataFrame:
    """What is known of every method, with the sets it was measured on.

    Args:
        networks: methods to name first.
        methods: by set.
        printed: methods whose numbers the paper prints.

    Returns:
        A row a method, measured or described: `method`, `measured on` (sets, else `PRINTED_ONLY` or `NO_IMAGES`), and
        `FACTS` of `isfstudy.comparison.methods.described_methods`, empty where a method is not described.
    """
    known = described_methods()
    rows = []
    for name in dict.fromkeys([*networks, *known, *(name for of_set in methods.values() for name in of_set)]):
        measured_on = ", ".join(dataset for dataset, of_set in methods.items() if name in of_set)
        otherwise = PRINTED_ONLY if name in printed else NO_IMAGES
        facts = {fact: known.get(name, {}).get(fact, "") for fact in FACTS}
        rows.append({"method": name, "measured on": measured_on or otherwise} | facts)
    return pd.DataFrame(rows)


def steps_to_make(names: Iterable[str]) -> pd.DataFrame:
    """What to do for the images of described methods: `method`, `clone` and `then`, with commands in backticks."""
    known = described_methods()
    clone = "`git clone https://github.com/{repository} {name} && git -C {name} checkout {commit}`"
    rows = [(name, clone.format(name=name, **known[name]), known[name]["steps"]) for name in names]
    return pd.DataFrame(rows, columns=["method", "clone", "then"])


def with_code(text: str) -> str:
    """Text as HTML, its parts in backticks as code."""
    return re.sub("`(.+?)`", r"<code>\1</code>", escape(text))
