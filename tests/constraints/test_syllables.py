"""Syllables and rhymes of Thai, against readings and pairs written down by hand."""

from __future__ import annotations

import random

import pytest

from constraints.thai.irregular import IRREGULAR
from constraints.thai.rhyme import rhymes
from constraints.thai.spelling import spellings
from constraints.thai.syllables import MOST_READINGS, endings, fewest_syllables, readings

# As spoken: the number of syllables, every reading alike.
_COUNTS = {
    1: (
        "ใจ เพลง สวย กวน ธรรม พรรค เพชร จันทร์ ศาสตร์ ลักษณ์ บุตร พุทธ อย่า หมอก หวย ทราบ สร้าง เศร้า "
        "เกาะ เสียง เรือน พร ก็ ชาติ เหตุ วงศ์"
    ),
    2: (
        "มารดา ถนน ขนม สนาม สบาย ตลาด ตลก อร่อย เสมอ เฉลย แสดง สวรรค์ ฝรั่ง ชนะ มหา นคร สมุทร มนุษย์ "
        "สตรี กวี พลัง ผลิต สรุป ทวีป ดนตรี อังกฤษ ฤดู รถไฟ รสชาติ จริงใจ"
    ),
    3: (
        "เศรษฐศาสตร์ ธรรมชาติ ผลไม้ ราชการ คุณภาพ สุขภาพ วิทยา รัฐบาล กิจกรรม บริการ โทรศัพท์ ศิลปะ "
        "พัฒนา อิสระ รัศมี จักรวาล มรดก ภาพยนตร์ สมาชิก พยายาม"
    ),
    4: ("วัฒนธรรม มหัศจรรย์ มหาสมุทร อิสรภาพ พฤษภาคม ข้าราชการ"),
    5: ("วิทยาศาสตร์ใหม่ รถจักรยานยนต์ สุขภาพจิตใจ"),
}
_RHYME = (
    "ใจ-ไป วัย-ไหล ธรรม-จำ รถ-หมด คน-ผล มา-ฟ้า ดี-สี รัก-ผัก นาน-การ สถาน-ทาน ใด-ใคร หล้า-อ้า "
    "เย็น-เห็น เรา-เขา เสียง-เพียง เรือน-เดือน เหนือ-เรือ ตัว-หัว สวน-นวล ลม-ชม นอน-พร รอ-ขอ เธอ-เจอ "
    "เดิน-เพลิน ไทย-ใจ แก้ว-แล้ว ราย-สาย นิ่ง-จริง ศรี-มี ทราย-หาย องค์-คง จันทร์-วัน ศาสตร์-มาด "
    "บุตร-หยุด พราว-ดาว เลย-เคย โรย-โดย สวย-รวย ริ้ว-ทิว โต๊ะ-โป๊ะ เพราะ-เกาะ เหงา-เบา กุหลาบ-อาบ "
    "พฤกษ์-ลึก มนุษย์-สุด กลาง-ทาง น้อง-ทอง เมฆ-เลข ลูก-ถูก โลก-โชค ปีก-อีก เลิศ-เปิด ถนน-คน "
    "ตลาด-วาด ปรารถนา-ฟ้า กำหนด-ลด สวรรค์-ฝัน เสมอ-เธอ ไม้-ใหม่ น้ำ-จำ"
)
_NO_RHYME = (
    "กัน-การ ใจ-กาย ดี-ดู คน-คง นก-นบ เห็น-หาร ใจ-เจ เขา-ขา ตัว-ตา รอ-โร เธอ-เท หมา-หมี จิต-จีบ "
    "สุข-สูง กลับ-กลาง ใหม่-หมาย เตะ-เท วัน-วาง บ้าน-บ้าง นาง-นาน เสียง-เสือ เมือง-เมียง แม่-เม "
    "โต-ตอ รถ-รัก ฝน-ฝัน ลึก-ลืม คืน-ขึ้น"
)
_UNCLEAR = "มา-มา ใจ-ใจ เล็ก-เมฆ น้ำ-งาม แข็ง-แดง ได้-หาย เท้า-ดาว เร็ว-เอว"


@pytest.mark.parametrize(
    ("count", "word"), [(count, word) for count, words in _COUNTS.items() for word in words.split()]
)
def test_spoken_syllables(count: int, word: str) -> None:
    found = readings(word)
    assert found
    assert {len(reading) for reading in found} == {count}


@pytest.mark.parametrize("word", ["ประวัติศาสตร์", "กลไก", "ศีลธรรม"])
def test_two_ways_to_read(word: str) -> None:
    assert len({len(reading) for reading in readings(word) or ()}) == 2


def _shown(word: str) -> set[str]:
    """Every reading as initials and finals, `*` before an อะ that is not written."""
    return {
        " ".join(f"{'*' * syllable.implied}{syllable.initial}:{syllable.final}" for syllable in reading)
        for reading in readings(word) or ()
    }


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("โฉมยง", {"ฉ:ม ย:ง"}),
        ("ต้อลม", {"ต: ล:ม"}),
        ("บรรถร", {"บ:น ถ:น"}),
        ("เกินควร", {"ก:น ค:น"}),
        ("บันกวด", {"บ:น ก:ด"}),
        ("อยัส", {"*อ: ย:ด"}),
        ("หม้อยา", {"หม: ย:"}),
        ("โปรดักชั่น", {"ปร: ด:ก ช:น"}),  # a dot in the list marks the cluster
        ("ความโหยหิว", {"คว:ม ห:ย ห:ว"}),
        ("ตั้งเจตนา", {"ต:ง จ:ด *ต: น:"}),
        ("ธุระ", {"ท: ร:"}),  # its อะ is written
        ("พรรคภูมิใจไทย", {"พ:ก พ:ม จ:ย ท:ย"}),
        ("เหตุจูงใจ", {"ห:ด จ:ง จ:ย"}),
        ("นนทเวช", {"น:น *ท: ว:ด", "น:น ว:ด"}),
        ("นาฏดนตรี", {"น:ด *ฏ: ด:น ตร:", "น:ด ด:น ตร:"}),
        ("ไปนอก", {"ป:ย น:ก"}),
        ("ไรโบโซม", {"ร:ย บ: ซ:ม"}),
        ("บุพเพเล่ห์รัก", {"บ:บ พ: ล: ร:ก"}),
    ],
)
def test_every_reading_of_a_word(word: str, read: set[str]) -> None:
    assert _shown(word) == read


def test_limits_of_what_is_read() -> None:
    assert len(readings("กลไก กลไก กลไก ปฏิปทา") or ()) == MOST_READINGS == 2 * 2 * 2 * 3
    assert readings("กลไก กลไก กลไก กลไก กลไก") is None
    assert spellings("เกลี้ยงเกลี้ยง")  # 14 letters
    assert spellings("เกลี้ยงเกลี้ยงน") == ()
    assert [len(reading) for reading in spellings("กากากากา")] == [4]
    assert spellings("กากากากากา") == ()
    assert fewest_syllables("กา" * 28 + "ศฤงค") == 1  # 60 letters with an end that cannot be read may be one name
    assert fewest_syllables("กา" * 29 + "ศฤงค") == 30


def test_repeat_marks() -> None:
    assert {len(reading) for reading in readings("มากๆๆๆๆ") or ()} == {5}
    assert readings("มากๆๆๆๆๆ") is None
    assert readings("ๆมา") == readings("มา")  # nothing stands before it
    assert readings("ๆมากๆๆๆๆ") is None


@pytest.mark.parametrize("text", ["ศฤงคาร", "HTML", "ใช้ Zoom", "5 คน", "๕ คน", "ๆ", "มาก" + " ๆ" * 9])
def test_what_cannot_be_read(text: str) -> None:
    assert readings(text) is None


@pytest.mark.parametrize(("text", "count"), [("เด็ก ๆ เล่น", 3), ("ช้าๆ", 2), ("ลมเย็น, ฟ้าใส!", 4), ("ขนมอร่อย", 4)])
def test_texts(text: str, count: int) -> None:
    assert {len(reading) for reading in readings(text) or ()} == {count}


def test_a_lower_bound_for_any_text() -> None:
    assert fewest_syllables("ถนน Zoom กว้าง 5 เลน") == 5  # ถ(ะ) may be left out
    for text in ("ประวัติศาสตร์ไทย", "สบายใจจริง ๆ", "กลไกตลาด"):
        assert all(fewest_syllables(text) <= len(reading) + text.count("ๆ") for reading in readings(text) or ())


def test_the_last_syllable_alone() -> None:
    assert [syllable.written for syllable in endings("มีคำว่า Zoom แล้วกลับบ้าน!") or ()] == ["บ้าน"]
    assert endings("ประชุมทาง Zoom") is None
    assert endings("...") is None


@pytest.mark.parametrize("word", IRREGULAR)
def test_every_irregular_word_is_spelled_as_meant(word: str) -> None:
    found = readings(word)
    assert found
    for reading, respelled in zip(found, IRREGULAR[word], strict=True):
        assert "-".join(syllable.written for syllable in reading) == respelled.replace("ฺ", "")


def _outcomes(pair: str) -> set[bool | None]:
    first, second = (endings(word) or () for word in pair.split("-"))
    assert first
    assert second
    return {rhymes(one, other) for one in first for other in second}


@pytest.mark.parametrize("pair", _RHYME.split())
def test_pairs_that_rhyme(pair: str) -> None:
    assert _outcomes(pair) == {True}


@pytest.mark.parametrize("pair", _NO_RHYME.split())
def test_pairs_that_do_not_rhyme(pair: str) -> None:
    assert _outcomes(pair) == {False}


@pytest.mark.parametrize("pair", _UNCLEAR.split())
def test_pairs_that_readers_could_dispute(pair: str) -> None:
    assert _outcomes(pair) == {None}


@pytest.mark.parametrize("word", ["รัก", "มาก", "จะ", "รบ", "พระ", "ฤทธิ์", "เหตุ"])
def test_dead_syllables(word: str) -> None:
    assert all(syllable.is_dead for syllable in endings(word) or ())


@pytest.mark.parametrize("word", ["มา", "จำ", "ใจ", "เรา", "คน", "ธรรม", "พร"])
def test_live_syllables(word: str) -> None:
    assert not any(syllable.is_dead for syllable in endings(word) or ())


def test_no_text_breaks_the_reader() -> None:
    rng = random.Random(7)
    letters = "กขคงจชดตนบปมยรลวสหอะัาำิีึืุูเแโใไ่้๊๋์็ๆฯ ฤฦa1."
    for _ in range(300):
        text = "".join(rng.choice(letters) for _ in range(rng.randint(1, 40)))
        found = readings(text)
        assert found is None or 1 <= len(found) <= MOST_READINGS**2
        assert fewest_syllables(text) >= 0
        endings(text)
