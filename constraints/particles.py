"""Polite particles: ครับ (male speaker), ค่ะ / คะ (female speaker), and answers without any.

Particles are words, not substrings: คะแนน holds no particle. The word engines find them, and where they
disagree the verdict is UNDECIDED; so it is for คับ, a spelling of ครับ and also "tight" (รองเท้าคับ).
Does not judge ค่ะ against คะ (statement against question), nor who is quoted.
"""

from __future__ import annotations

import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, draw_nothing
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_PARTICLES = {
    "male": frozenset({"ครับ", "ครับผม", "ครับพ้ม"}),
    "female": frozenset({"ค่ะ", "คะ", "นะคะ", "เจ้าค่ะ", "เจ้าคะ"}),
}
_EITHER = frozenset({"จ้ะ", "จ๊ะ", "นะจ๊ะ"})
_AMBIGUOUS = "คับ"
_SHOWN = {"male": "ครับ", "female": "ค่ะ"}
_SPEAKER_TH = {"male": "ผู้ชาย", "female": "ผู้หญิง"}


def _draw_gender(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"gender": rng.choice(("male", "female"))}


def _describe_speaker(params: Params, lang: Language) -> str:
    gender = params["gender"]
    if lang == "th":
        return f'ตอบอย่างสุภาพในฐานะผู้พูดที่เป็น{_SPEAKER_TH[gender]} โดยใช้หางเสียง "{_SHOWN[gender]}" และไม่ใช้หางเสียงของอีกเพศ'
    return (
        f'Answer politely as a {gender} speaker: use the particle "{_SHOWN[gender]}" and none of the other gender\'s.'
    )


def _check_speaker(answer: Answer, params: Params) -> Verdict:
    own = _PARTICLES[params["gender"]]
    other = _PARTICLES["female" if params["gender"] == "male" else "male"]

    def judge(engine: str) -> Verdict:
        words = answer.words(engine)
        if any(word in other for word in words):
            return fail("a particle of the other gender")
        if params["gender"] == "female" and _AMBIGUOUS in words:
            return undecided(f"{_AMBIGUOUS} may be a particle of the other gender")
        return PASS if any(word in own for word in words) else fail(f"no {_SHOWN[params['gender']]}")

    return answer.by_both_engines(judge)


def _describe_ends_polite(params: Params, lang: Language) -> str:
    shown = _SHOWN[params["gender"]]
    if lang == "th":
        return f'คำสุดท้ายของคำตอบต้องเป็นหางเสียง "{shown}"'
    return f'The last word of the answer must be the particle "{shown}".'


def _check_ends_polite(answer: Answer, params: Params) -> Verdict:
    shown = _SHOWN[params["gender"]]

    def judge(engine: str) -> Verdict:
        words = answer.words(engine)
        return PASS if words and words[-1] == shown else fail(f"the last word is {words[-1] if words else ''!r}")

    return answer.by_both_engines(judge)


def _describe_none(params: Params, lang: Language) -> str:
    if lang == "th":
        return 'ห้ามใช้หางเสียง เช่น "ครับ" "ค่ะ" หรือ "คะ" ในคำตอบ'
    return 'Use no polite particles such as "ครับ", "ค่ะ" or "คะ".'


def _check_none(answer: Answer, params: Params) -> Verdict:
    particles = _PARTICLES["male"] | _PARTICLES["female"] | _EITHER

    def judge(engine: str) -> Verdict:
        words = answer.words(engine)
        found = [word for word in words if word in particles]
        if found:
            return fail(f"found {found[0]}")
        return undecided(f"{_AMBIGUOUS} may be a particle") if _AMBIGUOUS in words else PASS

    return answer.by_both_engines(judge)


_GENDER = {"gender": {"enum": ["male", "female"]}}
_ALONE = frozenset({"particles", "json"})

TYPES = (
    ConstraintType("particles.speaker", _GENDER, _draw_gender, _describe_speaker, _check_speaker,
                   weight=1.5, conflicts=_ALONE),
    ConstraintType("particles.ends_polite", _GENDER, _draw_gender, _describe_ends_polite, _check_ends_polite,
                   conflicts=_ALONE),
    ConstraintType("particles.none", {}, draw_nothing, _describe_none, _check_none, weight=0.5, conflicts=_ALONE),
)  # fmt: skip
