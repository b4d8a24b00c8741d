"""The faults of the released pipeline (its "Data" pitfalls), one test each, by name: each would be caught here.

Faults of rooms with tests of their own (cross-validation counts: synthesis; quotes put back by position: translation)
are tested there.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from constraints import build, describe
from constraints.sandbox import Sandbox
from datagen.build import build as build_dataset
from datagen.config import BuildRecipe
from datagen.errors import EndpointError
from datagen.llm.answers import Answer, AnswerStore, payload_key
from datagen.llm.scripted import Fault, ScriptedServer
from datagen.recheck import recheck
from datagen.recipe import load_recipe
from datagen.record import AppliedConstraint, Message, Record, Rejection, Source
from datagen.shards import SFT_SCHEMA, ShardWriter, file_sha256
from datagen.stages.judge import read_score
from datagen.stages.verify import Verify

from .conftest import KEYWORD_WEIGHTS, follow_keywords


def answered(answer: str, *constraints: tuple[str, dict]) -> Record:
    applied = tuple(AppliedConstraint(name, params, describe(name, params, "th"), "th") for name, params in constraints)
    prompt = "\n".join(["เล่าให้ฟังหน่อย", *(constraint.instruction for constraint in applied)])
    messages = (Message("user", prompt), Message("assistant", answer))
    return Record("p/r0/c0", "p/r0", 0, "th", Source("s", "p", "CC0-1.0"), messages, prompt, constraints=applied)


def verified(record: Record) -> Record | Rejection:
    return asyncio.run(Verify()(record))


@pytest.fixture
def silent():
    class Silent:
        def say(self, message): ...
        def started(self, ledger, usage): ...
        def outcome(self, outcome): ...

    return Silent()


def recipe_for(url: str, *settings: str) -> BuildRecipe:
    given = [f"compose.weights={KEYWORD_WEIGHTS}", f"teacher.base_url={url}", "teacher.model=scripted", "rows=4"]
    return load_recipe(BuildRecipe, None, [*given, *settings])


def test_llm_written_code_is_never_executed_in_our_process(tmp_path):
    """The fault: exec in the pipeline's process, under a SIGALRM that the code can swallow."""
    touched = tmp_path / "touched"
    reaches_out = f"def evaluate(response):\n    open({str(touched)!r}, 'w').write('x')\n    return True"
    swallows = (
        "def evaluate(response):\n    while True:\n"
        "        try:\n            pass\n        except BaseException:\n            pass"
    )
    leaves_a_mark = "import sys\nsys.pitfall = 1\ndef evaluate(response):\n    return True"
    with Sandbox() as sandbox:
        verdicts = [sandbox.run(code, "สวัสดี").outcome for code in (reaches_out, swallows, leaves_a_mark)]
    assert verdicts[:2] == ["UNDECIDED", "UNDECIDED"]
    assert not touched.exists()
    assert not hasattr(sys, "pitfall")
    folder = Path(__file__).parents[2]
    sources = [file for package in ("datagen", "constraints") for file in (folder / package).rglob("*.py")]
    assert len(sources) > 100
    for file in sources:
        assert not {"exec", "eval"} & names_called(file.read_text(encoding="utf-8")), file


def names_called(source: str) -> set[str]:
    """Builtins and functions called by their bare name (polars has a method `eval`)."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def test_a_backslash_n_in_an_answer_or_a_verifier_stays_two_characters():
    r"""The fault: unescaping \n in what the model wrote breaks every verifier about lines."""
    assert isinstance(verified(answered("บรรทัดหนึ่ง\\nบรรทัดเดียวกัน", ("length.lines", {"count": 2}))), Rejection)
    assert isinstance(verified(answered("บรรทัดหนึ่ง\nบรรทัดสอง", ("length.lines", {"count": 2}))), Record)
    code = "def evaluate(response):\n    return len(response.split('\\n')) == 2"
    with Sandbox() as sandbox:
        assert sandbox.run(code, "หนึ่ง\nสอง").outcome == "PASS"
        assert sandbox.run(code, "หนึ่ง\\nสอง").outcome == "FAIL"


def test_a_verifier_sees_its_own_helper_functions_and_imports():
    """The fault: only `evaluate` was visible, so verifiers with helpers failed on every answer."""
    code = (
        "import re\nLIMIT = 2\ndef numbers(text):\n    return re.findall('[0-9]+', text)\n"
        "def evaluate(response):\n    return len(numbers(response)) >= LIMIT"
    )
    with Sandbox() as sandbox:
        assert [sandbox.run(code, text).outcome for text in ("มี 2 ตัวกับ 3 ตัว", "มี 2 ตัว")] == ["PASS", "FAIL"]


def test_an_answer_passes_on_what_it_is_and_only_if_every_constraint_does():
    """The fault: it was enough that any verifier passed on any of three altered views of the text."""
    both = (("keywords.include", {"keyword": "ทะเล"}), ("length.lines", {"count": 2}))
    assert isinstance(verified(answered("ไปทะเลกัน\nสนุกมาก", *both)), Record)
    assert isinstance(verified(answered("ไปทะเลกัน\nสนุกมาก\nจบแล้ว", *both)), Rejection), "without its last line it would"
    assert isinstance(verified(answered("แน่นอนค่ะ\nไปทะเลกัน\nสนุก", *both)), Rejection), "without its first line it would"
    assert isinstance(verified(answered("ไปภูเขากัน\nสนุกมาก", *both)), Rejection), "one of two"


def test_without_pythainlp_nothing_counts_words_at_blanks():
    """The fault: word counts silently fell back to white space where pythainlp was missing."""
    code = (
        "import sys; sys.modules['pythainlp'] = None\n"
        "from constraints import check\n"
        "print(check('length.words_max', {'maximum': 3}, 'เมื่อเช้าฝนตกเราจึงไม่ได้ออกไปวิ่ง').outcome)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PASS" not in done.stdout
    assert done.returncode != 0
    assert "pythainlp" in done.stderr
    sentence = "เมื่อเช้าฝนตกเราจึงไม่ได้ออกไปวิ่ง"
    assert build("length.words_max", {"maximum": 3}).check(sentence).outcome == "FAIL"


def test_what_is_verified_is_the_rendered_row_after_translation_and_a_changed_instruction_is_found(
    teacher, silent, tmp_path
):
    """The fault: constraints were translated after verification and never checked again."""
    manifest = build_dataset(recipe_for(teacher.base_url), tmp_path / "ds", silent).manifest
    order = [stage for stage in manifest["stages"] if stage in ("translate", "compose", "respond", "verify", "judge")]
    assert order == ["translate", "compose", "respond", "verify", "judge"]
    for before, after in pairwise(manifest["stages"].values()):
        assert before["kept"] == after["in"]
    record = verified(answered("ไปทะเลกัน", ("keywords.include", {"keyword": "ทะเล"})))
    assert isinstance(record, Record)
    other = "ห้ามใช้คำว่า ทะเล"
    constraint = replace(record.constraints[0], instruction=other)
    messages = (Message("user", f"เล่าให้ฟังหน่อย\n{other}"), record.messages[-1])
    inverted = replace(record, constraints=(constraint,), messages=messages)
    writer = ShardWriter(tmp_path / "inverted", SFT_SCHEMA)
    writer.write(inverted.row())
    writer.close()
    assert ["the instruction should read" in problem.what for problem in recheck(tmp_path / "inverted").problems] == [
        True
    ]


@pytest.mark.parametrize(
    ("said", "score"), [("8/10", 8.0), ("**Score: 8**", 8.0), ("คะแนน: 8.5", 8.5), ("8.5", 8.5), ("ดีมาก", None)]
)
def test_scores_in_every_usual_spelling_are_read_and_others_are_not_made_up(said, score):
    """The fault: "8/10" and "**Score: 8**" were missed."""
    assert read_score(said) == score


def test_an_error_of_the_endpoint_is_never_stored_as_an_answer_nor_a_smaller_dataset(silent, tmp_path):
    """The fault: API errors became empty lists, cached as complete."""
    faulty = True

    def reply(body):
        return Fault(status=500) if faulty and len(server.requests) > 5 else follow_keywords(body)

    with ScriptedServer(reply) as server:
        recipe = recipe_for(server.base_url, "teacher.max_retries=0", "teacher.concurrency=1")
        with pytest.raises(EndpointError, match="resumes"):
            build_dataset(recipe, tmp_path / "ds", silent)
        assert not (tmp_path / "ds/manifest.json").exists()
        with contextlib.closing(AnswerStore(tmp_path / "ds/.typhoon/answers.sqlite")) as store:
            assert len(store.payloads()) == 5
            assert all((answer := store.get(payload)) and answer.content for payload in store.payloads())
        faulty = False
        assert build_dataset(recipe, tmp_path / "ds", silent).manifest["rows"] == 4


def test_the_key_of_a_stored_answer_holds_everything_that_was_asked(tmp_path):
    """The fault: cache keys left out base URL, prompts and flags."""
    payload = {
        "endpoint": "http://a/v1",
        "model": "m",
        "messages": [{"role": "user", "content": "ก"}],
        "tools": [],
        "sampling": {"temperature": 0.5, "max_tokens": 9},
        "sample_index": 0,
    }
    changed = [
        payload | {"endpoint": "http://b/v1"},
        payload | {"model": "n"},
        payload | {"messages": [{"role": "system", "content": "ก"}]},
        payload | {"messages": [{"role": "user", "content": "ข"}]},
        payload | {"tools": [{"name": "search"}]},
        payload | {"sampling": {"temperature": 0.6, "max_tokens": 9}},
        payload | {"sampling": payload["sampling"] | {"top_p": 0.9}},
        payload | {"sample_index": 1},
    ]
    assert len({payload_key(each) for each in (payload, *changed)}) == 1 + len(changed)
    with contextlib.closing(AnswerStore(tmp_path / "answers.sqlite")) as store:
        store.put(payload, Answer("ตอบ", "stop"))
        assert store.get(dict(reversed(payload.items()))) == Answer("ตอบ", "stop")
        assert [store.get(each) for each in changed] == [None] * len(changed)


def test_the_same_seed_gives_the_same_bytes_whatever_the_order_of_sets(teacher, tmp_path):
    """The fault: `set()` order undid the seed; it changes with PYTHONHASHSEED."""
    weights = json.dumps({"keywords": 1, "length": 0})  # all other families at their own weights: every draw takes part
    files = []
    for hash_seed in ("1", "2"):
        out = tmp_path / hash_seed
        arguments = [
            *("build", "--lang", "th", "--out", str(out), "--rows", "3", "--max-attempts", "40"),
            *("--base-url", teacher.base_url, "--model", "scripted", f"compose.weights={weights}"),
        ]
        command = [sys.executable, "-c", "from datagen.cli import main; main()", *arguments]
        environment = {k: v for k, v in os.environ.items() if k != "OPENAI_BASE_URL"} | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        files.append(
            {
                str(f.relative_to(out)): file_sha256(f)
                for f in out.rglob("*.[pjR]*")
                if f.is_file() and f.name != "runs.jsonl"
            }
        )
    assert files[0] == files[1]
    assert any(name.endswith(".parquet") for name in files[0])
    prompts = [json.dumps([body["messages"], body.get("seed")]) for body in teacher.requests]
    assert len(set(prompts)) * 2 == len(prompts), "both builds asked the same questions"
