"""`typhoon-data verify`: finds every kind of damage, in anybody's copy, and never passes what it cannot tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from datagen.errors import DatasetError
from datagen.recheck import recheck
from datagen.shards import SFT_SCHEMA, read_rows


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    """One row a constraint: built by hand, so that each can be broken by hand."""
    from constraints import describe, text_contract
    from datagen.record import canonical_json

    rows = []
    cases = [
        ("length.lines", {"count": 2}, "บรรทัดแรก\nบรรทัดที่สอง"),
        ("keywords.include", {"keyword": "ข้าวผัด"}, "วันนี้กินข้าวผัดปูอร่อยมาก"),
        ("particles.speaker", {"gender": "female"}, "ยินดีช่วยเสมอค่ะ"),
        ("numerals.thai_only", {}, "นัดพบเวลา ๙ นาฬิกา"),
        ("json.array", {"count": 2}, '["ก", "ข"]'),
    ]
    for number, (constraint_id, params, answer) in enumerate(cases):
        instruction = describe(constraint_id, params, "th")
        rows.append(
            {
                "id": f"row-{number}",
                "messages": [
                    {"role": "user", "content": f"ช่วยตอบหน่อย\n\n{instruction}"},
                    {"role": "assistant", "content": answer},
                ],
                "tools": "[]",
                "lang": "th",
                "source": {"name": "test", "id": f"p{number}", "license": "CC0-1.0"},
                "constraints": [
                    {"id": constraint_id, "params": canonical_json(params), "instruction": instruction, "lang": "th"}
                ],
                "verdicts": [{"id": constraint_id, "outcome": "PASS", "reason": ""}],
                "judge": {"score": 8.0, "model": "m"},
                "provenance": {
                    "teacher": "m",
                    "templates": ["th.user_plain"],
                    "text_contract": canonical_json(text_contract()),
                    "code_version": "0",
                },
            }
        )
    path = tmp_path_factory.mktemp("recheck") / "rows.parquet"
    pl.DataFrame(rows, schema=SFT_SCHEMA).write_parquet(path)
    return path


def edited(dataset: Path, tmp_path: Path, row: int, edit: Callable[[dict], None]) -> Path:
    rows = list(read_rows(dataset))
    edit(rows[row])
    path = tmp_path / "edited.parquet"
    pl.DataFrame(rows, schema=SFT_SCHEMA).write_parquet(path)
    return path


def test_an_untouched_copy_passes_as_parquet_jsonl_and_folder(dataset, tmp_path):
    jsonl = tmp_path / "copy.jsonl"
    jsonl.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in read_rows(dataset)))
    for path in (dataset, jsonl, dataset.parent):
        found = recheck(path)
        assert found.passed, found.problems
        assert found.rows == 5


@pytest.mark.parametrize("row", range(5))
def test_a_changed_answer_is_found(dataset, tmp_path, row):
    broken = {0: "บรรทัดเดียว", 1: "กินก๋วยเตี๋ยว", 2: "ยินดีครับ", 3: "นัดพบเวลา 9 นาฬิกา", 4: '["ก"]'}[row]

    def edit(entry):
        entry["messages"][-1]["content"] = broken

    found = recheck(edited(dataset, tmp_path, row, edit))
    assert [problem.row for problem in found.problems] == [f"row-{row}"]


def set_outcome(entry):
    entry["verdicts"][0]["outcome"] = "FAIL"


def drop_verdict(entry):
    entry["verdicts"] = []


def change_params(entry):
    entry["constraints"][0]["params"] = '{"count":3}'


def unknown_params(entry):
    entry["constraints"][0]["params"] = '{"lines":2}'


def unknown_constraint(entry):
    entry["constraints"][0]["id"] = "length.syllables"


def drop_instruction(entry):
    entry["messages"][0]["content"] = "ช่วยตอบหน่อย"


def soften_instruction(entry):
    entry["constraints"][0]["instruction"] = "ตอบสั้น ๆ"
    entry["messages"][0]["content"] = "ช่วยตอบหน่อย\n\nตอบสั้น ๆ"


def drop_constraints(entry):
    entry["constraints"] = []


def drop_answer(entry):
    entry["messages"] = entry["messages"][:1]


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (set_outcome, "stored as FAIL"),
        (drop_verdict, "stored as nothing"),
        (change_params, "FAIL: 2 lines, wanted 3"),
        (unknown_params, "UNDECIDED"),
        (unknown_constraint, "UNDECIDED: unknown constraint"),
        (drop_instruction, "does not hold its instruction"),
        (soften_instruction, "the instruction should read"),
        (drop_constraints, "no constraints"),
        (drop_answer, "not an assistant's answer"),
    ],
)
def test_every_kind_of_damage_is_named(dataset, tmp_path, edit, word):
    found = recheck(edited(dataset, tmp_path, 0, edit))
    assert not found.passed
    assert any(word in problem.what for problem in found.problems), found.problems


def test_another_text_contract_is_noted_and_rescored(dataset, tmp_path):
    def edit(entry):
        contract = json.loads(entry["provenance"]["text_contract"]) | {"newmm": "5.0.5"}
        entry["provenance"]["text_contract"] = json.dumps(contract)

    found = recheck(edited(dataset, tmp_path, 0, edit))
    assert found.passed
    assert any("newmm 5.0.5" in note for note in found.notes)


def test_a_changed_missing_or_added_shard_is_found(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    assert run(*build_arguments(teacher, out, rows=4))[0] == 0
    shard = out / "data/sft/part-00000.parquet"
    rejected = out / "rejected/part-00000.parquet"
    original = shard.read_bytes()

    rows = list(read_rows(shard))
    rows[0]["source"]["license"] = "MIT"
    pl.DataFrame(rows, schema=SFT_SCHEMA).write_parquet(shard)
    assert "SHA-256" in recheck(out).problems[0].what
    shard.write_bytes(original)
    assert recheck(out).passed

    (out / "data/sft/part-00001.parquet").write_bytes(original)
    assert any("not in the manifest" in problem.what for problem in recheck(out).problems)
    (out / "data/sft/part-00001.parquet").unlink()
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["shards"]["sft"].append({"path": "../elsewhere.parquet", "sha256": "0"})
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert any("outside the dataset" in problem.what for problem in recheck(out).problems)
    rejected.unlink()
    assert any("missing" in problem.what for problem in recheck(out).problems)


def test_exit_codes_and_json(run, dataset, tmp_path):
    code, text = run("verify", dataset, "--json")
    assert code == 0
    assert json.loads(text)["constraints"]["length.lines"] == {"PASS": 1, "FAIL": 0, "UNDECIDED": 0}
    damaged = edited(dataset, tmp_path, 0, set_outcome)
    assert run("verify", damaged)[0] == 1
    code, text = run("verify", damaged, "--json")
    assert code == 1
    assert json.loads(text)["passed"] is False


@pytest.mark.parametrize("content", [b"", b"not parquet at all"])
def test_what_is_no_dataset_is_exit_code_2(run, tmp_path, content):
    assert run("verify", tmp_path / "nowhere")[0] == 2
    (tmp_path / "empty").mkdir()
    assert run("verify", tmp_path / "empty")[0] == 2
    (tmp_path / "x.parquet").write_bytes(content)
    assert run("verify", tmp_path / "x.parquet")[0] == 2
    pl.DataFrame({"text": ["ก"]}).write_parquet(tmp_path / "y.parquet")
    code, text = run("verify", tmp_path / "y.parquet")
    assert code == 2
    assert "missing" in text


def test_no_rows_is_not_a_pass(tmp_path):
    path = tmp_path / "none.parquet"
    pl.DataFrame([], schema=SFT_SCHEMA).write_parquet(path)
    assert not recheck(path).passed
    (tmp_path / "bad.jsonl").write_text("{")
    with pytest.raises(DatasetError, match=r"bad\.jsonl"):
        recheck(tmp_path / "bad.jsonl")
    (tmp_path / "list.jsonl").write_text("\n[1]\n")
    with pytest.raises(DatasetError, match=r"list\.jsonl, line 2: a row must be an object, not list"):
        recheck(tmp_path / "list.jsonl")
