"""Networks of the paper's architecture stand out in every figure, and nothing else does."""

from __future__ import annotations

from isfstudy.report.colours import BLUE, ORANGE, colour_of


def test_networks_are_orange_whatever_their_weights() -> None:
    assert colour_of("ISF (released)") == colour_of("ISF (ours-paired)", other="0.35") == ORANGE != BLUE


def test_other_methods_have_the_colour_that_the_figure_gives_them() -> None:
    assert colour_of("SAGE") == BLUE and colour_of("ISFusion", other="0.35") == "0.35"
