"""Marks of Thai spelling and the blanks around them: ๆ, ฯ, ฯลฯ, lists of examples, Latin words and digits.

The rules are those of the Royal Society (a blank before and after ๆ, ฯ attached to its word, a blank around ฯลฯ,
other scripts set off by blanks); each phrasing says its rule, so that a reader needs no book. A mark that is only
spoken about (in quotation marks: "ๆ") or followed by something the rule does not name (an emoji, a slash) is
UNDECIDED. Does not judge whether a repetition or an abbreviation makes sense.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_MAIYAMOK = regex.compile("ๆ")
_REPEATS = Unit("ๆ", "ไม้ยมก", "ตัว")
_FULL_PAIYAN = "ฯลฯ"
_ETC = regex.compile(_FULL_PAIYAN)
_PAIYAN = regex.compile("ฯ")
_SMALL_PAIYAN = regex.compile(r"ฯ(?!ลฯ|พณฯ)(?<!ฯลฯ|ฯพณฯ)")
_MENTION = regex.compile(r"[\"'«‘“(]\s?\Z")
_THAI_END = regex.compile(r"\p{Thai}\Z")
_FREE_AFTER = regex.compile(r"\s|\Z|[)\]}\"'”’».,!?;:…|]")
_WRONG_AFTER = regex.compile(r"[\p{L}\p{M}\p{N}]")
# The rarer script leads in every branch: most Thai text has neither, and a scan for it is cheap.
_LATIN_TOUCHING = regex.compile(r"\p{Latin}(?=\p{Thai})|(?P<after>(?<=\p{Thai})\p{Latin})")
_LATIN_WORD = regex.compile(r"\p{Latin}")
_DIGIT = r"[0-9๐-๙]"
_DIGIT_TOUCHING = regex.compile(rf"{_DIGIT}(?=[\p{{Thai}}--๐-๙])|(?P<after>(?<=[\p{{Thai}}--๐-๙]){_DIGIT})", regex.V1)
_NUMBER = regex.compile(_DIGIT)
_DIGIT_NEAR = regex.compile(rf"(?<=\p{{Thai}})\.(?={_DIGIT})|(?<={_DIGIT})[.)%/](?=\p{{Thai}})")


def _after(answer: Answer, match: regex.Match[str], name: str) -> Verdict:
    """A mark must be followed by a blank, the end or punctuation that closes."""
    if _FREE_AFTER.match(answer.text, match.end()):
        return PASS
    at = (match.start(), match.end() + 1)
    if _WRONG_AFTER.match(answer.text, match.end()):
        return fail(f"no blank after {name}", f"ไม่ได้เว้นวรรคหลัง {name}", at)
    return undecided(f"{name} is followed by an unusual mark", f"หลัง {name} มีเครื่องหมายที่ข้อกำหนดไม่ได้กล่าวถึง", at)


def _mention(answer: Answer, match: regex.Match[str]) -> bool:
    """Whether the mark itself is quoted, as in: ใช้เครื่องหมาย "ๆ"."""
    return _MENTION.search(answer.text, max(match.start() - 2, 0), match.start()) is not None


def _spoken_about(name: str, at: Span) -> Verdict:
    return undecided(f"{name} is spoken about, not used", f"กล่าวถึงเครื่องหมาย {name} ไม่ใช่การใช้ในข้อความ", at)


def _first_fault(verdicts: list[Verdict], name: str) -> Verdict:
    """The first FAIL, else the first UNDECIDED, else PASS; FAIL where the mark is not used at all."""
    if not verdicts:
        return fail(f"no {name}", f"ไม่มี {name} ในคำตอบ")
    faults = sorted((verdict for verdict in verdicts if not verdict.passed), key=lambda verdict: verdict.outcome)
    return faults[0] if faults else PASS


# ๆ


def _check_maiyamok_spaced(answer: Answer, params: Params) -> Verdict:
    return _first_fault([_spaced(answer, match, "ๆ") for match in _MAIYAMOK.finditer(answer.text)], "ๆ")


def _spaced(answer: Answer, match: regex.Match[str], name: str) -> Verdict:
    if _mention(answer, match):
        return _spoken_about(name, match.span())
    start = match.start()
    if not answer.text[:start].rpartition("\n")[2].strip():
        return undecided(f"{name} begins a line", f"{name} อยู่ต้นบรรทัด จึงไม่แน่ว่าถือว่าเว้นวรรคหน้าหรือไม่", match.span())
    if not answer.text[start - 1].isspace():
        return fail(f"no blank before {name}", f"ไม่ได้เว้นวรรคหน้า {name}", match.span())
    return _after(answer, match, name)


def _amend_maiyamok_spaced(text: str, params: Params, filler: str) -> str:
    text = regex.sub(
        r"[^\S\n]*ๆ[^\S\n]*(?=(.?))", lambda m: " ๆ" + (" " if m.group(1).strip(")]\"'.,!?;:…") else ""), text
    )
    return text if "ๆ" in text else f"{text} จริง ๆ"


def _check_maiyamok_close(answer: Answer, params: Params) -> Verdict:
    return _first_fault([_close(answer, match) for match in _MAIYAMOK.finditer(answer.text)], "ๆ")


def _close(answer: Answer, match: regex.Match[str]) -> Verdict:
    if _mention(answer, match):
        return _spoken_about("ๆ", match.span())
    if _THAI_END.search(answer.text, max(match.start() - 1, 0), match.start()):
        return PASS
    return fail("ๆ does not follow its word directly", "ๆ ไม่ได้เขียนชิดคำข้างหน้า", match.span())


def _amend_maiyamok_close(text: str, params: Params, filler: str) -> str:
    text = regex.sub(r"\s+ๆ", "ๆ", text)
    return text if "ๆ" in text else f"{text} จริงๆ"


def _check_maiyamok_none(answer: Answer, params: Params) -> Verdict:
    found = _MAIYAMOK.search(answer.text)
    return fail("ๆ is used", "มีไม้ยมก (ๆ) ในคำตอบ", found.span()) if found else PASS


def _amend_maiyamok_none(text: str, params: Params, filler: str) -> str:
    return regex.sub(r"[^\S\n]*ๆ", "", text)


def _draw_maiyamok_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(2, 5)}


def _check_maiyamok_min(answer: Answer, params: Params) -> Verdict:
    return at_least(answer.text.count("ๆ"), params["minimum"], _REPEATS)


def _amend_maiyamok_min(text: str, params: Params, filler: str) -> str:
    first, mark, rest = text.partition("\n")
    return first + " จริง ๆ" * (params["minimum"] - text.count("ๆ")) + mark + rest


# ฯ and ฯลฯ


def _check_paiyannoi_attached(answer: Answer, params: Params) -> Verdict:
    return _first_fault([_attached(answer, match) for match in _SMALL_PAIYAN.finditer(answer.text)], "ฯ")


def _attached(answer: Answer, match: regex.Match[str]) -> Verdict:
    if _mention(answer, match):
        return _spoken_about("ฯ", match.span())
    if not _THAI_END.search(answer.text, max(match.start() - 1, 0), match.start()):
        return fail("ฯ does not follow its word directly", "ฯ ไม่ได้เขียนชิดคำข้างหน้า", match.span())
    return _after(answer, match, "ฯ")


def _amend_paiyannoi_attached(text: str, params: Params, filler: str) -> str:
    return text if _SMALL_PAIYAN.search(text) else f"{text} กรุงเทพฯ"


def _check_paiyan_none(answer: Answer, params: Params) -> Verdict:
    found = _PAIYAN.search(answer.text)
    return fail("ฯ is used", "มีเครื่องหมาย ฯ ในคำตอบ", found.span()) if found else PASS


def _amend_paiyan_none(text: str, params: Params, filler: str) -> str:
    return text.replace(_FULL_PAIYAN, "และอื่น ๆ").replace("ฯ", "")


def _check_paiyanyai_spaced(answer: Answer, params: Params) -> Verdict:
    return _first_fault([_spaced(answer, match, _FULL_PAIYAN) for match in _ETC.finditer(answer.text)], _FULL_PAIYAN)


def _amend_paiyanyai_spaced(text: str, params: Params, filler: str) -> str:
    return text if _FULL_PAIYAN in text else f"{text} {_FULL_PAIYAN}"


# lists of examples

_FOR_EXAMPLE = "เช่น"
_AND_SO_ON = regex.compile(r"เป็นต้น(?!\p{Thai})")
_EXAMPLE = regex.compile(
    r"(?P<number>[0-9๐-๙][\d.,]*)|(?P<latin>[\p{Latin}\d'&.-]+(?:[ ][\p{Latin}\d'&.-]+)*)|(?P<thai>[^\s,،、/]+)"
)
_BRACKETED = regex.compile(r"\([^()]*\)")  # ส้มตำ (Som Tam) is one example
_JOINED = regex.compile(r"(?<=\S)(?:และ|หรือ)")
_AND = frozenset({"และ", "หรือ"})


def _draw_examples(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(2, 4)}


def _check_examples_etc(answer: Answer, params: Params) -> Verdict:
    return _examples(answer, _ETC, params["minimum"], _FULL_PAIYAN)


def _check_examples_pen_ton(answer: Answer, params: Params) -> Verdict:
    etc = answer.find(_FULL_PAIYAN)
    if etc:
        return fail(f"{_FULL_PAIYAN} is used", f"มี {_FULL_PAIYAN} ในคำตอบ", etc)
    return _examples(answer, _AND_SO_ON, params["minimum"], "เป็นต้น")


def _examples(answer: Answer, closing: regex.Pattern[str], minimum: int, name: str) -> Verdict:
    """The longest list from เช่น to the closing word within one line."""
    fewest = most = 0
    for match in closing.finditer(answer.text):
        line = answer.text[answer.text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _FOR_EXAMPLE in line:
            sure, possible = _fewest_and_most(_BRACKETED.sub("", line.rpartition(_FOR_EXAMPLE)[2]))
            fewest, most = max(fewest, sure), max(most, possible)
    if fewest < minimum <= most:
        return undecided(
            f"{fewest} to {most} examples, at least {minimum}", f"นับตัวอย่างได้ {fewest} ถึง {most} อย่าง จึงตัดสินไม่ได้"
        )
    return at_least(fewest, minimum, Unit(f"examples between เช่น and {name}", f"ตัวอย่างระหว่างเช่นกับ{name}", "อย่าง"))


def _fewest_and_most(items: str) -> tuple[int, int]:
    """Pieces between blanks and commas. "ส้ม 3 ลูก", "ส้มและกล้วย", "Google Maps": one example or more."""
    pieces = [match for match in _EXAMPLE.finditer(items) if match.group().strip("ๆ:()\"'.…")]
    pieces = [piece for piece in pieces if piece.group() not in _AND]
    measured = sum(piece.lastgroup == "number" for piece in pieces)
    joined = sum(len(_JOINED.findall(piece.group())) for piece in pieces)
    latin = sum(piece.group().count(" ") for piece in pieces)
    return len(pieces) - 2 * measured, len(pieces) + joined + latin


def _amend_examples_etc(text: str, params: Params, filler: str) -> str:
    return _amend_examples(text, params["minimum"], _FULL_PAIYAN)


def _amend_examples_pen_ton(text: str, params: Params, filler: str) -> str:
    return _amend_examples(text.replace(_FULL_PAIYAN, ""), params["minimum"], "เป็นต้น")


def _amend_examples(text: str, minimum: int, closing: str) -> str:
    first, mark, rest = text.partition("\n")
    named = ("ส้ม", "กล้วย", "มะม่วง", "เงาะ", "ทุเรียน", "มังคุด", "ลำไย", "ชมพู่", "สับปะรด", "แตงโม")
    return f"{first} {_FOR_EXAMPLE} {' '.join(named[:minimum])} {closing}{mark}{rest}"


# Latin words and digits in Thai text


def _check_latin_spaced(answer: Answer, params: Params) -> Verdict:
    return _set_off(answer, _LATIN_TOUCHING, _LATIN_WORD, "Latin letter", "อักษรโรมัน")


def _check_digits_spaced(answer: Answer, params: Params) -> Verdict:
    verdict = _set_off(answer, _DIGIT_TOUCHING, _NUMBER, "digit", "ตัวเลข")
    near = _DIGIT_NEAR.search(answer.text)
    if near and verdict.passed:
        return undecided(
            "only a mark stands between digit and letter", "มีเพียงเครื่องหมายคั่นระหว่างตัวเลขกับอักษรไทย", near.span()
        )
    return verdict


def _set_off(
    answer: Answer, touching: regex.Pattern[str], needed: regex.Pattern[str], english: str, thai: str
) -> Verdict:
    found = touching.search(answer.text)
    if found:
        at = (found.start() - 1, found.end()) if found["after"] else (found.start(), found.end() + 1)
        return fail(f"a {english} touches a Thai letter", f"{thai}เขียนติดกับอักษรไทยโดยไม่เว้นวรรค", at)
    return PASS if needed.search(answer.text) else fail(f"no {english}", f"ไม่มี{thai}เลย")


def _amend_apart(text: str, touching: regex.Pattern[str]) -> str:
    for _ in range(2):  # a single letter or digit can touch on both sides
        text = touching.sub(lambda found: f" {found[0]}" if found["after"] else f"{found[0]} ", text)
    return text


def _amend_latin_spaced(text: str, params: Params, filler: str) -> str:
    text = _amend_apart(text, _LATIN_TOUCHING)
    return text if _LATIN_WORD.search(text) else f"{text} AI"


def _amend_digits_spaced(text: str, params: Params, filler: str) -> str:
    text = _DIGIT_NEAR.sub(r"\g<0> ", text)
    text = _amend_apart(text, _DIGIT_TOUCHING)
    return text if _NUMBER.search(text) else f"{text} 5"


_ALONE = frozenset({"orthography"})
_WRITES_SOLID = _ALONE | {"script.no_spaces", "poetry"}
_FEW = {"minimum": whole_number(maximum=10)}

TYPES = (
    ConstraintType("orthography.maiyamok_spaced", {}, draw_nothing, _check_maiyamok_spaced, _amend_maiyamok_spaced,
                   rank=3, weight=1.5, conflicts=_WRITES_SOLID, thai=True),
    ConstraintType("orthography.maiyamok_close", {}, draw_nothing, _check_maiyamok_close, _amend_maiyamok_close,
                   rank=3, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("orthography.maiyamok_none", {}, draw_nothing, _check_maiyamok_none, _amend_maiyamok_none,
                   rank=3, conflicts=_ALONE, thai=True),
    ConstraintType("orthography.maiyamok_min", {"minimum": whole_number(maximum=50)}, _draw_maiyamok_min,
                   _check_maiyamok_min, _amend_maiyamok_min, rank=1, conflicts=_ALONE, thai=True),
    ConstraintType("orthography.paiyannoi_attached", {}, draw_nothing, _check_paiyannoi_attached,
                   _amend_paiyannoi_attached, rank=1, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("orthography.paiyan_none", {}, draw_nothing, _check_paiyan_none, _amend_paiyan_none,
                   rank=3, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("orthography.paiyanyai_spaced", {}, draw_nothing, _check_paiyanyai_spaced, _amend_paiyanyai_spaced,
                   rank=1, weight=0.5, conflicts=_WRITES_SOLID, thai=True),
    ConstraintType("orthography.examples_etc", _FEW, _draw_examples, _check_examples_etc, _amend_examples_etc,
                   rank=1, weight=0.5, conflicts=_WRITES_SOLID, thai=True),
    ConstraintType("orthography.examples_pen_ton", _FEW, _draw_examples, _check_examples_pen_ton,
                   _amend_examples_pen_ton, rank=1, weight=0.5, conflicts=_WRITES_SOLID, thai=True),
    ConstraintType("orthography.latin_spaced", {}, draw_nothing, _check_latin_spaced, _amend_latin_spaced,
                   rank=3, weight=0.5, conflicts=_WRITES_SOLID | {"script.thai_only", "script.no_latin"}, thai=True),
    ConstraintType("orthography.digits_spaced", {}, draw_nothing, _check_digits_spaced, _amend_digits_spaced,
                   rank=3, weight=0.5, conflicts=_WRITES_SOLID | {"numerals.none"}, thai=True),
)  # fmt: skip
