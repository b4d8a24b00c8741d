"""A build end to end against the scripted server: what comes out, what is counted, what is asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from datagen.shards import file_sha256, read_rows


def rows_of(out: Path) -> list[dict]:
    return [row for file in sorted((out / "data/sft").glob("*.parquet")) for row in read_rows(file)]


def fingerprint(out: Path) -> dict[str, str]:
    files = [*out.glob("data/sft/*"), *out.glob("rejected/*"), out / "README.md", out / "manifest.json"]
    return {str(file.relative_to(out)): file_sha256(file) for file in files}


def test_build_verify_and_every_rejection_has_a_reason(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    code, text = run(*build_arguments(teacher, out, rows=25))
    assert code == 0, text
    assert len(rows_of(out)) == 25
    code, text = run("verify", out)
    assert code == 0, text
    assert "every row passes" in text

    manifest = json.loads((out / "manifest.json").read_text())
    stages = manifest["stages"]
    for stage in stages.values():
        assert stage["in"] == stage["kept"] + sum(stage["rejected"].values())
    rejected = [row for file in (out / "rejected").glob("*.parquet") for row in read_rows(file)]
    assert manifest["attempts"] == stages["translate"]["in"] == 25 + len(rejected)
    counted = {(name, why): n for name, s in stages.items() for why, n in s["rejected"].items()}
    assert Counter((row["stage"], row["reason"]) for row in rejected) == counted
    # The script's three ways of failing and the low scores were all met and told apart.
    assert {"respond", "verify", "screen", "judge"} <= {row["stage"] for row in rejected}


def test_rows_load_with_datasets_and_a_chat_template_without_code_of_ours(run, build_arguments, teacher, tmp_path):
    import datasets
    import jinja2

    out = tmp_path / "ds"
    assert run(*build_arguments(teacher, out))[0] == 0
    split: Any = datasets.load_dataset(str(out), "sft", cache_dir=str(tmp_path / "cache"), split="train")
    assert split.num_rows == 6
    template = jinja2.Template("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
    for row in split:
        assert [m["role"] for m in row["messages"]][-2:] == ["user", "assistant"]
        assert row["messages"][-1]["content"] in template.render(messages=row["messages"])
    rejected: Any = datasets.load_dataset(str(out), "rejected", cache_dir=str(tmp_path / "cache"), split="train")
    assert rejected.num_rows > 0


def test_same_answers_same_bytes_and_nothing_asked_again(run, build_arguments, teacher, tmp_path):
    out, other = tmp_path / "a", tmp_path / "b"
    assert run(*build_arguments(teacher, out))[0] == 0
    first, asked = fingerprint(out), len(teacher.requests)
    assert run(*build_arguments(teacher, out))[0] == 0
    assert fingerprint(out) == first
    assert len(teacher.requests) == asked
    assert run(*build_arguments(teacher, other), "teacher.concurrency=1")[0] == 0
    same = [name for name in first if name.endswith(".parquet")]
    assert {name: fingerprint(other)[name] for name in same} == {name: first[name] for name in same}


def test_a_finished_dataset_grows_and_keeps_its_first_rows(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    assert run(*build_arguments(teacher, out, rows=3))[0] == 0
    first = rows_of(out)
    assert run(*build_arguments(teacher, out, rows=6))[0] == 0
    assert rows_of(out)[:3] == first


def test_a_finished_dataset_of_another_recipe_is_not_overwritten(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    assert run(*build_arguments(teacher, out))[0] == 0
    before = fingerprint(out)
    code, text = run(*build_arguments(teacher, out), "--seed", 7)
    assert code == 2
    assert "seed" in text
    assert fingerprint(out) == before
    assert run(*build_arguments(teacher, out), "--seed", 7, "--overwrite")[0] == 0
    assert fingerprint(out) != before


def test_too_few_rows_is_exit_code_1_and_a_whole_honest_dataset(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    code, text = run(*build_arguments(teacher, out, rows=50), "--max-attempts", 12)
    assert code == 1
    assert "fewer rows" in text
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["attempts"] == 12
    assert 0 < manifest["rows"] < 50
    assert run("verify", out)[0] == 0


def test_siblings_share_a_draw_and_one_is_kept(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    assert run(*build_arguments(teacher, out, rows=12))[0] == 0
    groups = Counter(row["id"].rpartition("/")[0] for row in rows_of(out))
    assert set(groups.values()) == {1}
    prompts: dict[str, set[str]] = {}
    for body in teacher.requests:
        if "seed" in body:  # the judge is asked without one
            prompts.setdefault(body["messages"][-1]["content"], set()).add(str(body["seed"]))
    assert {len(seeds) for seeds in list(prompts.values())[:6]} == {2}


def test_secrets_reach_no_file(run, build_arguments, teacher, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-key")
    out = tmp_path / "ds"
    url = teacher.base_url.replace("http://", "http://someone:hunter2@")
    arguments = [url if a == teacher.base_url else a for a in build_arguments(teacher, out)]
    assert run(*arguments)[0] == 0
    for file in (f for f in out.rglob("*") if f.is_file()):
        content = file.read_bytes()
        assert not any(s in content for s in (b"sk-very-secret", b"hunter2")), file


def test_dry_run_touches_nothing(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    code, text = run(*build_arguments(teacher, out), "--dry-run")
    assert code == 0
    assert "at most" in text
    assert "max_tokens: 300" in text
    assert not out.exists()
    assert teacher.requests == []
