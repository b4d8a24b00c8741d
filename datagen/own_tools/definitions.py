"""What the three kinds of own tools share: a tool, its name and description, and what was left out and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from datagen.errors import ToolFileError
from datagen.tools.bounded_validator import BoundedValidator
from datagen.tools.limits import bounded_schema
from datagen.tools.tool import Tool

__all__ = [
    "MAX_DESCRIPTION",
    "MAX_TOOLS",
    "NAME",
    "Definitions",
    "OwnTool",
    "Problem",
    "cleaned_name",
    "shown",
    "suspicious_texts",
    "texts_of",
    "tool_parameters",
]

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""What OpenAI-compatible servers take as a name."""
MAX_DESCRIPTION = 4_000
MAX_TOOLS = 500
"""Of one file or server."""

# Words that speak to the model and not about the tool. What they do is for the user to judge, so they are reported.
_SUSPICIOUS = re.compile(
    r"(ignore|disregard|forget)\b.{0,30}\b(instruction|prompt|rule|above|previous)"
    r"|system prompt|<\|\w+\|>|</?(system|tool_call|tool_response|im_start|instructions?)>|\[/?INST\]"
    r"|(do not|don't|never) (tell|mention|inform|reveal)"
    r"|you (must|should) (always|first|now)\b|before (using|calling) any"
    r"|\b(api|secret|private)[ _-]?keys?\b|\.ssh\b|\.env\b|/etc/passwd"
    r"|(ละเว้น|ไม่ต้องสนใจ|เพิกเฉย|ลืม).{0,20}คำสั่ง|ห้ามบอก(ผู้ใช้|ใคร)",
    re.IGNORECASE | re.DOTALL,
)
# Thai is typed with zero-width spaces between words, emoji are joined; tags and changes of direction hide text.
_HARMLESS = "\n\t\r\u200b\u200c\u200d\ufeff\u00ad"
_HIDDEN = ("Cf", "Cc", "Co")


@dataclass(frozen=True, slots=True)
class Problem:
    """`kind`: left_out (the tool is not offered), changed (it is, under another name), warning (look at it)."""

    kind: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')}: {self.place}: {self.what}"


@dataclass(frozen=True)
class OwnTool(Tool):
    """A tool whose schema came from outside, so its arguments are checked within bounds. `source`: its kind."""

    source: str = ""
    blocking = True

    @cached_property
    def validator(self) -> Any:
        return BoundedValidator(dict(self.parameters))


@dataclass
class Definitions:
    """The tools of one file or server as they are found, with everything there is to say about them."""

    place: str
    taken: set[str]
    tools: list[OwnTool] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def note(self, kind: str, name: str, what: str) -> None:
        self.problems.append(Problem(kind, f"{self.place}, {shown(name)}" if name else self.place, what))

    def place_of(self, name: str) -> str:
        return f"{self.place}, {shown(name)}"

    def add(self, tool: OwnTool) -> None:
        """Raises ToolFileError where the name is taken or there are too many."""
        if tool.name in self.taken:
            raise ToolFileError(f"{self.place_of(tool.name)}: another tool has that name; names must differ")
        if len(self.tools) >= MAX_TOOLS:
            raise ToolFileError(f"{self.place}: more than {MAX_TOOLS} tools; choose some")
        self.taken.add(tool.name)
        self.tools.append(tool)
        for what in suspicious_texts(tool):
            self.note("warning", tool.name, what)


def tool_parameters(schema: Any, place: str, *, root: Any = None) -> dict[str, Any]:
    """The schema of a tool's arguments: bounded, an object, without other properties unless it says so itself."""
    copy = bounded_schema(schema, place, root=root)
    if copy.setdefault("type", "object") != "object":
        raise ToolFileError(f"{place}: the parameters must be of type object (given: {copy['type']!r:.80})")
    copy.setdefault("properties", {})
    if not {"allOf", "anyOf", "oneOf", "$ref"} & set(copy):
        copy.setdefault("additionalProperties", False)
    if unknown := sorted(set(copy.get("required", ())) - set(copy["properties"])):
        raise ToolFileError(f"{place}: requires {shown(unknown[0])!r}, which is none of its properties")
    return copy


def texts_of(given: str | Mapping[Any, str] | None, place: str) -> dict[str, str]:
    """A description as texts by language; one text is Thai where it holds Thai letters."""
    if not isinstance(given, Mapping):
        given = {"th" if re.search("[\u0e01-\u0e5b]", given or "") else "en": given or ""}
    for text in given.values():
        if len(text) > MAX_DESCRIPTION:
            raise ToolFileError(f"{place}: {len(text):,} characters, at most {MAX_DESCRIPTION:,}")
    if not given:
        raise ToolFileError(f"{place}: a text is missing, in th or en")
    return {lang: text.strip() for lang, text in given.items()}


def cleaned_name(raw: str, taken: Iterable[str] = ()) -> str:
    """A name that servers take, as near to `raw` as can be, and none of `taken`; "" where nothing is left of it.

    >>> cleaned_name("list.pets v2"), cleaned_name("get_a", taken=["get_a", "get_a_2"]), cleaned_name("ค้นหา")
    ('list_pets_v2', 'get_a_3', '')
    """
    name = re.sub("[^A-Za-z0-9_-]+", "_", unicodedata.normalize("NFKC", raw[:1_000]))
    name = re.sub("_{2,}", "_", name).lstrip("_-0123456789").rstrip("_-")[:64]
    taken, unique, number = set(taken), name, 2
    while unique in taken:
        unique, number = f"{name[:58]}_{number}", number + 1
    return unique


def suspicious_texts(tool: Tool) -> list[str]:
    """What in a tool's texts speaks to the model, or hides. The texts stay as they are."""
    found = []
    for text in _texts({"description": tool.description, "parameters": tool.parameters}):
        if match := _SUSPICIOUS.search(text):
            found.append(
                f"a text that speaks to the model: {shown(match.group())!r}; it is shown to the teacher as it is"
            )
        if hidden := next((c for c in text if c not in _HARMLESS and unicodedata.category(c) in _HIDDEN), ""):
            found.append(f"a text with the invisible character U+{ord(hidden):04X}")
    return list(dict.fromkeys(found))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def shown(text: str) -> str:
    """What somebody else wrote, on one short line of a message.

    >>> shown("a\\x1b[2J" + "b" * 100)[:20]
    'a\\\\u001b[2Jbbbbbbbbbb'
    """
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:80])
