"""Trajectories with tools: whose ids they hold, what ends them, and what a broken environment does to them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from environments.municipal import read_questions
from environments.steps import Step
from environments.workers import EnvironmentPool
from models.chat_tokens import ChatTokenizer
from models.conversation import Conversation
from rollouts.agent_metrics import agent_metrics
from rollouts.agentic import Agentic, AgentTrajectory
from rollouts.environment_config import EnvironmentSection
from tests.rollouts.scripted_policy import ScriptedPolicy, byte_chat, prompt_of, template_of

QUESTION = next(each for each in read_questions(split="train") if each.kind == "number").as_dict()
OWN = "own_environments:Echo"


def call(name: str, arguments: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


SEARCH = call("search", f'{{"query": "{QUESTION["question"]}"}}')
READ = call("read", f'{{"id": "{QUESTION["sections"][0]}"}}')
GOOD = [SEARCH, READ, f"อ่านแล้ว คำตอบ: {QUESTION['answer']}"]


@pytest.fixture(scope="module")
def chat() -> ChatTokenizer:
    return byte_chat(template_of("qwen2_5"))


@pytest.fixture(scope="module")
def search_read() -> Iterator[EnvironmentPool]:
    with EnvironmentPool("search_read", workers=2) as pool:
        yield pool


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[EnvironmentPool]:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1] / "environments"), *sys.path])
    with EnvironmentPool(OWN, workers=2, call_s=2) as pool:
        yield pool


def act(
    chat: ChatTokenizer,
    pool: EnvironmentPool,
    says: Callable[[str, int], str],
    questions: int = 1,
    max_new_tokens: int = 5000,
    **section: Any,
) -> tuple[list[AgentTrajectory], ScriptedPolicy]:
    """`says(prompt, turn)` for each of the questions q0, q1, ... which stand in their prompts."""
    policy = ScriptedPolicy(chat, says, max_new_tokens)
    agents = Agentic(policy, chat, pool, EnvironmentSection.model_validate({"max_tokens": 20_000} | section))
    rows = [QUESTION | {"id": f"q{n}", "question": f"q{n} {QUESTION['question']}"} for n in range(questions)]
    found = agents.trajectories([prompt_of(chat, pool, row) for row in rows], lambda call: call)
    assert all(isinstance(each, AgentTrajectory) for each in found)
    assert not policy.awake
    return found, policy  # type: ignore[return-value]


def by_turn(*texts: str) -> Callable[[str, int], str]:
    return lambda _, turn: texts[turn]


def test_the_ids_are_those_of_the_template_and_the_mask_is_what_was_sampled(chat, search_read) -> None:
    [found], _ = act(chat, search_read, by_turn(*GOOD))
    said = found.messages
    assert [message["role"] for message in said] == ["assistant", "tool", "assistant", "tool", "assistant"]
    prompt = prompt_of(chat, search_read, QUESTION | {"question": f"q0 {QUESTION['question']}"})
    whole = Conversation("c", (*prompt.conversation.messages, *said), prompt.conversation.tools)
    given = chat.given(whole)
    assert [*found.ids_T.tolist(), *chat.tokenizer.encode("\n")] == chat.render(given.messages, given.tools)
    sampled = [[*chat.tokenizer.encode(text), chat.end_of_turn_id] for text in GOOD]
    assert found.ids_T[found.labelled_T].tolist() == [*chain.from_iterable(sampled)]
    assert found.logprobs_S.tolist() == pytest.approx([-(1 + i / 1000) for i in [*chain.from_iterable(sampled)]])
    assert not found.labelled_T[: len(prompt.ids_T)].any()
    assert found.ids_T[: len(prompt.ids_T)].tolist() == prompt.ids_T.tolist()
    assert (found.answer, found.ended_by, found.truncated, found.fault) == (GOOD[-1], "answer", False, "")
    assert (found.turns, found.tool_calls, found.tool_errors) == (3, 2, 0)
    assert [step.name for step in found.steps] == ["search", "read"]
    assert QUESTION["answer"] in said[3]["content"]


def test_ids_that_no_text_gives_stay_as_they_were_sampled(chat, search_read) -> None:
    """A half letter is no text: encoded again it would be other ids."""
    policy = ScriptedPolicy(chat, by_turn(*GOOD))
    answer, torn = policy._answer, chat.tokenizer.encode("ก")[:1]
    assert chat.tokenizer.encode(chat.tokenizer.decode(torn)) != torn

    def begins_with_half_a_letter(prompt_T: np.ndarray) -> Any:
        sampled = answer(prompt_T)
        ids_S = np.concatenate([torn, sampled.ids_S]).astype(np.int32)
        return replace(sampled, ids_S=ids_S, logprobs_S=np.zeros(len(ids_S), np.float32))

    policy._answer = begins_with_half_a_letter
    agents = Agentic(policy, chat, search_read, EnvironmentSection())
    [found] = agents.trajectories([prompt_of(chat, search_read, QUESTION)], lambda call: call)
    sampled = [[*torn, *chat.tokenizer.encode(text), chat.end_of_turn_id] for text in GOOD]
    assert found.ids_T[found.labelled_T].tolist() == [*chain.from_iterable(sampled)]


def test_all_that_are_under_way_share_a_call_and_every_turn_has_seeds_of_its_own(chat, search_read) -> None:
    def says(prompt: str, turn: int) -> str:
        return GOOD[turn] if "q1 " not in prompt else "ไม่ทราบ"

    found, policy = act(chat, search_read, says, questions=3)
    assert [each.turns for each in found] == [3, 1, 3]
    assert policy.seeds == [[0, 1, 2], [3, 4], [6, 7]]
    assert [each.id for each in found] == ["q0", "q1", "q2"]
    again, _ = act(chat, search_read, says, questions=3)
    for one, other in zip(found, again, strict=True):
        assert one.ids_T.tobytes() == other.ids_T.tobytes()
        assert (one.messages, one.steps) == (other.messages, other.steps)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('<tool_call>\n{"name": "search", "arguments": {"query"\n</tool_call>', "unreadable_call"),
        (call("fly", "{}"), "unknown_tool"),
        (call("search", '{"question": "x"}'), "invalid_arguments"),
        (call("read", '{"id": "99999"}'), "unknown_section"),
    ],
)
def test_what_the_policy_gets_wrong_is_an_observation_and_goes_on(chat, search_read, said: str, code: str) -> None:
    [found], _ = act(chat, search_read, by_turn(said, *GOOD))
    assert [step.code for step in found.steps] == [code, "", ""]
    assert (found.tool_calls, found.tool_errors, found.fault, found.ended_by) == (3, 1, "", "answer")
    assert f'"code":"{code}"' in found.messages[1]["content"]
    assert chat.tokenizer.decode(found.ids_T).count("<tool_response>") == 3


def test_a_call_that_was_only_thought_of_is_none(chat, search_read) -> None:
    [found], _ = act(chat, search_read, by_turn(f"<think>\nควรเรียก {SEARCH}\n</think>\n\nไม่ทราบ"))
    assert (found.tool_calls, found.ended_by, found.turns) == (0, "answer", 1)


def test_calls_side_by_side_have_a_limit_that_is_told(chat, search_read) -> None:
    [found], _ = act(chat, search_read, by_turn(SEARCH * 5, GOOD[-1]), max_calls_per_turn=2)
    assert (len(found.steps), found.tool_calls, found.tool_errors) == (2, 5, 3)
    assert "อีก 3 รายการไม่ได้ทำ" in found.messages[2]["content"]


def test_the_last_turn_must_be_an_answer(chat, search_read) -> None:
    [found], _ = act(chat, search_read, by_turn(*[SEARCH] * 9), max_turns=3)
    assert (found.turns, found.ended_by, found.truncated, found.answer) == (3, "turns", True, "")
    assert len(found.steps) == 2
    assert found.labelled_T[-1]


def test_a_turn_has_a_limit_and_what_it_said_until_then_is_no_answer(chat, search_read) -> None:
    [found], _ = act(chat, search_read, by_turn(GOOD[-1]), max_new_tokens=20)
    assert (found.ended_by, found.truncated, found.answer, int(found.labelled_T.sum())) == ("truncated", True, "", 20)


def test_a_trajectory_has_a_limit_wherever_it_is_reached(chat, search_read) -> None:
    [whole], _ = act(chat, search_read, by_turn(*GOOD))
    prompt = int(whole.labelled_T.argmax())
    policy = whole.labelled_T[prompt:]
    ended = set()
    for limit in (10, 100, 300, 800, len(policy) - 1, len(policy)):
        [found], _ = act(chat, search_read, by_turn(*GOOD), max_tokens=limit)
        tokens = len(found) - prompt
        assert tokens <= limit
        assert found.ids_T.tolist() == whole.ids_T[: len(found)].tolist()  # nothing but shorter
        assert found.labelled_T.tolist() == whole.labelled_T[: len(found)].tolist()
        assert len(found.logprobs_S) == found.labelled_T.sum()
        assert found.labelled_T[-1]  # an observation that nobody can answer is left out
        assert found.truncated == (limit < len(policy))
        ended.add(found.ended_by)
    assert ended == {"truncated", "no_room", "answer"}


def test_an_observation_has_a_limit(chat, search_read) -> None:
    [found], _ = act(chat, search_read, by_turn(*GOOD), max_observation_characters=150)
    assert all(len(m["content"]) <= 150 for m in found.messages if m["role"] == "tool")
    assert "ถูกตัดออก" in found.messages[1]["content"]


FAULTS = {"hang": "timeout", "crash": "crashed", "big": "too_large", "no_json": "tool_failed"}


def test_a_broken_environment_ends_its_trajectory_and_no_other(chat, own) -> None:
    kinds = list(FAULTS)

    def says(prompt: str, turn: int) -> str:
        mine = next((kind for n, kind in enumerate(kinds) if f"q{n} " in prompt), "")
        return "คำตอบ: 1" if turn else call(mine, "{}") if mine else call("echo", '{"text": "a"}')

    found, _ = act(chat, own, says, questions=6)
    assert [each.fault for each in found] == [*FAULTS.values(), "", ""]
    assert [each.ended_by for each in found] == [*FAULTS.values(), "answer", "answer"]
    assert [each.truncated for each in found] == [False] * 6
    assert [each.answer for each in found] == [*[""] * 4, "คำตอบ: 1", "คำตอบ: 1"]
    line = agent_metrics(found)
    assert {name: line[name] for name in line if name.startswith("fault")} == {
        "fault_share": 4 / 6,
        **{f"fault_{kind}": 1 for kind in FAULTS.values()},
    }
    assert (line["turns"], line["tool_calls"], line["answered_share"]) == (2, 1, 1)


def test_a_killed_worker_costs_a_stateful_episode_its_trajectory(chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1] / "environments"), *sys.path])
    with EnvironmentPool("own_environments:Counting", workers=2) as pool:

        def says(prompt: str, turn: int) -> str:
            if turn == 1 and "q0 " in prompt:
                os.kill(pool.pids[0], signal.SIGKILL)
            return "คำตอบ: 2" if turn == 2 else call("next", "{}")

        found, _ = act(chat, pool, says, questions=2)
    assert found[0].fault in ("lost", "crashed")  # whether the pool saw it die before the call or during it
    assert not found[1].fault
    assert found[1].messages[-2]["content"] == "2"


def test_an_episode_that_does_not_open_and_a_prompt_that_changes_are_faults(chat, own) -> None:
    policy = ScriptedPolicy(chat, by_turn("ตอบ"))
    agents = Agentic(policy, chat, own, EnvironmentSection())
    asked = [prompt_of(chat, own, {"id": f"q{n}", "question": q}) for n, q in enumerate(("broken", "a", "b"))]
    other = replace(asked[1].conversation, row={"id": "q1", "question": "another"})
    asked[1] = replace(asked[1], conversation=other)
    found = agents.trajectories(asked, lambda call: call)
    assert [each.fault for each in found] == ["open_failed", "other_prompt", ""]
    assert [int(each.labelled_T.sum()) for each in found] == [0, 0, len("ตอบ".encode()) + 1]


def test_metrics_tell_search_then_read_from_the_rest(chat, search_read) -> None:
    paths = {0: GOOD, 1: [READ, SEARCH, GOOD[-1]], 2: [SEARCH, call("read", '{"id": "x"}'), "ก"], 3: ["ก"]}

    def says(prompt: str, turn: int) -> str:
        return next(path for n, path in paths.items() if f"q{n} " in prompt)[turn]

    found, _ = act(chat, search_read, says, questions=4)
    line = agent_metrics(found)
    assert line["search_then_read_share"] == 0.25
    assert (line["turns"], line["tool_calls"]) == (2.5, 1.5)
    assert found[2].steps[1] == Step("read", '{"id":"x"}', "unknown_section")
    first = found[0].labelled_T[int(found[0].labelled_T.argmax()) :]
    means = [int((~each.labelled_T[int(each.labelled_T.argmax()) :]).sum()) for each in found]
    assert means[0] == int((~first).sum()) > 100
    assert line["observation_tokens"] == sum(means) / 4
