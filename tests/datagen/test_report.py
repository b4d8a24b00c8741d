"""`typhoon-data report`: every number against a count by other means, every row in it, the same bytes, no way out."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from constraints import script_shares
from datagen.dataset import open_dataset
from datagen.recheck import recheck
from datagen.report import render_report
from datagen.report.lengths import histogram
from datagen.report.rows import pack_rows
from datagen.run_log import read_runs

_ROOT = Path(__file__).parents[2]
_PARTS = _ROOT / "datagen/offline_page/parts"
_SAMPLES = Path(__file__).parents[2] / "samples"


def all_rows(out: Path) -> list[dict[str, Any]]:
    """Every row with its split, read by polars alone."""
    files = [*sorted(out.glob("data/*/*.parquet")), *sorted(out.glob("rejected/*.parquet"))]
    return [{"split": file.parent.name, **row} for file in files for row in pl.read_parquet(file).iter_rows(named=True)]


def without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_empty(each) for key, each in value.items() if each not in (None, "", [])}
    return [without_empty(each) for each in value] if isinstance(value, list) else value


class Page(HTMLParser):
    """What a browser would make of the page: tables as lists of lines, scripts, every attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self._inside, self._lines, self._caption = "", [[]], ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "table":
            self._lines, self._caption = [], ""
        if tag == "tr":
            self._lines.append([])
        if tag in ("td", "th"):
            self._lines[-1].append("")
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag in ("td", "th", "caption", "script", "style"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""
        if tag == "table":
            self.tables.append((self._caption, self._lines))

    def handle_data(self, data: str) -> None:
        if self._inside == "caption":
            self._caption += data
        elif self._inside in ("td", "th"):
            self._lines[-1][-1] += data
        elif self._inside == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        if self._inside not in ("script", "style"):
            self.words += data

    def table(self, caption: str) -> list[list[str]]:
        (found,) = [lines for name, lines in self.tables if name.startswith(caption)]
        return [[" ".join(cell.split()) for cell in line] for line in found[1:]]

    def unpacked(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        index, *chunks = [inflated(text) for attributes, text in self.scripts if attributes.get("type") == "text/plain"]
        return index, [row for chunk in chunks for row in chunk]


def inflated(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text)).decode("cp874"))


@pytest.fixture(scope="module")
def page(built_dataset: Path) -> Page:
    return Page((built_dataset / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tools_page(built_tools: Path) -> Page:
    return Page((built_tools / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", ["dataset", "tools"])
def test_every_row_is_in_the_page_with_all_it_says(kind, request):
    page, out = request.getfixturevalue({"dataset": "page", "tools": "tools_page"}[kind]), f"built_{kind}"
    index, rows = page.unpacked()
    restored = [{"tools": [index["specs"][n] for n in row.pop("toolPlaces", [])], **row} for row in rows]
    expected = [
        {**row, "tools": json.loads(row.get("tools") or "[]")} for row in all_rows(request.getfixturevalue(out))
    ]
    for found, row in zip(without_empty(restored), without_empty(expected), strict=True):
        assert found == row
    assert index["columns"]["id"] == [row["id"] for row in expected]


def test_funnel_and_reasons_are_those_of_manifest_and_rows(page, built_dataset):
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    funnel = {line[0]: (int(line[2]), int(line[3]), int(line[4])) for line in page.table("Candidates at each stage")}
    assert funnel == {
        name: (stage["in"], stage["kept"], sum(stage["rejected"].values()))
        for name, stage in manifest["stages"].items()
    }
    counted = Counter((row["stage"], row["reason"]) for row in all_rows(built_dataset) if row["split"] == "rejected")
    told = {(line[1], line[0]): int(line[3].split()[0]) for line in page.table("Most frequent first")}
    assert told == dict(counted.most_common(12))
    assert len(counted) <= 12
    assert f"40 of {40 + counted.total()} candidates passed every check" in " ".join(page.words.split())


def test_constraints_scripts_and_scores(page, built_dataset):
    rows = all_rows(built_dataset)
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    types = {line[0]: [int(line[place]) for place in (1, 2, 3)] for line in page.table("By type")}
    assert types == {name: list(each.values()) for name, each in manifest["yields"].items()}
    scripts: dict[str, Counter[str]] = {"sft": Counter(), "rejected": Counter()}
    for row in rows:
        if row["messages"][-1]["role"] == "assistant":
            scripts[row["split"]].update(script_shares(row["messages"][-1]["content"]).keys())
    told = {line[0]: [int(cell.split()[0]) for cell in line[1:]] for line in page.table("Writing systems in answers")}
    names = {**scripts["sft"], **scripts["rejected"]}
    assert told == {name: [scripts["sft"][name], scripts["rejected"][name]] for name in names}
    assert told["Han"][1] > 0
    assert told["Han"][0] == 0
    scores = Counter((row["split"], int(row["judge"]["score"])) for row in rows if row["judge"]["score"] is not None)
    (judged,) = [lines for _, lines in page.tables if lines[0][:1] == ["score"]]
    assert [[int(cell) for cell in line] for line in judged[1:]] == [
        [score, scores["sft", score], scores["rejected", score]] for score in range(11)
    ]


def test_scenarios_by_kind_and_domain(tools_page, built_tools):
    rows = all_rows(built_tools)
    for caption, key in (("By kind", "kind"), ("By domain", "domain")):
        tried = Counter(json.loads(row["scenario"])[key] for row in rows)
        kept = Counter(json.loads(row["scenario"])[key] for row in rows if row["split"] == "tool")
        told = {line[0]: (int(line[1]), int(line[2])) for line in tools_page.table(caption)}
        assert told == {name: (count, kept[name]) for name, count in tried.items()}


@pytest.mark.parametrize("values", [[0], [3, 3, 3], list(range(1000)), [5] * 500 + [100_000], [19, 20], [21, 400]])
def test_a_histogram_counts_every_value_in_the_bin_it_belongs_to(values):
    found = histogram({"kept": pl.Series(values, dtype=pl.Int64)})
    step, counts = found["step"], found["counts"]["kept"]
    assert len(counts) <= 20
    expected = Counter(min(value // step, len(counts) - 1) for value in values)
    assert counts == [expected[place] for place in range(len(counts))]
    assert found["open"] == (max(values) >= len(counts) * step)
    assert str(step).strip("0") in ("1", "2", "5")
    assert sum(values) >= 0
    assert max(counts) < len(values) or len(set(values)) == 1 or max(values) > 50 * sorted(values)[len(values) // 2]


def test_lengths_of_prompts_and_answers(page, built_dataset):
    kept = [row for row in all_rows(built_dataset) if row["split"] == "sft"]
    for what, texts in {
        "Prompts": ["\n".join(m["content"] for m in row["messages"][:-1]) for row in kept],
        "Answers": [row["messages"][-1]["content"] for row in kept],
    }.items():
        lengths = sorted(map(len, texts))
        spread = re.search(
            rf"{what} kept median ([\d,]+) characters, from ([\d,]+) to ([\d,]+)", " ".join(page.words.split())
        )
        assert spread
        median, smallest, largest = (int(number.replace(",", "")) for number in spread.groups())
        assert (smallest, largest) == (lengths[0], lengths[-1])
        assert median in lengths[19:21]


def test_the_page_is_a_function_of_the_dataset(built_dataset, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(built_dataset, copy, ignore=shutil.ignore_patterns(".typhoon", "report.html"))
    public = render_report(open_dataset(built_dataset), spending=False)
    assert public == render_report(open_dataset(copy), spending=False)
    command = [sys.executable, "-c", "from datagen.cli import main; main()", "report", str(copy), "--no-spending"]
    subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "7"}, check=True)
    assert (copy / "report.html").read_text(encoding="utf-8") == public
    assert str(tmp_path) not in public


def test_cost_and_speed_are_the_only_part_that_the_dataset_does_not_decide(page, built_dataset):
    with_them = (built_dataset / "report.html").read_text(encoding="utf-8")
    without = render_report(open_dataset(built_dataset), spending=False)
    section = re.compile(r'<section id="cost">.*?</section>\n', re.DOTALL)
    link = '<li><a href="#cost">Cost and speed</a></li>'
    assert section.sub("", with_them).replace(link, "").split() == without.split()
    assert "Cost and speed" not in without
    (run,) = read_runs(built_dataset)
    assert run["ended"] == "finished"
    assert page.table("Runs that asked")[0][2] == f"{run['answers']:,}"
    stored = int(page.table("Every answer stored")[0][1].replace(",", ""))
    # What was asked twice is stored once, and what was under way at the end is stored, too.
    assert run["answers"] <= stored <= run["answers"] + run["from_store"] + 8


def test_the_page_is_no_part_of_the_dataset(built_dataset, tmp_path):
    copy = tmp_path / "ds"
    shutil.copytree(built_dataset, copy)
    assert "report.html" not in (copy / "manifest.json").read_text()
    (copy / "report.html").write_text("another page")
    assert recheck(copy).problems == []
    (copy / "report.html").unlink()
    assert recheck(copy).problems == []


def test_runs_are_logged_once_they_asked_something(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    said = run(*build_arguments(teacher, out))[1]
    assert run(*build_arguments(teacher, out))[0] == 0  # all from the store
    assert [each["ended"] for each in read_runs(out)] == ["finished"]
    with (out / ".typhoon/runs.jsonl").open("a") as file:
        file.write('{"ended": "finished", "seconds": "soon"}\n{half a li')
    (logged,) = read_runs(out)
    assert f"({logged['answers']} answers asked" in " ".join(said.split())
    assert 0 < logged["answers"] <= len(teacher.requests)
    assert run("report", out)[0] == 0


@pytest.mark.parametrize("sample", ["th", "tools_th"])
def test_of_too_many_rows_as_many_as_fit_are_drawn_from_both_fates(sample):
    dataset = open_dataset(_SAMPLES / sample)
    whole = pack_rows(dataset)
    assert whole.shown == whole.total == len(all_rows(_SAMPLES / sample))
    budget = whole.size // 2
    some = pack_rows(dataset, budget)
    assert budget // 3 < some.size <= budget
    assert some.total == whole.total
    assert some == pack_rows(dataset, budget)
    fates = Counter(inflated(some.index)["names"]["fate"][f] for f in inflated(some.index)["columns"]["fate"])
    assert fates.total() == some.shown < whole.total
    assert abs(fates["rejected"] - some.shown // 2) <= 1 or fates.total() - fates["rejected"] == len(
        [row for row in all_rows(_SAMPLES / sample) if row["split"] != "rejected"]
    )


def test_the_page_asks_for_nothing_from_outside(page, tools_page):
    for each in (page, tools_page):
        links = [value for _, name, value in each.attributes if name in ("src", "href", "action", "data", "poster")]
        assert links
        assert all(link.startswith("#") for link in links)
    for file in [*_PARTS.iterdir(), *(_ROOT / "datagen/report/page").iterdir()]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https?:|url\(|@import|\bfetch\(|XMLHttp|WebSocket|import\(|innerHTML|\beval\b", text), (
            file
        )


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_and_marks_stand_out_in_both_themes():
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for what a chart is read by."""
    style = (_PARTS / "base.css").read_text()
    themes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r"\{([^{}]*)\}", style)]
    light, automatic, dark = [theme for theme in themes if "ground" in theme]
    assert automatic == dark
    assert dark.keys() == light.keys()
    for theme in (light, dark):
        for text in ("ink", "dim", "kept-ink", "rejected-ink", "mark", "pass"):
            assert min(_contrast(theme[text], theme[ground]) for ground in ("ground", "card")) >= 4.5, text
        for fate in ("kept", "rejected"):
            assert _contrast(theme[f"{fate}-ink"], theme[f"{fate}-wash"]) >= 4.5
            assert _contrast(theme[fate], theme["card"]) >= 3
        assert _contrast(theme["ink"], theme["user"]) >= 4.5
        assert _contrast(theme["focus"], theme["card"]) >= 3


def test_an_unfinished_build_a_file_and_an_empty_dataset_have_a_page(run, built_dataset, tmp_path):
    shard = built_dataset / "data/sft/part-00000.parquet"
    alone = tmp_path / "alone.parquet"
    shutil.copy(shard, alone)
    assert run("report", alone)[0] == 0
    page = Page((tmp_path / "alone.report.html").read_text(encoding="utf-8"))
    assert len(page.unpacked()[1]) == 25
    assert "no manifest" in page.words
    unfinished = tmp_path / "unfinished"
    shutil.copytree(built_dataset, unfinished / ".typhoon/staging", ignore=shutil.ignore_patterns(".typhoon", "*.html"))
    assert run("report", unfinished)[0] == 0
    assert "Not finished" in (unfinished / "report.html").read_text(encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    nothing = {"in": 0, "kept": 0, "rejected": {}}
    manifest |= {"stages": dict.fromkeys(manifest["stages"], nothing), "yields": {}, "shards": {}, "rows": 0}
    (empty / "manifest.json").write_text(json.dumps(manifest))
    assert run("report", empty)[0] == 0
    assert "No candidate was made" in (empty / "report.html").read_text(encoding="utf-8")


def test_what_cannot_be_read_or_written_is_one_sentence(run, built_dataset, tmp_path):
    code, text = run("report", tmp_path / "nowhere")
    assert (code, "there is no dataset at" in text) == (2, True)
    code, text = run("report", built_dataset, "--to", tmp_path / "no/folder/page.html")
    assert (code, "cannot write" in text) == (2, True)
