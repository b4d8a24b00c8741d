"""Schemas of the parameters that tools of many domains take, strict in the same way: what does not fit is refused.

Each takes its description in Thai and in English.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

__all__ = ["baht", "choice", "clock", "day", "flag", "parameters", "text", "whole"]

_MOST_BAHT = 1_000_000_000_000


def parameters(properties: Mapping[str, Any], optional: Collection[str] = ()) -> dict[str, Any]:
    """An object with these properties, all required but the optional ones, and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def text(th: str, en: str, *, pattern: str = "", longest: int = 80) -> dict[str, Any]:
    """Some words; with a pattern, a code such as a booking number."""
    size = {"pattern": pattern} if pattern else {"minLength": 1, "maxLength": longest}
    return {"type": "string", **size, "description": {"th": th, "en": en}}


def choice(values: Sequence[str], th: str, en: str) -> dict[str, Any]:
    """One of these words."""
    return {"type": "string", "enum": list(values), "description": {"th": th, "en": en}}


def day(th: str, en: str) -> dict[str, Any]:
    """A date of the Common Era, ISO."""
    pattern = r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
    return text(f"{th} เป็นปี ค.ศ. รูปแบบ YYYY-MM-DD", f"{en} (Common Era), YYYY-MM-DD", pattern=pattern)


def clock(th: str, en: str) -> dict[str, Any]:
    """A time of day, HH:MM."""
    return text(f"{th} แบบ 24 ชั่วโมง HH:MM", f"{en}, 24-hour HH:MM", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


def whole(low: int, high: int, th: str, en: str) -> dict[str, Any]:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": low, "maximum": high, "description": {"th": th, "en": en}}


def baht(th: str, en: str) -> dict[str, Any]:
    """An amount of money above zero."""
    limits = {"minimum": 0.01, "maximum": _MOST_BAHT}
    return {"type": "number", **limits, "description": {"th": f"{th} (บาท)", "en": f"{en} (baht)"}}


def flag(th: str, en: str) -> dict[str, Any]:
    """Yes or no."""
    return {"type": "boolean", "description": {"th": th, "en": en}}
