"""The translation room: texts between Thai and English, both ways, with what must not change protected and checked.

    parts      code, addresses, placeholders, quotations -> numbered tokens and back
    pieces     long texts in pieces, and exactly together again
    checks     what can be told without a model; polarity, spelled: two of its questions
    gate       a model's score, directly or by back-translation
    translator all of this for one text or keyword
    carried    constraints that came with a prompt: out of its words, into our registry (counterparts: the table)
    direction, templates: what is known about the languages; what is said to the model

The stage (stages/translate.py) does it for a record.
"""

from __future__ import annotations

from datagen.translation.carried import Carried, carry, keywords_of, without_statements
from datagen.translation.checks import Fault, fault_of
from datagen.translation.direction import DIRECTIONS, MIN_SHARE, SCRIPT_OF, Direction, direction, language_of
from datagen.translation.gate import Gate
from datagen.translation.parts import Masked, Part, protect
from datagen.translation.templates import templates_used, translation_template_hashes
from datagen.translation.translator import Translated, Translator, translator_of

__all__ = [
    "DIRECTIONS",
    "MIN_SHARE",
    "SCRIPT_OF",
    "Carried",
    "Direction",
    "Fault",
    "Gate",
    "Masked",
    "Part",
    "Translated",
    "Translator",
    "carry",
    "direction",
    "fault_of",
    "keywords_of",
    "language_of",
    "protect",
    "templates_used",
    "translation_template_hashes",
    "translator_of",
    "without_statements",
]
