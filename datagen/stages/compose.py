"""`compose`: draw constraints for the prompt, word them, and place them in the user or the system turn.

Some rows get a second user turn that adds constraints or changes them (`compose.multi_turn_share`); it is planned here
and said after the first answer (stages/follow_up.py). Siblings (one group) share one draw. The row as it will read is
checked before anything is paid for: a constraint whose words or parameters it does not state is the counted rejection
`parameter_not_stated`, by the same code that `typhoon-data verify` uses.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from constraints import Constraint, DrawContext, Language, build
from datagen.composition.plan import Plan, SecondTurn, draw_plan, given_plan
from datagen.composition.stated import unstated
from datagen.composition.templates import choose, template_hashes
from datagen.config import ComposeConfig
from datagen.record import AppliedConstraint, Message, Record, Rejection
from datagen.rng import rng_for
from datagen.splits import ANSWERED

__all__ = ["Compose", "template_hashes"]


class Compose:
    name = "compose"
    ordered = False

    def __init__(self, config: ComposeConfig, seed: int) -> None:
        self.config, self.seed = config, seed

    async def __call__(self, record: Record) -> Record | Rejection:
        config, rng = self.config, rng_for(self.seed, self.name, record.group)
        has_history = len(record.messages) > 1
        if record.given:  # came with the prompt, and `translate` made them ours
            given = tuple(build(constraint.id, constraint.params) for constraint in record.given)
            plan = given_plan(rng, config, given, has_history=has_history)
        else:
            plan = draw_plan(
                rng,
                DrawContext(keywords=record.keywords, prompt=record.prompt),
                config,
                avoid=record.avoid,
                has_history=has_history,
                may_follow_up=record.split == ANSWERED,  # a prompt without an answer has nothing to follow up
            )
        if plan is None:
            return Rejection(record, self.name, "no_constraint_fits", "the prompt avoids every drawable type")
        lang: Language = "en" if rng.random() < config.english_instruction_share else "th"
        composed = _rendered(record, plan, lang, rng)
        for constraint in composed.constraints:
            for problem in unstated(_as_it_will_read(composed), constraint):
                return Rejection(composed, self.name, "parameter_not_stated", f"{constraint.id}: {problem}")
        return composed


def _rendered(record: Record, plan: Plan, lang: Language, rng: random.Random) -> Record:
    turn = len(record.answers) + 1
    words = _Wording(lang, rng)
    first = words.instructions(plan.first)
    template = choose(rng, lang, "system" if plan.in_system else "user", first, record.messages[-1].content)
    text = template.render(first, prompt=record.messages[-1].content)
    if plan.in_system:
        messages = (Message("system", text), *record.messages)
    else:
        messages = (*record.messages[:-1], Message("user", text))
    constraints, used, follow_up = words.applied(plan.first, turn), [template.name], ""
    if plan.second:
        follow_up, name = _follow_up(plan.second, words)
        constraints += words.applied(plan.second.in_force, turn + 1)
        used.append(name)
    return replace(
        record,
        messages=messages,
        constraints=constraints,
        follow_up=follow_up,
        provenance=replace(record.provenance, templates=tuple(used)),
    )


def _follow_up(second: SecondTurn, words: _Wording) -> tuple[str, str]:
    """The second user turn, and its template's name."""
    said = words.instructions(second.said)
    template = choose(words.rng, words.lang, second.kind, said)
    old = words.instructions([second.old])[0] if second.old else ""
    return template.render(said, old=old), template.name


class _Wording:
    """One wording for each constraint, kept over all turns of a row: what still holds is not asked for anew."""

    def __init__(self, lang: Language, rng: random.Random) -> None:
        self.lang: Language = lang
        self.rng = rng
        self._chosen: dict[Constraint, str] = {}

    def instructions(self, constraints: Iterable[Constraint]) -> list[str]:
        for constraint in constraints:
            if constraint not in self._chosen:
                self._chosen[constraint] = self.rng.choice(constraint.phrasings(self.lang))
        return [self._chosen[constraint] for constraint in constraints]

    def applied(self, constraints: Iterable[Constraint], turn: int) -> tuple[AppliedConstraint, ...]:
        return tuple(
            AppliedConstraint(constraint.id, dict(constraint.params), instruction, self.lang, turn)
            for constraint, instruction in zip(constraints, self.instructions(constraints), strict=True)
        )


def _as_it_will_read(record: Record) -> Record:
    """The row with every turn it will have; its answers are still empty."""
    if not record.follow_up:
        return record
    said = (*record.messages, Message("assistant", ""), Message("user", record.follow_up))
    return replace(record, messages=said, follow_up="")
