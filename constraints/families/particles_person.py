"""Pronouns of the speaker (ผม, ดิฉัน ...) and of the reader (คุณ, ท่าน, เธอ), which go with the particles.

The word engines find the words: ขอบคุณ holds no คุณ, ทรงผม no pronoun. ผม is hair too, หนู a mouse, ฉัน what monks do
with food, คุณ a title before a name: such a word counts where the words around it make it a pronoun, does
not where they make it something else (สระผม), and is UNDECIDED in between. In an answer about hair ผม needs a neighbour
that only a person has; in others it is the pronoun. เรา is left out of first_person: it is "we" and "one" as well.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, draw_nothing, quoted_list
from constraints.shaping import with_text
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

Use = Literal["person", "unclear", "other"]


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PRONOUNS = ("ผม", "กระผม", "ดิฉัน", "ฉัน", "หนู", "ข้าพเจ้า")
_WE = frozenset({"เรา", "พวกเรา", "ตัวเรา"})
_PEOPLE = frozenset({"คนเรา", "ชาวเรา"})
_KRAP_PHOM = "ครับผม"

# What only a person does: the word after a pronoun, never after hair or a mouse.
_MINDS = _listed(
    "คิด คิดว่า ขอ ขอให้ ชื่อ รู้สึก เข้าใจ เชื่อ เชื่อว่า หวัง หวังว่า อยาก อยากให้ แนะนำ ขอแนะนำ เห็น เห็นว่า เห็นด้วย มั่นใจ ยินดี "
    "คิดมาก คิดถึง กังวล ภูมิใจ ขอบคุณ เสนอ สัญญา ขอโทษ ขออภัย เอง ว่า มองว่า อ่าน เขียน ตอบ พูด บอก เรียน ทำงาน ตัดสินใจ ตั้งใจ"
)
_HUMAN = _MINDS | _listed("ชอบ เคย รัก ไป ซื้อ เดินทาง ไปเที่ยว เลือก ต้องการ ทราบ รู้ ใช้ ลอง")
_DOES = _HUMAN | _listed(
    "จะ ได้ เป็น มี มา กำลัง ไม่ ไม่ได้ ไม่มี ไม่ใช่ ก็ ต้อง อยู่ ทำ กิน ยัง เพิ่ง พบ สามารถ เริ่ม คง ควร จึง เลย มัก ตื่น ช่วย นอน อาศัย เกิด "
    "ประทับใจ ไม่เคย คือ ครับ ค่ะ คะ นะ อาจ อาจจะ น่าจะ ไม่อยาก ไม่ต้อง ไม่ควร ทำได้ ขออนุญาต ดูแล รอ ติดต่อ สนใจ นอนหลับ เข้าร่วม ชื่นชอบ "
    "มองหา วางแผน และ หรือ กับ ที่ ให้ ใน ไว้ ด้วย แล้ว ทุกคน ทั้งหลาย ทั้งสอง เหมาะ สบาย มีความสุข ประหยัด เริ่มต้น ค้นพบ เตรียม รับ จำเป็น"
)
_HAIR_BEFORE = _listed(
    "ตัด สระ ทำ เส้น ทรง ย้อม ดัด หวี เป่า ไว้ หนัง ร้าน ยืด โกน แปรง มัด ปล่อย รวบ เซ็ต ปลูก บำรุง หมัก โคน ปลาย ราก สี หนีบ สุขภาพ ช่าง"
)
_HAIR_AFTER = _listed(
    "ร่วง หงอก ยาว สั้น บาง หยิก ตรง แห้ง มัน เสีย หนา ดก ดำ สี ฟู เปียก แตกปลาย ชี้ แตก หยักศก สลวย นุ่ม เงางาม ขาว"
)
# An answer about hair: there ผม is a pronoun only before what hair never does.
_HAIR_TOPIC = regex.compile(
    r"แชมพู|ครีมนวด|เส้นผม|หนังศีรษะ|แห้งเสีย|(?:ทรง|สระ|ตัด|ทำ|ย้อม|ดูแล|บำรุง|หมัก|ราก|ปลาย|หวี|เป่า|ดัด|ยืด)ผม|ผม(?:ร่วง|หงอก|สั้น|ยาว|หยิก|แห้ง|เสีย)"
)
_MONK_BEFORE = _listed("พระ ภิกษุ พระภิกษุ สงฆ์ พระสงฆ์ สามเณร เณร รูป ท่าน หลวงพ่อ หลวงปู่ หลวงตา")
_MONK_AFTER = _listed("ภัตตาหาร อาหาร ข้าว น้ำ เพล เช้า ยา")


_EDGE = Line("", (-9, -9))


def _read(answer: Answer, engine: str) -> list[Line]:
    """Words, with ครับผมชื่อ ... read as ครับ and ผม where more text is joined to it; "" stands at the ends of lines."""
    words = [_EDGE]
    for word in answer.placed_words(engine):
        if "\n" in answer.text[max(words[-1].at[1], 0) : word.at[0]]:
            words.append(_EDGE)
        if words[-1].text == _KRAP_PHOM and words[-1].at[1] == word.at[0]:
            end = words.pop().at[1]
            words.append(Line("ผม", (end - len("ผม"), end)))
        words.append(word)
    return [*words, _EDGE]


def _beside(words: Sequence[Line], number: int) -> tuple[str, str]:
    """The words before and after, "" where none is joined or a blank away on the same line."""
    before, here, after = words[number - 1 : number + 2]
    return before.text if _near(before, here) else "", after.text if _near(here, after) else ""


def _near(first: Line, second: Line) -> bool:
    return second.at[0] - first.at[1] <= 1


def _speaker_use(words: Sequence[Line], number: int, hair: bool) -> Use:
    before, after = _beside(words, number)
    word = words[number].text
    if word == "ผม":
        if before in _HAIR_BEFORE or after in _HAIR_AFTER:
            return "other"
        return "person" if after in _HUMAN or not hair else "unclear"
    if word == "หนู":
        return "person" if after in _MINDS else "unclear"
    if word == "ฉัน":
        return "unclear" if before in _MONK_BEFORE or after in _MONK_AFTER else "person"
    return "person"


def _uses(answer: Answer, words: Sequence[Line], wanted: frozenset[str]) -> Iterator[tuple[Use, Line]]:
    hair = "ผม" in answer.text and _HAIR_TOPIC.search(answer.text) is not None
    for number, word in enumerate(words):
        if word.text in wanted:
            yield _speaker_use(words, number, hair), word


def _none_of(answer: Answer, words: Sequence[Line], wanted: frozenset[str]) -> Verdict:
    unclear = PASS
    for use, word in _uses(answer, words, wanted):
        if use == "person":
            return fail(f"{word.text} is used", f'ใช้คำว่า "{word.text}"', word.at)
        if use == "unclear":
            unclear = undecided(f"{word.text} may be no pronoun here", f'"{word.text}" ตรงนี้อาจไม่ใช่สรรพนาม', word.at)
    return unclear


def _used(uses: Sequence[tuple[Use, Line]], pronoun: str) -> Verdict:
    kinds = [kind for kind, _ in uses]
    if "person" in kinds:
        return PASS
    if "unclear" in kinds:
        at = uses[kinds.index("unclear")][1].at
        return undecided(f"{pronoun} may be no pronoun here", f'"{pronoun}" ตรงนี้อาจไม่ใช่สรรพนาม', at)
    return fail(f"no {pronoun}", f'ไม่มีสรรพนาม "{pronoun}"')


def _worse(first: Verdict, second: Verdict) -> Verdict:
    """A FAIL of either; then what is UNDECIDED."""
    return min(first, second, key=lambda verdict: ("FAIL", "UNDECIDED", "PASS").index(verdict.outcome))


# the speaker


def _draw_first_person(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"pronoun": rng.choice(("ผม", "ผม", "ดิฉัน", "ดิฉัน", "ฉัน", "ข้าพเจ้า", "หนู", "กระผม"))}


def _shown_pronoun(params: Params, lang: Language) -> dict[str, str]:
    others = [word for word in _PRONOUNS if word != params["pronoun"]]
    if lang == "en":
        return {"pronoun": params["pronoun"], "others": quoted_list(others, ", ")}
    return {"pronoun": params["pronoun"], "others": quoted_list(others, " ")}


def _check_first_person(answer: Answer, params: Params) -> Verdict:
    wanted = frozenset({params["pronoun"]})

    def judge(engine: str) -> Verdict:
        words = _read(answer, engine)
        used = _used(list(_uses(answer, words, wanted)), params["pronoun"])
        return _worse(used, _none_of(answer, words, frozenset(_PRONOUNS) - wanted))

    return answer.by_both_engines(judge)


def _amend_first_person(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"{params['pronoun']}คิดว่าดี")


def _check_no_first_person(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        words = _read(answer, engine)
        return _worse(_none_of(answer, words, frozenset(_PRONOUNS) | _WE), _people(words))

    return answer.by_both_engines(judge)


def _people(words: Sequence[Line]) -> Verdict:
    """คนเรา holds เรา and means everyone."""
    found = next((word for word in words if word.text in _PEOPLE), None)
    return undecided(f"{found.text} means people", f'"{found.text}" หมายถึงคนทั่วไป', found.at) if found else PASS


def _amend_no_first_person(text: str, params: Params, filler: str) -> str:
    return text


# the reader

_READERS = ("คุณ", "ท่าน", "เธอ")
_TITLED = _listed(
    "คุณครู คุณแม่ คุณพ่อ คุณหมอ คุณหนู คุณผู้หญิง คุณผู้ชาย คุณตา คุณยาย คุณปู่ คุณย่า คุณป้า คุณอา คุณหญิง คุณชาย คุณนาย ท่านชาย ท่านหญิง ท่านผู้หญิง"
)
_COUNTED_BEFORE = _listed("หลาย แต่ละ กี่ สอง สาม สี่ ห้า หก สิบ บาง")
_EVERY = {"คุณ": frozenset({"คุณ", "คุณๆ"}), "ท่าน": frozenset({"ท่าน", "ทุกท่าน", "บางท่าน"}), "เธอ": frozenset({"เธอ"})}


def _draw_addressee(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"pronoun": rng.choice(("คุณ", "คุณ", "ท่าน", "ท่าน", "เธอ"))}


def _shown_addressee(params: Params, lang: Language) -> dict[str, str]:
    first, second = (word for word in _READERS if word != params["pronoun"])
    joiner = "or" if lang == "en" else "หรือ"
    return {"pronoun": params["pronoun"], "others": f'"{first}" {joiner} "{second}"'}


# Before คุณ: words that speak of what the reader may do, hardly of a Mr so-and-so.
_ADDRESSING = _listed("หาก ถ้า เมื่อ ช่วยให้ ทำให้ ขอให้ อยากให้ เพื่อให้ ให้ ขอเชิญ เชิญ ตัว")


def _reader_use(words: Sequence[Line], number: int) -> Use:
    """คุณสมชาย, สามท่าน, บางท่าน: a title or others than the reader."""
    before, after = _beside(words, number)
    if words[number].text == "บางท่าน" or before in _COUNTED_BEFORE:
        return "unclear"
    joined = words[number + 1].at[0] == words[number].at[1]
    return "unclear" if joined and after not in _DOES and before not in _ADDRESSING else "person"


def _check_addressee(answer: Answer, params: Params) -> Verdict:
    pronoun = params["pronoun"]
    strange = frozenset().union(*(words for reader, words in _EVERY.items() if reader != pronoun))

    def judge(engine: str) -> Verdict:
        words = _read(answer, engine)
        other = next((word for word in words if word.text in strange), None)
        if other:
            return fail(f"{other.text} is used", f'ใช้คำว่า "{other.text}"', other.at)
        uses: list[tuple[Use, Line]] = [
            (_reader_use(words, number), word) for number, word in enumerate(words) if word.text in _EVERY[pronoun]
        ]
        used = _used(uses, pronoun)
        titled = next((word for word in words if word.text in _TITLED and not word.text.startswith(pronoun)), None)
        if titled is None:
            return used
        return _worse(used, undecided(f"{titled.text} is a title", f'"{titled.text}" เป็นคำนำหน้า', titled.at))

    return answer.by_both_engines(judge)


def _amend_addressee(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"{params['pronoun']}ควรลอง")


_ALONE = frozenset({"particles", "json", "yaml", "csv"})

TYPES = (
    ConstraintType("particles.first_person", {"pronoun": {"enum": list(_PRONOUNS)}}, _draw_first_person,
                   _check_first_person, _amend_first_person, rank=1, weight=0.75, conflicts=_ALONE,
                   shown=_shown_pronoun, thai=True),
    ConstraintType("particles.no_first_person", {}, draw_nothing, _check_no_first_person, _amend_no_first_person,
                   rank=1, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("particles.addressee", {"pronoun": {"enum": list(_READERS)}}, _draw_addressee, _check_addressee,
                   _amend_addressee, rank=1, weight=0.75, conflicts=_ALONE, shown=_shown_addressee, thai=True),
)  # fmt: skip
