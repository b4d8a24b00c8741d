"""Thai on a terminal: nothing lost, nothing too wide, no letter torn from its marks."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from datagen.thai_lines import padded, printable, wrapped

THAI = st.text(st.sampled_from('กขคงจนมรลวสหอะาิีุูเแโใไำ่้๊๋์ๆฯ๑๒ aZ1.,-\n"('), max_size=200)


def cells(text: str) -> int:
    """Terminal columns by another rule than rich's tables: marks take none."""
    return sum(unicodedata.category(letter) not in ("Mn", "Me", "Cf") for letter in text)


@given(THAI, st.integers(2, 40))
@settings(deadline=None)
def test_wrapping_loses_nothing_but_blanks_and_keeps_to_the_width(text, width):
    lines = wrapped(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    for line in lines:
        # A letter with marks is never torn, so one letter with ำ may be wider than a line of two.
        assert cell_len(line) <= max(width, 3), line


@given(THAI, st.integers(4, 40))
@settings(deadline=None)
def test_lines_are_cut_between_letters_with_their_marks_only(text, width):
    for line in text.split("\n"):
        letters = regex.findall(r"\X", line)
        cuts = {sum(map(len, letters[:number])) for number in range(len(letters) + 1)}
        at = 0
        for piece in wrapped(line, width):
            at = line.index(piece, at)
            assert at in cuts, (line, piece)
            at += len(piece)


def test_words_stay_whole_where_they_fit():
    text = "แม่จึงต้มข้าวต้มให้ทุกคนกินก่อนออกจากบ้าน"
    assert wrapped(text, 12) == ["แม่จึงต้มข้าวต้ม", "ให้ทุกคนกินก่อน", "ออกจากบ้าน"]
    assert wrapped("น้ำ" * 6, 4) == ["น้ำน้ำ"] * 3


def test_a_text_of_a_megabyte_is_wrapped_in_time():
    assert len(wrapped("ข้าวผัดน้ำปลา" * 80_000, 80)) > 9_000


def test_control_characters_are_spelt_out():
    assert printable("a\x1b[31mb\x07\x9b\r\n\tc") == "a\\x1b[31mb\\x07\\x9b\n    c"


@pytest.mark.parametrize("name", ["น้ำ", "กำ", "เปี๊ยก", "ทำเนียบ", "ที่", "abc", "ป้ํา", "กุ้งก้ามกราม"])
def test_padding_counts_cells_not_letters(name):
    assert cells(padded(name, 20)) == 20


def test_columns_of_a_table_stay_aligned_under_marks_and_sara_am():
    table = Table()
    table.add_column("ชื่อ")
    table.add_column("จำนวน", justify="right")
    for name in ("น้ำ", "กำ", "เปี๊ยก", "ทำเนียบ", "plain", "ป้ํา"):
        table.add_row(name, "๑๒")
    console = Console(width=60, record=True, file=io.StringIO())
    console.print(table)
    lines = [line for line in console.export_text().splitlines() if line.strip()]
    assert len({cells(line) for line in lines}) == 1, lines
    borders = {
        tuple(cells(line[: found.start()]) for found in re.finditer("[│┃]", line)) for line in lines if "│" in line
    }
    assert len(borders) == 1
