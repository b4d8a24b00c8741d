"""Particles at fixed places: the end of the answer, of every line or paragraph, greeting, thanks, a dialogue.

What stands at an end is the last word by both word engines: punctuation, quotes and emoji after it do not count, and
คะ in โยคะ or นะ in ชนะ is no particle. ครับๆ at an end is UNDECIDED, and so is a line that holds no word.
Headings and list items are lines like any other. Does not judge ค่ะ against คะ but where the instruction names one.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, draw_nothing
from constraints.segment import is_word
from constraints.shaping import paragraphs_of, shown_lines
from constraints.thai.endings import endings_apart
from constraints.verdict import PASS, Outcome, Verdict, fail, undecided

__all__ = ["TYPES"]

_REPEAT = "ๆ"
_POLITE = {"male": "ครับ", "female": "ค่ะ"}
# ครับผม is another word than the ครับ that is asked for.
_ENDINGS = {"male": frozenset({"ครับ"}), "female": frozenset({"ค่ะ", "คะ", "นะคะ", "เจ้าค่ะ", "เจ้าคะ"})}
_SHOWN_ENDINGS = {"male": '"ครับ"', "female": '"ค่ะ" หรือ "คะ"'}
_OR = {"th": "หรือ", "en": "or"}


def _draw_gender(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"gender": rng.choice(("male", "female"))}


def _shown_gender(params: Params, lang: Language) -> dict[str, str]:
    own = '"ครับ"' if params["gender"] == "male" else f'"ค่ะ" {_OR[lang]} "คะ"'
    return {"particle": _POLITE[params["gender"]], "own": own}


def _last_words(answer: Answer, pieces: Sequence[Line], engine: str) -> list[Line | None]:
    """The last word that each piece of the text holds."""
    tokens = endings_apart(answer.tokens(engine))
    ends = list(itertools.accumulate(map(len, tokens)))
    found: list[Line | None] = []
    for piece in pieces:
        number = bisect.bisect_left(ends, piece.at[1])
        while number and not is_word(tokens[number]):
            number -= 1
        start = ends[number] - len(tokens[number].lstrip())
        word = tokens[number].strip()
        inside = is_word(word) and start >= piece.at[0]
        if word == _REPEAT:
            word = _repeated(tokens[:number])
        found.append(Line(word, (start, ends[number])) if inside else None)
    return found


def _repeated(before: Sequence[str]) -> str:
    """ๆ with the word that it repeats."""
    return next((token.strip() for token in reversed(before) if is_word(token)), "") + _REPEAT


def _ends_in(last: Line | None, wanted: frozenset[str], shown: str) -> Verdict:
    if last and last.text in wanted:
        return PASS
    if last and last.text.removesuffix(_REPEAT) in wanted:
        return undecided("the end is a repeated word", "ลงท้ายด้วยไม้ยมก", last.at)
    found = last.text if last else ""
    return fail(f"the last word is {found!r}", f'คำสุดท้ายคือ "{found}" ไม่ใช่ {shown}', last.at if last else None)


def _whole(answer: Answer) -> Line:
    return Line(answer.text, (0, len(answer.text)))


def _check_end(answer: Answer, wanted: frozenset[str], shown: str) -> Verdict:
    def judge(engine: str) -> Verdict:
        (last,) = _last_words(answer, [_whole(answer)], engine)
        return _ends_in(last, wanted, shown)

    return answer.by_both_engines(judge)


def _check_ends_polite(answer: Answer, params: Params) -> Verdict:
    shown = _POLITE[params["gender"]]
    return _check_end(answer, frozenset({shown}), f'"{shown}"')


def _amend_ends_polite(text: str, params: Params, filler: str) -> str:
    return _amended_end(text, _POLITE[params["gender"]])


def _amended_end(text: str, wanted: str) -> str:
    return text if text.endswith(f" {wanted}") else f"{text.rstrip()} {wanted}"


_CASUAL = {
    "นะ": frozenset({"นะ"}),
    "จ้ะ": frozenset({"จ้ะ"}),
    "ล่ะ": frozenset({"ล่ะ", "ไหนล่ะ", "มิน่าล่ะ", "เอาล่ะ"}),
    "สิ": frozenset({"สิ", "นั่นสิ"}),
    "เนอะ": frozenset({"เนอะ"}),
}


def _draw_casual(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"particle": rng.choice(("นะ", "นะ", "จ้ะ", "ล่ะ", "สิ", "เนอะ"))}


def _check_casual(answer: Answer, params: Params) -> Verdict:
    return _check_end(answer, _CASUAL[params["particle"]], f'"{params["particle"]}"')


def _amend_casual(text: str, params: Params, filler: str) -> str:
    return _amended_end(text, params["particle"])


def _check_pieces(answer: Answer, pieces: Sequence[Line], gender: str) -> Verdict:
    wanted, shown = _ENDINGS[gender], _SHOWN_ENDINGS[gender]

    def judge(engine: str) -> Verdict:
        unclear = PASS
        for piece, last in zip(pieces, _last_words(answer, pieces, engine), strict=True):
            if last is None:  # a rule or a row of emoji: whether it is a line that must be polite is anyone's guess
                unclear = undecided("a line or paragraph without words", "มีส่วนที่ไม่มีคำ", piece.at)
                continue
            verdict = _ends_in(last, wanted, shown)
            if verdict.outcome is Outcome.FAIL:
                return verdict
            unclear = unclear if verdict.passed else verdict
        return unclear

    return answer.by_both_engines(judge)


def _check_every_line(answer: Answer, params: Params) -> Verdict:
    return _check_pieces(answer, answer.placed_lines, params["gender"])


def _check_every_paragraph(answer: Answer, params: Params) -> Verdict:
    return _check_pieces(answer, answer.placed_paragraphs, params["gender"])


def _amend_every_line(text: str, params: Params, filler: str) -> str:
    return "\n".join(
        _amended_end(line, _POLITE[params["gender"]]) if line.strip() else line for line in text.split("\n")
    )


def _amend_every_paragraph(text: str, params: Params, filler: str) -> str:
    return "\n\n".join(_amended_end(block, _POLITE[params["gender"]]) for block in paragraphs_of(text))


# fixed words at the beginning and at the end

_MARKS = r"[^\p{L}\p{M}\p{N}]*"
_GREETING = {gender: regex.compile(rf"(?P<lead>{_MARKS})สวัสดี *{particle}") for gender, particle in _POLITE.items()}
_THANKS = {gender: regex.compile(rf"ขอบคุณ *{particle}{_MARKS}\Z") for gender, particle in _POLITE.items()}
_QUIET_LEAD = regex.compile(r"""[\s#>"'*_(\[-]*""")


def _check_greeting(answer: Answer, params: Params) -> Verdict:
    found = _GREETING[params["gender"]].match(answer.text)
    wanted = f"สวัสดี{_POLITE[params['gender']]}"
    if found is None:
        return fail(f"does not begin with {wanted}", f'ไม่ได้ขึ้นต้นด้วย "{wanted}"', (0, min(len(answer.text), 20)))
    if _QUIET_LEAD.fullmatch(found["lead"]):
        return PASS
    return undecided("a picture or mark stands before the greeting", "มีเครื่องหมายหรือภาพอยู่ก่อนคำทักทาย", found.span("lead"))


def _amend_greeting(text: str, params: Params, filler: str) -> str:
    wanted = f"สวัสดี{_POLITE[params['gender']]}"
    return text if text.startswith(wanted) else f"{wanted} {text}"


def _check_thanks(answer: Answer, params: Params) -> Verdict:
    wanted = f"ขอบคุณ{_POLITE[params['gender']]}"
    if _THANKS[params["gender"]].search(answer.text):
        return PASS
    return fail(
        f"does not end with {wanted}", f'ไม่ได้ลงท้ายด้วย "{wanted}"', (max(len(answer.text) - 20, 0), len(answer.text))
    )


def _amend_thanks(text: str, params: Params, filler: str) -> str:
    return _amended_end(text, f"ขอบคุณ{_POLITE[params['gender']]}")


# two speakers

_LABELLED = regex.compile(r"(ชาย|หญิง) *[:：](.*)")
_LABELS = {"ชาย": "male", "หญิง": "female"}


def _check_dialogue(answer: Answer, params: Params) -> Verdict:
    spoken: dict[str, list[Line]] = {"ชาย": [], "หญิง": []}
    for line in answer.placed_lines:
        label = _LABELLED.match(line.text)
        if label is None:
            return fail("a line without a label", 'บรรทัดนี้ไม่ได้ขึ้นต้นด้วย "ชาย:" หรือ "หญิง:"', line.at)
        spoken[label[1]].append(line)
    for label, lines in spoken.items():
        if not lines:
            return fail(f"no line of {label}", f'ไม่มีบรรทัดของ "{label}:"')
    verdicts = [_check_pieces(answer, lines, _LABELS[label]) for label, lines in spoken.items()]
    return min(verdicts, key=_badness)


def _badness(verdict: Verdict) -> int:
    return (Outcome.FAIL, Outcome.UNDECIDED, Outcome.PASS).index(verdict.outcome)


def _amend_dialogue(text: str, params: Params, filler: str) -> str:
    lines = [line.strip() for line in shown_lines(text)]
    lines += [filler] * (2 - len(lines))
    return "\n".join(
        line if _LABELLED.match(line) else ("ชาย: {} ครับ", "หญิง: {} ค่ะ")[number % 2].format(line)
        for number, line in enumerate(lines)
    )


_GENDER = {"gender": {"enum": ["male", "female"]}}
_ALONE = frozenset({"particles", "json", "yaml", "csv"})
_WHOLE = _ALONE | {"layout", "poetry", "forms"}

TYPES = (
    ConstraintType("particles.ends_polite", _GENDER, _draw_gender, _check_ends_polite, _amend_ends_polite,
                   rank=3, conflicts=_ALONE, shown=_shown_gender, thai=True),
    ConstraintType("particles.every_line", _GENDER, _draw_gender, _check_every_line, _amend_every_line,
                   rank=3, weight=0.5, conflicts=_WHOLE, shown=_shown_gender, thai=True),
    ConstraintType("particles.every_paragraph", _GENDER, _draw_gender, _check_every_paragraph, _amend_every_paragraph,
                   rank=3, weight=0.5, conflicts=_WHOLE, shown=_shown_gender, thai=True),
    ConstraintType("particles.casual", {"particle": {"enum": list(_CASUAL)}}, _draw_casual, _check_casual,
                   _amend_casual, rank=3, weight=0.5, conflicts=_ALONE | {"forms"}, thai=True),
    ConstraintType("particles.greeting", _GENDER, _draw_gender, _check_greeting, _amend_greeting,
                   rank=3, weight=0.75, conflicts=_ALONE | {"forms", "poetry"}, shown=_shown_gender, thai=True),
    ConstraintType("particles.thanks", _GENDER, _draw_gender, _check_thanks, _amend_thanks,
                   rank=3, weight=0.75, conflicts=_ALONE | {"forms", "poetry"}, shown=_shown_gender, thai=True),
    ConstraintType("particles.dialogue", {}, draw_nothing, _check_dialogue, _amend_dialogue,
                   rank=2, weight=0.25, conflicts=_WHOLE, thai=True),
)  # fmt: skip
