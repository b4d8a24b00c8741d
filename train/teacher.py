"""The teacher: last hidden states of labelled tokens, and a head. Where the rest of it lives is the placement.

What leaves a teacher is 2 * H_t bytes a token in bf16, not its logits, which are 74 times larger; the loss makes
logits from it in tiles. All placements give the same hidden states:
- Resident: on a device the whole time, the student's or another one, or in parts on all ranks if the student
  is; scores a micro-batch just before it is used;
- Swapped: on the student's device only while it scores the micro-batches of one step, while the student's parameters
  and optimiser state wait in host memory; one swap a step. The head stays;
- Spooled (`spool`): on disk since before the run.

Shapes: N labelled tokens of a micro-batch, H hidden size of the teacher, V vocabulary with padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from losses import IGNORED
from models.chat_tokens import ChatTokenizer, Example
from models.loading import load_model, load_tokenizer
from parallel.sharding import as_forward, whole
from recipes.training import TeacherSection
from train.model import check_model, check_same_vocabulary, hidden_states
from train.packing import MicroBatch

__all__ = ["ResidentTeacher", "SwappedTeacher", "Teacher", "labelled_hidden", "load_teacher"]


class Teacher(Protocol):
    """Whoever scores tokens for the student."""

    head_VH: Tensor

    def hidden_of_step(
        self, groups: Sequence[Sequence[Example]], micro_batches: Sequence[MicroBatch]
    ) -> Iterator[Tensor]:
        """[N, H] on the student's device for each micro-batch in order; `groups` are the examples each is made of."""
        ...


def load_teacher(
    section: TeacherSection, student_chat: ChatTokenizer, seed: int, *, packing: bool, say: Callable[[str], None]
) -> Any:
    """The teacher's model on the CPU, frozen, and known to fit the student.

    Raises:
        ModelError: another tokenizer than the student's, or an architecture that would be scored wrongly.
    """
    chat = load_tokenizer(section, say)
    check_same_vocabulary(student_chat, chat)
    # Another seed than the student's: two tiny random models of one shape would be one model.
    model = load_model(section, chat, seed + 1, say, getattr(torch, section.dtype))
    model.requires_grad_(False).eval()
    check_model(model, chat, packing=packing)
    return model


@torch.no_grad()
@as_forward
def labelled_hidden(model: Any, batch: MicroBatch) -> Tensor:
    """[N, H] in the model's dtype: the positions whose next token is in the loss, row by row."""
    return hidden_states(model, batch)[batch.targets_BT != IGNORED]


class ResidentTeacher:
    """A teacher that stays where it is."""

    def __init__(self, model: Any, device: torch.device, student_device: torch.device) -> None:
        self.model, self.device, self.student_device = model.to(device), device, student_device
        self.head_VH: Tensor = whole(model.get_output_embeddings().weight.detach()).to(student_device)

    def hidden_of_step(
        self, groups: Sequence[Sequence[Example]], micro_batches: Sequence[MicroBatch]
    ) -> Iterator[Tensor]:
        for batch in micro_batches:
            yield labelled_hidden(self.model, batch.to(self.device)).to(self.student_device)


class SwappedTeacher:
    """A teacher that takes the student's place on the device once a step."""

    def __init__(self, model: Any, device: torch.device, student: Any, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.device, self.student, self.optimizer = model, device, student, optimizer
        # A copy of its own: the model's head travels with the model.
        self.head_VH: Tensor = model.get_output_embeddings().weight.detach().clone().to(device)

    def hidden_of_step(
        self, groups: Sequence[Sequence[Example]], micro_batches: Sequence[MicroBatch]
    ) -> Iterator[Tensor]:
        assert all(parameter.grad is None for parameter in self.student.parameters()), "swapped between steps only"
        host = torch.device("cpu")
        self._move_student(host)
        self.model.to(self.device)
        scored = [labelled_hidden(self.model, batch.to(self.device)).to(host) for batch in micro_batches]
        self.model.to(host)
        self._move_student(self.device)
        for hidden_NH in scored:
            yield hidden_NH.to(self.device)

    def _move_student(self, device: torch.device) -> None:
        self.student.to(device)
        for moments in self.optimizer.state.values():
            for name, value in moments.items():
                # A step counter that torch keeps on the host has no dimensions, and stays there.
                if isinstance(value, Tensor) and value.ndim:
                    moments[name] = value.to(device)
