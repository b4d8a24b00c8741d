"""Polite particles in the whole answer: ครับ (male speaker), ค่ะ / คะ (female speaker), นะ, and answers without any.

Particles are words, not substrings: คะแนน holds no particle, ชนะค่ะ no นะค่ะ. The word engines find them, and where
they disagree the verdict is UNDECIDED; so it is for คับ, a spelling of ครับ and also "tight" (รองเท้าคับ), and
for ครับๆ where a number is asked for. ค่ะ against คะ is judged only where spelling decides (after นะ, ไหม, ขอบคุณ,
สวัสดี, before a question mark), never by whether a sentence is a question. Does not judge who is quoted.
What stands at an end is in particles_ends, pronouns are in particles_person.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import regex

from constraints.answer import Answer, Line, placed_words
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    whole_number,
)
from constraints.counting import Unit, exactly
from constraints.segment import is_word
from constraints.shaping import with_text
from constraints.thai.endings import endings_apart
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_MALE = frozenset({"ครับ", "ครับผม"})
_FEMALE = frozenset({"ค่ะ", "คะ", "นะคะ", "เจ้าค่ะ", "เจ้าคะ"})
_PARTICLES = {"male": _MALE, "female": _FEMALE}
_OTHERS = {"male": _FEMALE, "female": _MALE}
_EITHER = frozenset({"จ้ะ", "จ๊ะ", "นะจ๊ะ"})
_ALL = _MALE | _FEMALE | _EITHER
_AMBIGUOUS = "คับ"
_REPEAT = "ๆ"
_POLITE = {"male": "ครับ", "female": "ค่ะ"}
_SPEAKER = {"th": {"male": "ผู้ชาย", "female": "ผู้หญิง"}, "en": {"male": "male", "female": "female"}}
_OR = {"th": "หรือ", "en": "or"}


def _draw_gender(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"gender": rng.choice(("male", "female"))}


def _shown_gender(params: Params, lang: Language) -> dict[str, str]:
    either = f'"ค่ะ" {_OR[lang]} "คะ"'
    male = params["gender"] == "male"
    return {
        "speaker": _SPEAKER[lang][params["gender"]],
        "particle": _POLITE[params["gender"]],
        "own": '"ครับ"' if male else either,
        "other": either if male else '"ครับ"',
        "na": "นะครับ" if male else "นะคะ",
    }


def _first(answer: Answer, engine: str, wanted: frozenset[str]) -> Line | None:
    """The first of these words, if any."""
    number = next((number for number, word in enumerate(_words(answer, engine)) if word in wanted), None)
    return None if number is None else _placed(answer, engine, number)


def _words(answer: Answer, engine: str) -> tuple[str, ...]:
    return tuple(token.strip() for token in endings_apart(answer.tokens(engine)) if is_word(token))


def _placed(answer: Answer, engine: str, number: int) -> Line:
    """The word of that number, with its place."""
    return list(placed_words(endings_apart(answer.tokens(engine))))[number]


# the whole answer


_TIGHT = frozenset({_AMBIGUOUS})


def _check_speaker(answer: Answer, params: Params) -> Verdict:
    own, other = _PARTICLES[params["gender"]], _OTHERS[params["gender"]]

    def judge(engine: str) -> Verdict:
        strange = _first(answer, engine, other)
        if strange:
            return fail("a particle of the other gender", "มีหางเสียงของอีกเพศ", strange.at)
        tight = _first(answer, engine, _TIGHT)
        if tight and params["gender"] == "female":
            return undecided(
                f"{_AMBIGUOUS} may be a particle of the other gender", f'"{_AMBIGUOUS}" อาจเป็นหางเสียงของอีกเพศ', tight.at
            )
        shown = _POLITE[params["gender"]]
        return fail(f"no {shown}", f'ไม่มีหางเสียง "{shown}"') if own.isdisjoint(_words(answer, engine)) else PASS

    return answer.by_both_engines(judge)


def _amend_speaker(text: str, params: Params, filler: str) -> str:
    return with_text(text, _POLITE[params["gender"]])


def _check_none(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        found = _first(answer, engine, _ALL)
        if found:
            return fail(f"found {found.text}", f'พบหางเสียง "{found.text}"', found.at)
        tight = _first(answer, engine, _TIGHT)
        return (
            undecided(f"{_AMBIGUOUS} may be a particle", f'"{_AMBIGUOUS}" อาจเป็นหางเสียง', tight.at) if tight else PASS
        )

    return answer.by_both_engines(judge)


_AMENDED_NONE = regex.compile(r"(?:นะ)?(?:ครับ(?:ผม)?|ค่ะ|จ้ะ|จ๊ะ|คะ(?!\p{Thai}))")


def _amend_none(text: str, params: Params, filler: str) -> str:
    return _AMENDED_NONE.sub("", text).strip() or filler


_COUNTED = {
    "ครับ": _MALE,
    "ค่ะ": frozenset({"ค่ะ", "เจ้าค่ะ"}),
    "คะ": frozenset({"คะ", "นะคะ", "เจ้าคะ"}),
}


def _draw_count(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"particle": rng.choice(("ครับ", "ครับ", "ค่ะ", "ค่ะ", "คะ")), "count": rng.randint(1, 4)}


def _check_count(answer: Answer, params: Params) -> Verdict:
    counted = _COUNTED[params["particle"]]
    unit = Unit(params["particle"], f' "{params["particle"]}"', "ครั้ง")

    def judge(engine: str) -> Verdict:
        words = _words(answer, engine)
        if any(word == _REPEAT and before in counted for before, word in itertools.pairwise(words)):
            return undecided("a repeated particle is one or two", "ไม้ยมกหลังคำลงท้ายอาจนับเป็นหนึ่งหรือสองครั้ง")
        places = [number for number, word in enumerate(words) if word in counted]
        extra = places[params["count"] : params["count"] + 1]
        at = _placed(answer, engine, extra[0]).at if extra else None
        return exactly(len(places), params["count"], unit, at)

    return answer.by_both_engines(judge)


def _amend_count(text: str, params: Params, filler: str) -> str:
    particle = params["particle"]
    bare = regex.sub(rf" ?{particle}(?!แ)", "", text) or filler
    first, mark, rest = bare.partition("\n")
    return first + f" {particle}" * params["count"] + mark + rest


_KHA_ASKED = frozenset({"นะ", "ไหม", "ใช่ไหม", "มั้ย"})
_KHA_STATED = frozenset({"ขอบคุณ", "สวัสดี"})
_MANY_THANKS = regex.compile(r"ขอบคุณมาก(?: ?ๆ)? ?คะ(?!\p{Thai})")  # not the words that are forbidden, yet as wrong
_SILK = regex.compile(r"ผ้า|ทอ|เส้น|หม่อน|หนอน|ด้าย")
_KHA_QUESTION = regex.compile(r"ค่ะ\s*[?？]")


def _check_kha_tone(answer: Answer, params: Params) -> Verdict:
    asked = _KHA_QUESTION.search(answer.text)
    if asked:
        return fail("a question mark after ค่ะ", 'มีเครื่องหมายคำถามหลัง "ค่ะ"', asked.span())

    def judge(engine: str) -> Verdict:
        words = _words(answer, engine)
        if _FEMALE.isdisjoint(words):
            return fail("neither ค่ะ nor คะ", 'ไม่มีทั้ง "ค่ะ" และ "คะ"')
        for before, word in itertools.pairwise(words):
            verdict = _kha_after(before, word, answer)
            if not verdict.passed:
                return verdict
        thanked = _MANY_THANKS.search(answer.text)
        return undecided("ขอบคุณมากคะ", 'ควรเขียน "ขอบคุณมากค่ะ"', thanked.span()) if thanked else PASS

    return answer.by_both_engines(judge)


def _kha_after(before: str, word: str, answer: Answer) -> Verdict:
    """Whether the tone of this ค่ะ or คะ suits the word before it."""
    if word == "คะ":
        return _wrong_kha(answer, before, "คะ", "ค่ะ") if before in _KHA_STATED else PASS
    if word != "ค่ะ" or before not in _KHA_ASKED:
        return PASS
    if before == "ไหม" and _SILK.search(answer.text):
        return undecided("ไหม may be silk", '"ไหม" อาจหมายถึงเส้นไหม', answer.find("ไหม"))
    return _wrong_kha(answer, before, "ค่ะ", "คะ")


def _wrong_kha(answer: Answer, before: str, written: str, right: str) -> Verdict:
    return fail(before + written, f'ต้องเขียน "{before}{right}"', answer.find(before + written))


def _amend_kha_tone(text: str, params: Params, filler: str) -> str:
    return with_text(text, "ค่ะ")


_NA = {"male": "นะครับ", "female": "นะคะ"}
_AFTER_NA = {"male": _MALE, "female": frozenset({"คะ"})}  # the dictionary has นะคะ as one word, นะครับ as two


def _check_na(answer: Answer, params: Params) -> Verdict:
    wanted = _NA[params["gender"]]
    after = _AFTER_NA[params["gender"]]

    def judge(engine: str) -> Verdict:
        words = _words(answer, engine)
        pairs = itertools.pairwise(words)
        if wanted in words or any(before == "นะ" and word in after for before, word in pairs):
            return PASS
        return fail(f"no {wanted}", f'ไม่มี "{wanted}"')

    return answer.by_both_engines(judge)


def _amend_na(text: str, params: Params, filler: str) -> str:
    return with_text(text, _NA[params["gender"]])


_INTIMATE = frozenset({"วะ", "ว่ะ", "เว้ย", "โว้ย", "จ้ะ", "จ๊ะ", "นะจ๊ะ"})


def _check_no_intimate(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        found = _first(answer, engine, _INTIMATE)
        return fail(f"found {found.text}", f'พบคำลงท้าย "{found.text}"', found.at) if found else PASS

    return answer.by_both_engines(judge)


def _amend_no_intimate(text: str, params: Params, filler: str) -> str:
    return regex.sub(r"ว่ะ|[เโ]ว้ย|จ้ะ|จ๊ะ|วะ(?!\p{Thai})", "", text).strip() or filler


_GENDER = {"gender": {"enum": ["male", "female"]}}
_ALONE = frozenset({"particles", "json", "yaml", "csv"})

TYPES = (
    ConstraintType("particles.speaker", _GENDER, _draw_gender, _check_speaker, _amend_speaker,
                   rank=1, weight=1.5, conflicts=_ALONE, shown=_shown_gender, thai=True),
    ConstraintType("particles.none", {}, draw_nothing, _check_none, _amend_none,
                   rank=1, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("particles.count", {"particle": {"enum": list(_COUNTED)}, "count": whole_number(maximum=20)},
                   _draw_count, _check_count, _amend_count, rank=1, weight=0.75, conflicts=_ALONE, thai=True),
    ConstraintType("particles.kha_tone", {}, draw_nothing, _check_kha_tone, _amend_kha_tone,
                   rank=1, weight=0.75, conflicts=_ALONE, thai=True),
    ConstraintType("particles.na", _GENDER, _draw_gender, _check_na, _amend_na,
                   rank=1, weight=0.75, conflicts=_ALONE, shown=_shown_gender, thai=True),
    ConstraintType("particles.no_intimate", {}, draw_nothing, _check_no_intimate, _amend_no_intimate,
                   rank=1, weight=0.25, conflicts=_ALONE, thai=True),
)  # fmt: skip
