"""How rows were made: every method once, with what is known of it and where it was measured."""

from __future__ import annotations

from isfstudy.comparison.how_made import NO_IMAGES, PRINTED_ONLY, how_made, steps_to_make, with_code
from isfstudy.comparison.methods import described_methods
from isfstudy.paper.printed import OURS


def test_every_method_has_a_row_measured_or_not() -> None:
    def method(stem, infrared, visible):
        return infrared

    methods = {"TNO": {"Mine": method, "SAGE": method}, "MSRS": {"SAGE": method, "ISF (ours)": method}}
    table = how_made(["ISF (ours)"], methods, {"SAGE", "LRRNet"}).set_index("method")
    assert list(table.index) == ["ISF (ours)", *described_methods(), "Mine"]
    measured = table["measured on"]
    assert measured["SAGE"] == "TNO, MSRS" and measured["Mine"] == "TNO" and measured["ISF (ours)"] == "MSRS"
    assert measured["LRRNet"] == PRINTED_ONLY and measured[OURS] == NO_IMAGES
    assert table.at["LRRNet", "repository"] == "hli1221/imagefusion-LRRNet" and table.at["Mine", "repository"] == ""


def test_steps_begin_with_the_commit_that_was_used() -> None:
    table = steps_to_make(["LRRNet", "SAGE"])
    assert list(table.columns) == ["method", "clone", "then"] and list(table["method"]) == ["LRRNet", "SAGE"]
    clone = "git clone https://github.com/hli1221/imagefusion-LRRNet LRRNet && git -C LRRNet checkout e489fc3"
    assert table.at[0, "clone"] == f"`{clone}`" and table.at[0, "then"] == described_methods()["LRRNet"]["steps"]
    assert list(steps_to_make([]).columns) == ["method", "clone", "then"]


def test_commands_are_shown_as_code_and_text_is_no_html() -> None:
    assert with_code("Run `a && b`, then <c>.") == "Run <code>a &amp;&amp; b</code>, then &lt;c&gt;."
