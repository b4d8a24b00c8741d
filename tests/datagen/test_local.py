"""The embedded teacher answers with its key on loopback, explains its failures, and never outlives us."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import psutil
import pytest

from datagen.errors import TeacherError
from datagen.llm import local
from datagen.llm.local import LocalTeacher

SMALL = "qwen2.5-coder-0.5b"

# A process of its own that starts a teacher, tells its pid, and then does what the test asks for.
PARENT = f"""
import os, sys, threading, time, openai
from datagen.llm.local import LocalTeacher
teacher = LocalTeacher.start("{SMALL}", parallel=1)
def generate():
    client = openai.OpenAI(base_url=teacher.base_url, api_key=teacher.api_key, max_retries=0)
    client.chat.completions.create(model=teacher.model, max_tokens=2000, extra_body={{"ignore_eos": True}},
                                   messages=[{{"role": "user", "content": "นับเลข"}}])
heir = 0
if "generating" in sys.argv:
    threading.Thread(target=generate, daemon=True).start()
    time.sleep(1.5)
if "forked" in sys.argv:
    heir = os.fork()
    if heir == 0:
        time.sleep(60)
        os._exit(0)
print(teacher.pid, heir, flush=True)
time.sleep(60)
"""


def is_gone(pid: int) -> bool:
    """No such process, or a zombie that waits for the system's init: it holds nothing any more."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def seconds_until_gone(pid: int, limit_s: float) -> float:
    begun = time.monotonic()
    while not is_gone(pid) and time.monotonic() - begun < limit_s:
        time.sleep(0.01)
    return time.monotonic() - begun


def servers_of(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children()
    return [child for child in children if any("local_server" in word for word in child.cmdline())]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Replace the child's program, to see failures that the real one shows too rarely."""

    def replace(program: str) -> str:
        script = tmp_path / "local_server_stand_in.py"
        script.write_text(program)
        monkeypatch.setattr(local, "_SERVER_FILE", script)
        monkeypatch.setenv("TYPHOON_CACHE", str(tmp_path / "cache"))
        model = tmp_path / "own.gguf"
        model.write_bytes(b"GGUF")
        return str(model)

    return replace


@pytest.fixture(scope="module")
def teacher() -> Iterator[LocalTeacher]:
    with LocalTeacher.start(SMALL, parallel=2, context_tokens=512) as running:
        yield running


@pytest.mark.model
def test_it_answers_in_thai_through_the_official_client(teacher: LocalTeacher):
    with openai.OpenAI(base_url=teacher.base_url, api_key=teacher.api_key, max_retries=0) as client:
        assert [model.id for model in client.models.list()] == [SMALL]
        answer = client.chat.completions.create(
            model=teacher.model,
            messages=[{"role": "user", "content": "แนะนำตัวสั้น ๆ เป็นภาษาไทย"}],
            max_tokens=24,
            temperature=0,
        )
    text = answer.choices[0].message.content or ""
    assert any("ก" <= letter <= "๛" for letter in text), text
    assert answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= 24


@pytest.mark.model
@pytest.mark.parametrize("key", ["wrong", ""])
def test_without_the_key_there_is_no_answer(teacher: LocalTeacher, key: str):
    with (
        openai.OpenAI(base_url=teacher.base_url, api_key=key or "none", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.models.list(extra_headers={} if key else {"Authorization": ""})


@pytest.mark.model
def test_the_child_listens_on_loopback_only_and_its_key_is_nowhere_to_be_read(teacher: LocalTeacher):
    child = psutil.Process(teacher.pid)
    listening = [c.laddr.ip for c in child.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    assert teacher.base_url.startswith("http://127.0.0.1:")
    assert not any(teacher.api_key in word for word in [*child.cmdline(), *child.environ().values()])
    assert child.environ()["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.model
def test_ctrl_c_in_the_terminal_does_not_reach_the_child(teacher: LocalTeacher):
    assert os.getpgid(teacher.pid) != os.getpgid(0)


@pytest.mark.model
def test_no_web_page_may_read_an_answer(teacher: LocalTeacher):
    import urllib.request

    request = urllib.request.Request(
        teacher.base_url + "/models",
        headers={"Origin": "http://evil.example", "Authorization": f"Bearer {teacher.api_key}"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as response:
        assert not response.headers["Access-Control-Allow-Origin"]


@pytest.mark.model
def test_identity_names_the_file_and_neither_port_nor_key(teacher: LocalTeacher):
    assert teacher.identity == "local:sha256:1d9614638d18024d"
    assert teacher.crashed() is None


@pytest.mark.model
@pytest.mark.parametrize("moment", ["idle", "generating", "forked"])
def test_a_killed_parent_takes_the_teacher_with_it(moment: str):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, moment], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pid, heir = map(int, parent.stdout.readline().split())
        if moment == "generating":
            before = psutil.Process(pid).cpu_times().user
            time.sleep(0.3)
            assert psutil.Process(pid).cpu_times().user > before, "it was not generating"
        parent.kill()
        took_s = seconds_until_gone(pid, limit_s=5)
        if heir:
            os.kill(heir, signal.SIGKILL)
    assert took_s < (4 if heir else 1)


@pytest.mark.model
def test_a_parent_killed_during_the_load_takes_the_teacher_with_it():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.DEVNULL)
    with parent:
        while not (servers := servers_of(parent.pid)):
            time.sleep(0.01)
        time.sleep(0.4)
        parent.kill()
        took_s = seconds_until_gone(servers[0].pid, limit_s=5)
    assert took_s < 0.5


@pytest.mark.model
def test_a_teacher_that_dies_says_so_and_close_leaves_no_process():
    with LocalTeacher.start(SMALL, parallel=1, context_tokens=512) as teacher:
        os.kill(teacher.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while teacher.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert teacher.poll() == -signal.SIGKILL
        assert "the embedded teacher died (signal 9)" in str(teacher.crashed())
    assert teacher.crashed() is None
    assert not psutil.pid_exists(teacher.pid)


def test_a_file_that_llama_cpp_cannot_load_ends_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TYPHOON_CACHE", str(tmp_path / "cache"))
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"x" * 100)
    before = servers_of(os.getpid())
    with pytest.raises(TeacherError, match=r"could not start \(exit code 1\).*failed to load model.*--base-url"):
        LocalTeacher.start(str(broken))
    assert servers_of(os.getpid()) == before


def test_a_child_that_ends_early_is_reported_with_its_last_lines(stand_in):
    model = stand_in("import sys; print('first\\n' * 50 + 'no memory left', file=sys.stderr); sys.exit(3)")
    with pytest.raises(TeacherError, match=r"exit code 3\): first \| .*\| no memory left"):
        LocalTeacher.start(model)


def test_a_child_that_is_never_ready_is_stopped_even_if_it_ignores_sigterm(stand_in, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local, "_STOP_GRACE_S", 0.3)
    model = stand_in(
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('still loading', file=sys.stderr, flush=True); time.sleep(60)"
    )
    before = servers_of(os.getpid())
    begun = time.monotonic()
    with pytest.raises(TeacherError, match="not ready before the deadline: still loading"):
        LocalTeacher.start(model, deadline_s=0.5)
    assert time.monotonic() - begun < 3
    assert servers_of(os.getpid()) == before


def test_a_busy_port_is_named_before_any_model_is_loaded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local, "find_model", lambda *_, **__: pytest.fail("looked for the model first"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(TeacherError, match=rf"port {port} cannot be used .*choose another port"):
            LocalTeacher.start(SMALL, port=port)


def test_a_missing_package_names_both_ways_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TeacherError, match=r"pip install 'typhoon-data\[local\]'.*--base-url"):
        LocalTeacher.start(SMALL)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"port": 70000}, "port 70000 does not exist"),
        ({"parallel": 0}, "parallel is 0"),
        ({"context_tokens": -1}, "context_tokens is -1"),
        ({"model": "gpt-9"}, "unknown embedded model 'gpt-9'"),
    ],
)
def test_impossible_settings_are_refused(options: dict, expected: str):
    with pytest.raises(TeacherError, match=expected):
        LocalTeacher.start(**options)
