"""Constraint packs in a build: drawn, checked in the sandbox, recorded, saved with the dataset, re-checked."""

from __future__ import annotations

import copy
import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from constraints import types
from datagen.errors import RecipeError
from datagen.llm.scripted import Reply, ScriptedServer
from datagen.packs import read_packs
from datagen.recheck import Checks, recheck
from datagen.shards import read_rows

Run = Callable[..., tuple[int, str]]

DATA: dict[str, Any] = {
    "format_version": 1,
    "name": "pack_mine",
    "constraints": [
        {
            "id": "pack_mine.ends_with_story",
            "th": ["จบคำตอบด้วยตัวเลข"],
            "en": ["End the answer with a number."],
            "verifiers": [
                {"source": "def evaluate(response):\n    return response[-1:].isdigit()"},
                {"source": "import re\ndef evaluate(response):\n    return bool(re.search(r'[0-9]$', response))"},
            ],
            "cases": {"pass": ["เรื่องที่ 1", "มี 20"], "fail": ["เรื่องแรก"]},
        }
    ],
}
ID = "pack_mine.ends_with_story"
# Nothing built in is drawn: every row carries the pack's constraint.
WEIGHTS = json.dumps(dict.fromkeys({constraint.family for constraint in types().values()}, 0) | {"pack_mine": 1})


def answer(body: dict[str, Any]) -> Reply:
    asked = body["messages"][-1]["content"]
    if "ให้คะแนน" in asked:
        return Reply("9")
    number = len(json.dumps(body)) + body["seed"]
    story = f"เมื่อเช้าฝนตกเบา ๆ แม่จึงต้มข้าวต้มให้ทุกคนกินก่อนออกจากบ้าน แล้วเราก็นึกถึงคำถามนี้ {asked[:30]} อีกครั้งอย่างตั้งใจ"
    return Reply(f"{story} {number}" if number % 3 else story)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "pack.yaml"
    path.write_text(yaml.safe_dump(DATA, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def arguments(pack: Path) -> Callable[..., list[object]]:
    def given(server: ScriptedServer, out: Path, *more: object, rows: int = 4) -> list[object]:
        return [
            "build", "--out", out, "--rows", rows, "--base-url", server.base_url, "--model", "scripted",
            f"compose.weights={WEIGHTS}", f"constraint_packs=[{pack}]", "teacher.guidance=null",
            "dedup.threshold=0", *more,
        ]  # fmt: skip

    return given


@pytest.fixture
def dataset(run: Run, arguments: Callable[..., list[object]], tmp_path: Path) -> Path:
    with ScriptedServer(answer) as server:
        code, text = run(*arguments(server, tmp_path / "ds"))
    assert code == 0, text
    return tmp_path / "ds"


def rows_of(dataset: Path, part: str = "data/sft") -> list[dict[str, Any]]:
    return [row for file in sorted((dataset / part).glob("*.parquet")) for row in read_rows(file)]


def test_a_build_draws_from_a_pack_and_keeps_only_what_its_verifiers_pass(dataset: Path) -> None:
    rows = rows_of(dataset)
    assert len(rows) == 4
    for row in rows:
        assert [constraint["id"] for constraint in row["constraints"]] == [ID]
        assert DATA["constraints"][0]["th"][0] in "".join(message["content"] for message in row["messages"][:-1])
        assert row["verdicts"] == [{"id": ID, "outcome": "PASS", "reason": ""}]
        assert row["messages"][-1]["content"][-1].isdigit()
    refused = [row for row in rows_of(dataset, "rejected") if row["stage"] == "verify"]
    assert refused
    assert {row["reason"] for row in refused} == {f"{ID} FAIL"}


def test_the_pack_is_recorded_saved_and_found_by_verify(dataset: Path, pack: Path, run: Run, tmp_path: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())
    (entry,) = manifest["constraint_packs"]
    assert (entry["name"], entry["path"], entry["constraints"]) == ("pack_mine", "constraint_packs/pack_mine.yaml", 1)
    assert (dataset / entry["path"]).read_bytes() == pack.read_bytes()
    pack.unlink()
    assert run("verify", dataset)[0] == 0
    assert recheck(dataset).constraints == {ID: {"PASS": 4, "FAIL": 0, "UNDECIDED": 0}}


def test_a_copy_without_its_pack_is_undecided_and_passes_with_it(
    dataset: Path, pack: Path, run: Run, tmp_path: Path
) -> None:
    shard = tmp_path / "copy.parquet"
    shutil.copy(dataset / "data/sft/part-00000.parquet", shard)
    code, text = run("verify", shard)
    assert code == 1
    assert "UNDECIDED" in text
    assert run("verify", shard, "--pack", pack)[0] == 0


def test_a_changed_or_missing_copy_of_the_pack_is_found(dataset: Path) -> None:
    copied = dataset / "constraint_packs/pack_mine.yaml"
    copied.write_text(copied.read_text() + "\n# edited\n")
    assert any("SHA-256" in problem.what for problem in recheck(dataset).problems)
    copied.unlink()
    assert any("missing" in problem.what for problem in recheck(dataset).problems)


def test_two_builds_agree_byte_for_byte_and_the_next_build_knows_nothing_of_the_pack(
    dataset: Path, run: Run, arguments: Callable[..., list[object]], tmp_path: Path
) -> None:
    with ScriptedServer(answer) as server:
        assert run(*arguments(server, tmp_path / "again"))[0] == 0
    assert rows_of(tmp_path / "again") == rows_of(dataset)
    assert ID not in types()


def test_a_finished_dataset_does_not_grow_with_another_pack(
    dataset: Path, pack: Path, run: Run, arguments: Callable[..., list[object]]
) -> None:
    pack.write_text(pack.read_text() + "# another\n")
    with ScriptedServer(answer) as server:
        manifest = json.loads((dataset / "manifest.json").read_text())
        url = f"teacher.base_url={manifest['recipe']['teacher']['base_url']}"
        code, text = run(*arguments(server, dataset, url, rows=5))
    assert code == 2
    assert "another" in text


def test_a_row_whose_answer_was_changed_fails(dataset: Path, tmp_path: Path, pack: Path) -> None:
    rows = rows_of(dataset)
    rows[0]["messages"][-1]["content"] = "ไม่มีตัวเลข"
    copy_path = tmp_path / "copy.jsonl"
    copy_path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    found = recheck(copy_path, Checks(packs=(pack,)))
    assert [problem.row for problem in found.problems] == [rows[0]["id"]]
    assert "FAIL" in found.problems[0].what


def _write(path: Path, **changes: Any) -> Path:
    data = copy.deepcopy(DATA)
    data["constraints"][0] |= changes
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def test_bad_pack_files_are_named(tmp_path: Path, pack: Path, run: Run) -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.yaml cannot be read"):
        read_packs([tmp_path / "nowhere.yaml"])
    (tmp_path / "bad.yaml").write_text("constraints: [\n")
    with pytest.raises(RecipeError, match=r"bad\.yaml:2 is not valid YAML"):
        read_packs([tmp_path / "bad.yaml"])
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match=r"bytes\.yaml is not UTF-8"):
        read_packs([tmp_path / "bytes.yaml"])
    with pytest.raises(RecipeError, match=r"field 'constraints\.0\.th'"):
        read_packs([_write(tmp_path / "x.yaml", th=[])])
    lying = _write(tmp_path / "lying.yaml", cases={"pass": ["ไม่มีเลข"], "fail": ["1"]})
    with pytest.raises(RecipeError, match="do not keep their own examples"):
        read_packs([lying])
    with pytest.raises(RecipeError, match="both called pack_mine"):
        read_packs([pack, _write(tmp_path / "y.yaml")])
    code, text = run("build", f"constraint_packs=[{pack}]", "compose.weights={pack_mihe: 1}", "--out", tmp_path / "o")
    assert code == 2
    assert "did you mean 'pack_mine'" in text
    assert "constraint_packs" in run("build", "compose.weights={pack_mine: 1}", "--out", tmp_path / "p")[1]


_SHIPPED = Path(__file__).parents[2] / "samples" / "pack_sample"


def test_the_shipped_pack_can_be_used_and_a_replay_of_its_answers_gives_the_same_bytes() -> None:
    """A real run of the embedded model, through every gate again."""
    spec = importlib.util.spec_from_file_location(
        "synthesis_benchmark", _SHIPPED.parents[1] / "benchmarks/synthesis.py"
    )
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    (file,) = read_packs([_SHIPPED / "pack.yaml"])
    told, right = benchmark.result(_SHIPPED)
    assert right, told["replay_agrees"]
    assert told["different_sources"] == sum(len(one.verifiers) for one in file.pack.constraints)
    assert told["verifiers"] >= 5
