"""A build that was cut off goes on from its checkpoint: same bytes, hardly anything replayed, and never a stale one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from datagen import checkpoint
from datagen.build import BuildResult, build
from datagen.config import BuildRecipe
from datagen.dataset import open_dataset
from datagen.ledger import Ledger
from datagen.llm.client import Usage
from datagen.manifest import Tally
from datagen.near_duplicates import SeenTexts
from datagen.recipe import load_recipe
from datagen.record import Record, Rejection
from datagen.report import render_report
from datagen.shards import SFT_SCHEMA, ShardWriter, file_sha256, read_rows

from .conftest import KEYWORD_WEIGHTS


class Cut(Exception):
    """The moment a build is cut off."""


class Watch:
    """Cuts the build off after so many outcomes."""

    def __init__(self, cut_after: int | None = None) -> None:
        self.cut_after, self.outcomes = cut_after, 0

    def say(self, message: str) -> None:
        pass

    def started(self, ledger: Ledger, usage: Usage) -> None:
        self.before = ledger.accepted + ledger.reasons.total()

    def outcome(self, outcome: Record | Rejection) -> None:
        self.outcomes += 1
        if self.outcomes == self.cut_after:
            raise Cut


@pytest.fixture
def recipe(teacher, monkeypatch) -> Callable[..., BuildRecipe]:
    monkeypatch.setattr(checkpoint, "EVERY", 10)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def made(*settings: str) -> BuildRecipe:
        given = [
            "rows=30", "rows_per_shard=7", f"compose.weights={KEYWORD_WEIGHTS}", "teacher.guidance=null",
            f"teacher.base_url={teacher.base_url}", "teacher.model=scripted",
        ]  # fmt: skip
        return load_recipe(BuildRecipe, None, [*given, *settings])

    return made


def files_of(out: Path) -> dict[str, str]:
    files = [file for file in out.rglob("*") if file.is_file() and ".typhoon" not in file.parts]
    found = {str(file.relative_to(out)): file_sha256(file) for file in files}
    if "report.html" in found:  # its cost and speed are those of this run
        found["report.html"] = render_report(open_dataset(out), spending=False)
    return found


def cut_off(recipe: BuildRecipe, out: Path, after: int) -> None:
    with pytest.raises(Cut):
        build(recipe, out, Watch(after))


def resumed(recipe: BuildRecipe, out: Path) -> tuple[BuildResult, int]:
    """The result, and at which outcome the run began."""
    watch = Watch()
    result = build(recipe, out, watch)
    return result, watch.before


@pytest.mark.parametrize("after", [[10], [9, 20, 25], [41, 1, 33]])
def test_a_build_cut_off_goes_on_from_the_last_checkpoint_and_ends_in_the_same_bytes(recipe, tmp_path, teacher, after):
    build(recipe(), tmp_path / "whole", Watch())
    asked = len(teacher.requests)
    position = 0
    for outcomes in after:
        cut_off(recipe(), tmp_path / "cut", outcomes)
        position = (position + outcomes) // 10 * 10  # `outcomes` more than where it had gone on
    result, begun = resumed(recipe(), tmp_path / "cut")
    assert begun == position
    assert result.usage.from_store <= 2 * (10 + 2 * 4)  # an interval, and what was looked ahead for
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")
    assert len(teacher.requests) - asked <= asked + len(after) * 4
    assert not (tmp_path / "cut/.typhoon/staging").exists()


def test_a_checkpoint_of_another_recipe_or_other_prompts_is_not_used(recipe, tmp_path, monkeypatch):
    prompts = tmp_path / "p.jsonl"
    keywords = ["บ้าน", "วัด", "ตลาด", "ถนน"]
    rows = [{"prompt": f"เล่าเรื่องเมืองที่ {n} ให้ฟังหน่อย", "keywords": keywords, "id": f"p{n}"} for n in range(60)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    prompts.write_text("\n".join(lines))
    with_prompts = recipe(f"prompts=[{prompts}]", "rows=12")
    cut_off(with_prompts, tmp_path / "a", 25)
    cut_off(with_prompts, tmp_path / "b", 25)
    cut_off(with_prompts, tmp_path / "c", 25)
    assert resumed(with_prompts, tmp_path / "a")[1] == 20
    assert resumed(recipe(f"prompts=[{prompts}]", "rows=12", "screen.min_characters=30"), tmp_path / "b")[1] == 0
    prompts.write_text("\n".join(line.replace("ให้ฟังหน่อย", "ให้ฟังที") for line in lines))
    assert resumed(with_prompts, tmp_path / "c")[1] == 0
    build(with_prompts, tmp_path / "fresh", Watch())
    assert files_of(tmp_path / "c") == files_of(tmp_path / "fresh")
    cut_off(recipe(), tmp_path / "d", 25)
    monkeypatch.setattr("datagen.build.code_fingerprint", lambda: "changed code")
    assert resumed(recipe(), tmp_path / "d")[1] == 0


def test_fewer_rows_than_the_checkpoint_holds_are_replayed(recipe, tmp_path):
    cut_off(recipe(), tmp_path / "cut", 45)
    assert resumed(recipe("rows=3"), tmp_path / "cut")[1] == 0
    build(recipe("rows=3"), tmp_path / "whole", Watch())
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")


def test_staging_that_lost_a_shard_is_one_sentence_and_no_traceback(recipe, tmp_path):
    cut_off(recipe(), tmp_path / "cut", 45)
    next((tmp_path / "cut/.typhoon/staging/rejected").glob("*.parquet")).unlink()
    with pytest.raises(checkpoint.OutputError, match=r"staging does not hold .* remove that folder"):
        build(recipe(), tmp_path / "cut", Watch())


def test_every_stage_that_remembers_says_so(recipe, tmp_path):
    cut_off(recipe(), tmp_path / "cut", 10)
    saved = json.loads((tmp_path / "cut/.typhoon/staging/checkpoint.json").read_text())
    assert set(saved["parts"]) == {
        "ledger", "tally", "yields", "sft", "rejected", "dedup", "decontaminate", "mix",
    }  # fmt: skip
    assert "Bearer" not in json.dumps(saved)


def test_seen_texts_forget_what_came_after_the_checkpoint(tmp_path):
    texts = ["วันนี้อากาศดีมากเราจึงไปเที่ยวทะเลกัน", "แม่ทำแกงเขียวหวานกับไข่เจียวให้กิน", "พรุ่งนี้จะไปดูหนังที่ห้างกับเพื่อน"]
    kept = SeenTexts(0.8, tmp_path / "seen.sqlite")
    for number, text in enumerate(texts[:2]):
        kept.add(str(number), text)
    assert kept.state() == 2
    kept.add("2", texts[2])
    kept.state()
    kept.close()
    again = SeenTexts(0.8, tmp_path / "seen.sqlite")
    again.restore(2)
    assert [getattr(again.find(text + "นะ"), "name", None) for text in texts] == ["0", "1", None]
    with pytest.raises(ValueError, match="2 texts are kept, 3 wanted"):
        again.restore(3)
    again.close()


def test_an_open_shard_is_restored_from_its_journal_without_what_came_later(tmp_path):
    def row(number: int) -> dict:
        record = {"id": str(number), "messages": [{"role": "user", "content": "ก"}]}
        return {name: record.get(name) for name in SFT_SCHEMA}

    def writer() -> ShardWriter:
        return ShardWriter(tmp_path / "sft", SFT_SCHEMA, 3, tmp_path / "open")

    first = writer()
    for number in range(4):
        first.write(row(number))
    state = json.loads(json.dumps(first.state()))
    first.write(row(4))
    first.state()  # the journal of the open shard grows
    for number in range(5, 8):
        first.write(row(number))
    writer().restore(state)  # a restored writer may be cut off before it saves anything itself
    second = writer()
    second.restore(state)
    for number in range(4, 8):
        second.write(row(number))
    second.close()
    assert [r["id"] for path in second.paths for r in read_rows(path)] == list("01234567")
    assert sorted(path.name for path in (tmp_path / "sft").iterdir()) == [path.name for path in second.paths]


def test_counts_survive_json():
    tally, again = Tally(), Tally()
    tally.sources[("a", "MIT")] += 2
    tally.judge_scores[7.5] += 1
    tally.constraints_per_row[2] += 3
    again.restore(json.loads(json.dumps(tally.state())))
    assert again == tally
