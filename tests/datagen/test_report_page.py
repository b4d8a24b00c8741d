"""The report in a real browser: offline, light and dark, on a phone, by keyboard, whatever a row says.

Skipped where no Chromium is installed; `.ci/run` installs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from datagen.dataset import open_dataset
from datagen.report import write_report
from datagen.shards import REJECTED_TOOL_SCHEMA, TOOL_SCHEMA, ShardWriter
from tests.offline_pages import CHROMIUM, FLAGS, NONE, Opened

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NONE)
_DESKTOP, _PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_ATTACK = "</script><script>window.pwned=1</script><img src=x onerror='window.pwned=1'>\u202eหลอก\u202c{{7*7}}"
_SHOWN = _ATTACK.replace("\u202e", "U+202E").replace("\u202c", "U+202C")


def all_rows(out: Path) -> list[dict[str, Any]]:
    files = [*sorted(out.glob("data/*/*.parquet")), *sorted(out.glob("rejected/*.parquet"))]
    return [{"split": file.parent.name, **row} for file in files for row in pl.read_parquet(file).iter_rows(named=True)]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset whose every text, in rows and manifest, tries to get out."""
    out = tmp_path_factory.mktemp("hostile")
    specs = [{"type": "function", "function": {"name": _ATTACK, "description": _ATTACK}}]
    call = {"id": "1", "type": "function", "function": {"name": _ATTACK, "arguments": json.dumps({_ATTACK: _ATTACK})}}
    said = {"tool_calls": None, "tool_call_id": None}
    row = {
        "id": _ATTACK, "lang": "\"><script>window.pwned=1</script>", "original": _ATTACK,
        "messages": [
            {"role": _ATTACK, "content": _ATTACK, **said},
            {"role": "user", "content": f"น้ำ {_ATTACK}", **said},
            {"role": "assistant", "content": _ATTACK, "tool_calls": [call], "tool_call_id": None},
            {"role": "tool", "content": json.dumps({_ATTACK: [_ATTACK]}), "tool_calls": None, "tool_call_id": "1"},
            {"role": "assistant", "content": _ATTACK, **said},
        ],
        "source": {"name": _ATTACK, "id": _ATTACK, "license": _ATTACK},
        "constraints": [{"id": _ATTACK, "params": _ATTACK, "instruction": _ATTACK, "lang": _ATTACK, "turn": 1}],
        "verdicts": [{"id": _ATTACK, "outcome": "FAIL", "reason": _ATTACK}],
        "judge": {"score": float("nan"), "model": _ATTACK, "reason": _ATTACK},
        "provenance": {"teacher": _ATTACK, "templates": [_ATTACK], "text_contract": "", "code_version": _ATTACK,
                       "translation": "", "repairs": 0},
        "tools": json.dumps(specs), "scenario": json.dumps({"kind": _ATTACK, "domain": _ATTACK}),
    }  # fmt: skip
    for folder, schema, more in (
        ("data/tool", TOOL_SCHEMA, {}),
        ("rejected", REJECTED_TOOL_SCHEMA, {"stage": _ATTACK, "reason": _ATTACK, "detail": _ATTACK}),
    ):
        writer = ShardWriter(out / folder, schema)
        writer.write(row | more)
        writer.close()
    stage = {"in": 2, "kept": 1, "rejected": {_ATTACK: 1}}
    manifest = {
        "recipe": {"lang": _ATTACK, "seed": 1}, "teacher": {"name": _ATTACK, "license": _ATTACK, "judge": _ATTACK},
        "code_version": _ATTACK, "stages": {_ATTACK: stage},
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest))
    write_report(open_dataset(out))
    return out


# Datasets come first: while Playwright is at work, its event loop runs in this thread, and no build could run its own.
@pytest.fixture(scope="module")
def browser(built_dataset: Path, built_tools: Path, hostile: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def opened(browser: Browser):
    """`opened(folder, ...)`: its report in a context of its own; at the end it must have asked for nothing."""
    contexts, pages = [], []

    def open_in(folder: Path, viewport: Any = _DESKTOP, scheme: Any = "light", **more: Any) -> Page:
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme, **more))
        contexts[-1].set_default_timeout(120_000)
        pages.append(Opened(contexts[-1], folder / "report.html"))
        return pages[-1].page if more.get("java_script_enabled") is False else pages[-1].ready()

    yield open_in
    for each in pages:
        each.require_harmless()
    for context in contexts:
        context.close()


def require_status(page: Page, beginning: str) -> None:
    # Not wait_for_function, which needs an eval that the page's policy forbids.
    expect(page.locator("#status")).to_have_text(re.compile(f"^{beginning}"), timeout=60_000)


def ids_in(page: Page) -> list[str]:
    return page.locator("#table .id").all_inner_texts()


@pytest.mark.parametrize("kind", ["built_dataset", "built_tools", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_and_a_desk_in_both_themes(kind, scheme, opened, request):
    for viewport in (_PHONE, _DESKTOP):
        page = opened(request.getfixturevalue(kind), viewport, scheme)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == {"light": "rgb(246, 246, 243)", "dark": "rgb(20, 22, 26)"}[scheme]
        page.locator("button.open").first.click()
        page.wait_for_selector("dialog[open] .turns")
        page.evaluate("document.querySelectorAll('dialog details').forEach((each) => (each.open = true))")
        page.wait_for_selector("dialog pre")
        dialog = page.locator("dialog")
        assert dialog.evaluate("(each) => each.scrollWidth <= each.clientWidth")
        box = dialog.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= viewport["width"]


def test_the_reader_can_choose_a_theme(opened, built_dataset):
    page = opened(built_dataset, scheme="light")
    seen = []
    for _ in range(3):
        page.click("#theme")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        seen.append((page.inner_text("#theme"), background))
    light, dark = "rgb(246, 246, 243)", "rgb(20, 22, 26)"
    assert seen == [("Theme: light", light), ("Theme: dark", dark), ("Theme: system", light)]


@pytest.mark.parametrize("kind", ["built_dataset", "built_tools"])
def test_every_row_opens_and_shows_all_its_turns_and_verdicts(kind, opened, request):
    out = request.getfixturevalue(kind)
    page, rows = opened(out), all_rows(out)
    page.locator("button.open").first.click()
    for number, row in enumerate(rows, 1):
        expect(page.locator("#row-id")).to_have_text(row["id"], timeout=60_000)
        text = page.locator("#row-body").evaluate("(each) => each.textContent")
        assert f"{number} of {len(rows)}" in text
        for message in row["messages"]:
            if message["role"] != "tool":
                assert message["content"] in text
            for call in message.get("tool_calls") or ():
                assert f"→ {call['function']['name']}" in text
                for value in json.loads(call["function"]["arguments"]).values():
                    assert str(value) in text or not isinstance(value, str)
        for verdict in row["verdicts"]:
            assert verdict["id"] in text
            assert verdict["reason"] in text or verdict["outcome"] == "PASS"
        if row["split"] == "rejected":
            assert f"Rejected by {row['stage']}: {row['reason']}" in text
            assert (row["detail"] or "") in text
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#row-id") == rows[-1]["id"]


def test_search_and_filters_find_what_is_there(opened, built_dataset):
    page, rows = opened(built_dataset), all_rows(built_dataset)
    require_status(page, f"{len(rows)} rows")

    def require(test) -> None:
        wanted = [row["id"] for row in rows if test(row)]
        assert 0 < len(wanted) < len(rows)
        require_status(page, f"{len(wanted)} of {len(rows)} rows")
        assert ids_in(page) == wanted[:50]

    page.fill("#search", "ริมคลอง")
    require(lambda row: any("ริมคลอง" in message["content"] for message in row["messages"]))
    page.fill("#search", "ต้มข\u0e49าวต\u0e49ม")
    require(lambda row: any("ต้มข้าวต้ม" in message["content"] for message in row["messages"]))
    page.click("button[type=reset]")
    require_status(page, f"{len(rows)} rows")
    page.select_option("#fate", "kept")
    require(lambda row: row["split"] == "sft")
    page.select_option("#fate", "rejected")
    page.select_option("#stage", "screen")
    require(lambda row: row.get("stage") == "screen")
    page.click("button[type=reset]")
    page.select_option("#type", "keywords.include_all")
    require(lambda row: any(each["id"] == "keywords.include_all" for each in row["constraints"]))
    page.click("button[type=reset]")
    page.select_option("#script", "Han")
    require(lambda row: row["messages"][-1]["content"].endswith("自由"))
    page.fill("#search", "ไม่มีคำนี้ที่ใด")
    require_status(page, "0 of")
    assert not page.is_visible("#table")


def test_the_vowel_am_is_found_however_it_is_typed(opened, built_dataset):
    page = opened(built_dataset)
    spellings = ["ค\u0e33ตอบ", "ค\u0e4d\u0e32ตอบ"]
    found = []
    for spelling in spellings:
        page.fill("#search", spelling)
        page.evaluate("find()")
        found.append(page.inner_text("#status"))
    assert found[0] == found[1]
    assert (
        page.evaluate("[folded('น\u0e33\u0e49'), folded('น\u0e4d\u0e49\u0e32'), folded('น\u0e49\u0e4d\u0e32')]")
        == ["น\u0e49ำ"] * 3
    )


def test_pages_and_orders(opened, built_dataset):
    page, rows = opened(built_dataset), all_rows(built_dataset)
    assert ids_in(page) == [row["id"] for row in rows[:50]]
    page.click("#after")
    assert ids_in(page) == [row["id"] for row in rows[50:100]]
    page.select_option("#order", "characters")
    expect(page.locator("#page")).to_have_text(re.compile("^page 1 "), timeout=60_000)
    lengths = {
        row["id"]: len(row["messages"][-1]["content"]) for row in rows if row["messages"][-1]["role"] == "assistant"
    }
    assert [lengths[row] for row in ids_in(page)] == sorted(lengths.values())[:50]


def test_a_name_in_a_chart_shows_its_rows(opened, built_tools):
    page, rows = opened(built_tools), all_rows(built_tools)
    page.click("#scenarios button[data-kind=parallel]")
    wanted = [row["id"] for row in rows if json.loads(row["scenario"])["kind"] == "parallel"]
    require_status(page, f"{len(wanted)} of {len(rows)} rows")
    assert ids_in(page) == wanted
    reason = page.locator("#funnel button[data-reason]").first
    name, stage = reason.get_attribute("data-reason"), reason.get_attribute("data-stage")
    reason.click()
    wanted = [row["id"] for row in rows if (row.get("stage"), row.get("reason")) == (stage, name)]
    require_status(page, f"{len(wanted)} of {len(rows)} rows")
    assert ids_in(page) == wanted


def test_all_of_it_by_keyboard(opened, built_dataset):
    page, rows = opened(built_dataset), all_rows(built_dataset)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the rows"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    order = []
    for _ in range(15):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.className || document.activeElement.id"))
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
        if order[-1] == "open":
            break
    assert order[-1] == "open"
    assert "fate" in order
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    assert page.inner_text("#row-id") == rows[1]["id"]
    page.keyboard.press("ArrowRight")
    expect(page.locator("#row-id")).to_have_text(rows[2]["id"], timeout=60_000)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([open])", state="attached")
    assert page.evaluate("document.activeElement.dataset.place") == "2"


def test_no_mark_of_a_thai_letter_is_cut_off(opened, built_dataset):
    """Four storeys of marks, measured in the font that shows them, fit the line; nothing hides what sticks out."""
    page = opened(built_dataset)
    page.locator("button.open").first.click()
    page.wait_for_selector("dialog[open] .said")
    measured = page.evaluate(
        """[...document.querySelectorAll("button.open, dialog .said, .verdict-list p, dialog dd")].map((each) => {
             const style = getComputedStyle(each), canvas = document.createElement("canvas").getContext("2d");
             canvas.font = style.font;
             const size = canvas.measureText("ป้ำญู่ปื๊ฎุฏูกั้ฬิ่");
             const ink = size.actualBoundingBoxAscent + size.actualBoundingBoxDescent;
             return [ink, parseFloat(style.lineHeight), style.overflow];
           })"""
    )
    assert len(measured) > 50
    assert all(ink <= line and overflow == "visible" for ink, line, overflow in measured)
    assert all(line / 16 > 1.4 for _, line, _ in measured)


def test_hostile_rows_are_shown_and_do_nothing(opened, hostile):
    page = opened(hostile)
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script").count() == 0
    for number in range(2):
        page.locator("button.open").nth(number).click()
        page.wait_for_selector("dialog[open]")
        page.evaluate("document.querySelectorAll('dialog details').forEach((each) => (each.open = true))")
        page.wait_for_selector("dialog pre")
        text = page.locator("#row-body").evaluate("(each) => each.textContent")
        assert text.count(_SHOWN) > 15
        assert "\u202e" not in text
        assert page.locator("dialog img, dialog script").count() == 0
        page.keyboard.press("Escape")
    assert "\u202e" not in page.evaluate("document.body.innerText")
    page.locator("#funnel button[data-reason]").first.click()
    require_status(page, "1 of 2 rows")
    page.fill("#search", "window.pwned")
    require_status(page, "1 of 2 rows")
    assert page.evaluate("window.pwned") is None


def test_without_scripts_the_numbers_stand_and_the_page_says_what_is_missing(opened, built_dataset):
    page = opened(built_dataset, java_script_enabled=False)
    assert page.is_visible("#funnel table")
    assert page.locator("#judge svg.columns rect").count() > 0
    assert "needs JavaScript" in page.inner_text("noscript")
    assert not page.is_visible("#filters")


def test_controls_have_names_and_headings_are_in_order(opened, built_tools):
    page = opened(built_tools)
    page.locator("button.open").first.click()
    page.wait_for_selector("dialog[open]")
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, input, select, [role=img], dialog")].filter((each) =>
             !(each.getAttribute("aria-label") || each.getAttribute("aria-labelledby") || each.labels?.length
               || each.textContent.trim())).map((each) => each.outerHTML)"""
    )
    assert unnamed == []
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
