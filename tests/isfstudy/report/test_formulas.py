"""Formulas become MathML that a browser shows as meant, or an error that quotes them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from isfstudy.report.formulas import mathml, typeset

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
FORMULAS = {
    r"\operatorname{softmax}(x_1)": "softmax(x1)",
    r"\mathcal{L}_f": "ℒf",
    r"\mathbb{E}[x]": "𝔼[x]",
    r"I_{ir} \odot \mathcal{M}^i": "Iir⊙ℳi",
    r"\bar{x} + \hat{y}": "x¯+y^",
    r"\begin{aligned} a &= b \\ c &= d \end{aligned}": "a=bc=d",
    r"\{1, 2\}": "{1,2}",
    r"A\&B < C": "A&B<C",
}


@pytest.mark.parametrize(("latex", "shown"), FORMULAS.items())
def test_formula_shows_its_symbols(latex: str, shown: str):
    tree = ElementTree.fromstring(mathml(latex, display="block"))
    assert tree.tag == f"{NAMESPACE}math" and tree.get("display") == "block"
    assert "".join("".join(tree.itertext()).split()) == shown


def test_aligned_equations_stand_in_rows():
    tree = ElementTree.fromstring(mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display="block"))
    assert len(tree.findall(f".//{NAMESPACE}mtr")) == 2


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\fooo{x}", r"\fooo is unknown"),
        (r"\frac{1", "braces"),
        (r"\frac{1}", "argument"),
        ("a & b", "& is unknown or misplaced"),
        (r"\left( x", ""),
        ("x_", ""),
        ("", ""),
        (r"\mathcal L", "style"),
    ],
)
def test_broken_formula_is_quoted(latex: str, reason: str):
    with pytest.raises(ValueError) as error:
        mathml(latex, display="inline")
    assert f"${latex}$" in str(error.value) and reason in str(error.value)


@given(st.text(alphabet=r"ab12+-=^_{}\&<>()[],'~ " + "\n", max_size=20))
def test_any_text_is_well_formed_or_refused(latex: str):
    try:
        converted = mathml(latex, display="inline")
    except ValueError:
        return
    assert ElementTree.fromstring(converted).tag == f"{NAMESPACE}math"


def test_typeset_leaves_code_prices_and_markup_alone():
    text = "<p>a &lt; $x_1$ &amp; <code>$y$</code>, $5 or $7, \\$z$</p>"
    page = BeautifulSoup(text, "html.parser")
    typeset(page)
    assert len(page.find_all("math")) == 1
    page.math.replace_with("FORMULA")
    assert str(page) == text.replace("$x_1$", "FORMULA")
