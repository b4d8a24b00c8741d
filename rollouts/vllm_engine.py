"""vLLM behind the interface of `engine`, in this process and on the student's own GPU.

Written from vLLM's documentation (offline inference, sleep mode, apply_model; 0.22 to 0.33) and not yet run on a GPU:
try it on a few steps, and look at `mean_logprob` next to the transformers engine's, before you rely on it.
Awake it has a copy of the weights in bf16 and a KV cache, asleep (level 2) neither. Its log-probabilities are the
policy's own, as vLLM's `raw_logprobs` are; they count the padding of the vocabulary in, which is never drawn.
Not covered: several processes, architectures whose names in vLLM's checkpoints are not those of transformers.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from models.errors import MissingExtraError, ModelError
from parallel.ranks import rank_count
from rollouts.config import RolloutSection
from rollouts.engine import Rollout

__all__ = ["VllmRollouts", "require_vllm"]

_MEMORY_SHARE = 0.4  # of the GPU, while awake


def require_vllm(section: RolloutSection, *, device: str, tiny: bool) -> None:
    """Raise, before anything is loaded, unless the engine that the recipe asks for can be there.

    `device`: the recipe's; `tiny`: whether the student is a tiny random model.
    """
    if section.engine != "vllm":
        return
    if importlib.util.find_spec("vllm") is None:
        raise MissingExtraError("rollout.engine: vllm is not installed: pip install vllm, or take engine: transformers")
    if not torch.cuda.is_available() or device == "cpu":
        raise ModelError("rollout.engine: vllm needs a GPU, and there is none to train on; take engine: transformers")
    if rank_count() > 1 or tiny:
        raise ModelError("rollout.engine: vllm serves one process and no tiny model; take engine: transformers")


class VllmRollouts:
    """`generate` of vLLM; asleep until it is woken."""

    def __init__(self, student: Any, section: RolloutSection, *, valid_ids: int, longest: int) -> None:
        """`longest`: tokens of a prompt and its answer."""
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # the weights are handed over within this process
        self.vllm: Any = importlib.import_module("vllm")
        self.student, self.section = student, section
        ends = student.generation_config.eos_token_id
        self.ends = [ends] if isinstance(ends, int) else list(ends)
        self.unused = {i: -100.0 for i in range(valid_ids, student.get_output_embeddings().weight.shape[0])}
        self.llm = self.vllm.LLM(
            model=student.name_or_path,
            load_format="dummy",
            dtype="bfloat16",
            max_model_len=longest,
            gpu_memory_utilization=_MEMORY_SHARE,
            enable_sleep_mode=True,
            enable_prefix_caching=False,
            logprobs_mode="raw_logprobs",
        )
        self.sleep()

    def wake(self) -> None:
        self.llm.wake_up(tags=["weights"])
        self.sync()
        self.llm.wake_up(tags=["kv_cache"])

    def sleep(self) -> None:
        self.llm.sleep(level=2)

    @torch.no_grad()
    def sync(self) -> None:
        def load(model: Any) -> None:
            model.load_weights((name, p.to(torch.bfloat16)) for name, p in self.student.named_parameters())

        self.llm.apply_model(load)

    def generate(self, prompts: Sequence[np.ndarray], seed_of_call: Callable[[int], int]) -> list[Rollout]:
        section = self.section
        shared: dict[str, Any] = {"logprobs": 0, "detokenize": False, "logit_bias": self.unused}
        shared |= {"stop_token_ids": self.ends, "max_tokens": section.max_new_tokens}
        shared |= {"temperature": section.temperature, "top_p": section.top_p}
        sampled = [self.vllm.SamplingParams(seed=seed_of_call(n), **shared) for n in range(len(prompts))]
        asked = [{"prompt_token_ids": prompt.tolist()} for prompt in prompts]
        return [self._rollout(done.outputs[0]) for done in self.llm.generate(asked, sampled, use_tqdm=False)]

    def _rollout(self, output: Any) -> Rollout:
        ids = list(output.token_ids)
        logprobs = [at[token].logprob for token, at in zip(ids, output.logprobs, strict=True)]
        truncated = ids[-1] not in self.ends
        return Rollout(np.asarray(ids, dtype=np.int32), np.asarray(logprobs, dtype=np.float32), truncated)
