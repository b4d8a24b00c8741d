"""Builds of tool use: scenarios drawn, played with the teacher, proven.

`converse` plays, `prove` runs every call again; `screen`, `dedup` and `mix` are those of instructions, asked about
whole conversations. The judge is off unless the recipe turns it on.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datagen.build_kind import Seeded, Stages
from datagen.config import BuildRecipe
from datagen.domains import shipped_library
from datagen.errors import RecipeError
from datagen.llm.client import ChatClient
from datagen.own_tools.own_tools import OwnTools
from datagen.packs import PackFile
from datagen.record import Record
from datagen.scenarios.drawing import Offer, ScenarioPlan
from datagen.scenarios.library import Library
from datagen.stages import Stage
from datagen.stages.converse import Converse
from datagen.stages.dedup import Dedup
from datagen.stages.judge import Judge
from datagen.stages.mix import Mix, Quota
from datagen.stages.prove import Prove
from datagen.stages.reword import Reword
from datagen.stages.scenarios import scenario_records
from datagen.stages.screen_replies import ScreenReplies
from datagen.teacher import Teacher

__all__ = ["ToolBuild", "conversation_text", "library_of", "scenario_plan"]


@dataclass(frozen=True)
class ToolBuild:
    recipe: BuildRecipe
    teacher: Teacher
    plan: ScenarioPlan
    own: OwnTools = field(default_factory=OwnTools)
    packs: list[PackFile] = field(default_factory=list)

    @classmethod
    def of(cls, recipe: BuildRecipe, teacher: Teacher, own: OwnTools) -> ToolBuild:
        return cls(recipe, teacher, scenario_plan(recipe, library_of(recipe, own)), own)

    @property
    def asks_at(self) -> str:
        """The first stage: every scenario that was drawn counts."""
        return "quota" if self.recipe.mix.quotas else "reword" if self.recipe.tools.reword else "converse"

    def decides(self) -> Mapping[str, Any]:
        return {"own_tools": self.own.definitions} if self.own.tools else {}

    def held_out(self) -> None:
        return None

    def mix(self) -> Mix:
        return Mix(self.recipe.mix, self.recipe.targets)

    def seeded(self, mix: Mix) -> Seeded:
        recipe = self.recipe
        return Seeded(
            scenario_records(self.plan, recipe.candidates, attempts=recipe.attempts_allowed, closed=mix.closed)
        )

    def dedup(self, file: Path) -> Dedup:
        return Dedup(self.recipe.dedup, file, conversation_text)

    def stages(self, client: ChatClient, dedup: Dedup, mix: Mix) -> Stages:
        recipe, name, tools = self.recipe, self.teacher.name, self.plan.library.tools
        every: list[Stage] = [
            *([Quota(mix)] if recipe.mix.quotas else []),
            *([Reword(client, name, recipe, tools)] if recipe.tools.reword else []),
            Converse(client, name, recipe, tools),
            Prove(tools),
            ScreenReplies(recipe.screen, recipe.teacher.guidance),
            *([Judge(client, recipe.judge.model or name, recipe.judge)] if recipe.judge.enabled else []),
            dedup,
            mix,
        ]
        return Stages(every, {"dedup": dedup, mix.name: mix})


def library_of(recipe: BuildRecipe, own: OwnTools | None = None) -> Library:
    """The tools and goals that a recipe's scenarios are made of: shipped ones and the user's own.

    Raises:
        RecipeError: a domain or goal that is not there.
    """
    library = shipped_library()
    if own is not None:
        library = Library({**library.tools, **own.tools}, (*library.goals, *own.goals))
    known = sorted({goal.domain for goal in library.goals})
    ids = [goal.id for goal in library.goals]
    _require_known(recipe.mix.domain, known, known, "no domain of tools")
    _require_known(recipe.tools.domains, known, [*known, *ids], "no domain of tools and no goal")
    return library.within(frozenset(recipe.tools.domains or known))


def _require_known(names: Iterable[str], domains: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            way_out = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(domains)}"
            raise RecipeError(f"{name!r} is {what}; {way_out}")


def scenario_plan(recipe: BuildRecipe, library: Library) -> ScenarioPlan:
    """The scenarios of a recipe."""
    config = recipe.tools
    offer = Offer(config.extra_tools_max, config.distractors_min, config.distractors_max)
    return ScenarioPlan(library, recipe.seed, config.kinds, offer)


def conversation_text(record: Record) -> str:
    """What was said on both sides, without calls and results: what must not repeat."""
    return "\n".join(message.content for message in record.messages if message.role in ("user", "assistant"))
