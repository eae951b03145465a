"""The picture of the packages in the README, drawn from the code: `python -m tests.helpers.picture` prints it."""

from __future__ import annotations

import re
from pathlib import Path

import grimp

README = Path(__file__).parents[2] / "README.md"
PACKAGES = ("isfstudy", "isfcore")


def drawn() -> str:
    """A Mermaid flow chart: a box a module or room, an arrow for an import where no longer way leads there."""
    arrows = _imports()
    reached = {box: _reachable(box, arrows) for box in arrows}
    lines = ["flowchart TB"]
    for package in PACKAGES:
        lines.append(f"  subgraph {package}")
        lines += [f"    {_id(box)}[{box.split('.')[1]}]" for box in arrows if box.startswith(f"{package}.")]
        lines.append("  end")
    for box, others in arrows.items():
        direct = [other for other in others if not any(other in reached[via] for via in others if via != other)]
        lines += [f"  {_id(box)} --> {_id(other)}" for other in direct]
    return "\n".join(lines)


def in_readme() -> str:
    """The picture that the README shows."""
    return re.search(r"```mermaid\n(.*?)\n```", README.read_text(encoding="utf-8"), re.DOTALL)[1]


def _id(box: str) -> str:
    return box.replace(".", "_")


def _imports() -> dict[str, list[str]]:
    """By box, the boxes it imports; a box is what lies directly in a package."""
    graph = grimp.build_graph(*PACKAGES)
    boxes = sorted(child for package in PACKAGES for child in graph.find_children(package) if "__main__" not in child)
    found: dict[str, set[str]] = {box: set() for box in sorted(boxes, key=lambda box: (box < "isfstudy", box))}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = (".".join(name.split(".")[:2]) for name in (module, imported))
            if here != there and here in found and there in found:
                found[here].add(there)
    return {box: sorted(others) for box, others in found.items()}


def _reachable(box: str, arrows: dict[str, list[str]]) -> set[str]:
    """All that a box leads to, itself left out."""
    found: set[str] = set()
    waiting = list(arrows[box])
    while waiting:
        if (next_ := waiting.pop()) not in found:
            found.add(next_)
            waiting += arrows[next_]
    return found


if __name__ == "__main__":
    print(drawn())
