"""Prompts from files and data sets: what is read, what a bad row costs, and what travels with every record."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datagen.config import BuildRecipe
from datagen.errors import PromptFileError
from datagen.prompts import (
    BadRow,
    Census,
    Columns,
    Prompt,
    PromptReader,
    PromptSource,
    open_prompts,
    presets,
    read_prompts,
)
from datagen.prompts.rows import MAX_LINE_BYTES
from datagen.recipe import load_recipe
from datagen.record import Message, canonical_json
from datagen.shards import read_rows
from datagen.stages.seed import seed_records

TURNS = [{"role": "user", "content": "ก"}, {"role": "assistant", "content": "ข"}]
COLUMNS = Columns(text="ถาม", id="no", license="lic", source="from", history="before")
TABLE = [
    {"ถาม": "เมืองหลวงคือเมืองอะไร", "no": 7, "lic": "MIT", "from": "ครู", "before": TURNS, "lang": "th"},
    {"ถาม": "ทำไมฟ้าสีฟ้า", "no": 8, "lic": None, "from": None, "before": None, "lang": "th"},
    {"ถาม": "why is the sky blue", "no": 9, "lic": "MIT", "from": "x", "before": [], "lang": "en"},
]


def written(tmp_path: Path, suffix: str, rows: list[dict[str, Any]] = TABLE) -> str:
    path = tmp_path / f"table{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    elif suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    else:
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows)
    return str(path)


def items_of(*sources: PromptSource, skip: bool = True, block: int = 100) -> list[Prompt | BadRow]:
    reader = PromptReader(sources, "skip" if skip else "stop", block)
    reader.begin()
    return list(reader)


def reasons(*sources: PromptSource) -> list[str]:
    return [item.reason if isinstance(item, BadRow) else "good" for item in items_of(*sources)]


def jsonl(tmp_path: Path, *lines: bytes, name: str = "p.jsonl") -> PromptSource:
    (tmp_path / name).write_bytes(b"\n".join(lines))
    return PromptSource(path=str(tmp_path / name))


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_every_format_gives_the_same_prompts_with_licence_source_id_and_history(tmp_path, suffix):
    path = written(tmp_path, suffix)
    got = items_of(PromptSource(path=path, columns=COLUMNS, where={"lang": "th"}, license="CC0-1.0"))
    history = (Message("user", "ก"), Message("assistant", "ข"))
    assert got == [
        Prompt("7", "เมืองหลวงคือเมืองอะไร", "ครู", "MIT", history=history),
        Prompt("8", "ทำไมฟ้าสีฟ้า", "table", "CC0-1.0"),
    ]


def test_a_conversation_becomes_its_last_user_turn_and_what_came_before(tmp_path):
    turns = [*TURNS, {"role": "user", "content": " ค "}, {"role": "assistant", "content": "ง"}]
    path = written(tmp_path, ".parquet", [{"conversation": turns}])
    (prompt,) = items_of(PromptSource(path=path, columns=Columns(messages="conversation")))
    assert isinstance(prompt, Prompt)
    assert (prompt.text, [turn.content for turn in prompt.history]) == ("ค", ["ก", "ข"])
    record = next(seed_records([prompt], "th", 1, 0))
    assert [(m.role, m.content) for m in record.messages] == [("user", "ก"), ("assistant", "ข"), ("user", "ค")]


def test_several_text_columns_are_joined_and_only_the_first_must_be_filled(tmp_path):
    rows = [
        {"Instruction": "สรุป", "Input": "ยาว"},
        {"Instruction": "ทักทาย", "Input": ""},
        {"Instruction": "", "Input": "x"},
    ]
    path = written(tmp_path, ".csv", rows)
    got = items_of(PromptSource(path=path, columns=Columns(text=["Instruction", "Input"])))
    assert [item.text if isinstance(item, Prompt) else item.reason for item in got] == ["สรุป\n\nยาว", "ทักทาย", "empty"]


GOOD = '{"prompt": "สวัสดีตอนเช้า"}'.encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"prompt": "x"', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"prompt": "x", "level": ' + b"9" * 5000 + b"}", "bad_json"),
        (b'["x"]', "bad_json"),
        (b'{"prompt": 3}', "wrong_type"),
        (b'{"prompt": "x", "id": 3}', "wrong_type"),
        (b'{"prompt": " "}', "empty"),
        (b'{"id": "x"}', "missing_column"),
        (b'{"promt": "x"}', "unknown_key"),
        (b'{"prompt": "' + b"x" * 1_048_576 + b'"}', "oversized"),
        (b'{"prompt": "' + b"x" * MAX_LINE_BYTES + b'"}', "oversized"),
        (b"\x7fELF\x02\x01\x00\x00\xff\xfe", "not_utf8"),
        (b'{"prompt": "a\\u0000b"}', "binary"),
        (b'{"prompt": "caf\xe9"}', "not_utf8"),
        ('{"prompt": "ไทย"}'.encode("tis-620"), "not_utf8"),
        (b'{"prompt": "\\ud83d"}', "broken_unicode"),
        (b'{"prompt": "x", "avoid": ["poems"]}', "unknown_constraint"),
        (b'{"prompt": "x", "history": [{"role": "user", "content": "y"}]}', "bad_history"),
        (b'{"prompt": "x", "history": [{"role": "system", "content": "y"}]}', "bad_history"),
        (b'{"prompt": "x", "id": "p-00001"}', "duplicate_id"),
    ],
)
def test_a_bad_row_stops_with_file_and_line_or_is_one_counted_row(tmp_path, line, reason):
    source = jsonl(tmp_path, GOOD, line, GOOD)
    assert reasons(source) == ["good", reason, "good"]
    with pytest.raises(PromptFileError) as stopped:
        items_of(source, skip=False)
    assert f"{source.path}:2: " in str(stopped.value)
    assert len(str(stopped.value)) < 700


def test_a_byte_order_mark_is_no_part_of_the_text_and_utf16_is_named(tmp_path):
    assert reasons(jsonl(tmp_path, b"\xef\xbb\xbf" + GOOD, GOOD)) == ["good", "good"]
    (tmp_path / "u.jsonl").write_bytes(GOOD.decode().encode("utf-16"))
    with pytest.raises(PromptFileError, match=r"u\.jsonl is UTF-16; save it as UTF-8"):
        items_of(PromptSource(path=str(tmp_path / "u.jsonl")))


def test_csv_rows_that_are_not_whole_are_named_by_their_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes('prompt,id\n"สอง\nบรรทัด",a\nหนึ่ง\n'.encode() + b"caf\xe9,b\n" + "ดี,c\n".encode())
    got = items_of(PromptSource(path=str(path)))
    assert [item.place.rpartition("/")[2] + " " + item.reason for item in got if isinstance(item, BadRow)] == [
        "t.csv:4 wrong_columns",
        "t.csv:5 not_utf8",
    ]
    assert [item.id for item in got if isinstance(item, Prompt)] == ["a", "c"]


def test_a_csv_quote_that_is_never_closed_is_one_sentence(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('prompt,id\nก,a\n"ข,b\nค,c\n')
    with pytest.raises(PromptFileError, match=r"t\.csv:3: .*quote"):
        items_of(PromptSource(path=str(path)))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_without_the_column_is_no_file_of_bad_rows(tmp_path, suffix):
    path = written(tmp_path, suffix)
    with pytest.raises(PromptFileError, match=r"no column 'prompt'; it has ถาม, no"):
        items_of(PromptSource(path=path))
    with pytest.raises(PromptFileError, match=r"no column 'licence'"):
        items_of(PromptSource(path=path, columns=Columns(text="ถาม", license="licence")))


def test_damaged_empty_missing_and_unknown_files_are_named(tmp_path):
    (tmp_path / "d.parquet").write_bytes(b"PAR1 and then nothing")
    (tmp_path / "e.csv").write_text("prompt\n")
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    for name, word in (("d.parquet", "parquet"), ("e.csv", "no prompts"), ("x.xlsx", ".csv"), ("m.csv", "No such")):
        with pytest.raises(PromptFileError) as refused:
            items_of(PromptSource(path=str(tmp_path / name)))
        assert name in str(refused.value)
        assert word in str(refused.value)


def test_a_set_larger_than_a_block_is_read_as_needed_and_the_same_in_every_round(tmp_path):
    source = jsonl(tmp_path, *(json.dumps({"prompt": f"คำถาม {n}"}).encode() for n in range(25)), b'{"prompt": 1}')
    reader = PromptReader([source], "stop", block=5)
    reader.begin()
    head = [item.id for item in islice((p for p in reader if isinstance(p, Prompt)), 20)]
    assert head == [f"p-{n:05d}" for n in range(1, 21)]  # the bad row 26 was not reached
    reader = PromptReader([source], "skip", block=5)
    reader.begin()
    assert list(reader) == list(reader) == items_of(source)
    records = [r.id for r in islice(seed_records(reader, "th", 1, 3, block=5), 26 + 25) if not r.id.endswith("refused")]
    assert Counter(r.split("/")[1] for r in records) == {"r0": 25, "r1": 25}
    assert {r.split("/")[0] for r in records[:5]} == {f"p-{n:05d}" for n in range(1, 6)}


def test_the_census_counts_only_blocks_that_were_reached_and_hashes_as_one_list():
    prompts = [Prompt(f"p{n}", "คำถาม", "s", "MIT") for n in range(6)]
    census = Census()
    assert len(list(islice(seed_records(prompts, "th", 2, 1, census=census, block=3), 7))) == 7
    said = [{k: v for k, v in asdict(p).items() if k not in ("history", "constraints")} for p in prompts]
    for records, count in ((0, 3), (6, 3), (7, 6)):
        whole = hashlib.sha256(canonical_json(said[:count]).encode()).hexdigest()
        assert census.summary(records) == {"count": count, "sha256": whole}


def hub_folder(tmp_path: Path) -> str:
    (tmp_path / "set").mkdir()
    written(tmp_path / "set", ".parquet")
    return str(tmp_path / "set")


def test_a_data_set_is_streamed_by_the_real_loader_with_split_columns_and_filter(tmp_path):
    source = PromptSource(hub=hub_folder(tmp_path), split="train", columns=COLUMNS, where={"lang": ["th", "lo"]})
    got = items_of(source)
    assert [(p.id, p.license, len(p.history)) for p in got if isinstance(p, Prompt)] == [
        ("7", "MIT", 2),
        ("8", "unknown", 0),
    ]
    assert reasons(PromptSource(hub=str(tmp_path / "set"), columns=COLUMNS, limit=1)) == ["good"]


def test_a_data_set_that_cannot_be_had_is_one_sentence(tmp_path, monkeypatch):
    import datasets

    folder = hub_folder(tmp_path)
    with pytest.raises(PromptFileError, match=r"\(nope\) cannot be read"):
        items_of(PromptSource(hub=folder, split="nope", columns=COLUMNS))
    with pytest.raises(PromptFileError, match="nowhere"):
        items_of(PromptSource(hub=str(tmp_path / "nowhere"), columns=COLUMNS))

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach 'a/b' on the Hub (LocalEntryNotFoundError)")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(PromptFileError, match=r"a/b \(train\) cannot be reached .*download it"):
        items_of(PromptSource(hub="a/b"))


def test_without_the_extra_hub_the_sentence_names_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(PromptFileError, match=r"typhoon-data\[hub\]"):
        items_of(PromptSource(hub="a/b"))


@pytest.mark.parametrize("name", ["wildchat", "wildchat-th", "wangchan-thai-instruct", "han", "typhoon-instruct"])
def test_shipped_presets_are_whole_sources_and_can_be_changed(name):
    source = PromptSource.model_validate(f"preset:{name}").resolved()
    assert (source.hub or "").count("/") == 1
    assert source.license
    assert source.columns is not None
    changed = PromptSource(preset=name, limit=5).resolved()
    assert (changed.limit, changed.hub) == (5, source.hub)
    assert set(presets()) >= {name}


@pytest.mark.parametrize(
    ("prompts", "stored"),
    [
        (["a.jsonl"], ["a.jsonl"]),
        ([{"path": "a.csv"}, "hub:org/name", {"preset": "han"}], ["a.csv", "hub:org/name", "preset:han"]),
        ([{"path": "a.csv", "columns": {"text": "q"}}], [{"path": "a.csv", "columns": {"text": "q"}}]),
    ],
)
def test_a_recipe_stores_sources_in_the_shortest_form_and_reads_them_back(prompts, stored):
    recipe = load_recipe(BuildRecipe, None, [f"prompts={json.dumps(prompts)}"])
    assert recipe.model_dump(mode="json")["prompts"] == stored
    assert load_recipe(BuildRecipe, None, [f"prompts={json.dumps(stored)}"]) == recipe


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"path": "a", "hub": "b"}, ["exactly one of"]),
        ({"path": "a", "colums": {}}, ["'colums'", "did you mean 'columns'"]),
        ({"path": "a", "columns": {"txt": "q"}}, ["'txt'", "did you mean 'text'"]),
        ("preset:hann", ["'hann'", "wildchat"]),
        ({"path": "a", "columns": {"messages": "m", "text": "q"}}, ["not both"]),
    ],
)
def test_a_wrong_source_is_one_sentence(run, source, words):
    code, text = run("build", f"prompts={json.dumps([source])}")
    assert code == 2
    assert all(word in text for word in words), text


def test_read_prompts_still_reads_files_whole(tmp_path):
    path = str(jsonl(tmp_path, GOOD, GOOD).path)
    assert [prompt.id for prompt in read_prompts("th", [path])] == ["p-00001", "p-00002"]
    assert len(read_prompts("th", [])) == 230
    assert open_prompts("th", []).sources[0].license == "CC0-1.0"


def test_skipped_rows_are_counted_in_the_funnel_and_named_in_the_rejected_rows(run, build_arguments, teacher, tmp_path):
    common = {"license": "MIT", "keywords": ["ไข่ต้ม", "ขนมปัง", "กล้วย", "นม"], "history": TURNS}
    good = [json.dumps(common | {"prompt": f"ช่วยแนะนำอาหารเช้าแบบที่ {n} หน่อย", "id": f"p{n}"}) for n in range(9)]
    bad = ["{", '{"prompt": ""}', "{", '{"prompt": "x", "level": 0}']
    (tmp_path / "p.jsonl").write_text("\n".join([*good, *bad]))
    arguments = [*build_arguments(teacher, tmp_path / "ds", rows=4), "--prompts", "p.jsonl"]
    code, text = run(*arguments)
    assert code == 2
    assert "p.jsonl:10" in text
    assert "--on-bad-row skip" in text
    assert teacher.requests == []
    code, text = run(*arguments, "--on-bad-row", "skip")
    assert code == 0, text
    manifest = json.loads((tmp_path / "ds/manifest.json").read_text())
    read = manifest["stages"]["read"]
    assert read["rejected"] == {"bad_json": 2, "empty": 1, "wrong_type": 1}
    assert read["in"] == read["kept"] + 4
    assert manifest["prompts"]["count"] == 9
    assert manifest["attempts"] == manifest["stages"]["translate"]["in"] == read["kept"]
    rejected = [row for file in (tmp_path / "ds/rejected").glob("*.parquet") for row in read_rows(file)]
    named = {row["id"]: row for row in rejected if row["stage"] == "read"}
    assert set(named) == {f"p.jsonl:{n}/refused" for n in (10, 11, 12, 13)}
    assert all(row["source"]["name"] == "p" for row in named.values())
    accepted = [row for file in (tmp_path / "ds/data/sft").glob("*.parquet") for row in read_rows(file)]
    assert {(row["source"]["name"], row["source"]["license"]) for row in accepted} == {("p", "MIT")}
    assert all(row["source"]["id"] in {f"p{n}" for n in range(9)} for row in accepted)
    for row in accepted:
        turns = [turn for turn in row["messages"] if turn["role"] != "system"]
        assert turns[:2] == TURNS
        assert [turn["role"] for turn in turns[2:]] == ["user", "assistant"]
    assert run("verify", tmp_path / "ds")[0] == 0
