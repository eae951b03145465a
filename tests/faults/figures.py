"""How many faults to try, and what became of them.

A fault is one thing done to the product on purpose: a process killed, a byte of a file changed, a name given. It is
survived where the test's checks hold. A message is what a command, or an error, says of a fault that it cannot work
around; it should name the file and what to do.
"""

from __future__ import annotations

import os
import re
from collections import Counter

from click.testing import Result
from hypothesis import HealthCheck, settings

LONG = os.environ.get("ISF_FAULTS") == "long"
TRIED: Counter[str] = Counter()
SURVIVED: Counter[str] = Counter()
MESSAGES: Counter[str] = Counter()
NAMING: Counter[str] = Counter()

# What a cure begins with: "copy it again", "give a folder", "is its folder there?"
CURES = r"add|ask|choose|convert|copy|cut|delete|develop|download|export|fetch|free|give|install|is its|is one|keep|"
CURES += r"lower|make|move|must|name|open|register|rename|run|save|say|set|shorten|take|try|unpack|use|wait|write"
CURE = re.compile(rf"\b({CURES})\b", re.IGNORECASE)
# What a message names where no file is at fault: the option, as it is typed.
OPTION = re.compile(r"--?\w[\w-]*|'[^']*'|\b[A-Z]{2,}\b|\bmissing\b", re.IGNORECASE)


_EACH = settings(
    deadline=None,
    derandomize=not LONG,  # the short part tries the same faults each time
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def examples(*, short: int, long: int) -> settings:
    """A decorator for a test that `hypothesis` gives examples."""
    return settings(_EACH, max_examples=points(short=short, long=long))


def points(*, short: int, long: int) -> int:
    """How many points of one kind to try: `long` where `ISF_FAULTS=long` asks for it."""
    return long if LONG else short


def survived(kind: str) -> None:
    """Note that a fault was tried, and that all was as it should be after it."""
    TRIED[kind] += 1
    SURVIVED[kind] += 1


def named(kind: str, message: str, name: str) -> None:
    """Check that a message names what is at fault, and holds a cure."""
    MESSAGES[kind] += 1
    assert message.strip() and "Traceback" not in message and "defect of isf" not in message, message
    said = message.splitlines()[-1]
    assert name in message and CURE.search(message), f"neither {name!r} nor a cure, or not both: {said}"
    NAMING[kind] += 1


def judged(kind: str, result: Result, name: str = "") -> Result:
    """Check that a command ended as it may: done, or with one message, which names `name` and a cure.

    Without a name the message has to name what was typed.
    """
    error = result.exception
    assert error is None or isinstance(error, SystemExit), f"{error!r} of {result.stderr}"
    assert result.exit_code in (0, 1, 2), result.stderr
    if result.exit_code:
        named(kind, result.stderr, name)
        assert name or OPTION.search(result.stderr), result.stderr
    survived(kind)
    return result


def table() -> str:
    """The figures: a line a kind, and the sum."""
    lines = [f"{'kind of fault':34}{'tried':>8}{'survived':>10}{'messages':>10}{'with file and cure':>20}"]
    for kind in [*TRIED, "all"]:
        counts = [sum(c.values()) if kind == "all" else c[kind] for c in (TRIED, SURVIVED, MESSAGES, NAMING)]
        lines.append(f"{kind:34}{counts[0]:8}{counts[1]:10}{counts[2]:10}{counts[3]:20}")
    return "\n".join(lines)
