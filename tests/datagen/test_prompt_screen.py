"""Screening prompts before a call is paid for: what is refused, under which reason, and what is kept of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from datagen.config import PromptScreenConfig
from datagen.errors import RecipeError
from datagen.prompts import BadRow, Prompt, read_prompts
from datagen.prompts.seen import Seen
from datagen.record import Message, Record, Rejection
from datagen.shards import read_rows
from datagen.stages.prompt_screen import PromptRules, Refusals, RefusedRecord, masked, refused_prompt
from datagen.stages.seed import seed_records


def prompt(text: str = "เช้านี้ควรทำอะไรดี", **changes) -> Prompt:
    return replace(Prompt("p1", text, "s", "MIT"), **changes)


def reason(asked: Prompt, **config) -> str:
    fault = PromptRules(PromptScreenConfig(**config)).fault(asked)
    return fault[0] if fault else "kept"


@pytest.mark.parametrize(
    ("text", "config", "expected"),
    [
        ("เช้านี้ควรทำอะไรดี", {}, "kept"),
        ("ว่า", {}, "too_short"),
        ("ก" * 8001, {}, "too_long"),
        ("ก" * 8000, {}, "kept"),
        ("Write a haiku about rain", {}, "kept"),
        ("Write a haiku about rain", {"languages": ["th"]}, "other_language"),
        ("12345678", {"languages": ["th"]}, "other_language"),
        ("เขียน haiku เรื่องฝนให้หน่อย", {"languages": ["th"]}, "kept"),
        ("ส่งไปที่ somchai@example.com ได้ไหม", {}, "e_mail"),
        ("โทรหา ๐๘๑-๒๓๔-๕๖๗๘ ได้ไหม", {}, "phone"),
        ("โทรหา +66 81 234 5678 ได้ไหม", {}, "phone"),
        ("บัตรเลขที่ 1-1017-00230-70-5 หมดอายุ", {}, "kept"),  # its check digit is wrong
        ("บัตรเลขที่ 1-1017-00230-70-8 หมดอายุ", {}, "citizen_id"),
        ("บัตรเลขที่ 1101700230708 หมดอายุ", {}, "citizen_id"),
        ("ส่งไปที่ somchai@example.com ได้ไหม", {"allow_personal_data": True}, "kept"),
        ("ปี 2567 มีประชากร 66052615 คน", {}, "kept"),
    ],
)
def test_length_language_and_personal_data(text, config, expected):
    assert reason(prompt(text), **config) == expected


def test_what_was_said_before_is_screened_too():
    said = (Message("user", "เมลผม a.b@example.org"), Message("assistant", "ครับ"))
    assert reason(prompt(history=said)) == "e_mail"
    assert reason(prompt(history=(Message("user", "ก" * 8000), Message("assistant", "ข")))) == "too_long"


def test_the_same_prompt_twice_is_refused_once_and_said_again_in_the_next_round():
    rules = PromptRules(PromptScreenConfig())
    first, same = prompt("ฝนตก  ไหม"), prompt(" ฝนตก ไหม\n", id="p2")
    after_other_turns = prompt("ฝนตก ไหม", id="p3", history=(Message("user", "ก"), Message("assistant", "ข")))
    for _ in range(2):
        assert rules.fault(first) is None
        assert rules.fault(same) == ("duplicate_prompt", "says the same as p1")
        assert rules.fault(after_other_turns) is None
    assert reason(same, allow_duplicates=True) == "kept"


def test_a_blocklist_names_its_line_keeps_no_text_and_matches_whole_latin_words(tmp_path):
    words = tmp_path / "block.txt"
    words.write_text("\ufeff# ไม่รับ\nพนัน\n\nAss\n")
    rules = PromptRules(PromptScreenConfig(blocklist=str(words)))
    assert rules.fault(prompt("แทงพนันออนไลน์ยังไง")) == ("blocked", "line 2 of the blocklist")
    assert rules.fault(prompt("kick his ASS now")) == ("blocked", "line 4 of the blocklist")
    assert rules.fault(prompt("class กับ assert ต่างกันยังไง")) is None
    assert refused_prompt(prompt("แทงพนัน"), ("blocked", ""), "th").messages == ()
    with pytest.raises(RecipeError, match=r"blocklist: cannot read .*nope\.txt"):
        PromptRules(PromptScreenConfig(blocklist=str(tmp_path / "nope.txt")))


def test_personal_data_never_reaches_the_refused_record():
    text = "บัตร 1101700230708 โทร 081-234-5678 เมล a.b@example.org ครับ"
    assert masked(text) == "บัตร [citizen_id] โทร [phone] เมล [e_mail] ครับ"
    for fault in (("phone", ""), ("duplicate_prompt", "")):
        made = refused_prompt(prompt(text, history=(Message("user", text), Message("assistant", text))), fault, "th")
        assert {m.content for m in made.messages} == {masked(text)}
    assert len(refused_prompt(prompt("ก" * 99_999), ("too_long", ""), "th").messages[0].content) == 1003


def test_a_refused_prompt_is_one_rejection_of_its_stage_in_the_first_round_only():
    items = [
        prompt(),
        prompt("สั้น"[:2], id="p2"),
        BadRow("dir/p.jsonl:3", "bad_json", "เมล a.b@example.org", "p", "MIT"),
    ]
    records = seed_records(items, "th", 2, 1, rules=PromptRules(PromptScreenConfig()), attempts=5)
    made = list(records)
    assert [record.id.partition("/")[0] for record in made] == ["p2", "p.jsonl:3", *["p1"] * 5]

    async def through(record: Record) -> Record | Rejection:
        result = await Refusals("read")(record)
        return result if isinstance(result, Rejection) else await Refusals("prompt_screen")(result)

    results = [asyncio.run(through(record)) for record in made]
    rejections = [r for r in results if isinstance(r, Rejection)]
    assert [(r.stage, r.reason, r.detail) for r in rejections] == [
        ("prompt_screen", "too_short", "2 characters, at least 4"),
        ("read", "bad_json", "เมล [e_mail]"),
    ]
    assert [(r.record.source.name, r.record.source.license) for r in rejections] == [("s", "MIT"), ("p", "MIT")]
    assert not any(isinstance(r, RefusedRecord) for r in results)


def test_a_set_of_which_nothing_is_left_ends():
    rules = PromptRules(PromptScreenConfig())
    assert [r.id for r in seed_records([prompt("x")], "th", 2, 1, rules=rules)] == ["p1/refused"]


def test_no_bundled_prompt_is_refused():
    rules = PromptRules(PromptScreenConfig(languages=["th"]))
    assert [p.id for p in read_prompts("th", []) if rules.fault(p)] == []


def test_what_was_seen_is_kept_on_disk():
    seen, folder = Seen(), "f" * 400
    seen.before("warm", "up")
    before = psutil.Process().memory_info().rss
    for number in range(60_000):  # 25 MB of places
        seen.before(f"key {number}", f"{folder}:{number}")
    grown = psutil.Process().memory_info().rss - before
    assert seen.before("key 7", "q.jsonl:1") == f"{folder}:7"
    assert grown < 12_000_000


def test_nothing_is_asked_about_a_refused_prompt(run, build_arguments, teacher, tmp_path: Path):
    common = {"license": "MIT", "keywords": ["ไข่ต้ม", "ขนมปัง", "กล้วย", "นม"]}
    good = [common | {"prompt": f"ช่วยแนะนำอาหารเช้าแบบที่ {n} หน่อย", "id": f"p{n}"} for n in range(6)]
    mine = [{**good[0], "id": "again"}, {**good[1], "id": "mail", "prompt": "ตอบกลับ somchai@example.com ให้หน่อย"}]
    (tmp_path / "p.jsonl").write_text("\n".join(json.dumps(line) for line in [*good, *mine]))
    out = tmp_path / "ds"
    code, text = run(*build_arguments(teacher, out, rows=4), "--prompts", "p.jsonl")
    assert code == 0, text
    screened = json.loads((out / "manifest.json").read_text())["stages"]["prompt_screen"]
    assert screened["rejected"] == {"duplicate_prompt": 1, "e_mail": 1}
    assert "somchai" not in json.dumps(teacher.requests)
    rejected = [row for file in (out / "rejected").glob("*.parquet") for row in read_rows(file)]
    assert "somchai" not in json.dumps(rejected)
    assert "[e_mail]" in json.dumps([row["messages"] for row in rejected if row["reason"] == "e_mail"])
