"""The instructions of IFBench that belong to one prompt each: multiples, tables, countries, Napoleon's dates."""

from __future__ import annotations

import csv
import io
import itertools
import re
import string
import unicodedata

from constraints.compat.instruction import ENGLISH_WORDS, NO_KWARGS, SENTENCES, Instruction, Kwargs
from constraints.compat.reading import Reading
from constraints.compat.word_lists import CAPITALS

__all__ = ["INSTRUCTIONS"]

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_MARKS = string.punctuation + " "


def _ascii(value: str) -> str:
    return unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode("ascii")


# single prompts


def _multiples(reading: Reading, kw: Kwargs) -> bool:
    return re.findall(r"\d+", reading.text) == ["14", "21", "28", "35", "42", "49"]


def _questions(reading: Reading, kw: Kwargs) -> bool:
    if not reading.text.startswith("Question"):
        return False
    questions = [q.strip() for q in re.split(r"Question \d+[.|):;]?\s*", reading.text) if q.strip()]
    lengths = []
    for question in questions:
        lines = [line.strip() for line in question.split("\n")]
        options = [number for number, line in enumerate(lines) if re.match(r"[A-Ea-e][.|)]\s*\w+", line)]
        if len(options) != 5:
            return False
        lengths.append(len(" ".join(lines[: options[0]]).strip()))
    return len(lengths) == 4 and all(a < b for a, b in itertools.pairwise(lengths))


def _countries_reversed(reading: Reading, kw: Kwargs) -> bool:
    lines = [bare for line in reading.text.split("\n") if (bare := line.strip(_MARKS))]
    start = next((number for number, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    names = [_ascii(line) for line in lines[start:]]
    return len(names) >= 52 and names == sorted(names, reverse=True)


def _words_reversed(reading: Reading, kw: Kwargs) -> bool:
    value = " ".join(reading.text.lower().strip().translate(_NO_PUNCTUATION).split()[::-1])
    return "bald eagle" in value and value in reading.part(value).sentences


def _letters_reversed(reading: Reading, kw: Kwargs) -> bool:
    return "elgae dlab" in reading.text.lower()


def _capitals_sorted(reading: Reading, kw: Kwargs) -> bool:
    return [city.strip() for city in _ascii(reading.text).split(",") if city.strip()] == list(CAPITALS)


def _csv_rows(value: str, delimiter: str = ",") -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(value), delimiter=delimiter))
    except csv.Error:
        return []


def _csv_cities(reading: Reading, kw: Kwargs) -> bool:
    rows = _csv_rows(reading.text)
    header = ["ID", "Country", "City", "Year", "Count"]
    return len(rows) == 8 and rows[0] == header and all(len(row) == 5 for row in rows)


def _header_is(value: str, names: list[str], delimiter: str) -> bool:
    fields = re.split(rf"{delimiter}[ \t]*" if delimiter == "," else rf"{delimiter} *", value.split("\n")[0].strip())
    return len(fields) == len(names) and all(
        field in (name, f'"{name}"') for field, name in zip(fields, names, strict=True)
    )


def _csv_special(reading: Reading, kw: Kwargs) -> bool:
    if not _header_is(reading.text, ["ProductID", "Category", "Brand", "Price", "Stock"], ","):
        return False
    rows = _csv_rows(reading.text.replace('"', '"""'))  # the quotes stay in the fields
    if len(rows) != 15 or any(len(row) != 5 for row in rows[1:]):
        return False
    return any(_quotes_a_mark(field) for row in rows[1:] for field in row)


def _quotes_a_mark(field: str) -> bool:
    """Whether the field is quoted and holds what is neither letter, digit nor blank."""
    line = field.split("\n")[0]
    held = line[1 : max(line.rfind('"'), 1)]
    return line.startswith('"') and re.search(r"[^\w\s]", held) is not None


def _csv_quoted(reading: Reading, kw: Kwargs) -> bool:
    if not _header_is(reading.text, ["StudentID", "Subject", "Grade", "Semester", "Score"], "\t"):
        return False
    rows = _csv_rows(reading.text.replace('"', '"""'), "\t")
    fields = [field.strip() for row in rows for field in row]
    return (
        len(rows) == 4
        and all(len(row) == 5 for row in rows)
        and all(field.startswith('"') and field.endswith('"') for field in fields)
    )


def _napoleon_dates(reading: Reading, kw: Kwargs) -> bool:
    days = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for date in reading.text.strip().split(","):
        found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", date.strip())
        if found is None:
            return False
        year, month, day = map(int, found.groups())
        if not (1769 <= year <= 1821 and 1 <= month <= 12 and 1 <= day <= days[month - 1]):
            return False
    return True


def _alphabet_story(reading: Reading, kw: Kwargs) -> bool:
    sentences = [sentence.lstrip(string.punctuation + string.whitespace) for sentence in reading.sentences]
    return [sentence[:1].lower() for sentence in sentences] == list(string.ascii_lowercase)


INSTRUCTIONS = (
    Instruction("custom:multiples", NO_KWARGS, _multiples),
    Instruction("custom:mcq_count_length", NO_KWARGS, _questions),
    Instruction("custom:reverse_newline", NO_KWARGS, _countries_reversed),
    Instruction("custom:word_reverse", NO_KWARGS, _words_reversed, thai=ENGLISH_WORDS),
    Instruction("custom:character_reverse", NO_KWARGS, _letters_reversed, thai=ENGLISH_WORDS),
    Instruction("custom:sentence_alphabet", NO_KWARGS, _alphabet_story, thai=SENTENCES),
    Instruction("custom:european_capitals_sort", NO_KWARGS, _capitals_sorted, thai=ENGLISH_WORDS),
    Instruction("custom:csv_city", NO_KWARGS, _csv_cities),
    Instruction("custom:csv_special_character", NO_KWARGS, _csv_special,
                differs="official: only the first rows need five fields; ours: all do"),
    Instruction("custom:csv_quotes", NO_KWARGS, _csv_quoted),
    Instruction("custom:date_format_list", NO_KWARGS, _napoleon_dates,
                differs="official: month 00 and day 00 pass; ours: dates that exist"),
)  # fmt: skip
