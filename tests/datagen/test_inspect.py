"""`typhoon-data inspect`: which rows it finds, how they read, what its keys do, and how bad folders end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len
from rich.text import Text

from datagen.dataset import open_dataset
from datagen.pager import Pager


def all_rows(out: Path) -> list[dict[str, Any]]:
    """Every row with its split, read by polars alone."""
    files = [*sorted(out.glob("data/*/*.parquet")), *sorted(out.glob("rejected/*.parquet"))]
    return [{"split": file.parent.name, **row} for file in files for row in pl.read_parquet(file).iter_rows(named=True)]


@pytest.fixture
def found(run, built_dataset):
    """The ids that `inspect --json` finds with some options."""

    def ids(*options: object) -> list[str]:
        code, text = run("inspect", built_dataset, "--json", *options)
        assert code == 0, text
        return [json.loads(line)["id"] for line in text.splitlines()]

    return ids


def test_without_a_filter_it_finds_every_row_as_stored(run, built_dataset):
    code, text = run("inspect", built_dataset, "--json")
    assert code == 0
    assert [json.loads(line) for line in text.splitlines()] == all_rows(built_dataset)


def of_constraint(row: dict[str, Any], prefix: str) -> bool:
    return any(c["id"] == prefix or c["id"].startswith(prefix + ".") for c in row["constraints"])


FILTERS = {
    "kept": (["--kept"], lambda row: row["split"] == "sft"),
    "rejected": (["--rejected"], lambda row: row["split"] == "rejected"),
    "split": (["--split", "sft"], lambda row: row["split"] == "sft"),
    "stage": (["--stage", "judge"], lambda row: row.get("stage") == "judge"),
    "reason": (["--reason", "FAIL"], lambda row: "FAIL" in row.get("reason", "")),
    "type": (["--constraint", "keywords.include"], lambda row: of_constraint(row, "keywords.include")),
    "family": (["--constraint", "keywords"], lambda row: of_constraint(row, "keywords")),
    "half a name": (["--constraint", "keyword"], lambda row: False),
    "source": (["--source", "PROMPTS-th"], lambda row: "prompts-th" in row["source"]["name"]),
    "no source": (["--source", "elsewhere"], lambda row: False),
    "id": (["--id", "th-daily-"], lambda row: row["id"].startswith("th-daily-")),
    "turn": (["--search", "ริมคลอง"], lambda row: any("ริมคลอง" in m["content"] for m in row["messages"])),
    "detail": (["--search", "of 10, at least"], lambda row: "of 10, at least" in row.get("detail", "")),
    "two": (
        ["--stage", "verify", "--constraint", "keywords.include_all"],
        lambda row: row.get("stage") == "verify" and of_constraint(row, "keywords.include_all"),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_finds_what_reading_every_row_finds(name, found, built_dataset):
    options, matches = FILTERS[name]
    expected = [row["id"] for row in all_rows(built_dataset) if matches(row)]
    assert found(*options) == expected
    assert found(*options, "--limit", 3) == expected[:3]
    assert bool(expected) == (name not in ("half a name", "no source"))


def test_a_sample_is_the_same_for_its_seed_only_and_stays_in_order(found, built_dataset):
    everything = found()
    sample = found("--seed", 1, "--limit", 10)
    assert sample == found("--seed", 1, "--limit", 10)
    assert sample != found("--seed", 2, "--limit", 10)
    assert len(sample) == len(set(sample)) == 10
    assert sample == [row for row in everything if row in set(sample)]
    drawn = {row for seed in range(40) for row in found("--seed", seed, "--limit", 10)}
    assert len(drawn) > 0.9 * len(everything)  # every row can be drawn
    assert found("--seed", 1, "--limit", 9999) == everything


def test_a_row_reads_as_a_person_wants_it(run, built_dataset):
    row = next(row for row in all_rows(built_dataset) if row.get("stage") == "verify")
    code, text = run("inspect", built_dataset, "--id", row["id"])
    assert code == 0
    squeezed = text.replace(" ", "").replace("\n", "")
    for wanted in (
        *(message["content"] for message in row["messages"]),
        *(f"✗ {constraint['id']}" for constraint in row["constraints"]),
        *(constraint["instruction"] for constraint in row["constraints"]),
        f"FAIL: {row['verdicts'][0]['reason']}",
        f"rejected by verify: {row['reason']}",
        f"{row['source']['id']} · licence CC0-1.0",
        "teacher scripted",
    ):
        assert wanted.replace(" ", "").replace("\n", "") in squeezed, wanted
    kept = next(row for row in all_rows(built_dataset) if row["split"] == "sft")
    code, text = run("inspect", built_dataset, "--id", kept["id"])
    assert "✓ " in text
    assert "8 of 10 by scripted" in text
    rejected = next(row for row in all_rows(built_dataset) if row.get("stage") == "judge")
    assert "3 of 10 by scripted" in run("inspect", built_dataset, "--id", rejected["id"])[1]


@pytest.mark.parametrize("columns", [30, 60, 80])
def test_lines_fit_the_terminal(run, built_dataset, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    code, text = run("inspect", built_dataset, "--limit", 60)
    assert code == 0
    wide = [line for line in text.splitlines() if cell_len(line) > columns]
    # A parameter or an id has no place to break; everything else keeps to the width.
    assert all("· {" in line or line.startswith(("──", "  ✓", "  ✗")) for line in wide), wide[:3]


def test_show_is_inspect_without_its_pager(run, built_dataset):
    assert run("show", built_dataset, "--limit", 3) == run("inspect", built_dataset, "--kept", "--limit", 3)
    assert run("show", built_dataset, "--rejected") == run(
        "inspect", built_dataset, "--rejected", "--limit", 20, "--no-pager"
    )


def test_plain_output_says_that_there_is_more(run, built_dataset):
    code, text = run("inspect", built_dataset)
    assert code == 0
    assert text.count("constraints\n") == 20
    assert "only the first 20 are shown" in text
    assert "only the first" not in run("inspect", built_dataset, "--limit", 20)[1]


def test_a_closed_pipe_is_no_error(built_dataset):
    command = f"{sys.executable} -c 'from datagen.cli import main; main()' inspect {built_dataset} --json | head -n 1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=Path.cwd())
    assert json.loads(ended.stdout)["split"] == "sft"
    assert "Traceback" not in ended.stderr


def test_the_pager_reads_keys_from_plain_input(run, built_dataset, monkeypatch):
    from typer.testing import CliRunner

    from datagen.cli import app

    ids = [row["id"] for row in all_rows(built_dataset)]
    result = CliRunner().invoke(app, ["inspect", str(built_dataset), "--pager"], input="n\nn\np\nnonsense\nq\nn\n")
    assert result.exit_code == 0
    shown = [line.split()[1] for line in result.output.splitlines() if line.startswith("── ")]
    assert shown == [ids[0], ids[1], ids[2], ids[1], ids[1]]
    ended = CliRunner().invoke(app, ["inspect", str(built_dataset), "--pager"], input="n\n")  # the input just ends
    assert ended.exit_code == 0


def pager_of(lengths: list[int], height: int) -> Pager[int]:
    return Pager(iter(range(len(lengths))), lambda n: [Text(f"{n}.{line}") for line in range(lengths[n])], height)


def top(pager: Pager[int]) -> str:
    return pager.screen()[0].plain


def test_keys_of_the_pager():
    pager = pager_of([3, 12, 2], height=6)
    walk = {" ": ["1.0", "1.5", "1.10", "2.0", "2.0"], "b": ["1.0", "0.0", "0.0"]}
    for key, expected in walk.items():
        for wanted in expected:
            pager.press(key)
            assert top(pager) == wanted
    pager.press("\x1b[C")
    pager.press(" ")
    assert (top(pager), len(pager.screen())) == ("1.5", 6)
    pager.press("p")
    assert top(pager) == "0.0"
    pager.press("n")
    pager.press("n")
    pager.press("g")
    assert top(pager) == "0.0"
    assert "row 1 of more" in pager_of([3, 3], 6).screen()[-1].plain
    for key in ("n", "n", "n"):
        pager.press(key)
    assert "row 3 of 3" in pager.screen()[-1].plain
    assert not pager.over
    pager.press("q")
    assert pager.over


def test_the_pager_takes_rows_as_they_come_up():
    taken: list[int] = []

    def rows():
        for number in range(1000):
            taken.append(number)
            yield number

    pager = Pager(rows(), lambda number: [Text(str(number))], 10)
    pager.press("n")
    assert taken == [0, 1]


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(folder / "part-00000.parquet")


def test_splits_of_any_shape_are_read(run, tmp_path):
    turns = [{"role": "user", "content": "ขอสูตรต้มยำ"}]
    write(tmp_path / "ds/data/opd", [{"id": "o1", "messages": turns}])
    reward = {"style": "rule", "ground_truth": "[]"}
    write(tmp_path / "ds/data/rl", [{"id": "r1", "prompt": turns, "reward_model": reward, "data_source": "ours"}])
    write(tmp_path / "ds/data/plain", [{"id": "p1", "prompt": "ขอสูตรต้มยำ", "source": "a name only"}])
    code, text = run("inspect", tmp_path / "ds")
    assert code == 0
    assert text.count("ขอสูตรต้มยำ") == 3
    assert "ground_truth" in text
    for option, wanted in {"--search": "ต้มยำ", "--id": "r"}.items():
        code, text = run("inspect", tmp_path / "ds", "--json", option, wanted)
        assert len(text.splitlines()) == (3 if option == "--search" else 1)
    assert run("inspect", tmp_path / "ds", "--json", "--source", "name only")[1].count("\n") == 1
    assert "no row matches" in run("inspect", tmp_path / "ds", "--rejected")[1]


@pytest.mark.parametrize("typed", ["น้ำ", "น\u0e4d\u0e49า", "น\u0e49\u0e4dา", "นำ\u0e49"])
def test_sara_am_is_found_however_it_is_typed(run, tmp_path, typed):
    write(tmp_path / "ds/data/sft", [{"id": "a", "messages": [{"role": "user", "content": f"ดื่ม{typed}เย็น"}]}])
    for wanted in ("น้ำ", "น\u0e4d\u0e49า", "น\u0e49\u0e4dา"):
        assert run("inspect", tmp_path / "ds", "--json", "--search", wanted)[1].count("\n") == 1, wanted


def test_a_row_cannot_steer_the_terminal(run, tmp_path):
    turns = [{"role": "user", "content": "ก\x1b[2Jข\x07"}]
    write(tmp_path / "ds/data/sft", [{"id": "a\x1b[0m", "messages": turns, "extra": "\x1b]0;title\x07"}])
    text = run("inspect", tmp_path / "ds")[1]
    assert "\x1b" not in text
    assert "\\x1b[2J" in text


def test_bad_folders_end_in_one_clear_sentence(run, built_dataset, tmp_path):
    empty, damaged, garbage = tmp_path / "empty", tmp_path / "damaged", tmp_path / "garbage"
    empty.mkdir()
    shutil.copytree(built_dataset, damaged)
    shard = damaged / "data/sft/part-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-100])
    shutil.copytree(built_dataset, garbage)
    (garbage / "manifest.json").write_text("{")
    (tmp_path / "a.txt").write_text("text")
    cases = {
        tmp_path / "nowhere": "there is no dataset",
        empty: "holds no data",
        tmp_path / "a.txt": "is no parquet file",
        damaged: "part-00001.parquet cannot be read as parquet",
        garbage: "manifest.json is damaged",
    }
    for path, wanted in cases.items():
        for command in ("inspect", "stats"):
            code, text = run(command, path, "--json")
            assert code == 2, (command, path)
            assert wanted in text
            assert "\n" not in text.strip().split("{")[-1]
    assert "leave --kept out" in run("inspect", built_dataset, "--kept", "--stage", "verify")[1]


def test_nothing_found_names_what_there_is(run, built_dataset):
    assert (
        "stages that rejected something: respond, verify, screen"
        in run("inspect", built_dataset, "--stage", "verifi")[1]
    )
    assert "splits: sft" in run("inspect", built_dataset, "--split", "rl")[1]
    code, text = run("inspect", built_dataset, "--split", "train")
    assert (code, "unknown split 'train'" in text) == (2, True)


def test_a_build_that_kept_nothing_and_one_that_is_not_finished(run, built_dataset, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    (nothing / "manifest.json").write_text(json.dumps(manifest | {"shards": {}, "stages": {}, "yields": {}}))
    assert "has no rows" in run("inspect", nothing)[1]
    assert run("stats", nothing)[0] == 0
    begun = tmp_path / "begun"
    (begun / ".typhoon/staging").mkdir(parents=True)
    assert "has written no rows yet" in run("inspect", begun)[1]
    shutil.copytree(built_dataset / "data", begun / ".typhoon/staging/data")
    code, text = run("inspect", begun, "--limit", 1)
    assert code == 0
    assert "is not finished" in text
    assert "CC0-1.0" in text


def test_rows_at_scattered_positions_are_the_right_ones(tmp_path):
    write(tmp_path / "ds/data/sft", [{"id": str(number), "messages": []} for number in range(3000)])
    (shard,) = open_dataset(tmp_path / "ds").shards
    wanted = [0, 1, 255, 256, 257, 1023, 2998, 2999]
    assert [row["id"] for row in shard.rows(wanted)] == [str(number) for number in wanted]


def test_looking_changes_nothing(run, built_dataset):
    def everything() -> dict[str, int]:
        return {str(file): file.stat().st_mtime_ns for file in built_dataset.rglob("*")}

    before = everything()
    for command in ("inspect", "stats", "show"):
        assert run(command, built_dataset)[0] == 0
    assert everything() == before
