"""One written Thai syllable: its initial, vowel, final sound and tone mark, by the rules of spelling.

Covers regular spellings: true clusters, leading ห and อ, รร, ัว with ว alone, implicit โอะ and ออ, a silenced
letter (์), silent second finals (จักร, พุทธ), and two consonants that are no cluster, read with a short อะ between
(ถนน, สบาย). Does not cover ฤ, and words whose reading cannot be seen (ผลไม้, สมบัติ): `readings` lists those.

>>> [(s.initial, s.vowel, s.final) for s in spellings("ถนน")[0]]
[('ถ', 'ะ', ''), ('น', 'โ', 'น')]
>>> spellings("ใจ")[0][0].rime == spellings("วัย")[0][0].rime
True
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import regex

__all__ = ["FINAL_SOUNDS", "Reading", "Syllable", "spellings"]


class Syllable(NamedTuple):
    """`vowel` is its sound's sign, `long` None where a tone mark hides the length (เก่ง); `implied` is the unwritten อะ."""

    initial: str
    vowel: str
    long: bool | None
    final: str
    tone: str
    written: str
    implied: bool = False

    @property
    def rime(self) -> tuple[str, bool | None, str]:
        return self.vowel, self.long, self.final

    @property
    def is_dead(self) -> bool:
        """คำตาย: a stop at the end, or a short vowel with nothing after it."""
        return self.final in ("ก", "ด", "บ") or (not self.final and self.long is False)


Reading = tuple[Syllable, ...]

_CLUSTERS = "กร กล กว ขร ขล ขว คร คล คว ตร ปร ปล พร พล ผล บร บล ดร ฟร ฟล ทร สร ศร ซร จร"
_TRUE_CLUSTERS = frozenset(_CLUSTERS.split()) | {"ห" + sonorant for sonorant in "งญนมยรลว"}
_LED_BY_O = ("อย่า", "อยู่", "อย่าง", "อยาก")
FINAL_SOUNDS = {
    letter: sound
    for sound, letters in {
        "ก": "กขคฆ", "ด": "ดจชซฎฏฐฑฒตถทธศษส", "บ": "บปพภฟ", "ง": "ง", "น": "นญณรลฬ", "ม": "ม", "ย": "ย", "ว": "ว",
    }.items()
    for letter in letters
}  # fmt: skip
_F = "([" + "".join(FINAL_SOUNDS) + "])"
_T = "([่้๊๋]?)"
# Letters that stand silent after a final at a word's end: จักร, พุทธ, จันท(ร์), ศาสต(ร์), วงศ, สามารถ.
_SILENT = regex.compile(
    "(?<=(?:[ะ-ู]|[เ-โ][ก-ฮ]+)[่-๋]?[กคชตทฎ])ร$|(?<=[ะ-ู][่-๋]?[กส])[ตษ]$|(?<=[ะ-ู][่-๋]?ต)[ตถ]$|(?<=[ะ-ู][่-๋]?ท)ธ$"
    "|(?<=[ะ-ู][่-๋]?[นณ])[ตทธฑฏฐ]$|(?<=[ะ-ู][่-๋]?ญ)จ$|(?<=[ะ-ู][่-๋]?ฏ)ฐ$|(?<=^[ก-ฮ][นง])[ตทคศฆ]$|(?<=า)ร(?=[ถคท]$)"
)
# A letter that writes the vowel, not the initial: ว of สวน (but not of สวรรค์), ร of ธรรม.
_LETTER_OF_VOWEL = regex.compile("ว[่-๋]?(?!รร)[ก-ฮ]|รร")
_NO_SPELLING = regex.compile("[^ก-ฮะ-ูเ-ไ็-์]|[ฤฦ]")
_CONSONANTS = regex.compile("[ก-ฮ]+")
_LONGEST = 14
_KARAN = regex.compile("[ก-ฮ][ิุ]?์")

# After the leading vowel and the initial: pattern -> vowel, long, fixed final (None: the letter found).
_FRAMES: dict[str, list[tuple[regex.Pattern[str], str, bool | None, str | None]]] = {
    leading: [(regex.compile(pattern), vowel, long, final) for pattern, vowel, long, final in frames]
    for leading, frames in {
        "เ": [
            (f"ี{_T}ยะ", "เอีย", False, ""), (f"ี{_T}ย", "เอีย", True, ""), (f"ี{_T}ย{_F}", "เอีย", True, None),
            (f"ื{_T}อะ", "เอือ", False, ""), (f"ื{_T}อ", "เอือ", True, ""), (f"ื{_T}อ{_F}", "เอือ", True, None),
            (f"{_T}าะ", "ออ", False, ""), (f"{_T}า", "ะ", False, "ว"), (f"{_T}อะ", "เออ", False, ""),
            (f"{_T}อ", "เออ", True, ""), (f"{_T}อ{_F}", "เออ", True, None), (f"{_T}ะ", "เ", False, ""),
            (f"ิ{_T}{_F}", "เออ", None, None), (f"()็{_F}", "เ", False, None), (f"{_T}ย", "เออ", True, "ย"),
            (f"{_T}(?!ย){_F}", "เ", None, None), (_T, "เ", True, ""),
        ],
        "แ": [(f"()็{_F}", "แ", False, None), (f"{_T}ะ", "แ", False, ""), (f"{_T}{_F}", "แ", None, None), (_T, "แ", True, "")],
        "โ": [(f"{_T}ะ", "โ", False, ""), (f"{_T}{_F}", "โ", True, None), (_T, "โ", True, "")],
        "ไ": [(f"{_T}ย", "ะ", False, "ย"), (_T, "ะ", False, "ย")],
        "ใ": [(_T, "ะ", False, "ย")],
        "": [
            (f"ั{_T}วะ", "อัว", False, ""), (f"ั{_T}ว", "อัว", True, ""), (f"ั{_T}(?!ว){_F}", "ะ", False, None),
            (f"{_T}ะ", "ะ", False, ""), (f"{_T}า{_F}", "ะ", True, None), (f"{_T}า", "ะ", True, ""),
            (f"{_T}ำ", "ะ", False, "ม"),
            *[(f"{sign}{_T}{_F}", short, long, None) for sign, short, long in
              (("ิ", "อิ", False), ("ี", "อิ", True), ("ึ", "อึ", False), ("ื", "อึ", True), ("ุ", "อุ", False), ("ู", "อุ", True))],
            *[(f"{sign}{_T}", short, long, "") for sign, short, long in
              (("ิ", "อิ", False), ("ี", "อิ", True), ("ึ", "อึ", False), ("ุ", "อุ", False), ("ู", "อุ", True))],
            (f"ื{_T}อ", "อึ", True, ""), (f"{_T}ว{_F}", "อัว", True, None), (f"{_T}อ{_F}", "ออ", None, None),
            (f"{_T}อ", "ออ", True, ""), (f"()็อ{_F}", "ออ", False, None), (f"()รร{_F}", "ะ", False, None),
            ("()รร", "ะ", False, "น"), (f"{_T}ร", "ออ", True, "น"), (f"{_T}(?![ยรวอ]){_F}", "โ", False, None),
            ("()็", "ออ", False, ""), ("([่้])", "ออ", True, ""),
        ],
    }.items()
}  # fmt: skip


@lru_cache(maxsize=16384)
def spellings(unit: str) -> tuple[Reading, ...]:
    """How a piece between syllable boundaries can be read: as one syllable, else as two, else as several."""
    if len(unit) > _LONGEST or _NO_SPELLING.search(unit):
        return ()
    sounded = _SILENT.sub("", _KARAN.sub("", unit))
    if not sounded:
        return ()
    found = dict.fromkeys(_parses(sounded))
    for accepted in (_is_one, _is_led):
        kept = tuple(reading for reading in found if accepted(reading))
        if kept:
            return kept
    return _plainest(tuple(found))


def _plainest(found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Of readings in several syllables those with the fewest unwritten vowels."""
    fewest = min((_unwritten(reading) for reading in found), default=0)
    return tuple(reading for reading in found if _unwritten(reading) == fewest and len(reading) <= 4)


def _unwritten(reading: Reading) -> int:
    return sum(syllable.implied for syllable in reading)


def _is_one(reading: Reading) -> bool:
    return len(reading) == 1


def _is_led(reading: Reading) -> bool:
    return len(reading) == 2 and reading[0].implied


def _parses(text: str) -> Iterator[Reading]:
    for first, rest in _first_syllables(text):
        if not rest:
            yield first
        else:
            yield from (first + others for others in _parses(rest))


def _first_syllables(text: str) -> Iterator[tuple[Reading, str]]:
    leading = text[0] if text[0] in _FRAMES else ""
    start = len(leading)
    for width in (1, 2, 3):
        initial = text[start : start + width]
        led = _led(initial, text)
        if led is None or len(initial) < width:
            continue
        after = text[start + width :]
        if width > 1 and not leading and _LETTER_OF_VOWEL.match(initial[-1] + after):
            continue
        for pattern, vowel, long, final in _FRAMES[leading]:
            match = pattern.match(after)
            if match is None:
                continue
            sound = final if final is not None else FINAL_SOUNDS[match.group(2)]
            used = start + width + match.end()
            tone = match.group(1)
            shown_long = True if long is None and not tone else long
            main = Syllable(initial[led:], vowel, shown_long, sound, tone, leading + text[start + led : used])
            rest = text[used:]
            yield (*(Syllable(letter, "ะ", False, "", "", letter, True) for letter in initial[:led]), main), rest


def _led(initial: str, text: str) -> int | None:
    """How many letters of the initial are read with a short อะ of their own; None where it is no initial."""
    if not _CONSONANTS.fullmatch(initial):
        return None
    if len(initial) == 1 or initial in _TRUE_CLUSTERS:
        return 0
    if initial == "อย" and text in _LED_BY_O:
        return 0
    if len(initial) == 2:
        return None if initial[1] == "อ" else 1
    return 1 if initial[1:] in _TRUE_CLUSTERS and initial[:2] not in _TRUE_CLUSTERS else None
