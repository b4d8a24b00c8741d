"""Constraints that come with a prompt: read, cut out of its words, made ours as the target language can mean them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constraints import build, types
from constraints.compat import INSTRUCTIONS, official
from datagen.errors import PromptFileError
from datagen.llm.scripted import Reply, ScriptedServer
from datagen.prompts import Columns, OnBadRow, PromptSource, open_prompts
from datagen.record import AppliedConstraint
from datagen.shards import read_rows
from datagen.translation import Fault, carry, keywords_of, without_statements
from datagen.translation.counterparts import ENGLISH, THAI, WITHOUT_COUNTERPART
from datagen.translation.page import translation_page

KWARGS = {
    "keywords": ["cat", "dog"],
    "keyword": "cat",
    "frequency": 3,
    "relation": "at least",
    "forbidden_words": ["cat", "dog"],
    "letter": "q",
    "let_frequency": 4,
    "let_relation": "at least",
    "language": "en",
    "num_sentences": 5,
    "num_paragraphs": 4,
    "num_words": 100,
    "nth_paragraph": 2,
    "first_word": "cat",
    "num_placeholders": 2,
    "postscript_marker": "P.S.",
    "num_bullets": 3,
    "num_highlights": 2,
    "section_spliter": "Section",
    "num_sections": 3,
    "prompt_to_repeat": "Say hi.",
    "end_phrase": "That is all.",
    "capital_frequency": 3,
    "capital_relation": "at least",
    "min_words": 10,
    "max_words": 60,
    "N": 3,
    "small_n": 2,
    "percentage": 10,
    "options": "yes/no/maybe",
    "sep": "-",
    "word": "cat",
    "n": 2,
    "m": 3,
    "n_start": 1,
    "n_end": 2,
    "reference_text": "Some text.",
    **{f"keyword{n}": f"cat{n}" for n in range(1, 6)},
}
THAI_OF = {"cat": "แมว", "dog": "หมา", "Section": "ส่วนที่", "That is all.": "จบเพียงเท่านี้", "Say hi.": "ทักทายหน่อย"}


def words(word: str) -> str:
    return THAI_OF.get(word, word)


def given(constraint_id: str, params: dict | None = None, instruction: str = "") -> AppliedConstraint:
    if params is None:
        params = {name: KWARGS[name] for name in INSTRUCTIONS[constraint_id].kwargs}
    return AppliedConstraint(constraint_id, params, instruction, "")


def test_every_official_instruction_has_a_counterpart_or_a_reason():
    assert set(INSTRUCTIONS) <= set(THAI) | set(WITHOUT_COUNTERPART)
    assert not set(THAI) & set(WITHOUT_COUNTERPART)
    assert {name for name in (*THAI, *WITHOUT_COUNTERPART) if ":" in name} <= set(INSTRUCTIONS)
    assert {name for name in (*THAI, *ENGLISH) if ":" not in name} <= set(types())


@pytest.mark.parametrize("constraint_id", [name for name in THAI if ":" in name])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"relation": "less than", "let_relation": "less than", "capital_relation": "less than"},
        {"frequency": 0, "let_frequency": 0, "capital_frequency": 0, "num_sentences": 0},
    ],
)
def test_every_counterpart_is_a_valid_constraint_of_ours_in_thai_words(constraint_id: str, changed: dict):
    params = {name: changed.get(name, KWARGS[name]) for name in INSTRUCTIONS[constraint_id].kwargs}
    official(constraint_id, params)  # the test's own parameters are right
    done = carry([given(constraint_id, params)], "th", words)
    assert not isinstance(done, Fault), done
    (made,) = done.constraints
    assert made.id in types()
    told = build(made.id, made.params).describe("th")
    assert "cat" not in told.replace("cat1", "").lower() or constraint_id == "count:keywords_multiple"
    assert bool(done.replaced) == bool(THAI[constraint_id].replaced)


def test_the_page_in_docs_is_what_the_tables_say():
    """Where it fails: python -c "from datagen.translation.page import *; print(translation_page(), end='')"."""
    page = (Path(__file__).parents[2] / "docs/translation.md").read_text(encoding="utf-8")
    assert page == translation_page()


@pytest.mark.parametrize("constraint_id", sorted(WITHOUT_COUNTERPART))
def test_what_nothing_stands_for_is_refused_by_name(constraint_id: str):
    done = carry([given(constraint_id)], "th", words)
    assert isinstance(done, Fault)
    assert done.reason == "constraint_without_counterpart"
    assert constraint_id in done.detail


@pytest.mark.parametrize(
    ("constraint_id", "params", "target_id"),
    [
        ("numerals.thai_only", {}, "script.latin_uppercase"),
        ("orthography.maiyamok_none", {}, "punctuation.no_comma"),
        ("script.thai_only", {}, "script.language"),
        ("letters.frequency", {"letter": "ม", "minimum": 3}, "letters.frequency"),
        ("keywords.include", {"keyword": "แมว"}, "keywords.include"),
        ("length.words_min", {"minimum": 50}, "length.words_min"),
    ],
)
def test_thai_constraints_become_english_ones(constraint_id, params, target_id):
    done = carry([given(constraint_id, params)], "en", lambda word: {"แมว": "cat"}[word])
    assert not isinstance(done, Fault), done
    (made,) = done.constraints
    assert made.id == target_id
    assert not any("\u0e00" <= letter <= "\u0e7f" for letter in json.dumps(made.params, ensure_ascii=False))
    assert build(made.id, made.params).describe("en")


def test_what_only_thai_has_is_refused_in_english():
    done = carry([given("poetry.klon_paet", {"stanzas": 1})], "en", words)
    assert isinstance(done, Fault)
    assert done.reason == "constraint_without_counterpart"


def test_keywords_that_need_a_translation_are_found_and_names_of_keys_are_not():
    found = keywords_of(
        [
            given("keywords:existence"),
            given("startend:end_checker"),
            given("json.ordered_keys", {"keys": ["name", "age"]}),
            given("keywords.near", {"first": "cat", "second": "dog", "characters": 9}),
        ],
        "th",
    )
    assert found == ["cat", "dog", "That is all."]


def test_constraints_that_contradict_after_replacement_are_refused():
    both = [
        given("length_constraints:number_words", {"num_words": 5, "relation": "less than"}),
        given("length.words_min", {"minimum": 50}),
    ]
    done = carry(both, "th", words)
    assert isinstance(done, Fault)
    assert done.reason == "constraints_contradict"


def test_the_sentences_that_state_constraints_are_cut_and_the_task_stays():
    prompt = (
        "Write a summary of the water cycle in 3 parts. Your answer should contain at least 100 words. "
        "Do not use any commas. Highlight at least 2 sections with markdown. Explain why clouds form. "
        "The second paragraph should be about rain."
    )
    several = [
        given("length_constraints:number_words"),
        given("punctuation:no_comma"),
        given("detectable_format:number_highlighted_sections"),
        given("length_constraints:number_paragraphs"),
    ]
    task, last = "Write a summary of the water cycle in 3 parts.", "The second paragraph should be about rain."
    assert without_statements(prompt, several, "en", "th") == f"{task} Explain why clouds form. {last}"


def test_a_cut_sentence_leaves_the_paragraphs_as_they_were():
    prompt = "Tell me about rain. Do not use any commas.\n\nThen tell me about snow.\n- Avoid commas.\n- Be brief."
    cut = "Tell me about rain.\n\nThen tell me about snow.\n- Be brief."
    assert without_statements(prompt, [given("punctuation:no_comma")], "en", "th") == cut


def test_code_is_no_statement_of_a_constraint():
    prompt = 'Explain this.\n```\nDo not use commas. x = "a,b"\n```'
    assert without_statements(prompt, [given("punctuation:no_comma")], "en", "th") == prompt


def test_the_words_a_row_gives_are_cut_exactly():
    told = "ตอบให้มีอย่างน้อย 100 คำ"
    each = given("length.words_min", {"minimum": 100}, f" {told}")
    assert without_statements(f"เล่าเรื่องแมว {told}", [each], "th", "th") == "เล่าเรื่องแมว"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Write a poem in all capital letters about rain.", "constraint_in_task"),
        ("Your response should be in all capital letters.", "nothing_left"),
    ],
)
def test_what_cannot_be_cut_is_refused(prompt: str, expected: str):
    done = without_statements(prompt, [given("change_case:english_capital", {})], "en", "th")
    assert isinstance(done, Fault)
    assert done.reason == expected


def prompts_in(path: Path, rows: list[dict], columns: Columns | None = None, on_bad_row: OnBadRow = "stop") -> list:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(open_prompts("th", [PromptSource(path=str(path), columns=columns)], on_bad_row))


def test_constraints_are_read_in_our_form_and_in_the_official_one(tmp_path: Path):
    ours = {
        "prompt": "Tell me about cats",
        "constraints": [
            {"id": "keywords:existence", "kwargs": {"keywords": ["cat"]}},
            {"id": "length.lines", "params": {"count": 3}},
        ],
    }
    (one,) = prompts_in(tmp_path / "a.jsonl", [ours])
    assert [(c.id, dict(c.params)) for c in one.constraints] == [
        ("keywords:existence", {"keywords": ["cat"]}),
        ("length.lines", {"count": 3}),
    ]
    ifeval = {
        "key": 1000,
        "prompt": "Tell me about cats",
        "instruction_id_list": ["punctuation:no_comma", "keywords:existence"],
        "kwargs": [{"num_words": None}, {"keywords": ["cat"], "num_words": None}],
    }
    columns = Columns(id="key", constraints="instruction_id_list", kwargs="kwargs")
    (two,) = prompts_in(tmp_path / "b.jsonl", [ifeval], columns)
    assert [(c.id, dict(c.params)) for c in two.constraints] == [
        ("punctuation:no_comma", {}),
        ("keywords:existence", {"keywords": ["cat"]}),
    ]


@pytest.mark.parametrize(
    "constraints",
    [
        "no JSON",
        {"id": "length.lines"},
        [{"id": "length.liens"}],
        [{"id": "length.lines", "params": {"count": "x"}}],
        [{"name": "length.lines"}],
        [5],
    ],
)
def test_malformed_constraints_are_a_bad_row(constraints, tmp_path: Path):
    rows = [{"prompt": "Tell me about cats", "constraints": constraints}]
    with pytest.raises(PromptFileError, match="constraints"):
        prompts_in(tmp_path / "a.jsonl", rows)
    (bad,) = prompts_in(tmp_path / "b.jsonl", rows, on_bad_row="skip")
    assert bad.reason == "bad_constraints"


def test_a_build_translates_carries_and_verifies_what_the_row_says(run, tmp_path: Path):
    english = 'Write a story about a train. Include the keyword "ticket". Do not use any commas.'
    rows = [
        {
            "id": "p1",
            "prompt": english,
            "license": "CC0-1.0",
            "constraints": [
                {"id": "keywords:existence", "params": {"keywords": ["ticket"]}},
                {"id": "punctuation:no_comma"},
            ],
        },
        {
            "id": "p2",
            "prompt": "เล่าเรื่องตั๋วใบหนึ่ง",
            "license": "CC0-1.0",
            "constraints": [{"id": "keywords.include", "params": {"keyword": "ตั๋ว"}}],
        },
    ]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def script(body: dict) -> Reply:
        text = body["messages"][-1]["content"]
        if "whole number from 0 to 10" in text or "ให้คะแนน" in text:
            return Reply("9")
        if "Keyword: ticket" in text:
            return Reply("ตั๋ว")
        if "<text>" in text:
            assert "<text>\nWrite a story about a train.\n</text>" in text
            return Reply("เขียนเรื่องเกี่ยวกับรถไฟ")
        said = "รถไฟ" if "รถไฟ" in text else "กระดาษ"
        return Reply(f"ชายคนหนึ่งถือตั๋วใบเก่าไว้ในมือ แล้วมองดู{said}ที่อยู่ตรงหน้าอย่างเงียบงันจนถึงเย็น")

    with ScriptedServer(script) as server:
        arguments = [
            "build",
            "--lang",
            "th",
            "--rows",
            2,
            "--out",
            tmp_path / "ds",
            "--base-url",
            server.base_url,
            "--model",
            "scripted",
            "--prompts",
            "prompts.jsonl",
            "candidates=1",
            "--max-attempts",
            6,
            "teacher.guidance=null",
            "translate.enabled=true",
            "compose.system_turn_share=0",
        ]
        code, text = run(*arguments)
        assert code == 0, text
        asked = len(server.requests)
        assert run(*arguments)[0] == 0
        assert len(server.requests) == asked, "a translation is stored like every answer"
    made = {row["source"]["id"]: row for row in read_rows(tmp_path / "ds/data/sft/part-00000.parquet")}
    first = made["p1"]
    assert first["original"] == english
    assert [one["id"] for one in first["constraints"]] == ["keywords.include_all", "orthography.maiyamok_none"]
    assert all(one["instruction"] in first["messages"][0]["content"] for one in first["constraints"])
    assert "ticket" not in first["messages"][0]["content"]
    assert made["p2"]["original"] == ""
    assert [one["id"] for one in made["p2"]["constraints"]] == ["keywords.include"]
    assert run("verify", tmp_path / "ds")[0] == 0
    manifest = json.loads((tmp_path / "ds/manifest.json").read_text())
    assert "translation.translate" in manifest["templates"]
    assert manifest["recipe"]["translate"]["enabled"] is True
