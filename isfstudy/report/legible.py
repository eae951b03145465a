"""No text of a figure is smaller on its page than can be read: 9 pixels in a window of 1200."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter, LogFormatterMathtext

COLUMN = 873  # CSS pixels: figures in a window of 1200 that has a scroll bar (html_template/report.css)
SMALLEST = 9  # CSS pixels
POINTS = 72  # an inch


def pixels_a_point(inches: float, dpi: float) -> float:
    """How many CSS pixels of the page a point of a figure's text takes, which is shown at its size in pixels, or as
    wide as the column is.

    Args:
        inches: width of the figure.
        dpi: pixels an inch of its file.
    """
    return min(dpi, COLUMN / inches) / POINTS


def written_out(value: float) -> str:
    """A number as an axis has room for: 0.01, 1000, 10k, 1M."""
    for least, unit, letter in ((1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if value >= least:
            return f"{value / unit:g}{letter}"
    return f"{value:g}"


def make_legible(figure: Figure, dpi: float) -> None:
    """Enlarge every text of a figure that would be smaller than `SMALLEST` on the page, tick labels included.

    On logarithmic axes powers are `written_out`, since exponents are smaller than the rest.
    """
    least = SMALLEST / pixels_a_point(figure.get_figwidth(), dpi)
    sides = [(axes, name, getattr(axes, f"{name}axis")) for axes in figure.axes for name in "xy"]
    for _, _, axis in sides:
        if isinstance(axis.get_major_formatter(), LogFormatterMathtext):
            axis.set_major_formatter(lambda value, _: written_out(value))
            axis.set_minor_formatter(LogFormatter())
    figure.draw_without_rendering()  # which makes the ticks
    for axes, name, axis in sides:
        if any(label.get_fontsize() < least for label in axis.get_ticklabels(which="both")):
            axes.tick_params(axis=name, which="both", labelsize=least)  # of ticks that are yet to be made, too
    for text in figure.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), least))
