"""Every kind of fault the screen knows, in natural sentences that have it and in others that only look like it."""

from __future__ import annotations

import pytest

from constraints import types
from datagen.record import AppliedConstraint
from datagen.screening.cut_off import cut_off
from datagen.screening.echo import instruction_echo, prompt_echo
from datagen.screening.exemptions import EXEMPTIONS, LENGTH_CAPS, exempt
from datagen.screening.refusals import refusal, self_reference
from datagen.screening.repetition import looping, repeated_line
from datagen.screening.residue import repair_talk, residue

REFUSED = [
    "ขออภัยค่ะ ดิฉันไม่สามารถช่วยเรื่องนี้ได้",
    "ขอโทษครับ ผมไม่สามารถให้คำแนะนำทางการแพทย์ได้ กรุณาปรึกษาแพทย์",
    "ฉันไม่สามารถให้ข้อมูลเกี่ยวกับเรื่องนี้ได้",
    "ต้องขออภัยด้วยครับ ผมไม่สามารถตอบคำถามนี้ได้",
    "สวัสดีค่ะ ขออภัยค่ะ ฉันไม่สามารถทำตามคำขอนี้ได้",
    "ผมไม่สามารถเขียนบทความตามที่ขอได้ แต่ถามเรื่องอื่นได้ครับ",
    "I'm sorry, but I can't help with that request.",
    "Sorry, I cannot assist with this.",
]
NOT_REFUSED = [
    "ขออภัยครับ ผมไม่สามารถไปร่วมงานวันเสาร์ได้ เพราะติดสอบพอดี",
    "ถ้าเพื่อนชวนแล้วไม่อยากไป ลองบอกว่า ขอโทษนะ เราไม่สามารถช่วยได้จริง ๆ",
    "พนักงานตอบลูกค้าว่าไม่สามารถให้ข้อมูลส่วนตัวได้ ซึ่งเป็นเรื่องที่ถูกต้อง",
    "การปฏิเสธอย่างสุภาพเริ่มจากการขอบคุณก่อน แล้วบอกเหตุผลสั้น ๆ",
    "ขอโทษที่ส่งงานช้า วันนี้จะรีบแก้ให้เสร็จก่อนเที่ยง",
    "เราไม่สามารถเดินเข้าไปในป่าลึกคนเดียวได้ เพราะอาจหลงทาง",
    "ผมไม่สามารถให้คำแนะนำทางการแพทย์เฉพาะรายได้ แต่โดยทั่วไปคนที่นอนไม่หลับควรเข้านอนให้ตรงเวลา งดกาแฟหลังเที่ยง "
    "ปิดหน้าจอก่อนนอนหนึ่งชั่วโมง จัดห้องให้มืดและเย็น ออกกำลังกายตอนเช้า และจดเรื่องที่กังวลลงกระดาษก่อนเข้านอนทุกคืน",
]


@pytest.mark.parametrize("text", REFUSED)
def test_an_answer_that_is_a_refusal(text):
    assert refusal(text)


@pytest.mark.parametrize("text", NOT_REFUSED)
def test_an_answer_that_mentions_a_refusal(text):
    assert refusal(text) == ""


@pytest.mark.parametrize(
    ("text", "prompt", "found"),
    [
        ("ในฐานะโมเดลภาษา ฉันไม่มีความรู้สึก", "รู้สึกยังไงบ้าง", True),
        ("ผมเป็นเพียงปัญญาประดิษฐ์ จึงไม่เคยกินข้าว", "กินข้าวหรือยัง", True),
        ("As an AI language model, I have no opinion.", "คิดยังไงกับฝนวันนี้", True),
        ("ดิฉันคือ AI ที่พร้อมช่วยเสมอค่ะ", "แนะนำเมนูเช้าหน่อย", True),
        ("ฉันเป็นแชตบอต ไม่เคยไปเชียงใหม่", "เชียงใหม่เป็นไง", True),
        ("ในฐานะที่เป็นปัญญาประดิษฐ์ ขอตอบดังนี้", "ทำไมท้องฟ้าสีฟ้า", True),
        ("AI ช่วยให้คุณหมออ่านภาพเอกซเรย์ได้เร็วขึ้น", "เทคโนโลยีช่วยหมออย่างไร", False),
        ("ผมเป็น AI ครับ", "คุณเป็น AI หรือคน", False),
        ("ในฐานะครู ดิฉันคิดว่าเด็กควรได้เล่น", "เด็กควรเรียนพิเศษไหม", False),
        ("ปัญญาประดิษฐ์คือระบบที่เรียนรู้จากข้อมูล", "อธิบายศัพท์เทคโนโลยี", False),
        ("ฉันเป็นเพียงคนธรรมดาที่รักการทำอาหาร", "แนะนำตัวหน่อย", False),
        ("โมเดลภาษาอังกฤษของโรงเรียนนี้เน้นการพูด", "โรงเรียนสอนแบบไหน", False),
    ],
)
def test_an_answer_that_speaks_of_itself_as_a_model(text, prompt, found):
    assert bool(self_reference(text, prompt)) is found


@pytest.mark.parametrize(
    "text",
    [
        "ต้มน้ำให้เดือดก่อนครับ<|im_end|>",
        "[/INST] ได้เลยครับ ลองเดินเล่นตอนเช้า",
        "<think>ผู้ใช้ถามเรื่องข้าว</think>หุงด้วยน้ำสองส่วน",
        "ลองพักผ่อนให้พอ\nUser: แล้วต้องกี่ชั่วโมง",
        "### Response:\nเริ่มจากล้างผัก",
        "Human: สวัสดี\nAssistant: สวัสดีครับ",
        "ซาวข้าวสองครั้ง</s>",
        "assistant\nเปิดหน้าต่างรับลม",
        "ผู้ใช้: หิวจัง\nผู้ช่วย: ลองทำไข่เจียว",
        "เสร็จแล้วค่ะ<｜end▁of▁sentence｜>",
    ],
)
def test_residue_of_a_template(text):
    assert residue(text, "ช่วยแนะนำหน่อย")


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("แท็ก `<s>` ใช้ขีดฆ่าข้อความ", "แท็กนี้คืออะไร"),
        ("เครื่องหมาย <|im_end|> บอกจุดจบของข้อความ", "<|im_end|> คืออะไร"),
        ("แม่: ไปไหนมา\nลูก: ไปตลาดมาครับ", "แต่งบทสนทนาให้หน่อย"),
        ("ผู้ใช้: คนที่เปิดแอปทุกวัน", "อธิบายคำศัพท์ให้หน่อย"),
        ("## วิธีทำ\n1. ตอกไข่\n2. ตีไข่", "ทำไข่เจียวยังไง"),
        ("ถ้า a < b และ b > c ให้สลับค่า", "อธิบายเงื่อนไขให้หน่อย"),
        ("ระบบ: Android\nหน้าจอ: 6 นิ้ว", "บอกสเปกหน่อย"),
    ],
)
def test_no_residue(text, prompt):
    assert residue(text, prompt) == ""


@pytest.mark.parametrize(
    "text",
    [
        "อร่อยมากและ" * 8,
        "เริ่มจากล้างผักให้สะอาด แล้วพักไว้ " + "จากนั้นก็คนไปเรื่อย ๆ " * 6,
        "\n".join(f"{number}. พักผ่อนให้เพียงพอ" for number in range(1, 7)),
        "ฮ่า" * 20,
        "ก" * 60,
        "ยินดีต้อนรับ\n" * 7,
    ],
)
def test_a_loop(text):
    assert looping(text)


@pytest.mark.parametrize(
    "text",
    [
        "55555 ตลกมากเลย ขำจนน้ำตาไหล",
        "เร็ว ๆ หน่อย เดี๋ยวรถออกแล้วนะ",
        "| วัน | งาน |\n|---|---|\n| จันทร์ | ซักผ้า |\n" + "-" * 60,
        "ฮ่าฮ่าฮ่า ขำจริง ๆ",
        "ชื่อ ....................................................",
        "นับหนึ่ง นับสอง นับสาม นับสี่ แล้วหายใจออก",
    ],
)
def test_no_loop(text):
    assert looping(text) == ""


def test_lines_said_again_and_again():
    again = "ออกกำลังกายสม่ำเสมอทุกวัน"
    between = ["กินผักให้มากขึ้น", "นอนให้พอ", "ดื่มน้ำสะอาด"]
    text = "\n".join(f"{n}. {line}" for n, line in enumerate([x for b in between for x in (again, b)] + [again], 1))
    assert repeated_line(text) == again
    assert repeated_line(text.replace(f"7. {again}", "")) == ""
    assert repeated_line("\n".join(["ส่วนผสม", "ไข่", "ส่วนผสม", "หมู", "ส่วนผสม", "ผัก", "ส่วนผสม"])) == ""


@pytest.mark.parametrize(
    "text",
    [
        "เติมเครื่องปรุงตามชอบ เช่น",
        "ควรพักผ่อนให้เพียงพอและ",
        "สิ่งที่ต้องเตรียมมีดังนี้:",
        "1. ล้างผัก\n2. หั่นหมู\n3.",
        "ลองใช้โค้ดนี้\n```python\nprint(1)",
        "อาหารที่มีกากใย (เช่น ผัก ผลไม้",
        "ต้มน้ำให้เดือด แล้วใส่เ",
        "**ข้อควรระวัง** อย่าเปิดไฟแรง **เพราะ",
        "เตรียมไข่ไก่, หมูสับ,",
    ],
)
def test_text_that_breaks_off(text):
    assert cut_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "วันนี้ว่างทั้งวัน จะไปเดินเล่นที่ไหนก็ได้ทุกที่",
        "เสียใจด้วยนะ :(",
        "ลองเรียนภาษา C++",
        "เย็นนี้แม่ออกไปซื้อของ",
        "```python\nprint(1)\n```",
        "แบบนี้ก็ดีเหมือนกันนะ ไปด้วยกันก็",
        "| ก | ข |\n|---|---|\n| 1 | 2 |",
        "ข้อ 1) ล้างผัก ข้อ 2) หั่นผัก",
        "อ่านต่อที่ https://example.com/",
        "จะไปจริงหรือ",
    ],
)
def test_text_that_ends(text):
    assert cut_off(text) == ""


def test_echo_of_prompt_and_instruction():
    assert prompt_echo("คุณถามว่า แบตมือถือหมดไวต้องเช็กอะไร ผมขอตอบว่า", ["แบตมือถือหมดไว ต้องเช็กอะไร"])
    assert prompt_echo("ลดความสว่างหน้าจอ", ["แบตมือถือหมดไว ต้องเช็กอะไร"]) == ""
    assert instruction_echo("ตามที่ขอ: ตอบเป็นรายการอย่างน้อย 3 ข้อ\n- ก", ["ตอบเป็นรายการอย่างน้อย 3 ข้อ"])
    assert instruction_echo("- ก\n- ข\n- ค", ["ตอบเป็นรายการอย่างน้อย 3 ข้อ"]) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("นี่คือคำตอบที่แก้ไขแล้วครับ\nล้างผักก่อน", True),
        ("ขออภัยสำหรับความผิดพลาดก่อนหน้านี้\nล้างผักก่อน", True),
        ("ล้างผักก่อน\n(ปรับตามข้อกำหนดแล้ว)", True),
        ("ตามที่คุณแจ้ง ผมเขียนใหม่ดังนี้", True),
        ("แก้ไขคำตอบตามเงื่อนไขแล้ว: ล้างผัก", True),
        ("Here is the revised answer: ล้างผัก", True),
        ("ร้านนี้ปรับปรุงใหม่แล้ว น่านั่งมาก", False),
        ("ขอโทษแม่ที่กลับบ้านช้า", False),
        ("แก้ไขเอกสารก่อนส่งครูทุกครั้ง", False),
        ("ปรับไฟให้อ่อนตามชอบ", False),
        ("เขียนใหม่อีกครั้งด้วยลายมือ", False),
        ("คำตอบของข้อนี้คือสิบสอง", False),
    ],
)
def test_talk_of_a_repair(text, found):
    assert bool(repair_talk(text)) is found


def test_the_exemptions_name_what_exists():
    known = set(types()) | {one.family for one in types().values()}
    assert not {name for names in EXEMPTIONS.values() for name in names} - known
    assert not set(LENGTH_CAPS) - known


def test_a_constraint_exempts_from_what_it_asks_for_and_from_nothing_else():
    copy = [AppliedConstraint("repeat.prompt", {"prompt": "ก"}, "", "th")]
    assert exempt("prompt_echo", copy)
    assert not exempt("refusal", copy)
    short = [AppliedConstraint("length.characters_max", {"maximum": 30}, "", "th")]
    assert exempt("too_short", short, min_characters=40)
    assert not exempt(
        "too_short", [AppliedConstraint("length.characters_max", {"maximum": 300}, "", "th")], min_characters=40
    )
