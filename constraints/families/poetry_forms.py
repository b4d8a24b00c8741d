"""The fixed forms of Thai verse: กลอน (eight, six, four), กาพย์ยานี, กาพย์ฉบัง, โคลงสี่สุภาพ.

Checked: the number of วรรค, their syllables, the required rhymes (inside a stanza and to the next), and for โคลง the
places of เอก and โท. Not checked: tone rules of กลอน, inner rhymes, sense and beauty. A วรรค stands between white
space, on one line or several, but โคลง keeps one บาท a line. An unwritten อะ (ถนน, ราชการ) may count or not, as poets
have it and the instructions say. A rhyme or count that readers could dispute is UNDECIDED, never a guess.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Params, whole_number
from constraints.counting import LINES, Unit, exactly
from constraints.thai.rhyme import rhymes
from constraints.thai.spelling import Reading, Syllable
from constraints.thai.syllables import fewest_syllables, readings
from constraints.thai.verse import band, told, worst
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]


class Link(NamedTuple):
    """The last syllable of one วรรค rhymes with one of the first `among` of another; 0: with its last."""

    source: int
    target: int
    among: int


class Tone(NamedTuple):
    """A tone place: วรรค, syllable, the mark that stands there."""

    wak: int
    syllable: int
    mark: str


class Form(NamedTuple):
    """Syllables of each วรรค of a stanza, rhymes within it, and the rhyme that ties it to the next."""

    syllables: tuple[tuple[int, int], ...]
    links: tuple[Link, ...]
    tie: Link | None
    tones: tuple[Tone, ...] = ()


class Wak(NamedTuple):
    """One วรรค: for each way to read it, the syllable sequences that poets may count it as."""

    line: Line
    options: tuple[tuple[Reading, ...], ...]


_WAKS = Unit("phrases (wak)", "", "วรรค")
_KLON_PAET = Form(((7, 9),) * 4, (Link(0, 1, 5), Link(1, 2, 0), Link(2, 3, 5)), Link(3, 1, 0))
_KLON_HOK = Form(((6, 6),) * 4, (Link(0, 1, 4), Link(1, 2, 0), Link(2, 3, 4)), Link(3, 1, 0))
_KLON_SI = Form(((4, 4),) * 4, (Link(0, 1, 2), Link(1, 2, 0), Link(2, 3, 2)), Link(3, 1, 0))
_KAP_YANI = Form(((5, 5), (6, 6)) * 2, (Link(0, 1, 3), Link(1, 2, 0)), Link(3, 1, 0))
_KAP_CHABANG = Form(((6, 6), (4, 4), (6, 6)), (Link(0, 1, 0),), Link(2, 0, 0))
_KHLONG = Form(
    ((5, 5), (2, 2), (5, 5), (2, 2), (5, 5), (2, 2), (5, 5), (4, 4)),
    (Link(1, 2, 0), Link(1, 4, 0), Link(3, 6, 0)),
    None,
    tuple(
        Tone(*place)
        for place in (
            (2, 1, "่"),
            (3, 0, "่"),
            (3, 1, "้"),
            (4, 2, "่"),
            (5, 1, "่"),
            (6, 1, "่"),
            (6, 4, "้"),
            (7, 0, "่"),
            (7, 1, "้"),
        )
    ),
)

_GAP = regex.compile(r"\s+(?!ๆ)")
_GAP_BUT_AFTER_REPEAT = regex.compile(r"(?<!ๆ)[^\S\n]+(?!ๆ)|(?<=ๆ)[^\S\n]{2,}|\s*\n\s*")
_LETTER = regex.compile(r"[\p{L}--[ฯๆะ]]", regex.V1)  # the marks that close a verse are no letters


# cutting an answer into วรรค


def _waks(answer: Answer, wanted: int) -> list[Line]:
    """The pieces between white space; ๆ stays with its word, and a blank after it parts only where it must."""
    whole = (0, len(answer.text))
    joined = list(_between(answer.text, whole, _GAP_BUT_AFTER_REPEAT))
    return joined if len(joined) == wanted else list(_between(answer.text, whole, _GAP))


def _between(text: str, at: tuple[int, int], gap: regex.Pattern[str]) -> Iterator[Line]:
    start = at[0]
    for end, following in [*(found.span() for found in gap.finditer(text, *at)), (at[1], at[1])]:
        piece = text[start:end]
        if _LETTER.search(piece):
            yield Line(piece, (start, end))
        start = following


# readings of one วรรค


def _read(line: Line) -> Wak:
    return Wak(line, tuple(tuple(_counted(reading)) for reading in readings(line.text) or ()))


def _counted(reading: Reading) -> Iterator[Reading]:
    """The reading with each unwritten อะ counted or not."""
    choices: list[tuple[Reading, ...]] = [
        ((), (syllable,)) if syllable.implied else ((syllable,),) for syllable in reading[:-1]
    ]
    choices.append((reading[-1:],))
    for kept in itertools.islice(itertools.product(*choices), 64):
        yield tuple(itertools.chain.from_iterable(kept))


def _fitting(wak: Wak, low: int, high: int) -> list[list[Reading]]:
    """For each way to read it, the ways to count it that keep the number of syllables."""
    return [[way for way in ways if low <= len(way) <= high] for ways in wak.options]


def _length(wak: Wak, low: int, high: int) -> Verdict:
    found = sorted({len(way) for ways in wak.options for way in ways})
    if not found and fewest_syllables(wak.line.text) <= high:
        return undecided("a phrase cannot be read in syllables", "นับพยางค์ของวรรคนี้ไม่ได้แน่นอน", wak.line.at)
    fitting = _fitting(wak, low, high)
    if not any(fitting):
        return fail(
            f"a phrase of {told(found, ' or ')} syllables, wanted {band(low, high, ' to ')}",
            f"วรรคนี้มี {told(found, ' หรือ ')} พยางค์ ต้องการ {band(low, high, ' ถึง ')} พยางค์",
            wak.line.at,
        )
    if all(fitting):
        return PASS
    return undecided(
        f"a phrase has {told(found, ' or ')} syllables", f"วรรคนี้อ่านได้ {told(found, ' หรือ ')} พยางค์", wak.line.at
    )


# rhymes and tones


def _best(outcomes: Iterable[bool | None]) -> bool | None:
    """True where one is True, else None where one is None."""
    found = set(outcomes)
    return True if True in found else None if None in found else False


def _common(outcomes: Iterable[bool | None]) -> bool | None:
    """The outcome that all ways to read have in common."""
    found = set(outcomes)
    return found.pop() if len(found) == 1 else None


def _targets(way: Reading, among: int) -> Sequence[Syllable]:
    return way[:among] if among else way[-1:]


def _rhyming(source: list[Reading], target: list[Reading], among: int) -> bool | None:
    return _best(rhymes(first[-1], second) for first in source for way in target for second in _targets(way, among))


def _rhyme(source: Wak, target: Wak, among: int, form_bands: tuple[tuple[int, int], tuple[int, int]]) -> Verdict:
    """The rhyme of one วรรค with another, over every way to read the two."""
    sources = _usable(source, *form_bands[0])
    targets = _usable(target, *form_bands[1])
    outcome = _common(_rhyming(first, second, among) for first in sources for second in targets)
    if outcome:
        return PASS
    if outcome is None:
        return undecided("a required rhyme is unclear", "ตัดสินไม่ได้ว่าวรรคนี้รับสัมผัสบังคับหรือไม่", target.line.at)
    word = sources[0][0][-1].written
    return fail(
        f"no rhyme with {word!r} where one is required", f'วรรคนี้ไม่มีคำที่รับสัมผัสกับ "{word}" ตามบังคับ', target.line.at
    )


def _usable(wak: Wak, low: int, high: int) -> list[list[Reading]]:
    """Ways to count that keep the form, or all of them where a way to read has none."""
    return [fitting or list(ways) for fitting, ways in zip(_fitting(wak, low, high), wak.options, strict=True)]


def _bears(syllable: Syllable, mark: str) -> bool:
    """Whether a syllable may stand at a tone place: with its mark, or a dead syllable for เอก."""
    return syllable.tone == mark or (mark == "่" and not syllable.tone and syllable.is_dead)


def _tone(wak: Wak, count: tuple[int, int], places: Sequence[tuple[tuple[int, str], ...]]) -> Verdict:
    """Whether a วรรค keeps one of several sets of tone places, in every way to read it."""
    outcome = _common(
        _best(all(_bears(way[place], mark) for place, mark in wanted) for wanted in places for way in ways)
        for ways in _fitting(wak, *count)
    )
    if outcome:
        return PASS
    if outcome is None:
        return undecided("a tone place is unclear", "ตัดสินตำแหน่งเอกโทของวรรคนี้ไม่ได้", wak.line.at)
    return fail("a required tone mark is missing", "วรรคนี้ไม่มีรูปวรรณยุกต์ตามตำแหน่งเอกโทที่บังคับ", wak.line.at)


# a whole poem


def _keeps(lines: Sequence[Line], form: Form) -> Verdict:
    return worst(_requirements([_read(line) for line in lines], form))


def _requirements(waks: Sequence[Wak], form: Form) -> Iterator[Verdict]:
    """A verdict on each count, then on each rhyme and tone of a poem whose number of วรรค is right."""
    size = len(form.syllables)
    bands = form.syllables * (len(waks) // size)
    for wak, (low, high) in zip(waks, bands, strict=True):
        yield _length(wak, low, high)
    for start in range(0, len(waks), size):
        for source, target, among in form.links:
            first, second = start + source, start + target
            yield _rhyme(waks[first], waks[second], among, (bands[first], bands[second]))
        if start and form.tie:
            first, second = start - size + form.tie.source, start + form.tie.target
            yield _rhyme(waks[first], waks[second], form.tie.among, (bands[first], bands[second]))
        yield from _tones(waks[start : start + size], form)


def _tones(stanza: Sequence[Wak], form: Form) -> Iterator[Verdict]:
    for number, places in itertools.groupby(form.tones, key=lambda tone: tone.wak):
        wanted = tuple((tone.syllable, tone.mark) for tone in places)
        yield _tone(stanza[number], form.syllables[number], [wanted])
    if form.tones:  # the first เอก and โท may change places
        yield _tone(stanza[0], form.syllables[0], [((3, "่"), (4, "้")), ((3, "้"), (4, "่"))])


def _verse(answer: Answer, params: Params, form: Form) -> Verdict:
    wanted = params["stanzas"] * len(form.syllables)
    lines = _waks(answer, wanted)
    verdict = exactly(len(lines), wanted, _WAKS)
    return _keeps(lines, form) if verdict.passed else verdict


def _draw_stanzas(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"stanzas": rng.choice((1, 1, 2, 2, 3, 4))}


def _check_klon_paet(answer: Answer, params: Params) -> Verdict:
    return _verse(answer, params, _KLON_PAET)


def _check_klon_hok(answer: Answer, params: Params) -> Verdict:
    return _verse(answer, params, _KLON_HOK)


def _check_klon_si(answer: Answer, params: Params) -> Verdict:
    return _verse(answer, params, _KLON_SI)


def _check_kap_yani(answer: Answer, params: Params) -> Verdict:
    return _verse(answer, params, _KAP_YANI)


def _check_kap_chabang(answer: Answer, params: Params) -> Verdict:
    return _verse(answer, params, _KAP_CHABANG)


def _check_khlong_si_suphap(answer: Answer, params: Params) -> Verdict:
    verdict = exactly(len(answer.placed_lines), 4 * params["stanzas"], LINES)
    if not verdict.passed:
        return verdict
    waks: list[Line] = []
    extra: list[Verdict] = []
    for number, line in enumerate(answer.placed_lines):
        pieces = list(_between(answer.text, line.at, _GAP))
        if len(pieces) not in ((2, 3), (2,))[number % 2]:  # คำสร้อย after the first and third บาท alone
            return fail("a line is not divided as the form wants", "บาทนี้แบ่งวรรคไม่ตรงตามแบบโคลงสี่สุภาพ", line.at)
        waks += pieces[:2]
        extra += [_length(_read(piece), 2, 2) for piece in pieces[2:]]
    return worst([*extra, _keeps(waks, _KHLONG)])


# a verse that keeps each form, whose stanzas tie to one another


_KLON_PAET_STANZA = "ยามเช้าแดดอ่อนส่องบนยอดหญ้า\nลมพัดมาแผ่วแผ่วชื่นดวงใจ\nนกน้อยร้องร่าเริงบนกิ่งไม้\nดอกไม้ไหวแกว่งไกวรับวันใหม่"
_KLON_HOK_STANZA = "ยามเช้าฟ้าใสลมเย็น\nมองเห็นนกน้อยเริงร่า\nดอกไม้แย้มบานงามตา\nชวนพาให้รื่นอุรา"
_KLON_SI_STANZA = "ฟ้าสวยลมเย็น\nมองเห็นปลาว่าย\nดอกไม้เรียงราย\nชมชายหาดทราย"
_KAP_YANI_STANZA = "ยามเช้าแสงทองส่อง นกร้องเพลงบนกิ่งไม้\nลมอ่อนพัดชื่นใจ ฝูงปลาว่ายในน้ำใส"
_KAP_CHABANG_STANZA = "ยามเช้าแสงแดดอุ่นดี ฟ้าสวยสดสี\nเราเดินชมสวนมากมี"
_KHLONG_STANZA = "ดวงตะวันส่องฟ้า งามตา\nลมอ่อนพัดพามา ชื่นแล้ว\nนกร้องร่ำบินหา เพื่อนพี่\nใจพี่รักน้องแก้ว อยู่ใกล้ทุกวัน"


def _amend_stanzas(stanza: str, params: Params) -> str:
    return "\n\n".join([stanza] * params["stanzas"])


def _amend_klon_paet(text: str, params: Params, filler: str) -> str:
    return _amend_stanzas(_KLON_PAET_STANZA, params)


def _amend_klon_hok(text: str, params: Params, filler: str) -> str:
    return _amend_stanzas(_KLON_HOK_STANZA, params)


def _amend_klon_si(text: str, params: Params, filler: str) -> str:
    return _amend_stanzas(_KLON_SI_STANZA, params)


def _amend_kap_yani(text: str, params: Params, filler: str) -> str:
    return _amend_stanzas(_KAP_YANI_STANZA, params)


def _amend_kap_chabang(text: str, params: Params, filler: str) -> str:
    return _amend_stanzas(_KAP_CHABANG_STANZA, params)


def _amend_khlong(text: str, params: Params, filler: str) -> str:
    return _amend_stanzas(_KHLONG_STANZA, params)


_STANZAS = {"stanzas": whole_number(maximum=20)}
_VERSE = frozenset(
    {"length", "keywords", "repeat", "layout", "punctuation", "letters", "particles", "numerals", "dates", "forms", "json",
     "yaml", "csv", "poetry", "script"}
)  # fmt: skip

TYPES = (
    ConstraintType("poetry.klon_paet", _STANZAS, _draw_stanzas, _check_klon_paet, _amend_klon_paet, rank=1,
                   conflicts=_VERSE, thai=True),
    ConstraintType("poetry.klon_hok", _STANZAS, _draw_stanzas, _check_klon_hok, _amend_klon_hok, rank=1, weight=0.25,
                   conflicts=_VERSE, thai=True),
    ConstraintType("poetry.klon_si", _STANZAS, _draw_stanzas, _check_klon_si, _amend_klon_si, rank=1, weight=0.5,
                   conflicts=_VERSE, thai=True),
    ConstraintType("poetry.kap_yani", _STANZAS, _draw_stanzas, _check_kap_yani, _amend_kap_yani, rank=1, weight=0.5,
                   conflicts=_VERSE, thai=True),
    ConstraintType("poetry.kap_chabang", _STANZAS, _draw_stanzas, _check_kap_chabang, _amend_kap_chabang, rank=1,
                   weight=0.25, conflicts=_VERSE, thai=True),
    ConstraintType("poetry.khlong_si_suphap", _STANZAS, _draw_stanzas, _check_khlong_si_suphap, _amend_khlong, rank=1,
                   weight=0.5, conflicts=_VERSE, thai=True),
)  # fmt: skip
