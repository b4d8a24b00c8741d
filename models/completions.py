"""Prompts with constraints, a model's answers to them, and what the answers keep and leak.

A prompt is token ids, rendered once. The model answers one prompt at a time, greedily or with a seed, in memory and
as it is; the global random generators are left as they were. Constraints are judged by `constraints`: UNDECIDED is
neither kept nor broken and is counted apart, an empty answer keeps nothing and stays in the denominator.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch
from transformers import GenerationConfig

from constraints import BadParameters, Outcome, UnknownConstraint, Verdict, foreign_letters
from constraints.rewards import constraints_of, reward
from datagen.errors import DatasetError, RecipeError
from models.chat_tokens import ChatTokenizer

__all__ = ["Completion", "Prompt", "answer", "prompt_of", "prompts_of_dataset", "rates"]

_SPLITS = ("heldout", "rl")


@dataclass(frozen=True, slots=True)
class Prompt:
    """`text`: all that the model is told; `ids`: the same as the template has it, up to the assistant's turn."""

    id: str
    text: str
    ids: list[int]
    constraints: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer without special tokens; `truncated`: it did not end within its tokens."""

    prompt: Prompt
    text: str
    truncated: bool
    verdicts: tuple[tuple[str, Verdict], ...]
    leaked: str

    def line(self) -> dict[str, Any]:
        """As it stands on disk."""
        verdicts = [{"id": name, "outcome": str(v.outcome), "reason": v.reason} for name, v in self.verdicts]
        return {
            "id": self.prompt.id,
            "prompt": self.prompt.text,
            "answer": self.text,
            "truncated": self.truncated,
            "constraints": verdicts,
            "leaked": self.leaked,
        }


def prompt_of(
    chat: ChatTokenizer, name: str, messages: Sequence[dict[str, Any]], constraints: Sequence[dict[str, Any]]
) -> Prompt:
    """`messages`, up to the user's turn that is to be answered.

    Raises:
        RecipeError: a constraint that is not known, or whose parameters are wrong.
    """
    try:
        constraints_of(list(constraints))
    except (BadParameters, UnknownConstraint, TypeError) as exc:
        raise RecipeError(f"sample prompt {name}: {exc}; `typhoon-data constraints list` shows them all") from exc
    text = "\n".join(message["content"] for message in messages)
    return Prompt(name, text, chat.render(messages, generation_prompt=True), tuple(constraints))


def prompts_of_dataset(chat: ChatTokenizer, folder: Path, rows: int) -> list[Prompt]:
    """`rows` prompts of a dataset's split `heldout`, or else `rl`, drawn by the hash of their ids.

    Raises:
        DatasetError: neither split is there, or it has fewer rows.
    """
    files = next((found for split in _SPLITS if (found := sorted((folder / "data" / split).glob("*.parquet")))), None)
    if files is None:
        raise DatasetError(f"{folder} has neither data/heldout nor data/rl to sample from; set sample.rows=0")
    try:
        frame = pl.concat(pl.read_parquet(file, columns=["id", "prompt", "reward_model"]) for file in files)
    except (OSError, pl.exceptions.PolarsError) as exc:
        reason = str(exc).strip().splitlines()[0]
        raise DatasetError(f"cannot read {files[0].parent}: {reason}; build it again, or set sample.rows=0") from exc
    if len(frame) < rows:
        raise DatasetError(f"{files[0].parent} has {len(frame)} rows, and sample.rows is {rows}; ask for fewer")
    by_hash = sorted(
        frame.iter_rows(named=True), key=lambda row: hashlib.sha256(f"sample/{row['id']}".encode()).digest()
    )
    return [
        prompt_of(
            chat,
            row["id"],
            [{"role": m["role"], "content": m["content"]} for m in row["prompt"]],
            json.loads(row["reward_model"]["ground_truth"]),
        )
        for row in by_hash[:rows]
    ]


@torch.no_grad()
def answer(
    model: Any,
    chat: ChatTokenizer,
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
    bf16: bool = False,
) -> Iterator[Completion]:
    """One answer a prompt, in order; with a temperature, a function of weights, prompt and seed alone."""
    device, ends = next(model.parameters()).device, model.generation_config.eos_token_id
    ends = [ends] if isinstance(ends, int) else list(ends)
    drawn = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
    pad_id = model.generation_config.pad_token_id
    config = GenerationConfig(max_new_tokens=max_new_tokens, eos_token_id=ends, pad_token_id=pad_id, **drawn)
    unused = list(range(len(chat.tokenizer), model.get_output_embeddings().weight.shape[0]))
    config.suppress_tokens = unused or None  # ids that no tokenizer has are not said
    was_training = model.training
    model.eval()
    for number, prompt in enumerate(prompts):
        ids_BP = torch.tensor([prompt.ids], device=device)
        with (
            torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
            torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16),
        ):
            torch.manual_seed(seed + number)
            output_BT = model.generate(
                input_ids=ids_BP, attention_mask=torch.ones_like(ids_BP), generation_config=config
            )
        new = output_BT[0, len(prompt.ids) :].tolist()
        text = chat.tokenizer.decode(new, skip_special_tokens=True).strip()
        verdicts = reward(list(prompt.constraints), text).verdicts
        yield Completion(prompt, text, new[-1] not in ends, verdicts, foreign_letters(text, prompt.text))
    model.train(was_training)


def rates(completions: Sequence[Completion]) -> dict[str, float]:
    """What a set of answers keeps and leaks; `pass_rate` is over decided constraints, absent without any."""
    outcomes = [verdict.outcome for completion in completions for _, verdict in completion.verdicts]
    passed, undecided = outcomes.count(Outcome.PASS), outcomes.count(Outcome.UNDECIDED)
    decided, answers = len(outcomes) - undecided, len(completions)
    counted = {
        "answers": answers,
        "script_leak_share": sum(bool(completion.leaked) for completion in completions) / answers,
        "truncated_share": sum(completion.truncated for completion in completions) / answers,
        "empty_share": sum(not completion.text for completion in completions) / answers,
    }
    if outcomes:
        counted |= {"constraints_decided": decided, "constraints_undecided": undecided}
    return counted | ({"pass_rate": passed / decided} if decided else {})
