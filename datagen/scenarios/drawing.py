"""Scenarios without end, each a function of the seed and its number.

    plan = ScenarioPlan(library, seed, kinds={"single": 1, "parallel": 1})
    plan.scenario(17)          # -> Written: the scenario, and the words that its user's turns must keep

The kind is drawn by weight, then goals that suit it, a moment, who asks, and what else is on offer. The reference
calls are run at once: a scenario that cannot be solved is an error of its goal, and `state` is what they leave.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from datagen.errors import RecipeError, ScenarioError
from datagen.rng import rng_for
from datagen.scenarios.kinds import MAKERS, Cast, Draft, suitable
from datagen.scenarios.library import Library
from datagen.scenarios.offer import offered, others
from datagen.scenarios.phrases import needs_date, system_turn
from datagen.scenarios.reference import run_reference
from datagen.scenarios.scenario import KINDS, Scenario

__all__ = ["EVEN", "Offer", "ScenarioPlan", "Written"]

EVEN: Mapping[str, float] = dict.fromkeys(KINDS, 1.0)
_FIRST_DAY = datetime(2026, 1, 5)
_DAYS = 350
_SYSTEM_SHARE = 0.4
_DRAWS = 60


@dataclass(frozen=True)
class Offer:
    """How many tools are on offer beside those that are needed: at most, and in scenarios of distractors."""

    extra_max: int = 3
    distractors_min: int = 6
    distractors_max: int = 12


@dataclass(frozen=True, slots=True)
class Written:
    """`words`: what users' turns say of arguments, verbatim."""

    scenario: Scenario
    words: tuple[str, ...]
    goals: tuple[str, ...]


class ScenarioPlan:
    """`kinds`: weights by kind.

    Raises:
        RecipeError: a kind with a weight for which there is no goal, or no weights at all.
    """

    def __init__(
        self, library: Library, seed: int, kinds: Mapping[str, float] = EVEN, offer: Offer | None = None
    ) -> None:
        self.library, self.seed, self.offer = library, seed, offer or Offer()
        self.kinds = {kind: kinds[kind] for kind in KINDS if kinds.get(kind)}
        if not self.kinds:
            raise RecipeError(f"no kind of scenario has a weight; known: {', '.join(KINDS)}")
        for kind in self.kinds:
            if not suitable(library, kind):
                raise RecipeError(f"tools.kinds: no goal makes scenarios of the kind {kind!r}; leave it out")

    def scenario(self, number: int) -> Written:
        """The scenario of that number.

        Raises:
            ScenarioError: a goal draws what its own tools do not answer.
        """
        rng = rng_for(self.seed, "scenario", str(number))
        kind = rng.choices(list(self.kinds), list(self.kinds.values()))[0]
        for _ in range(_DRAWS):
            now = _moment(rng)
            cast = Cast(self.library, rng, rng.randrange(2**31), now)
            made = MAKERS[kind](cast)
            if made is not None:
                return self._written(number, kind, cast, made)
        goals = ", ".join(trait.goal.id for trait in suitable(self.library, kind)[:8])
        raise ScenarioError(f"scenario {number}: none of {_DRAWS} draws of {goals} made one of the kind {kind!r}")

    def _written(self, number: int, kind: str, cast: Cast, made: Draft) -> Written:
        rng = cast.rng
        said = [turn.user for turn in made.turns]
        dated = needs_date(said)
        system = system_turn(cast.now, rng, dated=dated or rng.random() < 0.5)
        if not dated and rng.random() >= _SYSTEM_SHARE:
            system = ""
        scenario = Scenario(
            id=f"tool-{number:06d}",
            kind=kind,
            domain=made.traits[0].goal.domain,
            lang="th",
            seed=cast.seed,
            now=cast.now.isoformat(),
            tools=self._offered(kind, made, rng),
            turns=made.turns,
            system=system,
            faults=made.faults,
        )
        goals = tuple(trait.goal.id for trait in made.traits)
        try:
            state = run_reference(scenario, self.library.tools).state
        except ScenarioError as exc:
            raise ScenarioError(f"{exc} (goals: {', '.join(goals)})") from exc
        return Written(replace(scenario, state=state), made.words, goals)

    def _offered(self, kind: str, made: Draft, rng: random.Random) -> tuple[str, ...]:
        tools, offer = self.library.tools, self.offer
        if made.hidden:
            domains = {trait.goal.domain for trait in made.traits}
            return others(tools, domains, rng.randint(2, max(2, offer.extra_max)), rng)
        if kind == "distractors":
            count = rng.randint(offer.distractors_min, max(offer.distractors_min, offer.distractors_max))
            return offered(tools, made.needed, count, rng, near=True)
        return offered(tools, made.needed, rng.randint(0, offer.extra_max), rng)


def _moment(rng: random.Random) -> datetime:
    """A day in 2026, between seven in the morning and eight in the evening."""
    return _FIRST_DAY + timedelta(days=rng.randrange(_DAYS), hours=rng.randrange(7, 20), minutes=5 * rng.randrange(12))
