"""Held-out prompts: read from files and data set folders, every unusable row named and none skipped."""

from __future__ import annotations

import builtins
import json

import polars as pl
import pytest

from datagen.errors import PromptFileError
from datagen.held_out import HeldOut, read_held_out
from datagen.prompts.source import PromptSource

ROWS = [
    {"key": 1001, "prompt": "คำถามที่หนึ่ง", "kwargs": [{}]},
    {"prompt": [{"role": "system", "content": "ก"}, {"role": "user", "content": "คำถามที่สอง"}]},
]


def read(source: object) -> list[HeldOut]:
    return list(read_held_out(PromptSource.model_validate(source if isinstance(source, dict) else str(source))))


def refused(source: object) -> str:
    with pytest.raises(PromptFileError) as caught:
        read(source)
    return str(caught.value)


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "eval.jsonl"
    path.write_text("\ufeff" + "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), encoding="utf-8")
    return path


def test_a_name_holds_file_row_and_the_rows_own_id(jsonl):
    assert read(jsonl) == [
        HeldOut(f"{jsonl}:1 (id 1001)", "คำถามที่หนึ่ง"),
        HeldOut(f"{jsonl}:2", "คำถามที่สอง"),
    ]


def test_columns_filter_and_limit_are_those_of_prompt_sources(tmp_path):
    path = tmp_path / "eval.parquet"
    table = {"q": ["หนึ่ง", "สอง", "สาม", "สี่"], "name": list("abcd"), "lang": ["en", "th", "th", "th"]}
    pl.DataFrame(table).write_parquet(path)
    source = {"path": str(path), "columns": {"text": "q", "id": "name"}, "where": {"lang": "th"}, "limit": 2}
    found = read(source)
    assert [each.text for each in found] == ["สอง", "สาม"]
    assert [each.name.partition(" (id ")[2] for each in found] == ["b)", "c)"]
    assert all(each.name.startswith(str(path)) for each in found)


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        ('{"prompt": "ก"}\n{"prompt": ', ":2: ", "held-out rows are never skipped"),
        ("[1]", ":1: ", "held-out rows are never skipped"),
        ('{"question": "ก"}', ":1: ", "there is no column 'prompt'; it has question. Say which to read"),
        ('{"prompt": "  "}', ":1: ", "prompt must hold a text or a conversation with a user turn"),
        ('{"prompt": 3}', ":1: ", "prompt must hold a text or a conversation with a user turn"),
        ('{"prompt": [{"role": "assistant", "content": "ก"}]}', ":1: ", "with a user turn"),
        ("", "", "holds no prompts to decontaminate against"),
    ],
)
def test_what_cannot_be_used_is_named_and_never_skipped(tmp_path, content, place, said):
    path = tmp_path / "eval.jsonl"
    path.write_text(content, encoding="utf-8")
    message = refused(path)
    assert message.startswith(f"{path}{place}")
    assert said in message


def test_missing_files_are_one_sentence(tmp_path):
    assert "missing.jsonl" in refused(tmp_path / "missing.jsonl")
    assert "must end in one of .jsonl, .csv, .parquet" in refused(tmp_path / "eval.json")


def test_a_data_set_is_read_by_the_hubs_own_loader(tmp_path):
    pytest.importorskip("datasets")
    (tmp_path / "test.jsonl").write_text('{"q": "คำถาม", "id": "x1"}\n', encoding="utf-8")
    source = {"hub": str(tmp_path), "split": "test", "columns": {"text": "q"}}
    assert read(source) == [HeldOut(f"{tmp_path} (test), row 1 (id x1)", "คำถาม")]


def test_without_the_extra_a_data_set_id_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without_datasets(name, *arguments, **named):
        if name == "datasets":
            raise ImportError("No module named 'datasets'")
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without_datasets)
    assert "needs the extra hub: pip install 'typhoon-data[hub]'" in refused({"hub": "google/IFEval"})


def test_a_row_that_lacks_the_filters_column_is_named_and_not_taken_for_unwanted(tmp_path):
    path = tmp_path / "eval.jsonl"
    path.write_text('{"prompt": "ก", "lang": "th"}\n{"prompt": "ข"}\n', encoding="utf-8")
    message = refused({"path": str(path), "where": {"lang": "th"}})
    assert message.startswith(f"{path}:2: ")
    assert "no 'lang' to filter by" in message
