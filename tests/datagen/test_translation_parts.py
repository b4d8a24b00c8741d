"""Protected parts come back by their number, whatever is done around them; pieces join to what was split."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.translation.parts import protect, token_numbers, without_tokens
from datagen.translation.pieces import join, split

# What stands in real prompts and must not be touched, and plain words around it.
PROTECTED = [
    "`x = 1`",
    "```python\nprint(1)\n\nx\n```",
    "https://example.com/a?b=c#d",
    "www.example.com/x",
    "me@example.org",
    "/usr/local/bin",
    "src/app/main.py",
    "~/notes.txt",
    "{name}",
    "{{ user.id }}",
    "{% if x %}",
    "${HOME}",
    "$PATH",
    "%s",
    "%(count)d",
    "<br>",
    "</div>",
    '<a href="x">',
    "[NAME]",
    "[ORDER_ID]",
    "$x^2$",
    "$$a + b$$",
    r"\(y\)",
    r"\frac{1}{2}",
    r"\begin{align}a\end{align}",
    "snake_case",
    "call()",
    "--verbose",
    "@someone",
    "#topic",
    '"quoted words"',
    "“smart”",
    "'single'",
    "[[CODE1]]",
    "[quote 2]",
    "C:\\Users\\me",
]
PLAIN = [
    "Write",
    "ใช้คำว่า",
    "and then,",
    "he/she",
    "5",
    "ข้าวผัด",
    "don't",
    "100% sure",
    "(maybe)",
    "$5",
    "a < b",
    "\n",
    "\n\n",
]


@pytest.mark.parametrize("part", PROTECTED)
@pytest.mark.parametrize("around", ["{}", "see {} now", "ดู {} สิ", "({})", "first\n{}\nlast"])
def test_each_form_is_protected_whole(part: str, around: str):
    masked = protect(around.replace("{}", part))
    assert [p.text for p in masked.parts] == [part]
    assert masked.text == around.replace("{}", masked.parts[0].token)


@pytest.mark.parametrize(
    "text",
    [
        "he/she and and/or",
        "costs $5 and $10",
        "100% sure",
        "don't and isn't",
        "a < b and c > d",
        '5" pipe, 3" nail',
        "1/2 cup, 24/7",
        "[Your Name]",
        "ข้าว(ผัด)",
        "e.g. this",
    ],
)
def test_plain_text_is_left_alone(text: str):
    assert protect(text).parts == ()


@given(st.lists(st.sampled_from(PROTECTED + PLAIN), max_size=12).map(" ".join))
def test_protecting_and_restoring_changes_nothing(text: str):
    masked = protect(text)
    assert masked.restore(masked.text) == text
    assert set(token_numbers(masked.text).values()) <= {1}


@given(st.text())
def test_any_text_survives(text: str):
    masked = protect(text)
    assert masked.restore(masked.text) == text


@given(st.lists(st.sampled_from(PROTECTED), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_a_part_follows_its_number_not_its_position(parts: list[str], rng: random.Random):
    masked = protect(" then ".join(parts))
    order = list(masked.parts)
    rng.shuffle(order)
    shuffled = " | ".join(part.token for part in order)
    assert masked.restore(shuffled) == " | ".join(part.text for part in order)


@pytest.mark.parametrize(
    "spelling", ["[[CODE1]]", "[[code1]]", "[[ CODE 1 ]]", "[CODE1]", "[[CODE_1]]", "[[CODE๑]]", "【CODE1】"]
)
def test_tokens_are_read_as_models_write_them(spelling: str):
    masked = protect("Run `ls` now")
    assert masked.restore(f"รัน {spelling} เลย") == "รัน `ls` เลย"
    assert without_tokens(spelling).strip() == ""


def test_a_keyword_has_one_translation_quoted_or_not():
    masked = protect('Write about a river. Use "river" twice, never "sea".', ["river"])
    assert masked.text == "Write about a [[WORD1]]. Use [[QUOTE2]] twice, never [[QUOTE3]]."
    assert masked.restore(masked.text, {"river": "แม่น้ำ"}) == 'Write about a แม่น้ำ. Use "แม่น้ำ" twice, never "sea".'


def test_a_thai_keyword_is_a_part_only_where_it_is_quoted():
    masked = protect('วาดตารางแล้วใช้คำว่า "ตา" ด้วย', ["ตา"])
    assert masked.restore(masked.text, {"ตา": "eye"}) == 'วาดตารางแล้วใช้คำว่า "eye" ด้วย'


def test_a_restored_part_is_not_read_again():
    masked = protect("`[[CODE2]]` and `x`")
    assert masked.restore(masked.text) == "`[[CODE2]]` and `x`"


PARAGRAPHS = st.lists(
    st.sampled_from([*PROTECTED, *PLAIN, "\n \n", "\n\n\n\n", ". ", "! ", "คำยาวมากไม่มีช่องว่าง" * 6]), max_size=30
)


@given(PARAGRAPHS.map(" ".join), st.integers(1, 120))
def test_pieces_join_to_the_text(text: str, size: int):
    masked = protect(text)
    pieces, tail = split(masked.text, size)
    rejoined = [piece.rejoined(piece.text) for piece in pieces]
    assert None not in rejoined
    assert masked.restore(join([each or "" for each in rejoined], pieces, tail)) == text


@given(st.text(alphabet="ab. \n\t!ก"), st.integers(1, 20))
def test_pieces_of_any_text_join_to_it(text: str, size: int):
    pieces, tail = split(text, size)
    assert join([piece.rejoined(piece.text) or "" for piece in pieces], pieces, tail) == text


@given(PARAGRAPHS.map(" ".join), st.integers(1, 120))
def test_no_cut_falls_inside_a_part(text: str, size: int):
    masked = protect(text)
    pieces, _ = split(masked.text, size)
    assert sum((token_numbers(piece.text) for piece in pieces), start=type(token_numbers(""))()) == token_numbers(
        masked.text
    )


def test_long_texts_are_cut_at_sentences_and_pieces_hold_to_the_size():
    text = "One two three. Four five six! Seven eight nine.\n\nTen. Eleven twelve thirteen fourteen fifteen."
    pieces, _ = split(text, 32)
    assert [piece.text for piece in pieces] == [
        "One two three. Four five six!",
        "Seven eight nine.",
        "Ten.",
        "Eleven twelve thirteen fourteen",
        "fifteen.",
    ]
    assert all(len(piece.text) <= 32 for piece in pieces)


def test_blank_lines_come_back_exactly_and_a_lost_paragraph_is_noticed():
    (piece,), _ = split("one\n\n\n\ntwo\n \nthree", 100)
    assert piece.text == "one\n\ntwo\n\nthree"
    assert piece.rejoined("หนึ่ง\n\nสอง\n\nสาม") == "หนึ่ง\n\n\n\nสอง\n \nสาม"
    assert piece.rejoined("หนึ่ง\n\nสองสาม") is None
