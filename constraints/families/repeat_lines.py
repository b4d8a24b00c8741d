"""What an answer repeats or must not repeat of its own: lines, words, a refrain.

Lines are compared letter for letter, blank lines left out. Two lines that differ only in white space, a list number or
a wrapping mark are UNDECIDED: a reader may call them the same. Words are those of two engines, ๆ, numbers and single
letters left out; the engines take ดีมาก for one word, so `word_max` is PASS only where no word can be found more often
even inside longer ones, and มาก after ดีมาก is UNDECIDED. The
copying of a given text is in repeat.py.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, text_value, whole_number
from constraints.counting import Unit, exactly
from constraints.families.repeat import bare, literal, one_line_value
from constraints.shaping import paragraphs_of, shown_lines
from constraints.verdict import PASS, Outcome, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_CLOSING_MARKS = " \n.!?…\"')]}"
_OPENING_MARKS = " \"'([{"
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
_TWO_LETTERS = regex.compile(r"\p{L}[\p{L}\p{M}]")  # no number, no ๆ, no single letter
_LINES_OF_IT = Unit("lines of just this text", "บรรทัดที่มีเพียงข้อความนี้", "บรรทัด")


# lines


def _check_first_last_line_same(answer: Answer, params: Params) -> Verdict:
    first, last = answer.placed_lines[0], answer.placed_lines[-1]
    if len(answer.lines) < 3:
        return fail(
            f"{len(answer.lines)} lines: nothing stands between the first and the last",
            "ไม่มีบรรทัดอื่นคั่นระหว่างบรรทัดแรกกับบรรทัดสุดท้าย",
        )
    return _same_lines(first, last, "the last line is not the first one", "บรรทัดสุดท้ายไม่เหมือนบรรทัดแรก")


def _same_lines(first: Line, second: Line, english: str, thai: str) -> Verdict:
    if first.text == second.text:
        return PASS
    if bare(first.text) == bare(second.text):
        return undecided(
            "two lines differ in white space or marks only",
            "สองบรรทัดต่างกันเพียงช่องว่างหรือเครื่องหมายที่หัวท้าย จึงตัดสินไม่ได้",
            second.at,
        )
    return fail(english, thai, second.at)


def _amend_first_last_line_same(text: str, params: Params, filler: str) -> str:
    """The last line moves up, so that the number of lines stays where it can."""
    lines = shown_lines(text)
    lines += [filler] * (3 - len(lines))
    if lines[0] == lines[-1]:
        return "\n".join(lines)
    return "\n".join([*lines[:-2], f"{lines[-2]} {lines[-1]}", lines[0]])


_CALLS = ("สู้ ๆ นะ", "หายใจเข้าลึก ๆ", "พักก่อนนะ", "ไปกันต่อ", "ลองอีกครั้ง", "อย่าลืมยิ้ม")


def _draw_line_times(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"line": rng.choice(_CALLS), "count": rng.randint(2, 4)}


def _check_line_times(answer: Answer, params: Params) -> Verdict:
    wanted = literal(params["line"])
    sure = sum(1 for line in answer.lines if line == wanted)
    possible = sum(1 for line in answer.lines if bare(line) == bare(wanted))
    if sure < possible and sure <= params["count"] <= possible:
        return undecided(
            f"{sure} lines are just the text, {possible} with other spaces or marks",
            "บางบรรทัดต่างจากข้อความที่กำหนดเพียงช่องว่างหรือเครื่องหมายที่หัวท้าย จึงนับไม่ได้แน่ชัด",
        )
    return exactly(sure, params["count"], _LINES_OF_IT)


def _amend_line_times(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    found = [number for number, line in enumerate(lines) if line == params["line"]]
    for number in found[params["count"] :]:
        lines[number] += f" {filler}"
    return "\n".join([*lines, *[params["line"]] * (params["count"] - len(found))])


def _check_no_same_lines(answer: Answer, params: Params) -> Verdict:
    same = _second_of_two((line for line in answer.placed_lines if bare(line.text)), str)
    if same is not None:
        return fail(f"the line {same.text[:40]!r} stands twice", "บรรทัดนี้ซ้ำกับบรรทัดก่อนหน้า", same.at)
    alike = _second_of_two(answer.placed_lines, bare)
    if alike is not None:
        return undecided(
            "two lines differ in white space or marks only", "สองบรรทัดต่างกันเพียงช่องว่างหรือเครื่องหมาย จึงตัดสินไม่ได้", alike.at
        )
    return PASS


def _second_of_two(lines: Iterable[Line], form: Callable[[str], str]) -> Line | None:
    """The first line whose form another line had before."""
    seen: set[str] = set()
    for line in lines:
        key = form(line.text)
        if key in seen:
            return line
        seen.add(key)
    return None


def _amend_no_same_lines(text: str, params: Params, filler: str) -> str:
    """Blank lines stay; a line seen before grows until it is new."""
    seen, lines = {""}, []
    for line in text.split("\n"):
        while line.strip() and bare(line) in seen:
            line += f" {filler}"
        seen.add(bare(line))
        lines.append(line)
    return "\n".join(lines)


def _check_lines_doubled(answer: Answer, params: Params) -> Verdict:
    lines = answer.placed_lines
    if len(lines) % 2 != 0:
        return fail(f"{len(lines)} lines do not make pairs", f"มี {len(lines)} บรรทัด จับคู่ได้ไม่ครบ", lines[-1].at)
    verdicts = [
        _same_lines(first, second, "a line is not written twice in a row", "บรรทัดนี้ไม่เหมือนบรรทัดแรกของคู่")
        for first, second in zip(lines[::2], lines[1::2], strict=True)
    ]
    return _worst(verdicts)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The first FAIL, else the first UNDECIDED, else PASS."""
    by_outcome = {verdict.outcome: verdict for verdict in reversed(list(verdicts))}
    return by_outcome.get(Outcome.FAIL, by_outcome.get(Outcome.UNDECIDED, PASS))


def _amend_lines_doubled(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    if len(lines) % 2 == 0 and lines[::2] == lines[1::2]:
        return text
    return "\n".join(line for line in lines for _ in range(2))


# words


def _check_no_adjacent_words(answer: Answer, params: Params) -> Verdict:
    return answer.by_both_engines(lambda engine: _worst(_twins(answer, engine)))


def _twins(answer: Answer, engine: str) -> Iterable[Verdict]:
    """A FAIL for each word that follows itself over blanks; UNDECIDED over marks, or as a part of a compound."""
    for first, second in itertools.pairwise(answer.placed_words(engine)):
        shared = _shared_word(first.text.casefold(), second.text.casefold())
        if shared:
            at = (first.at[0], second.at[1])
            between = answer.text[first.at[1] : second.at[0]].strip(" \t\u00a0")
            if shared == _WHOLE and not between:
                yield fail(f"{first.text!r} twice in a row", f'คำว่า "{first.text}" ซ้ำติดกัน', at)
            else:
                yield undecided(
                    f"{first.text!r}, {second.text!r}: a compound, marks or a line end make it unclear",
                    f'"{first.text}" กับ "{second.text}" มีส่วนที่ซ้ำกัน แต่เป็นคำประสมหรือมีเครื่องหมายหรือการขึ้นบรรทัดคั่น จึงตัดสินไม่ได้',
                    at,
                )


_WHOLE, _PART = "whole", "part"


def _shared_word(first: str, second: str) -> str:
    """Whether two neighbours are one word twice, or one is the near end of the other: ดีมาก + มาก."""
    shorter = min(first, second, key=len)
    if not _TWO_LETTERS.search(shorter):
        return ""
    if first == second:
        return _WHOLE
    # สถานที่ + ที่ is everyday grammar, not a repetition
    return _PART if shorter != "ที่" and first.endswith(shorter) and second.startswith(shorter) else ""


def _amend_nothing(text: str, params: Params, filler: str) -> str:
    return text


def _draw_word_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randint(3, 6)}


_AMENDED_WORDS = (
    "มะม่วง", "ทุเรียน", "มังคุด", "ลำไย", "ชมพู่", "มะละกอ", "แตงโม", "สับปะรด", "องุ่น", "ลิ้นจี่", "ละมุด", "มะพร้าว", "ขนุน", "กระท้อน", "มะขาม",
    "ฟักทอง", "คะน้า", "ผักชี", "โหระพา", "ตะไคร้", "กระเทียม", "พริกไทย", "หัวหอม", "แครอท", "บวบ", "ยีราฟ", "กระต่าย", "จระเข้", "ผีเสื้อ", "นกยูง",
    "แมงมุม", "ปลาหมึก", "โลมา", "ฉลาม", "สิงโต", "กวาง", "หมีขาว", "เป็ด", "ห่าน", "ลิง",
)  # fmt: skip


def _amend_word_max(text: str, params: Params, filler: str) -> str:
    """Different words where the same filler came too often."""
    pieces = text.split(filler)
    if len(pieces) - 1 <= params["maximum"] // 2:  # a filler may hold one word twice
        return text
    words = itertools.cycle(_AMENDED_WORDS)
    return pieces[0] + "".join(f"{next(words)} {next(words)}{piece}" for piece in pieces[1:])


def _check_word_max(answer: Answer, params: Params) -> Verdict:
    maximum = params["maximum"]

    def judge(engine: str) -> Verdict:
        places: dict[str, list[Span]] = {}
        for placed in answer.placed_words(engine):
            if _TWO_LETTERS.search(placed.text):
                places.setdefault(placed.text.casefold(), []).append(placed.at)
        for word, spans in places.items():
            if len(spans) > maximum:
                return fail(
                    f"{word!r} {len(spans)} times, at most {maximum}",
                    f'ใช้คำว่า "{word}" {len(spans)} ครั้ง ต้องไม่เกิน {maximum} ครั้ง',
                    spans[maximum],
                )
        for word in places:
            if answer.folded.count(word) > maximum:  # inside compounds too: a reader may count those
                return undecided(
                    f"{word!r} stands more than {maximum} times if longer words count",
                    f'"{word}" อาจเกิน {maximum} ครั้งถ้านับที่อยู่ในคำอื่นด้วย จึงตัดสินไม่ได้',
                )
        return PASS

    return answer.by_both_engines(judge)


# a phrase that comes back


def _side(outside: str, harmless: str) -> Outcome:
    """Whether what stands outside a phrase, at one end of a text, is nothing to a reader."""
    if _LETTER_OR_DIGIT.search(outside):
        return Outcome.FAIL
    return Outcome.UNDECIDED if outside.strip(harmless) else Outcome.PASS


_REFRAINS = ("สู้ไปด้วยกัน", "นี่แหละชีวิต", "แล้วทุกอย่างจะดีขึ้น", "ค่อย ๆ ไปทีละก้าว", "เท่านี้ก็พอแล้ว", "เริ่มได้ตั้งแต่วันนี้")


def _draw_phrase(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"phrase": rng.choice(_REFRAINS)}


def _check_refrain(answer: Answer, params: Params) -> Verdict:
    if len(answer.paragraphs) < 2:
        return fail("a single paragraph", "มีเพียงย่อหน้าเดียว ต้องมีอย่างน้อย 2 ย่อหน้า")
    phrase = literal(params["phrase"])
    return _worst(_judged_ending(block, phrase) for block in answer.placed_paragraphs)


def _judged_ending(block: Line, phrase: str) -> Verdict:
    _, found, after = block.text.casefold().rpartition(phrase.casefold())
    outcome = _side(after, _CLOSING_MARKS) if found else Outcome.FAIL
    if outcome is Outcome.PASS:
        return PASS
    end = (max(block.at[1] - 30, block.at[0]), block.at[1])
    if outcome is Outcome.UNDECIDED or _is_no_paragraph(block.text):
        return undecided(
            "a heading or a divider, or only marks after the phrase",
            "เป็นหัวข้อหรือเส้นคั่น หรือมีสัญลักษณ์ต่อท้ายข้อความ จึงตัดสินไม่ได้",
            end,
        )
    return fail(f"a paragraph ends with {block.text[-20:]!r}", f'ย่อหน้านี้ไม่ได้จบด้วย "{phrase}"', end)


def _is_no_paragraph(block: str) -> bool:
    """A heading alone, or a line of marks: a reader may not count it."""
    return ("\n" not in block and block.startswith("#")) or not _LETTER_OR_DIGIT.search(block)


def _amend_refrain(text: str, params: Params, filler: str) -> str:
    blocks = paragraphs_of(text)
    blocks += [filler] * (2 - len(blocks))
    phrase = params["phrase"]
    return "\n\n".join(block if block.endswith(phrase) else f"{block} {phrase}" for block in blocks)


def _check_bookends(answer: Answer, params: Params) -> Verdict:
    phrase = literal(params["phrase"])
    before, first, rest = answer.text.casefold().partition(phrase.casefold())
    middle, last, after = rest.rpartition(phrase.casefold())
    opening = _side(before, _OPENING_MARKS) if first else Outcome.FAIL
    closing = _side(after, _CLOSING_MARKS) if last else Outcome.FAIL
    if opening is Outcome.FAIL:
        return fail(f"begins with {answer.text[:20]!r}", f'คำตอบไม่ได้ขึ้นต้นด้วย "{phrase}"', (0, min(30, len(answer.text))))
    if closing is Outcome.FAIL:
        return fail(
            f"ends with {answer.text[-20:]!r}",
            f'คำตอบไม่ได้ลงท้ายด้วย "{phrase}" อีกครั้ง',
            (max(len(answer.text) - 30, 0), len(answer.text)),
        )
    if not _LETTER_OR_DIGIT.search(middle):
        return fail("nothing stands between the two phrases", "ไม่มีเนื้อหาคั่นระหว่างข้อความที่ต้นและท้ายคำตอบ")
    if Outcome.UNDECIDED in (opening, closing):
        return undecided("only marks stand outside the phrase", "มีเพียงสัญลักษณ์อยู่นอกข้อความที่ต้นหรือท้ายคำตอบ จึงตัดสินไม่ได้")
    return PASS


def _amend_bookends(text: str, params: Params, filler: str) -> str:
    phrase = params["phrase"]
    if not text.startswith(phrase):
        text = f"{phrase} {text}"
    if not text.endswith(phrase) or text == phrase:
        text = f"{text} {filler} {phrase}" if text == phrase else f"{text} {phrase}"
    return text


_PHRASE = {"phrase": text_value()}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry"})
_DATA = frozenset({"json", "yaml", "csv"})
_LINES_DIFFER = frozenset({"length.lines_growing", "length.divided_sentences", "script.bilingual_pairs"})

TYPES = (
    ConstraintType("repeat.first_last_line_same", {}, draw_nothing, _check_first_last_line_same,
                   _amend_first_last_line_same, rank=3, weight=0.5, conflicts=_SHAPES_WHOLE | _LINES_DIFFER),
    ConstraintType("repeat.line_times", {"line": one_line_value(), "count": whole_number(maximum=50)}, _draw_line_times,
                   _check_line_times, _amend_line_times, weight=0.5, conflicts=_SHAPES_WHOLE | _LINES_DIFFER),
    ConstraintType("repeat.no_same_lines", {}, draw_nothing, _check_no_same_lines, _amend_no_same_lines, rank=3,
                   weight=0.5, conflicts=_DATA),
    ConstraintType("repeat.lines_doubled", {}, draw_nothing, _check_lines_doubled, _amend_lines_doubled, rank=4,
                   weight=0.25, conflicts=_SHAPES_WHOLE | _LINES_DIFFER),
    ConstraintType("repeat.no_adjacent_words", {}, draw_nothing, _check_no_adjacent_words, _amend_nothing, rank=1,
                   weight=0.25, conflicts=_DATA | {"script.language"}),
    ConstraintType("repeat.word_max", {"maximum": whole_number(maximum=1000)}, _draw_word_max, _check_word_max,
                   _amend_word_max, rank=1, weight=0.25, conflicts=_DATA | {"script.language", "length.paragraph_lines"}),
    ConstraintType("repeat.refrain", _PHRASE, _draw_phrase, _check_refrain, _amend_refrain, rank=3, weight=0.5,
                   conflicts=_SHAPES_WHOLE | {"script.language", "keywords.ends_with", "particles",
                                              "length.lines_growing"}),
    ConstraintType("repeat.bookends", _PHRASE, _draw_phrase, _check_bookends, _amend_bookends, rank=3, weight=0.5,
                   conflicts=_SHAPES_WHOLE | {"script.language", "keywords.starts_with", "keywords.ends_with",
                                              "particles"}),
)  # fmt: skip
