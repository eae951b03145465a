"""Numbers and verdicts of the published results, computed a second time by code that shares nothing with the study's.

Only NumPy, Pillow and the standard library, formulas as the literature has them, no import from `isfcore` or
`isfstudy`: what agrees here does not agree because both take a number from one place. It reads published tables to
compare with them, and the rows below them (images, records of trainings, printed tables) to compute from.

    python -m tests.independent.recompute results/published/real [DATA]

DATA is the folder of image sets (as ISF_DATA); without it numbers that need images are left out.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.independent.formulas import as_jpeg, at_least, closeness, cost, interval, qabf, sharpness, sign_flip, word

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = "14_spurious_shift/tables"


class Check(NamedTuple):
    """A number or a verdict, as computed here and as published; numbers may differ by `tolerance`."""

    name: str
    own: float | str
    published: float | str
    tolerance: float = 0.0

    @property
    def agrees(self) -> bool:
        if isinstance(self.own, str):
            return self.own == self.published
        return abs(self.own - float(self.published)) <= self.tolerance


def rows(file: Path, **where: str) -> list[dict[str, str]]:
    """The rows of a CSV file in which columns have these values."""
    with file.open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if all(row[name] == value for name, value in where.items())]


def the(file: Path, **where: str) -> dict[str, str]:
    (row,) = rows(file, **where)
    return row


# trainings, by seed


def responses(results: Path, column: str) -> dict[tuple[str, str, str], float]:
    """Of each published run, by arm, data and seed, the mean of a figure over its looks in the records."""
    shown = {(row["run"], row["precision"]) for row in rows(results / SEEDS / "runs.csv")}
    values: dict[tuple[str, str, str], list[float]] = {}
    for row in rows(REPOSITORY / "records" / "grid" / "spurious_shift" / "looks.csv"):
        if (row["run"], row["precision"]) in shown:
            values.setdefault((row["arm"], row["data"], row["seed"]), []).append(float(row[column]))
    return {key: sum(each) / len(each) for key, each in values.items()}


def contrast(results: Path, column: str, weights: dict[tuple[str, str], float]) -> list[float]:
    """A sum of figures, weighted by arm and data, for each seed that has all of them."""
    found = responses(results, column)
    seeds = sorted({seed for _, _, seed in found})
    complete = [seed for seed in seeds if all((*key, seed) in found for key in weights)]
    return [sum(weight * found[*key, seed] for key, weight in weights.items()) for seed in complete]


WITH, WITHOUT = "scenes_rate_1", "scenes_rate_0.5"
LEARNED = {("fidelity", WITH): 1, ("fidelity", WITHOUT): -1}
MORE = {("full", WITH): 1, ("full", WITHOUT): -1, ("fidelity", WITH): -1, ("fidelity", WITHOUT): 1}
LEVEL = {("full", WITH): 0.5, ("full", WITHOUT): 0.5, ("fidelity", WITH): -0.5, ("fidelity", WITHOUT): -0.5}


def of_seeds(results: Path) -> list[Check]:
    table, checks = results / SEEDS / "contrasts.csv", []
    for name, weights, column, infrared in (
        ("full", MORE, "response_intact", "infrared intact"),
        ("learned", LEARNED, "response_intact", "infrared intact"),
        ("level_full", LEVEL, "response_black", "infrared black"),
    ):
        values = contrast(results, column, weights)
        published = the(table, question=name, infrared=infrared)
        own = dict(zip(("mean", "low", "high"), interval(values), strict=True)) | {"p": sign_flip(values)}
        checks += [Check(f"{name}, {infrared}: {key}", own[key], float(published[key]), 1e-6) for key in own]
    return checks


# the paper's own tables


def classes(row: dict[str, str], mean: str) -> float:
    values = [float(value) for name, value in row.items() if name not in ("method", mean)]
    return sum(values) / len(values)


def of_print(results: Path) -> list[Check]:
    paper, audit = REPOSITORY / "paper" / "tables", results / "11_audit" / "tables"
    sage = the(paper / "table3_detection.csv", method="SAGE")
    published = the(audit / "class_means.csv", table="table3_detection", method="SAGE")
    highest = max(float(row["Qabf"]) for row in rows(paper / "table1_ivif.csv", dataset="MSRS"))
    marked = the(audit / "bold.csv", table="table1_ivif", dataset="MSRS", column="Qabf")
    return [
        Check("Table 3, SAGE, mean of the classes", classes(sage, "mAP"), float(published["of_classes"]), 1e-9),
        Check("Table 1, MSRS, highest Qabf", highest, float(marked["maximum"]), 1e-9),
    ]


def bold_is_highest() -> list[bool]:
    paper, found = REPOSITORY / "paper" / "tables", []
    for mark in rows(paper / "bold.csv", table="table1_ivif"):
        values = {
            row["method"].split(" ")[0]: float(row[mark["column"]])
            for row in rows(paper / "table1_ivif.csv", dataset=mark["dataset"])
        }
        found.append(values[mark["method"].split(" ")[0]] == max(values.values()))
    return found


def means_fit() -> list[bool]:
    """Whether each printed mAP is the mean of the printed classes, but for rounding of it and of them."""
    table = rows(REPOSITORY / "paper" / "tables" / "table3_detection.csv")
    return [abs(float(row["mAP"]) - classes(row, "mAP")) <= 0.001 + 1e-9 for row in table]


# images


def sources(data: Path, stem: str) -> tuple[np.ndarray, np.ndarray]:
    """Infrared and visible grey levels of a TNO pair, cut at the top left to multiples of 16."""
    found = []
    for folder in ("ir", "vi"):
        (file,) = (data / "TNO" / folder).glob(f"{stem}.*")
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("L"), float)
        found.append(pixels[: pixels.shape[0] // 16 * 16, : pixels.shape[1] // 16 * 16])
    return found[0], found[1]


def published_means(results: Path, method: str) -> dict[str, str]:
    return the(results / "03_comparison" / "tables" / "table1.csv", dataset="TNO", method=method, protocol="paper")


def of_images(results: Path, data: Path) -> list[Check]:
    stems = sorted(path.stem for path in (data / "TNO" / "ir").iterdir())
    pairs = {stem: sources(data, stem) for stem in stems}
    checks = []
    for method, with_qabf in (("LRRNet", True), ("SAGE", False)):
        found = []
        for stem, pair in pairs.items():
            (file,) = (data / "fused" / method / "TNO").glob(f"{stem}.*")
            with Image.open(file) as image:
                fused = as_jpeg(np.asarray(image.convert("L"), float))
            found.append((*sharpness(fused), *closeness(fused, pair), qabf(fused, pair) if with_qabf else math.nan))
        for name, own in zip(("AG", "SF", "PSNR", "CC", "Qabf"), np.mean(found, axis=0), strict=True):
            if not math.isnan(own):
                published = float(published_means(results, method)[name])
                checks.append(Check(f"{method} on TNO: {name}", float(own), published, 5e-4))
    average = {stem: np.rint((pair[0] + pair[1]) / 2) for stem, pair in pairs.items()}
    close = np.mean([closeness(as_jpeg(average[stem]), pairs[stem]) for stem in stems], axis=0)
    costs = np.mean([cost(average[stem], pairs[stem]) for stem in stems])
    for name, own in zip(("PSNR", "CC", "objective"), (*close, costs), strict=True):
        published = float(published_means(results, "Average")[name])
        checks.append(Check(f"plain average on TNO: {name}", float(own), published, 2e-4))
    return checks


def of_the_authors_images(results: Path, data: Path) -> list[Check]:
    """Two images that the authors' own network made, against the published scores of ours with their weights."""
    checks = []
    for file in sorted((data / "golden" / "released").glob("TNO_crop16_*.png")):
        stem = file.stem.rpartition("_")[2]
        with Image.open(file) as image:
            fused = as_jpeg(np.asarray(image.convert("L"), float))
        pair = sources(data, stem)
        own = dict(zip(("AG", "SF", "PSNR", "CC"), (*sharpness(fused), *closeness(fused, pair)), strict=True))
        where = {"dataset": "TNO", "method": "ISF (released)", "protocol": "paper", "stem": stem}
        published = the(results / "03_comparison" / "tables" / "per_image.csv", **where)
        checks += [Check(f"ISF on TNO {stem}: {name}", own[name], float(published[name]), 5e-3) for name in own]
    return checks


def exchanged(results: Path) -> list[float]:
    """PSNR lost on each TNO image by feeding the weights as they were trained."""
    table = results / "03_comparison" / "tables" / "per_image.csv"
    of, than = (
        {row["stem"]: float(row["PSNR"]) for row in rows(table, dataset="TNO", protocol="paper", method=method)}
        for method in ("ISF (released-exchanged)", "ISF (released)")
    )
    return [of[stem] - than[stem] for stem in of]


def of_the_exchange(results: Path) -> list[Check]:
    names = ("ISF (released-exchanged)", "ISF (released)")
    published = [float(published_means(results, name)["PSNR"]) for name in names]
    own = sum(exchanged(results)) / len(exchanged(results))
    return [Check("PSNR on TNO, exchanged minus as named", own, published[0] - published[1], 1e-9)]


def numbers(results: Path, data: Path | None = None) -> list[Check]:
    """Every number, those from images where there is a folder of them."""
    found = [*of_seeds(results), *of_print(results), *of_the_exchange(results)]
    return found + ([*of_images(results, data), *of_the_authors_images(results, data)] if data else [])


def verdicts(results: Path, data: Path | None = None) -> list[Check]:
    """Verdicts on claims, from numbers that were computed here."""
    of_cue = [interval(contrast(results, column, MORE)) for column in ("response_intact", "response_black")]
    of_fidelity = [interval(contrast(results, column, LEARNED)) for column in ("response_intact", "response_black")]
    words = {
        "spurious-correlations": word([at_least(each, 0.1, -1) for each in of_cue], whole=False),
        "spurious-learned": word([at_least(each, 0.1, 1) for each in of_fidelity], whole=False),
        "table1-bold": word(bold_is_highest()),
        "table3-means": word(means_fit()),
        "ours-exchange-costs": word([at_least(interval(exchanged(results)), 0.0, -1)]),
    }
    if data:
        own = {check.name: check.own for check in of_images(results, data)}
        printed = the(REPOSITORY / "paper" / "tables" / "table1_ivif.csv", dataset="TNO", method="LRRNet")
        digits = {name: printed[name] for name in ("AG", "SF", "PSNR", "CC", "Qabf")}
        same = [f"{own[f'LRRNet on TNO: {name}']:.{len(said.split('.')[1])}f}" == said for name, said in digits.items()]
        words["table1-tno-lrrnet"] = word(same)
    card = results / "10_scorecard" / "tables" / "scorecard.csv"
    return [Check(name, own, the(card, id=name)["verdict"]) for name, own in words.items()]


def main() -> int:
    """Print every check; 1 where any disagrees."""
    results, data = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
    found = [*numbers(results, data), *verdicts(results, data)]
    for check in found:
        print(f"{'same' if check.agrees else 'OTHER':6}{check.name:48}{check.own!s:24}{check.published}")
    counted = Counter(isinstance(check.own, str) for check in found)
    print(f"{counted[False]} numbers, {counted[True]} verdicts, {sum(not check.agrees for check in found)} disagree")
    return int(any(not check.agrees for check in found))


if __name__ == "__main__":
    raise SystemExit(main())
