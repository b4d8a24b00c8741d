"""Bad input: one clear sentence, exit code 2, no traceback; what was paid for is kept."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from datagen.llm.scripted import ScriptedServer


def build_in_a_process(arguments: Sequence[object], cwd: Path, **options) -> subprocess.CompletedProcess[str]:
    """The console script's own path, `main`, so that a traceback would be seen."""
    command = [sys.executable, "-c", "from datagen.cli import main; main()", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_BASE_URL"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, **options)


def expect_refusal(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_unknown_language(run):
    code, text = run("build", "--lang", "tlh")
    assert code == 2
    assert "'tlh'" in text
    assert "th" in text


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("compose.constraints_mx=3", ["compose.constraints_mx", "did you mean 'constraints_max'"]),
        ("rwos=3", ["'rwos'", "'rows'"]),
        ("rows=many", ["rows", "'many'"]),
        ("candidates=0", ["candidates", "0"]),
        ("compose.constraints_min=4", ["constraints_min (4)", "constraints_max (2)"]),
        ("=3", ["key=value"]),
        ("compose.weights={lengthy: 1}", ["lengthy"]),
    ],
)
def test_recipe_key_or_value(run, override, words):
    code, text = run("build", "--lang", "th", "seed=1", override)
    assert code == 2
    assert all(word in text for word in words), text


def test_unknown_key_in_a_recipe_file_names_the_file(run, tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("teacher:\n  temprature: 0.5\n")
    code, text = run("build", recipe, "--dry-run")
    assert code == 2
    assert "mine.yaml" in text
    assert "did you mean 'temperature'?" in text


def test_recipe_that_is_not_yaml_names_the_line(run, tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("rows: 3\nteacher: [\n")
    code, text = run("build", recipe)
    assert code == 2
    assert "mine.yaml:" in text


def test_missing_recipe_lists_the_shipped_ones(run):
    code, text = run("build", "no_such.yaml")
    assert code == 2
    assert "no_such.yaml" in text
    assert "shipped" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"prompt": "สวัสดี"', ["p.jsonl:2", "JSON"]),
        ('["สวัสดี"]', ["p.jsonl:2", "object"]),
        ('{"prompt": ""}', ["p.jsonl:2", "'prompt'"]),
        ('{"promt": "สวัสดี"}', ["p.jsonl:2", "'promt'"]),
        ('{"prompt": "สวัสดี", "keywords": "คำ"}', ["p.jsonl:2", "'keywords'"]),
        ('{"prompt": "สวัสดี", "avoid": ["poems"]}', ["p.jsonl:2", "'poems'"]),
        ('{"prompt": "สวัสดี", "id": "one"}', ["p.jsonl", "'one'"]),
    ],
)
def test_malformed_prompt_line_names_file_and_line(run, tmp_path, line, words):
    (tmp_path / "p.jsonl").write_text('{"prompt": "ทดสอบ", "id": "one"}\n' + line + "\n")
    code, text = run("build", "--lang", "th", "--prompts", "p.jsonl", "--out", "ds")
    assert code == 2
    assert all(word in text for word in words), text
    assert not Path("ds").exists()


def test_unreadable_and_empty_prompt_files(run, tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "latin1.jsonl").write_bytes(b'{"prompt": "caf\xe9"}\n')
    for name, word in (("missing.jsonl", "No such file"), ("empty.jsonl", "no prompts"), ("latin1.jsonl", "UTF-8")):
        code, text = run("build", "--lang", "th", "--prompts", name)
        assert code == 2
        assert name in text
        assert word in text


def test_nobody_listens_at_the_base_url(tmp_path):
    arguments = ["build", "--lang", "th", "--out", "ds", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"]
    done = build_in_a_process([*arguments, "teacher.max_retries=0"], tmp_path)
    expect_refusal(done, "nobody answers at http://127.0.0.1:9/v1", "--base-url")


def test_a_model_the_server_does_not_have(tmp_path):
    with ScriptedServer(lambda body: "ok", models=("typhoon-8b",)) as server:
        arguments = ["build", "--lang", "th", "--out", "ds", "--base-url", server.base_url, "--model", "typhon"]
        expect_refusal(build_in_a_process(arguments, tmp_path), "'typhon'", "typhoon-8b")
        assert server.requests == []


def test_an_endpoint_without_a_model_or_with_a_strange_url(run):
    assert run("build", "--lang", "th", "--base-url", "http://127.0.0.1:9/v1")[0] == 2
    code, text = run("build", "--lang", "th", "--base-url", "127.0.0.1:9/v1", "--model", "m")
    assert code == 2
    assert "http://" in text


def test_a_refused_api_key_says_what_to_set(tmp_path):
    with ScriptedServer(lambda body: "ok", api_key="right") as server:
        arguments = ["build", "--lang", "th", "--out", "ds", "--base-url", server.base_url, "--model", "scripted"]
        expect_refusal(build_in_a_process(arguments, tmp_path), "OPENAI_API_KEY")


def test_an_output_folder_that_holds_something_else(run, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter1.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("thesis", "file"):
        code, text = run("build", "--lang", "th", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", name)
        assert code == 2
        assert name in text
    assert (tmp_path / "thesis/chapter1.txt").read_text() == "mine"
    assert sorted(path.name for path in (tmp_path / "thesis").iterdir()) == ["chapter1.txt"]


def test_two_builds_in_one_folder(run, build_arguments, teacher, tmp_path):
    from datagen.workplace import Workplace

    with Workplace(tmp_path / "ds").claim():
        code, text = run(*build_arguments(teacher, tmp_path / "ds"))
    assert code == 2
    assert "another build" in text


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs file size limits")
def test_a_file_that_cannot_grow_is_one_sentence(build_arguments, teacher, tmp_path):
    """A quota on file size: the store cannot take another answer."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    done = build_in_a_process(build_arguments(teacher, tmp_path / "ds", rows=40), tmp_path, preexec_fn=limit)
    expect_refusal(done, "answers.sqlite", "answers stored so far are kept")


def test_every_format_with_every_broken_row_is_counted_named_or_refused():
    """The table of benchmarks/bad_input.py, which checks each cell: nothing lost, places named, our own errors only."""
    pytest.importorskip("datasets")
    script = Path(__file__).parents[2] / "benchmarks/bad_input.py"
    done = subprocess.run([sys.executable, script, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "a library's own log is no sentence of ours"
    table = json.loads(done.stdout)
    assert table["no rows"] == dict.fromkeys(table["no rows"], "refused")
    assert table["1 MB prompt"] == dict.fromkeys(table["1 MB prompt"], "oversized")
    assert (table["TIS-620 among UTF-8"]["jsonl"], table["TIS-620 among UTF-8"]["csv"]) == ("not_utf8", "not_utf8")
