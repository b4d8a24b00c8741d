"""Scenarios: a function of seed and number, each of them solvable, each of its kind, in Thai that fits its speaker."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest

from datagen.domains import shipped_library
from datagen.errors import RecipeError, ScenarioError
from datagen.record import canonical_json
from datagen.scenarios.drawing import EVEN, Offer, ScenarioPlan, Written
from datagen.scenarios.kinds import suitable
from datagen.scenarios.library import Library
from datagen.scenarios.phrases import changed, needs_date, system_turn
from datagen.scenarios.reference import reference_messages, resolved, run_reference
from datagen.scenarios.scenario import KINDS, ExpectedCall, Scenario
from datagen.scenarios.speaker import Speaker, drawn_speaker

LIBRARY = shipped_library()
POSSIBLE = {kind: 1.0 for kind in KINDS if suitable(LIBRARY, kind)}


@pytest.fixture(scope="module")
def written() -> list[Written]:
    plan = ScenarioPlan(LIBRARY, 20260123, POSSIBLE)
    return [plan.scenario(number) for number in range(400)]


def of_kind(written: list[Written], kind: str) -> list[Scenario]:
    found = [each.scenario for each in written if each.scenario.kind == kind]
    assert found or kind not in POSSIBLE
    return found


def test_a_scenario_depends_on_seed_and_number_alone(written: list[Written]) -> None:
    again = ScenarioPlan(LIBRARY, 20260123, POSSIBLE)
    for number in (399, 7, 150):
        assert again.scenario(number) == written[number]
    assert ScenarioPlan(LIBRARY, 1, POSSIBLE).scenario(7) != written[7]


@pytest.mark.parametrize("seed", range(4))
def test_every_scenario_can_be_solved_and_leaves_its_state(seed: int) -> None:
    plan = ScenarioPlan(LIBRARY, seed, POSSIBLE)
    for number in range(150):
        scenario = plan.scenario(number).scenario
        assert run_reference(scenario, LIBRARY.tools).state == scenario.state
        messages = reference_messages(scenario, LIBRARY.tools)
        assert [m.content for m in messages if m.role == "user"] == [turn.user for turn in scenario.turns]
        assert messages[-1].role == "assistant"
        assert not messages[-1].tool_calls


def test_every_goal_is_solved_as_it_says() -> None:
    for trait in LIBRARY.traits:
        alone = Library(LIBRARY.tools, (trait.goal,))
        kinds = {kind: 1.0 for kind in ("single", "steps", "missing_argument", "tool_error") if suitable(alone, kind)}
        plan = ScenarioPlan(alone, 5, kinds)
        for number in range(25):
            plan.scenario(number)


def test_scenarios_survive_their_json(written: list[Written]) -> None:
    for each in written:
        text = canonical_json(each.scenario.as_dict())
        assert canonical_json(Scenario.from_dict(json.loads(text)).as_dict()) == text


def test_kinds_are_drawn_by_weight() -> None:
    plan = ScenarioPlan(LIBRARY, 3, {"single": 3, "missing_argument": 1})
    counts = Counter(plan.scenario(number).scenario.kind for number in range(400))
    assert set(counts) == {"single", "missing_argument"}
    assert 250 < counts["single"] < 350


def test_parallel_calls_need_no_other_and_stand_in_one_turn(written: list[Written]) -> None:
    for scenario in of_kind(written, "parallel"):
        assert len(scenario.turns) == 1
        assert len(scenario.calls) >= 2
        assert not any("$from" in str(call.arguments) for call in scenario.calls)
        assert {state.call for state in scenario.turns[0].reply.states} <= set(range(len(scenario.calls)))


def test_the_missing_argument_is_asked_for_and_then_said(written: list[Written]) -> None:
    for scenario in of_kind(written, "missing_argument"):
        first, second = scenario.turns
        assert first.reply.kind == "ask"
        assert first.reply.words
        assert not first.calls
        assert second.calls
        assert second.reply.kind == "answer"


def test_without_its_tool_nothing_is_called(written: list[Written]) -> None:
    for scenario in of_kind(written, "no_tool"):
        assert scenario.turns[0].reply.kind == "decline"
        assert not scenario.calls
        assert scenario.domain not in {LIBRARY.tools[name].domain for name in scenario.tools}


def test_nobody_declines_what_can_be_answered_without_tools(written: list[Written]) -> None:
    answerable = {goal.id for goal in LIBRARY.goals if goal.answerable}
    assert answerable
    for each in written:
        if each.scenario.kind == "no_tool":
            assert not answerable & set(each.goals)


def test_errors_pass_stay_or_belong_to_the_goal(written: list[Written]) -> None:
    for scenario in of_kind(written, "tool_error"):
        made = run_reference(scenario, LIBRARY.tools).made
        if scenario.turns[0].reply.kind == "answer":
            assert [each.seen.error for each in made] == ["unavailable", ""]
        else:
            assert made[-1].seen.error == scenario.calls[-1].error != ""


def test_distractors_are_many_and_the_needed_tool_is_among_them(written: list[Written]) -> None:
    fewest = min(6, len(LIBRARY.tools) - 1)
    for scenario in of_kind(written, "distractors"):
        assert {call.name for call in scenario.calls} < set(scenario.tools)
        assert len(scenario.tools) >= fewest + 1


def test_multi_turn_comes_back_with_other_calls(written: list[Written]) -> None:
    for scenario in of_kind(written, "multi_turn"):
        first, second = scenario.turns
        assert first.calls
        assert second.calls
        assert first.calls != second.calls


def test_tools_on_offer_are_there_once_and_include_the_needed_ones(written: list[Written]) -> None:
    for each in written:
        scenario = each.scenario
        assert len(set(scenario.tools)) == len(scenario.tools)
        assert set(scenario.tools) <= set(LIBRARY.tools)
        assert {call.name for call in scenario.calls} <= set(scenario.tools)


def test_the_words_of_arguments_are_said_verbatim(written: list[Written]) -> None:
    for each in written:
        said = "\n".join(turn.user for turn in each.scenario.turns)
        for words in each.words if each.scenario.kind != "multi_turn" else ():
            assert words in said


def test_whoever_speaks_of_today_has_told_the_date(written: list[Written]) -> None:
    for each in written:
        said = [turn.user for turn in each.scenario.turns]
        if needs_date(said):
            assert str(datetime.fromisoformat(each.scenario.now).year + 543) in each.scenario.system


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        ("พรุ่งนี้ฝนจะตกไหม", True),
        ("จองวันศุกร์หน้า", True),
        ("วันที่ 5 มกราคม เป็นวันอะไร", True),
        ("วันที่ 5 มกราคม 2570 เป็นวันอะไร", False),
        ("๑๔ ม.ค. พ.ศ. ๒๕๗๐", False),
        ("ห้าหารสองเท่าไร", False),
    ],
)
def test_what_needs_a_date(said: str, needed: bool) -> None:
    assert needs_date([said]) == needed


def test_a_system_turn_names_day_and_era() -> None:
    text = system_turn(datetime(2026, 11, 24, 9, 5), random.Random(1), dated=True)
    assert "24 พฤศจิกายน" in text
    assert "2569" in text
    assert "09:05" in text


@pytest.mark.parametrize(
    ("request_text", "said"),
    [
        ("ขอดูราคาทอง", "ขอดูราคาทองค่ะ"),
        ("ราคาทองวันนี้เท่าไร", "ราคาทองวันนี้เท่าไรคะ"),
        ("อยู่ที่ไหน", "อยู่ที่ไหนคะ"),
        ("ขอค่า PM2.5", "ขอค่า PM2.5 ค่ะ"),
        ("ไปวันไหนดีคะ", "ไปวันไหนดีคะ"),
        ("คืนเงินเท่าไรบอกด้วย", "คืนเงินเท่าไรบอกด้วยค่ะ"),
        ("ร้านไหนก็ได้ ขอโต๊ะสำหรับ 4 คน", "ร้านไหนก็ได้ ขอโต๊ะสำหรับ 4 คนค่ะ"),
        ("ค่าฝุ่นกี่ ug", "ค่าฝุ่นกี่ ug คะ"),
    ],
)
def test_a_woman_ends_questions_and_statements_as_thai_does(request_text: str, said: str) -> None:
    assert Speaker("ค่ะ").says(request_text) == said


def test_nobody_mixes_genders() -> None:
    assert {drawn_speaker(random.Random(seed), ["ผมอยากจองรถ"]).particle for seed in range(50)} == {"ครับ"}
    assert {drawn_speaker(random.Random(seed), ["ดิฉันอยากจองรถ"]).particle for seed in range(50)} == {"ค่ะ"}
    assert {drawn_speaker(random.Random(seed), ["ร้านตัดผมอยู่ไหน"]).particle for seed in range(50)} == {"ครับ", "ค่ะ", ""}


def test_a_changed_slot_is_said_alone() -> None:
    assert changed("ภูเก็ต", random.Random(0)) in ("แล้วถ้าเป็นภูเก็ตล่ะ", "ถ้าเปลี่ยนเป็นภูเก็ตล่ะ", "แล้วภูเก็ตล่ะ")
    assert changed("วันที่ 5", random.Random(0)).endswith("5 ล่ะ")
    assert all(" TH5 ล่ะ" in changed("TH5", random.Random(seed)) for seed in range(9))
    assert all(" 3 ไร่ล่ะ" in changed("3 ไร่", random.Random(seed)) for seed in range(9))


def test_references_and_choices_are_resolved() -> None:
    results = [{"trains": [{"id": "T1"}]}]
    assert resolved({"a": {"$from": [0, "trains.0.id"]}, "b": {"$any": [2, 3]}, "c": {"x": 1}}, results) == {
        "a": "T1",
        "b": 2,
        "c": {"x": 1},
    }


def test_a_goal_that_its_tools_do_not_answer_is_an_error(written: list[Written]) -> None:
    scenario = of_kind(written, "single")[0]
    broken = replace(scenario.turns[0], calls=(ExpectedCall(scenario.calls[0].name, {"no": "such"}),))
    with pytest.raises(ScenarioError, match="must end with 'a result'"):
        run_reference(replace(scenario, turns=(broken,)), LIBRARY.tools)


def test_kinds_without_a_goal_or_a_weight_are_refused() -> None:
    with pytest.raises(RecipeError, match="no goal makes scenarios of the kind 'steps'"):
        ScenarioPlan(Library(LIBRARY.tools, ()), 1, {"steps": 1})
    with pytest.raises(RecipeError, match="no kind of scenario has a weight"):
        ScenarioPlan(LIBRARY, 1, {"single": 0})


def test_the_offer_is_as_large_as_asked() -> None:
    plan = ScenarioPlan(LIBRARY, 1, {"single": 1}, Offer(extra_max=0))
    for number in range(20):
        scenario = plan.scenario(number).scenario
        assert set(scenario.tools) == {call.name for call in scenario.calls}
    assert set(EVEN) == set(KINDS)
