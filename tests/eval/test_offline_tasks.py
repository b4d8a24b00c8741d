"""The shipped tasks with answerers of known worth: perfect, broken, empty; order and concurrency change nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from constraints import build, types, witness
from datagen.config import BuildRecipe
from datagen.domains import shipped_library
from datagen.llm.answers import Answer
from datagen.llm.scripted import ScriptedServer
from datagen.near_duplicates import SeenTexts
from datagen.recipe import load_recipe, shipped_recipes
from datagen.record import Message, canonical_json
from datagen.scenarios.reference import reference_messages
from datagen.scenarios.scenario import KINDS
from datagen.splits import drawable_ids, held_out_ids
from eval.task import Item
from eval.tasks import OFFLINE, TASKS, task_of
from eval.tasks.code_switch import in_language
from eval.tasks.data_sets import shipped_rows
from eval.tasks.thai_if import HeldOutConstraints
from eval.tasks.tools_held_out import ToolsHeldOut, held_out_goals
from tests.eval.answering import Replies, calls, empty, scored, text, values
from tests.eval.conftest import as_task

THAI, ENGLISH = "คำตอบนี้เขียนเป็นภาษาไทยทั้งหมดครับ", "This whole answer has been written in plain English for the reader."


def by_prompt(items: Sequence[Item], reply: Any) -> Replies:
    known = {item.messages[-1].content: reply(item) for item in items}
    return lambda messages, tools: text(known[messages[-1].content])


def witnesses(task: HeldOutConstraints) -> Replies:
    def kept(item: Item) -> str:
        found = witness([build(each["id"], each["params"]) for each in item.reference["constraints"]])
        assert found is not None, item.id
        return found

    return by_prompt(task.items(), kept)


def reference(task: ToolsHeldOut) -> Replies:
    """What the reference conversation says next, by what was said before."""
    known: dict[str, Answer] = {}
    for item in task.items():
        scenario = task.scenarios[item.id]
        messages = reference_messages(scenario, task.library.tools)
        opening = 2 if scenario.system else 1
        for place, message in enumerate(messages):
            if message.role == "assistant":
                made = [(call.name, call.arguments) for call in message.tool_calls]
                before = (*item.messages, *messages[opening:place])
                known[_key(before)] = calls(*made) if made else text(message.content)
    return lambda messages, tools: known[_key(messages)]


def _key(messages: Sequence[Message]) -> str:
    return canonical_json([message.as_dict() for message in messages])


class TestThaiIf:
    task = HeldOutConstraints()

    def test_answerers_of_known_worth(self):
        perfect, items = witnesses(self.task), len(self.task.items())
        whole = scored(self.task, perfect)
        assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, items, 0)}
        assert items == 106
        broken = lambda messages, tools: text("น้ำที่นี่ ม๊าก จ๋า")  # noqa: E731  every tone mark, one line, nothing asked for
        assert values(self.task, broken) == {"all_followed": 0.0, "followed": 0.0}
        assert values(self.task, empty) == {"all_followed": 0.0, "followed": 0.0}
        assert scored(self.task, perfect, together=7, backwards=True) == whole

    def test_instructions_have_one_vote_each(self):
        """An answerer that keeps the first constraint of each prompt only: the share of first ones, counted here."""
        items = self.task.items()
        pair = next(item for item in items if len(item.reference["constraints"]) == 2)
        first = witness([build(pair.reference["constraints"][0]["id"], pair.reference["constraints"][0]["params"])])
        kept = witnesses(self.task)
        said = {pair.messages[-1].content: text(first or "")}
        found = scored(self.task, lambda m, t: said.get(m[-1].content) or kept(m, t))
        instructions = sum(len(item.reference["constraints"]) for item in items)
        assert found["all_followed"].value == pytest.approx(1 - 1 / len(items))
        assert found["followed"].value == pytest.approx(1 - 1 / instructions)

    def test_every_prompt_states_what_it_is_checked_for(self):
        for item in self.task.items():
            prompt = item.messages[-1].content
            for each in item.reference["constraints"]:
                built = build(each["id"], each["params"])
                assert any(words in prompt for words in built.phrasings("th")), (item.id, each["id"])

    def test_training_recipes_carry_none_of_its_types(self):
        tested = {each["id"] for _, row in shipped_rows("thai_if_held_out.jsonl") for each in row["constraints"]}
        assert len(tested) == 30
        assert len({types()[name].family for name in tested}) >= 15
        sample = load_recipe(BuildRecipe, shipped_recipes()["sample_th"])
        assert tested.isdisjoint(drawable_ids(sample.compose.weights))
        recipe = load_recipe(BuildRecipe, shipped_recipes()["held_out_th"])
        assert set(held_out_ids(recipe.held_out_types, recipe.compose.weights, recipe.seed)) == tested


class TestCodeSwitch:
    task = task_of("thai_code_switch_small")

    def test_answerers_of_known_worth(self):
        items = self.task.items()
        asked = by_prompt(items, lambda item: THAI if item.reference["language"] == "th" else ENGLISH)
        other = by_prompt(items, lambda item: ENGLISH if item.reference["language"] == "th" else THAI)
        whole = scored(self.task, asked)
        assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, 80, 0)}
        assert values(self.task, other) == {"clean": 0.0, "asked_language": 0.0, "no_leak": 1.0, "within_quota": 0.0}
        assert set(values(self.task, empty).values()) == {0.0}
        assert scored(self.task, asked, together=9, backwards=True) == whole

    def test_one_leaked_letter_spoils_an_answer(self):
        items = self.task.items()
        leaky = by_prompt(items, lambda item: (THAI if item.reference["language"] == "th" else ENGLISH) + " 好")
        found = values(self.task, leaky)
        assert (found["asked_language"], found["no_leak"], found["clean"]) == (1.0, 0.0, 0.0)

    def test_terms_of_the_request_are_no_code_switching(self):
        item = next(item for item in self.task.items() if "cash flow" in item.messages[0].content)
        said = "cash flow คือเงินเข้าออกของร้าน ถ้า cash flow ติดลบก็ต้องหาเงินสดมาหมุน"
        other = said.replace("cash flow", "money movement")
        found = [values(_Only(item), lambda m, t, said=said: text(said))["within_quota"] for said in (said, other)]
        assert found == [1.0, 0.0]

    @pytest.mark.parametrize(
        ("said", "wanted", "mark"),
        [
            ("12", "th", None),
            ("Hello", "en", None),
            (THAI, "en", 0.0),
            ("Les chats pétrissent la couverture parce qu'ils se sentent bien.", "en", 0.0),
            ("好的,我来回答这个问题。", "en", 0.0),
            (ENGLISH, "en", 1.0),
        ],
    )
    def test_what_cannot_be_told_is_undecided(self, said, wanted, mark):
        assert in_language(said, wanted) == mark


class _Only:
    """The task with one item."""

    def __init__(self, item: Item) -> None:
        whole = task_of("thai_code_switch_small")
        self.about, self.converse, self.mark, self._item = whole.about, whole.converse, whole.mark, item

    def items(self) -> Sequence[Item]:
        return [self._item]


class TestTools:
    task = ToolsHeldOut()

    def test_answerers_of_known_worth(self):
        right = reference(self.task)
        whole = scored(self.task, right)
        assert {(score.value, score.n) for score in whole.values()} == {(1.0, 64)}
        wrong = lambda messages, tools: calls(("get_everything", "{}"))  # noqa: E731
        assert set(values(self.task, wrong).values()) == {0.0}
        assert set(values(self.task, empty).values()) == {0.0}
        assert scored(self.task, right, together=5, backwards=True) == whole

    def test_a_wrong_value_in_a_right_conversation(self):
        right, wrong = reference(self.task), " ทั้งหมด 987,654 บาทครับ"

        def mistaken(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
            answer = right([replace(each, content=each.content.removesuffix(wrong)) for each in messages], tools)
            return answer if answer.tool_calls else text(answer.content + wrong)

        found = values(self.task, mistaken)
        assert found["calls_right"] == 1.0
        assert found["replies_right"] is not None
        assert found["replies_right"] < 0.2

    def test_a_reply_without_its_calls(self):
        """Only where no call was needed is it right not to make one."""
        found = scored(self.task, lambda messages, tools: text("ขออภัยครับ ผมไม่มีเครื่องมือสำหรับตรวจสอบเรื่องนี้ครับ"))
        assert found["calls_right"].value == found["proven"].value == 8 / 64

    def test_eight_of_each_kind_of_goals_that_training_leaves_out(self):
        items = self.task.items()
        assert Counter(item.reference["kind"] for item in items) == dict.fromkeys(KINDS, 8)
        assert len({item.messages[-1].content for item in items}) == 64
        assert "หากขาดข้อมูลที่ต้องใช้ให้ถามผู้ใช้ก่อน" in items[0].messages[0].content
        held = set(held_out_goals())
        for name in ("tools_th", "held_out_tools_th"):
            used = load_recipe(BuildRecipe, shipped_recipes()[name]).tools.domains
            assert used
            assert held.isdisjoint(used)
            assert held.isdisjoint(goal.partition(".")[0] for goal in used)
        every = {goal.id for goal in shipped_library().goals}
        kept = load_recipe(BuildRecipe, shipped_recipes()["held_out_tools_th"]).tools.domains
        out = {goal for goal in every if goal in held or goal.partition(".")[0] in held}
        assert set(kept) == every - out

    def test_scenarios_are_the_same_each_time_and_part_of_the_template(self, monkeypatch):
        assert ToolsHeldOut().about.template_sha256 == self.task.about.template_sha256
        monkeypatch.setattr("eval.tasks.tools_held_out._SEED", -2)
        assert ToolsHeldOut().about.template_sha256 != self.task.about.template_sha256


def test_no_shipped_prompt_is_near_a_prompt_of_the_tasks():
    seen = SeenTexts(0.6)
    for _, row in [*shipped_rows("thai_if_held_out.jsonl"), *shipped_rows("thai_code_switch_small.jsonl")]:
        seen.add(row["id"], row["prompt"].partition("\n\n")[0])
    lines = (files("datagen.prompts") / "th.jsonl").read_text(encoding="utf-8").splitlines()
    near = {line["id"]: hit for line in map(json.loads, lines) if (hit := seen.find(line["prompt"]))}
    assert near == {}


def test_offline_tasks_are_whole():
    for name in OFFLINE:
        task = as_task(task_of(name))
        ids = [item.id for item in task.items()]
        assert len(set(ids)) == len(ids) >= 60, name
        assert task.about.name == name
        assert task.about.license == "CC0-1.0"


def test_the_command_line_runs_them_all(evaluate, tmp_path):
    """A model without tool calling, which says the same to everything."""
    with ScriptedServer(lambda body: THAI) as server:
        arguments = ["run", "--tasks", "offline", "--model", "scripted", "--base-url", server.base_url]
        code, said = evaluate(*arguments, "--out", tmp_path / "r", "--limit", 8)
    assert code == 0, said
    results = json.loads((tmp_path / "r/results.json").read_text())
    assert set(results["tasks"]) == set(OFFLINE)
    for name, found in results["tasks"].items():
        assert found["items"] == 8, name
        assert {score["failed"] for score in found["scores"]} == {0}
    shares = {score["metric"]: score["value"] for score in results["tasks"]["thai_code_switch_small"]["scores"]}
    assert 0 < shares["clean"] == shares["asked_language"] < 1
    assert "search" in results["tasks"]["municipal_code_agent"]["first_prompt"]


def test_list_names_every_task(evaluate):
    code, said = evaluate("list")
    assert code == 0
    assert all(f"\n{name} " in f"\n{said}" for name in TASKS if name not in ("capitals", "twice"))
    assert "hub:google/IFEval:train@966cd895" in said
    assert "right: names the capital" in said, "what the headline measures"
    for name in OFFLINE:
        task = task_of(name)
        assert task.about.n == len(task.items()), name
