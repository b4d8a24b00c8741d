"""One text into another language: protect, split, ask, check, ask once more with the fault named, put together.

A piece that fails the deterministic checks twice fails the whole text with a countable reason; nothing is repaired
by guessing. Where a translation changed the order of two quoted parts it is translated back, and the order must come
back too: so neither we (parts are put back by number) nor the model can exchange two quotations unseen.

Greedy decoding and the answer store make it a function of the text: siblings of a prompt share one translation, and a
resumed build asks for none of it again. Pieces of one text are asked for side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass

import regex

from datagen.config import TranslateConfig
from datagen.llm.answers import Answer
from datagen.llm.client import ChatClient
from datagen.translation import pieces as cutting
from datagen.translation.checks import Fault, fault_of
from datagen.translation.direction import Direction
from datagen.translation.gate import Gate
from datagen.translation.parts import TOKEN, Masked, protect, without_tokens
from datagen.translation.pieces import Piece
from datagen.translation.polarity import polarities
from datagen.translation.templates import RETRIED, ask_back, ask_keyword, ask_translation

__all__ = ["Translated", "Translator", "translator_of"]

_FENCE = regex.compile(r"^\s*<text>\s*\n?|\n?\s*</text>\s*$", regex.IGNORECASE)
_THINKING = regex.compile(r"^\s*<think>.*?</think>\s*", regex.DOTALL)
_LETTER = regex.compile(r"\p{L}")
_KEYWORD_TOKENS = 64
_LONGEST_KEYWORD = 100
_ABOUT = 300  # characters of the prompt that a keyword is translated in the light of


@dataclass(frozen=True, slots=True)
class Translated:
    """`score`: the lowest of its pieces, None where the gate is off; `retried`: pieces asked for twice."""

    text: str
    score: float | None = None
    pieces: int = 0
    retried: int = 0


class Translator:
    """Texts and keywords through one model; `gate` is None where quality is not judged."""

    def __init__(self, client: ChatClient, model: str, config: TranslateConfig, gate: Gate | None) -> None:
        self.client, self.model, self.config, self.gate = client, model, config, gate

    async def text(self, text: str, way: Direction, words: Mapping[str, str] | None = None) -> Translated | Fault:
        """`words`: keywords with a translation of their own (`keyword`), used wherever the text holds them."""
        masked = protect(text, tuple(words or ()))
        pieces, tail = cutting.split(masked.text, self.config.max_characters)
        asked = [self._piece(piece, masked, way, words or {}) for piece in pieces]
        done = await _all(asked)
        faults = [result for result in done if isinstance(result, Fault)]
        if faults:
            return faults[0]
        results = [result for result in done if isinstance(result, Translated)]
        joined = cutting.join([result.text for result in results], pieces, tail)
        scores = [result.score for result in results if result.score is not None]
        return Translated(
            masked.restore(joined, words),
            min(scores) if scores else None,
            sum(result.pieces for result in results),
            sum(result.retried for result in results),
        )

    async def keyword(self, keyword: str, about: str, way: Direction) -> str:
        """The translation of a keyword, or the keyword itself: names, code and what the model gets wrong are kept."""
        if _is_kept(keyword):
            return keyword
        said = await self._ask(ask_keyword(keyword, about[:_ABOUT], way), _KEYWORD_TOKENS)
        found = said.content.strip().strip("\"'“”‘’.").strip()
        right = (
            said.finish_reason != "length"
            and 0 < len(found) <= _LONGEST_KEYWORD
            and "\n" not in found
            and not TOKEN.search(found)
            and fault_of(Piece((keyword,), ()), found, way) is None
            and way.is_in_target(found)
        )
        return found if right else keyword

    async def _piece(
        self, piece: Piece, masked: Masked, way: Direction, words: Mapping[str, str]
    ) -> Translated | Fault:
        if not _LETTER.search(without_tokens(piece.text)):
            return Translated(piece.rejoined(piece.text) or piece.text)
        tokens = [token[0] for token in TOKEN.finditer(piece.text)]
        fault: Fault | None = None
        for attempt in range(2):
            said = await self._ask(ask_translation(piece.text, tokens, way, fault), self.config.max_tokens)
            if said.refused:
                return Fault("endpoint_declined", said.refused[:100])
            found = cleaned(said.content)
            fault = (
                Fault("truncated", f"cut off at {self.config.max_tokens} tokens")
                if said.finish_reason == "length"
                else fault_of(piece, found, way) or await self._exchanged(piece, found, way)
            )
            if fault is None:
                return await self._judged(piece, found, masked, way, words, attempt)
            if fault.reason not in RETRIED:
                break
        assert fault is not None
        return fault

    async def _judged(
        self, piece: Piece, found: str, masked: Masked, way: Direction, words: Mapping[str, str], retried: int
    ) -> Translated | Fault:
        rejoined = piece.rejoined(found)
        assert rejoined is not None, "fault_of saw the same paragraphs"
        if self.gate is None:
            return Translated(rejoined, None, 1, retried)
        # What the reader will see: the source as it was, the translation with its parts put back.
        score = await self.gate.score(masked.restore(piece.text), masked.restore(found, words), way, self._back)
        return score if isinstance(score, Fault) else Translated(rejoined, score, 1, retried)

    async def _exchanged(self, piece: Piece, found: str, way: Direction) -> Fault | None:
        """A change of order among quoted parts must be undone by translating back."""
        before, now = list(polarities(piece.text, way.source)), list(polarities(found, way.target))
        if before == now:
            return None
        tokens = [token[0] for token in TOKEN.finditer(found)]
        said = await self._ask(ask_back(found, tokens, way), self.config.max_tokens)
        back = list(polarities(cleaned(said.content), way.source))
        if back == before:
            return None
        return Fault("quotations_exchanged", f"order {before}, in the translation {now}, translated back {back}")

    async def _back(self, text: str, way: Direction) -> str | Fault:
        """The whole translation in the source's language again, for the gate."""
        masked = protect(text)
        tokens = [part.token for part in masked.parts]
        said = await self._ask(ask_back(masked.text, tokens, way), self.config.max_tokens)
        if said.refused or said.finish_reason == "length" or not said.content.strip():
            return Fault("undecided", "it could not be translated back")
        return masked.restore(cleaned(said.content))

    async def _ask(self, prompt: str, max_tokens: int) -> Answer:
        return await self.client.chat(
            self.model, [{"role": "user", "content": prompt}], temperature=0.0, max_tokens=max_tokens
        )


def translator_of(config: TranslateConfig, client: ChatClient, teacher: str) -> Translator | None:
    """As a recipe says; None where translation is off. `teacher` is asked where no other model is named."""
    if not config.enabled:
        return None
    model = config.model or teacher
    gate = None if config.gate == "off" else Gate(client, config.judge_model or model, config)
    return Translator(client, model, config, gate)


def cleaned(said: str) -> str:
    """What a model says around a translation by habit and nobody would call a part of it: thoughts, our own fence."""
    return _FENCE.sub("", _THINKING.sub("", said)).strip()


def _is_kept(keyword: str) -> bool:
    """No word to translate: no letters, code or an address, an acronym."""
    masked = protect(keyword)
    return not _LETTER.search(without_tokens(masked.text)) or (keyword.isupper() and keyword.isascii())


async def _all(asked: Sequence[Coroutine[None, None, Translated | Fault]]) -> list[Translated | Fault]:
    """Side by side; an error ends the others."""
    tasks = [asyncio.ensure_future(each) for each in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()  # does nothing to what is done
