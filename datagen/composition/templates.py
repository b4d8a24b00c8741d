"""The words around constraints: one template chosen among those that suit, filled, and hashed for the manifest.

Instructions stand in a template verbatim, so that anybody can check that they were said. The words are in
templates.yaml, whose head explains kinds and fields.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import yaml

from constraints import Language

__all__ = ["Kind", "Template", "choose", "template_hashes", "templates"]

Kind = Literal["user", "system", "add", "change", "change_only", "fresh"]
_RUNNING = 200  # characters of instructions that may stand in one run of text
_JOINERS = {"th": " และ", "en": " "}


@dataclass(frozen=True, slots=True)
class Template:
    """One wording; `name` stands in the row's provenance (`th.user.inline`)."""

    name: str
    lang: Language
    text: str
    fewest: int = 1
    most: int = 5
    one_line: bool = False

    def suits(self, instructions: Sequence[str], prompt: str) -> bool:
        """Whether these instructions read well in it: two long ones stand better in a list."""
        runs_on = "{joined}" in self.text and len(instructions) > 1 and sum(map(len, instructions)) > _RUNNING
        fits = self.fewest <= len(instructions) <= self.most
        return fits and not runs_on and not (self.one_line and "\n" in prompt)

    def render(self, instructions: Sequence[str], *, prompt: str = "", old: str = "") -> str:
        """The words with every instruction verbatim in them."""
        return self.text.format(
            prompt=prompt,
            old=old,
            joined=_JOINERS[self.lang].join(instructions),
            listed="\n".join(f"- {instruction}" for instruction in instructions),
            numbered="\n".join(f"{number}. {instruction}" for number, instruction in enumerate(instructions, 1)),
        )


@cache
def templates() -> Mapping[tuple[Language, Kind], tuple[Template, ...]]:
    """(language, kind) -> its templates, in the order of the file."""
    read = yaml.safe_load(files("datagen.composition").joinpath("templates.yaml").read_text(encoding="utf-8"))
    return {
        (lang, kind): tuple(
            Template(f"{lang}.{kind}.{name}", lang, **words) for name, words in read[lang][kind].items()
        )
        for lang in get_args(Language)
        for kind in get_args(Kind)
    }


def choose(rng: random.Random, lang: Language, kind: Kind, instructions: Sequence[str], prompt: str = "") -> Template:
    """One of the templates of that kind that suit these instructions and this prompt."""
    return rng.choice([template for template in templates()[lang, kind] if template.suits(instructions, prompt)])


def template_hashes() -> dict[str, str]:
    """`th.user.after` -> short hash of the template's words, for the manifest."""
    return {
        template.name: hashlib.sha256(template.text.encode()).hexdigest()[:12]
        for group in templates().values()
        for template in group
    }
