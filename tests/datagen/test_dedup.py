"""`dedup` and `decontaminate`: which rows go, under which reason, naming what was hit."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import chain

import pytest

from datagen.config import BuildRecipe, DecontaminateConfig, DedupConfig
from datagen.errors import RecipeError
from datagen.prompts import read_prompts
from datagen.prompts.source import PromptSource
from datagen.recipe import load_recipe
from datagen.record import Message, Record, Rejection, Source
from datagen.shards import file_sha256, read_rows
from datagen.stages.decontaminate import Decontaminate
from datagen.stages.dedup import Dedup

ANSWER = "ก่อนต้มไข่ให้นำไข่ออกจากตู้เย็นมาพักไว้สิบนาที จากนั้นใส่ลงในน้ำเดือดอย่างเบามือ แล้วต้มต่ออีกเจ็ดนาที"
TRIP = "ช่วยวางแผนเที่ยวเชียงใหม่สามวันสองคืนสำหรับครอบครัวที่มีเด็กเล็กสองคน"


def record(name: str, answer: str = "", prompt: str = "ทำอย่างไรดี", rendered: str = "") -> Record:
    messages = (Message("user", rendered or prompt), Message("assistant", answer or ANSWER))
    return Record(name, name, 0, "th", Source("s", "p", "CC0-1.0"), messages, prompt)


def outcomes(stage, *records: Record) -> list[tuple[str, str]]:
    async def run():
        return [await stage(each) for each in records]

    return [(r.reason, r.detail) if isinstance(r, Rejection) else ("kept", "") for r in asyncio.run(run())]


def test_dedup_ignores_spacing_and_digit_form_but_not_words():
    rows = record("a", "มี 3 ข้อ ดังนี้"), record("b", "มี ๓ ข้อดังนี้!"), record("c", "มี 4 ข้อ ดังนี้")
    assert outcomes(Dedup(DedupConfig()), *rows) == [("kept", ""), ("duplicate_answer", "same text as a"), ("kept", "")]


def test_dedup_names_the_row_that_a_small_edit_repeats_and_its_number():
    rows = record("a"), record("b", "คนละเรื่องกันเลยกับคำตอบแรก"), record("c", ANSWER.replace("เจ็ด", "แปด"))
    *_, (reason, detail) = outcomes(Dedup(DedupConfig()), *rows)
    assert reason == "near_duplicate_answer"
    assert detail == "0.87 Jaccard of 5-grams with a, below 0.8 wanted"


@pytest.mark.parametrize("threshold", [None, 0])
def test_dedup_without_a_threshold_keeps_small_edits(threshold):
    rows = record("a"), record("b", ANSWER.replace("เจ็ด", "แปด")), record("c")
    assert [reason for reason, _ in outcomes(Dedup(DedupConfig(threshold=threshold)), *rows)] == [
        "kept", "kept", "duplicate_answer",
    ]  # fmt: skip


@pytest.fixture
def held_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def stage(*prompts: str, **changes) -> Decontaminate:
        lines = [json.dumps({"prompt": text, "id": f"q{number}"}) for number, text in enumerate(prompts)]
        (tmp_path / "eval.jsonl").write_text("\n".join(lines))
        return Decontaminate(DecontaminateConfig.model_validate({"against": ["eval.jsonl"], **changes}))

    return stage


def prompted(prompt: str, rendered: str = "") -> Record:
    return record("r", prompt=prompt, rendered=rendered)


def test_every_hit_has_its_reason_and_names_file_row_and_id(held_out):
    stage = held_out("หนึ่งบวกหนึ่งเท่ากับ", TRIP)
    rows = [
        prompted("หนึ่ง บวก หนึ่ง เท่ากับ?"),
        prompted(f"พรุ่งนี้ว่าง {TRIP} ขอบคุณ"),
        prompted(TRIP, rendered=TRIP + " ตอบให้มีสามบรรทัดพอดีและห้ามใช้คำว่าอาหาร"),
        prompted("ช่วยวางแผนเที่ยวเชียงใหม่"),
        prompted("วันนี้กินอะไรดี"),
    ]
    assert outcomes(stage, *rows) == [
        ("held_out_exact", "eval.jsonl:1 (id q0): same text"),
        ("held_out_passage", "eval.jsonl:2 (id q1): 100% of its 13-grams shared"),
        ("held_out_exact", "eval.jsonl:2 (id q1): same text"),
        ("held_out_passage", "eval.jsonl:2 (id q1): 100% of its 13-grams shared"),
        ("kept", ""),
    ]


def test_edits_close_together_are_caught_as_a_passage_and_spread_ones_as_a_near_duplicate(held_out):
    spread = "".join(letter + ("ะ" if at % 12 == 11 else "") for at, letter in enumerate(TRIP.replace(" ", "")))
    stage = held_out(TRIP, threshold=0.3)
    assert outcomes(stage, prompted(spread))[0][0] == "held_out_near_duplicate"
    assert outcomes(held_out(TRIP, threshold=None), prompted(spread)) == [("kept", "")]


def test_the_share_of_n_grams_is_a_setting_and_zero_turns_it_off(held_out):
    half = prompted(TRIP[: len(TRIP) // 2] + "แล้วแต่ความสะดวกของแต่ละคนในกลุ่มซึ่งมาจากหลายจังหวัดทั่วประเทศ")
    assert outcomes(held_out(TRIP, ngram_share=0.9), half) == [("kept", "")]
    assert outcomes(held_out(TRIP, ngram_share=0.2), half)[0][0] == "held_out_passage"
    assert outcomes(held_out(TRIP, ngram_share=0), half) == [("kept", "")]


def test_a_held_out_prompt_shorter_than_an_n_gram_counts_only_as_the_whole_prompt(held_out):
    stage = held_out("สวัสดีครับ")
    rows = prompted("สวัสดีครับ!", rendered="สวัสดีครับ! ตอบสองบรรทัด"), prompted("สวัสดีครับ ช่วยแนะนำร้านอาหารหน่อย")
    assert [reason for reason, _ in outcomes(stage, *rows)] == ["held_out_exact", "kept"]


def test_the_original_of_a_translated_row_is_looked_at_too(held_out):
    stage = held_out("Plan a three day trip to Chiang Mai for a family with two small children.")

    plain = prompted("ช่วยวางแผนเที่ยว")
    original = "Plan a three-day trip to Chiang Mai for a family with two small children"
    translated = replace(plain, original=original)
    assert outcomes(stage, plain, translated) == [("kept", ""), ("held_out_exact", "eval.jsonl:1 (id q0): same text")]


def test_without_held_out_prompts_every_row_passes():
    assert outcomes(Decontaminate(DecontaminateConfig()), prompted(TRIP)) == [("kept", "")]


def test_recipes_turn_the_tests_on_and_off_by_name():
    recipe = load_recipe(BuildRecipe, None, ["dedup.threshold=null", "decontaminate=[a.jsonl]"])
    assert (recipe.dedup.threshold, recipe.decontaminate.against) == (None, [PromptSource.model_validate("a.jsonl")])
    assert load_recipe(BuildRecipe, None, ["decontaminate.ngram_share=0.2"]).decontaminate.ngram_share == 0.2
    with pytest.raises(RecipeError, match=r"dedup.threshold.*less than or equal to 1"):
        load_recipe(BuildRecipe, None, ["dedup.threshold=80"])


def test_a_build_keeps_held_out_prompts_out_and_says_so(run, teacher, build_arguments, tmp_path):
    held_out = [prompt for number, prompt in enumerate(read_prompts("th", [])) if number % 2]
    lines = [json.dumps({"prompt": prompt.text, "id": prompt.id}, ensure_ascii=False) for prompt in held_out]
    (tmp_path / "eval.jsonl").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "ds"
    code, said = run(*build_arguments(teacher, out, rows=8), "decontaminate=[eval.jsonl]")
    assert code == 0, said
    kept = chain.from_iterable(map(read_rows, out.glob("data/sft/*")))
    assert not {row["source"]["id"] for row in kept} & {prompt.id for prompt in held_out}
    dropped = [row for path in out.glob("rejected/*") for row in read_rows(path) if row["stage"] == "decontaminate"]
    assert dropped
    assert all(row["detail"].startswith("eval.jsonl:") and row["source"]["id"] in row["detail"] for row in dropped)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"was compared with {len(held_out)} prompts of eval.jsonl." in card
    assert f"candidates {len(dropped)} were dropped." in card


def test_what_is_a_duplicate_does_not_depend_on_concurrency(run, teacher, build_arguments, tmp_path):
    hashes = []
    for concurrency in (1, 8):
        out = tmp_path / f"ds{concurrency}"
        code, said = run(
            *build_arguments(teacher, out, rows=8), f"teacher.concurrency={concurrency}", "dedup.threshold=0.5"
        )
        assert code == 0, said
        hashes.append(
            [file_sha256(path) for part in ("data/sft", "rejected") for path in sorted(out.glob(f"{part}/*"))]
        )
        reasons = json.loads((out / "manifest.json").read_text())["stages"]["dedup"]["rejected"]
        assert reasons["near_duplicate_answer"] >= 1
    assert hashes[0] == hashes[1]
