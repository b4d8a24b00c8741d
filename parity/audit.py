"""`typhoon-train verify`: the parity audit on a recipe's own model, teacher, tokenizer and rows.

It runs in fp32 whatever the recipe computes in, on as many rows as `tokens` allows, and holds: the models' weights,
two sets of gradients, and for the dense reference both heads in fp64 and about a gigabyte of logits.
Not covered: the optimiser, resuming and several processes, which the test suite has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from datagen.code_state import code_state
from datagen.errors import DatasetError
from losses.divergence import explain_divergence
from models.chat_dataset import read_dataset
from models.chat_tokens import ChatTokenizer, Example, tokenize_conversations
from models.conversation import Conversation
from models.loading import device_of, load_model, load_tokenizer, quiet_transformers
from models.source import ModelSection
from parity.checks import check_loss, check_masks, check_rollouts, check_step, check_teacher, marked
from parity.report import Line, write_report
from parity.step import Audited
from recipes.training import OpdRecipe, StageRecipe
from rollouts.config import RolloutSection
from rollouts.transformers_engine import TransformersRollouts
from train.mixing import answered_by_student, prompt_ids
from train.packing import pack
from train.progress import RunProgress
from train.teacher import labelled_hidden

__all__ = ["audit_stages"]

_ROWS = 6
_NEW_TOKENS = 16


@dataclass(frozen=True, slots=True)
class _Rows:
    conversations: list[Conversation]
    examples: list[Example]


def audit_stages(recipes: Sequence[StageRecipe], tokens: int, out: Path, progress: RunProgress) -> bool:
    """Audit each stage, print every line, write the report; whether all is well.

    Raises:
        UserError: a model or dataset that cannot be audited at all.
    """
    quiet_transformers()
    lines, facts, shown = list[Line](), dict[str, Any](), ""
    sources = dict[str, ModelSection]()
    for recipe in recipes:
        # What a stage before it has not written yet is stood in for by what that stage begins with.
        before = str(Path(recipe.model.path or "").parent)
        unborn = before in sources and not Path(recipe.model.path or "").exists()
        source = sources[recipe.out] = sources[before] if unborn else recipe.model
        prefix = f"{recipe.stage}: " if len(recipes) > 1 else ""
        found, about, row = _audit(recipe, source, tokens, progress)
        lines += (replace(line, part=prefix + line.part) for line in found)
        facts |= {prefix + name: value for name, value in about.items()}
        shown = shown or row
    progress.say(f"in the loss, between ⟦ and ⟧:\n{shown}")
    facts["code"] = " ".join(f"{name}={value}" for name, value in code_state().items())
    facts["torch"] = f"{torch.__version__}, {torch.get_num_threads()} threads"
    write_report(out, lines, facts, shown)
    progress.say(f"report: {out}")
    return all(line.ok for line in lines)


def _audit(
    recipe: StageRecipe, source: ModelSection, tokens: int, progress: RunProgress
) -> tuple[list[Line], dict[str, Any], str]:
    lines = list[Line]()

    def note(line: Line) -> None:
        lines.append(line)
        progress.say(str(line))

    if recipe.compute.threads:
        torch.set_num_threads(recipe.compute.threads)
    device = device_of(recipe.compute.device)
    chat = load_tokenizer(source, progress.say)
    rows = _rows(recipe, chat, tokens)
    shared = _note_vocabularies(recipe, chat, progress, note)
    answered = [pair for pair in zip(rows.conversations, rows.examples, strict=True) if not pair[1].unanswered]
    if answered:
        for line in check_masks(chat, *zip(*answered, strict=True), full=recipe.data.loss == "full"):
            note(line)
    if shared:
        model = load_model(source, chat, recipe.seed, progress.say).to(device).eval()
        head, tied = model.get_output_embeddings().weight, model.config.tie_word_embeddings
        really = head.data_ptr() == model.get_input_embeddings().weight.data_ptr()
        note(
            Line(
                "vocabulary",
                f"head {'tied to' if tied else 'apart from'} the embedding, as config says",
                float(really != tied),
                0,
            )
        )
        audited = Audited(recipe, model, rows.examples, len(chat.tokenizer), model.generation_config.pad_token_id)
        if isinstance(recipe, OpdRecipe):
            audited = _with_rollouts_and_teacher(recipe, audited, chat, progress, note)
        for check in (check_loss, check_step):
            for line in check(audited):
                note(line)
    facts = {
        "model": source.name or source.path,
        "data": f"{recipe.data.path}, rows {', '.join(example.id for example in rows.examples)}",
        "tokens": f"{sum(map(len, rows.examples))}, device {device}",
    }
    if isinstance(recipe, OpdRecipe):
        facts["teacher"] = f"{recipe.teacher.name or recipe.teacher.path}, {recipe.teacher.dtype}"
        facts["divergence"] = explain_divergence(recipe.divergence)
    return lines, facts, marked(chat, (answered or [(None, rows.examples[0])])[0][1])


def _rows(recipe: StageRecipe, chat: ChatTokenizer, tokens: int) -> _Rows:
    """A few rows of the dataset, by the hash of their ids, as many as fit; at least two."""
    samples = isinstance(recipe, OpdRecipe) and recipe.rollout.share > 0
    dataset = read_dataset(recipe.data.path, recipe.data.splits, prompts=samples)
    by_hash = sorted(dataset.conversations, key=lambda c: hashlib.sha256(f"audit/{c.id}".encode()).digest())
    rows, left = _Rows([], []), tokens
    for conversation in by_hash:
        found, _ = tokenize_conversations(
            chat, [conversation], max_tokens=min(left, recipe.data.max_tokens), loss=recipe.data.loss
        )
        if found and len(rows.examples) < _ROWS:
            rows.conversations.append(conversation)
            rows.examples.append(replace(found[0], id=f"{len(rows.examples) + 1}: {conversation.id}"))
            left -= len(found[0])
    if len(rows.examples) < 2:
        raise DatasetError(f"fewer than two rows of {dataset.path} fit into --tokens {tokens}; allow more")
    return rows


def _note_vocabularies(recipe: StageRecipe, chat: ChatTokenizer, progress: RunProgress, note: Any) -> bool:
    if not isinstance(recipe, OpdRecipe):
        return True
    of_student, of_teacher = (c.tokenizer.get_vocab() for c in (chat, load_tokenizer(recipe.teacher, progress.say)))
    differing = len(of_student.items() ^ of_teacher.items())
    note(
        Line(
            "vocabulary",
            f"tokens of student ({len(of_student)}) and teacher ({len(of_teacher)}) that differ",
            differing,
            0,
        )
    )
    return not differing


def _with_rollouts_and_teacher(
    recipe: OpdRecipe, audited: Audited, chat: ChatTokenizer, progress: RunProgress, note: Any
) -> Audited:
    """Rows that are prompts get an answer, all rows the teacher's hidden states."""
    section, device = recipe.rollout, next(audited.model.parameters()).device
    rows = list(audited.rows)
    if section.share:
        short = RolloutSection.model_validate(
            section.model_dump()
            | {"max_new_tokens": min(_NEW_TOKENS, section.max_new_tokens), "engine": "transformers"}
        )
        prompts = [prompt_ids(example, recipe.seed, 0) for example in rows]
        for line in check_rollouts(audited, prompts, short):
            note(line)
        engine = TransformersRollouts(audited.model, short, valid_ids=audited.valid_ids, bf16=False)
        for n, answer in enumerate(engine.generate(prompts, lambda call: call)):
            if rows[n].unanswered:
                rows[n] = replace(answered_by_student(rows[n], prompts[n], answer.ids_S), id=rows[n].id)
    progress.say(f"loading the teacher {recipe.teacher.name or recipe.teacher.path}")
    dtype = getattr(torch, recipe.teacher.dtype)
    teacher = load_model(recipe.teacher, chat, recipe.seed + 1, progress.say, dtype).to(device).eval()
    alone = {example.id: labelled_hidden(teacher, pack([example]).to(device)) for example in rows}
    note(check_teacher(teacher, rows, list(alone.values()), recipe.teacher.dtype))
    head_VH = teacher.get_output_embeddings().weight.detach()
    return replace(audited, rows=rows, teacher=(alone, head_VH))
