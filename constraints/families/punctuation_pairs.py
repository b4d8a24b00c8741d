"""Quotation marks and brackets of an answer: how many pairs, which kind, all closed.

Straight and curly double quotes are one mark here, except where the instruction is about their shape
(`curly_quotes`, judged on the raw text). Single quotes are never counted as pairs: they are apostrophes too. A
smiley, or the " of inches, may be no bracket or quote: where it decides, UNDECIDED. The ) of a list number closes
nothing.
"""

from __future__ import annotations

import random
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
from constraints.counting import Unit, at_least
from constraints.shaping import with_text
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_QUOTED = Unit("quoted pieces", "ข้อความในเครื่องหมายคำพูดคู่", "แห่ง")
_BRACKETED = Unit("pieces in parentheses", "ข้อความในวงเล็บ ( )", "แห่ง")

# quotation marks

_QUOTE = '"'
_PIECE = regex.compile(r'"([^"\n]*+)"')
_ANY_QUOTE = regex.compile("[\"'«»‹›「」『』＂＇]")
_CURLY_PAIR = regex.compile("“[^“”]*\\S[^“”]*”")
_OTHER_DOUBLE = regex.compile('["„‟«»＂]')


def _draw_minimum(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(1, 3)}


def _filled(pieces: list[str]) -> int:
    return sum(1 for piece in pieces if piece.strip())


_INCHES = regex.compile(rf"[0-9๐-๙]{_QUOTE}")  # a screen of 24"


def _check_quoted_phrases_min(answer: Answer, params: Params) -> Verdict:
    """A line of an odd number of quotes has a piece that goes on, or inches: what it holds may count."""
    sure = [line for line in answer.lines if line.count(_QUOTE) % 2 == 0 and len(_INCHES.findall(line)) < 2]
    few = sum(_filled(_PIECE.findall(line)) for line in sure)
    many = few + sum(line.count(_QUOTE) + 1 for line in answer.lines if line not in sure) // 2
    verdict = at_least(few, params["minimum"], _QUOTED)
    if at_least(many, params["minimum"], _QUOTED).outcome is verdict.outcome:
        return verdict
    return undecided("a line of an odd number of quotes", "บางบรรทัดมีเครื่องหมายคำพูดไม่ครบคู่ จึงนับไม่ได้แน่ชัด")


def _amend_quoted_phrases_min(text: str, params: Params, filler: str) -> str:
    first, end, rest = text.partition("\n")
    missing = params["minimum"] - _filled(_PIECE.findall(text))
    return first + f' "{filler}"' * missing + end + rest


def _check_curly_quotes(answer: Answer, params: Params) -> Verdict:
    raw = answer.raw
    straight = _OTHER_DOUBLE.search(raw)
    if straight:
        line = answer.at_raw_line(raw.count("\n", 0, straight.start()))
        return fail(f"{straight.group()!r} stands in the text", f"มีเครื่องหมายคำพูดแบบอื่น ({straight.group()})", line)
    if not _CURLY_PAIR.search(raw):
        return fail("nothing stands between “ and ”", "ไม่มีข้อความในเครื่องหมายคำพูดแบบโค้ง “ ”")
    left = regex.search("[“”]", _CURLY_PAIR.sub("", raw))
    if left:
        return fail(f"a {left.group()} without its partner", f"เครื่องหมาย {left.group()} ไม่ครบคู่")
    return PASS


def _amend_curly_quotes(text: str, params: Params, filler: str) -> str:
    return with_text(_OTHER_DOUBLE.sub("", text), f"“{filler}”")


def _check_no_quotes(answer: Answer, params: Params) -> Verdict:
    found = _ANY_QUOTE.search(answer.text)
    return fail(f"{found.group()!r} is a quotation mark", "พบเครื่องหมายคำพูด", found.span()) if found else PASS


def _amend_no_quotes(text: str, params: Params, filler: str) -> str:
    return _ANY_QUOTE.sub("", text)


# brackets

_CLOSING = {"(": ")", "[": "]", "{": "}", _QUOTE: _QUOTE}
_BRACKET_OR_QUOTE = regex.compile(r'[()\[\]{}"]')
_BRACKET = regex.compile(r"[()\[\]{}]")
_LIST_NUMBER = regex.compile(r"^([ \t>*#+-]*[\p{L}\p{N}]{1,3})\)", regex.MULTILINE)
_DOUBTFUL = regex.compile(r"[:;=8][-']?[()\[\]]|(?<=\d)\"|[(\[][-']?[:;=]")  # smileys, inches
_IN_PARENTHESES = regex.compile(r"(?<!\])\(([^()\n]*+)\)")  # not the address of a Markdown link
_KINDS = {"round": "()", "square": "[]", "curly": "{}"}
_KIND_PAIR = {
    "round": regex.compile(r"\([^()]*+\)"), "square": regex.compile(r"\[[^\[\]]*+\]"), "curly": regex.compile(r"\{[^{}]*+\}"),
}  # fmt: skip
_SHOWN_KINDS = {
    "th": {
        "round": ("วงเล็บกลม ( )", "[ ] หรือ { }"), "square": ("วงเล็บเหลี่ยม [ ]", "( ) หรือ { }"), "curly": ("วงเล็บปีกกา { }", "( ) หรือ [ ]"),
    },
    "en": {
        "round": ("round brackets ( )", "[ ] or { }"), "square": ("square brackets [ ]", "( ) or { }"),
        "curly": ("curly brackets { }", "( ) or [ ]"),
    },
}  # fmt: skip


def _unpaired(text: str) -> Span | None:
    """The first bracket or quote that closes nothing, or the last that nothing closes."""
    waiting: list[tuple[str, Span]] = []
    for mark in _BRACKET_OR_QUOTE.finditer(text):
        sign = mark.group()
        if waiting and waiting[-1][0] == sign:
            waiting.pop()
        elif sign in _CLOSING:
            waiting.append((_CLOSING[sign], mark.span()))
        else:
            return mark.span()
    return waiting[-1][1] if waiting else None


def _pairs_verdict(text: str) -> Verdict:
    at = _unpaired(text)
    if at is not None:
        return fail("a bracket or quote without its partner", "เครื่องหมายตัวนี้ไม่ครบคู่", at)
    if not _BRACKET_OR_QUOTE.search(text):
        return fail("no brackets and no quotes", "ไม่มีวงเล็บหรือเครื่องหมายคำพูดเลย")
    return PASS


def _check_balanced(answer: Answer, params: Params) -> Verdict:
    if _pairs_verdict(answer.text).passed:  # (1) and parentheses over lines, too
        return PASS
    text = _LIST_NUMBER.sub(r"\1 ", answer.text)  # as long as before, so that spans hold
    verdict = _pairs_verdict(text)
    if verdict.passed or not _pairs_verdict(_DOUBTFUL.sub("", text)).passed:
        return verdict
    return undecided("paired but for a smiley or inches", "เครื่องหมายที่ไม่ครบคู่อาจเป็นส่วนของอีโมติคอนหรือหน่วยนิ้ว", verdict.at)


def _amend_balanced(text: str, params: Params, filler: str) -> str:
    kept = text if _unpaired(_LIST_NUMBER.sub(r"\1 ", text)) is None else _BRACKET_OR_QUOTE.sub("", text)
    return with_text(kept, f"({filler})")


def _draw_brackets_only(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"kind": rng.choice(["round", "square", "curly"])}


def _check_brackets_only(answer: Answer, params: Params) -> Verdict:
    kind = params["kind"]
    for found in _BRACKET.finditer(answer.text):
        if found.group() not in _KINDS[kind]:
            return fail(f"{found.group()!r} is another bracket", f"พบวงเล็บแบบอื่น ({found.group()})", found.span())
    if not _KIND_PAIR[kind].search(answer.text):
        return fail(f"no pair of {_KINDS[kind]}", f"ไม่มีวงเล็บ {_KINDS[kind]} ครบคู่เลย")
    return PASS


def _shown_kind(params: Params, lang: Language) -> dict[str, str]:
    kind, others = _SHOWN_KINDS[lang][params["kind"]]
    return {**show_values(params, lang), "kind": kind, "others": others}


def _amend_brackets_only(text: str, params: Params, filler: str) -> str:
    opening, closing = _KINDS[params["kind"]]
    others = "".join(signs for signs in _KINDS.values() if signs != _KINDS[params["kind"]])
    kept = text.translate(dict.fromkeys(map(ord, others)))
    return kept if _KIND_PAIR[params["kind"]].search(kept) else with_text(kept, f"{opening}{filler}{closing}")


def _check_parentheses_min(answer: Answer, params: Params) -> Verdict:
    """Parentheses over lines, in one another or of a link are pairs to some readers."""
    text = answer.text
    few = _filled(_IN_PARENTHESES.findall(text))
    many = max(few, min(text.count("("), text.count(")")))
    verdict = at_least(few, params["minimum"], _BRACKETED)
    if at_least(many, params["minimum"], _BRACKETED).outcome is verdict.outcome:
        return verdict
    return undecided(
        "parentheses in one another, of a link, empty or over lines", "มีวงเล็บซ้อน ว่าง ข้ามบรรทัด หรือของลิงก์ จึงนับไม่ได้แน่ชัด"
    )


def _amend_parentheses_min(text: str, params: Params, filler: str) -> str:
    first, end, rest = text.partition("\n")
    missing = params["minimum"] - _filled(_IN_PARENTHESES.findall(text))
    return first + f" ({filler})" * missing + end + rest


def _check_no_brackets(answer: Answer, params: Params) -> Verdict:
    found = _BRACKET.search(answer.text)
    return fail(f"{found.group()!r} is a bracket", "พบวงเล็บ", found.span()) if found else PASS


def _amend_no_brackets(text: str, params: Params, filler: str) -> str:
    return _BRACKET.sub("", text)


_DATA = frozenset({"json", "yaml", "csv"})
_MINIMUM = {"minimum": whole_number(maximum=50)}

TYPES = (
    ConstraintType("punctuation.quoted_phrases_min", _MINIMUM, _draw_minimum, _check_quoted_phrases_min,
                   _amend_quoted_phrases_min, weight=0.5, conflicts=_DATA | {"layout.quoted"}),
    ConstraintType("punctuation.curly_quotes", {}, draw_nothing, _check_curly_quotes, _amend_curly_quotes, weight=0.25,
                   conflicts=_DATA | {"layout.quoted"}, thai=True),
    ConstraintType("punctuation.no_quotes", {}, draw_nothing, _check_no_quotes, _amend_no_quotes, weight=0.5,
                   conflicts=_DATA | {"layout.quoted"}),
    ConstraintType("punctuation.balanced", {}, draw_nothing, _check_balanced, _amend_balanced, weight=0.25, conflicts=_DATA),
    ConstraintType("punctuation.brackets_only", {"kind": {"enum": list(_KINDS)}}, _draw_brackets_only, _check_brackets_only,
                   _amend_brackets_only, weight=0.25, conflicts=_DATA, shown=_shown_kind),
    ConstraintType("punctuation.parentheses_min", _MINIMUM, _draw_minimum, _check_parentheses_min, _amend_parentheses_min,
                   weight=0.5, conflicts=_DATA),
    ConstraintType("punctuation.no_brackets", {}, draw_nothing, _check_no_brackets, _amend_no_brackets, weight=0.5,
                   conflicts=_DATA),
)  # fmt: skip
