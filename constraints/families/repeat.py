"""Copying a given text: whole, a piece of it, changed in one place, several times, or before the answer.

A copy is judged letter for letter on the plain view. A pair of quotation marks around it is no fault; where only white
space or a wrapping mark (a list number, a final full stop) differs, a reader could not tell, and the verdict is
UNDECIDED. Dropped or changed letters, letter case included, are a FAIL. What an answer repeats of its own accord is in
repeat_lines.py. The copies dictate the whole answer, so that they stand alone in a row.
"""

from __future__ import annotations

import os.path
import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, text_value, whole_number
from constraints.counting import LINES, exactly
from constraints.segment import tokens
from constraints.shaping import shown_lines
from constraints.text import normalise, plain
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES", "bare", "literal", "one_line_value"]

_WHITE_SPACE = regex.compile(r"\s+")
_LIST_MARK = regex.compile(r"^(?:[-*•+]|[0-9๐-๙]+[.)])\s+", regex.MULTILINE)
_WRAPPING_MARKS = " \t\n\"'`>#.…:!?*_-–—|~=•"
_IN_QUOTES = regex.compile(r"""(["'])(.*)\1""", regex.DOTALL)
_SAYINGS = (
    "ความพยายามอยู่ที่ไหน ความสำเร็จอยู่ที่นั่น",
    "น้ำขึ้นให้รีบตัก",
    "ช้า ๆ ได้พร้าเล่มงาม",
    "รู้ไว้ใช่ว่า ใส่บ่าแบกหาม",
    "กันไว้ดีกว่าแก้",
    "สิบปากว่าไม่เท่าตาเห็น",
)
_LONGEST_DRAWN = 300


def literal(text: str) -> str:
    """A parameter in the form of `Answer.text`, its blank lines left out."""
    return "\n".join(line.strip() for line in shown_lines(plain(normalise(text))))


def bare(text: str) -> str:
    """`text` without white space, list marks and wrapping marks: equal where a reader might call two texts the same."""
    return _WHITE_SPACE.sub("", _LIST_MARK.sub("", text).strip(_WRAPPING_MARKS))


def one_line_value() -> dict[str, Any]:
    """JSON Schema of a visible text without a line end."""
    return {**text_value(), "not": {"pattern": "[\\n\\r\u2028\u2029\u0085]"}}


def _judged_copy(found: str, wanted: str) -> Verdict:
    """Whether `found`, which starts the answer, is `wanted`."""
    quoted = _IN_QUOTES.fullmatch(found)
    if wanted in (found, quoted and quoted.group(2)):
        return PASS
    if bare(found) == bare(wanted):
        return undecided(
            "the copy differs in white space or wrapping marks only",
            "ข้อความที่คัดลอกต่างจากต้นฉบับเพียงช่องว่างหรือเครื่องหมายที่หัวท้าย จึงตัดสินไม่ได้",
        )
    same = len(os.path.commonprefix([found, wanted]))  # noqa: RUF071 (letter by letter is what is meant)
    return fail(
        f"the copy differs from the text from {found[same : same + 20]!r} on",
        f'คัดลอกไม่ตรงกับข้อความที่ให้ ตั้งแต่ "{found[same : same + 20]}"',
        (same, len(found)),
    )


def _judged_whole(answer: Answer, wanted: str) -> Verdict:
    """Whether the answer is `wanted` and nothing else."""
    verdict = _judged_copy("\n".join(answer.lines), wanted)
    # Places point into the lines joined, which are the text only where it has no blank line and no indent.
    return verdict if verdict.at is None else fail(verdict.reason, verdict.thai, _within(answer, verdict.at))


def _within(answer: Answer, at: tuple[int, int]) -> tuple[int, int]:
    return min(at[0], len(answer.text)), len(answer.text)


def _draw_copiable(prompt: str) -> bool:
    """Whether a prompt can be shown between quotation marks and copied by hand."""
    return bool(prompt.strip()) and len(prompt) <= _LONGEST_DRAWN and not regex.search(r'["“”`*\n]', prompt)


# the whole text


def _draw_prompt(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    """Mostly the prompt; a saying where it cannot be copied, and now and then."""
    saying = rng.choice(_SAYINGS)
    return {"prompt": context.prompt if _draw_copiable(context.prompt) and rng.random() < 0.8 else saying}


def _check_prompt(answer: Answer, params: Params) -> Verdict:
    wanted = literal(params["prompt"])
    count = len(wanted.split("\n"))
    if len(answer.lines) <= count:
        return fail("no line of answer follows a copy of the text", "ไม่มีคำตอบในบรรทัดใหม่ต่อจากข้อความที่ต้องคัดลอก")
    verdict = _judged_copy("\n".join(answer.lines[:count]), wanted)
    return verdict if verdict.at is None else fail(verdict.reason, verdict.thai, answer.placed_lines[count - 1].at)


def _amend_prompt(text: str, params: Params, filler: str) -> str:
    return text if text.startswith(params["prompt"] + "\n") else f"{params['prompt']}\n{text}"


def _check_prompt_only(answer: Answer, params: Params) -> Verdict:
    return _judged_whole(answer, literal(params["prompt"]))


def _amend_prompt_only(text: str, params: Params, filler: str) -> str:
    return params["prompt"]


# a piece of the text


def _piece(params: Params) -> str:
    text, start, end = literal(params["text"]), literal(params["start"]), literal(params["end"])
    return text[text.index(start) : text.index(end) + len(end)]


def _consistent_span(params: Params) -> str | None:
    """Both limits stand once in the text, and in this order.

    >>> _consistent_span({"text": "กขคงจ", "start": "กข", "end": "คง"})
    >>> _consistent_span({"text": "กขคงข", "start": "ข", "end": "ง"})
    "field 'start': 'ข' stands 2 times in the text, not once"
    >>> _consistent_span({"text": "กขคงจ", "start": "กข", "end": "ขค"})
    "field 'end': 'ขค' does not stand after 'กข'"
    """
    text = literal(params["text"])
    for name in ("start", "end"):
        found = text.count(literal(params[name]))
        if found != 1:
            return f"field {name!r}: {params[name]!r} stands {found} times in the text, not once"
    if text.index(literal(params["start"])) + len(literal(params["start"])) > text.index(literal(params["end"])):
        return f"field 'end': {params['end']!r} does not stand after {params['start']!r}"
    return None


def _draw_source(rng: random.Random, context: DrawContext) -> str:
    return context.prompt if _draw_copiable(context.prompt) else rng.choice(_SAYINGS)


def _draw_words(text: str) -> list[str]:
    """Words that stand once in the text, in order."""
    words = [token for token in tokens(text, "newmm") if regex.fullmatch(r"[\p{L}\p{M}]{2,}", token)]
    return [word for word in words if text.count(word) == 1]


def _draw_span(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    text = _draw_source(rng, context)
    words = _draw_words(text)
    if len(words) < 3:
        return None
    first, last = sorted(rng.sample(range(len(words)), 2))
    return {"text": text, "start": words[first], "end": words[last]}


def _check_span(answer: Answer, params: Params) -> Verdict:
    return _judged_whole(answer, _piece(params))


def _amend_span(text: str, params: Params, filler: str) -> str:
    return _piece(params)


# the text with something replaced

_REPLACEMENTS = ("แมว", "ดอกไม้", "ภูเขา", "ของขวัญ", "เพลง", "ดวงดาว", "หนังสือ", "สายรุ้ง")


def _replaced(params: Params) -> str:
    return literal(params["text"]).replace(literal(params["old"]), literal(params["new"]))


def _consistent_replaced(params: Params) -> str | None:
    """
    >>> _consistent_replaced({"text": "กินข้าว", "old": "ข้าว", "new": "ปลา"})
    >>> _consistent_replaced({"text": "กินข้าว", "old": "ผัก", "new": "ปลา"})
    "field 'old': 'ผัก' does not stand in the text"
    >>> _consistent_replaced({"text": "กินข้าว", "old": "ข้าว", "new": "ข้าว"})
    "field 'new': 'ข้าว' is the old text; nothing would change"
    """
    if literal(params["old"]) not in literal(params["text"]):
        return f"field 'old': {params['old']!r} does not stand in the text"
    if literal(params["old"]) == literal(params["new"]):
        return f"field 'new': {params['new']!r} is the old text; nothing would change"
    return None


def _draw_replaced(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    text = _draw_source(rng, context)
    words = _draw_words(text)
    if not words:
        return None
    new = rng.choice([word for word in _REPLACEMENTS if word not in text])
    return {"text": text, "old": rng.choice(words), "new": new}


def _check_replaced(answer: Answer, params: Params) -> Verdict:
    return _judged_whole(answer, _replaced(params))


def _amend_replaced(text: str, params: Params, filler: str) -> str:
    return _replaced(params)


# the text several times


def _draw_text_times(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"text": rng.choice(_SAYINGS), "count": rng.randint(2, 6)}


def _check_text_times(answer: Answer, params: Params) -> Verdict:
    wanted = literal(params["text"])
    doubt = None
    for line in answer.placed_lines:
        verdict = _judged_copy(line.text, wanted)
        if verdict.at is not None:
            return fail(verdict.reason, verdict.thai, line.at)
        doubt = doubt if verdict.passed else verdict
    counted = exactly(len(answer.lines), params["count"], LINES)
    return counted if doubt is None or not counted.passed else doubt


def _amend_text_times(text: str, params: Params, filler: str) -> str:
    return "\n".join([params["text"]] * params["count"])


_TEXT = text_value(2000)
_EVERYTHING_ELSE = frozenset({
    "length", "keywords", "layout", "punctuation", "script", "letters", "particles", "register", "orthography",
    "numerals", "dates", "forms", "poetry", "json", "yaml", "csv",
})  # fmt: skip

TYPES = (
    ConstraintType("repeat.prompt", {"prompt": _TEXT}, _draw_prompt, _check_prompt, _amend_prompt, rank=3,
                   conflicts=frozenset({"layout", "json", "yaml", "csv", "poetry", "script.language",
                                        "script.bilingual_pairs", "keywords.starts_with"})),
    ConstraintType("repeat.prompt_only", {"prompt": _TEXT}, _draw_prompt, _check_prompt_only, _amend_prompt_only,
                   rank=4, weight=0.1, conflicts=_EVERYTHING_ELSE),
    ConstraintType("repeat.span", {"text": _TEXT, "start": text_value(), "end": text_value()}, _draw_span, _check_span,
                   _amend_span, rank=4, weight=0.1, conflicts=_EVERYTHING_ELSE, consistent=_consistent_span),
    ConstraintType("repeat.replaced", {"text": _TEXT, "old": text_value(), "new": text_value()}, _draw_replaced,
                   _check_replaced, _amend_replaced, rank=4, weight=0.1, conflicts=_EVERYTHING_ELSE,
                   consistent=_consistent_replaced),
    ConstraintType("repeat.text_times", {"text": one_line_value(), "count": whole_number(maximum=50)},
                   _draw_text_times, _check_text_times, _amend_text_times, rank=4, weight=0.1,
                   conflicts=_EVERYTHING_ELSE),
)  # fmt: skip
