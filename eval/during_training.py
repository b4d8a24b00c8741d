"""Small offline tasks put to a model while it is trained, in memory and as it is.

`typhoon-train` hands the model over (`train.cli` is the one place that knows of this); nothing here knows of training.
Weights, mode, attention and random generators are left as they were. Only shipped tasks without a judge: a training run
needs no network. Each look is a folder of results like that of `typhoon-eval run`, so that `compare` takes two of them;
scores are those of `limit` items, drawn by id, the same at every look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from datagen.record import canonical_json
from eval.answerers import Conversation, ModelCard
from eval.config import SamplingSection
from eval.errors import TaskError
from eval.generation import answers_in_batches, generate, prompt_ids
from eval.results import ResultsFolder
from eval.runner import Watch, run_task
from eval.task import Item, Transcript
from eval.tasks import OFFLINE, tasks_of
from models.chat_tokens import ChatTokenizer

__all__ = ["LiveTasks"]


class LiveTasks:
    """`tasks`: names, or `offline` for all that are shipped. `max_tokens`: of one answer, none: each task's own.

    Raises:
        TaskError: a task that is unknown, needs data from elsewhere, or a judge.
    """

    def __init__(self, tasks: Sequence[str], *, limit: int, max_tokens: int | None, batch_size: int) -> None:
        for name in tasks:
            if name != "offline" and name not in OFFLINE:
                raise TaskError(f"evaluate.tasks: {name} is none of the tasks that are shipped: {', '.join(OFFLINE)}")
        self.tasks = tasks_of(tasks, {})
        if judged := [task.about.name for task in self.tasks if task.about.judge]:
            raise TaskError(f"evaluate.tasks: {', '.join(judged)} needs a judge; run it with typhoon-eval")
        self.items = {task.about.name: task.items() for task in self.tasks}
        self.limit, self.batch_size = limit, batch_size
        self.sampling = SamplingSection(max_tokens=max_tokens)

    def put_to(self, model: Any, chat: ChatTokenizer, *, name: str, out: Path, bf16: bool) -> list[dict[str, Any]]:
        """The scores, one line a metric, once all answers lie in `out`. `name`: what the model is called there.

        Raises:
            OutputError: `out` cannot be written.
        """
        return asyncio.run(self._put(_Live(model, chat, name, self, bf16), out))

    async def _put(self, answerer: _Live, out: Path) -> list[dict[str, Any]]:
        folder, lines = ResultsFolder(out), list[dict[str, Any]]()
        card = answerer.card
        results = {
            "version": metadata.version("typhoon-data"),
            "model": {"name": card.name, "identity": card.identity, "backend": card.backend},
        }
        with folder.claim():
            for task in self.tasks:
                items = self.items[task.about.name]
                result = await run_task(task, items, answerer, None, self.limit, Watch())
                told = result.as_dict(folder.write_items(result), {"sampling": self.sampling.model_dump()})
                folder.write_results({**results, "tasks": {task.about.name: told}})
                lines += [{"task": task.about.name, **score.as_dict()} for score in result.scores]
        return lines


class _Live:
    """The model under test; it stores no answers, for its weights are other ones at the next look."""

    def __init__(self, model: Any, chat: ChatTokenizer, name: str, tasks: LiveTasks, bf16: bool) -> None:
        self.model, self.chat, self.bf16 = model, chat, bf16
        self.sampling, self.batch_size = tasks.sampling, tasks.batch_size
        dtype = "bfloat16" if bf16 else str(next(model.parameters()).dtype).removeprefix("torch.")
        self.card = ModelCard(name, f"{name}:{dtype}", "transformers, while it is trained")

    async def answer_all(
        self, items: Sequence[Item], converse: Conversation, max_tokens: int
    ) -> AsyncIterator[tuple[int, Transcript]]:
        limit = self.sampling.max_tokens or max_tokens

        def answer(asked: Any) -> Any:
            prompts = [prompt_ids(self.chat, one.messages, one.tools) for one in asked]
            seed_of = canonical_json(prompts)
            return generate(self.model, self.chat, prompts, self.sampling, limit, seed_of, bf16=self.bf16)

        async for done in answers_in_batches(items, converse, self.batch_size, answer):
            yield done

    async def rendered(self, item: Item) -> str:
        return self.chat.tokenizer.decode(prompt_ids(self.chat, item.messages, item.tools))

    async def close(self) -> None: ...
