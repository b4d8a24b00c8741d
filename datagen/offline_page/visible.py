"""Text of strangers, made harmless to look at: what steers a display, or hides, is spelt out.

Covers control codes, marks that turn the direction of writing, invisible spaces and the tag characters that hide text
in plain sight. The joiners that Thai and emoji use stay. HTML is the template's to escape; parts/text.js does the same.
"""

from __future__ import annotations

import re

__all__ = ["shown", "snippet"]

_SNIPPET = 110
_MARK = re.compile("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0300-\u036f\u200d\ufe0f]")
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


def shown(text: object) -> str:
    """
    >>> shown("ก\\u202eข"), shown("น้ำ 👩‍🍳")
    ('ก⟨U+202E⟩ข', 'น้ำ 👩‍🍳')
    """
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", str(text))


def snippet(text: str) -> str:
    """The beginning, never parted from the marks of its last letter.

    >>> len(snippet("ก" * 109 + "กี่ " + "ข" * 50))
    113
    """
    text = " ".join(text[: 4 * _SNIPPET].split())
    end = _SNIPPET
    while end < len(text) and _MARK.match(text[end]):
        end += 1
    return text[:end] + ("…" if end < len(text) else "")
