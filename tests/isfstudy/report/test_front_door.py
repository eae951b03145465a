"""The front door shows what a run has, and says what it does not have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from isfstudy.notebooks import notebooks
from isfstudy.paper.headlines import said_total
from isfstudy.paper.sections import section
from isfstudy.report.cover import COVER
from isfstudy.report.front_door import LONGEST, first_sentence, groups, write_front_door
from isfstudy.report.page import Page
from isfstudy.report.slider import slider

COLUMNS = ["id", "whose", "source", "claim", "verdict"]
TABLE1, TABLE2 = "03_comparison/tables/table1.csv", "04_ablations/tables/table2.csv"
CARD = pd.DataFrame(
    [
        ("spurious-correlations", "paper", "Abstract, section 1", "They break. (Our reading: a.)", "not confirmed"),
        ("a", "paper", "Table 1", "AG is <5>.", "partly"),
        ("b", "paper", "Table 1, section 4.2.1", "AG is 6.", "confirmed"),
        ("c", "paper", "Equation 12", "Gates.", "not testable here"),
        ("d", "paper", "Figure 1c", "Fast.", "undecided"),
        ("e", "notes", "Notes on the paper, limitations", "Night.", "undecided"),
        ("f", "ours", "Notebook 03", "Average.", "confirmed"),
    ],
    columns=COLUMNS,
).assign(asked="-0.1 or less", found="+0.0257", hold="1 of 1", measured="?", coverage="7 seeds")
CARD["where"] = [TABLE2, TABLE1, TABLE1, "", *[TABLE2] * 3]


CARD["section"] = [section(row.whose, row.source) for row in CARD.itertuples()]


def page(answer: str, more: str = "") -> str:
    return f'<main><h1>Q</h1><section class="answer"><h2>Answer</h2>{answer}</section>{more}</main>'


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A run of two notebooks, one of them the scorecard."""
    study = tmp_path / "real"
    slider = '<figure><div class="slider" tabindex="0"><img alt="a" src="data:,"></div><small>s</small></figure>'
    contents = {
        "03_comparison/report.html": page("<p><b>It</b> is ahead. In 4.5 of 10. Not more.</p>", slider),
        TABLE1: "AG\n",
        "10_scorecard/tables/scorecard.csv": CARD.to_csv(index=False),
        "10_scorecard/report.html": page("<p>Seven claims.</p>"),
        "01_data_preparation/tables/status.csv": "set and split,pairs here\nTNO test,40 of 40 pairs\n",
    }
    for name, text in contents.items():
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text(text)
    return study


def read(study: Path) -> BeautifulSoup:
    return BeautifulSoup(write_front_door(study).read_text(), "html.parser")


def test_verdicts_are_counted_by_what_they_are_about():
    found = {group.name: group.counts for group in groups(CARD)}
    assert list(found) == [
        "Abstract and introduction",
        "Table 1: fused images",
        "Method and training",
        "Speed, and the rest",
        "Notes on the paper",
        "Claims of this study",
    ]
    assert found["Table 1: fused images"] == {
        "confirmed": 1,
        "partly": 1,
        "not confirmed": 0,
        "undecided": 0,
        "not testable here": 0,
    }
    assert sum(sum(counts.values()) for counts in found.values()) == len(CARD)
    assert said_total(CARD) == "7 claims (5 of the paper, 1 of notes on it, 1 of this study)"


def test_a_mark_leads_to_the_page_that_decided_and_reads_without_it():
    table1 = next(group for group in groups(CARD) if group.name.startswith("Table 1"))
    first, second = (BeautifulSoup(mark, "html.parser").a for mark in table1.marks)
    assert (first["href"], first["aria-label"]) == ("03_comparison/report.html", "confirmed: AG is 6.")
    assert second["aria-label"] == "partly: AG is <5>."
    (open_one,) = next(group for group in groups(CARD) if group.name == "Method and training").marks
    assert "<a" not in open_one and 'aria-label="not testable here: Gates."' in open_one


def test_what_matters_comes_with_its_numbers_from_the_file(study: Path):
    contrasts = study / "14_spurious_shift" / "tables" / "contrasts.csv"
    contrasts.parent.mkdir(parents=True)
    rows = [("full", 0.026, -0.026, 0.077), ("learned", 0.018, 0.001, 0.036)]
    table = pd.DataFrame(rows, columns=["question", "mean", "low", "high"]).assign(infrared="infrared intact", seeds=7)
    black = pd.DataFrame({"question": ["statistics", "losses"], "mean": [0.2, -0.1]}).assign(infrared="infrared black")
    pd.concat([table, black]).to_csv(contrasts, index=False)
    pays = pd.DataFrame(
        {
            "question": ["pays", "interventions"],
            "mean": [0.48, 0.3],
            "low": [0.39, 0.18],
            "high": [0.56, 0.42],
            "seeds": 6,
        }
    )
    pays.to_csv(contrasts.with_name("shortcut.csv"), index=False)
    (line,) = read(study).select(".said li")
    assert line.text.split()[:3] == ["✕", "not", "confirmed"] and "+0.026 [-0.026, +0.077]" in line.text
    said = " ".join(line.text.split())
    assert "learns it (+0.480)" in said and "change that by +0.300 [+0.180, +0.420] (6 seeds)" in said
    pd.concat([table.assign(low=-0.3), black]).to_csv(contrasts, index=False)
    assert "Not so in this run:" in read(study).select_one(".said").text


def test_pages_come_in_order_with_their_answers_or_as_not_made(study: Path):
    door = read(study)
    chapters = door.select(".chapters > li")
    assert len(chapters) == len(notebooks())
    made = {item.a["href"]: item.p.text for item in chapters if item.a}
    assert made == {
        "03_comparison/report.html": "It is ahead. In 4.5 of 10. Not more.",
        "10_scorecard/report.html": "Seven claims.",
    }
    assert "Not made in this run: ./run_all.sh real --only 00" in " ".join(chapters[0].text.split())
    assert "TNO test, 40 of 40 pairs." in door.text
    assert door.title.text == door.h1.text and door.select("ol.here a[href='#How-to-cite']")
    assert "The files that decide 4 of them are missing" in door.text


def test_pictures_are_the_page_s_sliders_or_a_still(study: Path):
    assert len(read(study).select(".pictures .slider")) == 1
    (study / "03_comparison" / "report.html").unlink()
    assert "No image yet" in read(study).text
    (study / "14_spurious_shift" / "figures").mkdir(parents=True)
    Image.new("RGB", (3000, 300)).save(study / "14_spurious_shift" / "figures" / "flipped.png")
    (image,) = read(study).select(".pictures img")
    assert image["src"].startswith("data:image/webp") and image["alt"]
    assert len(image["src"]) < 5000


def test_its_picture_is_written_beside_it(study: Path):
    read(study)
    assert not (study / COVER).exists(), "the page's slider shows no pair"
    page_of, image = Page("x", study, study, {}), np.zeros((8, 8), np.uint8)
    shown = [
        slider(page_of, (f"TNO 1, the {source} image", image), ("TNO 1, fused by x", image), caption="")
        for source in ("infrared", "visible")
    ]
    (study / "03_comparison" / "report.html").write_text(page("<p>A.</p>", "".join(each.data for each in shown)))
    read(study)
    assert (study / COVER).is_file()


def test_a_scorecard_of_an_older_version_is_no_scorecard(study: Path):
    CARD.drop(columns="found").to_csv(study / "10_scorecard" / "tables" / "scorecard.csv", index=False)
    assert "No verdicts yet" in read(study).text


def test_an_empty_run_says_so_and_an_absent_one_is_named(tmp_path: Path):
    (tmp_path / "quick").mkdir()
    door = read(tmp_path / "quick")
    assert "No verdicts yet" in door.text and door.text.count("Not made in this run") == len(notebooks())
    assert not door.select("table, link, script") and "./run_all.sh quick" in door.pre.text
    with pytest.raises(FileNotFoundError, match="absent is not there"):
        write_front_door(tmp_path / "absent")


@pytest.mark.parametrize(
    "answer, said",
    [
        ("<p>PSNR is 5.1 dB. It leads (p < 0.05). Yes.</p>", "PSNR is 5.1 dB. It leads (p &lt; 0.05). Yes."),
        ("<p><b>Own:</b> ahead , by far.</p>", "Own: ahead, by far."),
        (f"<p>{'A' * LONGEST}. Too much.</p>", f"{'A' * LONGEST}."),
        ("", "Its notebook gave no answer."),
    ],
)
def test_an_answer_is_cut_between_sentences(answer: str, said: str):
    assert first_sentence(BeautifulSoup(page(answer), "html.parser")) == said
