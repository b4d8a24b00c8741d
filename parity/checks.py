"""The comparisons of an audit, each a few `Line`s.

Limits are those of the trainer's own tests: 1e-6 for a loss in tiles against the dense one in fp64 (values, and
gradients by their relative L2 norm), and for whole models in fp32, where the order of sums differs in every layer,
1e-4. Shapes: T tokens, N labelled tokens, H hidden, V vocabulary with padding, K valid ids.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from losses import IGNORED
from losses.cross_entropy import chunked_cross_entropy
from losses.divergence import distillation_loss
from losses.logit_tiles import Head
from models.chat_tokens import ChatTokenizer, Example
from models.conversation import Conversation
from parity.dense import dense_cross_entropy, dense_divergence
from parity.report import Line
from parity.step import Audited, distance, fingerprint, reference_step, trainer_step
from rollouts.config import RolloutSection
from rollouts.transformers_engine import TransformersRollouts
from train.mixing import answered_by_student
from train.model import hidden_states
from train.packing import pack
from train.teacher import labelled_hidden

__all__ = ["check_loss", "check_masks", "check_rollouts", "check_step", "check_teacher", "marked"]

EXACT, WHOLE_MODEL = 1e-6, 1e-4
_IN_BF16 = 0.05
_DENSE_TOKENS = 128  # of them whole matrices are made in fp64, a gigabyte for 151,936 ids
_FLOOR = 1e-3  # nats a token: below it a loss is compared with this instead of with itself


def check_loss(audited: Audited) -> Iterator[Line]:
    """The loss on the model's own hidden states: in tiles as trained, against whole matrices in fp64."""
    with torch.no_grad():
        micro = pack(audited.rows).to(next(audited.model.parameters()).device)
        hidden_TH, target_T = hidden_states(audited.model, micro)[0], micro.targets_BT[0]
    labelled_N = (target_T != IGNORED).nonzero()[:_DENSE_TOKENS, 0]
    hidden_NH, target_N = hidden_TH[labelled_N].requires_grad_(), target_T[labelled_N]
    weight_VH = audited.model.get_output_embeddings().weight.detach().clone().requires_grad_()
    teacher, kind = None, "cross-entropy"
    if audited.teacher and audited.divergence:
        hidden = torch.cat([audited.teacher[0][example.id] for example in audited.rows])[:_DENSE_TOKENS]
        teacher = Head(hidden, audited.teacher[1])
        kind = f"{audited.divergence.kl} divergence"

    def tiled(weight_VH: Tensor) -> Tensor:
        if teacher and audited.divergence:
            student = Head(hidden_NH, weight_VH)
            return distillation_loss(student, teacher, target_N, audited.divergence, valid_ids=audited.valid_ids)
        return chunked_cross_entropy(hidden_NH, weight_VH, target_N, valid_ids=audited.valid_ids)

    given = tiled(weight_VH)
    given_NH, given_VH = torch.autograd.grad(given, (hidden_NH, weight_VH))
    wide_NH, wide_KH = (t.detach().double().requires_grad_() for t in (hidden_NH, weight_VH[: audited.valid_ids]))
    student_NK = wide_NH @ wide_KH.T
    if teacher and audited.divergence:
        teacher_NK = teacher.hidden_NH.double() @ teacher.weight_VH[: audited.valid_ids].double().T
        wanted = dense_divergence(student_NK, teacher_NK, target_N, audited.divergence)
        del teacher_NK
    else:
        wanted = dense_cross_entropy(student_NK, target_N)
    wanted_NH, wanted_KH = torch.autograd.grad(wanted, (wide_NH, wide_KH))
    tokens = len(target_N)
    part, against = kind, f"in tiles against dense fp64, {tokens} tokens"
    yield Line(part, f"value {against}", _relative(given.item(), wanted.item(), tokens), EXACT)
    yield Line(part, f"gradient of the hidden states {against}", distance([given_NH], [wanted_NH]), EXACT)
    yield Line(part, f"gradient of the head {against}", distance([given_VH[: audited.valid_ids]], [wanted_KH]), EXACT)
    padding_H = given_VH[audited.valid_ids :]
    with torch.no_grad():  # rows that would win every softmax, were they in it
        loud_VH = weight_VH.detach().clone()
        loud_VH[audited.valid_ids :] = 1e3 * hidden_NH.mean(0)
        changed = abs(tiled(loud_VH).item() - given.item())
    part = "vocabulary"
    yield Line(part, f"change of the loss by {len(padding_H)} rows of the head that no id has", changed, 0)
    yield Line(part, "largest gradient of those rows", float(padding_H.abs().max()) if len(padding_H) else 0.0, 0)


def check_step(audited: Audited) -> Iterator[Line]:
    """Gradients of all parameters in one step: however it is cut, those of the documents one by one."""
    everything, longest = sum(map(len, audited.rows)), max(map(len, audited.rows))
    wanted_loss, wanted = reference_step(audited)
    tokens = sum(int(example.labelled_T.sum()) for example in audited.rows)
    cuts = [(everything, True), (len(audited.rows) * longest, False), (longest, True), (longest, False)]
    for budget, packing in cuts:
        loss, given, micro_batches = trainer_step(audited, budget, packing=packing)
        name = f"{len(audited.rows)} rows {'packed' if packing else 'padded'} in {micro_batches} micro-batches"
        part = "isolation of packed rows" if packing and micro_batches == 1 else "cut into micro-batches"
        against = "against one document at a time, dense"
        yield Line(part, f"loss, {name} {against}", _relative(loss, wanted_loss, 1), WHOLE_MODEL / 10)
        yield Line(part, f"gradients, {name} {against}", distance(given, wanted), WHOLE_MODEL)
        del given
    del wanted
    first, second = (fingerprint(*trainer_step(audited, everything, packing=True)[:2]) for _ in range(2))
    yield Line(
        "run twice", f"bits that differ in loss or gradients, {tokens} labelled tokens", float(first != second), 0
    )


def check_masks(
    chat: ChatTokenizer, conversations: Sequence[Conversation], rows: Sequence[Example], *, full: bool
) -> Iterator[Line]:
    """What is in the loss, read back as text, and whether generation begins where training says."""
    part, turns, elsewhere, wrong = "template", 0, 0, 0
    for conversation, example in zip(conversations, rows, strict=True):
        if full:
            wrong, turns = wrong + (not example.labelled_T[1:].all()), turns + 1
            continue
        given, ids = chat.given(conversation), example.ids_T.tolist()
        edges = np.flatnonzero(np.diff(np.concatenate([[0], example.labelled_T, [0]]).astype(int)))
        spans = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
        answers = [n for n, message in enumerate(given.messages) if message["role"] == "assistant"]
        turns, wrong = turns + len(answers), wrong + abs(len(spans) - len(answers))
        for n, (start, end) in zip(answers, spans, strict=False):
            prompt = chat.render(given.messages[:n], given.tools, generation_prompt=True)
            elsewhere += ids[:start] != prompt
            wrong += not _says(chat, ids[start:end], given.messages[n])
    what = "rows that are not wholly in the loss" if full else "whose labelled tokens are not its words and its end"
    yield Line(part, f"of {turns} turns of the assistant: {what}", wrong, 0)
    if not full:
        yield Line(part, f"of {turns} turns: prompt of generation is not the prefix in training", elsewhere, 0)


def check_rollouts(audited: Audited, prompts: Sequence[np.ndarray], section: RolloutSection) -> Iterator[Line]:
    """The engine's log-probabilities against those of the training forward pass, in fp32."""
    engine = TransformersRollouts(audited.model, section, valid_ids=audited.valid_ids, bf16=False)
    engine.wake()
    answers = engine.generate(prompts, lambda call: call)
    engine.sleep()
    worst, foreign = 0.0, 0
    for prompt, answer in zip(prompts, answers, strict=True):
        row = answered_by_student(Example("rollout", prompt, np.zeros(0, dtype=bool)), prompt, answer.ids_S)
        micro = pack([row]).to(next(audited.model.parameters()).device)
        with torch.no_grad():
            hidden_SH = labelled_hidden(audited.model, micro).double()
            logits_SK = hidden_SH @ audited.model.get_output_embeddings().weight[: audited.valid_ids].double().T
        target_S = micro.targets_BT[micro.targets_BT != IGNORED]
        recomputed_S = torch.log_softmax(logits_SK, -1).gather(1, target_S[:, None])[:, 0].cpu().numpy()
        worst = max(worst, float(np.abs(recomputed_S - answer.logprobs_S).max()))
        foreign += int((answer.ids_S >= audited.valid_ids).sum())
    count = sum(len(answer.ids_S) for answer in answers)
    yield Line("rollouts", f"log-probabilities of {count} sampled tokens, engine against recomputed, nats", worst, 1e-3)
    yield Line("rollouts", "sampled ids that no tokenizer has", foreign, 0)


def check_teacher(teacher: Any, rows: Sequence[Example], alone: Sequence[Tensor], dtype: str) -> Line:
    """Hidden states of the teacher for rows that are packed, against each row by itself."""
    packed_NH = labelled_hidden(teacher, pack(rows).to(next(teacher.parameters()).device))
    limit = _IN_BF16 if dtype == "bfloat16" else WHOLE_MODEL
    return Line(
        "teacher",
        f"hidden states in {dtype}, packed against alone",
        distance([packed_NH], [torch.cat(list(alone))]),
        limit,
    )


def marked(chat: ChatTokenizer, example: Example) -> str:
    """The row as text, what is in the loss between ⟦ and ⟧."""
    edges = [0, *(np.flatnonzero(np.diff(example.labelled_T.astype(int))) + 1).tolist(), len(example)]
    pieces = []
    for start, end in itertools.pairwise(edges):
        text = chat.tokenizer.decode(example.ids_T[start:end].tolist())
        pieces.append(f"⟦{text}⟧" if example.labelled_T[start] else text)
    return "".join(pieces)


def _says(chat: ChatTokenizer, ids: Sequence[int], message: dict[str, Any]) -> bool:
    """Whether these ids are that message: its text, and then the end of the turn."""
    said, meant = chat.tokenizer.decode(ids[:-1]).strip(), str(message.get("content") or "").strip()
    if message.get("tool_calls") or "</think>" in meant:  # templates write calls and thoughts in their own way
        return ids[-1] == chat.end_of_turn_id and meant.split("</think>")[-1].strip() in said
    return ids[-1] == chat.end_of_turn_id and said == meant


def _relative(given: float, wanted: float, tokens: int) -> float:
    return abs(given - wanted) / max(abs(wanted), _FLOOR * tokens)
