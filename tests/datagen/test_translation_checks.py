"""What each deterministic check of a translation sees, and that right translations pass all of them, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from datagen.translation.checks import fault_of
from datagen.translation.direction import DIRECTIONS, direction, language_of
from datagen.translation.parts import TOKEN, protect
from datagen.translation.pieces import Piece, split
from datagen.translation.polarity import polarities

PAIRS = yaml.safe_load((Path(__file__).parents[2] / "benchmarks/translation_pairs.yaml").read_text(encoding="utf-8"))
EN_TH, TH_EN = DIRECTIONS["en-th"], DIRECTIONS["th-en"]


def piece(masked_text: str) -> Piece:
    (only,), _ = split(masked_text, 100_000)
    return only


def in_tokens_of(source: str, translation: str) -> str:
    """`translation` masked with the tokens that its parts have in the source."""
    given, other = protect(source), protect(translation)
    token_of = {part.text: part.token for part in given.parts}
    by_number = {part.number: token_of[part.text] for part in other.parts}
    return TOKEN.sub(lambda token: by_number[int(token[1])], other.text)


def reason(source: str, translation: str, way=EN_TH) -> str | None:
    fault = fault_of(piece(source), translation, way)
    return fault.reason if fault else None


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
@pytest.mark.parametrize(("source", "target"), [("en", "th"), ("th", "en")])
def test_a_right_translation_passes_every_check(pair: dict, source: str, target: str):
    way = direction(source, target)
    assert way
    masked = protect(pair[source])
    assert fault_of(piece(masked.text), in_tokens_of(pair[source], pair[target]), way) is None


GOOD = "เขียนจดหมาย [[SLOT1]] ถึงเพื่อน 3 คน ให้ใช้ [[QUOTE2]] แต่ห้ามใช้ [[QUOTE3]]"
SOURCE = "Write a letter [[SLOT1]] to 3 friends, use [[QUOTE2]] but never [[QUOTE3]]"


@pytest.mark.parametrize(
    ("translation", "expected"),
    [
        (GOOD, None),
        ("", "empty"),
        ("นี่คือคำแปล: " + GOOD, "chatter"),
        ("Here is the translation:\n" + GOOD, "chatter"),
        ("Sure! " + GOOD, "chatter"),
        (GOOD + "\nหมายเหตุผู้แปล: ไม่มี", "chatter"),
        ("ขออภัย ฉันไม่สามารถแปล [[SLOT1]] ได้", "refusal"),
        (GOOD.replace("[[SLOT1]]", ""), "protected_part_lost"),
        (GOOD.replace("[[SLOT1]]", "[[SLOT1]] [[SLOT1]]"), "protected_part_repeated"),
        (GOOD + " [[CODE9]]", "protected_part_invented"),
        (GOOD + " [[อื่น]]", "protected_part_invented"),
        (GOOD.replace("3", "๓"), None),
        (GOOD.replace("3 คน", "สามคน"), "number_lost"),
        (GOOD.replace("3 คน", "4 คน"), "number_lost"),
        (GOOD + " 7", "number_added"),
        (GOOD.replace("QUOTE2", "X").replace("QUOTE3", "QUOTE2").replace("X", "QUOTE3"), "quotation_inverted"),
        ("เขียนจดหมาย [[SLOT1]] ถึงเพื่อน 3 คน ห้ามใช้ [[QUOTE3]] แต่ให้ใช้ [[QUOTE2]]", None),
        (GOOD + " 是的", "script_leak"),
        (GOOD + " ສະບາຍດີ", "script_leak"),
        (SOURCE, "not_translated"),
        ("แปล [[SLOT1]] 3 [[QUOTE2]] ห้าม [[QUOTE3]]", "too_short"),
        (GOOD + " และเล่าเรื่องยาว" * 12, "too_long"),
        (GOOD.replace("คน ", "คน\n\n"), "paragraphs_changed"),
        (GOOD.replace("คน ", "คน\n"), "lines_changed"),
    ],
)
def test_each_fault_has_its_reason(translation: str, expected: str | None):
    assert reason(SOURCE, translation) == expected


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        (
            "ห้ามใช้คำว่า [[QUOTE1]] แต่ให้ใช้ [[QUOTE2]] ในคำตอบ",
            "Do not use [[QUOTE1]] but use [[QUOTE2]] in the answer",
            None,
        ),
        (
            "ห้ามใช้คำว่า [[QUOTE1]] แต่ให้ใช้ [[QUOTE2]] ในคำตอบ",
            "Do not use [[QUOTE2]] but use [[QUOTE1]] in the answer",
            "quotation_inverted",
        ),
        ("เขียนเรื่องแมวสามตัวกับหมาสองตัวให้หน่อย", "Write a story about 3 cats and 2 dogs please", None),
        ("เขียนเรื่องแมวสามตัวกับหมาให้หน่อย", "Write a story about 3 cats and 7 dogs please", "number_added"),
        ("ราคา ๑,๒๕๐ บาท แพงเกินไปไหมสำหรับร่ม", "Is a price of 1250 baht too high for an umbrella?", None),
        ("อธิบายวัฏจักรของน้ำให้เด็กเล็กฟัง", "Explain the water cycle ให้เด็กเล็กฟัง", "untranslated_remainder"),
        ("อธิบายวัฏจักรของน้ำให้เด็กเล็กฟังหน่อย", "ช่วยอธิบายวัฏจักรของน้ำให้เด็กเล็กฟัง", "not_translated"),
        ("อธิบายวัฏจักรของน้ำ", "Sure, here is the translation: Explain the water cycle.", "chatter"),
    ],
)
def test_thai_to_english_is_checked_alike(source: str, translation: str, expected: str | None):
    assert reason(source, translation, TH_EN) == expected


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Replace [[QUOTE1]] with [[QUOTE2]] in the text below", "ใช้ [[QUOTE1]] แทน [[QUOTE2]] ในข้อความด้านล่างนี้"),
        ("Say [[QUOTE1]] instead of [[QUOTE2]] to the customer", "พูดว่า [[QUOTE2]] แทน [[QUOTE1]] กับลูกค้าคนนี้"),
        ("Do not use [[QUOTE1]] or [[QUOTE2]] in your answer", "ให้ใช้ [[QUOTE1]] และ [[QUOTE2]] ในคำตอบของคุณ"),
        ("Use [[QUOTE1]] and [[QUOTE2]] in your long answer", "ห้ามใช้ [[QUOTE1]] และ [[QUOTE2]] ในคำตอบยาวของคุณ"),
    ],
)
def test_an_inverted_constraint_never_passes(source: str, translation: str):
    assert reason(source, translation) == "quotation_inverted"


@pytest.mark.parametrize(
    ("source", "translation", "way", "expected"),
    [
        ("Describe the house, but do not mention its price", "บรรยายบ้านหลังนี้ และกล่าวถึงราคาของบ้านด้วย", EN_TH, "ban_lost"),
        ("Describe the house, but do not mention its price", "บรรยายบ้านหลังนี้ แต่ห้ามกล่าวถึงราคา", EN_TH, None),
        ("Describe the house without its price, please", "ช่วยบรรยายบ้านอย่างละเอียดพร้อมราคา", EN_TH, "ban_lost"),
        ("Don't forget to water the plants in the garden", "รดน้ำต้นไม้ในสวนให้เรียบร้อยด้วย", EN_TH, None),
        ("บรรยายบ้านหลังนี้ แต่ห้ามกล่าวถึงราคา", "Describe this house and mention its price", TH_EN, "ban_lost"),
        ("บรรยายบ้านหลังนี้อย่างละเอียด พร้อมราคา", "Describe this house in detail, with its price", TH_EN, None),
    ],
)
def test_what_is_forbidden_stays_forbidden_without_quotations_too(source, translation, way, expected):
    assert reason(source, translation, way) == expected


@pytest.mark.parametrize("words", ["อธิบายอย่างละเอียดว่า", "แสดงด้วยตัวอย่างว่า", "ตัวแทนบอกว่า", "ทำให้งดงามด้วยคำว่า"])
def test_words_that_hold_a_forbidding_word_forbid_nothing(words: str):
    assert polarities(f"{words} [[QUOTE1]]", "th") == {1: False}


def test_a_copied_run_is_a_remainder_and_a_name_is_none():
    source = "Tell me about the Royal Albert Hall and what people who live nearby think about it today"
    thai = "เล่าเรื่อง Royal Albert Hall ให้ฟัง และเล่าว่าคนที่อยู่ใกล้ ๆ คิดอย่างไรกับที่นี่ในปัจจุบัน"
    assert reason(source, thai) is None
    assert reason(source, thai + " and what people who live nearby think") == "untranslated_remainder"


def test_chatter_in_the_source_is_no_fault_of_the_translation():
    assert (
        reason("Sure, I know, but is this sentence polite? Tell me", "แน่นอนครับ ผมรู้ แต่ประโยคนี้สุภาพหรือเปล่า ช่วยบอกหน่อย")
        is None
    )


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Meet me at 10:30 near the old market", "เจอกันเวลา 10.30 น. แถวตลาดเก่า"),
        ("It takes 3-4 days and 1,250,000 baht to do", "ใช้เวลา 3 ถึง 4 วันและเงิน 1250000 บาท"),
        ("We are open 24/7, even in the 1990s style", "เราเปิดตลอด 24 ชั่วโมง 7 วัน แม้แต่ในแบบทศวรรษ 1990"),
    ],
)
def test_numbers_may_be_written_the_thai_way(source: str, translation: str):
    assert reason(source, translation) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Fix this", "en"),
        ("What is AI?", "en"),
        ("Write a haiku about rain", "en"),
        ("เขียน Python ให้หน่อย", "th"),
        ("12345", None),
        ("今日は何をしますか", "ja"),
        ("Schreibe ein Gedicht über den Regen und die See", "de"),
        ("Escribe un poema sobre la lluvia y el mar", "es"),
    ],
)
def test_languages(text: str, language: str | None):
    assert language_of(text) == language
