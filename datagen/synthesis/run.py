"""One synthesis in one folder: claim it, connect the teacher when needed, run the steps, write pack, rejected, report.

Every answer is in OUT/.typhoon/answers.sqlite the moment it arrives: a killed run resumes with the same command.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.config import BuildRecipe, TeacherConfig
from datagen.errors import BudgetError, EndpointError, TeacherError, UserError
from datagen.llm.answers import AnswerStore
from datagen.llm.usage import Usage
from datagen.out_folder import write_atomically, writing
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.meaning import Comparer
from datagen.synthesis.nli import NliProgram
from datagen.synthesis.output import pack_data, rejected_data, report_text, yaml_text
from datagen.synthesis.prompts import Wording
from datagen.synthesis.seeds import read_seeds
from datagen.synthesis.synthesize import Synthesis, synthesise
from datagen.synthesis.teacher import Asker
from datagen.teacher import Connection, Teacher, client_of, teacher_of
from datagen.workplace import Workplace

__all__ = ["PACK_FILE", "SynthesisResult", "calls_at_most", "run_synthesis", "synthesis_teacher"]

PACK_FILE, _REJECTED_FILE, _REPORT_FILE = "pack.yaml", "rejected.yaml", "report.md"
_GRACE_S = 10.0


@dataclass(frozen=True)
class SynthesisResult:
    pack: Mapping[str, Any]
    path: Path
    usage: Usage


def run_synthesis(recipe: SynthesisRecipe, out: Path, say: Callable[[str], None]) -> SynthesisResult:
    """Synthesise (or resume) the pack in the folder `out`.

    Raises:
        UserError: anything the user can mend; answers stored so far are kept.
    """
    seeds = read_seeds(recipe.seeds)
    teacher = synthesis_teacher(recipe)
    workplace = Workplace(out)
    with workplace.claim(), contextlib.closing(AnswerStore(workplace.answers_path)) as store:
        synthesis, usage = asyncio.run(_run(recipe, seeds, teacher, store, say))
        named = {"name": teacher.name, "identity": teacher.identity, "license": teacher.license}
        pack = pack_data(recipe, named, synthesis)
        with writing(out):
            write_atomically(out / _REJECTED_FILE, yaml_text(rejected_data(recipe, synthesis)))
            write_atomically(out / _REPORT_FILE, report_text(pack))
            write_atomically(out / PACK_FILE, yaml_text(pack))
        return SynthesisResult(pack, out / PACK_FILE, usage)


def synthesis_teacher(recipe: SynthesisRecipe) -> Teacher:
    """Who answers, settled as for a build."""
    return teacher_of(_as_build(recipe))


def _as_build(recipe: SynthesisRecipe) -> BuildRecipe:
    """The part of a build's recipe that names a teacher and how it is asked, and for how much."""
    teacher = recipe.teacher
    config = TeacherConfig(
        base_url=teacher.base_url,
        model=teacher.model,
        concurrency=teacher.concurrency,
        timeout_s=teacher.timeout_s,
        max_retries=teacher.max_retries,
    )
    return BuildRecipe(teacher=config, budget=recipe.budget)


def calls_at_most(recipe: SynthesisRecipe) -> int:
    """Requests if no gate stopped anything."""
    samples = recipe.samples
    judged = 0 if recipe.judge.nli_command else 2
    each = samples.functions + samples.passing_cases + samples.failing_cases + 1 + judged
    each += samples.thai_wordings * (2 + judged)
    return -(-samples.ideas // samples.ideas_per_request) + samples.ideas * each


async def _run(
    recipe: SynthesisRecipe, seeds: list[Wording], teacher: Teacher, store: AnswerStore, say: Callable[[str], None]
) -> tuple[Synthesis, Usage]:
    connection = Connection(teacher, recipe.teacher.concurrency, say)
    client = client_of(_as_build(recipe), teacher, connection, store, say)
    nli = NliProgram(recipe.judge.nli_command, recipe.teacher.timeout_s) if recipe.judge.nli_command else None
    asker = Asker(client, teacher.name, recipe.teacher.temperature, recipe.teacher.top_p, recipe.seed)
    judge = Asker(client, recipe.judge.model or teacher.name, 0.0, 1.0, recipe.seed)
    try:
        return await synthesise(recipe, seeds, asker, Comparer(judge, nli), say), client.usage
    except (UserError, ExceptionGroup) as exc:
        error = _first(exc)
        if isinstance(error, EndpointError | BudgetError):
            await client.close(_GRACE_S)  # other requests may still be answered, and were asked for
            if cause := connection.crashed():
                raise TeacherError(f"{cause}; run the same command again: answers stored so far are kept") from exc
        raise error from None
    finally:
        if nli:
            await nli.close()
        await client.close()
        connection.close()


def _first(error: Exception) -> Exception:
    """One of several failures that came together: they have one cause."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
