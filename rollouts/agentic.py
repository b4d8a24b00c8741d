"""Trajectories of several turns in an environment with tools: ids all the way.

The policy's ids are kept as they were sampled. Behind a turn that calls tools stand the template's ids of what the
tools said (tool_turns.py), which are context: in no loss and in no count. All trajectories that are under way go into
the engine together, turn by turn; their calls are run side by side in worker processes, and of several ranks each runs
its share.

How a trajectory ends (`ended_by`):

    answer      a turn that calls nothing; its text is the answer
    truncated   a turn of `rollout.max_new_tokens`, or the tokens of the whole trajectory, ended in its midst
    turns       the last turn still calls tools
    no_room     the next observation would leave no token for a reply
    no_end      a turn of calls that ended with another token than the template's turns do
    CODE        a fault: the environment went wrong, which says nothing of the policy

Without an answer it is "": nothing was said. A fault leaves the trajectory without a reward, whatever came before.
What the policy gets wrong (no such tool, arguments that are none) is an observation, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np

from datagen.record import canonical_json
from datagen.tool_use.prompted import UnreadableCall, read_calls
from environments.environment import BROKEN, Observation, failed, within
from environments.steps import Step
from environments.workers import FAULTS, EnvironmentFailure, EnvironmentPool, Episode
from models.chat_tokens import ChatTokenizer
from models.conversation import Message
from parallel.ranks import merged, my_share
from rollouts.engine import Rollout, RolloutEngine
from rollouts.environment_config import EnvironmentSection
from rollouts.tool_turns import ToolTurns, call_message, result_message
from rollouts.trajectory import Prompt, SingleTurn, Trajectory, TrajectorySource

__all__ = ["AgentTrajectory", "Agentic", "environment_pool", "trajectory_source"]

_UNREADABLE = "unreadable_call"
_TOO_MANY = "\n[เรียกเครื่องมือได้ครั้งละไม่เกิน {most} รายการ อีก {left} รายการไม่ได้ทำ]"


@dataclass(frozen=True, slots=True)
class AgentTrajectory(Trajectory):
    """`steps`: the calls that were made. `ended_by`: see the module."""

    turns: int = 0
    steps: tuple[Step, ...] = ()
    ended_by: str = ""


def environment_pool(section: EnvironmentSection, workers: int | None = None) -> EnvironmentPool:
    """The section's environment in `workers` processes (none: as many as it says). Raises EnvironmentFailure."""
    return EnvironmentPool(
        section.name,
        section.settings,
        workers=workers or section.workers,
        call_s=section.call_s,
        start_s=section.start_s,
        memory_mb=section.memory_mb,
    )


@contextmanager
def trajectory_source(
    section: EnvironmentSection | None, engine: RolloutEngine, chat: ChatTokenizer
) -> Iterator[TrajectorySource]:
    """Who lets the policy act: in an environment where the recipe has one, else in a single turn."""
    if section is None:
        yield SingleTurn(engine, chat)
        return
    with environment_pool(section) as pool:
        yield Agentic(engine, chat, pool, section)


@dataclass(slots=True)
class _UnderWay:
    """A trajectory and what it has so far. `calls`: what its last turn calls, as (id, name, arguments)."""

    prompt: Prompt
    ids: list[int]
    policy: list[bool]
    logprobs: list[np.ndarray] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    unreadable: bool = False
    turns: int = 0
    not_run: int = 0
    answer: str = ""
    ended_by: str = ""
    fault: str = ""

    @property
    def new_tokens(self) -> int:
        return len(self.ids) - len(self.prompt.ids_T)

    def append(self, ids: Sequence[int], *, policy: bool) -> None:
        self.ids.extend(ids)
        self.policy.extend([policy] * len(ids))

    def finished(self) -> AgentTrajectory:
        assert self.ended_by
        return AgentTrajectory(
            id=self.prompt.conversation.id,
            ids_T=np.asarray(self.ids, dtype=np.int32),
            labelled_T=np.asarray(self.policy, dtype=bool),
            logprobs_S=np.concatenate([np.zeros(0, dtype=np.float32), *self.logprobs]),
            answer=self.answer,
            truncated=not self.fault and self.ended_by != "answer",
            messages=tuple(self.messages),
            tool_calls=len(self.steps) + self.not_run,
            tool_errors=sum(bool(step.code) for step in self.steps) + self.not_run,
            fault=self.fault,
            turns=self.turns,
            steps=tuple(self.steps),
            ended_by=self.ended_by,
        )


class Agentic:
    """The policy acts in the environment of `pool`.

    Raises:
        ModelError: the chat template cannot show tool results behind what was sampled.
    """

    def __init__(
        self, engine: RolloutEngine, chat: ChatTokenizer, pool: EnvironmentPool, section: EnvironmentSection
    ) -> None:
        self.engine, self.chat, self.pool, self.section = engine, chat, pool, section
        self.tool_turns = ToolTurns(chat, pool.tools)
        self.most_calls = section.max_calls_per_turn if self.tool_turns.parallel else 1

    def trajectories(self, prompts: Sequence[Prompt], seed_of_call: Callable[[int], int]) -> list[Trajectory]:
        """One a prompt, in order; an engine call a turn, with calls numbered on from turn to turn."""
        found = [_UnderWay(prompt, prompt.ids_T.tolist(), [False] * len(prompt.ids_T)) for prompt in prompts]
        self.engine.wake()
        with ExitStack() as stack:
            episodes = self._opened(found, stack)
            for turn in range(self.section.max_turns):
                acting = [n for n, each in enumerate(found) if not each.ended_by]
                if not acting:
                    break
                first = turn * len(prompts)
                answers = self.engine.generate(
                    [np.asarray(found[n].ids, dtype=np.int32) for n in acting],
                    lambda call, first=first: seed_of_call(first + call),
                )
                for n, answer in zip(acting, answers, strict=True):
                    self._take_turn(found[n], answer)
                calling = [n for n in acting if not found[n].ended_by]
                seen = self._run({n: found[n].calls for n in my_share(calling)}, episodes)
                for n in calling:
                    self._take_in(found[n], seen[n])
        self.engine.sleep()
        return [each.finished() for each in found]

    def _opened(self, found: Sequence[_UnderWay], stack: ExitStack) -> dict[int, Episode]:
        """The episodes of this rank; a trajectory whose episode cannot be opened has ended."""
        episodes, faults = dict[int, Episode](), dict[int, str]()
        for n in my_share(range(len(found))):
            asked = found[n].prompt.conversation
            try:
                episodes[n] = stack.enter_context(self.pool.episode(asked.row))
                if episodes[n].prompt != asked.messages[-1]["content"]:
                    faults[n] = "other_prompt"  # `reset` must be a function of the question
            except EnvironmentFailure:
                faults[n] = "open_failed"
        for n, code in merged(faults).items():
            found[n].fault = found[n].ended_by = code
        return episodes

    def _take_turn(self, one: _UnderWay, answer: Rollout) -> None:
        """What the policy sampled, read: an answer, calls, or something that ends it."""
        room = self.section.max_tokens - one.new_tokens
        ids = answer.ids_S[:room].tolist()  # the beginning of a sample is a sample
        truncated = answer.truncated or len(ids) < len(answer.ids_S)
        one.append(ids, policy=True)
        one.logprobs.append(answer.logprobs_S[: len(ids)])
        one.turns += 1
        text = self.chat.tokenizer.decode(ids if truncated else ids[:-1])
        one.messages.append({"role": "assistant", "content": text})
        if truncated:
            one.ended_by = "truncated"
            return
        content, one.calls, one.unreadable = _read(text, f"call_{one.turns}_")
        if not one.calls:
            one.answer, one.ended_by = text, "answer"
            return
        if not one.unreadable:
            one.messages[-1] = call_message(content, one.calls)
        if one.turns == self.section.max_turns:
            one.ended_by = "turns"
        elif ids[-1] != self.chat.end_of_turn_id:
            one.ended_by = "no_end"
        elif len(one.calls) > self.most_calls:
            one.not_run += len(one.calls) - self.most_calls

    def _run(
        self, calls: dict[int, list[tuple[str, str, str]]], episodes: dict[int, Episode]
    ) -> dict[int, list[Observation]]:
        """What came of the calls, of all ranks: one call of each episode at a time, episodes side by side."""
        seen: dict[int, list[Observation]] = {n: [] for n in calls}
        for place in range(self.most_calls):
            ready = [n for n, made in calls.items() if place < len(made) and not _fault_of(seen[n])]
            unreadable = [n for n in ready if calls[n][place][1] == _UNREADABLE]
            for n in unreadable:
                seen[n].append(failed(_UNREADABLE, "อ่านการเรียกเครื่องมือไม่ได้: ต้องเป็น JSON ที่มี name และ arguments"))
            ready = [n for n in ready if n not in unreadable]
            results = self.pool.step_all([(episodes[n], *calls[n][place][1:]) for n in ready])
            for n, result in zip(ready, results, strict=True):
                seen[n].append(result)
        return merged(seen)

    def _take_in(self, one: _UnderWay, seen: Sequence[Observation]) -> None:
        """What the tools said, as steps, messages and ids; a fault or too little room ends it."""
        calls, left = one.calls[: len(seen)], len(one.calls) - self.most_calls
        one.steps += [Step(name, arguments, each.code) for (_, name, arguments), each in zip(calls, seen, strict=True)]
        if code := _fault_of(seen):
            one.fault = one.ended_by = code
            return
        most = self.section.max_observation_characters
        contents = [self.tool_turns.shown(within(each.content, most)) for each in seen]
        if left > 0:
            contents[-1] += _TOO_MANY.format(most=self.most_calls, left=left)
        one.messages += [result_message(id_, said) for (id_, *_), said in zip(calls, contents, strict=True)]
        ids = self.tool_turns.ids_after([(id_, name) for id_, name, _ in calls], contents)
        if one.new_tokens + len(ids) >= self.section.max_tokens:
            one.ended_by = "no_room"
        else:
            one.append(ids, policy=False)


def _fault_of(seen: Sequence[Observation]) -> str:
    """The code of the first observation that says nothing of the policy, or ""."""
    return next((each.code for each in seen if each.code in FAULTS | BROKEN), "")


def _read(text: str, prefix: str) -> tuple[str, list[tuple[str, str, str]], bool]:
    """Words, calls (id, name, arguments), and whether it is a call that cannot be read; thoughts call nothing.

    Read as leniently as the harness reads them (datagen/tool_use/prompted.py).
    """
    thought, mark, said = text.rpartition("</think>")
    try:
        content, calls = read_calls(said)
    except UnreadableCall:
        return text, [(f"{prefix}1", _UNREADABLE, "{}")], True
    made = [(f"{prefix}{n}", call.name, canonical_json(call.arguments)) for n, call in enumerate(calls, 1)]
    return f"{thought}{mark}{content}", made, False
