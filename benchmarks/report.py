"""How large the page of a 10,000-row dataset is, and how long Chromium takes to open it.

    python benchmarks/report.py [--rows 10000] [--rejected 5000] [--opens 7] [--chromium PATH] [--keep FOLDER]

Two datasets are written through a build's own writer: instructions, and tool use. Their rows are those of the shipped
samples with every text drawn anew from the Thai dictionary, common words more often, at the lengths of real answers (a
few hundred characters): such text packs worse than sentences do. Opening is timed from the start of the navigation in a
fresh browser context until the table stands with all rows counted; the search is for a text in one row, the first one
of a page, which inflates every row. Medians.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect, sync_playwright
from pythainlp.corpus.common import thai_words

from datagen.config import BuildRecipe
from datagen.dataset import open_dataset
from datagen.export import Export
from datagen.ledger import Ledger
from datagen.manifest import Counted
from datagen.recipe import load_recipe
from datagen.record import Judgement, Message, Record, Rejection
from datagen.report import write_report
from datagen.shards import read_rows
from datagen.stages.mix import Mix
from datagen.teacher import teacher_of
from datagen.workplace import Workplace

ROOT = Path(__file__).parents[1]
SAMPLES = {"instructions": ROOT / "samples/th", "tools": ROOT / "samples/tools_th"}
STAGES = {"instructions": "verify", "tools": "prove"}  # where this funnel rejects
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
TEACHER = ("teacher.base_url=http://127.0.0.1:1/v1", "teacher.model=a-teacher")  # never asked
NEEDLE = "คำที่ไม่มีในแถวอื่น"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rejected", type=int, default=5_000)
    parser.add_argument("--opens", type=int, default=7)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    parser.add_argument("--keep", type=Path, help="a folder to leave the datasets in")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = {}
        for kind in SAMPLES:
            out = (given.keep or Path(folder)) / kind
            write_dataset(kind, out, given.rows, given.rejected)
            begun = time.process_time()
            pages[kind] = write_report(open_dataset(out))
            print(f"{kind}: {given.rows:,} kept and {given.rejected:,} rejected rows, page made in "
                  f"{time.process_time() - begun:.1f} s of CPU, {pages[kind].stat().st_size / 1e6:.1f} MB")  # fmt: skip
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=given.chromium, args=FLAGS)
            print(f"Chromium {browser.version}, headless")
            for kind, page in pages.items():
                times = [opened(browser, page) for _ in range(given.opens)]
                medians = [f"{statistics.median(each):.2f} s" for each in zip(*times, strict=True)]
                print("{}: opens in {} ({} of CPU), first search {} ({} of CPU)".format(kind, *medians))


def write_dataset(kind: str, out: Path, kept: int, rejected: int) -> None:
    """A dataset as a build leaves it, from the export on."""
    recipe = load_recipe(BuildRecipe, None, [f"kind={kind}", f"rows={kept}", *TEACHER])
    workplace = Workplace(out)
    with workplace.claim():
        workplace.clear_staging()
        stage = STAGES[kind]
        export, ledger = Export(workplace, recipe), Ledger([stage])
        for outcome in outcomes(kind, kept, rejected):
            ledger.entered(stage)
            if isinstance(outcome, Rejection):
                ledger.rejected(stage, outcome.reason)
            else:
                ledger.kept(stage)
            export.take(outcome)
        counted = Counted(ledger, None, Mix(recipe.mix, recipe.targets), stage)
        export.publish(teacher_of(recipe), counted)


def outcomes(kind: str, kept: int, rejected: int) -> Iterator[Record | Rejection]:
    words, rng = Words(), random.Random(0)
    folder = SAMPLES[kind]
    accepted = [row for file in sorted(folder.glob("data/*/*.parquet")) for row in read_rows(file)]
    dropped = [row for file in sorted(folder.glob("rejected/*.parquet")) for row in read_rows(file)]
    fates = ["kept"] * kept + ["rejected"] * rejected
    rng.shuffle(fates)
    for number, fate in enumerate(fates):
        row = rng.choice(accepted if fate == "kept" else dropped)
        record = anew(Record.from_row({**row, "verdicts": row["verdicts"] or []}), number, words, rng)
        yield record if fate == "kept" else Rejection(record, STAGES[kind], row["reason"], row["detail"] or "")


def anew(record: Record, number: int, words: Words, rng: random.Random) -> Record:
    """The record with other texts of its own: turns, and the strings in results of tools."""
    messages = []
    for message in record.messages:
        if message.role == "tool":
            content = json.dumps({"result": words.text(60), "number": rng.random()}, ensure_ascii=False)
        elif message.content:
            content = words.text(int(rng.lognormvariate(6.2, 0.7)) if message.role == "assistant" else 250)
        else:
            content = ""
        messages.append(Message(message.role, content, message.tool_calls, message.tool_call_id))
    if number == 7:
        messages[0] = replace(messages[0], content=f"{messages[0].content} {NEEDLE}")
    judge = Judgement(float(rng.randrange(11)), "a-judge") if not record.scenario else None
    return replace(record, id=f"row-{number:06d}", messages=tuple(messages), judge=judge)


class Words:
    """Thai text of dictionary words, the n-th about 1/n as often as the first."""

    def __init__(self) -> None:
        self.rng, self.words = random.Random(1), sorted(thai_words())
        self.rng.shuffle(self.words)

    def text(self, characters: int) -> str:
        said = ""
        while len(said) < characters:
            said += self.words[int(len(self.words) ** self.rng.random()) - 1]
            said += " " if self.rng.random() < 0.12 else ""
        return said


def opened(browser: Browser, file: Path) -> tuple[float, float, float, float]:
    """Until the page stands, and until its first search is answered: seconds, and CPU seconds of all of Chromium."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    begun, before = time.monotonic(), cpu_s()
    page.goto(file.resolve().as_uri())
    page.wait_for_selector("html[data-ready]")
    stood, drawn = time.monotonic(), cpu_s()
    page.fill("#search", NEEDLE)
    expect(page.locator("#status")).to_have_text(re.compile(" of "), timeout=60_000)
    answered, found = time.monotonic(), cpu_s()
    context.close()
    return stood - begun, drawn - before, answered - stood, found - drawn


def cpu_s() -> float:
    """Of all processes that this one has started, as long as they live."""
    return sum(sum(process.cpu_times()[:2]) for process in psutil.Process().children(recursive=True))


if __name__ == "__main__":
    main()
