"""A look at the model while it is trained: it answers a few prompts, and the answers are judged; and tasks, if asked.

OUT/samples.jsonl has one line an answer, OUT/sample_rates.jsonl one line a look; of tasks OUT/evaluations.jsonl has
one line a score, and OUT/evaluations/ every answer. What a task is, whoever hands it over knows. Parameters, random
generators and the order of the data stay as they are. Of several processes the first one answers, the others wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from models.chat_tokens import ChatTokenizer
from models.completions import Completion, Prompt, answer, prompt_of, prompts_of_dataset, rates
from parallel.ranks import first_rank, wait
from parallel.sharding import sharded, whole_copy
from recipes.training import SamplePrompt, StageRecipe
from train.metrics import append_line, keep_metrics_up_to
from train.progress import RunProgress
from train.run_folder import RunFolder

__all__ = ["Samples", "Tasks", "sample_prompts"]


class Tasks(Protocol):
    """Tasks to put to a model; they leave it, and every generator, as they were."""

    def put_to(self, model: Any, chat: ChatTokenizer, *, name: str, out: Path, bf16: bool) -> list[dict[str, Any]]:
        """Lines with `task`, `metric`, `value`, `low`, `high`, `n`, `failed` and `undecided`, once `out` is written."""
        ...


def sample_prompts(recipe: StageRecipe, chat: ChatTokenizer) -> list[Prompt]:
    """All prompts of the recipe; whatever is wrong with one is said before a model is loaded."""
    section, prompts = recipe.sample, list[Prompt]()
    for number, given in enumerate(section.prompts, start=1):
        one = given if isinstance(given, SamplePrompt) else SamplePrompt(prompt=given)
        prompts.append(prompt_of(chat, f"p{number}", [{"role": "user", "content": one.prompt}], one.constraints))
    if section.rows:
        prompts += prompts_of_dataset(chat, Path(section.path or recipe.data.path), section.rows)
    return prompts


class Samples:
    """Looks at `model` when it is due."""

    def __init__(
        self,
        recipe: StageRecipe,
        model: Any,
        chat: ChatTokenizer,
        folder: RunFolder,
        progress: RunProgress,
        tasks: Tasks | None = None,
    ) -> None:
        self.recipe, self.model, self.chat, self.folder, self.progress = recipe, model, chat, folder, progress
        self.tasks = tasks
        self.prompts = sample_prompts(recipe, chat)

    def keep_up_to(self, step: int) -> None:
        """Remove what was written after the checkpoint that a run continues from."""
        for path in (self.folder.samples, self.folder.sample_rates, self.folder.evaluation_scores):
            keep_metrics_up_to(path, step)

    def take(self, step: int, total_steps: int) -> None:
        """Answer, judge, write and say, if step `step` of `total_steps` is one to look at."""
        looks = [
            look
            for look, section, wanted in (
                (self._sample, self.recipe.sample, self.prompts),
                (self._evaluate, self.recipe.evaluate, self.tasks),
            )
            if wanted and (step == total_steps or (section.every_steps and step % section.every_steps == 0))
        ]
        if not looks:
            return
        model = self.model
        if sharded(model):  # all ranks give their parts
            model = whole_copy(model, device=next(model.parameters()).device if first_rank() else "meta")
        if first_rank():
            for look in looks:
                look(model, step)
        wait()

    def _sample(self, model: Any, step: int) -> None:
        section = self.recipe.sample
        how: dict[str, Any] = {"max_new_tokens": section.max_new_tokens, "temperature": section.temperature}
        said = list[Completion]()
        for one in answer(model, self.chat, self.prompts, **how, seed=self.recipe.seed, bf16=self._bf16):
            append_line(self.folder.samples, {"step": step, **one.line()})
            self.progress.say(f"prompt: {one.prompt.text}\nanswer: {one.text}")
            said.append(one)
        found = rates(said)
        append_line(self.folder.sample_rates, {"step": step, **found})
        self.progress.say(f"samples after step {step}: {', '.join(f'{k} {v:g}' for k, v in found.items())}")
        self.progress.measured(step, {f"samples/{name}": value for name, value in found.items()})

    def _evaluate(self, model: Any, step: int) -> None:
        assert self.tasks is not None
        out = self.folder.evaluations / f"step-{step:06d}"
        name = f"{self.folder.path.name}, step {step}"
        for score in self.tasks.put_to(model, self.chat, name=name, out=out, bf16=self._bf16):
            append_line(self.folder.evaluation_scores, {"step": step, **score})
            self.progress.say(f"after step {step}: {score_line(score)}")
            if score["value"] is not None:
                self.progress.measured(step, {f"evaluate/{score['task']}/{score['metric']}": score["value"]})

    @property
    def _bf16(self) -> bool:
        return self.recipe.compute.dtype == "bfloat16"


def score_line(score: dict[str, Any]) -> str:
    """
    >>> counts = {"n": 30, "failed": 0, "undecided": 2}
    >>> score_line({"task": "a", "metric": "b", "value": 0.5, "low": 0.332, "high": 0.668, **counts})
    'a b 0.500 (0.332 to 0.668), n 30, undecided 2'
    """
    value = "none" if score["value"] is None else f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
    apart = "".join(f", {name} {score[name]}" for name in ("failed", "undecided") if score[name])
    return f"{score['task']} {score['metric']} {value}, n {score['n']}{apart}"
