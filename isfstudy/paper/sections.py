"""What a claim is about: the parts of the paper in which the scorecard and the front door group claims."""

from __future__ import annotations

import re

SECTIONS = {  # what is claimed about, and how the source of such a claim reads; the first that fits counts
    "Abstract and introduction": r"Abstract|Section 1\b",
    "Table 1: fused images": r"Table 1|4\.2\.1",
    "Table 2: what each part is worth": r"Table 2|4\.2\.2",
    "Figure 6: what interventions cost": r"Figure 6|4\.2\.3",
    "Table 3: detection": r"Table 3|4\.3\.1",
    "Table 4: segmentation": r"Table 4|4\.3\.2",
    "Table 5: medical images": r"Table 5|4\.4",
    "Method and training": r"Equation|[Ss]ection 3|4\.1",
    "Speed, and the rest": r"",
}
OTHERS = {"notes": "Notes on the paper", "ours": "Claims of this study"}
ORDER = (*SECTIONS, *OTHERS.values())


def section(whose: str, source: str) -> str:
    """The part of the paper that a claim is about, one of `ORDER`; claims of others have a part of their own."""
    return OTHERS.get(whose) or next(name for name, words in SECTIONS.items() if re.search(words, source))
