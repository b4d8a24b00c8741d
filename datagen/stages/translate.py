"""`translate`: prompts into the recipe's language, with the constraints that came with them.

A prompt that is in the language already passes without a call. Others are translated turn by turn where
`translate.enabled` is set (datagen/translation/ does it), and rejected where it is not. Constraints that came with a
prompt (`given`) leave this stage as constraints of our registry whatever the language: `compose` words them, and
`verify` checks what the row then says. Every reason is countable: `protected_part_lost`, `number_added`,
`quotation_inverted`, `script_leak`, `low_score`, `undecided` and so on (datagen/translation/checks.py lists them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from constraints import script_shares
from datagen.config import TranslateConfig
from datagen.record import AppliedConstraint, Message, Record, Rejection, canonical_json
from datagen.translation import (
    MIN_SHARE,
    SCRIPT_OF,
    Carried,
    Direction,
    Fault,
    Translated,
    Translator,
    carry,
    direction,
    keywords_of,
    language_of,
    templates_used,
    without_statements,
)

__all__ = ["Translate"]

_LONG = 60  # characters from which a text in a constraint's parameters is a text, not a keyword
_WAY_OUT = "set translate.enabled=true to have it translated"


class Translate:
    """`translator` is None where translation is off."""

    name = "translate"
    ordered = False

    def __init__(self, config: TranslateConfig | None = None, translator: Translator | None = None) -> None:
        self.config, self.translator = config or TranslateConfig(), translator

    async def __call__(self, record: Record) -> Record | Rejection:
        share = script_shares(record.prompt_text).get(SCRIPT_OF[record.lang], 0.0)
        foreign = self._foreign_turns(record) if self.translator else {}
        if not foreign and share < MIN_SHARE:
            way_out = "" if self.translator else f"; {_WAY_OUT}"
            detail = f"{share:.0%} of its letters are {record.lang}{way_out}"
            return Rejection(record, self.name, "prompt_not_in_language", detail)
        for language in foreign.values():
            if direction(language, record.lang) is None:
                return Rejection(record, self.name, "source_not_supported", f"{language} into {record.lang}")
        result = await self._translated(record, foreign) if foreign else self._with_given(record)
        return Rejection(record, self.name, result.reason, result.detail) if isinstance(result, Fault) else result

    def _foreign_turns(self, record: Record) -> dict[int, str]:
        """Number of each turn that is in another language -> that language."""
        found = {number: language_of(message.content) for number, message in enumerate(record.messages)}
        return {number: language for number, language in found.items() if language not in (None, record.lang)}

    def _with_given(self, record: Record) -> Record | Fault:
        """A prompt that needs no translation, its constraints made ours."""
        if not record.given:
            return record
        prompt = without_statements(record.prompt, record.given, record.lang, record.lang)
        if isinstance(prompt, Fault):
            return prompt
        carried = carry(record.given, record.lang, lambda word: word)
        if isinstance(carried, Fault):
            return carried
        messages = (*record.messages[:-1], Message("user", prompt))
        provenance = record.provenance
        if carried.replaced:
            provenance = replace(provenance, translation=canonical_json({"replaced": list(carried.replaced)}))
        return replace(record, prompt=prompt, messages=messages, given=carried.constraints, provenance=provenance)

    async def _translated(self, record: Record, foreign: Mapping[int, str]) -> Record | Fault:
        last = len(record.messages) - 1
        turns = dict(enumerate(message.content for message in record.messages))
        source = foreign.get(last, record.lang)
        bare = without_statements(turns[last], record.given, source, record.lang)
        if isinstance(bare, Fault):
            return bare
        turns[last] = bare
        words = await self._words(record.given, bare, source, record.lang)
        if isinstance(words, Fault):
            return words
        scores: list[float] = []
        for number, language in foreign.items():
            done = await self._text(turns[number], _known(language, record.lang), words.short)
            if isinstance(done, Fault):
                return done
            if number == last and not done.pieces:
                return Fault("not_translated", "all of it is protected: a quotation, code or an address")
            turns[number] = done.text
            scores += [] if done.score is None else [done.score]
        carried = carry(record.given, record.lang, lambda word: words.of(word, bare, turns[last]))
        if isinstance(carried, Fault):
            return carried
        return self._finished(record, turns, foreign, words, carried, min(scores, default=None))

    async def _words(
        self, given: tuple[AppliedConstraint, ...], bare: str, source: str, target: str
    ) -> _Glossary | Fault:
        """The one translation of every text in the constraints' parameters."""
        glossary = _Glossary({}, {})
        way = direction(source, target)
        for word in keywords_of(given, target):
            if word.strip() == bare.strip():
                continue  # it repeats the prompt: its translation is the prompt's
            if way is None or language_of(word) == target or self.config.keywords == "keep":
                glossary.short[word] = word
            elif len(word) < _LONG and "\n" not in word:
                assert self.translator is not None
                glossary.short[word] = await self.translator.keyword(word, bare, way)
            else:
                done = await self._text(word, way, {})
                if isinstance(done, Fault):
                    return done
                glossary.long[word] = done.text
        return glossary

    async def _text(self, text: str, way: Direction, words: Mapping[str, str]) -> Translated | Fault:
        assert self.translator is not None, "only translated records come here"
        return await self.translator.text(text, way, words)

    def _finished(
        self,
        record: Record,
        turns: Mapping[int, str],
        foreign: Mapping[int, str],
        words: _Glossary,
        carried: Carried,
        score: float | None,
    ) -> Record:
        assert self.translator is not None
        last = len(record.messages) - 1
        notes: dict[str, Any] = {
            "from": sorted(set(foreign.values())),
            "model": self.translator.model,
            "gate": self.config.gate,
            "score": score,
            "templates": templates_used(self.config.gate, bool(words.short)),
            "keywords": dict(words.short),
            "replaced": list(carried.replaced),
            "turns": [record.messages[number].content for number in sorted(foreign) if number != last],
        }
        return replace(
            record,
            messages=tuple(replace(message, content=turns[n]) for n, message in enumerate(record.messages)),
            prompt=turns[last],
            original=record.prompt if last in foreign else "",
            keywords=tuple(word for word in record.keywords if word in turns[last]),
            given=carried.constraints,
            provenance=replace(
                record.provenance,
                translation=canonical_json({k: v for k, v in notes.items() if v not in ({}, [], None)}),
            ),
        )


@dataclass(frozen=True, slots=True)
class _Glossary:
    """Texts of constraint parameters: keywords, which are parts of the prompt too, and longer texts, which are not."""

    short: dict[str, str]
    long: dict[str, str]

    def of(self, word: str, prompt: str, translated_prompt: str) -> str:
        if word.strip() == prompt.strip():
            return translated_prompt
        return self.short.get(word) or self.long.get(word) or word


def _known(source: str, target: str) -> Direction:
    way = direction(source, target)
    assert way is not None, "unknown directions are rejected before"
    return way
