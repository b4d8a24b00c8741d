"""The text contract: normalising, words by two engines, language by script, and the public surface."""

from __future__ import annotations

import subprocess
import sys
import time
import unicodedata
from collections import Counter

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

import constraints
from constraints import (
    PASS,
    Answer,
    Outcome,
    check,
    fail,
    foreign_letters,
    latin_share,
    main_language,
    normalise,
    plain,
    script_shares,
    text_contract,
    undecided,
)
from constraints.segment import ENGINES, graphemes, tokens, words
from constraints.text import THAI_DIGITS, arabic_digits, without_code

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0f"
_THAI = "".join(chr(code) for code in [*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C)])
_OTHERS = "aé e\u0301Z09 \n\r\t\u2028\u0085\"'“”‘’*_~`#|<>[]()-•.😊❤👩👨🏽🇹🇭自ສα\u00a0"
thai_heavy = st.text(st.one_of(*[st.sampled_from(_THAI)] * 4, st.sampled_from(_INVISIBLE + _OTHERS)), max_size=60)
marks_only = st.text(st.sampled_from("กเาำ" + "ัิีึืุู็่้๊๋์ํ" + _INVISIBLE), max_size=14)


def _visible(text: str) -> Counter[str]:
    """What a reader sees, as a bag: decomposed, no invisible code point, sara ae as two sara e, one line end."""
    text = regex.sub("\r\n?|[\u2028\u2029\u0085]", "\n", regex.sub(f"[{_INVISIBLE}]", "", text))
    return Counter(unicodedata.normalize("NFKD", text).replace("\u0e41", "\u0e40\u0e40"))


@given(st.one_of(thai_heavy, marks_only))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.one_of(thai_heavy, marks_only).filter(lambda text: "\r" not in text))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_normalise_changes_no_visible_letter(text: str) -> None:
    assert _visible(normalise(text)) == _visible(text)


@given(thai_heavy)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_plain_takes_off_marks_only(text: str) -> None:
    text = normalise(text)
    letters = regex.compile(r"[^\s*_~\"'“”‘’]")
    assert letters.findall(plain(text)) == letters.findall(text)


@pytest.mark.parametrize("engine", ENGINES)
@given(text=thai_heavy)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_tokens_joined_are_the_text(engine: str, text: str) -> None:
    text = normalise(text)
    assert "".join(tokens(text, engine)) == text
    assert all(token.strip() for token in words(text, engine))


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("น\u0e4d\u0e32", "นำ"),
        ("น\u0e4d\u0e49\u0e32", "น้ำ"),
        ("น\u0e49\u0e4d\u0e32", "น้ำ"),
        ("น\u0e33\u0e49", "น้ำ"),
        ("เเมว", "แมว"),
        ("เ\u200bเมว", "แมว"),
        ("ท\u0e48\u0e35", "ที่"),
        ("ป\u0e49\u0e31น", "ปั้น"),
        ("พันธ\u0e4c\u0e38", "พันธุ์"),
        ("สิทธ\u0e4c\u0e34", "สิทธิ์"),
        ("มา\u200eก\u00ad ๆ", "มาก ๆ"),
        ("มา\ufe0fก", "มาก"),
        ("ก\r\nข\rค\u2028ง", "ก\nข\nค\nง"),
        ("cafe\u0301", "café"),
        ("ครั\u200dบ", "ครับ"),
    ],
)
def test_normal_forms(typed: str, seen: str) -> None:
    assert normalise(typed) == seen
    assert normalise(seen) == seen


@pytest.mark.parametrize("picture", ["👨‍👩‍👧", "❤️", "1️⃣", "👍🏽", "🏳️‍🌈", "🇹🇭", "🏴\U000e0067\U000e0062\U000e007f"])
def test_pictures_keep_what_makes_them(picture: str) -> None:
    assert normalise(f"ก{picture}ข") == f"ก{picture}ข"


@pytest.mark.parametrize(
    ("marked", "read"),
    [
        ("**ก** *ข* ***ค*** ~~ง~~ __จ__", "ก ข ค ง จ"),
        ("*ก **ข** ค*", "ก ข ค"),
        ("**ก *ข***", "ก ข"),
        ("ก * ข * ค", "ก * ข * ค"),
        ("***", "***"),
        ("ก\n***\nข", "ก\n***\nข"),
        ("[________]", "[________]"),
        ("“ก” ‘ข’", "\"ก\" 'ข'"),
        ("  ก  \nข \n\n", "ก\nข"),
        ("คำ__สำคัญ__มาก", "คำสำคัญมาก"),
        ("snake__case__name", "snake__case__name"),
        ("[____] กับ [____]", "[____] กับ [____]"),
        ("**ก** ** ข ** *ค", "ก ** ข ** *ค"),
        ("**ก *ข** ค*", "ก ข ค"),
        ("**ก*", "*ก"),
        ("~~ก~~ ~ข~ __ค", "ก ~ข~ __ค"),
        ("*ก\nข*", "*ก\nข*"),
    ],
)
def test_plain_view(marked: str, read: str) -> None:
    assert plain(marked) == read


def test_thai_digits() -> None:
    assert arabic_digits(THAI_DIGITS) == "0123456789"


def test_code_fences_spans_and_urls_are_set_aside() -> None:
    text = "ก `let` ข\n```py\nprint()\n```\nค https://a.b/c www.d.e ง\n- รายการ\n  ```\n  x\n  ```\n"
    assert set(regex.findall(r"\p{L}", without_code(text))) == set("กขคงรยาร")
    assert without_code("```ก```\nข").endswith("\nข")  # a fence opened and closed on one line hides nothing after it


@pytest.mark.parametrize("engine", ENGINES)
def test_words_are_what_holds_a_letter_or_digit(engine: str) -> None:
    assert words("แมว ❤️ มาก ๆ ฯลฯ 5 ตัว!", engine) == ("แมว", "มาก", "ๆ", "ฯลฯ", "5", "ตัว")
    assert words("… !? 😊", engine) == ()
    assert tokens("", engine) == ()


def test_an_unknown_engine_raises() -> None:
    with pytest.raises(ValueError, match="known: newmm, nlpo3"):
        words("ก", "icu")


def test_graphemes() -> None:
    assert graphemes("น้ำ👨‍👩‍👧ที่") == ["น้ำ", "👨‍👩‍👧", "ที่"]


def test_the_contract_names_engines_and_dictionary() -> None:
    contract = text_contract()
    assert set(contract) == {"normaliser", "newmm", "nlpo3", "langdetect", "crfsuite", "unicode", "dictionary_sha256"}
    assert regex.fullmatch("[0-9a-f]{16}", contract["dictionary_sha256"])
    assert all(contract.values())


class TestLanguage:
    def test_mixed_text_is_the_same_over_sixty_calls(self) -> None:
        assert len({main_language("AI คือ model") for _ in range(60)}) == 1

    @pytest.mark.parametrize("text", ["12345", "", "…", "😊❤️", "๑๒๓"])
    def test_no_letters_is_none_and_never_raises(self, text: str) -> None:
        assert main_language(text) is None
        assert script_shares(text) == {}
        assert latin_share(text) == 0.0

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("OK thanks ครับ bro ขอบคุณมากเลยนะ", "th"),
            ("The quick brown fox jumps over the lazy dog", "en"),
            ("La bibliothèque est fermée aujourd'hui, malheureusement", "fr"),
            ("ສະບາຍດີ", "lo"),
            ("我喜欢吃米饭", "zh"),
            ("Привет, как дела", "ru"),
        ],
    )
    def test_script_first(self, text: str, code: str) -> None:
        assert main_language(text) == code

    def test_a_han_leak_is_found_unless_the_prompt_has_it(self) -> None:
        assert foreign_letters("ต้องการ自由และ 自", allowed_from="") == "自由自"
        assert foreign_letters("ต้องการ自由", allowed_from="แปลคำว่า 自") == "由"
        assert foreign_letters("ค่า α กับ β ใน café ❤️ ៛", allowed_from="") == ""
        assert foreign_letters("ສ в", allowed_from="") == "ສв"

    def test_code_and_urls_do_not_count(self) -> None:
        assert latin_share("ใช้ `print()` ดู https://example.com/x\n```\nabc\n```") == 0.0
        assert latin_share("กab") == pytest.approx(2 / 3)
        assert latin_share("ก AI", allowed=("AI",)) == 0.0
        assert latin_share("ก AIS", allowed=("AI", "AIS")) == 0.0

    def test_shares_add_up_and_selectors_are_no_letters(self) -> None:
        assert script_shares("รัก❤️") == {"Thai": 1.0}
        assert sum(script_shares("กข ab 自 ສ ∂ ª ა").values()) == pytest.approx(1.0)
        assert script_shares("ა") == {"Other": 1.0}


class TestVerdict:
    @pytest.mark.parametrize("verdict", [PASS, fail("no"), undecided("hm")])
    def test_has_no_truth_value(self, verdict: constraints.Verdict) -> None:
        with pytest.raises(TypeError, match="three outcomes"):
            bool(verdict)

    def test_passed_is_for_a_pass_alone(self) -> None:
        assert [verdict.passed for verdict in (PASS, fail("no"), undecided("hm"))] == [True, False, False]


class TestFaultsOfOtherCheckers:
    """What the classic IFEval checkers get wrong on Thai (shared/THAI.md)."""

    def test_a_forbidden_word_before_a_tone_mark_is_found(self) -> None:
        assert check("keywords.exclude", {"keyword": "ที่"}, "คนที่มา").outcome is Outcome.FAIL

    def test_a_thai_letter_is_counted_and_not_replaced(self) -> None:
        params = {"keyword": "ก", "minimum": 4}
        assert check("keywords.frequency", params, "กากับไก่ ก").outcome is Outcome.PASS
        assert check("keywords.frequency", params, "กากับไก่ k g").outcome is Outcome.FAIL

    @pytest.mark.parametrize("keyword", [".", "ก.ข", "(", "[ก]", "a|b", "\\d", "^ก$", "C++", "?", "{2}", "*"])
    def test_keywords_are_no_regular_expressions(self, keyword: str) -> None:
        assert check("keywords.include", {"keyword": keyword}, f"คำ {keyword} นี้").outcome is Outcome.PASS
        assert check("keywords.include", {"keyword": keyword}, "กขข aab 12 22 ac CC").outcome is Outcome.FAIL

    def test_a_score_is_no_particle(self) -> None:
        assert check("particles.none", {}, "คะแนนเต็มสิบ").outcome is Outcome.PASS
        assert check("particles.speaker", {"gender": "female"}, "คะแนนเต็มสิบ").outcome is Outcome.FAIL

    def test_keywords_in_another_normal_form_are_found(self) -> None:
        typed = "น\u0e4d\u0e49\u0e32"
        assert check("keywords.include", {"keyword": typed}, "ดื่มน้ำ").outcome is Outcome.PASS
        assert check("keywords.include", {"keyword": "**น้ำ**"}, f"ดื่ม{typed}").outcome is Outcome.PASS


def test_the_public_surface_is_all() -> None:
    public = {
        name
        for name, value in vars(constraints).items()
        if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(constraints.__all__)
    assert constraints.__all__ == sorted(
        constraints.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )


def test_an_answer_keeps_its_markdown_beside_the_plain_view() -> None:
    answer = Answer("# **ก**\r\n\r\nข")
    assert (answer.raw, answer.text) == ("# **ก**\n\nข", "# ก\n\nข")
    assert (answer.lines, answer.paragraphs) == (["# ก", "ข"], ["# ก", "ข"])
    assert answer.raw_lines == ["# **ก**", "", "ข"]


_REPEATED = [
    "\u0e33", "\u0e48", "\u0e33\u0e48", "\u0e4d\u0e48\u0e32", "\u0e48\u0e34", "e\u0301\u0327", "a\u200d", "\ufe0f",
    "\U000e0067", "เ", "**ก ", "*ก", "**ก**", "ก__", "__ก ", "~~ก~~ ", "**a*b ", "```\n", "```a\n", "~~~b\n", "`ก",
]  # fmt: skip


@pytest.mark.parametrize("piece", _REPEATED)
def test_the_views_of_a_long_repetition_grow_with_its_length_alone(piece: str) -> None:
    """Work is counted in calls of Python and time in a wide margin: quadratic views took minutes here."""
    text = piece * (100_000 // len(piece))
    begun = time.process_time()
    assert normalise(normalise(text)) == normalise(text)
    assert len(plain(normalise(text))) <= len(text)
    assert len(without_code(text)) <= len(text) + 1
    assert time.process_time() - begun < 5


def test_marks_without_end_are_left_alone() -> None:
    marks = "\u0e48\u0e34" * 50
    assert normalise(f"น\u0e4d\u0e32ก{marks}น\u0e4d\u0e32") == f"นำก{marks}นำ"
    assert normalise("ก" + "\u0e48\u0e34" * 5) == "ก" + "\u0e34" * 5 + "\u0e48" * 5


def test_fences_of_both_kinds_are_code() -> None:
    assert without_code("ก\n~~~py\nabc\n```\n~~~\nข").split() == ["ก", "ข"]
    assert without_code("ก\n~~~py\nabc\n```\nข").split() == ["ก", "~~~py", "abc", "```", "ข"]


def test_digits_without_end_are_one_word() -> None:
    for engine in ENGINES:
        assert words("ก " + "7" * 30_000 + " ข", engine) == ("ก", "7" * 30_000, "ข")


def test_threads_may_ask_for_the_first_word_at_once() -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\nfrom constraints.segment import words\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print({*pool.map(lambda n: words('แมวกินปลา', 'nlpo3'), range(32))})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert found.stdout.strip() == "{('แมว', 'กิน', 'ปลา')}"
