"""`build --dry-run`: what earlier runs let expect, honest about small counts, and nothing touched."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import datagen.plan
from datagen.config import BuildRecipe
from datagen.dataset import Dataset, open_dataset
from datagen.plan import History, earlier_runs, plan_lines
from datagen.spending import read_spending
from datagen.teacher import Teacher


@pytest.fixture
def plan(run, build_arguments, teacher, built_dataset, tmp_path):
    """The comment lines of a dry run whose teacher is the one of the built dataset."""
    manifest = json.loads((built_dataset / "manifest.json").read_text())

    def lines(out: Path, *more: object, rows: int = 100, code: int = 0) -> list[str]:
        arguments = build_arguments(teacher, out, rows=rows)
        arguments[arguments.index(teacher.base_url)] = manifest["teacher"]["identity"]
        ended, text = run(*arguments, "--dry-run", "rows_per_shard=25", *more)
        assert ended == code, text
        return [line[2:] for line in text.splitlines() if line.startswith("# ")] if code == 0 else [text]

    return lines


def numbers(line: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", line)]


def line_of(lines: list[str], start: str) -> str:
    return next(line for line in lines if line.strip().startswith(start))


def everything_under(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(file): (file.stat().st_mtime_ns, file.stat().st_size) for file in folder.rglob("*")}


def test_expectations_follow_the_runs_beside_it_and_nothing_is_touched(plan, built_dataset, teacher):
    before = everything_under(built_dataset.parent)
    lines = plan(built_dataset.parent / "new")
    assert everything_under(built_dataset.parent) == before
    assert teacher.requests == []
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    rows, attempts = manifest["rows"], manifest["attempts"]
    assert f"expected from {attempts:,} candidates" in "\n".join(lines)
    expected, least, most, allowed = numbers(line_of(lines, "candidates needed"))
    assert expected == -(-100 * attempts // rows)
    assert least < expected < most < allowed == 2500
    (spent,) = read_spending(built_dataset)
    calls, fewest, at_most = numbers(line_of(lines, "calls"))
    assert at_most == round(spent.calls * most / attempts)
    assert fewest < calls < at_most
    for name, counts in manifest["yields"].items():
        line = line_of(lines, f"{name} ")
        assert numbers(line)[0] == counts["asked"]
        assert f"{counts['kept'] / counts['asked']:.0%}" in line
        assert line.endswith(f"about {round(100 * counts['kept'] / rows)}")
    assert "cost: unknown, no price for scripted" in "\n".join(lines)


def test_the_recipe_above_the_plan_can_be_built_from(run, build_arguments, teacher, tmp_path):
    code, text = run(*build_arguments(teacher, tmp_path / "new"), "--dry-run")
    assert code == 0
    (tmp_path / "again.yaml").write_text(text)
    assert run("build", tmp_path / "again.yaml", "--out", tmp_path / "new", "--dry-run") == (0, text)


def test_without_an_earlier_run_it_says_so(plan, tmp_path):
    assert "no earlier run of this teacher is known" in plan(tmp_path / "a/b/c")[-1]
    assert "no earlier run" in plan(tmp_path / "new", rows=3)[-1]


def test_runs_of_another_teacher_tell_nothing(plan, built_dataset, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(built_dataset, other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["teacher"]["name"] = "somebody"
    (other / "manifest.json").write_text(json.dumps(manifest))
    assert "no earlier run" in plan(tmp_path / "new")[-1]
    (said,) = plan(tmp_path / "new", "--history", other, code=2)
    assert "was answered by somebody, not by scripted" in said


def test_a_named_history_must_be_one_and_a_damaged_neighbour_is_only_noted(plan, tmp_path, built_dataset):
    for path, wanted in ((tmp_path / "nowhere", "there is no dataset"), (tmp_path, "holds no data")):
        assert wanted in plan(tmp_path / "new", "--history", path, code=2)[0]
    broken = tmp_path / "broken"
    broken.mkdir()
    for manifest, wanted in (("{", "damaged"), ('{"rows": 3}', "damaged or of another version"), ("[]", "damaged")):
        (broken / "manifest.json").write_text(manifest)
        noted = "\n".join(plan(tmp_path / "new"))
        assert f"{broken} is left out" in noted
        assert wanted in noted
        assert "damaged" in plan(tmp_path / "new", "--history", broken, code=2)[0]


def test_another_recipe_is_told(plan, built_dataset):
    lines = plan(built_dataset.parent / "new", "judge.min_score=8", "teacher.temperature=1")
    assert f"{built_dataset} had another judge, teacher.temperature: expect other yields" in lines
    assert not any("had another" in line for line in plan(built_dataset.parent / "new"))


def test_history_is_for_dry_runs(run, build_arguments, teacher, tmp_path, built_dataset):
    code, text = run(*build_arguments(teacher, tmp_path / "new"), "--history", built_dataset)
    assert (code, teacher.requests) == (2, [])
    assert "--dry-run" in text


TEACHER = Teacher("t", "http://t/v1", "unknown", "http://t/v1", embedded=False)


def history_of(rows: int, attempts: int, yields: dict[str, Any], candidates: int = 1) -> History:
    teacher = {"concurrency": 4}
    recipe = {"candidates": candidates, "teacher": teacher}
    manifest = {"rows": rows, "attempts": attempts, "yields": yields, "recipe": recipe}
    return History((Dataset(Path("/nowhere"), (), manifest),))


def test_few_candidates_make_wide_intervals_and_siblings_wider_ones():
    def width(history: History) -> float:
        low, high = history.interval(history.kept, history.asked)
        return high - low

    assert width(history_of(400, 800, {})) < 0.08
    assert width(history_of(4, 8, {})) > 0.5
    assert width(history_of(400, 800, {}, candidates=8)) > 2 * width(history_of(400, 800, {}))


def test_a_build_that_will_fall_short_is_told():
    recipe = BuildRecipe(rows=100, max_attempts=300)
    text = "\n".join(plan_lines(recipe, TEACHER, Path("o"), history_of(10, 100, {})))
    assert "a higher max_attempts may be needed" in text
    assert numbers(line_of(text.split("\n"), "rows:"))[0] == 30
    enough = "\n".join(plan_lines(recipe, TEACHER, Path("o"), history_of(900, 1000, {})))
    assert "may be needed" not in enough
    nothing = "\n".join(plan_lines(recipe, TEACHER, Path("o"), history_of(0, 50, {})))
    assert numbers(line_of(nothing.split("\n"), "candidates needed"))[0] == 300


def test_only_types_that_the_recipe_draws_are_listed():
    counts = {"asked": 10, "passed": 8, "kept": 5}
    yields = {
        "keywords.include": counts,
        "length.lines": counts,
        "keywords.exclude": {"asked": 0, "passed": 0, "kept": 0},
    }
    recipe = BuildRecipe.model_validate({"rows": 10, "compose": {"weights": {"length": 0}}})
    text = "\n".join(plan_lines(recipe, TEACHER, Path("o"), history_of(10, 20, yields)))
    assert "keywords.include " in text
    assert "80% (49% to 94%)" in text  # Wilson for 8 of 10
    assert "length.lines" not in text
    assert "keywords.exclude" not in text
    assert re.search(r"\d+ more types may be drawn", text)


def test_cost_with_a_price_table(built_dataset, monkeypatch):
    prices = {"scripted": {"input": 10.0, "output": 40.0}}
    monkeypatch.setattr(datagen.plan, "_prices", lambda recipe: (prices, "THB"))
    history = History((open_dataset(built_dataset),))
    lines = plan_lines(BuildRecipe(rows=100), TEACHER, Path("o"), history)
    (spent,) = read_spending(built_dataset)
    most = numbers(line_of(lines, "candidates needed"))[2] / history.asked
    highest = (spent.prompt_tokens * 10 + spent.completion_tokens * 40) / 1e6 * most
    assert float(re.findall(r"[\d.]+", line_of(lines, "cost"))[2]) == pytest.approx(highest, rel=0.01)


def test_the_output_folder_itself_is_history_when_it_grows(plan, built_dataset):
    assert str(built_dataset) in "\n".join(plan(built_dataset, rows=200))


def test_earlier_runs_survive_a_folder_that_is_not_there(tmp_path):
    assert earlier_runs(BuildRecipe(), TEACHER, tmp_path / "x/y", []).datasets == ()
