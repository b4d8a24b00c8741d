"""kill -9 at random moments, then the same command: nothing stored is asked again, the same bytes come out."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from datagen.llm.scripted import Fault, Reply
from datagen.shards import file_sha256, read_rows

KILLS = 3


def start(arguments: list[object], cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from datagen.cli import main; main()", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_BASE_URL"}
    with (cwd / "stderr.log").open("wb") as errors:
        return subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=errors)


def stderr_of(cwd: Path) -> str:
    return (cwd / "stderr.log").read_text()


def question(body: dict) -> str:
    """What identifies a request on both sides of the wire, whatever the order of its keys."""
    return json.dumps([body["messages"], body.get("seed"), body["max_tokens"]], ensure_ascii=False, sort_keys=True)


def stored_questions(out: Path) -> set[str]:
    store = out / ".typhoon/answers.sqlite"
    if not store.exists():
        return set()
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchall():
            return set()
        payloads = [json.loads(row[0]) for row in db.execute("SELECT payload FROM answers")]
    return {question(payload["sampling"] | {"messages": payload["messages"]}) for payload in payloads}


def dataset_bytes(out: Path) -> dict[str, str]:
    files = [*out.glob("data/*/*"), *out.glob("rejected/*"), out / "README.md", out / "manifest.json"]
    return {str(file.relative_to(out)): file_sha256(file) for file in files}


@pytest.mark.parametrize(
    ("rows", "settings"), [(60, []), (60, ["splits={sft: 0.6, opd: 0.2, rl: 0.2}", "mix.turns={system: 0.3}"])]
)
def test_kill_9_three_times_then_the_same_dataset(
    build_arguments, slow_teacher, tmp_path, record_property, rows, settings
):
    moment = random.Random(os.environ.get("KILL_SEED", time.time_ns()))
    with slow_teacher as server:
        whole = tmp_path / "whole"
        arguments = [*build_arguments(server, whole, rows), *settings]
        assert start(arguments, tmp_path).wait(120) == 0, stderr_of(tmp_path)
        uninterrupted = Counter(question(body) for body in server.requests)
        assert max(uninterrupted.values()) == 1

        killed = tmp_path / "killed"
        arguments = [*build_arguments(server, killed, rows), *settings]
        asked_before = begin = len(server.requests)
        in_flight: Counter[str] = Counter()  # asked for and not stored, at each of the kills
        for number in range(KILLS):
            process = start(arguments, tmp_path)
            wanted = asked_before + moment.randint(5, 20)
            deadline = time.monotonic() + 60
            while len(server.requests) < wanted and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.002)
            time.sleep(moment.random() * 0.05)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert process.returncode == -signal.SIGKILL, f"kill {number} came too late: it had ended"
            assert not (killed / "manifest.json").exists()
            paid = stored_questions(killed)
            in_flight.update({question(body) for body in server.requests[asked_before:]} - paid)
            asked_before = len(server.requests)
            record_property(f"kill_{number}", f"{len(paid)} answers stored")

            # The next run must not ask for anything that was stored when this one died.
            probe = start(arguments, tmp_path)
            while len(server.requests) < asked_before + 4 and probe.poll() is None:
                time.sleep(0.002)
            probe.send_signal(signal.SIGKILL)
            probe.wait()
            assert len(paid) >= 1
            again = {question(body) for body in server.requests[asked_before:]} & paid
            assert not again
            in_flight.update({question(body) for body in server.requests[asked_before:]} - stored_questions(killed))
            asked_before = len(server.requests)

        paid = stored_questions(killed)
        last = start(arguments, tmp_path)
        assert last.wait(120) == 0, stderr_of(tmp_path)
        assert not {question(body) for body in server.requests[asked_before:]} & paid
        # Only what was in flight when a kill came (never stored, so never paid for by us) was asked once more.
        by_question = Counter(question(body) for body in server.requests[begin:])
        assert {
            each: count - 1 - in_flight[each] for each, count in by_question.items() if count > 1 + in_flight[each]
        } == {}

    ids = [row["id"] for file in sorted(killed.glob("data/*/*")) for row in read_rows(file)]
    assert len(ids) == len(set(ids)) == rows
    assert dataset_bytes(killed) == dataset_bytes(whole)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_stop_keeps_the_answers(build_arguments, slow_teacher, tmp_path, stop):
    with slow_teacher as server:
        out = tmp_path / "ds"
        process = start(build_arguments(server, out, rows=30), tmp_path)
        while len(server.answered) < 8:
            time.sleep(0.01)
        process.send_signal(stop)
        assert process.wait(20) == 130
        errors = (tmp_path / "stderr.log").read_bytes()
        assert b"resumes" in errors
        assert b"Traceback" not in errors
        assert len(stored_questions(out)) >= 8 - 4


def test_an_endpoint_that_dies_half_way_loses_nothing_it_answered(build_arguments, slow_teacher, tmp_path):
    healthy = slow_teacher.reply
    good: list[str] = []

    def fails_after_ten(body: dict) -> Reply | Fault:
        if len(slow_teacher.requests) > 10:
            return Fault(status=500)
        good.append(question(body))
        return healthy(body)

    slow_teacher.reply = fails_after_ten
    with slow_teacher as server:
        arguments = [*build_arguments(server, tmp_path / "ds"), "teacher.max_retries=0"]
        assert start(arguments, tmp_path).wait(60) == 2
        assert "the same command resumes" in stderr_of(tmp_path)
        paid = stored_questions(tmp_path / "ds")
        assert paid == set(good)
        slow_teacher.reply, before = healthy, len(server.requests)
        assert start(arguments, tmp_path).wait(60) == 0, stderr_of(tmp_path)
        assert not {question(body) for body in server.requests[before:]} & paid


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small tmpfs needs root")
def test_a_full_disk_is_one_sentence_and_the_answers_survive(build_arguments, teacher, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.strip()}")
    try:
        assert start([*build_arguments(teacher, disk / "ds", rows=300), "max_attempts=3000"], tmp_path).wait(60) == 2
        assert "disk is full" in stderr_of(tmp_path)
        assert "answers stored so far are kept" in stderr_of(tmp_path)
        assert "Traceback" not in stderr_of(tmp_path)
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        paid, before = stored_questions(disk / "ds"), len(teacher.requests)
        assert len(paid) >= 10
        assert start(build_arguments(teacher, disk / "ds", rows=20), tmp_path).wait(60) == 0, stderr_of(tmp_path)
        assert not {question(body) for body in teacher.requests[before:]} & paid
    finally:
        subprocess.run(["umount", disk], check=True)
