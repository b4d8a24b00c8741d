"""Prompts that are never trained on: the policy answers them as in training, and the same rewards score the answers.

held_out.jsonl has one line a measurement. An answer without a reward is in no mean, and is counted. The draws are a
function of (seed, step), so a resumed run writes the same lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from train.grpo.groups import Collector, answer_metrics
from train.held_out import append_held_out
from train.metrics import keep_metrics_up_to
from train.progress import RunProgress
from train.run_folder import RunFolder

__all__ = ["HeldOut"]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Measures when it is due: at step 0, every `every_steps` and at the end. Without prompts it does nothing."""

    collector: Collector
    every_steps: int
    folder: RunFolder
    progress: RunProgress

    def keep_up_to(self, step: int) -> None:
        """Remove what was written after the checkpoint that a run continues from."""
        keep_metrics_up_to(self.folder.held_out, step if step else -1)

    def take(self, step: int, total_steps: int) -> None:
        """Answer, score, write and say, if step `step` of `total_steps` is one to measure after."""
        prompts = self.collector.prompts
        if not prompts or (step % self.every_steps and step != total_steps):
            return
        line = answer_metrics(self.collector.groups(range(len(prompts)), "held out", step))
        mean = f"reward {line['reward']:.4f}" if "reward" in line else "no reward"
        without = int(line["answers_without_reward"])
        append_held_out(self.folder, self.progress, step, line, f"{mean} ({without} of {line['answers']} without one)")
