"""The harness against a scripted endpoint: perfect, broken, empty, failing; order, concurrency and resume."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from datagen.llm.scripted import Fault, Reply, ScriptedAnswer, ScriptedServer
from tests.eval.conftest import CAPITALS, scores


def perfect(body: dict) -> ScriptedAnswer:
    country = re.search(r"เมืองหลวงของ(.+)คือ", body["messages"][0]["content"])
    return CAPITALS[country[1]] if country else "2"  # to the harness's own question whether anybody is there


def asked(server: ScriptedServer, out: Path, *more: object) -> list[object]:
    return ["run", "--tasks", "capitals", "--model", "scripted", "--base-url", server.base_url, "--out", out, *more]


@pytest.mark.parametrize(
    ("script", "right", "foreign"),
    [(perfect, 1.0, 0.0), (lambda _: "ปารีส", 0.0, 0.0), (lambda _: "Paris", 0.0, 1.0), (lambda _: "", 0.0, 1.0)],
    ids=["perfect", "broken", "in another script", "empty"],
)
def test_answerers_of_known_worth(evaluate, tmp_path, script, right, foreign):
    with ScriptedServer(script) as server:
        code, text = evaluate(*asked(server, tmp_path / "r"))
    assert code == 0, text
    found = scores(tmp_path / "r")
    assert (found["right"]["value"], found["right"]["n"], found["foreign"]["value"]) == (right, 20, foreign)
    assert (found["right"]["failed"], found["right"]["undecided"]) == (0, 0)
    assert 0 <= found["right"]["low"] <= right <= found["right"]["high"] <= 1
    assert found["right"]["high"] - found["right"]["low"] > 0.1, "20 items tell no more than that"


def test_failed_answers_stay_in_the_denominator_and_undecided_ones_have_a_column(evaluate, tmp_path):
    def script(body: dict) -> ScriptedAnswer:
        text = body["messages"][0]["content"]
        if "ไทย" in text:
            return Fault(400, "no")  # declined: an answer of the endpoint, not of the harness
        return Fault(500) if "ลาว" in text else "?" if "พม่า" in text else perfect(body)

    with ScriptedServer(script) as server:
        code, text = evaluate(*asked(server, tmp_path / "r", "model.max_retries=0"))
    assert code == 0, text
    found = scores(tmp_path / "r")
    failed = found["right"]["failed"]
    assert failed >= 4, "what the endpoint gave up"
    assert found["right"]["undecided"] == 4
    assert found["right"]["n"] == 16
    assert found["right"]["value"] == 8 / 16
    assert found["foreign"]["value"] >= failed / 20, "a failed answer has the worst mark, also where less is better"
    assert "| capitals | right | 50.0 %" in text


def test_order_concurrency_and_resume_change_nothing(evaluate, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    with ScriptedServer(perfect) as server:
        assert evaluate(*asked(server, whole, "model.concurrency=1"))[0] == 0
    served = []

    def dying(body: dict) -> ScriptedAnswer:
        served.append(body)
        return Fault(401, "no more") if len(served) > 7 else perfect(body)

    with ScriptedServer(dying) as server:
        url = server.base_url
        assert evaluate(*asked(server, parts, "model.max_retries=0"))[0] == 2
        server.reply = perfect
        before = len(server.answered)
        assert evaluate(*asked(server, parts, "model.concurrency=16"))[0] == 0
        assert len(server.requests) - before < 20, "what was answered is not asked again"
    assert url not in (whole / "results.json").read_text()
    one, other = ((folder / "items/capitals.jsonl").read_bytes() for folder in (whole, parts))
    assert one == other
    assert scores(whole) == scores(parts)


def test_a_limit_is_a_draw_by_id_and_is_said(evaluate, tmp_path):
    with ScriptedServer(perfect) as server:
        code, text = evaluate(*asked(server, tmp_path / "r", "--limit", 6))
    assert code == 0
    assert "capitals (6 of 20)" in text
    ids = [json.loads(line)["id"] for line in (tmp_path / "r/items/capitals.jsonl").read_text().splitlines()]
    assert len(ids) == 6
    assert ids == sorted(ids)
    assert len({name.split("-")[0] for name in ids}) > 1, "not the first ones of one kind"


def test_show_prints_the_prompt_and_asks_nothing(evaluate, tmp_path):
    with ScriptedServer(perfect) as server:
        code, text = evaluate(*asked(server, tmp_path / "r", "--show"))
        assert server.requests == []
    assert code == 0
    assert "เมืองหลวงของ" in text
    assert not (tmp_path / "r/results.json").exists()


def test_conversations_of_several_turns(evaluate, tmp_path):
    with ScriptedServer(perfect) as server:
        arguments = asked(server, tmp_path / "r")
        arguments[2] = "capitals,twice"
        code, text = evaluate(*arguments)
        assert len(server.requests) == 20 + 16, "the first turn was in the store"
    assert code == 0, text
    assert scores(tmp_path / "r", "twice")["right"]["value"] == 1.0
    lines = (tmp_path / "r/items/twice.jsonl").read_text().splitlines()
    assert {len(json.loads(line)["answers"]) for line in lines} == {1, 2}


def test_two_runs_are_compared_pair_by_pair(evaluate, tmp_path):
    def worse(body: dict) -> ScriptedAnswer:
        return Reply("ไม่ทราบ") if "ข้อ 1 " in body["messages"][0]["content"] else perfect(body)

    for name, script in (("a", worse), ("b", perfect)):
        with ScriptedServer(script) as server:
            assert evaluate(*asked(server, tmp_path / name))[0] == 0
    code, text = evaluate("compare", tmp_path / "a", tmp_path / "b")
    assert code == 0
    row = next(line for line in text.splitlines() if line.startswith("| capitals | right"))
    assert "| 20 | 0 | 0.750 | 1.000 | **+0.250** |" in row
    assert "Not like for like" not in text
    file = tmp_path / "b/items/capitals.jsonl"
    file.write_text(file.read_text().replace('"right":1.0', '"right":0.0', 1))
    code, text = evaluate("compare", tmp_path / "a", tmp_path / "b")
    assert code == 2
    assert "is not what results.json was made of" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tasks", "capital"], "unknown task 'capital'; did you mean capitals?"),
        (["--tasks", "capitals", "task_options={capitals: {shots: 5}}"], "task capitals takes no shots"),
        (["--tasks", "capitals", "task_options={twice: {}}"], "twice, which is not among the tasks"),
        (["--tasks", "capitals", "model.batchsize=2"], "batch_size"),
        (["--tasks", "capitals,capitals"], "names capitals twice"),
    ],
)
def test_mistakes_are_one_sentence(evaluate, tmp_path, arguments, said):
    code, text = evaluate(
        "run", *arguments, "model.name=scripted", "model.base_url=http://127.0.0.1:9/v1", f"out={tmp_path}/r"
    )
    assert code == 2
    assert said in text
    assert "Traceback" not in text


def test_results_of_another_model_are_not_mixed_in(evaluate, tmp_path):
    for number, code in ((1, 0), (2, 2)):
        with ScriptedServer(perfect) as server:
            found, text = evaluate(*asked(server, tmp_path / "r"))
        assert found == code, number
    assert "give another --out" in text
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("x")
    with ScriptedServer(perfect) as server:
        assert evaluate(*asked(server, tmp_path / "mine"))[0] == 2
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
