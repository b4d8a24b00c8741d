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

from constraints import text_contract
from datagen.checkpoint import Checkpoint, RecordStream, code_fingerprint
from datagen.config import BuildRecipe
from datagen.errors import BudgetError, EndpointError, OutputError, TeacherError
from datagen.export import Export
from datagen.ledger import Ledger
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient, Usage
from datagen.manifest import Counted, recorded_packages
from datagen.packs import PackFile, read_packs, require_known_weights, require_same_packs, with_packs
from datagen.pipeline import run_pipeline
from datagen.prompts import Census, PromptReader, open_prompts
from datagen.quotas import AHEAD
from datagen.record import Record, Rejection, code_version
from datagen.splits import SplitPlan, held_out_ids, shares_of, targets_of
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
from datagen.teacher import Connection, Teacher, client_of, public_recipe, teacher_of
from datagen.translation import translator_of
from datagen.workplace import Workplace

__all__ = ["BuildResult", "Progress", "build"]

# What may differ between a finished dataset and a new run into the same folder: how much and how fast, not what.
_FREE_TO_CHANGE = ("rows", "max_attempts", "budget")
_FREE_TO_CHANGE_IN_TEACHER = (
    "concurrency", "timeout_s", "max_retries", "adaptive", "requests_per_minute", "tokens_per_minute", "key",
    "transport", "batch",
)  # fmt: skip
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
    packs: list[PackFile]

    @classmethod
    def of(cls, recipe: BuildRecipe) -> _Opened:
        return cls(
            recipe,
            open_prompts(recipe.lang, recipe.prompts, recipe.on_bad_row),
            PromptRules(recipe.prompt_screen),
            Decontaminate(recipe.decontaminate),
            teacher_of(recipe),
            read_packs(recipe.constraint_packs),
        )


def build(recipe: BuildRecipe, out: Path, progress: Progress, *, overwrite: bool = False) -> BuildResult:
    """Build (or resume, or grow) the dataset in `out`.

    Raises:
        UserError: anything the user can mend; answers stored so far are kept.
    """
    opened = _Opened.of(recipe)
    workplace = Workplace(out)
    with with_packs(opened.packs), workplace.claim():
        require_known_weights(recipe.compose.weights)
        if not overwrite:
            _require_same_recipe(workplace, recipe)
            require_same_packs(workplace, opened.packs)
        with contextlib.closing(AnswerStore(workplace.answers_path)) as store:
            return asyncio.run(_connected(opened, workplace, store, progress))


def _require_same_recipe(workplace: Workplace, recipe: BuildRecipe) -> None:
    finished = workplace.finished_recipe()
    if finished is None:
        return
    before, now = _fixed_part(finished), _fixed_part(public_recipe(recipe).model_dump(mode="json"))
    for key in now:
        if before.get(key) != now[key]:
            raise OutputError(
                f"{workplace.out} holds a finished dataset with another recipe ({key} was {before.get(key)!r}, now "
                f"{now[key]!r}); choose another --out, or pass --overwrite (stored answers are kept)"
            )


def _fixed_part(recipe: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {key: value for key, value in recipe.items() if key not in _FREE_TO_CHANGE}
    # More rows, in the same shares: which split a prompt belongs to must not change.
    fixed["splits"] = {split: str(share) for split, share in shares_of(recipe.get("splits", {})).items()}
    teacher = fixed.get("teacher", {})
    # With a name of its own for its answers, a teacher may move to other servers.
    free = (*_FREE_TO_CHANGE_IN_TEACHER, *(("base_url", "base_urls") if teacher.get("identity") else ()))
    fixed["teacher"] = {k: v for k, v in teacher.items() if k not in free}
    return fixed


async def _connected(opened: _Opened, workplace: Workplace, store: AnswerStore, progress: Progress) -> BuildResult:
    """The build with a client around it; the teacher is reached when the first answer is really needed."""
    teacher, config = opened.teacher, opened.recipe.teacher
    connection = Connection(teacher, config.concurrency, progress.say)
    client = client_of(opened.recipe, teacher, connection, store, progress.say)
    try:
        return await _run(opened, client, workplace, progress)
    except (EndpointError, BudgetError) as exc:
        await client.close(_GRACE_S)  # other requests may still be answered, and were asked for
        # A dead child looks like a lost connection: name the real cause.
        if cause := connection.crashed():
            raise TeacherError(f"{cause}; run the same command again: answers stored so far are kept") from exc
        raise
    finally:
        await client.close()
        connection.close()


@dataclass(frozen=True)
class _Begun:
    """Where a build begins: its records from there on, and the checkpoint it goes on from (or will write)."""

    stream: RecordStream
    census: Census
    checkpoint: Checkpoint


def _begin(opened: _Opened, workplace: Workplace, mix: Mix) -> _Begun:
    recipe, teacher = opened.recipe, opened.teacher

    def seeded() -> tuple[RecordStream, Census]:
        census = Census()
        records = seed_records(
            opened.prompts,
            recipe.lang,
            recipe.candidates,
            recipe.seed,
            rules=opened.rules,
            attempts=recipe.attempts_allowed,
            census=census,
            plan=SplitPlan(shares_of(recipe.splits), sorted(mix.held_out), recipe.seed),
            closed=mix.closed,
        )
        return RecordStream(records), census

    decides = {
        "recipe": _fixed_part(public_recipe(recipe).model_dump(mode="json")),
        "teacher": [teacher.name, teacher.identity, teacher.license],
        "held_out": opened.decontaminate.held_out_sha256,
        "packs": [file.sha256 for file in opened.packs],
        "text_contract": text_contract(),
        "packages": recorded_packages(),
        "code": [code_version(), code_fingerprint()],
    }
    checkpoint = Checkpoint(workplace.staging, decides)
    stream, census = seeded()
    if not checkpoint.reached(stream, recipe.rows):
        checkpoint.drop()
        workplace.clear_staging()
        stream, census = seeded()
    return _Begun(stream, census, checkpoint)


def _stages(opened: _Opened, client: ChatClient, dedup: Dedup, mix: Mix) -> list[Stage]:
    recipe, teacher = opened.recipe, opened.teacher
    judge = [Judge(client, recipe.judge.model or teacher.name, recipe.judge)] if recipe.judge.enabled else []

    def respond(name: str, siblings: int = 1) -> Respond:
        return Respond(client, teacher.name, recipe.teacher, recipe.seed, name, siblings=siblings)

    def repair(name: str) -> list[Stage]:
        return [Repair(respond(name), recipe.repair, name)] if recipe.repair.rounds else []

    follow_up = [FollowUp(respond("follow_up")), *repair("follow_up_repair")] if recipe.compose.multi_turn_share else []
    answering: list[Stage] = [
        respond("respond", recipe.candidates),
        *repair("repair"),
        *follow_up,
        Verify(),
        Screen(recipe.screen, recipe.teacher.guidance),
        *judge,
    ]
    return [
        Refusals("read"),
        Refusals("prompt_screen"),
        Translate(recipe.translate, translator_of(recipe.translate, client, teacher.name)),
        Compose(recipe.compose, recipe.seed),
        *([Quota(mix)] if recipe.mix.quotas or len(mix.targets) > 1 else []),
        *map(Answered, answering),
        Answered(dedup),
        opened.decontaminate,
        mix,
    ]


async def _run(opened: _Opened, client: ChatClient, workplace: Workplace, progress: Progress) -> BuildResult:
    recipe = opened.recipe
    held_out = held_out_ids(recipe.held_out_types, recipe.compose.weights, recipe.seed)
    mix = Mix(recipe.mix, targets_of(recipe.splits, recipe.rows), held_out)
    begun = _begin(opened, workplace, mix)
    checkpoint, export = begun.checkpoint, Export(workplace, recipe, opened.packs)
    with contextlib.closing(Dedup(recipe.dedup, workplace.staging / "seen_answers.sqlite")) as dedup:
        stages = _stages(opened, client, dedup, mix)
        counted = Counted(Ledger(stage.name for stage in stages), begun.census, mix)
        if mix.resumable:
            ordered = {"dedup": dedup, opened.decontaminate.name: opened.decontaminate, mix.name: mix}
            checkpoint.keep({"ledger": counted.ledger, **export.parts(), **ordered})
        progress.started(counted.ledger, client.usage)
        outcomes = run_pipeline(
            iter(begun.stream),
            stages,
            counted.ledger,
            rows=recipe.rows - checkpoint.accepted,
            attempts=sys.maxsize,  # seed_records ends after the candidates allowed: what was refused costs none
            # One by one through what is stored already: looking ahead would ask for answers past the last row.
            window=lambda: 1 if client.replaying else client.window if mix.resumable else min(AHEAD, client.window),
        )
        async with contextlib.aclosing(outcomes):
            async for outcome in outcomes:
                export.take(outcome)
                checkpoint.passed(begun.stream, accepted=isinstance(outcome, Record))
                progress.outcome(outcome)
        checkpoint.drop()
        return BuildResult(export.publish(opened.teacher, counted), client.usage)
