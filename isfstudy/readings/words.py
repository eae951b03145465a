"""What each reading is, as the paper and the released script have it: the deviations that name a field of a recipe."""

from __future__ import annotations

import pandas as pd

from isfstudy.paper.filled import load_sentences
from isfstudy.places import DEVIATIONS, repository


def readings() -> pd.DataFrame:
    """A row a reading of `paper/deviations.yaml`, by its field: `what`, as in the `paper`, as in the `script`."""
    known = load_sentences(repository() / DEVIATIONS, ("what", "paper", "script"))
    rows = {
        each["reading"]: {name: each[name] for name in ("what", "paper", "script")}
        for each in known
        if "reading" in each
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("reading")


def in_print(field: str, value: str) -> str:
    """`entropy of gates (<code>entropy: minimise</code>)`, in HTML."""
    return f"{readings().loc[field, 'what']} (<code>{field}: {value}</code>)"
