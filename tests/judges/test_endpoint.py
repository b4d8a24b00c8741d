"""A judge that is down, slow or talks nonsense: no score, a named fault, and the next batch tries again."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datagen.errors import EndpointError, OutputError
from datagen.llm.scripted import Fault, Reply, ScriptedServer, in_order
from judges.endpoint import EndpointSettings, JudgeEndpoint
from judges.fence import Part
from judges.guideline import Guideline, Scale
from judges.judge import Judge

GUIDELINE = Guideline("0 = ผิด 10 = ถูก", Scale(0, 10))


def fair(body: dict[str, Any]) -> str:
    """A judge with a rule: 10 for an answer that names Bangkok."""
    said = body["messages"][-1]["content"]
    seal = said.partition("\n")[0].removeprefix("SEAL: ")
    return json.dumps({"seal": seal, "reason": "", "score": 10 if "กรุงเทพ" in said else 0})


def cases(*answers: str) -> list[list[Part]]:
    return [[Part("question", "เมืองหลวงของไทย"), Part("answer", answer)] for answer in answers]


def settings(url: str, folder: Path, **more: Any) -> EndpointSettings:
    given = {"model": "scripted", "base_url": url, "cache": str(folder / "j" / "said.sqlite"), "max_retries": 0}
    return EndpointSettings.model_validate(given | more)


def judged(given: EndpointSettings, *batches: list[list[Part]], between: Callable[[], None] = lambda: None) -> Any:
    """(scores, faults) of each batch."""

    async def run() -> list[tuple[list[float | None], list[str]]]:
        endpoint, found = JudgeEndpoint(given), []
        try:
            for batch in batches:
                judgements = await endpoint.judge_all(Judge(endpoint.ask, GUIDELINE), batch)
                found.append(([each.score for each in judgements], [each.fault for each in judgements]))
                between()
        finally:
            await endpoint.aclose()
        return found

    return asyncio.run(run())


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_answers_are_scored_and_paid_for_once(tmp_path: Path) -> None:
    wanted = [([10.0, 0.0, 10.0, 0.0], [""] * 4)]
    batch = cases("กรุงเทพมหานคร", "เชียงใหม่", "กรุงเทพฯ", "เชียงใหม่")
    with ScriptedServer(fair) as server:
        assert judged(settings(server.base_url, tmp_path), batch) == wanted
        assert judged(settings(server.base_url, tmp_path), batch) == wanted
        assert len(server.requests) == 3, "the same case is asked for once, in this run and the next"
        assert judged(settings(server.base_url, tmp_path, temperature=0.5), batch) == wanted
        assert len(server.requests) == 6, "another question is no stored answer"
    assert judged(settings(server.base_url, tmp_path), batch) == wanted, "the store needs no server"


def test_a_judge_that_is_down_is_asked_again_in_the_next_batch(tmp_path: Path) -> None:
    port = free_port()
    server = ScriptedServer(fair, port=port)
    down = ([None, None], ["no_answer", "no_answer"])
    begun: list[bool] = []

    def revive() -> None:
        if not begun:
            server.__enter__()
        begun.append(True)

    try:
        given = settings(f"http://127.0.0.1:{port}/v1", tmp_path)
        found = judged(given, cases("กรุงเทพ", "ตาก"), cases("กรุงเทพ", "ตาก"), between=revive)
    finally:
        server.__exit__(None)
    assert found == [down, ([10.0, 0.0], ["", ""])]


FAULTY: dict[str, tuple[Any, str]] = {
    "refuses": (Fault(400, "too long"), "declined"),
    "fails": (Fault(500), "no_answer"),
    "drops": (Fault(kind="drop"), "no_answer"),
    "half a document": (Fault(kind="malformed"), "no_answer"),
    "refuses the key": (Fault(401), "no_answer"),
    "prose": ("ดีมาก ให้สิบ", "unreadable"),
    "empty": ("", "unreadable"),
    "cut off": (Reply('{"seal": "', "length"), "cut_off"),
    "another seal": ('{"seal": "a", "reason": "", "score": 10}', "unsealed"),
    "html": ("<html>502 Bad Gateway</html>", "unreadable"),
}


@pytest.mark.parametrize(("reply", "fault"), FAULTY.values(), ids=FAULTY)
def test_no_fault_is_a_score(reply: Any, fault: str, tmp_path: Path) -> None:
    with ScriptedServer(lambda _: reply) as server:
        assert judged(settings(server.base_url, tmp_path), cases("กรุงเทพ", "ตาก")) == [([None, None], [fault, fault])]


def test_a_failed_request_is_tried_again(tmp_path: Path) -> None:
    first = in_order(Fault(503), Fault(kind="drop"), "")
    with ScriptedServer(lambda body: first(body) or fair(body)) as server:
        assert judged(settings(server.base_url, tmp_path, max_retries=3), cases("กรุงเทพ")) == [([10.0], [""])]
        assert len(server.requests) == 3


def test_a_slow_judge_costs_a_batch_its_patience_and_no_more(tmp_path: Path) -> None:
    def slow(body: dict[str, Any]) -> Any:
        return Fault(kind="hang") if "ช้า" in body["messages"][-1]["content"] else fair(body)

    with ScriptedServer(slow) as server:
        given = settings(server.base_url, tmp_path, patience_s=1.5, timeout_s=60)
        begun = time.monotonic()
        found = judged(given, cases("ช้า", "กรุงเทพ"), cases("ตาก"))
        assert time.monotonic() - begun < 20
    assert found == [([None, 10.0], ["too_slow", ""]), ([0.0], [""])]


def test_a_request_that_times_out_has_no_answer(tmp_path: Path) -> None:
    with ScriptedServer(lambda _: Fault(kind="hang")) as server:
        given = settings(server.base_url, tmp_path, timeout_s=0.3)
        assert judged(given, cases("กรุงเทพ")) == [([None], ["no_answer"])]


def test_the_key_comes_from_the_named_variable_and_goes_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-judge-7f3a9c"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.delenv("MY_JUDGE_KEY", raising=False)
    with ScriptedServer(fair, api_key=secret) as server:
        without = settings(server.base_url, tmp_path)
        assert judged(without, cases("กรุงเทพ")) == [([None], ["no_answer"])], "no key is sent that was not named"
        named = settings(server.base_url, tmp_path, key="MY_JUDGE_KEY")
        with pytest.raises(EndpointError, match="MY_JUDGE_KEY: set that environment variable"):
            judged(named, cases("กรุงเทพ"))
        monkeypatch.setenv("MY_JUDGE_KEY", secret)
        assert judged(named, cases("กรุงเทพ")) == [([10.0], [""])]
    assert secret not in named.model_dump_json()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(secret.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    "url", ["https://me:pass@judge.example/v1", "https://judge.example/v1?key=abcdef", "judge.example/v1", "file:///x"]
)
def test_a_url_that_is_none_or_holds_a_secret_is_refused_without_showing_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(url, tmp_path)
    assert "pass@" not in refused.value.errors()[0]["msg"]
    assert "abcdef" not in refused.value.errors()[0]["msg"]


def test_a_store_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    given = settings("http://127.0.0.1:9/v1", tmp_path, cache=str(tmp_path / "file" / "said.sqlite"))
    with pytest.raises(OutputError, match="name another file as `cache`"):
        judged(given, cases("กรุงเทพ"))
