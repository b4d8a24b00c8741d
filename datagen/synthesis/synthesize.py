"""From a recipe to a pack: the steps in order, all rules through one step before the next.

Step by step, not rule by rule: requests of one kind share their beginning, which a server reads once. A rule that a
gate stops costs nothing after it. Every rule counts its own yields; they are added up in the order of the ideas.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from constraints.sandbox import Limits, Sandbox
from datagen.synthesis.cases import Case, borrow, derive, write_cases
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.functions import Function, usable_functions
from datagen.synthesis.gates import Verified, cross_validated, enough, mutation_tested
from datagen.synthesis.ideas import invent
from datagen.synthesis.meaning import Comparer, back_translated
from datagen.synthesis.prompts import Wording, function_chat
from datagen.synthesis.teacher import Asker, fault_of_answer
from datagen.synthesis.wording import thai_wordings
from datagen.synthesis.yields import Yields

__all__ = ["Synthesis", "Synthesised", "synthesise"]

T = TypeVar("T")
# A little more time than a checker needs at work: a sample must not die of a busy machine.
_LIMITS = Limits(time_s=0.5, kill_after_s=5.0)


@dataclass(frozen=True)
class Synthesised:
    """A constraint that passed every gate."""

    verified: Verified
    back_translation: str
    consistency: str
    thai: tuple[str, ...]


@dataclass(frozen=True)
class Synthesis:
    """What came out, and what every gate stopped."""

    constraints: tuple[Synthesised, ...]
    yields: Yields


@dataclass
class _Rule:
    """One rule on its way; what stands in it grows step by step."""

    text: str
    yields: Yields = field(default_factory=Yields)
    functions: Sequence[Function] = ()
    cases: Sequence[Case] = ()
    verified: Verified | None = None
    back: str = ""
    why: str = ""
    thai: tuple[str, ...] = ()


async def synthesise(
    recipe: SynthesisRecipe,
    seeds: list[Wording],
    teacher: Asker,
    comparer: Comparer,
    say: Callable[[str], None],
) -> Synthesis:
    """Every step for every rule.

    Raises:
        UserError: the endpoint or the store fails; answers stored so far are kept.
    """
    total = Yields()
    rules = [_Rule(text) for text in await invent(teacher, recipe, seeds, total)]
    everything = list(rules)
    say(f"{len(rules)} rules")
    with Sandbox(_LIMITS) as sandbox:
        rules = await _each(rules, lambda rule: _functions(rule, recipe, teacher, sandbox))
        say(f"{len(rules)} rules have functions that run")
        rules = await _each(rules, lambda rule: _cases(rule, recipe, teacher))
        written = {rule.text: rule.cases for rule in rules}
        rules = await _each(rules, lambda rule: _verified(rule, written, recipe, sandbox))
        say(f"{len(rules)} rules have verifiers that passed cross-validation and mutation")
    rules = await _each(rules, lambda rule: _told_back(rule, teacher, comparer))
    say(f"{len(rules)} rules mean what their verifiers check")
    rules = await _each(rules, lambda rule: _worded(rule, recipe, teacher, comparer, seeds))
    say(f"{len(rules)} rules passed every gate")
    for rule in everything:
        total.add(rule.yields)
    found = tuple(
        Synthesised(rule.verified, rule.back, rule.why, rule.thai) for rule in rules if rule.verified is not None
    )
    return Synthesis(found, total)


async def _each(rules: Sequence[_Rule], step: Callable[[_Rule], Awaitable[bool]]) -> list[_Rule]:
    """The rules that a step keeps. An error in one cancels the others; what was asked is stored all the same."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_awaited(step(rule))) for rule in rules]
    return [rule for rule, task in zip(rules, tasks, strict=True) if task.result()]


async def _awaited(result: Awaitable[T]) -> T:
    return await result


async def _functions(rule: _Rule, recipe: SynthesisRecipe, teacher: Asker, sandbox: Sandbox) -> bool:
    answers = await asyncio.gather(
        *(
            teacher.sample(function_chat(rule.text, sample), sample, recipe.samples.function_tokens)
            for sample in range(recipe.samples.functions)
        )
    )
    rule.functions = await asyncio.to_thread(usable_functions, rule.text, answers, sandbox, rule.yields)
    rule.yields.entered("enough_functions")
    if not enough("enough_functions", rule.text, rule.functions, recipe.gates, rule.yields):
        return False
    rule.yields.keep("enough_functions")
    return True


async def _cases(rule: _Rule, recipe: SynthesisRecipe, teacher: Asker) -> bool:
    rule.cases = await write_cases(teacher, recipe, rule.text, rule.yields)
    return True


async def _verified(
    rule: _Rule, written: Mapping[str, Sequence[Case]], recipe: SynthesisRecipe, sandbox: Sandbox
) -> bool:
    cases = [*rule.cases, *borrow(rule.text, written, recipe, rule.yields)]
    cases += derive(rule.text, cases, recipe, rule.yields)

    def through_the_gates() -> Verified | None:
        agreed = cross_validated(rule.text, rule.functions, cases, recipe.gates, sandbox, rule.yields)
        return mutation_tested(agreed, recipe, sandbox, rule.yields) if agreed else None

    rule.verified = await asyncio.to_thread(through_the_gates)
    return rule.verified is not None


async def _told_back(rule: _Rule, teacher: Asker, comparer: Comparer) -> bool:
    assert rule.verified
    rule.back, answer = await back_translated(teacher, rule.verified.distinct[0].function.source)
    rule.yields.entered("back_translation")
    if fault := fault_of_answer(answer):
        rule.yields.stop("back_translation", rule.text, *fault, what=rule.back)
        return False
    rule.yields.keep("back_translation")
    rule.yields.entered("consistency")
    label, rule.why = await comparer.compare(rule.text, rule.back)
    if label != "entail":
        rule.yields.stop("consistency", rule.text, label, rule.why, rule.back)
        return False
    rule.yields.keep("consistency")
    return True


async def _worded(
    rule: _Rule, recipe: SynthesisRecipe, teacher: Asker, comparer: Comparer, seeds: list[Wording]
) -> bool:
    rule.thai = await thai_wordings(teacher, comparer, recipe, rule.text, seeds, rule.yields)
    rule.yields.entered("wording")
    if not rule.thai:
        rule.yields.stop("wording", rule.text, "no_thai_wording", f"none of {recipe.samples.thai_wordings} passed")
        return False
    rule.yields.keep("wording")
    return True
