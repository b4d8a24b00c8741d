"""`typhoon-data constraints`: list, show, check with the spot, docs that are not stale; bad input is one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from constraints import types
from constraints.pages import pages

_PROGRAM = Path(sys.executable).with_name("typhoon-data")
_DOCS = Path(__file__).parents[2] / "docs" / "constraints"


def _run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_PROGRAM, "constraints", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_list_shows_every_type() -> None:
    found = _run("list")
    assert found.returncode == 0
    assert all(constraint_id in found.stdout for constraint_id in types())


def test_list_as_json_is_the_whole_table() -> None:
    rows = json.loads(_run("list", "--json").stdout)
    assert [row["id"] for row in rows] == list(types())
    assert all(len(row["phrasings"]["th"]) >= 4 and row["example"]["pass"] for row in rows)
    only = json.loads(_run("list", "--json", "--family", "length").stdout)
    assert {row["family"] for row in only} == {"length"}


def test_show_checks_its_own_example() -> None:
    found = _run("show", "length.lines")
    assert found.returncode == 0
    assert "เขียนคำตอบให้มี 2 บรรทัดพอดี" in found.stdout
    assert "ผ่าน (PASS)" in found.stdout
    assert "ไม่ผ่าน (FAIL)" in found.stdout


def test_check_passes_with_exit_code_0(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    file.write_text("หนึ่ง\nสอง\n", encoding="utf-8")
    found = _run("check", "length.lines", "--params", '{"count": 2}', str(file))
    assert (found.returncode, found.stdout.split()[0]) == (0, "ผ่าน")


def test_check_explains_in_thai_and_names_the_spot() -> None:
    answer = "บรรทัดสั้น\nบรรทัดนี้ยาวเกินไปมากจริง ๆ\nจบ"
    found = _run("check", "length.line_characters_max", "--params", '{"maximum": 15}', "-", stdin=answer)
    assert found.returncode == 1
    assert "ไม่ผ่าน (FAIL)" in found.stdout
    assert "ต้องการไม่เกิน 15 ตัวอักษร" in found.stdout
    assert "บรรทัดที่ 2" in found.stdout
    assert "⟦บรรทัดนี้ยาวเกินไปมากจริง ๆ⟧" in found.stdout


def test_check_as_json() -> None:
    answer = "สั้น\nบรรทัดนี้ยาวเกินไป"
    arguments = ("check", "length.line_characters_max", "--params", '{"maximum": 10}', "--json", "-")
    found = json.loads(_run(*arguments, stdin=answer).stdout)
    assert found["outcome"] == "FAIL"
    assert found["spot"] == {"line": 2, "column": 1, "text": "บรรทัดนี้ยาวเกินไป"}
    assert found["thai"]


def test_what_cannot_be_told_is_exit_code_1() -> None:
    found = _run("check", "layout.quoted", "-", stdin='"ข้าว" และ "ปลา"')
    assert (found.returncode, found.stdout.split("\n")[0]) == (1, "ตัดสินไม่ได้ (UNDECIDED) layout.quoted")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "length.line", "-"), "did you mean 'length.lines'"),
        (("check", "length.lines", "-"), "field 'count' is missing"),
        (("check", "length.lines", "--params", '{"count": "3"}', "-"), "field 'count'"),
        (("check", "length.lines", "--params", '{"cuont": 3}', "-"), "field 'count' is missing"),
        (("check", "length.lines", "--params", "{count: 3}", "-"), "--params is not JSON"),
        (("check", "length.lines", "--params", "[3]", "-"), "--params is a list"),
        (("check", "length.lines", "--params", "null", "-"), "--params is null, not an object"),
        (("check", "punctuation:no_comma", "--params", '{"N": 3}', "-"), "field 'N' is unknown"),
        (("check", "length.lines", "--params", '{"count": 1}', "/dev/zero"), "longer than 10 MB"),
        (("check", "length.words_between", "--params", '{"minimum": 9, "maximum": 3}', "-"), "more than the maximum 3"),
        (("check", "length.lines", "--params", '{"count": 3}', "no/such/file"), "cannot be read"),
        (("show", "lenght.lines"), "did you mean 'length.lines'"),
        (("list", "--family", "lenght"), "no family is called 'lenght'"),
        (("docs", "--out", "/proc/nowhere"), "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], sentence: str) -> None:
    found = _run(*arguments)
    assert found.returncode == 2
    assert sentence in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert "Traceback" not in found.stderr


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "tis620.txt"
    file.write_bytes("สวัสดี".encode("tis-620"))
    found = _run("check", "length.lines", "--params", '{"count": 1}', str(file))
    assert (found.returncode, "not UTF-8" in found.stderr) == (2, True)


def test_readme_and_changelog_count_the_types_right() -> None:
    families, thai = len({t.family for t in types().values()}), sum(t.thai for t in types().values())
    readme = (_DOCS.parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"{len(types())} types in {families} families, {thai} of them rules that only Thai has" in readme
    assert f"with {len(types())} Thai-aware" in (_DOCS.parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_pages_in_docs_are_fresh() -> None:
    """`typhoon-data constraints docs` after any change of a type or its words."""
    assert {file.name: file.read_text(encoding="utf-8") for file in _DOCS.glob("*.md")} == pages()


def test_official_ids_can_be_checked_too() -> None:
    assert _run("check", "punctuation:no_comma", "-", stdin="ไม่มีจุลภาค").returncode == 0
    found = _run("check", "punctuation:no_comma", "-", stdin="ก, ข")
    assert (found.returncode, "punctuation:no_comma" in found.stdout) == (1, True)


def test_control_characters_never_reach_the_terminal() -> None:
    found = _run("check", "length.characters_max", "--params", '{"maximum": 3}', "-", stdin="กขค\x1b[31mง")
    assert "\x1b" not in found.stdout
    assert "\\x1b[31m" in found.stdout


def test_thai_prints_where_the_locale_is_c() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [_PROGRAM, "constraints", "show", "length.lines"]
    found = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert "บรรทัด" in found.stdout.decode("utf-8")
