"""The default engine: transformers' `generate` with its KV cache, in this process.

On the student itself in fp32, on a bf16 copy of it otherwise; of a sharded student every rank makes a whole copy. A
call is a function of weights, prompts and seed alone: the global generators are left as they were, so nothing has to be
saved for a resume.

Shapes: B rows, P prompt tokens, V vocabulary with padding, S sampled tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from parallel.ranks import merged, my_share
from parallel.sharding import sharded, whole, whole_copy
from rollouts.config import SamplingSection
from rollouts.engine import Rollout

__all__ = ["TransformersRollouts"]


class TransformersRollouts:
    """`generate` of transformers, in this process."""

    def __init__(self, student: Any, section: SamplingSection, *, valid_ids: int, bf16: bool) -> None:
        self.student, self.section, self.valid_ids = student, section, valid_ids
        self.bf16, self.on_student = bf16, not bf16 and not sharded(student)
        self._copy: Any = None
        ends = student.generation_config.eos_token_id
        self.ends = [ends] if isinstance(ends, int) else list(ends)
        self.pad_id: int = student.generation_config.pad_token_id

    def wake(self) -> None:
        self.sync()

    def sleep(self) -> None:
        self._copy = None

    @torch.no_grad()
    def sync(self) -> None:
        if self.on_student:
            return
        if self._copy is None:
            assert all(p.grad is None for p in self.student.parameters()), "a copy is taken between steps"
            device, dtype = next(self.student.parameters()).device, torch.bfloat16 if self.bf16 else None
            self._copy = whole_copy(self.student, device=device, dtype=dtype).eval()
            return
        for mine, theirs in zip(self._copy.parameters(), self.student.parameters(), strict=True):
            mine.copy_(whole(theirs))

    def generate(self, prompts: Sequence[np.ndarray], seed_of_call: Callable[[int], int]) -> list[Rollout]:
        # Similar lengths go together, so that little is padding; which call a prompt is in depends on nothing else.
        by_length = sorted(range(len(prompts)), key=lambda n: (len(prompts[n]), n))
        model = self.student if self.on_student else self._copy
        assert model is not None, "wake the engine first"
        was_training, attention = model.training, model.config._attn_implementation
        model.eval()
        model.set_attn_implementation("sdpa")  # one token at a time, there is nothing to pack
        answers: dict[int, Rollout] = {}
        for call, first in my_share(list(enumerate(range(0, len(by_length), self.section.rows_per_call)))):
            rows = by_length[first : first + self.section.rows_per_call]
            sampled = self._call(model, [prompts[row] for row in rows], seed_of_call(call))
            answers.update(zip(rows, sampled, strict=True))
        model.train(was_training)
        model.set_attn_implementation(attention)
        answers = merged(answers)
        return [answers[row] for row in range(len(prompts))]

    @torch.no_grad()
    def _call(self, model: Any, prompts: Sequence[np.ndarray], seed: int) -> list[Rollout]:
        device = next(model.parameters()).device
        longest = max(len(prompt) for prompt in prompts)
        ids_BP = torch.full((len(prompts), longest), self.pad_id, dtype=torch.int64)
        attention_BP = torch.zeros_like(ids_BP)
        for row, prompt in enumerate(prompts):
            ids_BP[row, longest - len(prompt) :] = torch.from_numpy(prompt.astype(np.int64))
            attention_BP[row, longest - len(prompt) :] = 1
        config = GenerationConfig(
            do_sample=True,
            temperature=self.section.temperature,
            top_p=self.section.top_p,
            top_k=0,
            max_new_tokens=self.section.max_new_tokens,
            eos_token_id=self.ends,
            pad_token_id=self.pad_id,
        )
        policy = _PolicyLogProbs(self.valid_ids)
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            output_BT = model.generate(
                input_ids=ids_BP.to(device),
                attention_mask=attention_BP.to(device),
                generation_config=config,
                logits_processor=LogitsProcessorList([policy]),
            )
        sampled_BS = output_BT[:, longest:]
        logprobs_BS = policy.of_sampled(sampled_BS)
        return [self._rollout(*row) for row in zip(sampled_BS.tolist(), logprobs_BS, strict=True)]

    def _rollout(self, ids: list[int], logprobs_S: Tensor) -> Rollout:
        length = next((n + 1 for n, token in enumerate(ids) if token in self.ends), len(ids))
        truncated = ids[length - 1] not in self.ends
        return Rollout(np.asarray(ids[:length], dtype=np.int32), logprobs_S[:length].cpu().numpy(), truncated)


class _PolicyLogProbs(LogitsProcessor):
    """Takes padding of the vocabulary out of the draw, and remembers what the policy gave to what was drawn.

    It comes before temperature and top-p. One step's [B, V] is held, not all of them.
    """

    def __init__(self, valid_ids: int) -> None:
        self.valid_ids = valid_ids
        self._logprobs_BV: Tensor | None = None
        self._drawn: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        self._take(input_ids[:, -1])
        scores[:, self.valid_ids :] = -torch.inf
        self._logprobs_BV = torch.log_softmax(scores.float(), dim=-1)
        return scores

    def of_sampled(self, sampled_BS: Tensor) -> Tensor:
        """[B, S], once generation is over."""
        self._take(sampled_BS[:, -1])
        return torch.stack(self._drawn, dim=1)

    def _take(self, token_B: Tensor) -> None:
        if self._logprobs_BV is not None:
            self._drawn.append(self._logprobs_BV.gather(1, token_B[:, None])[:, 0])
