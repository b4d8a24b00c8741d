"""One build from recipe to dataset: claim the folder, connect the teacher when needed, run, export.

Covers resuming (the answer store), growing a finished dataset (`rows` raised) and refusing to write over a
dataset of another recipe. What each stage does is in stages/; what the folder looks like is in workplace.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from datagen.config import BuildRecipe
from datagen.errors import EndpointError, OutputError, TeacherError
from datagen.export import Export
from datagen.ledger import Ledger
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient, Usage
from datagen.manifest import Counted
from datagen.pipeline import run_pipeline
from datagen.prompts import Census, PromptReader, open_prompts
from datagen.record import Record, Rejection
from datagen.stages import Stage
from datagen.stages.compose import Compose
from datagen.stages.decontaminate import Decontaminate
from datagen.stages.dedup import Dedup
from datagen.stages.follow_up import FollowUp
from datagen.stages.judge import Judge
from datagen.stages.mix import Mix
from datagen.stages.prompt_screen import PromptRules, Refusals
from datagen.stages.repair import Repair
from datagen.stages.respond import Respond
from datagen.stages.screen import Screen
from datagen.stages.seed import seed_records
from datagen.stages.translate import Translate
from datagen.stages.verify import Verify
from datagen.teacher import Connection, Teacher, teacher_of
from datagen.workplace import Workplace

__all__ = ["BuildResult", "Progress", "build"]

# What may differ between a finished dataset and a new run into the same folder: how much and how fast, not what.
_FREE_TO_CHANGE = ("rows", "max_attempts")
_FREE_TO_CHANGE_IN_TEACHER = ("concurrency", "timeout_s", "max_retries")
_GRACE_S = 10.0


class Progress(Protocol):
    """What the person watching is told: messages, the live counts once, then every outcome."""

    def say(self, message: str) -> None: ...

    def started(self, ledger: Ledger, usage: Usage) -> None: ...

    def outcome(self, outcome: Record | Rejection) -> None: ...


@dataclass(frozen=True)
class BuildResult:
    manifest: Mapping[str, Any]
    usage: Usage

    @property
    def complete(self) -> bool:
        return self.manifest["rows"] >= self.manifest["recipe"]["rows"]


@dataclass(frozen=True)
class _Opened:
    """What a build works with: opened and checked before the output folder is touched."""

    recipe: BuildRecipe
    prompts: PromptReader
    rules: PromptRules
    decontaminate: Decontaminate
    teacher: Teacher

    @classmethod
    def of(cls, recipe: BuildRecipe) -> _Opened:
        return cls(
            recipe,
            open_prompts(recipe.lang, recipe.prompts, recipe.on_bad_row),
            PromptRules(recipe.prompt_screen),
            Decontaminate(recipe.decontaminate),
            teacher_of(recipe),
        )


def build(recipe: BuildRecipe, out: Path, progress: Progress, *, overwrite: bool = False) -> BuildResult:
    """Build (or resume, or grow) the dataset in `out`.

    Raises:
        UserError: anything the user can mend; answers stored so far are kept.
    """
    opened = _Opened.of(recipe)
    workplace = Workplace(out)
    with workplace.claim():
        if not overwrite:
            _require_same_recipe(workplace, recipe)
        workplace.clear_staging()
        with contextlib.closing(AnswerStore(workplace.answers_path)) as store:
            return asyncio.run(_connected(opened, workplace, store, progress))


def _require_same_recipe(workplace: Workplace, recipe: BuildRecipe) -> None:
    finished = workplace.finished_recipe()
    if finished is None:
        return
    before, now = _fixed_part(finished), _fixed_part(recipe.model_dump(mode="json"))
    for key in now:
        if before.get(key) != now[key]:
            raise OutputError(
                f"{workplace.out} holds a finished dataset with another recipe ({key} was {before.get(key)!r}, now "
                f"{now[key]!r}); choose another --out, or pass --overwrite (stored answers are kept)"
            )


def _fixed_part(recipe: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {key: value for key, value in recipe.items() if key not in _FREE_TO_CHANGE}
    fixed["teacher"] = {k: v for k, v in fixed.get("teacher", {}).items() if k not in _FREE_TO_CHANGE_IN_TEACHER}
    return fixed


async def _connected(opened: _Opened, workplace: Workplace, store: AnswerStore, progress: Progress) -> BuildResult:
    """The build with a client around it; the teacher is reached when the first answer is really needed."""
    teacher, config = opened.teacher, opened.recipe.teacher
    connection = Connection(teacher, config.concurrency, progress.say)
    client = ChatClient(
        store,
        teacher.identity,
        connection.connect,
        concurrency=config.concurrency,
        timeout_s=config.timeout_s,
        max_retries=config.max_retries,
    )
    try:
        return await _run(opened, client, Export(workplace, opened.recipe), progress)
    except EndpointError as exc:
        await client.close(_GRACE_S)  # other requests may still be answered, and were asked for
        # A dead child looks like a lost connection: name the real cause.
        if cause := connection.crashed():
            raise TeacherError(f"{cause}; run the same command again: answers stored so far are kept") from exc
        raise
    finally:
        await client.close()
        connection.close()


def _stages(opened: _Opened, client: ChatClient) -> list[Stage]:
    recipe, teacher = opened.recipe, opened.teacher
    judge = [Judge(client, recipe.judge.model or teacher.name, recipe.judge)] if recipe.judge.enabled else []

    def respond(name: str) -> Respond:
        return Respond(client, teacher.name, recipe.teacher, recipe.seed, name)

    def repair(name: str) -> list[Stage]:
        return [Repair(respond(name), recipe.repair, name)] if recipe.repair.rounds else []

    follow_up = [FollowUp(respond("follow_up")), *repair("follow_up_repair")] if recipe.compose.multi_turn_share else []
    return [
        Refusals("read"),
        Refusals("prompt_screen"),
        Translate(),
        Compose(recipe.compose, recipe.seed),
        respond("respond"),
        *repair("repair"),
        *follow_up,
        Verify(),
        Screen(recipe.screen, recipe.teacher.guidance),
        *judge,
        Dedup(recipe.dedup),
        opened.decontaminate,
        Mix(recipe.per_prompt),
    ]


async def _run(opened: _Opened, client: ChatClient, export: Export, progress: Progress) -> BuildResult:
    recipe, stages = opened.recipe, _stages(opened, client)
    counted = Counted(Ledger(stage.name for stage in stages), Census())
    progress.started(counted.ledger, client.usage)
    records = seed_records(
        opened.prompts,
        recipe.lang,
        recipe.candidates,
        recipe.seed,
        rules=opened.rules,
        attempts=recipe.attempts_allowed,
        census=counted.census,
    )
    outcomes = run_pipeline(
        records,
        stages,
        counted.ledger,
        rows=recipe.rows,
        attempts=sys.maxsize,  # seed_records ends after the candidates allowed: what was refused costs none
        # One by one through what is stored already: looking ahead would ask for answers past the last row.
        window=lambda: 1 if client.replaying else 2 * recipe.teacher.concurrency,
    )
    async with contextlib.aclosing(outcomes):
        async for outcome in outcomes:
            export.take(outcome)
            progress.outcome(outcome)
    return BuildResult(export.publish(opened.teacher, counted), client.usage)
