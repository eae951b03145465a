"""What a user should know of a file though it is used: what of it is left aside, or looks like a mistake."""

from __future__ import annotations

import warnings
from pathlib import Path


class Remark(UserWarning):
    """A warning about one file.

    Attributes:
        said: the sentence, with `{}` where the file's name belongs, so that a command can name many files in one line.
        file: its name, or the names of a pair.
    """

    def __init__(self, said: str, file: Path | str) -> None:
        super().__init__(said.format(file))
        self.said, self.file = said, str(file)


def remark(said: str, file: Path | str) -> None:
    """Warn of a file with `Remark`; nothing is stopped by it."""
    warnings.warn(Remark(said, file), stacklevel=3)
