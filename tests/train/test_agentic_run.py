"""Whole GRPO runs with tools: what is logged, faults that cost no more than their trajectory, kill -9 in a rollout."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from pydantic import ValidationError

from models.loading import load_model, load_tokenizer
from models.source import ModelSection
from recipes.training import GrpoRecipe, SftRecipe
from rollouts.agentic import AgentTrajectory, trajectory_source
from rollouts.questions import question_dataset
from rollouts.trajectory import Prompt
from rollouts.transformers_engine import TransformersRollouts
from tests.small_student import small_model
from tests.train.agent_town import FAULTS, Town
from tests.train.test_grpo_run import same_weights, story
from train.grpo.gradients import Forward, add_policy_gradient, cut
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

run = partial(run_stage, resume=False, dry_run=False)
TOWN = "agent_town:Town"
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% if loop.first and tools %}{% for tool in tools %}{{ tool | tojson }}{% endfor %}{% endif %}"
    "{% for call in m.tool_calls or [] %}<tool_call>"
    '{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>'
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CALLS = [("search", {"query": "ค่าเช่า"}), *(("read", {"id": each}) for each in ("1", "9", *FAULTS))]
ANSWERS = ("คำตอบ: 7 บาท", "คำตอบ: 8 บาท")
VOCABULARY = 320


def call_text(name: str, arguments: dict[str, str]) -> str:
    return f'<tool_call>{{"name": "{name}", "arguments": {json.dumps(arguments, ensure_ascii=False)}}}</tool_call>'


@pytest.fixture(autouse=True)
def _town_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student with one id for every call and every answer, taught to begin and go on with any of them."""
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    folder = tmp_path_factory.mktemp("agent")
    pieces = [call_text(*call) for call in CALLS] + list(ANSWERS)
    tokens = [(piece, False) for piece in pieces]
    tokens += [(special, True) for special in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")]
    build: Any = Qwen2Tokenizer
    tokenizer = build(
        vocab={symbol: n for n, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={256 + n: AddedToken(t, special=s, normalized=False) for n, (t, s) in enumerate(tokens)},
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder / "model")
    model = small_model()
    model.resize_token_embeddings(VOCABULARY, mean_resizing=False)
    model.save_pretrained(folder / "model")
    chats = []
    for n, last in enumerate(CALLS * 2):
        said: list[dict[str, Any]] = [{"role": "user", "content": f"เช่า {n % 6}"}]
        for place, (name, arguments) in enumerate([CALLS[0], last][n % 2 :]):  # half of them search before
            function = {"name": name, "arguments": json.dumps(arguments)}
            made = {"id": f"a{place}", "type": "function", "function": function}
            said.append({"role": "assistant", "content": "", "tool_calls": [made]})
            said.append({"role": "tool", "content": "7", "tool_call_id": f"a{place}"})
        said.append({"role": "assistant", "content": ANSWERS[n % 2]})
        chats.append({"id": f"c{n}", "messages": said, "tools": Town().tools()})  # the prompt has them in the run, too
    (folder / "chats.jsonl").write_text("".join(json.dumps(c, ensure_ascii=False) + "\n" for c in chats), "utf-8")
    sft = SftRecipe.model_validate(
        {
            "out": str(folder / "sft"),
            "model": {"path": str(folder / "model")},
            "data": {"path": str(folder / "chats.jsonl"), "max_tokens": 640},
            "batch": {"rows_per_step": 12, "tokens_per_micro_batch": 4096, "packing": False},
            "optim": {"lr": 1e-2, "epochs": 25},
            "compute": {"device": "cpu", "threads": 1},
        }
    )
    run(sft, progress=RunProgress())
    return RunFolder(sft.out).final


@pytest.fixture
def agent_recipe_for(agent: Path, tmp_path: Path) -> Callable[..., GrpoRecipe]:
    """`agent_recipe_for("x", environment={...})`: six questions, two a batch, six trajectories each."""
    rows = [
        {"id": f"q{n}", "question": f"เช่า {n}", "answer": "7 บาท", "kind": "number", "split": "train"} for n in range(6)
    ]
    (tmp_path / "questions.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )

    def make(out: str = "run", **sections: Any) -> GrpoRecipe:
        tree: dict[str, Any] = {
            "out": str(tmp_path / out),
            "model": {"path": str(agent)},
            "data": {"path": str(tmp_path / "questions.jsonl"), "max_tokens": 400},
            "environment": {"name": TOWN, "max_turns": 3, "max_tokens": 300, "workers": 2, "call_s": 5},
            "rewards": {"answer_key": {}},
            "rollout": {"max_new_tokens": 4, "rows_per_call": 12},
            "group": {"size": 6},
            "batch": {"rows_per_step": 2, "tokens_per_micro_batch": 1400, "packing": False},
            "optim": {"lr": 1e-3, "schedule": "constant", "epochs": 1},
            "compute": {"device": "cpu", "threads": 1},
            "checkpoint": {"every_steps": 1},
        }
        for name, section in sections.items():
            tree[name] = {**(tree.get(name) or {}), **section}
        return GrpoRecipe.model_validate(tree)

    return make


def test_a_run_logs_what_its_tools_did(agent_recipe_for) -> None:
    recipe = agent_recipe_for()
    run(recipe, progress=RunProgress())
    lines = story(recipe.out)
    assert [line["step"] for line in lines] == [1, 2, 3]
    for line in lines:
        assert line["answers"] == 12
        assert 1 < line["turns"] <= 3
        assert line["tool_calls"] > 0 == line["fault_share"]
        assert 0 <= line["tool_error_share"] < 1
        assert line["observation_tokens"] > 10 > line["answer_tokens"] > 1  # the second alone are in the loss
        assert line["loss_tokens"] <= 12 * line["answer_tokens"] + 1e-6
    assert any(line["search_then_read_share"] > 0 for line in lines)
    assert any(line["tool_error_share"] > 0 for line in lines)  # section 9
    assert any(line["reward_std"] > 0 and line["grad_norm"] > 0 for line in lines)


def test_a_broken_environment_is_counted_and_trained_on_by_nobody(agent_recipe_for) -> None:
    recipe = agent_recipe_for("broken", environment={"settings": {"broken": True}, "call_s": 2})
    run(recipe, progress=RunProgress())
    lines = story(recipe.out)
    assert len(lines) == 3
    kinds = set()
    for line in lines:
        faults = {name: count for name, count in line.items() if name.startswith("fault_") and name != "fault_share"}
        kinds |= faults.keys()
        assert line["fault_share"] * 12 == pytest.approx(sum(faults.values()))
        assert line["answers_without_reward"] == sum(faults.values())  # and not one of them is a 0
        assert line["loss_tokens"] < 12 * line["answer_tokens"]
        assert math.isfinite(line["loss"])
    assert kinds == {f"fault_{code}" for code in FAULTS.values()}
    assert RunFolder(recipe.out).status() == "finished"


@pytest.mark.timeout(900)
def test_killed_in_a_rollout_and_resumed_equals_uninterrupted(agent_recipe_for, tmp_path: Path) -> None:
    """kill -9 at the end of the second turn of the second batch, and halfway through a save."""
    places = {"rollout": 5, "save": 2}
    whole, *killed = (agent_recipe_for(out) for out in ("whole", *places))
    script, jobs = Path(__file__).with_name("killed_run.py"), list[str]()
    for recipe, (place, number) in zip(killed, places.items(), strict=True):
        path = tmp_path / f"{place}.yaml"
        path.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
        jobs += [str(path), place, str(number)]
    paths = os.pathsep.join([str(script.parents[2]), str(script.parent)])
    command = [sys.executable, str(script), *jobs]
    process = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=800, check=False
    )
    signals = [line for line in process.stdout.splitlines() if line.startswith("signal")]
    assert signals == [f"signal {signal.SIGKILL.value}"] * 2, process.stdout + process.stderr
    run(whole, progress=RunProgress())
    for recipe, place in zip(killed, places, strict=True):
        assert RunFolder(recipe.out).status() == "running"
        torch.manual_seed(len(place))  # whatever the new process does first must not matter
        run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
        assert story(recipe.out) == story(whole.out), place
        assert same_weights(recipe, whole), place


def sampled(recipe: GrpoRecipe, seed: int = 0) -> tuple[list[AgentTrajectory], Any, int]:
    """Trajectories of the recipe's model, the model, and how many ids it has."""
    source = ModelSection(path=recipe.model.path)
    chat = load_tokenizer(source, lambda _: None)
    model = load_model(source, chat, 0, lambda _: None)
    assert recipe.environment is not None
    prompts = []
    for said in question_dataset(recipe.data.path, recipe.environment).conversations:
        given = chat.given(said)
        ids = chat.render(given.messages, given.tools, generation_prompt=True)
        prompts.append(Prompt(np.asarray(ids, dtype=np.int32), said))
    engine = TransformersRollouts(model, recipe.rollout, valid_ids=len(chat.tokenizer), bf16=False)
    with trajectory_source(recipe.environment, engine, chat) as acting:
        found = acting.trajectories(prompts, lambda call: seed + call)
    return [one for one in found if isinstance(one, AgentTrajectory)], model, len(chat.tokenizer)


def test_perturbed_tool_tokens_change_nothing_in_the_gradient(agent_recipe_for) -> None:
    """As targets: with the same tokens read, loss and gradient are the same bits whatever a tool had said."""
    recipe = agent_recipe_for()
    found, model, valid = sampled(recipe)
    rng, advantages = np.random.default_rng(0), (1.0, -0.5, 2.0)
    chosen = [one for one in found if len(one.steps) > 1][:3]
    chosen = [replace(one, advantage=a) for one, a in zip(chosen, advantages, strict=False)]
    assert chosen

    def perturbed(one: AgentTrajectory) -> AgentTrajectory:
        first = int(one.labelled_T.argmax())
        tool_T = ~one.labelled_T & (np.arange(len(one)) >= first)
        assert tool_T.sum() > 20
        other_T = rng.integers(0, valid, len(one)).astype(np.int32)
        return replace(one, ids_T=np.where(tool_T, other_T, one.ids_T))

    forward = Forward(valid, False, torch.device("cpu"))

    def gradient(parts: Any) -> tuple[Any, list[torch.Tensor]]:
        model.zero_grad()
        line = add_policy_gradient(model, parts, recipe.policy, forward)
        return line, [p.grad.clone() for p in model.parameters()]

    parts = cut(chosen, recipe, 256, forward.device)
    others = cut([perturbed(one) for one in chosen], recipe, 256, forward.device)
    assert any(not torch.equal(a.micro.ids_BT, b.micro.ids_BT) for a, b in zip(parts, others, strict=True))
    read = [replace(b, micro=replace(b.micro, ids_BT=a.micro.ids_BT)) for a, b in zip(parts, others, strict=True)]
    (line, one_way), (other_line, other_way) = gradient(parts), gradient(read)
    assert line == other_line
    assert all(torch.equal(a, b) for a, b in zip(one_way, other_way, strict=True))
    assert any(bool(each.any()) for each in one_way)
    # The twin: tool tokens in the mask. What tools said would count as what the policy said.
    leaking = [replace(one, labelled_T=np.arange(len(one)) >= int(one.labelled_T.argmax())) for one in chosen]
    leaking = [replace(one, logprobs_S=np.full(int(one.labelled_T.sum()), -5, np.float32)) for one in leaking]
    assert gradient(cut(leaking, recipe, 256, forward.device))[0] != line


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ({"environment": {"max_tokens": 2000}}, r"data.max_tokens \+ environment.max_tokens \(2400\)"),
        ({"rollout": {"max_new_tokens": 301}}, r"rollout.max_new_tokens \(301\) is of one turn"),
        ({"group": {"overlong_buffer": 4}}, "overlong_buffer is for answers of one turn"),
        ({"data": {"splits": ["rl"]}}, "leave out data.splits"),
        ({"environment": {"max_turn": 3}}, "max_turn"),
    ],
)
def test_a_recipe_that_would_go_wrong_is_refused(agent_recipe_for, sections: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        agent_recipe_for(**sections)
