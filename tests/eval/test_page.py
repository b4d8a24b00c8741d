"""`typhoon-eval compare --html`: its numbers against the results, in a real browser, whatever an answer says.

The browser's tests are skipped where no Chromium is installed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from datagen.llm.answers import Answer, AnswerStore
from datagen.record import Message
from eval.answerers import ModelCard
from eval.config import EvalRecipe
from eval.errors import ResultsError
from eval.page import render_page, write_page
from eval.page.items import pack_items
from eval.page.runs import read_runs
from eval.results import ResultsFolder, read_items, read_results
from eval.runner import Watch, evaluate
from eval.task import About, Ask, Item, Judge, Marks, Metric, Task, Transcript
from tests.eval.answering import Function
from tests.eval.conftest import CAPITALS, Capitals
from tests.offline_pages import CHROMIUM, FLAGS, NONE, Opened

ATTACK = "</script><script>window.pwned=1</script><img src=x onerror='window.pwned=1'>\u202eหลอก\u202c{{7*7}}"
SHOWN = ATTACK.replace("\u202e", "U+202E").replace("\u202c", "U+202C")
_DESKTOP, _PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_PARTS = Path(__file__).parents[2] / "eval/page/parts"


class Hostile:
    """Everything that a task, or a model, can put onto the page tries to get out of it."""

    about = About(ATTACK.replace("/", "∕"), ATTACK, ATTACK, (Metric(ATTACK, ATTACK),), ATTACK, ATTACK, template=ATTACK)

    def items(self) -> Sequence[Item]:
        tool = {"type": "function", "function": {"name": ATTACK, "description": ATTACK}}
        return [Item(f"{ATTACK}{n}", (Message("user", ATTACK),), (tool,), group=f"{ATTACK}{n % 2}") for n in range(3)]

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        answer = await ask(item.messages)
        verdicts = [{"id": ATTACK, "outcome": "FAIL", "reason": ATTACK}]
        return Transcript((Message("assistant", answer.content),), (answer,), {"verdicts": verdicts, ATTACK: ATTACK})

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        return {ATTACK: float(item.id.endswith(("0", transcript.final[-1])))}


def capital(messages: Sequence[Message]) -> str:
    found = re.search(r"เมืองหลวงของ(.+)คือ", messages[-1].content)
    return CAPITALS[found[1]] if found else ATTACK


def good(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
    return Answer(f"{capital(messages)} เเละน\u0e4d\u0e49า 自由", "stop", 9, 3)


def worse(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
    text = messages[-1].content
    if "ลาว" in text:
        return Answer("", "failed")
    said = "?" if "พม่า" in text else "ปารีส" if "ข้อ 1 " in text else f"{capital(messages)}1"
    return Answer(said, "length" if "ไทย" in text else "stop", 9, 3)


def evaluated(out: Path, name: str, replies: Any, tasks: Sequence[Task], limit: int | None = None) -> Path:
    answerer = Function(replies)
    answerer.card = ModelCard(name, f"weights:{name}", "test")
    recipe = EvalRecipe.model_validate({"out": str(out), "tasks": ["x"], "model": {"name": name}, "limit": limit})
    folder = ResultsFolder(out)
    with folder.claim():
        store = AnswerStore(folder.answers)
        asyncio.run(evaluate(recipe, tasks, answerer, store, folder, Watch()))
        store.close()
    return out


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    at = tmp_path_factory.mktemp("runs")
    return [
        evaluated(at / "base", "base", worse, [Capitals(), Hostile()]),
        evaluated(at / "tuned", ATTACK, good, [Capitals(), Hostile()]),
        evaluated(at / "other", "other", good, [Capitals()], limit=15),
    ]


@pytest.fixture(scope="module")
def file(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("page") / "page.html"
    write_page(runs, to, 400)
    return to


# The page comes first: while Playwright is at work, its event loop runs in this thread, and no evaluation could run.
@pytest.fixture(scope="module")
def browser(file: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(NONE)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def opened(browser: Browser, file: Path):
    """`opened(...)`: the page in a context of its own; at the end it must have asked for nothing."""
    contexts, pages = [], []

    def open_in(viewport: Any = _DESKTOP, scheme: Any = "light", **more: Any) -> Page:
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme, **more))
        contexts[-1].set_default_timeout(120_000)
        pages.append(Opened(contexts[-1], file))
        return pages[-1].page if more.get("java_script_enabled") is False else pages[-1].ready()

    yield open_in
    for each in pages:
        each.require_harmless()
    for context in contexts:
        context.close()


def unpacked(page: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The index, and every item of the page."""
    parts = re.findall(r'<script type="text/plain" (?:id="index"|class="chunk")>([^<]*)</script>', page)
    index, *chunks = (json.loads(zlib.decompress(base64.b64decode(part)).decode("cp874")) for part in parts)
    return index, [item for chunk in chunks for item in chunk]


def test_scores_and_how_they_were_made_stand_on_the_page(file, runs):
    page = file.read_text(encoding="utf-8")
    for folder in runs[::2]:
        results = read_results(folder)
        task = results["tasks"]["capitals"]
        assert results["model"]["identity"] in page
        assert task["template_sha256"][:12] in page
        for score in task["scores"]:
            if score["metric"] != "letters":
                shown = (
                    f'<b>{100 * score["value"]:.1f} %</b></td><td class="number">{100 * score["low"]:.1f} to '
                    f'{100 * score["high"]:.1f}</td><td class="number" data-label="n">{score["n"]}</td>'
                )
                assert shown in page
                if score["failed"]:
                    assert f'data-label="failed"><b>{score["failed"]}</b>' in page
                    assert f'data-label="undecided"><b>{score["undecided"]}</b>' in page or not score["undecided"]
    failed = {score["metric"]: score for score in read_results(runs[0])["tasks"]["capitals"]["scores"]}["right"]
    assert (failed["n"], failed["failed"], failed["undecided"]) == (16, 4, 4), "the page has something to show apart"
    assert "greedy, at most 20 tokens" in page
    assert "A and C: 15 items in common, of 20 and 15" in page
    assert str(runs[0].parent) not in page, "no path of a machine"


def test_differences_are_those_of_the_paired_bootstrap(evaluate, file, runs):
    page = file.read_text(encoding="utf-8")
    code, text = evaluate("compare", *runs)
    assert code == 0
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| capitals | right")]
    assert len(rows) == 3, "three pairs of three runs"
    for row in rows:
        shown = f"{100 * float(row[6].strip('*')):+.1f}".replace("-", "−").replace("+0.0", "0.0")
        assert f"<b>{shown}</b>" in page
        assert f'data-label="pairs">{row[2]}</td>' in page
    assert rows[0][2:4] == ["16", "4"], "four items that A has no mark for are left out, and counted"


def test_the_same_results_give_the_same_bytes_and_every_prompt_and_answer(file, runs, tmp_path):
    page = file.read_text(encoding="utf-8")
    assert render_page(runs, 400) == page
    index, items = unpacked(page)
    assert len(items) == len(index["columns"]["id"]) == 23
    for place, item in enumerate(items):
        task, id = index["tasks"][index["columns"]["task"][place]]["name"], index["columns"]["id"][place]
        for run, folder in enumerate(runs):
            lines = {line["id"]: line for line in read_items(folder, task)} if run < 2 or task == "capitals" else {}
            if id not in lines:
                assert item["runs"][run] is None
                continue
            assert item["runs"][run]["answers"] == lines[id]["answers"]
            assert item["runs"][run]["marks"] == lines[id]["marks"]
            asked = next(each for each in item["asked"] if "ABC"[run] in each["letters"])
            assert asked["messages"] == lines[id]["asked"]


def test_of_too_many_items_those_come_first_where_the_runs_differ(runs):
    few = pack_items(read_runs(runs[:2]), 20)
    hostile, capitals = few.tasks
    assert capitals.shown + hostile.shown == 20
    assert (hostile.shown, hostile.total) == (3, 3)
    assert (capitals.shown, capitals.total, capitals.differing) == (17, 20, 11)
    assert capitals.differing_shown == 11
    assert pack_items(read_runs(runs[:2]), 6).tasks[1].differing_shown == 3
    assert pack_items(read_runs(runs), 400, budget=few.size).size <= few.size


def test_an_answer_is_shown_and_does_nothing(opened):
    page = opened()
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script").count() == 0
    page.fill("#search", "window.pwned")
    expect(page.locator("#status")).to_have_text("3 of 23 items", timeout=60_000)
    page.locator("button.open").first.click()
    page.wait_for_selector("dialog[open]")
    page.evaluate("document.querySelectorAll('dialog details').forEach((each) => (each.open = true))")
    page.wait_for_selector("dialog pre")
    text = page.locator("#row-body").evaluate("(each) => each.textContent")
    assert text.count(SHOWN) > 8
    assert "\u202e" not in text
    page.locator("dialog input[type=checkbox]").check()
    page.wait_for_selector("dialog .space")
    assert page.locator("dialog img, dialog script").count() == 0
    assert "\u202e" not in page.evaluate("document.body.innerText")
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_and_a_desk_in_both_themes(scheme, opened):
    for viewport in (_PHONE, _DESKTOP):
        page = opened(viewport, scheme)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        page.locator("button.open").first.click()
        page.wait_for_selector("dialog[open] .turns")
        page.evaluate("document.querySelectorAll('dialog details').forEach((each) => (each.open = true))")
        page.wait_for_selector("dialog pre")
        assert page.locator("dialog").evaluate("(each) => each.scrollWidth <= each.clientWidth")


def test_items_are_found_by_task_and_verdict_and_stand_side_by_side(opened, runs):
    page = opened()
    page.select_option("#task", "capitals")
    page.select_option("#verdict", "differ")
    marks = [
        {line["id"]: (line["failed"], line["marks"]["right"]) for line in read_items(run, "capitals")} for run in runs
    ]
    differing = [id for id in sorted(marks[0]) if len({run[id] for run in marks if id in run}) > 1]
    expect(page.locator("#status")).to_have_text(f"{len(differing)} of 23 items", timeout=60_000)
    found = page.locator("#table .id").all_inner_texts()
    assert [text.split(" · ")[-1] for text in found] == differing
    page.select_option("#verdict", "1>0")
    better = [id for id in differing if marks[0][id] == (False, 0.0) and marks[1][id] == (False, 1.0)]
    expect(page.locator("#status")).to_have_text(f"{len(better)} of 23 items", timeout=60_000)
    page.select_option("#metric", "foreign")
    expect(page.locator("#status")).to_have_text("0 of 23 items", timeout=60_000)
    page.select_option("#metric", "")
    expect(page.locator("#status")).to_have_text(f"{len(better)} of 23 items", timeout=60_000)
    page.locator("button.open").first.click()
    page.wait_for_selector("dialog[open]")
    columns = page.locator(".side-by-side > section")
    assert columns.count() == 3
    tops = [columns.nth(n).bounding_box() for n in range(3)]
    assert len({box["y"] for box in tops if box}) == 1, "side by side at a desk"
    assert "ปารีส" in columns.nth(0).inner_text()
    country = better[0].split("-")[0]
    assert CAPITALS[country] in columns.nth(1).inner_text()
    assert f"เมืองหลวงของ{country}คือที่ไหน" in page.inner_text(".row-parts")
    assert page.locator("dialog .look-alike").count() == 0
    page.locator("dialog input[type=checkbox]").check()
    expect(columns.nth(1).locator(".look-alike")).to_have_count(2)
    assert columns.nth(1).locator(".look-alike").evaluate_all("(all) => all.map((each) => each.dataset.codes)") == [
        "0E40+0E40",
        "0E4D+0E49+0E32",
    ]
    assert columns.nth(1).locator(".foreign").all_inner_texts() == ["自由"]
    page.keyboard.press("Escape")
    page.select_option("#verdict", "failed")
    expect(page.locator("#status")).to_have_text("4 of 23 items", timeout=60_000)


def test_without_scripts_the_numbers_stand(opened):
    page = opened(java_script_enabled=False)
    assert page.is_visible("#glance table")
    assert page.locator("#glance svg.estimate").count() == 5
    assert "need JavaScript" in page.inner_text("noscript")


def test_controls_have_names_and_everything_has_a_heading(opened):
    page = opened()
    page.locator("button.open").first.click()
    page.wait_for_selector("dialog[open]")
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, input, select, dialog")].filter((each) =>
             !(each.getAttribute("aria-label") || each.getAttribute("aria-labelledby") || each.labels?.length
               || each.textContent.trim())).map((each) => each.outerHTML)"""
    )
    assert unnamed == []
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1


def test_colours_stand_out_in_both_themes():
    """WCAG 2.2: 4.5 to 1, for the letters of the runs are text."""
    style = (_PARTS / "page.css").read_text()
    blocks = [dict(re.findall(r"--(run-\d): (#[0-9a-f]{6})", block)) for block in re.findall(r"\{([^{}]*)\}", style)]
    light, automatic, dark = [block for block in blocks if block]
    assert automatic == dark
    assert light.keys() == dark.keys()
    for theme, card in ((light, "#ffffff"), (dark, "#1c1f25")):
        assert all(_contrast(colour, card) >= 4.5 for colour in theme.values()), theme


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_page_asks_for_nothing_from_outside(file):
    links = re.findall(r'(?:src|href|action|data|poster)="([^"]*)"', file.read_text(encoding="utf-8"))
    assert links
    assert all(link.startswith("#") for link in links)
    for part in _PARTS.iterdir():
        text = part.read_text(encoding="utf-8")
        assert not re.search(r"https?:|url\(|@import|\bfetch\(|XMLHttp|WebSocket|import\(|innerHTML|\beval\b\(", text)


def test_what_cannot_be_compared_is_one_sentence(evaluate, runs, tmp_path):
    assert "two folders" in evaluate("compare", runs[0])[1]
    code, text = evaluate("compare", runs[0], "--html", tmp_path / "one.html")
    assert (code, (tmp_path / "one.html").exists()) == (0, True), text
    assert "Differences" not in (tmp_path / "one.html").read_text()
    code, text = evaluate("compare", runs[0], runs[1], "--html", tmp_path / "no/page.html")
    assert (code, "cannot write" in text) == (2, True)
    with pytest.raises(ResultsError, match="given twice"):
        read_runs([runs[0], runs[0]])
