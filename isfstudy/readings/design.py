"""The fraction of the factorial design: which combination of readings tells what, and what it mixes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pandas as pd

from isfstudy.grid.plan import fraction

READING, PAIRS, HIGHER = "reading", "pairs", "three or more"  # kinds of columns
TRIAL = (  # a smaller fraction, to see that it runs
    {"encoder": ["separate", "shared"], "necessity": ["minimise", "maximise"], "entropy": ["maximise", "minimise"]},
    {"entropy": ["encoder", "necessity"]},
)


def columns(factors: dict[str, list], generators: dict[str, list[str]]) -> tuple[pd.DataFrame, dict[str, str]]:
    """All that the runs of a fraction can tell apart.

    Args:
        factors, generators: as `isfstudy.grid.plan.fraction` takes them.

    Returns:
        A row an arm, a column each, orthogonal, of levels -1 and +1 (released and printed): the readings by name, then
        what is left, named after the pairs of readings whose effects it mixes, `a × b = c × d`; and the kind of each
        column. Where every pair is one reading's, as in a fraction of resolution III, no column of pairs is left.
    """
    basic = [name for name in factors if name not in generators]
    words = {name: frozenset([name]) for name in basic} | {name: frozenset(generators[name]) for name in generators}
    kinds = dict.fromkeys(factors, READING)
    names = {words[name]: name for name in factors}
    for word, pairs in _mixed(words).items():
        if word not in names:
            names[word] = " = ".join(pairs)
            kinds[names[word]] = PAIRS
    for word in (frozenset(each) for size in range(1, len(basic) + 1) for each in itertools.combinations(basic, size)):
        if word not in names:
            names[word] = " × ".join(sorted(word))
            kinds[names[word]] = HIGHER
    arms = list(fraction(factors, generators, ""))
    levels = {name: [2 * int(arm[place]) - 1 for arm in arms] for place, name in enumerate(factors)}
    design = pd.DataFrame(levels, index=arms)
    found = {names[word]: design[sorted(word)].prod(axis=1) for word in names}
    return pd.DataFrame(found)[list(kinds)].astype(float), kinds


def _mixed(words: dict[str, frozenset[str]]) -> dict[frozenset[str], list[str]]:
    """Pairs of readings by the product of basic factors that both are."""
    found: dict[frozenset[str], list[str]] = {}
    for one, other in itertools.combinations(words, 2):
        found.setdefault(words[one] ^ words[other], []).append(f"{one} × {other}")
    return found


def enough(table: pd.DataFrame, arms: Iterable[str]) -> pd.DataFrame:
    """All seeds, where one of them has all arms and so tells every effect apart, else none; other arms go.

    What further seeds lack is NaN: as far as they go, they tell the error.

    Args:
        table: a row a seed, a column an arm, from `isfstudy.grid.sets.by_arm`.
    """
    arms = list(arms)
    whole = set(arms) <= set(table) and table[arms].notna().all(axis=1).any()
    return table[arms] if whole else pd.DataFrame(columns=arms)
