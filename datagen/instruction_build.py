"""Builds of instructions: prompts, constraints drawn and stated, answers that keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.build_kind import Seeded, Stages
from datagen.config import BuildRecipe
from datagen.llm.client import ChatClient
from datagen.packs import PackFile, read_packs
from datagen.prompts import Census, PromptReader, open_prompts
from datagen.splits import SplitPlan, held_out_ids, shares_of
from datagen.stages import Stage
from datagen.stages.answered import Answered
from datagen.stages.compose import Compose
from datagen.stages.decontaminate import Decontaminate
from datagen.stages.dedup import Dedup
from datagen.stages.follow_up import FollowUp
from datagen.stages.judge import Judge
from datagen.stages.mix import Mix, Quota
from datagen.stages.prompt_screen import PromptRules, Refusals
from datagen.stages.repair import Repair
from datagen.stages.respond import Respond
from datagen.stages.screen import Screen
from datagen.stages.seed import seed_records
from datagen.stages.translate import Translate
from datagen.stages.verify import Verify
from datagen.teacher import Teacher
from datagen.translation import translator_of

__all__ = ["InstructionBuild"]


@dataclass(frozen=True)
class InstructionBuild:
    recipe: BuildRecipe
    teacher: Teacher
    prompts: PromptReader
    rules: PromptRules
    decontaminate: Decontaminate
    packs: list[PackFile]
    asks_at: str = "translate"

    @classmethod
    def of(cls, recipe: BuildRecipe, teacher: Teacher) -> InstructionBuild:
        return cls(
            recipe,
            teacher,
            open_prompts(recipe.lang, recipe.prompts, recipe.on_bad_row),
            PromptRules(recipe.prompt_screen),
            Decontaminate(recipe.decontaminate),
            read_packs(recipe.constraint_packs),
        )

    def decides(self) -> Mapping[str, Any]:
        return {
            "held_out": self.decontaminate.held_out_sha256,
            "packs": [file.sha256 for file in self.packs],
        }

    def held_out(self) -> Mapping[str, Any] | None:
        return self.decontaminate.held_out

    def mix(self) -> Mix:
        recipe = self.recipe
        held_out = held_out_ids(recipe.held_out_types, recipe.compose.weights, recipe.seed)
        return Mix(recipe.mix, recipe.targets, held_out)

    def seeded(self, mix: Mix) -> Seeded:
        recipe, census = self.recipe, Census()
        records = seed_records(
            self.prompts,
            recipe.lang,
            recipe.candidates,
            recipe.seed,
            rules=self.rules,
            attempts=recipe.attempts_allowed,
            census=census,
            plan=SplitPlan(shares_of(recipe.splits), sorted(mix.held_out), recipe.seed),
            closed=mix.closed,
        )
        return Seeded(records, census)

    def dedup(self, file: Path) -> Dedup:
        return Dedup(self.recipe.dedup, file)

    def stages(self, client: ChatClient, dedup: Dedup, mix: Mix) -> Stages:
        recipe = self.recipe
        every: list[Stage] = [
            Refusals("read"),
            Refusals("prompt_screen"),
            Translate(recipe.translate, translator_of(recipe.translate, client, self.teacher.name)),
            Compose(recipe.compose, recipe.seed),
            *([Quota(mix)] if recipe.mix.quotas or len(mix.targets) > 1 else []),
            *map(Answered, self._answering(client)),
            Answered(dedup),
            self.decontaminate,
            mix,
        ]
        remembering = {"dedup": dedup, self.decontaminate.name: self.decontaminate, mix.name: mix}
        return Stages(every, remembering)

    def _answering(self, client: ChatClient) -> list[Stage]:
        """The stages that ask for answers and check them."""
        recipe, teacher = self.recipe, self.teacher
        judge = [Judge(client, recipe.judge.model or teacher.name, recipe.judge)] if recipe.judge.enabled else []

        def respond(name: str, siblings: int = 1) -> Respond:
            return Respond(client, teacher.name, recipe.teacher, recipe.seed, name, siblings=siblings)

        def repair(name: str) -> list[Stage]:
            return [Repair(respond(name), recipe.repair, name)] if recipe.repair.rounds else []

        follow_up = (
            [FollowUp(respond("follow_up")), *repair("follow_up_repair")] if recipe.compose.multi_turn_share else []
        )
        return [
            respond("respond", recipe.candidates),
            *repair("repair"),
            *follow_up,
            Verify(),
            Screen(recipe.screen, recipe.teacher.guidance),
            *judge,
        ]
