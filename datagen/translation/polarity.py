"""Whether each quoted part of a text is asked for or forbidden, told by the words around it.

Putting parts back by number (parts.py) cannot exchange them, but a translator can: "use [[QUOTE1]], not [[QUOTE2]]"
may come back as "ใช้ [[QUOTE2]] ไม่ใช่ [[QUOTE1]]". So the nearest governing words before every quoted part are read
in both languages and must agree; "replace [[QUOTE1]] with [[QUOTE2]]" and "ใช้ [[QUOTE2]] แทน [[QUOTE1]]" agree too:
what is replaced counts as forbidden. Where a sentence negates without forbidding ("why can't I open ...", "เปิด ...
ไม่ได้") nothing is concluded. A rule of thumb: double negation and irony are not understood.

>>> polarities("Use [[QUOTE1]] but never [[QUOTE2]] or [[QUOTE3]].", "en")
{1: False, 2: True, 3: True}
>>> polarities("ห้ามใช้ [[QUOTE2]] หรือ [[QUOTE3]] แต่ให้ใช้ [[QUOTE1]]", "th")
{2: True, 3: True, 1: False}
"""

from __future__ import annotations

import regex

from constraints.text import arabic_digits
from datagen.translation.parts import TOKEN

__all__ = ["ban_lost", "polarities"]

# What forbids, what ends the scope of a ban, what is no ban though it looks like one, and what negates without forbidding.
_FORBIDS = {
    "en": r"\b(?:do not|don['’]t|must not|mustn['’]t|should not|shouldn['’]t|may not|never|without|avoid(?:ing)?|exclud(?:e|ing)"
          r"|omit(?:ting)?|skip(?:ping)?|leave out|refrain from|instead of|rather than|in place of|other than|except(?: for)?"
          r"|replac(?:e|ing)|chang(?:e|ing)|remov(?:e|ing)|delet(?:e|ing)|forbidden|ban(?:ned)?)\b|(?:,|\band|\bbut) not\b",
    "th": r"ห้าม|อย่า(?!ง)|ไม่(?:ให้|ควร|ต้อง|ใช่|ใช้|ใส่|เขียน|พูด|มี|เอา)|หลีกเลี่ยง|(?<!แสด)งด(?!งาม)|ยกเว้น|ปราศจาก|(?<!ตัว|ทด)แทน(?:ที่(?:จะ)?)?|เปลี่ยน|(?<![กห])ลบ|ตัด(?!สิน|เย็บ)"
          r"|นอกจาก|นอกเหนือ",
}  # fmt: skip
_RELEASES = {
    "en": r"[.;!?:\n]|\b(?:but|however|although|only|then|with|to|by|into|and (?:use|say|write|include|add|mention|end|start|begin|put|call))\b",
    "th": r"\n|แต่(?!ละ)|โดย|ด้วย|เป็น|จง|(?:และ|แล้ว)?(?:ให้|ต้อง|ควร)|และ(?:ใช้|ใส่|เขียน|พูด|จบ|ขึ้นต้น|ลงท้าย)|แล้ว",
}  # fmt: skip
_NO_BAN = {
    "en": r"\b(?:do not|don['’]t|never) forget\b|\bnot only\b|\bno (?:more|less|fewer) than\b|\bnot (?:more|less|fewer) than\b",
    "th": r"อย่าลืม|ไม่เพียง|ไม่ใช่แค่|ไม่(?:เกิน|น้อยกว่า|ต่ำกว่า|มากกว่า)|แทนค่า|ไม่ว่า|ใช่หรือไม่|หรือไม่",
}  # fmt: skip
_UNCLEAR = {
    "en": r"\b(?:not|no|\w+n['’]t|cannot|nor|neither|unless|lest|fail(?:s|ed)? to)\b",
    "th": r"ไม่|มิ(?:ได้|ใช่)|เว้น(?!วรรค)",
}
_SCANNERS = {
    lang: regex.compile(rf"(?P<token>{TOKEN.pattern})|(?P<no_ban>{_NO_BAN[lang]})|(?P<ban>{_FORBIDS[lang]})|(?P<free>{_RELEASES[lang]})"
                        rf"|(?P<unclear>{_UNCLEAR[lang]})", regex.IGNORECASE)
    for lang in _FORBIDS
}  # fmt: skip
_QUOTED = regex.compile(r"QUOTE|WORD", regex.IGNORECASE)


_PROHIBITS = {
    "en": regex.compile(
        r"\b(?:do not|don['’]t|must not|mustn['’]t|should not|never|avoid|without)\b", regex.IGNORECASE
    ),
    "th": regex.compile(r"ห้าม|อย่า(?!ง)|โดยไม่|หลีกเลี่ยง"),
}
_NEGATES = {
    "en": regex.compile(
        r"\b(?:no|not|never|nor|none|nothing|nobody|neither|without|avoid\w*|cannot|refrain|exclud\w*|omit\w*|skip\w*|free of"
        r"|forbid\w*|prohibit\w*|\w+n['’]t)\b|-free\b|\bun\w+|\bless\b",
        regex.IGNORECASE,
    ),
    "th": regex.compile(r"ห้าม|อย่า(?!ง)|ไม่|มิ(?:ได้|ใช่|ให้|ต้อง)|เลี่ยง|งด|ยกเว้น|ปราศจาก|ไร้|นอกจาก|เว้น|ปลอด"),
}


def ban_lost(text: str, translation: str, source: str, target: str) -> str:
    """The words of `text` that forbid something, where nothing in the translation negates anything; "" where all is well.

    >>> ban_lost("Do not mention the price.", "กล่าวถึงราคาด้วย", "en", "th")
    'Do not'
    >>> ban_lost("Do not mention the price.", "ห้ามกล่าวถึงราคา", "en", "th")
    ''
    """
    found = _PROHIBITS[source].search(regex.sub(_NO_BAN[source], " ", text, flags=regex.IGNORECASE))
    return found[0] if found and not _NEGATES[target].search(translation) else ""


def polarities(text: str, lang: str) -> dict[int, bool | None]:
    """Number of each quoted part -> whether it is forbidden (or replaced), None where nobody can tell; in text order."""
    found: dict[int, bool | None] = {}
    forbidden: bool | None = False
    for match in _SCANNERS[lang].finditer(text):
        if match["token"] is not None:
            if _QUOTED.search(match[0]):
                number = regex.search(r"[0-9\u0e50-\u0e59]+", match[0])
                assert number is not None
                found[int(arabic_digits(number[0]))] = forbidden
        elif match["ban"] is not None:
            forbidden = True
        elif match["free"] is not None:
            forbidden = False
        elif match["unclear"] is not None and not forbidden:
            forbidden = None
    return found
