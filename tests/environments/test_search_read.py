"""The shipped environment, as a rollout uses it: in its own process or not."""

from __future__ import annotations

import json

import jsonschema
import pytest

from environments.answers import matches
from environments.corpus import Corpus
from environments.municipal import municipal_code, read_questions
from environments.search_read import SNIPPET, SearchRead, snippet
from environments.workers import EnvironmentPool


@pytest.fixture(scope="module")
def environment():
    return SearchRead()


def result(observation):
    assert not observation.error, observation
    return json.loads(observation.content)


def test_tools_are_as_the_openai_api_wants_them_and_in_thai(environment):
    tools = {tool["function"]["name"]: tool["function"] for tool in environment.tools()}
    assert list(tools) == ["search", "read"]
    for tool in tools.values():
        jsonschema.Draft202012Validator.check_schema(tool["parameters"])
        assert tool["parameters"]["additionalProperties"] is False
        for described in (tool, *tool["parameters"]["properties"].values()):
            assert any("\u0e00" <= letter <= "\u0e7f" for letter in described["description"])
    assert "search" in environment.system()


def test_search_then_read_answers_a_question(environment):
    question = next(each for each in read_questions() if each.sections == ("103",))
    assert environment.reset(question.as_dict()) == question.question
    found = result(environment.step("search", json.dumps({"query": question.question})))["results"]
    assert len(found) == 5
    assert set(found[0]) == {"id", "title", "snippet"}
    assert "103" in [each["id"] for each in found]
    read = result(environment.step("read", {"id": "103"}))
    assert read["text"] == municipal_code().by_id["103"].text
    assert question.answer in read["text"]
    assert matches(f"คำตอบ: {question.answer}", question)


def test_a_section_is_read_by_an_id_in_thai_digits(environment):
    assert result(environment.step("read", {"id": " ๔๐๓ "}))["id"] == "403"


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("read", {"id": "9999"}, "unknown_section"),
        ("read", {}, "invalid_arguments"),
        ("read", {"id": 403}, "invalid_arguments"),
        ("search", {"query": ""}, "invalid_arguments"),
        ("search", {"query": "แผง", "k": 0}, "invalid_arguments"),
        ("search", {"query": "แผง", "k": 11}, "invalid_arguments"),
        ("search", {"query": "ก" * 301}, "invalid_arguments"),
        ("delete", {"id": "403"}, "unknown_tool"),
    ],
)
def test_what_cannot_be_answered_is_told(environment, tool, arguments, code):
    seen = environment.step(tool, arguments)
    told = json.loads(seen.content)["error"]
    assert (seen.code, told["code"]) == (code, code)
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in told["message"])


def test_a_search_that_finds_nothing_is_no_error(environment):
    assert result(environment.step("search", {"query": "ไดโนเสาร์"})) == {"results": []}


def test_snippets_end_between_letters():
    section = Corpus.from_lines([json.dumps({"id": "1", "title": "t", "text": "น้ำ" * 200})]).sections[0]
    assert snippet(section) == "น้ำ" * SNIPPET + "…"


def test_a_users_corpus_in_a_pool(tmp_path):
    path = tmp_path / "mine.jsonl"
    long = {"id": "ยาว", "title": "ข้อยาว", "text": "ข้อความ " * 20_000}
    lines = [long, {"id": "สั้น", "title": "ข้อสั้น", "text": "แมวของฉัน"}]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    with EnvironmentPool("search_read", {"corpus": str(path)}, workers=1) as pool:
        assert pool.tools == SearchRead().tools()
        assert pool.stateless
        with pool.episode({"question": "แมวของใคร"}) as episode:
            assert [each["id"] for each in result(episode.step("search", {"query": "แมว"}))["results"]] == ["สั้น"]
            seen = episode.step("read", {"id": "ยาว"})
            assert len(seen.content) <= 8_000
            assert "ถูกตัดออก" in seen.content
