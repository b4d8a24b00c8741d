"""The whole path with the real embedded 0.5B model: build, verify, train, generate. Nothing is faked here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datagen.shards import read_rows

pytestmark = [pytest.mark.model, pytest.mark.timeout(280)]

# What the smallest model can do: keep an everyday answer short and free of one word.
EASY = json.dumps(
    {f: 0 for f in ("length", "layout", "particles", "numerals", "script", "json", "keywords")}
    | {"keywords.exclude": 1, "length.characters_max": 1}
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
