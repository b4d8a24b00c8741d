"""Parameters of a tool in few words: strict JSON Schemas (2020-12), each property described in Thai and English.

>>> arguments(amount=integer("จำนวน", "How many", 1, 9))["required"]
['amount']
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from datagen.tools.tool import ToolError

__all__ = ["arguments", "choice", "clock", "day", "integer", "iso_day", "number", "text"]

# Years of the Common Era only, so that one of the Buddhist Era (2400 and later) is refused and not mistaken; [0-9], as
# \d in Python's expressions takes Thai digits too.
_DAY = r"^(18|19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"

Schema = dict[str, Any]


def arguments(*, optional: Sequence[str] = (), **properties: Schema) -> Schema:
    """An object of exactly these properties, all required but the optional ones."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def text(th: str, en: str, *, pattern: str = "", longest: int = 120) -> Schema:
    """Some words, or a code that matches the pattern."""
    return {
        "type": "string",
        **({"pattern": pattern} if pattern else {"minLength": 1, "maxLength": longest}),
        "description": {"th": th, "en": en},
    }


def choice(th: str, en: str, *values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values), "description": {"th": th, "en": en}}


def integer(th: str, en: str, least: int, most: int) -> Schema:
    """A whole number within these bounds."""
    return {"type": "integer", "minimum": least, "maximum": most, "description": {"th": th, "en": en}}


def number(th: str, en: str, least: float, most: float) -> Schema:
    """A number within these bounds."""
    return {"type": "number", "minimum": least, "maximum": most, "description": {"th": th, "en": en}}


def day(th: str, en: str) -> Schema:
    """A date of the Common Era."""
    return text(f"{th} เป็น ค.ศ. รูปแบบ YYYY-MM-DD", f"{en} (Common Era), YYYY-MM-DD", pattern=_DAY)


def clock(th: str, en: str) -> Schema:
    """A time of day."""
    return text(f"{th} รูปแบบ 24 ชั่วโมง HH:MM", f"{en}, 24-hour HH:MM", pattern=_CLOCK)


def iso_day(value: str) -> date:
    """The date that fits `day`. Raises ToolError where the month has no such day."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ToolError("invalid_date", f"ไม่มีวันที่ {value} ในปฏิทิน") from None
