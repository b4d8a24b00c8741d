"""One build from recipe to dataset: claim the folder, connect the teacher when needed, run, export.

Covers resuming (the answer store), growing a finished dataset (`rows` raised) and refusing to write over a
dataset of another recipe, the same for every kind of build (build_kind.py): instructions and tool use. What each stage
does is in stages/; what the folder looks like is in workplace.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from constraints import text_contract
from datagen.build_kind import BuildKind, Seeded
from datagen.checkpoint import Checkpoint, RecordStream, code_fingerprint
from datagen.config import BuildRecipe
from datagen.dataset import open_dataset
from datagen.errors import BudgetError, EndpointError, OutputError, TeacherError
from datagen.export import Export
from datagen.instruction_build import InstructionBuild
from datagen.ledger import Ledger
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient, Usage
from datagen.manifest import Counted, recorded_packages
from datagen.own_tools.saved import BuildTools, open_for_build
from datagen.packs import require_known_weights, require_same_packs, with_packs
from datagen.pipeline import run_pipeline
from datagen.prompts import Census
from datagen.quotas import AHEAD
from datagen.record import Record, Rejection, code_version
from datagen.report import write_report
from datagen.run_log import logged_run
from datagen.splits import shares_of
from datagen.stages.mix import Mix
from datagen.teacher import Connection, Teacher, client_of, public_recipe, teacher_of
from datagen.tool_build import ToolBuild
from datagen.workplace import Workplace

__all__ = ["BuildResult", "Progress", "build"]

# What may differ between a finished dataset and a new run into the same folder: how much and how fast, not what.
_FREE_TO_CHANGE = ("rows", "max_attempts", "budget", "license_override")
_FREE_TO_CHANGE_IN_TEACHER = (
    "concurrency", "timeout_s", "max_retries", "adaptive", "requests_per_minute", "tokens_per_minute", "key",
    "transport", "batch", "terms",
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
    teacher: Teacher
    kind: BuildKind
    tools: BuildTools

    @classmethod
    def of(cls, recipe: BuildRecipe, tools: BuildTools) -> _Opened:
        teacher = teacher_of(recipe)
        if recipe.kind == "tools":
            return cls(recipe, teacher, ToolBuild.of(recipe, teacher, tools.own), tools)
        return cls(recipe, teacher, InstructionBuild.of(recipe, teacher), tools)


def build(recipe: BuildRecipe, out: Path, progress: Progress, *, overwrite: bool = False) -> BuildResult:
    """Build (or resume, or grow) the dataset in `out`.

    Raises:
        UserError: anything the user can mend; answers stored so far are kept.
    """
    workplace = Workplace(out)
    with open_for_build(recipe.tools.own, workplace.private) as tools:
        return _build(_Opened.of(recipe, tools), workplace, progress, overwrite)


def _build(opened: _Opened, workplace: Workplace, progress: Progress, overwrite: bool) -> BuildResult:
    recipe = opened.recipe
    with with_packs(opened.kind.packs), workplace.claim():
        require_known_weights(recipe.compose.weights)
        if not overwrite:
            _require_same_recipe(workplace, recipe)
            require_same_packs(workplace, opened.kind.packs)
        with contextlib.closing(AnswerStore(workplace.answers_path)) as store:
            result = asyncio.run(_connected(opened, workplace, store, progress))
        write_report(open_dataset(workplace.out))
        return result


def _require_same_recipe(workplace: Workplace, recipe: BuildRecipe) -> None:
    finished = workplace.finished_recipe()
    if finished is None:
        return
    before, now = _fixed_part(_completed(finished)), _fixed_part(public_recipe(recipe).model_dump(mode="json"))
    for key in now:
        if before.get(key) != now[key]:
            raise OutputError(
                f"{workplace.out} holds a finished dataset with another recipe ({key} was {before.get(key)!r}, now "
                f"{now[key]!r}); choose another --out, or pass --overwrite (stored answers are kept)"
            )


def _completed(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """The recipe of a finished dataset, with the defaults of keys that came later."""
    try:
        return BuildRecipe.model_validate(recipe).model_dump(mode="json")
    except ValidationError:
        return recipe  # of another version: whatever differs is told


def _fixed_part(recipe: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {key: value for key, value in recipe.items() if key not in _FREE_TO_CHANGE}
    # More rows, in the same shares: which split a prompt belongs to must not change.
    fixed["splits"] = {split: str(share) for split, share in shares_of(recipe.get("splits", {})).items()}
    teacher = fixed.get("teacher", {})
    # With a name of its own for its answers, a teacher may move to other servers.
    free = (*_FREE_TO_CHANGE_IN_TEACHER, *(("base_url", "base_urls") if teacher.get("identity") else ()))
    fixed["teacher"] = {k: v for k, v in teacher.items() if k not in free}
    for section in ("judge", "translate"):
        fixed[section] = {k: v for k, v in fixed.get(section, {}).items() if k != "terms"}
    return fixed


async def _connected(opened: _Opened, workplace: Workplace, store: AnswerStore, progress: Progress) -> BuildResult:
    """The build with a client around it; the teacher is reached when the first answer is really needed."""
    teacher, config = opened.teacher, opened.recipe.teacher
    connection = Connection(teacher, config.concurrency, progress.say, context_tokens=config.context_tokens)
    client = client_of(opened.recipe, teacher, connection, store, progress.say)
    with logged_run(workplace.private, client.usage):
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
    census: Census | None
    checkpoint: Checkpoint


def _begin(opened: _Opened, workplace: Workplace, mix: Mix) -> _Begun:
    recipe, teacher = opened.recipe, opened.teacher

    def seeded() -> tuple[RecordStream, Seeded]:
        found = opened.kind.seeded(mix)
        return RecordStream(found.records), found

    decides = {
        "recipe": _fixed_part(public_recipe(recipe).model_dump(mode="json")),
        "teacher": [teacher.name, teacher.identity, teacher.license],
        **opened.kind.decides(),
        "text_contract": text_contract(),
        "packages": recorded_packages(),
        "code": [code_version(), code_fingerprint()],
    }
    checkpoint = Checkpoint(workplace.staging, decides)
    stream, found = seeded()
    if not checkpoint.reached(stream, recipe.rows):
        checkpoint.drop()
        workplace.clear_staging()
        stream, found = seeded()
    return _Begun(stream, found.census, checkpoint)


async def _run(opened: _Opened, client: ChatClient, workplace: Workplace, progress: Progress) -> BuildResult:
    recipe, kind = opened.recipe, opened.kind
    mix = kind.mix()
    begun = _begin(opened, workplace, mix)
    checkpoint, export = begun.checkpoint, Export(workplace, recipe, kind.packs, opened.tools)
    with contextlib.closing(kind.dedup(workplace.staging / "seen_answers.sqlite")) as dedup:
        stages = kind.stages(client, dedup, mix)
        ledger = Ledger(stage.name for stage in stages.every)
        counted = Counted(ledger, begun.census, mix, kind.asks_at, kind.held_out())
        if mix.resumable:
            checkpoint.keep({"ledger": counted.ledger, **export.parts(), **stages.remembering})
        progress.started(counted.ledger, client.usage)
        outcomes = run_pipeline(
            iter(begun.stream),
            stages.every,
            counted.ledger,
            rows=recipe.rows - checkpoint.accepted,
            attempts=sys.maxsize,  # the kind's records end after the candidates allowed: what was refused costs none
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
