"""Step 1: the teacher writes more rules like the seeds; what repeats a seed or an earlier idea is dropped."""

from __future__ import annotations

import asyncio
import math

import regex

from datagen.near_duplicates import SeenTexts
from datagen.rng import rng_for
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.prompts import ASPECTS, CASE_RULES, Chat, Wording, ideas_chat
from datagen.synthesis.reading import items_in
from datagen.synthesis.teacher import Asker, fault_of_answer
from datagen.synthesis.yields import Yields

__all__ = ["invent"]

_SHORT = 70  # characters of a seed that is shown
_TOKENS_PER_IDEA = 40
_SHORTEST, _LONGEST = 15, 200  # characters of a rule
_LATIN = regex.compile(r"[A-Za-z]")
_QUOTED = regex.compile(r"[\"“”'][^\"“”']*[\"“”']")


async def invent(asker: Asker, recipe: SynthesisRecipe, seeds: list[Wording], yields: Yields) -> list[str]:
    """New rules in English, in the order they were written, at most `samples.ideas`."""
    samples = recipe.samples
    requests = math.ceil(samples.ideas / samples.ideas_per_request)
    chats = [_chat(recipe, seeds, number) for number in range(requests)]
    tokens = _TOKENS_PER_IDEA * samples.ideas_per_request
    answers = await asyncio.gather(*(asker.sample(chat, number, tokens) for number, chat in enumerate(chats)))
    seen = SeenTexts(recipe.gates.max_likeness)
    for english in (*(english for english, _ in seeds), *CASE_RULES):
        seen.find_or_add(f"the seed {english!r}", english)
    kept: list[str] = []
    for answer in answers:
        fault = fault_of_answer(answer)
        # The last item of a list that was cut off is half a rule.
        items = items_in(answer.content)[: -1 if fault and fault[0] == "truncated" else None]
        if not items:
            yields.entered("idea")
            reason, detail = fault or ("unreadable_list", " ".join(answer.content.split())[:200])
            yields.stop("idea", "", reason, detail)
        for rule in items[: samples.ideas_per_request]:
            yields.entered("idea")
            if fault := _fault(rule, seen, full=len(kept) >= samples.ideas):
                yields.stop("idea", rule, *fault)
                continue
            yields.keep("idea")
            kept.append(rule)
    return kept


def _chat(recipe: SynthesisRecipe, seeds: list[Wording], number: int) -> Chat:
    """Short seeds of this request's own draw, and the next aspect."""
    rng, count = rng_for(recipe.seed, "ideas", str(number)), recipe.samples.ideas_per_request
    short = [english for english, _ in seeds if len(english) <= _SHORT] or [english for english, _ in seeds]
    return ideas_chat(rng.sample(short, min(count, len(short))), ASPECTS[number % len(ASPECTS)], count)


def _fault(rule: str, seen: SeenTexts, *, full: bool) -> tuple[str, str] | None:
    if not _SHORTEST <= len(rule) <= _LONGEST:
        return "odd_length", f"{len(rule)} characters"
    letters = [letter for letter in _QUOTED.sub("", rule) if letter.isalpha()]
    if not letters or len(_LATIN.findall("".join(letters))) < 0.9 * len(letters):
        return "not_english", ""
    if full:
        return "more_than_wanted", ""
    if match := seen.find_or_add(f"the idea {rule!r}", rule):
        return "near_duplicate", f"like {match.name} ({match.jaccard:.2f})"
    return None
