"""Both engines of `typhoon-data verify` say the same, and the scattered search for duplicates is the ordered one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from constraints import describe, text_contract
from datagen.config import DedupConfig, ScreenConfig
from datagen.near_duplicates import Match, SeenTexts, bands_for
from datagen.recheck import Checks, recheck
from datagen.record import canonical_json
from datagen.scattered_duplicates import Near, keys, meetings, nearness, winners
from datagen.shards import SFT_SCHEMA

WORDS = (
    "แม่ พ่อ ลูก ครู หมอ ชาวนา เดิน วิ่ง กิน ซื้อ ขาย ปลูก อ่าน เขียน บ้าน ตลาด โรงเรียน วัด ทุ่งนา ภูเขา ทะเล สวน เช้า เย็น "
    "วันนี้ พรุ่งนี้ ข้าว ปลา ผัก ผลไม้ อร่อย สวย ใหญ่ เล็ก ร้อน หนาว แล้ว จึง เพราะ แต่ กับ ที่ ใน บน ใกล้ จักรยาน รถไฟ หนังสือ นก แมว"
)


def prose(seed: object, words: int = 40) -> str:
    return "".join(random.Random(str(seed)).choices(WORDS.split(), k=words))


def edited(text: str, seed: object, edits: int) -> str:
    draw, letters = random.Random(str(seed)), list(text)
    for _ in range(edits):
        letters[draw.randrange(len(letters))] = draw.choice("กขคงจชซ")
    return "".join(letters)


def answers(seed: int) -> list[str]:
    """Families of texts that repeat one another exactly, nearly, in chains, and not at all."""
    draw, found = random.Random(seed), ["", "!!", "", "ก", "ก."]
    for number in range(12):
        text = prose((seed, number), draw.randint(8, 50))
        for step in range(draw.randint(1, 7)):
            found.append(text)
            if draw.random() < 0.3:
                found.append(f"{text} !")
            text = edited(text, (seed, number, step), draw.randint(0, 6))
    draw.shuffle(found)
    return found


def in_order(texts: list[str], threshold: float | None) -> dict[int, Match]:
    seen = SeenTexts(threshold)
    found = {number: seen.find_or_add(f"r{number}", text) for number, text in enumerate(texts)}
    return {number: match for number, match in found.items() if match}


def scattered(texts: list[str], threshold: float | None, seed: int) -> dict[int, Match]:
    """What the engine does, with a dictionary in place of a cluster and rows in any order."""
    bands = bands_for(threshold) if threshold else None
    rows = [row for number, text in enumerate(texts) for row in keys(number, f"r{number}", text, bands)]
    random.Random(seed).shuffle(rows)
    by_key: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_key[row["key"]].append(row)
    met = [row for group in by_key.values() for row in meetings(group, threshold)]
    shared = Counter((row["first"], row["second"]) for row in met if not row["same"])
    near = [
        Near(first, second, index)
        for (first, second), count in shared.items()
        if bands and threshold and count >= bands.shared
        if (index := nearness(texts[first], texts[second])) >= threshold
    ]
    names = {number: f"r{number}" for pair in near for number in (pair.first, pair.second)}
    return winners([row for row in met if row["same"]], near, names)


@pytest.mark.parametrize("threshold", [None, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", range(6))
def test_scattered_duplicates_are_those_found_in_record_order(threshold, seed):
    texts = answers(seed)
    expected = in_order(texts, threshold)
    assert scattered(texts, threshold, seed) == expected
    kinds = Counter(match.exact for match in expected.values())
    assert kinds[True] >= 3
    assert threshold is None or kinds[False] >= 2 or threshold == 0.95


def planted(folder: Path) -> Path:
    """Three shards of rows with every kind of fault, and duplicates within and across them."""
    rows = []
    for number, text in enumerate(answers(99)):
        keyword = "ชาวนา"
        instruction = describe("keywords.include", {"keyword": keyword}, "th")
        answer = f"{keyword} {text}" if number % 9 else f"自由 {text}"  # some hold the keyword all the same
        prompt = "ช่วยเล่าเรื่อง" if number % 11 == 0 else f"ช่วยเล่าเรื่อง\n\n{instruction}"
        rows.append(
            {
                "id": f"row-{number}",
                "messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}],
                "tools": "[]",
                "lang": "th",
                "source": {"name": "test", "id": f"p{number}", "license": "CC0-1.0"},
                "constraints": [
                    {
                        "id": "keywords.include" if number % 13 else "keywords.unheard_of",
                        "params": canonical_json({"keyword": keyword}),
                        "instruction": instruction,
                        "lang": "th",
                    }
                ],
                "verdicts": [{"id": "keywords.include", "outcome": "PASS", "reason": ""}],
                "judge": {"score": 8.0, "model": "m"},
                "provenance": {
                    "teacher": "m",
                    "templates": ["th.user_plain"],
                    "text_contract": canonical_json(text_contract() | ({"newmm": "0"} if number % 7 == 0 else {})),
                    "code_version": "0",
                },
            }
        )
    third = len(rows) // 3
    for shard, start in enumerate(range(0, len(rows), third)):
        path = folder / f"part-{shard:05d}.parquet"
        pl.DataFrame(rows[start : start + third], schema=SFT_SCHEMA).write_parquet(path)
    return folder


def verified(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from datagen.cli import main; main()", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


@pytest.mark.slow  # Ray starts processes of its own and executes five plans: a minute, more on a busy machine
@pytest.mark.timeout(1200)
def test_both_engines_report_the_same_faults_in_the_same_order(tmp_path):
    pytest.importorskip("ray")
    folder = planted(tmp_path)
    ours = verified(folder, "--json", "--screen", "--dedup")
    theirs = verified(folder, "--json", "--screen", "--dedup", "--engine", "ray")
    assert (ours.returncode, theirs.returncode) == (1, 1), theirs.stderr
    assert json.loads(theirs.stdout) == json.loads(ours.stdout)
    said = " ".join(problem["what"] for problem in json.loads(ours.stdout)["problems"])
    kinds = ("UNDECIDED", "FAIL", "does not hold its", "script_leak", "too_short", "near_duplicate", "same text")
    assert [kind for kind in kinds if kind not in said] == []
    broken = tmp_path / "broken"
    broken.mkdir()
    pl.DataFrame({"text": ["ก"]}).write_parquet(broken / "x.parquet")
    done = verified(broken, "--engine", "ray")
    assert done.returncode == 2
    assert "'provenance' is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_screening_and_dedup_are_asked_for_and_follow_the_recipe(tmp_path):
    folder = planted(tmp_path)
    plain = {problem.what.partition(":")[0] for problem in recheck(folder).problems}
    assert not plain & {"screen", "dedup"}
    found = recheck(folder, Checks(ScreenConfig(), DedupConfig()))
    by_kind = Counter(problem.what.partition(":")[0] for problem in found.problems)
    assert by_kind["screen"] >= 3
    assert by_kind["dedup"] >= 5
    strict = recheck(folder, Checks(None, DedupConfig(threshold=None)))
    assert not any("near_duplicate" in problem.what for problem in strict.problems)
    (tmp_path / "manifest.json").write_text(json.dumps({"recipe": {"dedup": {"threshold": None}}, "shards": {}}))
    assert Checks.of(tmp_path, screen=False, dedup=True) == Checks(None, DedupConfig(threshold=None))


def test_an_unknown_engine_and_a_missing_extra_are_one_sentence(run, tmp_path, monkeypatch):
    folder = planted(tmp_path)
    code, text = run("verify", folder, "--engine", "spark")
    assert code == 2
    assert "local, ray" in text
    monkeypatch.setitem(sys.modules, "ray", None)
    code, text = run("verify", folder, "--engine", "ray")
    assert code == 2
    assert "typhoon-data[ray]" in text
