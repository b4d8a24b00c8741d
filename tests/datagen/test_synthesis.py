"""Constraint synthesis by scripted teachers: a good one gets a pack, each bad one is stopped by its gate."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from constraints import check, describe, types
from constraints.pack import packs_in_use, read_pack
from constraints.sandbox import Sandbox
from datagen.errors import EndpointError, RecipeError, TeacherError
from datagen.llm.answers import Answer
from datagen.llm.scripted import Fault, ScriptedServer
from datagen.recipe import load_recipe
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.functions import Function, say
from datagen.synthesis.meaning import Comparer, difference
from datagen.synthesis.mutation import broken_mutants, mutants, score
from datagen.synthesis.reading import code_in, items_in, label_in
from datagen.synthesis.run import run_synthesis
from datagen.synthesis.scripted import COMMA, FUNCTIONS, LAST, LINES, QUESTIONS, RULES, THAI, Script

CONSTANT_TRUE = "def evaluate(response):\n    return True"
CONSTANT_FALSE = "def evaluate(response):\n    return len(response) < 0"


def synthesise(script: Script, out: Path, *settings: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The pack and what was rejected."""
    with ScriptedServer(script.reply) as server:
        return _into(server, out, *settings)


def _into(server: ScriptedServer, out: Path, *settings: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    given = [
        "name=pack_test", "samples.ideas=4", "samples.ideas_per_request=4", f"teacher.base_url={server.base_url}",
        "teacher.model=scripted", *settings,
    ]  # fmt: skip
    run_synthesis(load_recipe(SynthesisRecipe, None, given), out, lambda message: None)
    pack = yaml.safe_load((out / "pack.yaml").read_text(encoding="utf-8"))
    return pack, yaml.safe_load((out / "rejected.yaml").read_text(encoding="utf-8"))["rejected"]


def rules_of(pack: dict[str, Any]) -> list[str]:
    return [entry["en"][0] for entry in pack["constraints"]]


def reasons(rejected: list[dict[str, str]], rule: str, gate: str) -> set[str]:
    return {one["reason"] for one in rejected if one["rule"] == rule and one["gate"] == gate}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, str]], Path]:
    out = tmp_path_factory.mktemp("good") / "pack"
    return *synthesise(Script(), out), out


def test_a_good_teacher_gets_every_rule_into_the_pack(good) -> None:
    pack, _, _ = good
    assert rules_of(pack) == list(RULES)
    assert [entry["id"] for entry in pack["constraints"]] == [
        "pack_test.contains_no_comma", "pack_test.has_exactly_4_lines", "pack_test.ends_with_word",
        "pack_test.contains_exactly_2_question_marks",
    ]  # fmt: skip
    for entry in pack["constraints"]:
        assert entry["th"] == [THAI[entry["en"][0]]]
        assert entry["scores"]["functions"] >= 3
        assert entry["scores"]["cases"] >= 10
        assert entry["scores"]["accuracy"] >= 0.8
        assert {verifier["source"] for verifier in entry["verifiers"]} == set(FUNCTIONS[entry["en"][0]])


def test_every_yield_is_in_equals_kept_plus_rejected_and_every_rejection_is_listed(good) -> None:
    pack, rejected, _ = good
    for gate, found in pack["yields"].items():
        assert found["in"] == found["kept"] + sum(found["rejected"].values()), gate
        assert sum(found["rejected"].values()) == sum(one["gate"] == gate for one in rejected)
    assert pack["yields"]["idea"]["kept"] == 4
    assert pack["yields"]["wording"]["kept"] == 4


def test_verifiers_of_lines_keep_their_newlines_from_answer_to_pack(good) -> None:
    pack, _, _ = good
    entry = pack["constraints"][1]
    assert any("split('\\n')" in verifier["source"] for verifier in entry["verifiers"])
    with packs_in_use([read_pack(pack)]):
        assert check(entry["id"], {}, "ก\nข\nค\nง").passed
        assert check(entry["id"], {}, "ก\\nข\\nค\\nง").outcome == "FAIL"


def test_un_escaping_code_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault of the released pipeline, put back: no rule about lines survives it."""
    import datagen.synthesis.functions as functions

    monkeypatch.setattr(functions, "code_in", lambda answer: (code_in(answer) or "").replace("\\n", "\n"))
    pack, rejected = synthesise(Script(), tmp_path / "pack")
    assert LINES not in rules_of(pack)
    assert reasons(rejected, LINES, "function") == {"syntax_error"}


@pytest.mark.parametrize(("source", "reason"), [(CONSTANT_TRUE, "constant_true"), (CONSTANT_FALSE, "constant_false")])
def test_constant_functions_die(tmp_path: Path, source: str, reason: str) -> None:
    pack, rejected = synthesise(Script().with_functions(COMMA, source), tmp_path / "pack", "gates.min_forms=1")
    assert COMMA not in rules_of(pack)
    assert LINES in rules_of(pack)
    assert reasons(rejected, COMMA, "function_agreement") == {reason}
    assert reasons(rejected, COMMA, "cross_validation") == {"too_few_functions"}


def test_one_constant_function_is_thrown_out_and_the_right_ones_stay(tmp_path: Path) -> None:
    pack, rejected = synthesise(
        Script().with_functions(LINES, CONSTANT_TRUE, *FUNCTIONS[LINES]), tmp_path / "pack", "samples.functions=8"
    )
    entry = next(entry for entry in pack["constraints"] if entry["en"] == [LINES])
    assert {verifier["source"] for verifier in entry["verifiers"]} == set(FUNCTIONS[LINES])
    assert reasons(rejected, LINES, "function_agreement") == {"constant_true"}


def test_constant_functions_fail_the_mutation_score_too() -> None:
    for opinion in (True, False):
        found = score([opinion] * 9, [opinion] * 9)
        assert min(found.rejected, found.accepted) == 0.0
    assert broken_mutants([[True] * 5, [True] * 5]) == []


def test_functions_that_disagree_with_the_cases_are_low(tmp_path: Path) -> None:
    odd = "def evaluate(response):\n    return len(response) % 2 == 0"
    pack, rejected = synthesise(Script().with_functions(QUESTIONS, odd, *FUNCTIONS[QUESTIONS][:1]), tmp_path / "pack")
    assert QUESTIONS not in rules_of(pack)
    assert "low_accuracy" in reasons(rejected, QUESTIONS, "function_agreement")


def test_a_verifier_that_misses_broken_responses_is_stopped_by_mutation(tmp_path: Path) -> None:
    """Right on all cases it was shown, blind to what the other verifiers see."""
    blind = "def evaluate(response):\n    return len(response) < 200 and response.count('\\n') > 2"
    functions = (*FUNCTIONS[LINES], blind)
    settings = ("samples.functions=8", "samples.derived_cases=0")  # the cases alone do not show it
    pack, rejected = synthesise(Script().with_functions(LINES, *functions), tmp_path / "pack", *settings)
    entry = next(entry for entry in pack["constraints"] if entry["en"] == [LINES])
    assert blind not in {verifier["source"] for verifier in entry["verifiers"]}
    assert reasons(rejected, LINES, "function_mutation") == {"accepts_broken"}


def test_one_source_told_often_is_no_agreement(tmp_path: Path) -> None:
    same = FUNCTIONS[COMMA][0]
    pack, rejected = synthesise(Script().with_functions(COMMA, same, f"# again\n{same}"), tmp_path / "pack")
    assert COMMA not in rules_of(pack)
    assert reasons(rejected, COMMA, "enough_functions") == {"too_few_forms"}


HOSTILE = {
    "import os\ndef evaluate(response):\n    return os.system('touch /tmp/synthesis_was_here') == 0": "sandbox_refuses",
    "def evaluate(response):\n    open('/tmp/synthesis_was_here', 'w').write('x')\n    return True": "sandbox_refuses",
    "def evaluate(response):\n    while True:\n        pass": "crashes",
    "import nltk\ndef evaluate(response):\n    return len(nltk.word_tokenize(response)) > 3": "sandbox_refuses",
    "def evaluate(response):\n    yield True": "sandbox_refuses",
    "def evaluate(response):\n    return count_lines(response) == 4": "undefined_name",
    "def evaluate(response):\n    return len(re.findall(',', response)) == 0": "undefined_name",
    "def evaluate(response, count):\n    return True": "wrong_signature",
    "def evaluate(response):\n    return response[9999] == 'a'": "crashes",
    "def evaluate(response):\n    return 'yes'": "no_verdict",
    "def evaluate(response:\n    return True": "syntax_error",
    "class Checker:\n    def evaluate(self, response):\n        return True": "no_code",
}


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_and_broken_code_is_contained_and_named(tmp_path: Path, source: str) -> None:
    settings = ("samples.functions=1", "gates.min_functions=1", "gates.min_forms=1")
    pack, rejected = synthesise(Script().with_functions(COMMA, source), tmp_path / "pack", *settings)
    assert COMMA not in rules_of(pack)
    assert reasons(rejected, COMMA, "function") == {HOSTILE[source]}
    assert not Path("/tmp/synthesis_was_here").exists()


def test_unparsable_answers_are_counted_and_nothing_comes_of_them(tmp_path: Path) -> None:
    pack, rejected = synthesise(replace(Script(), ideas='["The answer has", "The'), tmp_path / "a")
    assert pack["constraints"] == []
    assert {one["reason"] for one in rejected} == {"unreadable_list"}
    broken = replace(Script(), code_format='{{"func": "def evaluate(response):\\n  ret')
    pack, rejected = synthesise(broken, tmp_path / "b")
    assert pack["constraints"] == []
    assert reasons(rejected, COMMA, "function") == {"no_code"}


def test_too_few_cases(tmp_path: Path) -> None:
    script = Script()
    pack, rejected = synthesise(replace(script, passing=lambda rule, topic: "คำตอบเดิม"), tmp_path / "a")
    assert pack["constraints"] == []
    assert reasons(rejected, COMMA, "case") == {"repeats_a_case"}
    assert "too_few_cases" in reasons(rejected, LINES, "cross_validation") | reasons(
        rejected, COMMA, "cross_validation"
    )
    pack, rejected = synthesise(script, tmp_path / "b", "gates.min_cases=90")
    assert pack["constraints"] == []
    assert reasons(rejected, COMMA, "cross_validation") == {"too_few_cases"}


def test_a_case_that_no_function_agrees_with_is_dropped(tmp_path: Path) -> None:
    def wrong_once(rule: str, topic: str) -> str:
        return "บรรทัดเดียว" if topic == "ฝนตก" else Script().passing(rule, topic)

    pack, rejected = synthesise(
        replace(Script(), passing=wrong_once), tmp_path / "pack", "samples.passing_cases=16", "samples.failing_cases=6"
    )
    assert LINES in rules_of(pack)
    dropped = [one["what"] for one in rejected if one["rule"] == LINES and one["reason"].endswith("agrees_passing")]
    assert dropped == ["บรรทัดเดียว"]
    entry = next(entry for entry in pack["constraints"] if entry["en"] == [LINES])
    assert "บรรทัดเดียว" not in entry["cases"]["pass"]


@pytest.mark.parametrize(
    ("script", "gate", "reason"),
    [
        (replace(Script(), back=lambda source: "The answer has at least 9 lines."), "consistency", "contradict"),
        (replace(Script(), judge=lambda one, other: "different"), "consistency", "contradict"),
        (replace(Script(), judge=lambda one, other: "unclear"), "consistency", "unclear"),
        (replace(Script(), judge=lambda one, other: "I cannot say same or different"), "consistency", "unclear"),
        (replace(Script(), back=lambda source: " "), "back_translation", "empty_answer"),
    ],
)  # fmt: skip
def test_what_its_function_does_not_say_is_not_kept(tmp_path: Path, script: Script, gate: str, reason: str) -> None:
    pack, rejected = synthesise(script, tmp_path / "pack")
    assert pack["constraints"] == []
    assert reasons(rejected, LINES, gate) == {reason}


def test_a_judge_that_contradicts_itself_the_other_way_round_is_no_yes(tmp_path: Path) -> None:
    script = replace(
        Script(),
        back=lambda source: "The answer consists of 4 lines." if "4" in source or "3" in source else "x",
        judge=lambda one, other: "same" if one == LINES else "unclear",
    )
    _, rejected = synthesise(script, tmp_path / "pack")
    assert reasons(rejected, LINES, "consistency") == {"unclear"}


@pytest.mark.parametrize(
    ("thai", "english", "reason"),
    [
        ("The answer has 4 lines", LINES, "not_thai"),
        ("คำตอบต้องมี 5 บรรทัด", LINES, "other_parameters"),
        ("คำตอบต้องมี 4 บรรทัด 自由", LINES, "script_leak"),
        ("คำตอบต้องมี 4 linhas บรรทัดพอดีเท่านั้น", LINES, "script_leak"),
        ("คำตอบต้องมี 4 บรรทัด", "The answer has at least 4 lines.", "back_contradict"),
    ],
)
def test_a_wrong_thai_wording_is_stopped(tmp_path: Path, thai: str, english: str, reason: str) -> None:
    script = replace(
        Script(),
        thai=lambda rule: thai if rule == LINES else THAI[rule],
        english=lambda wording: english if wording == thai else Script().english(wording),
    )
    pack, rejected = synthesise(script, tmp_path / "pack")
    assert LINES not in rules_of(pack)
    assert COMMA in rules_of(pack)
    assert reason in reasons(rejected, LINES, "thai_wording")
    assert reasons(rejected, LINES, "wording") == {"no_thai_wording"}


def test_ideas_that_repeat_a_seed_or_each_other_are_dropped(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.yaml"
    seeds.write_text(f"- {{en: {COMMA}, th: {THAI[COMMA]}}}\n", encoding="utf-8")
    again = f"1. {COMMA}\n2. {LINES}\n3. {LINES.upper()}\n4. ตอบสั้น ๆ ให้ดีที่สุด\n5. Be."
    settings = (f"seeds={seeds}", "samples.ideas_per_request=5")
    pack, rejected = synthesise(replace(Script(), ideas=again), tmp_path / "pack", *settings)
    assert rules_of(pack) == [LINES]
    stopped = {one["rule"]: one["reason"] for one in rejected if one["gate"] == "idea"}
    assert stopped[COMMA] == stopped[LINES.upper()] == "near_duplicate"
    assert stopped["ตอบสั้น ๆ ให้ดีที่สุด"] == "not_english"
    assert stopped["Be."] == "odd_length"


def test_resuming_asks_nothing_twice_and_writes_the_same_bytes(tmp_path: Path) -> None:
    def files(out: Path) -> list[bytes]:
        return [(out / name).read_bytes() for name in ("pack.yaml", "rejected.yaml", "report.md")]

    out, whole = tmp_path / "pack", tmp_path / "whole"
    answered: list[str] = []

    def fails_after_thirty(body: dict[str, Any]) -> Any:
        answered.append(json.dumps(body, sort_keys=True))
        return Fault(401) if len(answered) > 30 else Script().reply(body)

    with ScriptedServer(fails_after_thirty) as server:
        port = int(server.base_url.split(":")[-1].split("/")[0])
        with pytest.raises(EndpointError):
            _into(server, out)
    with ScriptedServer(Script().reply, port=port) as server:
        _into(server, out)
        asked = [json.dumps(body, sort_keys=True) for body in server.requests]
        assert len(asked) == len(set(asked))
        assert not set(asked) & set(answered[:30])
        before = len(server.requests)
        first = files(out)
        _into(server, out)
        assert len(server.requests) == before
        assert files(out) == first
        _into(server, whole)
    assert files(whole) == first


def test_a_program_with_an_nli_model_compares_in_place_of_the_judge(tmp_path: Path) -> None:
    program = tmp_path / "nli.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    pair = json.loads(line)\n"
        "    same = pair['premise'][-15:] == pair['hypothesis'][-15:] and 'comma' not in pair['premise']\n"
        "    print(json.dumps({'label': 'entailment' if same else 'neutral'}), flush=True)\n"
    )
    command = f"judge.nli_command={json.dumps([sys.executable, str(program)])}"
    pack, rejected = synthesise(replace(Script(), judge=lambda one, other: "different"), tmp_path / "pack", command)
    assert rules_of(pack) == [LINES, LAST, QUESTIONS]
    assert reasons(rejected, COMMA, "consistency") == {"unclear"}
    for broken in ("print('no')", "pass"):
        program.write_text(broken)
        with pytest.raises(TeacherError, match="NLI program"):
            synthesise(Script(), tmp_path / "pack2", command)


def test_code_is_found_in_every_usual_wrapping() -> None:
    code = "def evaluate(response):\n    return response.count('\\n') == 3"
    wrapped = [
        code,
        f"```python\n{code}\n```",
        f"```\n{code}\n```",
        f"~~~py\n{code}\n~~~",
        f"Sure! Here:\n\n```python\n{code}\n```\nUse it so:\n```python\nprint(evaluate('a'))\n```",
        f"```python\n{code}",
        json.dumps({"func": code, "cases": []}),
        "1. The code:\n" + "\n".join("   " + line for line in f"```python\n{code}\n```".split("\n")),
        f"```python\r\n{code}\r\n```".replace("\n", "\r\n").replace("\r\r", "\r"),
    ]
    assert [code_in(answer) for answer in wrapped] == [code] * len(wrapped)
    helper = "def lines(text):\n    return text.split('\\n')"
    both = code_in(f"```python\n{helper}\n```\nand\n```python\n{code}\n```")
    assert both == f"{helper}\n\n{code}"
    for none in ("", "I cannot.", "```python\nprint(1)\n```", '{"func": "def eval', "def other(x):\n    return x"):
        assert code_in(none) is None


def test_lists_and_labels() -> None:
    assert items_in("Here:\n1. หนึ่ง\n2) สอง\n- three\n* four\nBye") == ["หนึ่ง", "สอง", "three", "four"]
    assert items_in('```json\n["a", "b", 3]\n```') == ["a", "b"]
    assert label_in("Label: SAME!", ("same", "different")) == "same"
    assert label_in("not the same, so different", ("same", "different")) is None


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("The answer has 4 lines.", "The answer consists of four lines.", False),
        ("The answer has 4 lines.", "The answer has 5 lines.", True),
        ("The answer has a title.", "The answer has exactly 1 title.", False),
        ('It ends with "จบ".', "It ends with จบ.", False),
        ('It ends with "จบ".', "It ends with เริ่ม.", True),
        ("It has ๔ lines.", "มี 4 บรรทัด", False),
    ],
)
def test_other_numbers_or_words_are_another_rule(one: str, other: str, differ: bool) -> None:
    assert (difference(one, other) is not None) == differ


def test_the_same_sentence_needs_no_judge_but_marks_count() -> None:
    class Never:
        async def decide(self, chat: object, max_tokens: int) -> Answer:
            raise AssertionError("the judge was asked")

    class Unsure:
        async def decide(self, chat: object, max_tokens: int) -> Answer:
            return Answer("unclear", "stop")

    def compared(judge: Any, one: str, other: str) -> str:
        return asyncio.run(Comparer(judge, None).compare(one, other))[0]

    assert compared(Never(), "The answer has 4 lines.", "the answer has  4 lines") == "entail"
    assert compared(Unsure(), 'The answer contains "?".', 'The answer contains "!".') == "unclear"


def test_mutants_are_different_repeatable_and_include_every_kind() -> None:
    import random

    text = "Line 1, a?\nสอง\nสาม"
    found = mutants(text, random.Random(1))
    assert found == mutants(text, random.Random(1))
    assert text not in found.values()
    assert {"empty", "first_half", "shuffled_lines", "one_line", "doubled", "other_language", "without_marks"} <= set(
        found
    )


def test_helpers_beside_the_function_are_visible_to_it() -> None:
    source = FUNCTIONS[LINES][2]
    with Sandbox() as sandbox:
        assert say([Function(0, source, "form")], ["ก\nข\nค\nง", "ก"], sandbox) == [[True, False]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "not a list"),
        ("a: 1", "not a list"),
        ("- {en: x}", "entry 1"),
        ("- [", "not valid YAML"),
        ("- 3", "entry 1"),
    ],
)
def test_bad_seeds_are_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "seeds.yaml").write_text(content)
    with pytest.raises(RecipeError, match=sentence):
        synthesise(Script(), tmp_path / "pack", f"seeds={tmp_path / 'seeds.yaml'}")
    with pytest.raises(RecipeError, match="cannot read"):
        synthesise(Script(), tmp_path / "pack", f"seeds={tmp_path / 'nowhere.yaml'}")


def test_the_command_line(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    with ScriptedServer(Script().reply) as server:
        common = ("--base-url", server.base_url, "--model", "scripted", "--ideas", 4, "samples.ideas_per_request=4")
        code, text = run("synthesize", "--out", tmp_path / "p", "--name", "pack_cli", *common)
        assert code == 0
        assert "4 constraints" in text
        assert run("synthesize", "--out", tmp_path / "q", *common, "gates.min_cases=90")[0] == 1
        code, text = run("synthesize", "--out", tmp_path / "r", "--dry-run", *common)
        assert code == 0
        assert "at most" in text
        assert not (tmp_path / "r").exists()
    code, text = run("synthesize", "--name", "mine")
    assert code == 2
    assert "name" in text
    assert "pack_cli.contains_no_comma" not in types()
    pack = tmp_path / "p" / "pack.yaml"
    code, text = run("constraints", "list", "--pack", pack, "--family", "pack_cli")
    assert code == 0
    assert "pack_cli.has_exactly_4_lines" in text
    code, text = run("constraints", "show", "pack_cli.has_exactly_4_lines", "--pack", pack)
    assert code == 0
    assert THAI[LINES] in text
    with packs_in_use([read_pack(yaml.safe_load(pack.read_text()))]):
        assert describe("pack_cli.has_exactly_4_lines", {}, "en") == LINES
