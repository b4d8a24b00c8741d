"""Each stage alone: what it lets through, what it rejects, and under which reason."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from constraints import get, types
from datagen.config import ComposeConfig, ScreenConfig
from datagen.mix_config import MixConfig
from datagen.prompts import Prompt, read_prompts
from datagen.record import AppliedConstraint, Message, Record, Rejection, Source
from datagen.stages.compose import Compose
from datagen.stages.judge import read_score
from datagen.stages.mix import Mix
from datagen.stages.respond import with_guidance
from datagen.stages.screen import Screen
from datagen.stages.seed import seed_records
from datagen.stages.translate import Translate
from datagen.stages.verify import Verify

PROSE = "ตื่นเช้ามาเปิดหน้าต่างรับลม แล้วค่อยชงกาแฟหอม ๆ สักแก้วก่อนออกไปทำงาน"


def record(answer: str = "", prompt: str = "เช้านี้ควรทำอะไรดี", **changes) -> Record:
    messages = [Message("user", prompt)] + ([Message("assistant", answer)] if answer else [])
    base = Record("p/r0/c0", "p/r0", 0, "th", Source("s", "p", "CC0-1.0"), tuple(messages), prompt)
    return replace(base, **changes)


def after(stage, *records: Record):
    async def run():
        return [await stage(each) for each in records]

    return asyncio.run(run())


def reason(stage, each: Record) -> str:
    (result,) = after(stage, each)
    return result.reason if isinstance(result, Rejection) else "kept"


def test_seeds_are_endless_and_each_round_holds_every_prompt_once():
    prompts = [Prompt(f"p{number}", f"คำถาม {number}", "s", "CC0-1.0") for number in range(5)]
    stream = seed_records(prompts, "th", candidates=2, seed=1)
    ids = [next(stream).id for _ in range(30)]
    assert len(set(ids)) == 30
    for round_number in range(3):
        of_round = ids[10 * round_number : 10 * round_number + 10]
        assert {id_.split("/")[0] for id_ in of_round} == {p.id for p in prompts}
        assert all(f"/r{round_number}/" in id_ for id_ in of_round)
    other_order = seed_records(prompts[::-1], "th", candidates=2, seed=1)
    assert [next(other_order).id for _ in range(30)] == ids


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("เขียนไพทอน print(1) ให้หน่อย", "kept"), ("Write a haiku about rain", "prompt_not_in_language"),
     ("12345", "prompt_not_in_language")],
)  # fmt: skip
def test_translate_passes_thai_and_guesses_at_nothing(prompt, expected):
    assert reason(Translate(), record(prompt=prompt)) == expected


def test_compose_states_every_instruction_and_leaves_the_prompt_whole():
    stage = Compose(ComposeConfig(constraints_max=3, system_turn_share=0.5, english_instruction_share=0.5), seed=3)
    templates = set()
    for prompt in read_prompts("th", [])[:60]:
        seed = record(prompt=prompt.text, group=prompt.id, keywords=prompt.keywords, avoid=prompt.avoid)
        (made,) = after(stage, seed)
        assert isinstance(made, Record)
        assert 1 <= len(made.constraints) <= 3
        for constraint in made.constraints:
            assert constraint.instruction in made.prompt_text
            assert get(constraint.id).params_error(constraint.params) is None
            assert constraint.id not in prompt.avoid
            assert get(constraint.id).family not in prompt.avoid
        assert prompt.text in made.messages[-1].content
        templates |= set(made.provenance.templates)
    assert {name.partition(".")[0] for name in templates} == {"th", "en"}
    assert any("system" in name for name in templates)
    assert any("user" in name for name in templates)


def test_compose_rejects_a_prompt_that_avoids_everything():
    everything = tuple({t.family for t in types().values()})
    assert reason(Compose(ComposeConfig(), 0), record(avoid=everything)) == "no_constraint_fits"


def test_guidance_is_sent_and_not_kept():
    plain = (Message("user", "ก"),)
    assert with_guidance(plain, "ข")[0] == {"role": "system", "content": "ข"}
    assert with_guidance((Message("system", "ค"), *plain), "ข") == [
        {"role": "system", "content": "ข\nค"},
        {"role": "user", "content": "ก"},
    ]
    assert with_guidance(plain, None) == [{"role": "user", "content": "ก"}]


@pytest.mark.parametrize(
    ("constraint", "answer", "expected"),
    [
        (("length.lines", {"count": 1}), PROSE, "kept"),
        (("length.lines", {"count": 2}), PROSE, "length.lines FAIL"),
        (("length.lines", {"lines": 2}), PROSE, "length.lines UNDECIDED"),
        (("length.syllables", {}), PROSE, "length.syllables UNDECIDED"),
    ],
)
def test_verify_keeps_only_a_pass(constraint, answer, expected):
    applied = (AppliedConstraint(constraint[0], constraint[1], "", "th"),)
    assert reason(Verify(), record(answer, constraints=applied)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (PROSE, "kept"),
        ("สั้นไป", "too_short"),
        (PROSE + " 是否", "script_leak"),
        (PROSE + " ສະບາຍດີ", "script_leak"),
        ("Open the window, let the breeze in and then make some good coffee.", "wrong_language"),
        (PROSE + " because morning air is very good for you", "code_switching"),
        ("และยินดีกับความยินดีของครอบครัว " * 12, "looping"),
        (PROSE + " แล้วพักสักครู่。", "script_leak"),
        (PROSE + " ก็็็็็", "broken_text"),
        (PROSE + " เ็บผ้าก่อนฝนตก", "broken_text"),
        (PROSE + " แล้วโ่ยนผ้าทิ้ง", "broken_text"),
        (PROSE + " ไม้ เก้าอี้ โน้ต ใหญ่ แห้ง", "kept"),
        ("ในฐานะโมเดลภาษา ฉันไม่มีความรู้สึก แต่อยากแนะนำให้พักผ่อนบ้าง", "self_reference"),
        (PROSE + " ตอบให้มีสามบรรทัดพอดี", "instruction_echo"),
        ('"เช้าวันหยุดฝนตกแบบนี้ควรทำอะไรดี" ' + PROSE, "prompt_echo"),
        ("เช้าวันหยุด ฝนตกแบบนี้ควรทำอะไร", "prompt_echo"),
    ],
)
def test_screen(answer, expected):
    applied = (AppliedConstraint("length.lines", {"count": 3}, "ตอบให้มีสามบรรทัดพอดี", "th"),)
    asked = record(answer, prompt="เช้าวันหยุดฝนตกแบบนี้ควรทำอะไรดี", constraints=applied)
    assert reason(Screen(ScreenConfig(min_characters=20)), asked) == expected


def test_screen_lets_an_answer_quote_the_passage_but_not_only_the_passage():
    prompt = 'แม่เขียนโน้ตว่า "ข้าวอยู่ในหม้อ แกงจืดอยู่ในตู้เย็น อุ่นก่อนกินด้วย" แม่สั่งอะไรไว้'
    for answer, expected in (
        ("แม่สั่งให้อุ่นแกงจืดก่อนกิน ส่วนข้าวอยู่ในหม้อ", "kept"),
        ("แม่บอกว่า ข้าวอยู่ในหม้อ แกงจืดอยู่ในตู้เย็น อุ่นก่อนกินด้วย", "kept"),
        ("ข้าวอยู่ในหม้อ แกงจืดอยู่ในตู้เย็น อุ่นก่อนกินด้วย", "prompt_echo"),
        ('แม่เขียนโน้ตว่า "ข้าวอยู่ในหม้อและอุ่นก่อนกิน" แม่สั่งอะไรไว้', "kept"),
        ("แม่เขียนโน้ตว่าแม่สั่งอะไรไว้ ข้าวอยู่ในหม้อ", "prompt_echo"),
    ):
        assert reason(Screen(ScreenConfig(min_characters=20)), record(answer, prompt=prompt)) == expected, answer


def test_screen_allows_code_and_what_the_prompt_itself_says():
    code = "ใช้ฟังก์ชันนี้ได้เลย\n```python\ndef add(first, second):\n    return first + second\n```"
    assert reason(Screen(ScreenConfig(min_characters=20)), record(code)) == "kept"
    han = record("อักษร 自由 อ่านว่าจื้อโหยว แปลว่าเสรีภาพ", prompt="自由 แปลว่าอะไร")
    assert reason(Screen(ScreenConfig(min_characters=20)), han) == "kept"
    named = record("โปรแกรม Visual Studio Code เปิดไฟล์ได้", prompt="เปิดไฟล์ใน Visual Studio Code ยังไง")
    assert reason(Screen(ScreenConfig(min_characters=20)), named) == "kept"


@pytest.mark.parametrize(
    ("text", "score"),
    [("7", 7), ("คะแนน: 9", 9), ("9 จาก 10", 9), ("10/10", 10), ("Score: 10/10", 10), ("0", 0), ("11", None),
     ("8/100", None), ("", None), ("ผมให้ 8 เพราะดี แต่บางคนให้ 6", None), ("-3", None)],
)  # fmt: skip
def test_scores_are_read_or_not_but_never_made_up(text, score):
    assert read_score(text) == score


def test_mix_keeps_so_many_of_a_group():
    results = after(Mix(MixConfig(per_prompt=2), {"sft": 9}), *(record(id=f"p/r0/c{number}") for number in range(3)))
    assert [isinstance(result, Record) for result in results] == [True, True, False]
