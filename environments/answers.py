"""Whether a reply says the answer of a question: yes, no, or it cannot be told.

What follows the last คำตอบ: is judged where there is one, else the whole reply without its thoughts. Numbers, times
and dates are compared as values however they are written (Thai digits, words, commas, size words, minutes for hours,
either era); names without white space. Nobody is fooled by listing:

    True   the answer is said, and no other value that could be meant
    False  it is not said, or is denied, or stands beside another with หรือ, in a range, or among three and more
    None   it is said beside one other value of its kind, and which of the two is meant is not judged; or it stands
           somewhere in a long text

What the question itself mentions (ร้าน 60 ตารางเมตร), and numbers of sections (ข้อ 101), are no values of the reply.

>>> ask = Question("q", "ค่าแผงวันละกี่บาท", "34 บาท", ("34 บาท",), "number", (), "")
>>> [matches(said, ask) for said in ("คำตอบ: ๓๔ บาทต่อวัน", "สามสิบสี่บาท", "27 บาท", "34 หรือ 27 บาท", "34 บาท ไม่ใช่ 27 บาท")]
[True, True, False, False, True]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import regex

from constraints.verdict import Span
from datagen.proof.labels import denied
from datagen.proof.mentions import Mentions, read_mentions, readable
from environments.question import Question

__all__ = ["MAX_SAID", "MAX_TOLD", "matches", "told"]

MAX_SAID = 20_000
"""Characters: a longer reply answers nobody, and is False."""

MAX_TOLD = 200
"""Characters: in a longer text, which may be a whole section, an answer is not judged (คำตอบ: tells it apart)."""

_LABEL = regex.compile(r"(?:คำตอบ(?:สุดท้าย|คือ)?|^[ \t>*#_-]*ตอบ)[*_ ]*[::][*_ ]*", regex.MULTILINE)
_THOUGHT = "</think>"
_SECTION = regex.compile(r"(?:ข้อ(?:ที่)?|มาตรา|หมวด|รหัส|id) ?[:=]? ?[\"'“]?\d+", regex.IGNORECASE)
_EITHER = regex.compile(r"หรือ|\bor\b|ไม่(?:แน่ใจ|ทราบ|รู้)|(?<=\d[^\n]{0,12})(?: ?[-–—~/] ?|ถึง ?)(?=\d)")
_DENIED = regex.compile(r"(?:ไม่ใช่|มิใช่|ไม่ได้(?:อยู่)?(?:เป็น|ที่)?|ไม่เป็น|ห้ามใช้) *[\"'“‘(]?\Z")
_BARE_TIME = regex.compile(r"(?<![\d.,:])\d{1,2}\.\d{2}(?![\d.:])(?! ?(?:น\.|บาท|เมตร|%))")  # 16.10, asked for a time
_MOST_OTHERS = 1
_MARKS = regex.compile(r"[\s\"'“”‘’()*_.,]")
_COUNTED = ("ลิตร", "ลักซ์", "ตัว", "เล่ม", "ชิ้น", "กระสอบ", "ต้น", "คัน", "ชุด", "คืน", "งวด", "แผ่น", "ครั้ง", "ที่นั่ง")
# One unit: what it is counted in, and how many of that. Anything else behind a number is no unit (ครับ, ต่อวัน).
_UNITS: Mapping[str, tuple[str, Decimal]] = {
    name: (base, Decimal(size))
    for base, size, names in (
        ("minute", "1", "นาที"),
        ("minute", "60", "ชั่วโมง ชม"),
        ("day", "1", "วัน"),
        ("day", "7", "สัปดาห์ อาทิตย์"),
        ("month", "1", "เดือน"),
        ("month", "12", "ปี"),
        ("metre", "1", "เมตร ม."),
        ("metre", "0.01", "เซนติเมตร ซม เซน"),
        ("metre", "1000", "กิโลเมตร กม"),
        ("gram", "1", "กรัม"),
        ("gram", "1000", "กิโลกรัม กิโล กก"),
        ("area", "1", "ตารางเมตร ตร.ม ตรม"),
        ("speed", "1", "กิโลเมตรต่อชั่วโมง กม./ชม กม.ต่อชม กม/ชม"),
        ("baht", "1", "บาท ฿"),
        ("baht", "0.01", "สตางค์"),
        ("percent", "1", "% เปอร์เซ็นต์ เปอร์เซนต์"),
        ("degree", "1", "องศาเซลเซียส องศา °C ℃"),
        ("decibel", "1", "เดซิเบล dB"),
        ("person", "1", "คน ท่าน ราย"),
        ("house", "1", "หลังคาเรือน ครัวเรือน หลัง"),
        *((name, "1", name) for name in _COUNTED),
    )
    for name in names.split()
}
_UNIT = regex.compile(" ?(?P<unit>" + "|".join(map(regex.escape, sorted(_UNITS, key=len, reverse=True))) + ")")
_PERCENT_BEFORE = regex.compile(r"ร้อยละ ?\Z")
_NAMED_BY_NUMBER = regex.compile(r"(?:(?P<day>วันที่)|ชั้น(?:ที่)?|ช่อง|หมายเลข|หน้าต่าง|เบอร์|ซอย) ?\Z")
_BETWEEN_PARTS = regex.compile(r" ?[^\d\s]{1,12} ?(?:กับ|และ)? ?")


@dataclass(frozen=True, slots=True)
class _Value:
    """`figure` as it is written, `number` in the base of `unit`; `unit` is "" where none is written."""

    figure: Decimal
    number: Decimal
    unit: str
    at: Span

    def says(self, other: _Value) -> bool:
        """Whether it is the same value; a figure without a unit is meant in the other's."""
        if self.unit and other.unit:
            return (self.unit, self.number) == (other.unit, other.number)
        return self.figure == other.figure


def matches(said: str, question: Question | Mapping[str, Any]) -> bool | None:
    """Whether `said` gives the question's answer. Raises CorpusError where the question is none."""
    asked = question if isinstance(question, Question) else Question.from_dict(question)
    said = said.rpartition(_THOUGHT)[2]
    if not said.strip() or len(said) > MAX_SAID:
        return False
    answer = told(said)
    judge = {"number": _number, "date": _moment, "time": _moment}.get(asked.kind, _name)
    says = judge(answer, asked)
    return None if says and len(answer) > MAX_TOLD else says


def told(said: str) -> str:
    """What follows the last คำตอบ: on its line; all of it where there is none.

    >>> told("คิดก่อนนะ 27\\nคำตอบ: 34 บาท\\nขอบคุณครับ"), told(" 34 บาท ")
    ('34 บาท', '34 บาท')
    """
    labels = list(_LABEL.finditer(said))
    return said[labels[-1].end() :].strip().partition("\n")[0] if labels else said.strip()


def _number(told: str, asked: Question) -> bool | None:
    wanted = [value for spelling in asked.accepted for value in _values(spelling)]
    asked_of = {value.number for value in _values(asked.question)}
    units = {value.unit for value in wanted if value.unit}
    text = _without_sections(told)
    found = [value for value in _values(text) if not value.unit or value.unit in units or not units]
    right = [value for value in found if any(value.says(each) for each in wanted)]
    others = [value for value in found if value not in right and value.number not in asked_of]
    return _judged(text, [value.at for value in right], {value.number: value.at for value in others})


def _moment(told: str, asked: Question) -> bool | None:
    text = _without_sections(told)
    if asked.kind == "time":
        text = _BARE_TIME.sub(r"\g<0> น.", text)
    read = _times if asked.kind == "time" else _days
    wanted = {
        moment for spelling in asked.accepted for moments, _ in read(read_mentions(spelling)) for moment in moments
    }
    asked_of = {moment for moments, _ in read(read_mentions(asked.question)) for moment in moments}
    right: list[Span] = []
    others: dict[Any, Span] = {}
    for moments, at in read(read_mentions(text)):
        if moments & wanted:
            right.append(at)
        elif not moments & asked_of:
            others[frozenset(moments)] = at
    return _judged(text, right, others)


def _times(said: Mentions) -> list[tuple[frozenset[Any], Span]]:
    return [(frozenset(time.options), time.at) for time in said.times]


def _days(said: Mentions) -> list[tuple[frozenset[Any], Span]]:
    return [(frozenset({(day.day, day.month)}), day.at) for day in said.days]


def _judged(text: str, right: list[Span], others: Mapping[Any, Span]) -> bool | None:
    """From where the right value and the other ones stand; what is denied is not told."""
    right = [at for at in right if not _denied(at, text)]
    others = {value: at for value, at in others.items() if not _denied(at, text)}
    if not right or len(others) > _MOST_OTHERS:
        return False
    if not others:
        return True
    places = sorted([*right, *others.values()])
    between = text[places[0][0] : places[-1][1]]
    return False if _EITHER.search(between) else None


def _denied(at: Span, text: str) -> bool:
    return denied(at, text) or _DENIED.search(text, max(0, at[0] - 30), at[0]) is not None


def _name(told: str, asked: Question) -> bool | None:
    text = readable(told)
    options = [option for option in asked.options if option != asked.answer]
    said = [at for spelling in asked.accepted for at in _places(text, spelling)]
    not_meant = [at for at in said if _denied(at, text)]
    right = [at for at in said if not any(start <= at[0] and at[1] <= end for start, end in not_meant)]
    wrong = [
        at
        for option in options
        for at in _places(text, option)
        if not _denied(at, text) and not any(start <= at[0] and at[1] <= end for start, end in right)
    ]
    if not right:
        return False
    if not wrong:
        return True
    between = text[min(*right, *wrong)[0] : max(*right, *wrong)[1]]
    return False if len(wrong) > _MOST_OTHERS or _EITHER.search(between) else None


def _places(text: str, name: str) -> list[Span]:
    """Where a name stands, whatever white space and punctuation is in it, and in no longer word of Latin or digits."""
    letters = [regex.escape(letter) for letter in _MARKS.sub("", readable(name))]
    found = regex.finditer(r"(?<![\da-zA-Z])" + r"[\s\"'“”‘’()*_.,]*".join(letters) + r"(?![\da-zA-Z])", text)
    return [match.span() for match in found]


def _without_sections(text: str) -> str:
    return _SECTION.sub(lambda match: "\x00" * len(match[0]), readable(text))


@lru_cache(maxsize=4096)
def _values(text: str) -> tuple[_Value, ...]:
    """Numbers with their units, "1 ชั่วโมง 20 นาที" as one; times and dates are none, but the day in "วันที่ 8" is."""
    said = read_mentions(text)
    values = [_Value(Decimal(each.parts[0]), Decimal(each.minutes), "minute", each.at) for each in said.lengths]
    for amount in said.amounts:
        unit, size = _unit(said.text, amount.at)
        alone = said.text[amount.at[0] : amount.at[1]] == said.text.strip()
        if not amount.ordinal and (amount.sure or unit or alone):  # ช่างปูนสาม is a name
            values.append(_Value(amount.value, amount.value * size, unit, amount.at))
    return _joined(said.text, sorted(values, key=lambda value: value.at))


def _unit(text: str, at: Span) -> tuple[str, Decimal]:
    if _PERCENT_BEFORE.search(text, max(0, at[0] - 8), at[0]):
        return "percent", Decimal(1)
    if named := _NAMED_BY_NUMBER.search(text, max(0, at[0] - 12), at[0]):
        return ("day of month" if named["day"] else "number of"), Decimal(1)
    if match := _UNIT.match(text, at[1]):
        return _UNITS[match["unit"]]
    return ("baht" if text[: at[0]].endswith("฿") else ""), Decimal(1)


def _joined(text: str, values: list[_Value]) -> tuple[_Value, ...]:
    """6 เมตร 50 เซนติเมตร is one value: the smaller unit stands right behind the larger one."""
    joined: list[_Value] = []
    for value in values:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.unit == value.unit != ""
            and _unit(text, last.at)[1] > _unit(text, value.at)[1]
            and _BETWEEN_PARTS.fullmatch(text[last.at[1] : value.at[0]])
        ):
            joined[-1] = _Value(last.figure, last.number + value.number, value.unit, (last.at[0], value.at[1]))
        else:
            joined.append(value)
    return tuple(joined)
