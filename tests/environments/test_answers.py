"""What says an answer, what does not, and where it cannot be told."""

from __future__ import annotations

import pytest
import regex

from constraints.thai.numbers import in_words
from environments.answers import MAX_SAID, matches
from environments.corpus import CorpusError
from environments.municipal import Question, municipal_code, read_questions


def ask(kind, *accepted, question="กี่บาท", options=()):
    return Question("q", question, accepted[0], accepted, kind, (), "", options)


BAHT = ask("number", "1,430 บาท")
METRES = ask("number", "1.3 เมตร", question="รถเข็นในซอย 5 เมตร กว้างได้เท่าไหร่")
HOURS = ask("number", "32 ชั่วโมง")
PERCENT = ask("number", "ร้อยละ 9", "9%")
DAY = ask("number", "วันที่ 8", "8")
CATS = ask("number", "7 ตัว", "7")
COUNT = ask("number", "22 เดือน")
TIME = ask("time", "05.45 น.")
LATE = ask("time", "20.20 น.")
DATE = ask("date", "14 สิงหาคม")
COLOUR = ask("choice", "สีม่วง", "ม่วง", options=("สีน้ำตาล", "สีม่วง", "สีเทา"))
PLACE = ask("text", "ชั้น 4 อาคารสถานีเก่า", "อาคารสถานีเก่า ชั้น 4")
WEEKDAY = ask("text", "วันพุธ", "พุธ", options=("วันจันทร์", "วันพุธ", "วันศุกร์"))


@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        (BAHT, "1,430 บาท", True),
        (BAHT, "๑,๔๓๐ บาท", True),
        (BAHT, "1430", True),
        (BAHT, "หนึ่งพันสี่ร้อยสามสิบบาท", True),
        (BAHT, "ค่าธรรมเนียมแผงบนแพเดือนละ 1,430บาทค่ะ", True),
        (BAHT, "ตามข้อ 103 ต้องจ่าย 1,430 บาท ภายในวันที่ 8", True),
        (BAHT, "คำตอบ: **1,430 บาท**", True),
        (BAHT, "แผงผัก 765 บาท แผงปลา 1,240 บาท แผงบนแพ 1,430 บาท\nคำตอบ: 1,430 บาท", True),
        (BAHT, "<think>1,240? 765?</think>1,430 บาท", True),
        (BAHT, "คำตอบ: 1,240 บาท\nคำตอบ: 1,430 บาท", True),
        (BAHT, "แผงผัก 765 บาท แผงปลา 1,240 บาท แผงบนแพ 1,430 บาท", False),
        (BAHT, "1,430 หรือ 1,240 บาท", False),
        (BAHT, "1,240-1,430 บาท", False),
        (BAHT, "ระหว่าง 1,240 ถึง 1,430 บาท", False),
        (BAHT, "ไม่ใช่ 1,430 บาท", False),
        (BAHT, "1,430 บาท ไม่ใช่ 1,240 บาท", True),
        (BAHT, "1,430 บาท ส่วนแผงปลา 1,240 บาท", None),
        (BAHT, "1,430 วัน", False),
        (BAHT, "11,430 บาท", False),
        (BAHT, "1,430.50 บาท", False),
        (BAHT, "14,30 บาท", False),
        (BAHT, "ไม่ทราบครับ", False),
        (BAHT, "", False),
        (BAHT, "1,430 บาท" * MAX_SAID, False),
        (METRES, "130 เซนติเมตร", True),
        (METRES, "1.30 ม.", True),
        (METRES, "1 เมตร 30 เซนติเมตร", True),
        (METRES, "1.3", True),
        (METRES, "ซอย 5 เมตร กว้างได้ 1.3 เมตร", True),
        (METRES, "130", False),
        (METRES, "130 เมตร", False),
        (METRES, "5 เมตร", False),
        (HOURS, "ภายใน 32 ชม.", True),
        (HOURS, "1,920 นาที", True),
        (HOURS, "32 นาที", False),
        (HOURS, "32 วัน", False),
        (PERCENT, "9 เปอร์เซ็นต์", True),
        (PERCENT, "ลดร้อยละเก้า", True),
        (PERCENT, "9 บาท", False),
        (DAY, "ทุกวันที่ ๘ ของเดือน", True),
        (DAY, "วันที่ 18", False),
        (CATS, "เลี้ยงได้ไม่เกินเจ็ดตัว", True),
        (CATS, "7 ตัวครับ ค่าจดทะเบียนตัวละ 25 บาท", True),
        (CATS, "4 ตัว", False),
        (COUNT, "1 ปี 10 เดือน", True),
        (COUNT, "22 วัน", False),
        (TIME, "5:45", True),
        (TIME, "เวลา ๐๕.๔๕ น.", True),
        (TIME, "ตีห้าสี่สิบห้านาที", True),
        (TIME, "05.45", True),
        (TIME, "5.45 ครับ", True),
        (TIME, "5.45 บาท", False),
        (TIME, "17.45 น.", False),
        (TIME, "04.15 น. ถึง 05.45 น.", False),
        (TIME, "เริ่ม 04.15 น. ต้องเอาออกก่อน 05.45 น.", None),
        (LATE, "สองทุ่มยี่สิบนาที", True),
        (DATE, "วันที่ 14 ส.ค. ของทุกปี", True),
        (DATE, "14 สิงหาคม 2569", True),
        (DATE, "14/8/2569", True),
        (DATE, "14 กันยายน", False),
        (DATE, "4 สิงหาคม", False),
        (COLOUR, "ต้องใส่ถุงสีม่วงครับ", True),
        (COLOUR, "สีเทา", False),
        (COLOUR, "สีม่วงหรือสีเทา", False),
        (COLOUR, "สีม่วง ไม่ใช่สีเทา", True),
        (COLOUR, "ไม่ใช่สีม่วง", False),
        (COLOUR, "สีน้ำตาล สีม่วง สีเทา", False),
        (PLACE, "อยู่ที่อาคารสถานีเก่า ชั้น ๔ ค่ะ", True),
        (PLACE, "ชั้น4อาคารสถานีเก่า", True),
        (PLACE, "ชั้น 14 อาคารสถานีเก่า", False),
        (PLACE, "ชั้น 4 อาคารสถานีใหม่", False),
        (PLACE, "ข้อความ " * 60 + "ชั้น 4 อาคารสถานีเก่า", None),
        (WEEKDAY, "หยุดทุกวันพุธ", True),
        (WEEKDAY, "วันศุกร์", False),
        (WEEKDAY, "วันจันทร์ วันพุธ วันศุกร์", False),
    ],
)  # fmt: skip
def test_a_reply(question, said, expected):
    assert matches(said, question) is expected


@pytest.mark.parametrize("question", read_questions(), ids=lambda question: question.id)
class TestEveryShippedQuestion:
    def test_each_accepted_spelling_says_it(self, question):
        for spelling in question.accepted:
            for said in (spelling, f"{spelling}ครับ", f"คำตอบ: {spelling}", f"อ่านแล้ว คำตอบ: {spelling} ค่ะ"):
                assert matches(said, question) is True, said

    def test_a_number_in_words_says_it(self, question):
        figure = question.answer.partition(" ")[0].replace(",", "")
        if question.kind == "number" and figure.isdecimal() and int(figure) > 10 and " " in question.answer:
            assert matches(f"{in_words(int(figure))}{question.answer.partition(' ')[2]}", question) is True

    def test_the_answer_of_another_question_does_not_say_it(self, question):
        """Of the chapter's, and of those with the same figure in another unit."""
        for other in read_questions():
            near = chapter(other) == chapter(question) or figures(other) & figures(question)
            if near and not any(squeezed(spelling) in squeezed(other.answer) for spelling in question.accepted):
                assert matches(other.answer, question) is False, other.answer

    def test_the_whole_section_does_not_say_it(self, question):
        assert matches(municipal_code().by_id[question.sections[-1]].text, question) is not True

    def test_the_question_does_not_say_it(self, question):
        assert matches(question.question, question) is False


def chapter(question):
    return int(question.sections[-1]) // 100


def figures(question):
    return set(regex.findall(r"\d+", question.answer))


def squeezed(text):
    return text.replace(" ", "")


def test_what_is_no_question_is_named():
    with pytest.raises(CorpusError, match="kind"):
        matches("1", {"id": "q", "question": "?", "answer": "1", "kind": "colour"})
