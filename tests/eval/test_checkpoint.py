"""A real checkpoint, tiny and random, under test: batches, turns and resume give the same answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from datagen.llm.answers import AnswerStore
from eval.checkpoint import CheckpointAnswerer
from eval.config import ModelSection, SamplingSection
from eval.task import Item, Transcript
from tests.eval.conftest import Capitals, Twice, scores
from tests.small_student import student

__all__ = ["student"]


def answered(answerer: CheckpointAnswerer, task: Any, items: list[Item]) -> dict[str, Transcript]:
    async def run() -> dict[str, Transcript]:
        return {items[n].id: said async for n, said in answerer.answer_all(items, task.converse, 12)}

    return asyncio.run(run())


def answerer(student: Path, store: AnswerStore, **sampling: Any) -> CheckpointAnswerer:
    section = ModelSection(name=str(student), device="cpu", batch_size=8)
    return CheckpointAnswerer(section, SamplingSection(**sampling), store, lambda _: None)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("task", [Capitals(), Twice()], ids=["one turn", "two turns"])
def test_a_stopped_run_gives_the_answers_of_a_whole_one(student, tmp_path, task, temperature):
    items = list(task.items())
    whole = answered(answerer(student, AnswerStore(tmp_path / "a"), temperature=temperature), task, items)
    store = AnswerStore(tmp_path / "b")
    interrupted = answerer(student, store, temperature=temperature)
    answered(interrupted, task, items[:8])
    loaded = answerer(student, store, temperature=temperature)
    assert answered(loaded, task, items) == whole
    again = answerer(student, store, temperature=temperature)
    assert answered(again, task, items) == whole
    assert again._model is None, "everything was in the store: nothing is loaded"
    assert len({said.final for said in whole.values()}) > 2, "a random model says many things"


def test_a_half_stored_batch_is_generated_whole(student, tmp_path):
    task, store = Capitals(), AnswerStore(tmp_path / "a")
    items = list(task.items())[:8]
    whole = answered(answerer(student, store, temperature=1.0), task, items)
    with store._db:
        store._db.execute("DELETE FROM answers WHERE rowid % 2")
    assert answered(answerer(student, store, temperature=1.0), task, items) == whole


def test_answers_are_those_of_greedy_decoding_one_by_one(student, tmp_path):
    from transformers import AutoModelForCausalLM

    task = Capitals()
    items = list(task.items())
    found = answered(one := answerer(student, AnswerStore(tmp_path / "a")), task, items)
    model: Any = AutoModelForCausalLM.from_pretrained(student).eval()
    for item in items[:5]:
        ids = one.chat.render([message.as_dict() for message in item.messages], generation_prompt=True)
        for _ in range(12):
            with torch.no_grad():
                token = int(model(torch.tensor([ids])).logits[0, -1].argmax())
            ids.append(token)
            if token in one._loaded().generation_config.eos_token_id:
                break
        answer = found[item.id].answers[0]
        assert ids[answer.prompt_tokens :][: answer.completion_tokens] == ids[answer.prompt_tokens :]
        assert answer.finish_reason == ("stop" if answer.completion_tokens < 12 or ids[-1] == 258 else "length")
        text = one.chat.tokenizer.decode(ids[answer.prompt_tokens :], skip_special_tokens=True)
        assert text == answer.content


def test_the_command_line_runs_a_checkpoint(evaluate, student, tmp_path):
    arguments = ["run", "--tasks", "capitals,twice", "--model", student, "--out", tmp_path / "r", "model.device=cpu"]
    code, text = evaluate(*arguments)
    assert code == 0, text
    results = json.loads((tmp_path / "r/results.json").read_text())
    assert results["model"]["backend"] == "transformers"
    assert results["model"]["identity"].startswith("weights:sha256:")
    assert "<|im_start|>user" in results["tasks"]["capitals"]["first_prompt"]
    assert scores(tmp_path / "r")["right"]["value"] == 0.0
    assert scores(tmp_path / "r")["letters"]["n"] == 20


def test_other_weights_are_another_model(student, tmp_path):
    from tests.small_student import small_model

    before = answerer(student, AnswerStore(tmp_path / "a")).card.identity
    other = tmp_path / "other"
    one = answerer(student, AnswerStore(tmp_path / "b"))
    one.chat.tokenizer.save_pretrained(other)
    small_model(seed=1).save_pretrained(other)
    assert answerer(other, AnswerStore(tmp_path / "c")).card.identity != before
