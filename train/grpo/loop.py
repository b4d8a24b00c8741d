"""The loop, readable top to bottom: roll out a batch of groups, score them, and take one or several updates on it.

L = sum over tokens of weight * loss + lambda * b * L_CE; both terms are normalised over the whole update and all ranks,
each by its own count. What is random is a function of (seed, batch) or (seed, update), and checkpoints lie between
batches: the same seed, data, recipe, device and rank count give the same bits, interrupted or not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from parallel.ranks import sum_gradients
from recipes.training import GrpoRecipe
from rollouts.trajectory import Trajectory
from train.batches import step_count
from train.checkpoint import Cursor
from train.grpo.gradients import Forward, Part, add_ink_gradient, add_policy_gradient, cut
from train.grpo.groups import Collector, rollout_metrics, training_samples
from train.grpo.held_out import HeldOut
from train.grpo.ink import Ink
from train.grpo.reference import Reference
from train.run import Run

__all__ = ["train_grpo", "update_count"]


def update_count(recipe: GrpoRecipe, prompts: int) -> int:
    """Updates of the whole run."""
    per_batch = recipe.policy.mini_batches * recipe.policy.passes
    updates = per_batch * step_count(prompts, recipe.batch.rows_per_step, recipe.optim.epochs, None)
    return min(updates, recipe.optim.max_steps or updates)


def train_grpo(recipe: GrpoRecipe, collector: Collector, ink: Ink | None, held_out: HeldOut, run: Run) -> Cursor:
    """Train the model of `run` in place, from its latest checkpoint if there is one. A step is one update.

    Raises:
        DivergedError: loss or gradient is not finite; the last checkpoint is still good.
    """
    policy, model, prompts = recipe.policy, run.model, len(collector.prompts)
    forward, per_batch = Forward(run.valid_ids, run.bf16, run.device), policy.mini_batches * policy.passes
    reference = Reference(model, recipe) if policy.kl_weight else None  # before a checkpoint is restored
    run.begin(prompts, update_count(recipe, prompts))
    held_out.keep_up_to(run.cursor.step)
    if run.cursor.step == 0:
        held_out.take(0, run.total_steps)

    while run.unfinished:
        started_s, first_step = time.perf_counter(), run.cursor.step
        extra_tokens = ink.extra_tokens(first_step, per_batch) if ink else 0
        rollouts = collector.collect(first_step // per_batch, run.rows(), extra_tokens)
        stage = rollout_metrics(rollouts) | {"rollout_seconds": time.perf_counter() - started_s}
        groups = training_samples(rollouts.groups, recipe.group)

        for answers, parts in mini_batches(groups, recipe, run, forward, reference) * policy.passes:
            if not run.unfinished:
                break
            loss, computed, line = add_policy_gradient(model, parts, policy, forward)
            tokens = sum(part.micro.tokens for part in parts)
            if ink:
                step, batch = run.cursor.step, recipe.batch
                ink_loss, ink_tokens, ink_line = add_ink_gradient(model, ink, step, batch, run.pad_id, forward)
                loss, tokens, line = loss + ink_loss, tokens + ink_tokens, line | ink_line
            else:
                sum_gradients(model.parameters())
            loss_tokens = sum(len(answer.logprobs_S) for answer in answers)
            stage_line = stage | {"computed_tokens": computed} | line
            run.update(loss, tokens, loss_tokens, started_s, stage_line)
            held_out.take(run.cursor.step, run.total_steps)
            run.look()
            started_s = time.perf_counter()
        run.next_batch()
    return run.cursor


def mini_batches(
    groups: Sequence[Sequence[Trajectory]],
    recipe: GrpoRecipe,
    run: Run,
    forward: Forward,
    reference: Reference | None,
) -> list[tuple[list[Trajectory], list[Part]]]:
    """The samples of each update, of all ranks, and this rank's parts of them, scored as far as is needed beforehand.

    Whole groups go into a mini-batch, and every pass takes the same ones.
    """
    policy, dealt = recipe.policy, []
    for n in range(policy.mini_batches):
        answers = [sample for group in groups[n :: policy.mini_batches] for sample in group]
        parts = cut(answers, recipe, run.pad_id, forward.device)
        if policy.mini_batches * policy.passes > 1:
            parts = [part.scored(run.model, "old_N", forward) for part in parts]
        if reference is not None:
            with reference.model() as as_before:
                parts = [part.scored(as_before, "reference_N", forward) for part in parts]
        dealt.append((answers, parts))
    return dealt
