"""JSON Schemas that others wrote, brought within bounds before anything else looks at them.

`bounded_schema` copies a schema and counts as it goes, so that it stops at a bomb instead of unfolding it. What it
returns holds no references (local ones are replaced by what they name, remote ones are never fetched), is a valid
JSON Schema 2020-12, and is small enough to be shown to a model and to be checked quickly. What goes beyond a bound
is refused with its place; nothing is cut off in silence.

    nodes         2,000  places in the schema once references are replaced: stops nested allOf and $ref bombs
    characters   50,000  of all names and texts together
    depth            24
    properties      200  in one schema, all levels together
    enum            500  values in one list
    pattern         500  characters; an expression that does not end soon on texts that arguments can hold is refused
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema
import regex
from jsonschema.exceptions import SchemaError

from datagen.errors import ToolFileError
from datagen.tools.tool import in_language

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_ENUM",
    "MAX_NODES",
    "MAX_PATTERN",
    "MAX_PROPERTIES",
    "PATTERN_SECONDS",
    "bounded_schema",
    "compiled_pattern",
    "pointed_at",
]

MAX_NODES = 2_000
MAX_CHARACTERS = 50_000
MAX_DEPTH = 24
MAX_PROPERTIES = 200
MAX_ENUM = 500
MAX_PATTERN = 500
PATTERN_SECONDS = 0.05
"""What one search may take."""

_PATTERNS_SECONDS = 0.4  # for trying all expressions of one schema
_LONG_TEXT = 2_000  # beyond it even harmless expressions take quadratic time; BoundedValidator limits each search
_MAX_NAME = 64
_SCHEMAS_BY_NAME = frozenset(("properties", "dependentSchemas"))
_SCHEMA_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_SCHEMAS = frozenset(
    ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
     "unevaluatedProperties")
)  # fmt: skip
_DATA = frozenset(
    ("type", "const", "default", "description", "title", "examples", "required", "format", "minimum", "maximum",
     "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems",
     "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties", "dependentRequired", "deprecated",
     "readOnly", "writeOnly", "contentEncoding", "contentMediaType")
)  # fmt: skip
# A search in property names cannot be limited; a dynamic reference is recursion by another name.
_REFUSED = frozenset(("patternProperties", "$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor"))
_NO_FORMATS = jsonschema.FormatChecker(())


def bounded_schema(schema: Any, place: str, *, root: Any = None) -> dict[str, Any]:
    """A copy of `schema` without references and within the bounds. `root`: what "#/..." points into; else itself.

    Keywords that JSON Schema does not know ("x-internal", OpenAPI's "xml") are left out: they say nothing to a model.

    Raises:
        ToolFileError: naming `place`, the spot in the schema and the bound.
    """
    copy = _Walk(place, schema if root is None else root).schema(schema, "schema", 0, ())
    if not isinstance(copy, dict):
        raise ToolFileError(f"{place}: the schema must be an object (given: {_short(schema)})")
    try:
        jsonschema.Draft202012Validator.check_schema(in_language(copy, "en"), format_checker=_NO_FORMATS)
    except SchemaError as exc:
        spot = ".".join(map(str, ("schema", *exc.absolute_path)))
        raise ToolFileError(f"{place}: {spot} is no valid JSON Schema 2020-12: {exc.message[:200]}") from exc
    return copy


class _Walk:
    """One walk over one schema, with what it has counted so far."""

    def __init__(self, place: str, root: Any) -> None:
        self.place, self.root = place, root
        self.nodes = self.characters = self.properties = 0
        self.pattern_seconds = _PATTERNS_SECONDS

    def schema(self, given: Any, spot: str, depth: int, open_refs: tuple[str, ...]) -> Any:
        """A schema, or true or false."""
        self._count(spot, depth)
        if isinstance(given, bool):
            return given
        if not isinstance(given, Mapping):
            raise self._refusal(spot, f"must be a schema, an object (given: {_short(given)})")
        copy: dict[str, Any] = {}
        for key in given:
            if key in _REFUSED:
                raise self._refusal(spot, f"uses {key}, which cannot be checked in bounded time; use `properties`")
            if isinstance(key, str) and key != "$ref":
                self._keyword(copy, key, given[key], f"{spot}.{key}", depth, open_refs)
        _modernise(copy, given.get("nullable"))
        return self._with_reference(given["$ref"], copy, spot, depth, open_refs) if "$ref" in given else copy

    def _keyword(
        self, copy: dict[str, Any], key: str, value: Any, spot: str, depth: int, open_refs: tuple[str, ...]
    ) -> None:
        if key in _SCHEMAS_BY_NAME:
            copy[key] = {
                self._name(name, spot): self.schema(each, f"{spot}.{name}", depth + 1, open_refs)
                for name, each in self._mapping(value, spot).items()
            }
        elif key in _SCHEMA_LISTS:
            copy[key] = [
                self.schema(each, f"{spot}.{number}", depth + 1, open_refs)
                for number, each in enumerate(self._list(value, spot))
            ]
        elif key in _SCHEMAS:
            copy[key] = self.schema(value, spot, depth + 1, open_refs)
        elif key == "enum":
            if len(self._list(value, spot)) > MAX_ENUM:
                raise self._refusal(spot, f"lists {len(value):,} values, at most {MAX_ENUM}")
            copy[key] = self._data(value, spot, depth + 1)
        elif key == "pattern":
            copy[key] = self._pattern(value, spot)
        elif key in _DATA:
            copy[key] = self._data(value, spot, depth + 1)

    def _with_reference(
        self, reference: Any, beside: dict[str, Any], spot: str, depth: int, open_refs: tuple[str, ...]
    ) -> Any:
        """What `$ref` names, with the keywords that stand beside it."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise self._refusal(
                spot, f"has the $ref {_short(reference)}: only references within the file (#/...) are followed"
            )
        if reference in open_refs or reference == "#":
            raise self._refusal(spot, f"refers to itself by the $ref {_short(reference)}: a model needs an end to it")
        try:
            target = pointed_at(self.root, reference)
        except LookupError as exc:
            raise self._refusal(spot, f"has the $ref {_short(reference)}, but nothing stands there") from exc
        copy = self.schema(target, spot, depth + 1, (*open_refs, reference))
        if not beside:
            return copy
        notes = {
            key: value for key, value in beside.items() if key in ("description", "title", "default", "deprecated")
        }
        if isinstance(copy, dict) and len(notes) == len(beside):
            return {**copy, **notes}
        return {"allOf": [copy], **beside}

    def _name(self, name: Any, spot: str) -> str:
        self.properties += 1
        if self.properties > MAX_PROPERTIES:
            raise self._refusal(spot, f"the schema has more than {MAX_PROPERTIES} properties")
        if not isinstance(name, str) or not name or len(name) > _MAX_NAME:
            raise self._refusal(spot, f"the property {_short(name)} must have a name of 1 to {_MAX_NAME} characters")
        if any(unicodedata.category(character)[0] in "CZ" and character != " " for character in name):
            raise self._refusal(spot, f"the property name {_short(name)} holds control or invisible characters")
        self.characters += len(name)
        return name

    def _pattern(self, value: Any, spot: str) -> str:
        if not isinstance(value, str) or len(value) > MAX_PATTERN:
            raise self._refusal(spot, f"must be a text of at most {MAX_PATTERN} characters")
        self.characters += len(value)
        try:
            compiled_pattern(value)
        except (regex.error, RecursionError, OverflowError, MemoryError) as exc:
            raise self._refusal(spot, f"{_short(value)} is no regular expression: {str(exc)[:100]}") from exc
        before = time.process_time()
        if slow := _slow_on(value, self.pattern_seconds):
            raise self._refusal(spot, f"the expression {_short(value)} takes too long, for example on {slow}")
        self.pattern_seconds -= time.process_time() - before
        return value

    def _data(self, value: Any, spot: str, depth: int) -> Any:
        """Plain JSON that is no schema."""
        self._count(spot, depth)
        if isinstance(value, Mapping):
            return {self._text(str(key), spot): self._data(each, spot, depth + 1) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._data(each, spot, depth + 1) for each in value]
        if isinstance(value, str):
            return self._text(value, spot)
        if value is None or isinstance(value, bool | int | float):
            return value
        raise self._refusal(spot, f"holds {_short(value)}, which is no JSON (write dates in quotes)")

    def _text(self, text: str, spot: str) -> str:
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            raise self._refusal(spot, f"the schema has more than {MAX_CHARACTERS:,} characters")
        return text

    def _count(self, spot: str, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self._refusal(spot, f"the schema has more than {MAX_NODES:,} places, references replaced")
        if depth > MAX_DEPTH:
            raise self._refusal(spot, f"the schema is nested deeper than {MAX_DEPTH}")

    def _mapping(self, value: Any, spot: str) -> Mapping[Any, Any]:
        if not isinstance(value, Mapping):
            raise self._refusal(spot, f"must be an object (given: {_short(value)})")
        return value

    def _list(self, value: Any, spot: str) -> Sequence[Any]:
        if not isinstance(value, list | tuple):
            raise self._refusal(spot, f"must be a list (given: {_short(value)})")
        return value

    def _refusal(self, spot: str, what: str) -> ToolFileError:
        shown = spot if len(spot) <= 120 else f"{spot[:60]}...{spot[-50:]}"
        return ToolFileError(f"{self.place}: {_visible(shown)}: {what}")


def _modernise(copy: dict[str, Any], nullable: Any) -> None:
    """What OpenAPI 3.0 and draft 4 say in their own way: `nullable`, `exclusiveMinimum: true`."""
    if nullable is True and isinstance(copy.get("type"), str):
        copy["type"] = [copy["type"], "null"]
        if isinstance(copy.get("enum"), list) and None not in copy["enum"]:
            copy["enum"].append(None)
    for edge, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(copy.get(edge), bool) and copy.pop(edge) and bound in copy:
            copy[edge] = copy.pop(bound)


def pointed_at(root: Any, reference: str) -> Any:
    """What a local JSON pointer ("#/components/schemas/Book") names. Raises LookupError where nothing stands."""
    value = root
    for step in reference[2:].split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and len(step) < 9:
            value = value[int(step)]
        else:
            raise KeyError(step)
    return value


@lru_cache(maxsize=1024)
def compiled_pattern(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


def _slow_on(pattern: str, seconds: float) -> str:
    """A text on which the expression does not end within `seconds` for all texts together; "" where none was found.

    Repetition inside repetition shows on a run of what it repeats followed by what it cannot match: letters of the
    expression itself are tried, and a few common ones.
    """
    letters = dict.fromkeys(character for character in pattern if character.isalnum())
    until = time.process_time() + seconds
    for character in dict.fromkeys([*list(letters)[:6], *"a0 -ก"]):
        for length in (64, _LONG_TEXT):
            try:
                left = max(until - time.process_time(), 0.001)
                compiled_pattern(pattern).search(character * length + "\x00", timeout=left)
            except TimeoutError:
                return f"{length:,} times {character!r}"
    return ""


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _short(value: Any) -> str:
    """A value in an error, never walked as a whole: it may be a bomb."""
    if isinstance(value, Mapping | list | tuple):
        return "an object" if isinstance(value, Mapping) else "a list"
    return repr(value[:80] if isinstance(value, str) else value)[:90]
