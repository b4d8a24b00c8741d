"""The 25 instructions of IFEval (arXiv 2311.07911), by their ids and kwargs.

Each check is written anew from the published behaviour, and tested against recorded verdicts. Where the official code
is known to be wrong the right thing is done and `differs` says what.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from constraints.compat.instruction import (
    NO_KWARGS,
    SENTENCES,
    Instruction,
    Kwargs,
    compare,
    count,
    relation,
    text,
    texts,
)
from constraints.compat.reading import CannotTell, Reading
from constraints.language import detected, main_language

__all__ = ["INSTRUCTIONS"]

_CLOSED_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_CLOSED_ANSWERS_TH = re.compile(
    r"คำตอบของฉันคือ ?(?:ไม่ใช่|ใช่|ไม่|อาจจะ)(?=\s*(?:[.!\"'”’*)]|\n|$)| ?(?:ครับ|ค่ะ|คะ|นะ|จ้ะ|จ้า)(?![\u0e00-\u0e7f]))"
)
_DETECTION = (
    "official: passes when the language detector raises, and the detector is not seeded; ours: seeded, UNDECIDED"
)


def _times(pattern: str, reading: Reading) -> int:
    return len(re.findall(pattern, reading.text, re.IGNORECASE))


def _existence(reading: Reading, kw: Kwargs) -> bool:
    return all(_times(re.escape(keyword), reading) for keyword in kw["keywords"])


def _frequency(reading: Reading, kw: Kwargs) -> bool:
    return compare(_times(re.escape(kw["keyword"]), reading), kw["frequency"], kw["relation"])


def _forbidden(reading: Reading, kw: Kwargs) -> bool:
    return not any(reading.times_as_word(word) for word in kw["forbidden_words"])


def _letter_frequency(reading: Reading, kw: Kwargs) -> bool:
    found = reading.text.lower().count(kw["letter"].lower())
    return compare(found, kw["let_frequency"], kw["let_relation"])


def _detected(reading: Reading) -> str:
    found = main_language(reading.text) if reading.engine else detected(reading.text)
    if found is None:
        raise CannotTell("no language could be detected")
    return found


def _language(reading: Reading, kw: Kwargs) -> bool:
    return _detected(reading).casefold() == kw["language"].casefold()


def _sentences(reading: Reading, kw: Kwargs) -> bool:
    return compare(len(reading.sentences), kw["num_sentences"], kw["relation"])


def _words(reading: Reading, kw: Kwargs) -> bool:
    return compare(len(reading.words), kw["num_words"], kw["relation"])


def _inner_parts(parts: list[str]) -> list[str] | None:
    """The parts that hold something; None where one between two others is empty."""
    if any(not part.strip() for part in parts[1:-1]):
        return None
    return [part for part in parts if part.strip()]


def _paragraphs(reading: Reading, kw: Kwargs) -> bool:
    parts = _inner_parts(re.split(r"\s?\*\*\*\s?", reading.text))
    return parts is not None and len(parts) == kw["num_paragraphs"]


def _nth_paragraph(reading: Reading, kw: Kwargs) -> bool:
    paragraphs = reading.text.split("\n\n")
    filled = sum(1 for paragraph in paragraphs if paragraph.strip())
    nth = kw["nth_paragraph"]
    if nth > filled or filled != kw["num_paragraphs"]:
        return False
    paragraph = paragraphs[nth - 1].strip()
    if not paragraph:
        return False
    if reading.engine:
        words = reading.part(paragraph).words
        return bool(words) and words[0].casefold() == kw["first_word"].casefold()
    first = re.split(r"[.,?!'\"]", paragraph.split()[0].lstrip("'").lstrip('"'))[0]
    return first.lower() == kw["first_word"].lower()


def _placeholders(reading: Reading, kw: Kwargs) -> bool:
    found = 0
    for line in reading.text.split("\n"):
        opened = line.find("[")
        while opened >= 0 and (closed := line.find("]", opened)) >= 0:
            found += 1
            opened = line.find("[", closed)
    return found >= kw["num_placeholders"]


_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
_POSTSCRIPTS_TH = {"P.P.S": r"^[^\S\n]*ป\.\s?ล\.\s?[2๒]", "P.S.": r"^[^\S\n]*ป\.\s?ล\."}


def _postscript(reading: Reading, kw: Kwargs) -> bool:
    marker = kw["postscript_marker"]
    pattern: str = _POSTSCRIPTS[marker] if marker in _POSTSCRIPTS else re.escape(marker.lower())
    if reading.engine and marker in _POSTSCRIPTS_TH:
        pattern = f"{pattern}|{_POSTSCRIPTS_TH[marker]}"
    return re.search(pattern, reading.text.lower(), re.MULTILINE) is not None


def _bullets(reading: Reading, kw: Kwargs) -> bool:
    stars = re.findall(r"^[^\S\n]*\*[^\*].*$", reading.text, re.MULTILINE)
    dashes = re.findall(r"^[^\S\n]*-.*$", reading.text, re.MULTILINE)
    return len(stars) + len(dashes) == kw["num_bullets"]


def _closed_answer(reading: Reading, kw: Kwargs) -> bool:
    if any(answer in reading.text for answer in _CLOSED_ANSWERS):
        return True
    return bool(reading.engine) and _CLOSED_ANSWERS_TH.search(reading.text) is not None


def _filled(marked: Iterable[str], mark: str) -> int:
    return sum(1 for piece in marked if piece.removeprefix(mark).removesuffix(mark).strip("*").strip())


def _highlights(reading: Reading, kw: Kwargs) -> bool:
    single = _filled(re.findall(r"\*[^\n\*]*\*", reading.text), "*")
    double = _filled(re.findall(r"\*\*[^\n\*]*\*\*", reading.text), "**")
    return single + double >= kw["num_highlights"]


def _sections(reading: Reading, kw: Kwargs) -> bool:
    parts = re.split(r"\s?" + re.escape(kw["section_spliter"]) + r"\s?\d+\s?", reading.text)
    return len(parts) - 1 >= kw["num_sections"]


def _json(reading: Reading, kw: Kwargs) -> bool:
    value = reading.text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        value = value.removeprefix(fence)
    try:
        json.loads(value.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(reading: Reading, kw: Kwargs) -> bool:
    for line in reading.text.split("\n"):
        opened, closed = line.find("<<"), line.rfind(">>")
        if 0 <= opened < closed - 2 and line[opened : closed + 2].lstrip("<").rstrip(">").strip():
            return True
    return False


def _two_responses(reading: Reading, kw: Kwargs) -> bool:
    parts = _inner_parts(reading.text.split("******"))
    return parts is not None and len(parts) == 2 and parts[0].strip() != parts[1].strip()


def _repeat_prompt(reading: Reading, kw: Kwargs) -> bool:
    return reading.text.strip().lower().startswith(kw["prompt_to_repeat"].strip().lower())


def _ends_with(reading: Reading, kw: Kwargs) -> bool:
    return reading.text.strip().strip('"').lower().endswith(kw["end_phrase"].strip().lower())


def _quotation(reading: Reading, kw: Kwargs) -> bool:
    value = reading.text.strip()
    return len(value) > 1 and value[0] == value[-1] == '"'


def _no_comma(reading: Reading, kw: Kwargs) -> bool:
    return "," not in reading.text


def _capital_words(reading: Reading, kw: Kwargs) -> bool:
    return compare(sum(token.isupper() for token in reading.tokens), kw["capital_frequency"], kw["capital_relation"])


def _capitals_only(reading: Reading, kw: Kwargs) -> bool:
    return reading.text.isupper() and _detected(reading) == "en"


def _lowercase_only(reading: Reading, kw: Kwargs) -> bool:
    return reading.text.islower() and _detected(reading) == "en"


_LITERAL = "official: the keyword is an unescaped regular expression (C++ raises, a.c matches abc); ours: literal text"

INSTRUCTIONS = (
    Instruction("keywords:existence", {"keywords": texts()}, _existence, differs=_LITERAL),
    Instruction("keywords:frequency", {"keyword": text(), "frequency": count(), "relation": relation()}, _frequency,
                differs=_LITERAL),
    Instruction("keywords:forbidden_words", {"forbidden_words": texts()}, _forbidden,
                differs="official: \\b around an unescaped word, which misses C++ and every Thai word; ours: literal text"),
    Instruction("keywords:letter_frequency", {"letter": {"type": "string", "minLength": 1, "maxLength": 1},
                "let_frequency": count(), "let_relation": relation()}, _letter_frequency,
                differs="official: a letter outside a-z is silently replaced by a random one; ours: the letter given"),
    Instruction("language:response_language", {"language": text()}, _language,
                differs=_DETECTION + "; a code in capitals is taken, not refused"),
    Instruction("length_constraints:number_sentences", {"num_sentences": count(), "relation": relation()}, _sentences,
                thai=SENTENCES),
    Instruction("length_constraints:number_paragraphs", {"num_paragraphs": count()}, _paragraphs),
    Instruction("length_constraints:number_words", {"num_words": count(), "relation": relation()}, _words),
    Instruction("length_constraints:nth_paragraph_first_word", {"num_paragraphs": count(1), "nth_paragraph": count(1),
                "first_word": text()}, _nth_paragraph),
    Instruction("detectable_content:number_placeholders", {"num_placeholders": count()}, _placeholders),
    Instruction("detectable_content:postscript", {"postscript_marker": text()}, _postscript,
                differs="official: other markers than P.S. and P.P.S are unescaped regular expressions; ours: literal text"),
    Instruction("detectable_format:number_bullet_lists", {"num_bullets": count()}, _bullets),
    Instruction("detectable_format:constrained_response", NO_KWARGS, _closed_answer),
    Instruction("detectable_format:number_highlighted_sections", {"num_highlights": count()}, _highlights),
    Instruction("detectable_format:multiple_sections", {"section_spliter": text(), "num_sections": count()}, _sections,
                differs="official: the section word is an unescaped regular expression; ours: literal text"),
    Instruction("detectable_format:json_format", NO_KWARGS, _json),
    Instruction("detectable_format:title", NO_KWARGS, _title),
    Instruction("combination:two_responses", NO_KWARGS, _two_responses),
    Instruction("combination:repeat_prompt", {"prompt_to_repeat": text()}, _repeat_prompt),
    Instruction("startend:end_checker", {"end_phrase": text()}, _ends_with),
    Instruction("change_case:capital_word_frequency", {"capital_frequency": count(), "capital_relation": relation()},
                _capital_words),
    Instruction("change_case:english_capital", NO_KWARGS, _capitals_only, differs=_DETECTION),
    Instruction("change_case:english_lowercase", NO_KWARGS, _lowercase_only, differs=_DETECTION),
    Instruction("punctuation:no_comma", NO_KWARGS, _no_comma),
    Instruction("startend:quotation", NO_KWARGS, _quotation),
)  # fmt: skip
