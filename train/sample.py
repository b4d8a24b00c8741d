"""A look at the model while it is trained: it answers a few prompts, and the answers are judged.

OUT/samples.jsonl has one line an answer, OUT/sample_rates.jsonl one line a look. Parameters, random generators and
the order of the data stay as they are. Of several processes the first one answers, the others wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.chat_tokens import ChatTokenizer
from models.completions import Completion, Prompt, answer, prompt_of, prompts_of_dataset, rates
from parallel.ranks import first_rank, wait
from parallel.sharding import sharded, whole_copy
from recipes.training import SamplePrompt, StageRecipe
from train.metrics import append_line, keep_metrics_up_to
from train.progress import RunProgress
from train.run_folder import RunFolder

__all__ = ["Samples", "sample_prompts"]


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
        self, recipe: StageRecipe, model: Any, chat: ChatTokenizer, folder: RunFolder, progress: RunProgress
    ) -> None:
        self.recipe, self.model, self.chat, self.folder, self.progress = recipe, model, chat, folder, progress
        self.prompts = sample_prompts(recipe, chat)

    def keep_up_to(self, step: int) -> None:
        """Remove what was written after the checkpoint that a run continues from."""
        for path in (self.folder.samples, self.folder.sample_rates):
            keep_metrics_up_to(path, step)

    def take(self, step: int, total_steps: int) -> None:
        """Answer, judge, write and say, if step `step` of `total_steps` is one to look at."""
        section = self.recipe.sample
        due = step == total_steps or (section.every_steps and step % section.every_steps == 0)
        if not self.prompts or not due:
            return
        model = self.model
        if sharded(model):  # all ranks give their parts
            model = whole_copy(model, device=next(model.parameters()).device if first_rank() else "meta")
        if first_rank():
            how: dict[str, Any] = {"max_new_tokens": section.max_new_tokens, "temperature": section.temperature}
            bf16, said = self.recipe.compute.dtype == "bfloat16", list[Completion]()
            for one in answer(model, self.chat, self.prompts, **how, seed=self.recipe.seed, bf16=bf16):
                append_line(self.folder.samples, {"step": step, **one.line()})
                self.progress.say(f"prompt: {one.prompt.text}\nanswer: {one.text}")
                said.append(one)
            found = rates(said)
            append_line(self.folder.sample_rates, {"step": step, **found})
            self.progress.say(f"samples after step {step}: {', '.join(f'{k} {v:g}' for k, v in found.items())}")
            self.progress.measured(step, {f"samples/{name}": value for name, value in found.items()})
        wait()
