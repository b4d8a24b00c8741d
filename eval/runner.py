"""One evaluation: tasks to items, items to answers, answers to marks, marks to scores.

A task's data is read before anything is asked, of all tasks, so that a missing data set costs no answers. What is
written depends on the answers alone: not on the order of items, on how many were under way, or on earlier runs.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any

from datagen.llm.answers import Answer, AnswerStore
from eval.answerers import Answerer, Endpoint
from eval.config import EvalRecipe, JudgeSection
from eval.errors import TaskError
from eval.results import ItemResult, ResultsFolder, TaskResult, read_results
from eval.scores import Score, score_of
from eval.task import Item, Judge, Marked, Metric, Task, Transcript

__all__ = ["Watch", "drawn", "evaluate", "mark_item", "run_task", "scores_of"]


class Watch:
    """What a person sees of an evaluation; the command line draws it."""

    def say(self, text: str) -> None: ...

    def begin(self, task: str, items: int) -> None: ...

    def done(self, transcript: Transcript) -> None: ...


async def evaluate(
    recipe: EvalRecipe,
    tasks: Sequence[Task],
    answerer: Answerer,
    store: AnswerStore,
    folder: ResultsFolder,
    watch: Watch,
) -> dict[str, Any]:
    """Run the tasks and write results after each; the results.

    Raises:
        UserError: one clear sentence; every answer that came is stored.
    """
    for task in tasks:
        _require_judge(task, recipe.judge)
    items = {task.about.name: task.items() for task in tasks}
    judge = JudgeModel(recipe.judge, store, watch.say) if recipe.judge else None
    results: dict[str, Any] = {
        "version": metadata.version("typhoon-data"),
        "model": {"name": answerer.card.name, "identity": answerer.card.identity, "backend": answerer.card.backend},
    }
    asked: dict[str, Any] = {"sampling": recipe.sampling.model_dump()}
    if judge:
        asked["judge"] = {"name": judge.card.name, "identity": judge.card.identity}
    try:
        for task in tasks:
            result = await run_task(task, items[task.about.name], answerer, judge, recipe.limit, watch)
            line = result.as_dict(
                folder.write_items(result), {k: v for k, v in asked.items() if k != "judge" or task.about.judge}
            )
            folder.write_results({**results, "tasks": {task.about.name: line}})
    finally:
        if judge:
            await judge.close()
    return read_results(folder.path)


async def run_task(
    task: Task, source: Sequence[Item], answerer: Answerer, judge: Judge | None, limit: int | None, watch: Watch
) -> TaskResult:
    """One task, asked and marked."""
    about = task.about
    _require_judge(task, judge)
    items = drawn(source, limit)
    watch.begin(about.name, len(items))
    said: dict[int, Transcript] = {}
    async for position, transcript in answerer.answer_all(items, task.converse, about.max_tokens):
        said[position] = transcript
        watch.done(transcript)
    found = await asyncio.gather(*(mark_item(task, item, said[n], judge) for n, item in enumerate(items)))
    marked = [ItemResult(item, said[n], found[n].marks, found[n].facts) for n, item in enumerate(items)]
    first = await answerer.rendered(min(items, key=lambda item: item.id))
    return TaskResult(about, marked, len(source), scores_of(task, marked), first)


def _require_judge(task: Task, judge: object | None) -> None:
    if task.about.judge and judge is None:
        raise TaskError(f"{task.about.name} is marked by a judge: name one with --judge-model (and --judge-base-url)")


def drawn(items: Sequence[Item], limit: int | None) -> list[Item]:
    """All items by id, or `limit` of them by a draw that depends on their ids alone."""
    ids = [item.id for item in items]
    assert len(set(ids)) == len(ids), "two items with one id"
    if limit is not None and limit < len(items):
        items = sorted(items, key=lambda item: hashlib.sha256(item.id.encode()).digest())[:limit]
    return sorted(items, key=lambda item: item.id)


async def mark_item(task: Task, item: Item, transcript: Transcript, judge: Judge | None) -> Marked:
    """A failed answer gets the worst mark everywhere: to leave it out would flatter whoever does not answer."""
    metrics = [metric for metric in task.about.metrics if metric.group in ("", item.group)]
    if transcript.failed:
        return Marked({metric.name: metric.worst for metric in metrics}, {})
    given = await task.mark(item, transcript, judge)
    marked = given if isinstance(given, Marked) else Marked(given, {})
    missing = {metric.name for metric in metrics} ^ marked.marks.keys()
    assert not missing, f"{task.about.name} gives no mark, or one too many, for {sorted(missing)}"
    return marked


def scores_of(task: Task, results: Sequence[ItemResult]) -> list[Score]:
    """One score a metric, in the task's order, over the items of its group."""
    return [_score(metric, results) for metric in task.about.metrics]


def _score(metric: Metric, results: Sequence[ItemResult]) -> Score:
    own = [result for result in results if metric.group in ("", result.item.group)]
    failed = sum(result.transcript.failed for result in own)
    return score_of(metric, [r.marks[metric.name] for r in own], failed, [r.item.weight for r in own])


class JudgeModel:
    """The judge at its endpoint; its answers are stored like any others."""

    def __init__(self, section: JudgeSection, store: AnswerStore, say: Callable[[str], None]) -> None:
        self.endpoint, self.max_tokens = Endpoint(section, store, say), section.max_tokens
        self.card = self.endpoint.card

    async def __call__(
        self, messages: Sequence[Mapping[str, Any]], *, response_format: Mapping[str, Any] | None = None
    ) -> Answer:
        return await self.endpoint.client.chat(
            self.card.name, messages, response_format=response_format, temperature=0.0, max_tokens=self.max_tokens
        )

    async def close(self) -> None:
        await self.endpoint.close()
