"""Values packed small for a page: JSON in code page 874, deflated, in base64.

Thai is one byte a letter there; what the code page lacks is escaped. parts/inflate.js reads it again.
"""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

__all__ = ["packed"]

_BEYOND_CP874 = re.compile("[^\x00-\x7f\u0e01-\u0e3a\u0e3f-\u0e5b]")


def packed(value: Any) -> str:
    """
    >>> zlib.decompress(base64.b64decode(packed({"ก": "é"}))).decode("cp874")
    '{"ก":"\\\\u00e9"}'
    """
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), default=str)
    narrow = _BEYOND_CP874.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return base64.b64encode(zlib.compress(narrow.encode("cp874"), 9)).decode("ascii")


def _plain(value: Any) -> Any:
    """What JSON has no word for (NaN, bytes, dates) as text or nothing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
