"""The card of the weights that come with the package: what each was trained by, on what, and what it is for."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.weights import describe_weights, find_weights, trained_names

CARD = """# Weights that come with the package

Trained by this study; the authors' own checkpoint is not among them (`isf data fetch weights`). Use them by name:
`isf fuse ir/ vi/ -o fused/ --weights {example}`.

{table}

Each file is a safetensors file of the fusion network (192,388 parameters with separate encoders and CFI) with this
description in its metadata. Statistics are batch norm's: `running` as momentum leaves them, or `settled` over
64 more batches. Metrics are means over the pairs of `measured on`, under the `paper` convention and without JPEG; they
were not used to choose anything.

- **Meant for** judging the recipes of the paper, and for fusing registered 8- or 16-bit pairs of infrared and visible
  images. The paper trains for 50 epochs of 1,083 pairs, 3,350 steps or more, with 16 crops of 256 a step. Weights
  trained for less, as the table shows, do not stand for the paper's, and their images may be poor. `without_...`,
  `backbone` and `full` are the ablations of Table 2, trained alike (notebook 04).
- **Trained on** what the table says. Other cameras and scenes may come out worse.
- **Not for** decisions about people: a fused image can hide or invent contrast.
- **Licence** as this repository's for the weights; the images they were trained on state none.
- **Record** of every step: `records/fusion/<name>/`; curves and verdicts: notebook 02.
"""


def model_card() -> str:
    """The card of all committed weights, of which there must be some, in Markdown, from what their files say."""
    rows = []
    for name in trained_names():
        known = describe_weights(find_weights(name))
        schedule = known["schedule"]
        rows.append(
            {
                "name": f"`{name}`",
                "recipe": known["recipe"],
                "encoder": known["encoder"],
                "gate": known["gate"],
                "integrator": known.get("integrator", "cfi"),
                "steps": schedule["steps"],
                "batch": schedule["batch"],
                "crop": schedule["side"],
                "seed": schedule["seed"],
                "trained on": known["data"],
                "precision": schedule.get("precision", ""),
                "statistics": schedule.get("statistics", ""),
                "machine": f"{known['machine']['processor']}, {known['machine']['cores']} cores, "
                f"GPU {known['machine']['gpu']}",
                "commit": known["commit"],
                "measured on": schedule.get("watched", "").split(", pixels")[0],
            }
            | {metric: f"{known['metrics'][metric]:.3f}" for metric in METRICS if metric in known["metrics"]}
        )
    longest = max(rows, key=lambda row: row["steps"])["name"].strip("`")
    return CARD.format(example=longest, table=_markdown(pd.DataFrame(rows)))


def _markdown(table: pd.DataFrame) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.fillna("").astype(str).itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
