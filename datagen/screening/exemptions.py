"""The one table of exemptions: a constraint that asks for the very thing must not be punished for it.

Reason of the screen -> constraint ids (or families) under which the answer is not looked at for it. A test holds every
entry against the registry; a new type that demands what the screen forbids belongs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from datagen.record import AppliedConstraint

__all__ = ["EXEMPTIONS", "LENGTH_CAPS", "exempt"]

_COPIES = frozenset({"repeat.prompt", "repeat.prompt_only", "repeat.span", "repeat.replaced", "repeat.text_times"})
_SAYS_AGAIN = frozenset(
    {"repeat.text_times", "repeat.line_times", "repeat.lines_doubled", "repeat.refrain", "repeat.first_last_line_same"}
)
_DATA = frozenset({"json", "yaml", "csv"})
_OTHER_LANGUAGE = frozenset({"script.language", "script.latin_min", "script.bilingual_pairs"})

EXEMPTIONS: Mapping[str, frozenset[str]] = {
    "too_short": _COPIES | _DATA | {"layout.choice", "layout.comma_list", "numerals.sum", "poetry"},
    "script_leak": frozenset({"script.language"}),
    "wrong_language": _OTHER_LANGUAGE | _COPIES | {"json.numbers", "layout.choice"},
    "code_switching": _OTHER_LANGUAGE
    | _COPIES
    | {
        "script.latin_words_min",
        "script.capital_words_min",
        "script.bracketed_english",
        "script.terms_in_latin",
        "layout.links_min",
        "layout.tags",
        "forms.url_https",
        "forms.email",
        "json.schema",
        "yaml.schema",
    },
    "repetitive": _SAYS_AGAIN
    | {
        "repeat.bookends",
        "keywords.frequency",
        "keywords.frequency_exact",
        "keywords.every_line_includes",
        "keywords.every_paragraph_includes",
        "json.objects",
        "json.schema",
        "yaml.list_of_mappings",
        "yaml.schema",
        "csv",
    },
    "looping": frozenset({"repeat.text_times", "repeat.line_times"}),
    "repeated_lines": _SAYS_AGAIN,
    "cut_off": _COPIES
    | _DATA
    | {
        "keywords.ends_with",
        "keywords.last_word",
        "keywords.only_last_line",
        "punctuation.line_ends",
        "punctuation.colon_each_line",
        "layout.line_suffix",
        "layout.placeholders",
        "letters.line_ends_letter",
        "repeat.bookends",
        "poetry",
    },
    "template_residue": frozenset({"layout.tags", "layout.labelled_parts", "layout.definition_list", "forms.fields"}),
    "prompt_echo": _COPIES,
}

# Constraints that cap the length: the parameter, and the characters one unit of it makes room for.
LENGTH_CAPS: Mapping[str, tuple[str, int]] = {
    "length.characters_max": ("maximum", 1),
    "length.characters_between": ("minimum", 1),
    "length.graphemes_max": ("maximum", 1),
    "length.graphemes_between": ("minimum", 1),
    "length.words_max": ("maximum", 4),
    "length.words_between": ("minimum", 4),
}


def exempt(reason: str, constraints: Iterable[AppliedConstraint], *, min_characters: int = 0) -> bool:
    """Whether one of the constraints asks for what `reason` forbids."""
    demanded = EXEMPTIONS.get(reason, frozenset())
    for constraint in constraints:
        if constraint.id in demanded or constraint.id.partition(".")[0] in demanded:
            return True
        if reason == "too_short" and _caps_below(constraint.id, constraint.params, min_characters):
            return True
    return False


def _caps_below(constraint_id: str, params: Mapping[str, Any], characters: int) -> bool:
    """Whether a length that keeps the constraint may be under `characters`."""
    name, size = LENGTH_CAPS.get(constraint_id, ("", 0))
    bound = params.get(name)
    return isinstance(bound, int) and bound * size < characters
