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

from datagen.card import render_card
from datagen.config import BuildRecipe
from datagen.errors import EndpointError, OutputError, TeacherError
from datagen.ledger import Ledger
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient, Usage, public_url
from datagen.manifest import Tally, build_manifest, manifest_text
from datagen.pipeline import run_pipeline
from datagen.prompts import Census, PromptReader, open_prompts
from datagen.record import Record, Rejection
from datagen.shards import REJECTED_SCHEMA, SFT_SCHEMA, ShardWriter
from datagen.stages import Stage
from datagen.stages.compose import Compose
from datagen.stages.decontaminate import Decontaminate
from datagen.stages.dedup import Dedup
from datagen.stages.judge import Judge
from datagen.stages.mix import Mix
from datagen.stages.prompt_screen import PromptRules, Refusals
from datagen.stages.respond import Respond
from datagen.stages.screen import Screen
from datagen.stages.seed import seed_records
from datagen.stages.translate import Translate
from datagen.stages.verify import Verify
from datagen.teacher import Connection, Teacher, teacher_of
from datagen.workplace import Workplace, writing

__all__ = ["BuildResult", "Progress", "build"]

# What may differ between a finished dataset and a new run into the same folder: how much and how fast, not what.
_FREE_TO_CHANGE = ("rows", "max_attempts")
_FREE_TO_CHANGE_IN_TEACHER = ("concurrency", "timeout_s", "max_retries")
_CARD_EXAMPLES = 3
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


def build(recipe: BuildRecipe, out: Path, progress: Progress, *, overwrite: bool = False) -> BuildResult:
    """Build (or resume, or grow) the dataset in `out`.

    Raises:
        UserError: anything the user can mend; answers stored so far are kept.
    """
    prompts = open_prompts(recipe.lang, recipe.prompts, recipe.on_bad_row)
    rules = PromptRules(recipe.prompt_screen)
    decontaminate = Decontaminate(recipe.decontaminate)
    teacher = teacher_of(recipe)
    workplace = Workplace(out)
    with workplace.claim():
        if not overwrite:
            _require_same_recipe(workplace, recipe)
        workplace.clear_staging()
        with contextlib.closing(AnswerStore(workplace.answers_path)) as store:
            return asyncio.run(_build(recipe, prompts, rules, decontaminate, teacher, workplace, store, progress))


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


async def _build(
    recipe: BuildRecipe,
    prompts: PromptReader,
    rules: PromptRules,
    decontaminate: Decontaminate,
    teacher: Teacher,
    workplace: Workplace,
    store: AnswerStore,
    progress: Progress,
) -> BuildResult:
    connection = Connection(teacher, recipe.teacher.concurrency, progress.say)
    client = ChatClient(
        store,
        teacher.identity,
        connection.connect,
        concurrency=recipe.teacher.concurrency,
        timeout_s=recipe.teacher.timeout_s,
        max_retries=recipe.teacher.max_retries,
    )
    try:
        stages = _stages(recipe, client, teacher, decontaminate)
        return await _run(recipe, prompts, rules, stages, client, teacher, workplace, progress)
    except EndpointError as exc:
        await client.close(_GRACE_S)  # other requests may still be answered, and were asked for
        # A dead child looks like a lost connection: name the real cause.
        if cause := connection.crashed():
            raise TeacherError(f"{cause}; run the same command again: answers stored so far are kept") from exc
        raise
    finally:
        await client.close()
        connection.close()


def _stages(recipe: BuildRecipe, client: ChatClient, teacher: Teacher, decontaminate: Decontaminate) -> list[Stage]:
    judge = [Judge(client, recipe.judge.model or teacher.name, recipe.judge)] if recipe.judge.enabled else []
    return [
        Refusals("read"),
        Refusals("prompt_screen"),
        Translate(),
        Compose(recipe.compose, recipe.seed),
        Respond(client, teacher.name, recipe.teacher, recipe.seed),
        Verify(),
        Screen(recipe.screen),
        *judge,
        Dedup(recipe.dedup),
        decontaminate,
        Mix(recipe.per_prompt),
    ]


async def _run(
    recipe: BuildRecipe,
    prompts: PromptReader,
    rules: PromptRules,
    stages: list[Stage],
    client: ChatClient,
    teacher: Teacher,
    workplace: Workplace,
    progress: Progress,
) -> BuildResult:
    root = workplace.staging
    shards = {
        "sft": ShardWriter(root / "data" / "sft", SFT_SCHEMA, recipe.rows_per_shard),
        "rejected": ShardWriter(root / "rejected", REJECTED_SCHEMA, recipe.rows_per_shard),
    }
    ledger, tally, examples, census = Ledger(stage.name for stage in stages), Tally(), [], Census()
    progress.started(ledger, client.usage)
    outcomes = run_pipeline(
        seed_records(
            prompts,
            recipe.lang,
            recipe.candidates,
            recipe.seed,
            rules=rules,
            attempts=recipe.attempts_allowed,
            census=census,
        ),
        stages,
        ledger,
        rows=recipe.rows,
        attempts=sys.maxsize,  # seed_records ends after the candidates allowed: what was refused costs none
        # One by one through what is stored already: looking ahead would ask for answers past the last row.
        window=lambda: 1 if client.replaying else 2 * recipe.teacher.concurrency,
    )
    async with contextlib.aclosing(outcomes):
        async for outcome in outcomes:
            accepted = isinstance(outcome, Record)
            with writing(root):
                shards["sft" if accepted else "rejected"].write(outcome.row())
            if isinstance(outcome, Record):
                tally.add(outcome)
                if len(examples) < _CARD_EXAMPLES:
                    examples.append(outcome)
            progress.outcome(outcome)
    with writing(root):
        for writer in shards.values():
            writer.close()
    ledger.require_balance(sum(shards["sft"].row_counts))
    named = {
        "name": teacher.name,
        "identity": teacher.identity,
        "license": teacher.license,
        "judge": recipe.judge.model or teacher.name,
    }
    manifest = build_manifest(_public(recipe), named, ledger.as_dict(), tally, shards, root, ())
    manifest |= _counted(census, ledger)
    workplace.publish_staging(render_card(manifest, examples), manifest_text(manifest))
    return BuildResult(manifest, client.usage)


def _counted(census: Census, ledger: Ledger) -> dict[str, Any]:
    """What was read up to the last record, and the candidates that were asked for: refused prompts are none."""
    stages = ledger.as_dict()
    return {"prompts": census.summary(stages["read"]["in"]), "attempts": stages["prompt_screen"]["kept"]}


def _public(recipe: BuildRecipe) -> BuildRecipe:
    """The recipe as it may be stored: a base URL without credentials."""
    if recipe.teacher.base_url is None:
        return recipe
    teacher = recipe.teacher.model_copy(update={"base_url": public_url(recipe.teacher.base_url)})
    return recipe.model_copy(update={"teacher": teacher})
