"""The whole path with the real embedded 0.5B model: build, verify, train, generate. Nothing is faked here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from constraints import types
from datagen.shards import read_rows

pytestmark = [pytest.mark.model, pytest.mark.timeout(280)]

# What the smallest model can do: keep an everyday answer short and free of one word.
EASY = json.dumps(
    {constraint.family: 0 for constraint in types().values()} | {"keywords.exclude": 1, "length.characters_max": 1}
)


def command(program: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"from {program}.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=240
    )


def test_build_verify_and_train_with_the_real_model(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    built = command(
        "datagen", "build", "--lang", "th", "--rows", 2, "--out", "ds", "--model", "qwen2.5-coder-0.5b",
        "--max-attempts", 40, "teacher.max_tokens=100", "judge.min_score=0", f"compose.weights={EASY}",
        cwd=tmp_path,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    rows = list(read_rows(tmp_path / "ds/data/sft/part-00000.parquet"))
    assert len(rows) == 2
    assert {row["provenance"]["teacher"] for row in rows} == {"qwen2.5-coder-0.5b"}
    manifest = json.loads((tmp_path / "ds/manifest.json").read_text())
    assert manifest["teacher"]["identity"].startswith("local:sha256:1d9614638d18024d")
    verified = command("datagen", "verify", "ds", "--json", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["rows"] == 2

    again = command("datagen", "build", "--lang", "th", "--rows", 2, "--out", "ds", "--model", "qwen2.5-coder-0.5b",
                    "--max-attempts", 40, "teacher.max_tokens=100", "judge.min_score=0", f"compose.weights={EASY}",
                    cwd=tmp_path)  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert "starting" not in again.stderr, "everything is stored: no server is needed"

    trained = command(
        "train", "run", "sft_tiny", "data.path=ds", "out=run", "optim.max_steps=2", "sample.prompts=[]", cwd=tmp_path
    )
    assert trained.returncode == 0, trained.stderr
    metrics = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in metrics] == [1, 2]
    assert all(0 < line["loss"] < 20 for line in metrics)

    # No code of ours from here on: the Hub's loader, the saved checkpoint's chat template, transformers' generate.
    import datasets
    from transformers import AutoModelForCausalLM, AutoTokenizer

    split: Any = datasets.load_dataset(str(tmp_path / "ds"), "sft", cache_dir=str(tmp_path / "cache"), split="train")
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path / "run/final")
    model: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "run/final")
    for row in split:
        rendered = tokenizer.apply_chat_template(row["messages"], tokenize=False)
        assert row["messages"][-1]["content"] in rendered
        prompt = tokenizer.apply_chat_template(row["messages"][:-1], add_generation_prompt=True, return_tensors="pt")
        written = model.generate(**prompt, max_new_tokens=4, do_sample=False)
        assert written.shape[1] > prompt["input_ids"].shape[1]


def test_the_gate_holds_what_the_real_model_translates(tmp_path, monkeypatch):
    """The smallest model translates badly: whatever it says, each prompt is kept with its parts whole, or counted."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    prompts = [
        {"id": "code", "prompt": "What does `ls -la` do?"},
        {"id": "slot", "prompt": "Write a greeting for {name}."},
        {"id": "plain", "prompt": "Why is the sky blue?"},
    ]
    (tmp_path / "english.jsonl").write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts), encoding="utf-8")
    built = command(
        "datagen", "build", "--lang", "th", "--rows", 3, "--out", "ds", "--model", "qwen2.5-coder-0.5b", "--prompts",
        "english.jsonl", "--max-attempts", 3, "candidates=1", "teacher.max_tokens=60", "judge.min_score=0",
        "translate.enabled=true", "translate.max_tokens=120", f"compose.weights={EASY}", cwd=tmp_path,
    )  # fmt: skip
    assert built.returncode in (0, 1), built.stderr
    stages = json.loads((tmp_path / "ds/manifest.json").read_text())["stages"]
    assert stages["translate"]["in"] == 3
    assert stages["translate"]["in"] == stages["translate"]["kept"] + sum(stages["translate"]["rejected"].values())
    for row in (row for shard in (tmp_path / "ds/data/sft").glob("*.parquet") for row in read_rows(shard)):
        assert row["original"]
        part = {"code": "`ls -la`", "slot": "{name}"}.get(row["source"]["id"], "")
        assert part in row["messages"][0]["content"]
