"""Particles that the dictionary hides: วันไหนคะ is cut as วัน ไห นคะ, because นคะ (mountain) is a word too.

Both word engines share the dictionary and so the mistake. Where a piece is a rare word that ends in คะ or นะ, a
writer of today means the particle, and the piece is cut in two. Everyday words (โยคะ, ชนะ, ฐานะ) stay whole.

>>> endings_apart(("วัน", "ไห", "นคะ", " ", "โยคะ"))
('วัน', 'ไห', 'น', 'คะ', ' ', 'โยคะ')
"""

from __future__ import annotations

from functools import cache, lru_cache

from pythainlp.corpus import thai_words

__all__ = ["endings_apart"]

_PARTICLES = ("คะ", "นะ")
_EVERYDAY_WORDS = (
    "นะคะ เจ้าคะ เพคะ ราคะ กามราคะ วิราคะ แคะ ค่อนแคะ แค่นแคะ ระแคะ เคาะแคะ โยคะ โภคะ มรรคะ มัคคะ เดชะตุงคะ เอตทัคคะ ธรรมจาคะ "
    "ชนะ ชัยชนะ ผู้ชนะ การชนะ ชำนะ กลองชนะ ฐานะ สถานะ ตามฐานะ ยกฐานะ ลดฐานะ ดำรงฐานะ วิทยฐานะ พาหนะ ยานพาหนะ ค่าพาหนะ ภาชนะ "
    "พยัญชนะ รูปพยัญชนะ ทัศนะ นานาทัศนะ ทรรศนะ มานะ ความมานะ มุมานะ แนะ ชี้แนะ ผู้ชี้แนะ เสนอแนะ ข้อเสนอแนะ การเสนอแนะ นัดแนะ "
    "ปฏิชีวนะ ยาปฏิชีวนะ หายนะ ความหายนะ วัฒนะ ยาอายุวัฒนะ อายุวัฒนะ วจนะ พระวจนะ วาสนะ รัตนะ ธนะ ลักษนะ คาตาคานะ ฮิรางานะ "
)
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())


@cache
def _rare() -> frozenset[str]:
    return frozenset(
        word for word in thai_words() if word.endswith(_PARTICLES) and word not in _EVERYDAY and word not in _PARTICLES
    )


@lru_cache(maxsize=1024)
def endings_apart(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The same text in the same order, with hidden คะ and นะ as tokens of their own."""
    if not any(token in _rare() for token in tokens):
        return tokens
    return tuple(piece for token in tokens for piece in (_halves(token) if token in _rare() else (token,)))


def _halves(token: str) -> tuple[str, str]:
    return token[:-2], token[-2:]
