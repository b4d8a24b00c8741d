"""Many endpoints and their faults: who is asked, what is retried, what ends a run, what is counted."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path

import pytest

from datagen.errors import EndpointError
from datagen.llm.answers import Answer, AnswerStore
from datagen.llm.client import ChatClient, Endpoint, Limits, Usage
from datagen.llm.concurrency import ConcurrencyLimit
from datagen.llm.pool import EndpointState
from datagen.llm.scripted import Fault, ScriptedServer
from datagen.llm.wire import Wire, WireFault, retry_after_s


def echo(body: dict) -> str:
    return body["messages"][-1]["content"]


class Asked:
    """What came back from `ask`: answers (or the error raised), usage, and what was said."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.error: EndpointError | None = None
        self.usage = Usage()
        self.said: list[str] = []


def ask(
    folder: Path,
    urls: list[str],
    texts: list[str],
    *,
    identities: list[str] | None = None,
    retries: int = 3,
    timeout_s: float = 5.0,
    concurrency: int = 4,
    **options,
) -> Asked:
    """All texts asked at once of all endpoints; each endpoint is filed under its URL unless told otherwise."""
    names = identities or urls
    asked = Asked()

    async def connect() -> list[Endpoint]:
        return [Endpoint(url, name) for url, name in zip(urls, names, strict=True)]

    async def run(store: AnswerStore) -> None:
        limits = Limits(concurrency, timeout_s, retries, **options)
        client = ChatClient(store, sorted(set(names)), connect, limits=limits, say=asked.said.append)
        questions = (client.chat("scripted", [{"role": "user", "content": text}]) for text in texts)
        try:
            asked.answers = await asyncio.gather(*questions)
        except EndpointError as exc:
            asked.error = exc
        await client.close()
        asked.usage = client.usage

    with contextlib.closing(AnswerStore(folder / "answers.sqlite")) as store:
        asyncio.run(run(store))
    usage = asked.usage
    assert usage.asked == usage.answered + usage.failed
    assert usage.in_flight == 0
    assert usage.requests == usage.succeeded + usage.cancelled + sum(usage.faults.values())
    return asked


def stored(folder: Path) -> int:
    with contextlib.closing(AnswerStore(folder / "answers.sqlite")) as store:
        return len(store.payloads())


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_the_load_is_shared_and_an_answer_of_either_is_found_again(tmp_path):
    with ScriptedServer(echo, latency_s=0.02) as one, ScriptedServer(echo, latency_s=0.02) as two:
        urls = [one.base_url, two.base_url]
        assert [answer.content for answer in ask(tmp_path, urls, numbers(40)).answers] == numbers(40)
        assert len(one.requests) + len(two.requests) == 40
        assert min(len(one.requests), len(two.requests)) >= 12
        again = ask(tmp_path, urls[::-1], numbers(40))
        assert (again.usage.from_store, again.usage.asked) == (40, 0)
        # Without one of them, only what that one said is asked again; with a third, nothing is.
        alone = ask(tmp_path, urls[:1], numbers(40))
        assert alone.usage.from_store == 40 - len(two.requests)


def test_an_identity_of_its_own_outlives_the_url(tmp_path):
    with ScriptedServer(echo) as server:
        ask(tmp_path, [server.base_url], ["a"], identities=["ours"])
    with ScriptedServer(echo) as other:
        assert ask(tmp_path, [other.base_url], ["a"], identities=["ours"]).usage.from_store == 1
        assert ask(tmp_path, [other.base_url], ["a"]).usage.from_store == 0


def test_an_endpoint_that_is_down_is_named_and_the_others_take_over(tmp_path):
    with ScriptedServer(echo) as gone:
        dead_url = gone.base_url
    with ScriptedServer(echo) as server:
        asked = ask(tmp_path, [dead_url, server.base_url], numbers(30))
        assert [answer.content for answer in asked.answers] == numbers(30)
        assert any(dead_url in words and "is down" in words for words in asked.said), asked.said


def test_an_endpoint_that_fails_half_way_is_left_alone(tmp_path):
    def breaks(body: dict) -> Fault | str:
        return Fault(status=500) if len(bad.requests) > 5 else echo(body)

    with ScriptedServer(breaks) as bad, ScriptedServer(echo, latency_s=0.02) as good:
        asked = ask(tmp_path, [bad.base_url, good.base_url], numbers(120))
        assert [answer.content for answer in asked.answers] == numbers(120)
        assert len(bad.requests) < 20
        assert any("the others take over" in words for words in asked.said), asked.said


def test_an_endpoint_without_the_model_is_not_asked(tmp_path):
    with ScriptedServer(echo, models=("else",)) as other, ScriptedServer(echo) as server:
        assert len(ask(tmp_path, [other.base_url, server.base_url], numbers(20)).answers) == 20
        assert other.requests == []
        asked = ask(tmp_path, [other.base_url], ["a"])
        assert "no model 'scripted'; it has: else" in str(asked.error)


def test_when_all_are_down_the_run_ends_with_a_sentence_and_resumes(tmp_path):
    down = False

    def script(body: dict) -> Fault | str:
        return Fault(status=502) if down else echo(body)

    with ScriptedServer(script) as one, ScriptedServer(script) as two:
        urls = [one.base_url, two.base_url]
        ask(tmp_path, urls, numbers(10))
        down = True
        asked = ask(tmp_path, urls, numbers(20), retries=1)
        assert "none of the 2 endpoints answers" in str(asked.error)
        assert "the same command resumes" in str(asked.error)
        assert asked.usage.from_store == stored(tmp_path) == 10
        down = False
        assert ask(tmp_path, urls, numbers(20)).usage.asked == 10


@pytest.mark.parametrize(("status", "words"), [(401, "OPENAI_API_KEY"), (403, "API key"), (404, "no model")])
def test_what_no_retry_can_mend_stops_the_run_at_once(tmp_path, status, words):
    with ScriptedServer(lambda body: Fault(status=status), latency_s=0.02) as server:
        asked = ask(tmp_path, [server.base_url], numbers(100))
        assert words in str(asked.error)
        assert len(server.requests) <= 8
        assert asked.usage.retries == 0


def test_a_spent_quota_is_not_retried(tmp_path):
    class Quota(ScriptedServer):
        def route(self, method, path, raw, content_type):
            return 429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}

    with Quota(echo) as server:
        asked = ask(tmp_path, [server.base_url.replace("/v1", "/paid")], ["a"])
    assert "quota" in str(asked.error)
    assert asked.usage.retries == 0


def test_every_passing_fault_is_retried_and_counted_by_its_name(tmp_path):
    faults = {
        "unanswered": Fault(kind="drop"), "silent": Fault(kind="hang"), "cut": Fault(kind="truncated"),
        "broken": Fault(kind="malformed"), "ill": Fault(status=500), "busy": Fault(status=503),
        "limited": Fault(status=429, retry_after_s=0.01),
    }  # fmt: skip

    def script(body: dict) -> Fault | str:
        return faults.pop(echo(body), None) or echo(body)

    texts = [*faults, *numbers(10)]
    with ScriptedServer(script) as server:
        asked = ask(tmp_path, [server.base_url], texts, timeout_s=0.5)
    assert [answer.content for answer in asked.answers] == texts
    assert asked.usage.faults == Counter(
        dropped=1, timeout=1, truncated=1, broken_json=1, server_error=1, overloaded=1, rate_limited=1
    )
    assert asked.usage.retries == 7
    assert stored(tmp_path) == len(texts)


def test_a_question_that_kills_every_try_is_given_up_alone_and_not_stored(tmp_path):
    def script(body: dict) -> Fault | str:
        return Fault(status=500, message="poison") if echo(body) == "bad" else echo(body)

    with ScriptedServer(script, latency_s=0.05) as server:
        asked = ask(tmp_path, [server.base_url], ["bad", *numbers(60)], concurrency=2, retries=2)
    assert asked.error is None
    assert asked.answers[0].failed
    assert "poison" in asked.answers[0].refused
    assert (asked.usage.answered, asked.usage.failed) == (60, 1)
    assert stored(tmp_path) == 60


def test_a_question_that_fails_with_nothing_beside_it_is_told_from_a_dead_endpoint(tmp_path):
    def script(body: dict) -> Fault | str:
        return Fault(kind="drop") if echo(body) == "bad" else echo(body)

    with ScriptedServer(script) as server:
        asked = ask(tmp_path, [server.base_url], ["bad"], retries=1)
    assert asked.error is None
    assert asked.answers[0].failed
    assert stored(tmp_path) == 0


def test_retry_after_is_waited_for(tmp_path):
    faults = [Fault(status=429, retry_after_s=0.7)]
    begun = time.monotonic()
    with ScriptedServer(lambda body: faults.pop() if faults else echo(body)) as server:
        assert ask(tmp_path, [server.base_url], ["a"]).answers[0].content == "a"
    assert time.monotonic() - begun >= 0.7


def test_retry_after_may_be_a_date():
    said = retry_after_s({"Retry-After": formatdate(time.time() + 30, usegmt=True)})
    assert said is not None
    assert 28 <= said <= 30


def test_requests_a_minute_are_kept(tmp_path):
    with ScriptedServer(echo) as server:
        begun = time.monotonic()
        ask(tmp_path, [server.base_url], numbers(12), concurrency=12, requests_per_minute=600)
        # Ten a second, a second's worth at once: the last of twelve may not start before 0.1 s have gone.
        assert time.monotonic() - begun >= 0.1
        begun = time.monotonic()
        ask(tmp_path, [server.base_url], [f"x{n}" for n in range(16)], concurrency=12, requests_per_minute=600)
        assert time.monotonic() - begun >= 0.5


def test_an_answer_is_committed_before_it_is_handed_on(tmp_path):
    seen: list[int] = []

    async def connect() -> Endpoint:
        return Endpoint(server.base_url, "test")

    async def run(store: AnswerStore) -> None:
        client = ChatClient(store, "test", connect, limits=Limits(8, 5.0, 0))

        async def one(text: str) -> None:
            await client.chat("scripted", [{"role": "user", "content": text}])
            with contextlib.closing(sqlite3.connect(tmp_path / "answers.sqlite")) as db:
                question = f'%"content":"{text}"%'
                seen.append(db.execute("SELECT COUNT(*) FROM answers WHERE payload LIKE ?", (question,)).fetchone()[0])

        await asyncio.gather(*map(one, numbers(50)))
        await client.close()

    with ScriptedServer(echo) as server, contextlib.closing(AnswerStore(tmp_path / "answers.sqlite")) as store:
        asyncio.run(run(store))
    assert seen == [1] * 50


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def endpoint_state(concurrency: int = 8) -> EndpointState:
    limit = ConcurrencyLimit(concurrency, adaptive=False)
    state = EndpointState(Endpoint("http://x/v1", "x"), None, limit, None, None)  # type: ignore[arg-type]
    state.listed = True
    return state


def test_a_breaker_opens_tries_once_and_waits_longer_each_time():
    state, now, waits = endpoint_state(), 100.0, []
    for _ in range(4):
        assert state.failed(WireFault("server_error", "ill"), now) is None
    for _ in range(3):
        wait = state.failed(WireFault("server_error", "ill"), now)
        assert wait is not None
        waits.append(wait)
        assert not state.has_room(now + wait - 0.01)
        now += wait
        assert state.has_room(now)
        state.begin()
        assert not state.has_room(now), "only one request tries"
        state.end()
    assert [round(wait / base, 1) for wait, base in zip(waits, (1, 2, 4), strict=True)] == pytest.approx(
        [1] * 3, abs=0.3
    )
    assert state.answered()
    assert state.has_room(now)
    assert state.failed(WireFault("server_error", "ill"), now) is None


def test_declined_questions_do_not_open_a_breaker():
    state = endpoint_state()
    assert [state.failed(WireFault("declined", "too long"), 0.0) for _ in range(20)] == [None] * 20


def test_refusals_of_everything_pause_the_endpoint_until_retry_after():
    state = endpoint_state()
    for _ in range(3):
        state.failed(WireFault("rate_limited", "slow down", 20.0), 100.0)
    assert not state.has_room(119.9)
    assert state.has_room(120.1)


def simulated(limit: ConcurrencyLimit, clock: Clock, slots: int, rounds: int, refuse: bool, latency_s: float = 1.0):
    """Rounds against a server with `slots` slots that refuses what is beyond them, or lets it wait."""
    for _ in range(rounds):
        sent = limit.limit
        clock.now += latency_s
        limit.open_further()
        if refuse:
            for _ in range(max(0, sent - slots)):
                limit.refused()
            for _ in range(min(sent, slots)):
                limit.answered(latency_s, 100)
        else:
            for _ in range(sent):
                limit.answered(latency_s * max(1.0, sent / slots), 100)


def test_concurrency_opens_to_the_ceiling_where_nothing_stands_against_it():
    clock = Clock()
    limit = ConcurrencyLimit(256, clock=clock)
    assert limit.limit == 64
    steps = 0
    while (wait := limit.open_further()) is not None:
        clock.now += wait
        steps += 1
    assert (limit.limit, steps) == (256, 2)
    assert clock.now - 100.0 == pytest.approx(0.2)


@pytest.mark.parametrize("slots", [3, 20, 100])
def test_concurrency_settles_near_what_a_refusing_server_takes(slots):
    clock = Clock()
    limit = ConcurrencyLimit(1024, clock=clock)
    simulated(limit, clock, slots, 60, refuse=True)
    assert slots / 2 <= limit.limit <= 4 * slots
    assert limit.limit >= 1


def test_concurrency_halves_once_a_round_and_grows_back():
    clock = Clock()
    limit = ConcurrencyLimit(64, adaptive=True, clock=clock)
    while (wait := limit.open_further()) is not None:
        clock.now += wait
    for _ in range(64):
        limit.answered(1.0, 100)
    for _ in range(30):
        limit.refused()
    assert limit.limit == 32
    clock.now += 10
    simulated(limit, clock, 1000, 20, refuse=True)
    assert limit.limit == 64


def test_a_lone_refusal_changes_nothing():
    limit = ConcurrencyLimit(64, clock=Clock())
    before = limit.limit
    limit.refused()
    assert limit.limit == before


def test_refusals_at_random_do_not_drive_concurrency_down():
    clock, rng = Clock(), random.Random(5)
    limit = ConcurrencyLimit(256, clock=clock)
    for _ in range(60):
        clock.now += 1.0
        limit.open_further()
        for _ in range(limit.limit):
            limit.refused() if rng.random() < 0.05 else limit.answered(1.0, 100)
    assert limit.limit >= 200


def test_concurrency_comes_down_where_requests_only_wait_in_line():
    clock = Clock()
    limit = ConcurrencyLimit(1024, clock=clock)
    for _ in range(16):
        limit.answered(1.0, 100)  # the first to come back met an empty server
    simulated(limit, clock, 16, 40, refuse=False)
    assert 16 <= limit.limit <= 6 * 16


def test_timeouts_are_load_only_in_numbers():
    clock = Clock()
    limit = ConcurrencyLimit(32, clock=clock)
    for number in range(1000):
        limit.timed_out() if number % 50 == 0 else limit.answered(1.0, 100)
    assert limit.limit == 32
    for _ in range(60):
        clock.now += 2.0
        limit.timed_out()
    assert limit.limit < 16


def test_a_url_with_a_query_and_a_password_keeps_both_on_the_wire_and_neither_in_words():
    async def run() -> tuple[str, str]:
        async with Wire(Endpoint("http://me:pw@127.0.0.1:9/v1/?api-version=7", "x", "sk-key"), 1.0) as wire:
            url = str(wire.url("/chat/completions"))
            with pytest.raises(WireFault) as caught:
                await wire.post_json("/chat/completions", {})
            return url, str(caught.value)

    url, words = asyncio.run(run())
    assert url == "http://me:pw@127.0.0.1:9/v1/chat/completions?api-version=7"
    assert not any(secret in words for secret in ("pw@", "sk-key", "api-version"))
