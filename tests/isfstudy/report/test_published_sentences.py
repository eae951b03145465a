"""What published pages say is what the files beside them say: notes on data, superlatives, intervals, every number."""

from __future__ import annotations

import bisect
import functools
import itertools
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from isfstudy.paper.claims import load_claims
from isfstudy.paper.filled import LACKS, NOT_SO
from isfstudy.places import GRID_RECORDS, PRINTED_TABLES, repository

PUBLISHED = repository() / "results" / "published" / "real"
PAGES = sorted(path.parent.name for path in PUBLISHED.glob("*/report.html"))
# means over the images that all compared methods have, where a run has them
COMPARED = (
    f"03_comparison/tables/{'common' if (PUBLISHED / '03_comparison/tables/common.csv').is_file() else 'table1'}.csv"
)
NUMBER = re.compile(r"(?<![\w.])[-−+]?\d+(?:,\d{3})*\.\d+(?![\w.])")
INTERVAL = re.compile(r"([-−+]?\d+\.\d+) \[([-−+]?\d+\.\d+), ([-−+]?\d+\.\d+)\]")
STALE = re.compile(r"(?:does|do|has|have|is|are|not \w+|no \w+)[^.]{0,40}\byet\b", re.IGNORECASE)
SYNTHETIC = re.compile(r"Synthetic scenes|nothing here compares|scenes stand in", re.IGNORECASE)

each_page = pytest.mark.parametrize("name", PAGES)


@functools.cache
def text(name: str) -> str:
    """What a reader reads: without code, parameters, sources and lines of provenance."""
    page = BeautifulSoup((PUBLISHED / name / "report.html").read_text(encoding="utf-8"), "html.parser")
    for part in page.select("nav, header, footer, style, .made, .provenance"):
        part.decompose()
    return re.sub(r"\s+([.,;:)])", r"\1", " ".join(page.main.get_text(" ").split()))


@functools.cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / name)


def as_number(said: str) -> float:
    return float(said.replace("−", "-").replace(",", ""))


@functools.cache
def data_of(name: str) -> dict[str, str]:
    """What a page's results were made of: data sets and how many of their pairs."""
    found: dict[str, str] = {}
    for file in (PUBLISHED / name).glob("*/*.provenance.json"):
        found |= json.loads(file.read_text())["data"]
    return found


# notes on what is there


@each_page
def test_a_page_of_real_images_does_not_call_them_synthetic(name: str) -> None:
    sets = {source.split()[0] for source in data_of(name)}
    if sets - {"scenes"}:
        assert not SYNTHETIC.search(text(name)), SYNTHETIC.search(text(name))


@each_page
def test_nothing_is_said_to_be_lacking_yet_that_is_there(name: str) -> None:
    """`yet` stands on no page but in what a claim without a test lacks, and there only while no record has it."""
    lacking = {claim["why"]: claim for claim in load_claims() if claim["test"] == "none"}
    said = text(name)
    for why in lacking:
        said = said.replace(" ".join(why.split()), "")
    assert not STALE.search(said), STALE.search(said)


def test_what_a_claim_waits_for_is_not_in_the_records() -> None:
    """Records of an experiment whose claims have no test are records that nobody reads."""
    waiting = {claim["experiment"] for claim in load_claims() if claim["test"] == "none" and "experiment" in claim}
    read = {claim["experiment"] for claim in load_claims() if claim["test"] != "none" and "experiment" in claim}
    there = {path.parent.name for path in (repository() / GRID_RECORDS).glob("*/runs.jsonl")}
    assert not there & waiting - read


@each_page
def test_pairs_are_counted_as_the_results_beside_them_were_made(name: str) -> None:
    known = {f"{source}: {which.split(' pairs')[0]}" for source, which in data_of(name).items()}
    for source, here, of in re.findall(r"(\w+ (?:train|test)) \((\d+) of (\d+) pairs\)", text(name)):
        assert f"{source}: {here} of {of}" in known


@each_page
def test_no_sentence_is_left_that_the_run_contradicts(name: str) -> None:
    assert NOT_SO not in text(name) and LACKS not in text(name)


@each_page
def test_an_interval_holds_its_mean(name: str) -> None:
    for mean, low, high in INTERVAL.findall(text(name)):
        assert as_number(low) <= as_number(mean) <= as_number(high), (mean, low, high)


# superlatives: a pattern of the page's sentence, and which file has to agree


def highest(file: str, column: str, **where: str) -> str:
    rows = table(file)
    for name, value in where.items():
        rows = rows[rows[name] == value]
    names = "method" if "method" in rows else "variant"
    return str(rows.loc[rows[column].idxmax(), names])


def said_on(name: str, pattern: str) -> list[tuple[str, ...]]:
    found = re.findall(pattern, text(name))
    assert found, f"page {name} no longer says {pattern!r}: say here what it says instead"
    return found


@pytest.mark.parametrize(
    ("name", "file", "metric"), [("06_detection", "table3", "mAP50"), ("07_segmentation", "table4", "mIoU")]
)
def test_who_serves_a_network_best(name: str, file: str, metric: str) -> None:
    pattern = rf"(own|from visible|adapted): {metric} is highest for (.+?) \((\d\.\d+)\)"
    for protocol, who, value in said_on(name, pattern):
        assert highest(f"{name}/tables/{file}.csv", metric, protocol=protocol) == who
        rows = table(f"{name}/tables/{file}.csv").query("protocol == @protocol and method == @who")
        assert f"{rows[metric].iloc[0]:.3f}" == value


def test_who_scores_highest_in_table_1() -> None:
    pattern = r"(TNO|MSRS|M3FD): AG ([^:;]+?), SF ([^:;]+?), PSNR ([^:;]+?), CC ([^:;]+?), Qabf ([^:;]+?)\."
    for dataset, *best in said_on("03_comparison", pattern):
        for metric, who in zip(("AG", "SF", "PSNR", "CC", "Qabf"), best, strict=True):
            assert highest(COMPARED, metric, dataset=dataset, protocol="paper") == who, (dataset, metric)


def test_the_simple_rule_beside_the_method() -> None:
    rows = table("03_comparison/tables/table1.csv").query("protocol == 'paper'").set_index(["dataset", "method"])
    pairs = rows["pairs"].unstack("method")
    assert (pairs["Laplacian pyramid"] == pairs["ISF (released)"]).all()  # both on the same images
    pattern = r"(TNO|MSRS|M3FD) (\d\.\d+) against (\d\.\d+), PSNR ([-+−][\d.]+) dB, Qabf ([-+−]\d\.\d+)"
    for dataset, simple, own, psnr, qabf in said_on("03_comparison", pattern):
        one, other = rows.loc[(dataset, "Laplacian pyramid")], rows.loc[(dataset, "ISF (released)")]
        assert [f"{one['objective']:.3f}", f"{other['objective']:.3f}"] == [simple, own]
        assert as_number(psnr) == pytest.approx(one["PSNR"] - other["PSNR"], abs=0.006)
        assert as_number(qabf) == pytest.approx(one["Qabf"] - other["Qabf"], abs=0.0006)


def test_whose_digits_come_out() -> None:
    digits = table("11_audit/tables/digits.csv").query("protocol == 'paper'")
    (named,) = said_on("11_audit", r"Rows of Table 1 confirmed to the digit: (.+?)\.")
    right = {f"{row.method} on {row.dataset}" for row in digits.itertuples() if row.equal == 5}
    assert set(named.split(", ")) == right


def test_which_way_round_the_weights_were_trained() -> None:
    said_on("12_released_weights", r"network was trained with the modalities exchanged")
    rows = table("12_released_weights/tables/brightness.csv").query("weights == 'released'")
    assert (rows["trained"] == "exchanged").all()


def test_what_interventions_do_to_the_cue() -> None:
    said_on("14_spurious_shift", r"hardly any spurious correlation is learned")
    rows = table("14_spurious_shift/tables/contrasts.csv").query("question == 'full'")
    assert (rows["low"] > -0.1).all()
    shown = {f"{row.mean:+.3f} [{row.low:+.3f}, {row.high:+.3f}]" for row in rows.itertuples()}
    assert shown <= set(re.findall(INTERVAL.pattern.replace("(", "(?:"), text("14_spurious_shift")))


# the scorecard, in its file, on its page and on the front door


@pytest.fixture(scope="module")
def card() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / "10_scorecard" / "tables" / "scorecard.csv", keep_default_na=False)


def test_the_scorecard_s_lines_have_the_verdicts_of_its_file(card: pd.DataFrame) -> None:
    page = BeautifulSoup((PUBLISHED / "10_scorecard" / "report.html").read_text(encoding="utf-8"), "html.parser")
    lines = [" ".join(line.get_text(" ").split()) for line in page.select(".claim summary")]
    assert len(lines) == len(card)
    for row in card.itertuples():
        claim = " ".join(row.claim.split(" (Our reading")[0].split())
        found = " ".join(row.found.split())
        assert any(line.startswith(f"{row.verdict} {claim}", 2) and found in line for line in lines), claim


def test_the_front_door_counts_what_the_scorecard_holds(card: pd.DataFrame) -> None:
    page = BeautifulSoup((PUBLISHED / "index.html").read_text(encoding="utf-8"), "html.parser")
    words = [tag.get_text()[2:] for tag in page.select(".totals .verdict")]
    shown = dict(zip(words, page.select(".totals b"), strict=True))
    assert {word: int(count.text) for word, count in shown.items()} == {
        word: int((card["verdict"] == word).sum()) for word in shown
    }


# every number is in a file beside it


def test_numbers_of_the_one_page_lead_back_to_their_files() -> None:
    """Those that are a cell of a file as they are; others are differences and means of its cells."""
    said, followed = text("10_scorecard"), []
    for row in table("10_scorecard/tables/summary.csv").dropna(subset=["column"]).itertuples():
        cells = pd.to_numeric(table(row.file)[row.column], errors="coerce")
        forms = {f"{row.value:{form}}" for form in (".3f", "+.3f", ".2f", "+.2f", ".1f", ",.0f")}
        if (cells - row.value).abs().lt(1e-9).any() and any(form in said for form in forms):
            followed.append(row.name)
    assert len(followed) >= 10, followed


def test_ten_numbers_are_followed_back() -> None:
    """From a sentence of a page to the cell of the file that it rests on, or what follows from two of them."""
    table1 = table("03_comparison/tables/table1.csv").query("protocol == 'paper'").set_index(["dataset", "method"])
    ours, pyramid, average = (table1.loc[("TNO", name)] for name in ("ISF (released)", "Laplacian pyramid", "Average"))
    exchanged = table1.loc[("TNO", "ISF (released-exchanged)")]
    cue = table("14_spurious_shift/tables/contrasts.csv").query("question == 'full' and infrared == 'infrared intact'")
    steps = table("12_released_weights/tables/structure.csv").set_index("weights").loc["released", "steps_counted"]
    found = {
        "costs less in the paper's own loss": [f"{pyramid['objective']:.3f} against {ours['objective']:.3f}"],
        "above the method in PSNR": [
            f"{pyramid['PSNR'] - ours['PSNR']:+.2f} dB",
            f"{pyramid['Qabf'] - ours['Qabf']:+.3f}",
        ],
        "as the plain average is": [f"{average['PSNR'] - ours['PSNR']:+.2f} dB", f"{average['CC'] - ours['CC']:+.3f}"],
        "PSNR on TNO changes by": [f"{exchanged['PSNR'] - ours['PSNR']:+.2f} dB"],
        "where 0.1 matters, and the method": [
            f"{row.mean:+.3f} [{row.low:+.3f}, {row.high:+.3f}]" for row in cue.itertuples()
        ],
        "The weights' counter says": [f"{steps:,.0f} steps"],
    }
    for words, numbers in found.items():
        for number in numbers:
            assert re.search(re.escape(words) + r"[^?]{0,120}?" + re.escape(number), text("10_scorecard")), (
                words,
                number,
            )


@functools.cache
def numbers_in(file: Path) -> list[float]:
    """Sizes of all numbers of a file, those in texts among them, and of their means by groups, which tables show."""
    if not file.read_bytes().strip():
        return []
    texts = pd.read_csv(file, dtype=str, keep_default_na=False)
    found = [float(value) for value in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", " ".join(texts.to_numpy().ravel()))]
    frame = pd.read_csv(file)
    labels = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name]) and frame[name].nunique() < 60]
    for count in range(1, min(len(labels), 4) + 1):
        for by in itertools.combinations(labels, count):
            found += frame.groupby(list(by), dropna=False).mean(numeric_only=True).to_numpy().ravel().tolist()
    return [abs(value) for value in found if value == value]


@functools.cache
def numbers_beside(name: str) -> list[float]:
    """Of all tables of a page and of the paper's own, sorted; shares as percentages too."""
    files = [*(PUBLISHED / name / "tables").glob("*.csv"), *(repository() / PRINTED_TABLES).glob("*.csv")]
    found = {value for file in files for value in numbers_in(file)}
    return sorted({*found, *(100 * value for value in found)})


@each_page
def test_numbers_of_a_page_are_in_the_files_beside_it(name: str) -> None:
    """With as many digits as are shown. A few are neither: differences, ratios, sums of what the files hold."""
    values, lacking = numbers_beside(name), []
    shown = [said for said in NUMBER.findall(text(name)) if not said.startswith("2603.")]
    for said in shown:
        unit = 10.0 ** -len(said.partition(".")[2])
        place = bisect.bisect_left(values, abs(as_number(said)) - 0.51 * unit)
        if place == len(values) or values[place] > abs(as_number(said)) + 0.51 * unit:
            lacking.append(said)
    assert len(lacking) <= 0.1 * len(shown) + 3, lacking
