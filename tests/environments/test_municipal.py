"""The shipped code: every answer can be read, none can be seen without reading, and the splits share no section."""

from __future__ import annotations

from collections import Counter

import pytest
import regex
from pythainlp.corpus import thai_words

from constraints import normalise
from constraints.segment import ENGINES, words
from constraints.text import arabic_digits
from environments.municipal import municipal_code, read_questions
from environments.search_read import SearchRead, search_result, snippet

SECTIONS, QUESTIONS = municipal_code().sections, read_questions()
ENVIRONMENT = SearchRead()


def squeezed(text):
    return regex.sub(r"\s", "", arabic_digits(text))


@pytest.fixture(params=QUESTIONS, ids=lambda question: question.id)
def question(request):
    return request.param


def test_an_answer_stands_in_the_last_of_its_sections_once(question):
    text = squeezed(municipal_code().by_id[question.sections[-1]].text)
    bounded = rf"(?<!\d[.,]?){regex.escape(squeezed(question.answer))}(?!\d)"
    assert len(regex.findall(bounded, text)) == 1, text


def test_no_answer_is_seen_without_reading(question):
    seen = [municipal_code().by_id[number] for number in question.sections]
    seen += [hit.section for hit in ENVIRONMENT.index.search(question.question, 10)]
    for section in seen:
        shown = squeezed(section.title + snippet(section))
        for spelling in map(squeezed, question.accepted):
            assert spelling.isdecimal() or spelling not in shown, section.id
    if question.kind != "choice":
        assert not any(squeezed(spelling) in squeezed(question.question) for spelling in question.accepted)


def test_a_choice_is_one_of_its_options_and_all_stand_in_the_section(question):
    assert (question.answer in question.options) == bool(question.options)
    if question.kind == "choice":
        text = municipal_code().by_id[question.sections[-1]].text
        assert len(question.options) > 1
        assert all(option in text for option in question.options)


def test_splits_are_of_their_size_and_share_no_section():
    assert (len(SECTIONS), len(QUESTIONS)) == (150, 200)
    assert Counter(question.split for question in QUESTIONS) == {"train": 140, "test": 60}
    asked = {
        split: {number for question in QUESTIONS if question.split == split for number in question.sections}
        for split in ("train", "test")
    }
    assert not asked["train"] & asked["test"]
    assert len(asked["train"] | asked["test"]) == 150
    assert sum(len(question.sections) == 2 for question in QUESTIONS) == 41


def test_nothing_is_there_twice():
    for values in (
        [section.id for section in SECTIONS],
        [section.title for section in SECTIONS],
        [section.text for section in SECTIONS],
        [question.id for question in QUESTIONS],
        [question.question for question in QUESTIONS],
    ):
        assert [value for value, times in Counter(values).items() if times > 1] == []


def test_thai_is_normal_and_in_words_that_the_dictionary_has():
    unknown = set()
    for text in [*(s.text for s in SECTIONS), *(s.title for s in SECTIONS), *(q.question for q in QUESTIONS)]:
        assert normalise(text) == text
        assert not regex.search(r"  |(?<! )ๆ|เเ|\p{Mn}{3}", text), text
        for engine in ENGINES:  # a word misspelled falls apart into letters that are no word
            unknown |= {word.strip(".") for word in words(text, engine) if regex.search("[ก-ฮ]", word)} - thai_words()
    assert unknown == {"ณ", "ต", "ล", "น", "ท", "ลักซ์"}  # ตล. 2, 16.10 น., ฟู้ดทรัก


def test_cross_references_name_sections_that_are_there():
    named = [number for section in SECTIONS for number in regex.findall(r"ตามข้อ (\d+)", arabic_digits(section.text))]
    assert named == ["405"]
    assert set(named) <= set(municipal_code().by_id)


def test_every_office_and_grade_of_fine_that_is_named_has_its_section():
    titles = {section.title for section in SECTIONS}
    grades = {f"โทษปรับ{grade}" for s in SECTIONS for grade in regex.findall("ชั้น(?:กก|ไผ่|ตะเคียน|ศิลา)", s.text)}
    assert len(grades) == 4
    assert grades <= titles
    offices = {
        name
        for section in SECTIONS
        for name in regex.findall(
            r"(?:กอง(?:ตลาด|สัตว์|ทาง|อาคาร|มูล|สวน|คลัง)|สำนัก(?:คลอง|น้ำ)|ศูนย์รับ)[\u0e00-\u0e7f]+", section.text
        )
    }
    assert {office for office in titles if office.startswith(("กอง", "สำนัก", "ศูนย์รับ"))} == {
        title for title in titles if any(office.startswith(title) for office in offices)
    }
    assert all(any(office.startswith(title) for title in titles) for office in offices)


def test_what_search_shows_is_short():
    assert all(len(str(search_result(section))) < 320 for section in SECTIONS)


def test_the_closed_book_form_holds_every_fact():
    documents = "\n".join(municipal_code().documents())
    assert all(squeezed(question.answer) in squeezed(documents) for question in QUESTIONS)
