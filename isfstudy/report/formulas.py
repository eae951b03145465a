"""LaTeX formulas as MathML, which browsers set without a script or a font of ours.

latex2mathml converts; what it lets through although a browser would show it wrongly is an error here.
"""

from __future__ import annotations

import re
from html import escape
from typing import Literal

import latex2mathml.converter
from bs4 import BeautifulSoup, Tag

INLINE_FORMULA = re.compile(r"(?<![\\$])\$(?=[^\s$])([^$]+?)(?<=[^\s\\])\$(?!\$)")
ARGUMENTS = dict(mfrac=2, mroot=2, msub=2, msup=2, mover=2, munder=2, msubsup=3, munderover=3)


def mathml(latex: str, *, display: Literal["inline", "block"]) -> str:
    r"""Return a formula as a `<math>` element.

    Args:
        latex: the formula without its dollar signs, e.g. `\mathcal{L}_{f}`.
        display: `inline` within a line of text, `block` centred on a line of its own.

    Raises:
        ValueError: the formula holds something that would not show as it should; the message quotes both.
    """
    source = re.sub(r"\b(begin|end)\{(aligned|split|gathered)\}", r"\1{align*}", latex)
    # latex2mathml gives \operatorname the wide spaces of an infix operator
    source = re.sub(r"\\operatorname\*?\{", r"\\mathrm{", source)
    try:
        math = BeautifulSoup(latex2mathml.converter.convert(source, display=display), "html.parser")
        _check(latex, math)
    except Exception as error:  # the converter lets StopIteration, IndexError and kinds of its own escape
        reason = str(error) or type(error).__name__
        raise ValueError(f"the formula ${latex}$ does not convert: {reason}") from error
    return str(math)


def typeset(element: Tag) -> None:
    """Set each `$...$` in the text of an HTML element in place, as JupyterLab does; code stays as it is.

    A space at the inner side of a dollar, as between two prices, makes it plain text.

    Raises:
        ValueError: as `mathml`.
    """
    for text in element.find_all(string=INLINE_FORMULA):
        if not text.find_parent(["pre", "code", "script", "style", "math"]):
            parts = INLINE_FORMULA.split(text)  # plain text and formulas in turn
            parts[::2] = map(escape, parts[::2])
            parts[1::2] = (mathml(latex, display="inline") for latex in parts[1::2])
            text.replace_with(BeautifulSoup("".join(parts), "html.parser"))


def _check(latex: str, math: BeautifulSoup) -> None:
    braces = re.sub(r"\\[\\{}]", "", latex)
    if braces.count("{") != braces.count("}"):
        raise ValueError("its braces do not match")
    for leaf in math.find_all(string=True):
        if leaf.startswith("\\") or (leaf == "&" and r"\&" not in latex):
            raise ValueError(f"{leaf} is unknown or misplaced")
    for node in math.find_all(list(ARGUMENTS)):
        if len(node.find_all(recursive=False)) != ARGUMENTS[node.name]:
            raise ValueError("a command lacks an argument")
    # browsers know no other value than "normal"
    if styled := math.find(mathvariant=lambda value: value not in (None, "normal", "italic")):
        raise ValueError(f"{styled.text} would lose its style; write \\mathcal{{L}} with braces, bold as \\mathbf")
