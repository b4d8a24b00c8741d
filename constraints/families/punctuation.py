"""Which punctuation marks an answer has, how many, and where they stand. Pairs (quotes, brackets) are in punctuation_pairs.

Judged on the plain view: Markdown emphasis is no punctuation, list marks, headings, links and code are. A full-width
mark is the mark. An emoji or sign that pictures a mark (❗, ‼) may be one: where it decides, UNDECIDED. Does not
judge whether a mark is rightly used, except at a line's end, where a Thai abbreviation may rightly keep its stop.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    show_values,
    whole_number,
)
from constraints.counting import Unit, at_least, at_most, exactly
from constraints.shaping import each_line, shown_lines
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

# mark -> (the mark itself, pictures of it that a reader may or may not count)
_MARKS = {
    "!": ("!！", "❗❕‼⁉"), "?": ("?？", "❓❔⁇⁈⁉"), ";": (";；", ""), ":": (":：", ""), "/": ("/／", ""), "&": ("&＆", ""),
    "%": ("%％", ""), "+": ("+＋", "➕"), "=": ("=＝", "🟰"), ".": (".．", ""),
}  # fmt: skip
_SURE = {mark: regex.compile(f"[{regex.escape(signs)}]") for mark, (signs, _) in _MARKS.items()}
_PICTURED = {mark: regex.compile(f"[{signs}]") for mark, (_, signs) in _MARKS.items() if signs}
_NAMES = {
    "!": ("เครื่องหมายอัศเจรีย์", "exclamation mark"), "?": ("เครื่องหมายปรัศนี", "question mark"), ";": ("เครื่องหมายอัฒภาค", "semicolon"),
    ":": ("เครื่องหมายทวิภาค", "colon"), "/": ("เครื่องหมายทับ", "slash"), "&": ("เครื่องหมายแอมเพอร์แซนด์", "ampersand"),
    "%": ("เครื่องหมายเปอร์เซ็นต์", "percent sign"), "+": ("เครื่องหมายบวก", "plus sign"), "=": ("เครื่องหมายเท่ากับ", "equals sign"),
    ".": ("เครื่องหมายจุด", "full stop"),
}  # fmt: skip
_EXCLAMATIONS = Unit("exclamation marks", "เครื่องหมาย !", "ตัว")
_QUESTIONS = Unit("question marks", "เครื่องหมาย ?", "ตัว")


def _shown_mark(params: Params, lang: Language) -> dict[str, str]:
    thai, english = _NAMES[params["mark"]]
    return {**show_values(params, lang), "name": thai if lang == "th" else english}


# marks that may not stand anywhere

_COMMA = regex.compile("[,，]")
_ALL_NAMED = ". , ! ? ; : \" ' ( ) [ ] { } / - – — …"
_ANY_NAMED = regex.compile(r"""[.,!?;:"'()\[\]{}/\-–—…．，！？；：（）／‑]""")
_ELLIPSIS = regex.compile(r"\.{3,}|[…⋯]")
_PERHAPS_ELLIPSIS = regex.compile(r"\.[ ]?\.")
_DASH = regex.compile("[-‐‑‒–—―−－﹣]")
_TWO_SPACES = regex.compile(r"(?<=\S)[ \u00a0]{2,}(?=\S)")
_SPACE_BEFORE = regex.compile(r"(?<=\S)[ \u00a0]+[,!?;:，！？；：](?![()DPpO3oxX|\-])")
_PERHAPS_SPACE_BEFORE = regex.compile(r"(?<=\S)[ \u00a0]+[,!?;:，！？；：]")
_REPEATED = regex.compile("[!?！？]{2,}")
_PERHAPS_REPEATED = regex.compile("[‼⁇⁈⁉]|[!?！？❗❕❓❔]\ufe0f?[!?！？❗❕❓❔]")
_DOUBTFUL_THAI = "มีเครื่องหมายที่อาจนับหรือไม่นับก็ได้ จึงตัดสินไม่ได้"


def _absent(
    answer: Answer, sure: regex.Pattern[str], perhaps: regex.Pattern[str] | None, what: str, thai: str
) -> Verdict:
    """FAIL at the first `sure`, UNDECIDED at the first `perhaps`."""
    found = sure.search(answer.text)
    if found:
        return fail(f"{found.group()[:20]!r} is {what}", f"พบ{thai}", found.span())
    doubtful = perhaps.search(answer.text) if perhaps else None
    if doubtful:
        return undecided(f"{doubtful.group()!r} may be {what}", _DOUBTFUL_THAI, doubtful.span())
    return PASS


def _check_no_comma(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, _COMMA, None, "a comma", "เครื่องหมายจุลภาค")


def _amend_no_comma(text: str, params: Params, filler: str) -> str:
    return _COMMA.sub("", text)


def _draw_exclude(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"mark": rng.choice([mark for mark in _MARKS if mark != "."])}


def _check_exclude(answer: Answer, params: Params) -> Verdict:
    mark = params["mark"]
    return _absent(answer, _SURE[mark], _PICTURED.get(mark), _NAMES[mark][1], _NAMES[mark][0])


def _amend_exclude(text: str, params: Params, filler: str) -> str:
    return _SURE[params["mark"]].sub("", text)


def _check_none(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, _ANY_NAMED, None, "a punctuation mark", "เครื่องหมายวรรคตอน")


def _shown_none(params: Params, lang: Language) -> dict[str, str]:
    return {"marks": _ALL_NAMED}


def _amend_none(text: str, params: Params, filler: str) -> str:
    return _ANY_NAMED.sub("", text)


def _check_ellipsis_none(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, _ELLIPSIS, _PERHAPS_ELLIPSIS, "an ellipsis", "จุดไข่ปลา")


def _amend_ellipsis_none(text: str, params: Params, filler: str) -> str:
    return _ELLIPSIS.sub("", text)


def _check_no_dash(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, _DASH, None, "a hyphen or dash", "เครื่องหมายขีด")


def _amend_no_dash(text: str, params: Params, filler: str) -> str:
    return _DASH.sub("", text)


def _check_no_double_spaces(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, _TWO_SPACES, None, "more than one space", "ช่องว่างติดกันมากกว่าหนึ่งช่อง")


def _amend_no_double_spaces(text: str, params: Params, filler: str) -> str:
    return _TWO_SPACES.sub(" ", text)


def _check_no_space_before(answer: Answer, params: Params) -> Verdict:
    """A smiley ( :D ) begins with a colon and rightly has a space before it."""
    return _absent(answer, _SPACE_BEFORE, _PERHAPS_SPACE_BEFORE, "a mark after a space", "ช่องว่างหน้าเครื่องหมาย")


def _amend_no_space_before(text: str, params: Params, filler: str) -> str:
    return regex.sub(r"(?<=\S)[ \u00a0]+(?=[,!?;:，！？；：])", "", text)


def _check_no_repeated(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, _REPEATED, _PERHAPS_REPEATED, "a mark repeated", "เครื่องหมาย ! หรือ ? ติดกัน")


def _amend_no_repeated(text: str, params: Params, filler: str) -> str:
    return _REPEATED.sub(lambda found: found.group()[0], text)


# how many

Judge = Callable[[int], Verdict]


def _judged_count(answer: Answer, mark: str, judge: Judge) -> Verdict:
    """The verdict of `judge` on the number of marks, where pictures of the mark do not change it."""
    few = len(_SURE[mark].findall(answer.text))
    pictured = _PICTURED[mark].findall(answer.text)
    verdict = judge(few)
    if judge(few + len(pictured)).outcome is verdict.outcome:
        return verdict
    return undecided(f"{few} marks and {len(pictured)} pictures of the mark", _DOUBTFUL_THAI, answer.find(pictured[0]))


def _at_mark(answer: Answer, mark: str, number: int) -> Span | None:
    """Where the mark stands that is one too many."""
    places = [found.span() for found in _SURE[mark].finditer(answer.text)]
    return next(iter(places[number:]), None)


def _draw_exclamations_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randint(1, 3)}


def _check_exclamations_max(answer: Answer, params: Params) -> Verdict:
    maximum = params["maximum"]
    return _judged_count(
        answer, "!", lambda found: at_most(found, maximum, _EXCLAMATIONS, _at_mark(answer, "!", maximum))
    )


def _amend_fewer(text: str, mark: str, maximum: int) -> str:
    places = [found.start() for found in _SURE[mark].finditer(text)]
    for place in reversed(places[maximum:]):
        text = text[:place] + text[place + 1 :]
    return text


def _amend_exclamations_max(text: str, params: Params, filler: str) -> str:
    return _amend_fewer(text, "!", params["maximum"])


def _draw_exclamations_exact(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(1, 4)}


def _check_exclamations_exact(answer: Answer, params: Params) -> Verdict:
    count = params["count"]
    return _judged_count(answer, "!", lambda found: exactly(found, count, _EXCLAMATIONS, _at_mark(answer, "!", count)))


def _amend_more(text: str, mark: str, count: int) -> str:
    """Marks after the first line: least likely to be another rule's place."""
    first, end, rest = text.partition("\n")
    return first + mark * (count - len(_SURE[mark].findall(text))) + end + rest


def _amend_exclamations_exact(text: str, params: Params, filler: str) -> str:
    return _amend_more(_amend_fewer(text, "!", params["count"]), "!", params["count"])


def _draw_questions_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(1, 3)}


def _check_questions_min(answer: Answer, params: Params) -> Verdict:
    return _judged_count(answer, "?", lambda found: at_least(found, params["minimum"], _QUESTIONS))


def _amend_questions_min(text: str, params: Params, filler: str) -> str:
    return _amend_more(text, "?", params["minimum"])


# where lines end, what each line holds

_SELECTOR = "\ufe0f"  # asks for the emoji form of the sign before it
_FINAL_STOP = regex.compile(r"""(?<!\.)\.(?=["')\]]*$)""")
# พ.ศ. น. กทม. โทร. e.g. etc. and a list number alone: the stop belongs to the word.
_ABBREVIATED = regex.compile(
    r"(?:(?<![\p{L}\p{M}])(?:(?:\p{Thai}{1,4}\.\s?){2,}|[ก-ฮ]{1,5}\.|โทร\.|(?:[A-Za-z]{1,3}\.\s?){2,}"
    r"|(?:etc|Inc|Ltd|Co|Corp|Dr|Mr|Mrs|Ms|vs|No|Jr|Sr|St)\.)|^\p{N}{1,3}\.)$"
)


def _draw_line_ends(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"mark": rng.choice(["!", "?", ";", "."])}


def _check_line_ends(answer: Answer, params: Params) -> Verdict:
    signs, pictures = _MARKS[params["mark"]]
    doubtful = None
    for line in answer.placed_lines:
        last = line.text.rstrip(_SELECTOR)[-1:]
        if last in pictures or (params["mark"] == "." and line.text.endswith("..")):
            doubtful = doubtful or line.at
        elif last not in signs:
            return fail(f"a line ends with {last!r}", f"บรรทัดนี้ไม่ได้ลงท้ายด้วย {params['mark']}", line.at)
    return PASS if doubtful is None else undecided("a line ends with what may be the mark", _DOUBTFUL_THAI, doubtful)


def _amend_line_ends(text: str, params: Params, filler: str) -> str:
    return each_line(text, suffix=params["mark"])


def _check_colon_each_line(answer: Answer, params: Params) -> Verdict:
    for line in answer.placed_lines:
        if not _SURE[":"].search(line.text):
            return fail("a line without a colon", "บรรทัดนี้ไม่มีเครื่องหมายทวิภาค (:)", line.at)
    return PASS


def _amend_colon_each_line(text: str, params: Params, filler: str) -> str:
    return "\n".join(line if _SURE[":"].search(line) else f"{filler}: {line}" for line in shown_lines(text))


def _check_no_final_stop(answer: Answer, params: Params) -> Verdict:
    doubtful = None
    for line in answer.placed_lines:
        stop = _FINAL_STOP.search(line.text)
        if not stop:
            continue
        at = line.at[0] + stop.start(), line.at[0] + stop.end()
        if not _ABBREVIATED.search(line.text[: stop.end()]):
            return fail("a line ends in a full stop", "บรรทัดนี้ลงท้ายด้วยจุด", at)
        doubtful = at
    if doubtful is None:
        return PASS
    return undecided("a line ends in an abbreviation", "บรรทัดนี้ลงท้ายด้วยจุดที่อาจเป็นของตัวย่อ จึงตัดสินไม่ได้", doubtful)


def _amend_no_final_stop(text: str, params: Params, filler: str) -> str:
    return "\n".join(_FINAL_STOP.sub("", line.rstrip()) for line in text.split("\n"))


# marks of old Thai books

_FONGMAN, _KHOMUT = "๏", "๛"


def _check_fongman(answer: Answer, params: Params) -> Verdict:
    text = answer.text
    if not text.startswith(_FONGMAN):
        return fail("does not begin with ๏", "ไม่ได้ขึ้นต้นด้วยฟองมัน (๏)", (0, 1))
    if not text.endswith(_KHOMUT):
        return fail("does not end with ๛", "ไม่ได้ลงท้ายด้วยโคมูตร (๛)", (len(text) - 1, len(text)))
    return PASS


def _amend_fongman(text: str, params: Params, filler: str) -> str:
    return f"{_FONGMAN} {text.strip(f' {_FONGMAN}{_KHOMUT}')} {_KHOMUT}"


_DATA = frozenset({"json", "yaml", "csv"})
_EACH_LINE = _DATA | {"layout", "poetry"}
_COUNT = whole_number(maximum=50)
_EXCLUDED = {"mark": {"enum": [mark for mark in _MARKS if mark != "."]}}

TYPES = (
    ConstraintType("punctuation.no_comma", {}, draw_nothing, _check_no_comma, _amend_no_comma, conflicts=_DATA),
    ConstraintType("punctuation.exclude", _EXCLUDED, _draw_exclude, _check_exclude, _amend_exclude, conflicts=_DATA,
                   shown=_shown_mark),
    ConstraintType("punctuation.none", {}, draw_nothing, _check_none, _amend_none, weight=0.5,
                   conflicts=_DATA | {"layout", "dates", "forms", "numerals"}, shown=_shown_none),
    ConstraintType("punctuation.exclamations_max", {"maximum": _COUNT}, _draw_exclamations_max, _check_exclamations_max,
                   _amend_exclamations_max, weight=0.5, conflicts=_DATA),
    ConstraintType("punctuation.exclamations_exact", {"count": _COUNT}, _draw_exclamations_exact, _check_exclamations_exact,
                   _amend_exclamations_exact, weight=0.5, conflicts=_DATA | {"poetry"}),
    ConstraintType("punctuation.questions_min", {"minimum": _COUNT}, _draw_questions_min, _check_questions_min,
                   _amend_questions_min, weight=0.5, conflicts=_DATA | {"poetry"}),
    ConstraintType("punctuation.line_ends", {"mark": {"enum": ["!", "?", ";", "."]}}, _draw_line_ends, _check_line_ends,
                   _amend_line_ends, rank=3, weight=0.5, conflicts=_EACH_LINE, shown=_shown_mark),
    ConstraintType("punctuation.colon_each_line", {}, draw_nothing, _check_colon_each_line, _amend_colon_each_line, weight=0.5,
                   conflicts=_EACH_LINE),
    ConstraintType("punctuation.no_final_stop", {}, draw_nothing, _check_no_final_stop, _amend_no_final_stop, rank=3, weight=0.5,
                   conflicts=_DATA, thai=True),
    ConstraintType("punctuation.ellipsis_none", {}, draw_nothing, _check_ellipsis_none, _amend_ellipsis_none, weight=0.5,
                   conflicts=_DATA),
    ConstraintType("punctuation.no_dash", {}, draw_nothing, _check_no_dash, _amend_no_dash, weight=0.5, conflicts=_DATA | {"layout"}),
    ConstraintType("punctuation.no_double_spaces", {}, draw_nothing, _check_no_double_spaces, _amend_no_double_spaces, weight=0.25,
                   conflicts=_DATA | {"poetry"}),
    ConstraintType("punctuation.no_space_before", {}, draw_nothing, _check_no_space_before, _amend_no_space_before, weight=0.25,
                   conflicts=_DATA),
    ConstraintType("punctuation.no_repeated", {}, draw_nothing, _check_no_repeated, _amend_no_repeated, weight=0.25,
                   conflicts=_DATA),
    ConstraintType("punctuation.fongman", {}, draw_nothing, _check_fongman, _amend_fongman, rank=3, weight=0.25,
                   conflicts=_DATA | {"layout"}, thai=True),
)  # fmt: skip
