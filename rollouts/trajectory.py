"""What a policy did from a prompt on, as ids: the prompt, all that followed, and a mask of what the policy produced.

What a tool said is context, in no loss and in no count.

Shapes: T tokens of prompt and answer, S those that the policy produced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.chat_tokens import ChatTokenizer, Example
from models.conversation import Conversation, Message
from rollouts.engine import RolloutEngine

__all__ = ["Prompt", "SingleTurn", "Trajectory", "TrajectorySource"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The ids as the chat template rendered them, and the row they come from."""

    ids_T: np.ndarray
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Trajectory(Example):
    """`labelled_T`: the policy produced token t. `logprobs_S`: what the engine gave to those tokens, in order.

    `answer` is the policy's last word, decoded; `messages` is what followed the prompt where that is more than it.
    `fault`: what went wrong that says nothing of the policy; there is no reward then, whatever it said. `weight` is
    what one of its tokens weighs in an update.
    """

    logprobs_S: np.ndarray
    answer: str
    truncated: bool = False
    messages: tuple[Message, ...] = ()
    tool_calls: int = 0
    tool_errors: int = 0
    fault: str = ""
    advantage: float = 0.0
    weight: float = 0.0


class TrajectorySource(Protocol):
    """Whoever lets the policy act: in a single turn, or in an environment with tools."""

    def trajectories(self, prompts: Sequence[Prompt], seed_of_call: Callable[[int], int]) -> list[Trajectory]:
        """One a prompt, in order, the same on every rank; `seed_of_call(n)` seeds the n-th call of the engine."""
        ...


class SingleTurn:
    """The answer is all there is."""

    def __init__(self, engine: RolloutEngine, chat: ChatTokenizer) -> None:
        self.engine, self.chat = engine, chat

    def trajectories(self, prompts: Sequence[Prompt], seed_of_call: Callable[[int], int]) -> list[Trajectory]:
        self.engine.wake()
        answers = self.engine.generate([prompt.ids_T for prompt in prompts], seed_of_call)
        self.engine.sleep()
        found = []
        for prompt, answer in zip(prompts, answers, strict=True):
            ids_T = np.concatenate([prompt.ids_T, answer.ids_S]).astype(np.int32)
            policy_T = np.arange(len(ids_T)) >= len(prompt.ids_T)
            # Control tokens in the midst of an answer are for the rewards to see; the one that ends it is not.
            text = self.chat.tokenizer.decode(answer.ids_S if answer.truncated else answer.ids_S[:-1])
            name = prompt.conversation.id
            found.append(Trajectory(name, ids_T, policy_T, answer.logprobs_S, text, answer.truncated))
        return found
