"""The rule in Thai: several wordings by example, each translated back and compared with the rule."""

from __future__ import annotations

import asyncio

import regex

from constraints import foreign_letters, normalise
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.meaning import Comparer, difference
from datagen.synthesis.prompts import Wording, translation_chat
from datagen.synthesis.reading import line_in
from datagen.synthesis.seeds import like
from datagen.synthesis.teacher import Asker, fault_of_answer
from datagen.synthesis.yields import Yields

__all__ = ["thai_wordings"]

_EXAMPLES = 6
_TOKENS = 120
_MIN_THAI = 0.6  # of the letters outside quotes
_QUOTED = regex.compile(r"\"[^\"]*\"|“[^”]*”|'[^']*'|`[^`]*`")
_LATIN_WORD = regex.compile(r"[a-z]{2,}")
_THAI = regex.compile(r"(?=\p{L})\p{Thai}")
_LETTER = regex.compile(r"\p{L}")


async def thai_wordings(
    asker: Asker, comparer: Comparer, recipe: SynthesisRecipe, rule: str, seeds: list[Wording], yields: Yields
) -> tuple[str, ...]:
    """Different Thai wordings that mean the rule as far as its own words back in English tell."""
    chat = translation_chat(rule, like(rule, seeds, _EXAMPLES), to_thai=True)
    answers = await asyncio.gather(
        asker.decide(chat, _TOKENS),
        *(asker.sample(chat, index, _TOKENS) for index in range(recipe.samples.thai_wordings - 1)),
    )
    kept: list[str] = []
    seen: set[str] = set()
    for answer in answers:
        wording = normalise(line_in(answer.content))
        yields.entered("thai_wording")
        fault = fault_of_answer(answer) or _fault(rule, wording, seeds)
        if fault is None and wording in seen:
            fault = ("repeats_a_wording", "")
        seen.add(wording)
        if fault is None:
            fault = await _otherwise(asker, comparer, rule, wording, seeds)
        if fault:
            yields.stop("thai_wording", rule, *fault, what=wording)
        else:
            yields.keep("thai_wording")
            kept.append(wording)
    return tuple(kept)


def _fault(rule: str, wording: str, seeds: list[Wording]) -> tuple[str, str] | None:
    outside = _QUOTED.sub("", wording)
    letters = _LETTER.findall(outside)
    if not letters or len(_THAI.findall(outside)) < _MIN_THAI * len(letters):
        return "not_thai", ""
    if leaked := foreign_letters(outside, rule) or " ".join(_latin_words(outside) - _latin_words(rule)):
        return "script_leak", leaked[:20]
    if any(wording == thai and rule != english for english, thai in seeds):
        return "copies_an_example", ""
    told = difference(rule, wording)
    return ("other_parameters", told) if told else None


def _latin_words(text: str) -> set[str]:
    return set(_LATIN_WORD.findall(text.casefold()))


async def _otherwise(
    asker: Asker, comparer: Comparer, rule: str, wording: str, seeds: list[Wording]
) -> tuple[str, str] | None:
    """What is wrong with the wording, told back in English and compared with the rule."""
    chat = translation_chat(wording, like(wording, seeds, _EXAMPLES, in_thai=True), to_thai=False)
    back = line_in((await asker.decide(chat, _TOKENS)).content)
    label, why = await comparer.compare(rule, back)
    return None if label == "entail" else (f"back_{label}", f"back in English: {back!r}; {why}")
