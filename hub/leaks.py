"""What must not leave the house, found in one text: secrets and personal data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import regex

from hub.personal_data import find_personal_data
from hub.readings import readings
from hub.secrets import find_secrets

__all__ = ["Leak", "find_leaks"]

# Most texts hold few digits, nothing of the length of a key and none of the words: they are read no further.
_WORTH_READING = regex.compile(
    r"\A(?s:\P{Nd}*+\p{Nd}){9}|[A-Za-z0-9_+/=.-]{16}|@|\bat\b|แอท|\\u|BEGIN|://"
    r"|(?i:passw|pwd|secret|token|key|bearer|passport)"
    r"|รหัสผ่าน|ศูนย์|บัญชี|เดินทาง|พาสปอร์ต|ไลน์|(?i:line)|ทะเบียน|ตำบล|ต\.|แขวง|[ก-ฮ]{2} [0-9๐-๙]{1,4} \p{Thai}",
)


@dataclass(frozen=True, slots=True)
class Leak:
    """`value` is what was found, in one way of writing; it is for comparing and never shown or stored."""

    kind: str
    value: str
    secret: bool

    @property
    def shown(self) -> str:
        """Enough to find it in the text, too little to use it."""
        ends = 4 if self.secret and len(self.value) >= 20 else 2 if len(self.value) >= 8 else 1
        return f"{self.value[:ends]}…{'' if self.secret else self.value[-2:]} ({len(self.value)} characters)"

    def mark(self, *place: str) -> str:
        """A name for this value at this place, from which the value cannot be told but by trying all."""
        return hashlib.sha256("\0".join((*place, self.kind, self.value)).encode()).hexdigest()[:12]


def find_leaks(text: str) -> list[Leak]:
    """Each value once, in the order of the readings.

    >>> [(leak.kind, leak.shown) for leak in find_leaks("โทร **๐๘๑**-๒๓๔-๕๖๗๘")]
    [('phone', '08…78 (10 characters)')]
    """
    if not _WORTH_READING.search(text):
        return []
    found: dict[Leak, None] = {}
    for reading, joined in readings(text):
        secrets = list(find_secrets(reading, joined=joined))
        found |= dict.fromkeys(Leak(kind, value, True) for kind, value in secrets)
        if not joined:
            found |= dict.fromkeys(Leak(kind, value, False) for kind, value in find_personal_data(reading))
    return _without_parts(list(found))


def _without_parts(leaks: list[Leak]) -> list[Leak]:
    """A secret that is part of another one (a key cut at a line's end, a key in an assignment) is named once."""
    return [
        leak
        for leak in leaks
        if not any(other is not leak and leak.secret and other.secret and leak.value in other.value for other in leaks)
    ]
