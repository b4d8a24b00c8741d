"""Register by set phrases: classifiers after a number, proverbs, dialect words, forms of address, exclamations, ไหม.

A classifier is right where noun, number (digits or words) and classifier follow one another; with other words
between them the verdict is UNDECIDED, and nothing is said about other nouns. A proverb must stand word for word, blanks
aside. Does not judge whether a dialect word or an exclamation suits the rest.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, draw_nothing
from constraints.families.register import edges, present
from constraints.families.register_tables import DIALECT
from constraints.segment import ENGINES
from constraints.shaping import with_text
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

# classifiers

# noun -> classifier, and what may not follow the classifier's letters (2 ตัวอย่าง counts no cats).
_CLASSIFIERS = {
    "รถ": ("คัน", ""), "ร่ม": ("คัน", ""), "แมว": ("ตัว", "อย่าง|เลข"), "สุนัข": ("ตัว", "อย่าง|เลข"), "เก้าอี้": ("ตัว", "อย่าง|เลข"),
    "เสื้อ": ("ตัว", "อย่าง|เลข"), "หนังสือ": ("เล่ม", ""), "มีด": ("เล่ม", ""), "บ้าน": ("หลัง", "คา|จาก|สวน"),
    "เรือ": ("ลำ", "ดับ|ต้น|ไย"), "เครื่องบิน": ("ลำ", "ดับ|ต้น|ไย"), "ช้าง": ("เชือก", ""), "ไข่": ("ฟอง", "น้ำ"), "ดินสอ": ("แท่ง", ""),
    "แหวน": ("วง", "การ|กลม|เวียน"), "ต้นไม้": ("ต้น", "ทุน|ฉบับ|แบบ"), "รองเท้า": ("คู่", "มือ|ควร|กับ"), "ขลุ่ย": ("เลา", ""),
    "พระพุทธรูป": ("องค์", "การ|กร|ประกอบ|ความ"), "จดหมาย": ("ฉบับ", ""), "โทรศัพท์": ("เครื่อง", "มือ|ดื่ม|หมาย|แต่ง"), "จาน": ("ใบ", "หน้า|ไม้"),
}  # fmt: skip
_DIGITS = r"[0-9๐-๙][0-9๐-๙,]*"
_NUMBER = (
    rf"(?:{_DIGITS}(?:[ \t]*[-–][ \t]*{_DIGITS})?|(?:หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|ยี่|เอ็ด|สิบ|ร้อย|พัน|หมื่น|แสน|ล้าน)+)"
)
_BLANK = r"[ \t]*"


def _counted(noun: str, between: str) -> regex.Pattern[str]:
    classifier, not_before = _CLASSIFIERS[noun]
    guard = f"(?!{not_before})" if not_before else ""
    return regex.compile(f"{noun}{_BLANK}{between}{_NUMBER}{_BLANK}{classifier}{guard}")


_JOINED = {noun: _counted(noun, "") for noun in _CLASSIFIERS}
_APART = {noun: _counted(noun, r"[^\n0-9๐-๙]{1,20}?") for noun in _CLASSIFIERS}


def _draw_classifier(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    near = [noun for noun in _CLASSIFIERS if noun in context.prompt]
    noun = rng.choice(near if near and rng.random() < 0.5 else list(_CLASSIFIERS))
    return {"noun": noun}


def _shown_classifier(params: Params, lang: Language) -> dict[str, str]:
    return {"noun": params["noun"], "classifier": _CLASSIFIERS[params["noun"]][0]}


def _check_classifier(answer: Answer, params: Params) -> Verdict:
    noun = params["noun"]
    classifier = _CLASSIFIERS[noun][0]
    if _JOINED[noun].search(answer.text):
        return PASS
    apart = _APART[noun].search(answer.text)
    if apart:
        return undecided("words stand between noun and number", "มีคำอื่นคั่นระหว่างคำนามกับจำนวน", apart.span())
    return fail(f"no {noun}, number and {classifier} in a row", f'ไม่มี "{noun}" ตามด้วยจำนวนและ "{classifier}"')


def _amend_classifier(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"{params['noun']}สอง{_CLASSIFIERS[params['noun']][0]}")


# proverbs

_PROVERBS = (
    "น้ำขึ้นให้รีบตัก", "ช้าเป็นการ นานเป็นคุณ", "รักวัวให้ผูก รักลูกให้ตี", "เข้าเมืองตาหลิ่ว ต้องหลิ่วตาตาม", "ไม้อ่อนดัดง่าย ไม้แก่ดัดยาก",
    "ความพยายามอยู่ที่ไหน ความสำเร็จอยู่ที่นั่น", "กันไว้ดีกว่าแก้", "จับปลาสองมือ", "ฝนทั่งให้เป็นเข็ม", "น้ำพึ่งเรือ เสือพึ่งป่า",
    "สิบปากว่าไม่เท่าตาเห็น", "ขี่ช้างจับตั๊กแตน", "ตนเป็นที่พึ่งแห่งตน", "วัวหายล้อมคอก", "หนักเอาเบาสู้", "เก็บเล็กผสมน้อย",
)  # fmt: skip
_SAID = {proverb: regex.compile(r"\s*".join(proverb.replace(" ", ""))) for proverb in _PROVERBS}


def _draw_proverb(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"proverb": rng.choice(_PROVERBS)}


def _check_proverb(answer: Answer, params: Params) -> Verdict:
    if _SAID[params["proverb"]].search(answer.text):
        return PASS
    return fail("the proverb is missing", f'ไม่มีสำนวน "{params["proverb"]}" ครบทุกคำ')


def _amend_proverb(text: str, params: Params, filler: str) -> str:
    return with_text(text, params["proverb"])


# dialect


_REGIONS = {word: region for region, words in DIALECT.items() for word in words}
_REGIONS_ENGLISH = {"อีสาน": "northeastern", "เหนือ": "northern", "ใต้": "southern"}


def _draw_dialect(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(tuple(_REGIONS))}


def _shown_dialect(params: Params, lang: Language) -> dict[str, str]:
    region = _REGIONS[params["word"]]
    return {"word": params["word"], "region": region if lang == "th" else _REGIONS_ENGLISH[region]}


def _check_dialect(answer: Answer, params: Params) -> Verdict:
    return present(answer, [params["word"]])


def _amend_dialect(text: str, params: Params, filler: str) -> str:
    return with_text(text, params["word"])


# the first words

_TITLES = ("คุณพี่", "คุณน้อง", "คุณลูกค้า", "คุณครู", "คุณป้า", "คุณลุง", "เพื่อน ๆ", "น้อง ๆ", "พี่ ๆ", "ท่านผู้อ่าน", "ท่านผู้ฟัง")
_EXCLAMATIONS = ("โอ้โห", "ว้าว", "อุ๊ย", "ตายจริง", "ไชโย", "เอ๊ะ", "อ๋อ", "โธ่", "แหม", "พุทโธ่")
_QUIET_LEAD = regex.compile(r"""[\s#>"'*_(\[-]*""")


def _opening(words: str) -> regex.Pattern[str]:
    """The words first: a mark or vowel after them would make another word (แหม่ม, ว้าวุ่น). A blank may stand before ๆ."""
    return regex.compile(rf"(?P<lead>[^\p{{L}}\p{{M}}\p{{N}}]*){words.replace(' ๆ', ' ?ๆ')}(?![\p{{M}}ะาำ])")


_OPENINGS = {words: _opening(words) for words in (*_TITLES, *_EXCLAMATIONS)}


def _begins(answer: Answer, wanted: str) -> Verdict:
    """Quiet marks of Markdown and quotes before the words aside."""
    found = _OPENINGS[wanted].match(answer.text)
    if found is None:
        return fail(f"does not begin with {wanted}", f'ไม่ได้ขึ้นต้นด้วย "{wanted}"', (0, min(len(answer.text), 20)))
    if not all(found.end() in edges(answer.tokens(engine)) for engine in ENGINES):  # อ๋อยฝาก is somebody's name
        return undecided(f"{wanted} may be part of a word", f'"{wanted}" ตรงนี้อาจเป็นส่วนหนึ่งของคำอื่น', found.span())
    if _QUIET_LEAD.fullmatch(found["lead"]):
        return PASS
    return undecided("a picture or mark stands first", "มีเครื่องหมายหรือภาพอยู่ก่อน", found.span("lead"))


def _amended_start(text: str, wanted: str) -> str:
    return text if text.startswith(wanted) else f"{wanted} {text}"


def _draw_kinship(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"title": rng.choice(_TITLES)}


def _check_kinship(answer: Answer, params: Params) -> Verdict:
    return _begins(answer, params["title"])


def _amend_kinship(text: str, params: Params, filler: str) -> str:
    return _amended_start(text, params["title"])


def _draw_exclamation(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(_EXCLAMATIONS)}


def _check_exclamation(answer: Answer, params: Params) -> Verdict:
    return _begins(answer, params["word"])


def _amend_exclamation(text: str, params: Params, filler: str) -> str:
    return _amended_start(text, params["word"])


# questions

_MISSPELT = regex.compile(r"มั้ย|มั๊ย|ไม๊|ป่ะ")
_ASKED = regex.compile(
    r"(?<!ผ้า|เส้น|ใย|หม่อน|หนอน|ด้าย|สาย|สิน|ตัว|เลี้ยง|ทอ|สาว|รัง)ไหม(?=\s*[?？]|\s*(?:ครับ|คะ|นะ|เอ่ย|จ๊ะ|ล่ะ)|\s|[\"')]|$)"
)
_QUOTED = regex.compile('"[^"\\n]*"')
_SILK = regex.compile(r"ไหม(?!้)")


def _check_question_word(answer: Answer, params: Params) -> Verdict:
    wrong = _MISSPELT.search(answer.text)
    if wrong:
        return fail(f"found {wrong[0]}", f'พบ "{wrong[0]}"', wrong.span())
    if _ASKED.search(_QUOTED.sub(" ", answer.text)):
        return PASS
    asked = _ASKED.search(answer.text)
    if asked:
        return undecided("only a quoted question", "มีแต่คำถามในเครื่องหมายคำพูด", asked.span())
    other = _SILK.search(answer.text)
    if other:
        return undecided("ไหม may be silk", '"ไหม" อาจไม่ใช่คำถาม', other.span())
    return fail("no question with ไหม", 'ไม่มีคำถามที่ใช้ "ไหม"')


def _amend_question_word(text: str, params: Params, filler: str) -> str:
    return with_text(_MISSPELT.sub("ไหม", text), "ดีไหม")


_FAMILY = frozenset({"register"})
_START = _FAMILY | {"json", "yaml", "csv", "forms", "poetry"}

TYPES = (
    ConstraintType("register.classifier", {"noun": {"enum": list(_CLASSIFIERS)}}, _draw_classifier, _check_classifier,
                   _amend_classifier, rank=1, weight=0.75, conflicts=_FAMILY, shown=_shown_classifier, thai=True),
    ConstraintType("register.proverb", {"proverb": {"enum": list(_PROVERBS)}}, _draw_proverb, _check_proverb,
                   _amend_proverb, rank=1, weight=0.75, conflicts=_FAMILY, thai=True),
    ConstraintType("register.dialect", {"word": {"enum": list(_REGIONS)}}, _draw_dialect, _check_dialect,
                   _amend_dialect, rank=1, weight=0.5, conflicts=_FAMILY | {"forms"}, shown=_shown_dialect, thai=True),
    ConstraintType("register.kinship", {"title": {"enum": list(_TITLES)}}, _draw_kinship, _check_kinship,
                   _amend_kinship, rank=3, weight=0.5, conflicts=_START, thai=True),
    ConstraintType("register.exclamation", {"word": {"enum": list(_EXCLAMATIONS)}}, _draw_exclamation,
                   _check_exclamation, _amend_exclamation, rank=3, weight=0.5, conflicts=_START, thai=True),
    ConstraintType("register.question_word", {}, draw_nothing, _check_question_word, _amend_question_word,
                   rank=1, weight=0.5, conflicts=_FAMILY | {"json", "yaml", "csv"}, thai=True),
)  # fmt: skip
