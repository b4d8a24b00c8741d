"""API keys come from the environment or a keyring, reach the right server and nothing else."""

from __future__ import annotations

import logging
import sys
import types as python_types
from pathlib import Path

import pytest

from datagen.errors import EndpointError
from datagen.llm.keys import find_key
from datagen.llm.scripted import Fault, ScriptedServer

KEY, OTHER_KEY, PASSWORD, QUERY_KEY = "sk-thisIsVerySecret", "sk-anotherSecret", "hunter2secret", "queryKey77"
SECRETS = (KEY, OTHER_KEY, PASSWORD, QUERY_KEY, "dGhpc")


class Tattling(ScriptedServer):
    """Repeats the key it was given in whatever it says, as real servers do."""

    def tattle(self, body: dict):
        if not len(self.requests) % 5:
            return Fault(status=400, message=f"bad request with key {KEY} ({QUERY_KEY})")
        if not len(self.requests) % 7:
            return Fault(status=500, message=f"trouble with {KEY}")
        return self.good(body)  # type: ignore[attr-defined]


def assert_no_secret(place: str, content: bytes | str) -> None:
    content = content if isinstance(content, bytes) else content.encode()
    assert not [secret for secret in SECRETS if secret.encode() in content], place


def test_no_output_of_a_build_holds_a_key(run, build_arguments, slow_teacher, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    server = Tattling(lambda body: server.tattle(body), api_key=KEY)
    server.good = slow_teacher.reply  # type: ignore[attr-defined]
    with server:
        out = tmp_path / "ds"
        url = f"{server.base_url}?code={QUERY_KEY}"
        arguments = [url if a == server.base_url else a for a in build_arguments(server, out, rows=8)]
        code, text = run(*arguments)
        assert code == 0, text
        printed = text + run(*arguments, "--dry-run")[1] + run("show", out, "--rejected")[1]
        monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong" + OTHER_KEY)
        printed += run(*arguments, "--seed", 5, "--overwrite")[1]
        assert "refuses the API key" in printed
        assert any("endpoint_declined" in path.read_text(errors="ignore") for path in out.glob("manifest.json"))
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"manifest.json", "README.md", "answers.sqlite"} <= {file.name for file in files}
    for file in files:
        assert_no_secret(str(file), file.read_bytes())
    assert_no_secret("printed", printed + "".join(capfd.readouterr()))
    assert_no_secret("log", caplog.text)


def test_a_password_in_a_url_is_used_and_never_shown(run, build_arguments, teacher, tmp_path):
    with_password = teacher.base_url.replace("http://", f"http://me:{PASSWORD}@")
    arguments = [with_password if a == teacher.base_url else a for a in build_arguments(teacher, tmp_path / "ds")]
    assert_no_secret("dry run", run(*arguments, "--dry-run")[1])
    assert run(*arguments)[0] == 0
    # The finished dataset is recognised as this recipe's own, though only the URL without the password is stored.
    assert run(*arguments)[0] == 0


def test_each_endpoint_gets_its_own_key(run, build_arguments, slow_teacher, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("FIRST_KEY", KEY)
    monkeypatch.setenv("SECOND_KEY", OTHER_KEY)
    with (
        ScriptedServer(slow_teacher.reply, api_key=KEY) as first,
        ScriptedServer(slow_teacher.reply, api_key=OTHER_KEY) as second,
    ):
        given = build_arguments(first, tmp_path / "ds")
        given[given.index("--base-url") : given.index("--base-url") + 2] = []
        recipe = tmp_path / "two.yaml"
        recipe.write_text(
            f"teacher:\n  base_urls:\n    - {{url: {first.base_url}, key: FIRST_KEY}}\n"
            f"    - {{url: {second.base_url}, key: SECOND_KEY, concurrency: 2}}\n"
        )
        given.insert(1, recipe)
        code, text = run(*given)
        assert code == 0, text
        assert first.requests
        assert second.requests


def test_a_named_key_that_is_nowhere_is_an_error_with_both_ways_out(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(EndpointError, match=r"NO_SUCH_KEY.*keyring set typhoon-data NO_SUCH_KEY"):
        find_key("NO_SUCH_KEY")


def test_a_keyring_is_asked_after_the_environment(monkeypatch):
    ring = python_types.ModuleType("keyring")
    ring.get_password = lambda service, name: {("typhoon-data", "MY_KEY"): KEY}.get((service, name))  # type: ignore[attr-defined]
    errors = python_types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.delenv("MY_KEY", raising=False)
    assert find_key("MY_KEY") == KEY
    monkeypatch.setenv("MY_KEY", OTHER_KEY)
    assert find_key("MY_KEY") == OTHER_KEY


def test_without_a_keyring_package_the_environment_is_enough(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert find_key() == ""


def test_a_key_where_its_name_belongs_is_refused_and_not_repeated(run, build_arguments, teacher, tmp_path):
    code, text = run(*build_arguments(teacher, tmp_path / "ds"), f"teacher.key={KEY}")
    assert code == 2
    assert "teacher.key" in text
    assert_no_secret("message", text)
    assert not Path(tmp_path / "ds").exists()
