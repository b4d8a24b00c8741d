"""A pool of environments goes on while its workers hang, crash and are killed, and invents no result."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from environments.environment import BROKEN
from environments.workers import FAULTS, EnvironmentFailure, EnvironmentPool

STATEFUL, STATELESS = "own_environments:Counting", "own_environments:Echo"


@pytest.fixture(autouse=True)
def _own_environments_at_hand(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])


def code(observation):
    return json.loads(observation.content)["error"]["code"]


def killed(pid):
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)


def test_episodes_have_their_own_state_and_settings_reach_the_environment():
    with EnvironmentPool(STATEFUL, {"start": 40}, workers=1) as pool:
        one, other = pool.open({"question": "a"}), pool.open({"question": "b"})
        assert [one.step("next", "{}").content, one.step("next", {}).content, other.step("next", "").content] == [
            "41",
            "42",
            "41",
        ]
        assert (one.prompt, other.prompt) == ("a", "b")


def test_a_call_that_hangs_is_ended_and_the_pool_goes_on():
    with EnvironmentPool(STATELESS, workers=1, call_s=2) as pool, pool.episode({"question": "q"}) as episode:
        before = pool.pids
        seen = episode.step("hang", "{}")
        assert (seen.code, code(seen)) == ("timeout", "timeout")
        assert not _alive(before[0])
        assert episode.step("echo", '{"text": "กลับมา"}').content == "กลับมา"
        assert pool.counts == {"calls": 2, "timeout": 1, "reopened": 1, "restarts": 1}


def test_a_call_that_crashes_its_process_is_an_error_and_never_a_result():
    with EnvironmentPool(STATELESS, workers=1) as pool, pool.episode({"question": "q"}) as episode:
        assert episode.step("crash", "{}").code == "crashed"
        assert episode.step("echo", '{"text": "x"}').content == "x"


def test_a_killed_worker_loses_the_state_of_its_episodes_and_no_other():
    with EnvironmentPool(STATEFUL, workers=2) as pool:
        one, other = pool.open({"question": "a"}), pool.open({"question": "b"})
        assert [one.step("next", "{}").content, other.step("next", "{}").content] == ["1", "1"]
        killed(int(one.step("pid", "{}").content))
        assert [code(one.step("next", "{}")), code(one.step("next", "{}"))] == ["lost", "lost"]
        assert one.lost
        assert other.step("next", "{}").content == "2"
        with pool.episode({"question": "c"}) as third:
            assert third.step("next", "{}").content == "1"
        assert pool.counts["lost"] == 2


def test_a_killed_worker_costs_a_stateless_episode_nothing():
    with EnvironmentPool(STATELESS, workers=1) as pool, pool.episode({"question": "q"}) as episode:
        killed(pool.pids[0])
        assert episode.step("echo", '{"text": "x"}').content == "x"
        assert pool.counts == {"calls": 1, "reopened": 1, "restarts": 1}


def test_many_episodes_step_side_by_side_in_order():
    with EnvironmentPool(STATELESS, workers=2) as pool:
        episodes = [pool.open({"question": str(number)}) for number in range(8)]
        calls = [(each, "echo", {"text": each.prompt}) for each in episodes]
        calls[3] = (episodes[3], "crash", {})
        seen = pool.step_all(calls)
        assert [each.content for number, each in enumerate(seen) if number != 3] == list("0124567")
        assert seen[3].code == "crashed"
        assert len(pool.pids) == 2
        assert {each.code for each in seen if each.error} <= FAULTS


def test_a_long_result_is_cut_and_says_so_and_one_of_ten_megabytes_is_a_broken_tool():
    with EnvironmentPool(STATELESS, workers=1) as pool, pool.episode({"question": "q"}) as episode:
        seen = episode.step("long", "{}")
        assert len(seen.content) <= 8_000
        assert "1,000,000 อักขระ" in seen.content
        assert not seen.error
        seen = episode.step("big", "{}")
        assert len(seen.content) < 300
        assert "10,000,000 อักขระ" in seen.content
        assert code(seen) == seen.code == "too_large"
        assert {"too_large", "tool_failed"} == BROKEN


def test_what_a_model_gets_wrong_is_told_in_an_observation():
    with EnvironmentPool(STATELESS, workers=1) as pool, pool.episode({"question": "q"}) as episode:
        wrong = [
            ("fly", "{}", "unknown_tool"),
            ("echo", "{", "malformed_arguments"),
            ("echo", "[1]", "malformed_arguments"),
            ("echo", '{"text": 1}', "invalid_arguments"),
            ("echo", '{"other": 1}', "invalid_arguments"),
            ("echo", json.dumps({"text": "ก" * 30_000}), "malformed_arguments"),
            ("no_json", "{}", "tool_failed"),
            ("refuse", "{}", "refused"),
        ]
        assert [code(episode.step(name, arguments)) for name, arguments, _ in wrong] == [each[2] for each in wrong]
        assert not {each[2] for each in wrong} & FAULTS


def test_an_episode_that_cannot_be_opened_is_counted_and_the_next_one_opens():
    with EnvironmentPool(STATEFUL, workers=1) as pool:
        with pytest.raises(EnvironmentFailure, match="no such question"):
            pool.open({"question": "broken"})
        assert pool.counts == {"open_failed": 1}
        assert pool.open({"question": "q"}).step("next", "{}").content == "1"


@pytest.mark.parametrize(
    ("environment", "settings", "message"),
    [
        ("own_environments:Nothing", {}, "Nothing"),
        ("no_such_module:X", {}, "no_such_module"),
        ("own_environments", {}, "module:Class"),
        ("json:JSONDecoder", {}, "subclass"),
        ("own_environments:NoConstructor", {}, "the data is missing"),
        (STATEFUL, {"colour": "red"}, "colour"),
        ("search_read", {"corpus": "/no/such/file.jsonl"}, "/no/such/file.jsonl"),
    ],
)
def test_an_environment_that_cannot_be_loaded_is_named_at_once(environment, settings, message):
    with pytest.raises(EnvironmentFailure, match=message):
        EnvironmentPool(environment, settings, workers=1)


def test_a_stopped_process_does_not_keep_the_pool_even_where_it_reads_nothing():
    with EnvironmentPool(STATELESS, workers=1, call_s=2) as pool, pool.episode({"question": "q"}) as episode:
        os.kill(pool.pids[0], signal.SIGSTOP)
        assert episode.step("echo", json.dumps({"text": '"' * 9_000})).code == "timeout"
        assert episode.step("echo", '{"text": "x"}').content == "x"


def test_closing_leaves_no_process():
    pool = EnvironmentPool(STATELESS, workers=2)
    [pool.open({"question": "q"}) for _ in range(2)]
    pids = pool.pids
    pool.close()
    assert len(pids) == 2
    assert not any(map(_alive, pids))


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
