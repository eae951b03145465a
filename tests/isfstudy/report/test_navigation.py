"""Every page leads to every other, from wherever it lies."""

from __future__ import annotations

from isfstudy.notebooks import notebooks
from isfstudy.report.navigation import label, siblings


def test_links_are_seen_from_the_page():
    front, *pages = siblings("03_comparison")
    assert front.href == "../index.html"
    assert [page.href for page in pages if page.label == "03 comparison"] == ["report.html"]
    assert {page.href for page in pages} == {
        "report.html" if name == "03_comparison" else f"../{name}/report.html" for name in notebooks()
    }
    front, *pages = siblings(None)
    assert front.href == "index.html" and [page.href for page in pages] == [
        f"{name}/report.html" for name in notebooks()
    ]


def test_labels_are_a_number_and_two_words_at_most():
    assert label("05_intervention_effects") == "05 intervention effects"
    assert label("09_one_two_three") == "09 one two"
    assert all(2 <= len(page.label.split()) <= 3 and page.question for page in siblings(None)[1:])
