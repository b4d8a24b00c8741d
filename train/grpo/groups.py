"""Rollouts in groups: prompts answered several times, scored, and what their rewards say of each sample.

All ranks hold all groups; each generates and scores its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean, pstdev

from parallel.ranks import merged, my_share
from recipes.training import GroupSection
from rewards.advantages import advantages_of, no_variance, overlong_penalty
from rewards.counts import reward_counts
from rewards.reward import Sample, Total, WeighedRewards
from rollouts.agent_metrics import agent_metrics
from rollouts.agentic import AgentTrajectory
from rollouts.trajectory import Prompt, Trajectory, TrajectorySource
from train.mixing import draw

__all__ = [
    "Collector",
    "Group",
    "Rollouts",
    "answer_metrics",
    "rollout_metrics",
    "training_samples",
]


@dataclass(frozen=True, slots=True)
class Group:
    """The trajectories of one prompt; `rewards` are their totals and penalties, None where there is none."""

    trajectories: list[Trajectory]
    totals: list[Total]
    rewards: list[float | None]

    @property
    def tokens(self) -> int:
        return sum(len(trajectory) for trajectory in self.trajectories)


@dataclass(slots=True)
class Rollouts:
    """The groups of one batch; those that were left out because they teach nothing; tokens of groups on top."""

    groups: list[Group]
    skipped: list[Group] = field(default_factory=list)
    refills: int = 0
    extra_tokens: int = 0


@dataclass(slots=True)
class Collector:
    """Groups for a batch, a function of (weights, seed, number of the batch). `limit`: tokens of a cut answer."""

    prompts: Sequence[Prompt]
    source: TrajectorySource
    rewards: WeighedRewards
    section: GroupSection
    seed: int
    limit: int

    def collect(self, batch: int, rows: Sequence[int], extra_tokens: int = 0) -> Rollouts:
        """The groups of `rows`, and of other rows where some are left out.

        `extra_tokens`: how many more, prompts included, are to be spent on groups of other rows: one round of them,
        and as near as whole groups of the size met so far come to it.
        """
        others = sorted(set(range(len(self.prompts))) - set(rows), key=lambda row: draw(self.seed, "other", batch, row))
        found, next_rows = Rollouts(self.groups(rows, batch, 0)), list(others or rows)

        def more(count: int, round_: int) -> list[Group]:
            while len(next_rows) < count:
                next_rows.extend(others or rows)
            chosen, next_rows[:count] = next_rows[:count], []
            return self.groups(chosen, batch, round_)

        if extra_tokens:
            size = sum(group.tokens for group in found.groups) / len(found.groups)
            extra = more(round(extra_tokens / size), 1)
            found.extra_tokens = sum(group.tokens for group in extra)
            found.groups += extra
        wanted = len(found.groups)
        while self.section.refills:
            found.skipped += [group for group in found.groups if no_variance(group.rewards)]
            found.groups = [group for group in found.groups if not no_variance(group.rewards)]
            if len(found.groups) == wanted or found.refills == self.section.refills:
                break
            found.refills += 1
            found.groups += more(wanted - len(found.groups), 1 + found.refills)
        return found

    def groups(self, rows: Sequence[int], *key: object) -> list[Group]:
        """One group a row; the draws are a function of (weights, seed, key)."""
        size = self.section.size
        asked = [self.prompts[row] for row in rows for _ in range(size)]
        seeds = partial(draw, self.seed, "rollout", *key)
        answers = self.source.trajectories(asked, lambda call: int(seeds(call) * 2**48)) if asked else []
        mine = [n for n in my_share(range(len(asked))) if not answers[n].fault]
        scored = self.rewards.score([_sample(asked[n], answers[n]) for n in mine])
        totals = {n: Total(None, {}) for n in range(len(asked))} | merged(dict(zip(mine, scored, strict=True)))
        values = [self._reward(totals[n], answer) for n, answer in enumerate(answers)]
        members = [range(first, first + size) for first in range(0, len(asked), size)]
        return [Group([answers[n] for n in g], [totals[n] for n in g], [values[n] for n in g]) for g in members]

    def _reward(self, total: Total, answer: Trajectory) -> float | None:
        buffer = self.section.overlong_buffer
        if total.value is None or buffer is None:
            return total.value
        tokens = int(answer.labelled_T.sum())
        return total.value + self.section.overlong_weight * overlong_penalty(tokens, self.limit, buffer)


def training_samples(groups: Sequence[Group], section: GroupSection) -> list[list[Trajectory]]:
    """The samples of each group that are in the loss, with their advantages.

    Left out are those without a reward and, if the recipe says so, truncated ones, which still count in the mean.
    """
    found = advantages_of([group.rewards for group in groups], section.std, section.ddof, section.eps)
    return [
        [
            replace(trajectory, advantage=advantage)
            for trajectory, advantage in zip(group.trajectories, advantages, strict=True)
            if advantage is not None and not (section.mask_truncated and trajectory.truncated)
        ]
        for group, advantages in zip(groups, found, strict=True)
    ]


def rollout_metrics(rollouts: Rollouts) -> dict[str, float]:
    """What the answers of a batch were like, those of skipped groups included."""
    groups = rollouts.groups + rollouts.skipped
    return answer_metrics(groups) | {
        "zero_std_share": fmean(no_variance(group.rewards) for group in groups),
        "groups": len(rollouts.groups),
        "groups_skipped": len(rollouts.skipped),
        "refills": rollouts.refills,
        "extra_tokens": rollouts.extra_tokens,
    }


def answer_metrics(groups: Sequence[Group]) -> dict[str, float]:
    """What the answers of these groups were like; an answer without a reward is in no mean of rewards."""
    answers = [trajectory for group in groups for trajectory in group.trajectories]
    totals = [total for group in groups for total in group.totals]
    known = [reward for group in groups for reward in group.rewards if reward is not None]
    line: dict[str, float] = {"reward": fmean(known), "reward_std": pstdev(known)} if known else {}
    if calls := sum(answer.tool_calls for answer in answers):
        line["tool_error_share"] = sum(answer.tool_errors for answer in answers) / calls
    line |= {
        "answers": len(answers),
        "answers_without_reward": len(answers) - len(known),
        "answer_tokens": fmean(int(answer.labelled_T.sum()) for answer in answers),
        "truncated_share": fmean(answer.truncated for answer in answers),
    }
    if agents := [answer for answer in answers if isinstance(answer, AgentTrajectory)]:
        line |= agent_metrics(agents)
    return reward_counts(totals) | line


def _sample(prompt: Prompt, answer: Trajectory) -> Sample:
    said = prompt.conversation
    tokens = int(answer.labelled_T.sum())
    return Sample(said.messages, answer.answer, said.row, answer.truncated, said.tools, answer.messages, tokens)
