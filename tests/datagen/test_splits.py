"""Splits end to end: who goes where, what is paid for, what loads, and that nothing leaks from one into another."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraints import get, types, witness
from constraints.rewards import all_satisfied, compute_score
from datagen.config import BuildRecipe
from datagen.errors import RecipeError
from datagen.prompts import Prompt, read_prompts
from datagen.recheck import recheck
from datagen.recipe import load_recipe
from datagen.shards import REWARD_SCHEMA, file_sha256, read_rows
from datagen.splits import SPLITS, SplitPlan, apportioned, held_out_ids, shares_of, targets_of

HELD_OUT = "script.thai_only"
WEIGHTS = {constraint.family: 0 for constraint in types().values()} | {
    "keywords.include": 1, "keywords.include_all": 1, HELD_OUT: 1,
}  # fmt: skip
COUNTS = {"sft": 6, "opd": 4, "rl": 4, "heldout": 3}


@pytest.fixture
def split_arguments(build_arguments):
    """A build of several splits; only its sft rows can be answered."""

    def arguments(server, out: Path, splits: dict[str, Any] | None = None, **more) -> list[object]:
        plain = build_arguments(server, out)
        kept = [a for n, a in enumerate(plain) if a != "--rows" and plain[n - 1] != "--rows"]
        kept = [a for a in kept if not str(a).startswith("compose.weights")]
        splits = COUNTS if splits is None else splits
        given = {"compose.weights": WEIGHTS, "splits": splits, **more}
        if "heldout" in splits:
            given.setdefault("held_out_types", [HELD_OUT])
        return kept + [f"{key}={json.dumps(value)}" for key, value in given.items()]

    return arguments


@pytest.fixture
def dataset(run, split_arguments, teacher, tmp_path) -> Path:
    out = tmp_path / "ds"
    code, text = run(*split_arguments(teacher, out))
    assert code == 0, text
    return out


def rows_of(out: Path, split: str) -> list[dict]:
    return [row for file in sorted((out / "data" / split).glob("*.parquet")) for row in read_rows(file)]


def fingerprint(out: Path) -> dict[str, str]:
    files = [*out.glob("data/*/*"), *out.glob("rejected/*"), out / "README.md", out / "manifest.json"]
    return {str(file.relative_to(out)): file_sha256(file) for file in files}


def rewritten(out: Path, split: str, edit) -> None:
    """Edits the rows of a split in place, and takes its hash out of the way."""
    file = out / "data" / split / "part-00000.parquet"
    rows = list(read_rows(file))
    edit(rows)
    pl.DataFrame(rows, schema=pl.read_parquet_schema(file)).write_parquet(file)
    (out / "manifest.json").unlink(missing_ok=True)


def test_every_split_has_its_rows_hashes_and_a_verified_whole(dataset, run):
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert {split: len(rows_of(dataset, split)) for split in SPLITS} == COUNTS
    assert manifest["splits"] == {split: {"wanted": rows, "got": rows} for split, rows in COUNTS.items()}
    assert manifest["rows"] == sum(COUNTS.values())
    assert manifest["held_out_types"] == [HELD_OUT]
    for kind in (*SPLITS, "rejected"):
        for shard in manifest["shards"][kind]:
            assert file_sha256(dataset / shard["path"]) == shard["sha256"]
    code, text = run("verify", dataset, "--json")
    assert code == 0, text
    assert json.loads(text)["splits"] == COUNTS


def test_no_prompt_is_in_two_splits_and_no_training_row_carries_a_held_out_type(dataset):
    homes: dict[str, set[str]] = {}
    for split in SPLITS:
        for row in rows_of(dataset, split):
            homes.setdefault(row["source"]["id"], set()).add(split)
            carried = {constraint["id"] for constraint in row["constraints"]}
            assert carried == {HELD_OUT} if split == "heldout" else HELD_OUT not in carried
    assert {len(splits) for splits in homes.values()} == {1}


def test_a_build_of_prompts_alone_asks_for_nothing(run, split_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    splits = {"opd": 5, "rl": 5}
    code, text = run(*split_arguments(teacher, out, splits))
    assert code == 0, text
    assert teacher.requests == []
    assert "sibling_kept" not in json.loads((out / "manifest.json").read_text())["stages"]["mix"]["rejected"]
    assert {split: len(rows_of(out, split)) for split in SPLITS} == {"sft": 0, "heldout": 0, **splits}
    assert run("verify", out)[0] == 0


def test_with_answers_beside_them_prompts_are_still_not_paid_for(dataset, teacher):
    asked = "\n".join(message["content"] for body in teacher.requests for message in body["messages"])
    for split in ("opd", "rl", "heldout"):
        for row in rows_of(dataset, split):
            assert row["prompt"][-1]["content"] not in asked
    assert all(row["messages"][-2]["content"] in asked for row in rows_of(dataset, "sft"))


def test_rl_rows_read_back_from_parquet_are_scored_by_verl_and_trl(dataset):
    from constraints import build

    frame = pl.read_parquet(dataset / "data/rl/*.parquet")
    assert frame.schema == REWARD_SCHEMA
    for number, row in enumerate(frame.iter_rows(named=True)):
        kept = [build(c["id"], json.loads(c["params"])) for c in row["constraints"]]
        good, bad = witness(kept), "ไม่มีคำที่ขอเลย"
        assert good is not None
        for answer, score in ((good, 1.0), (bad, 0.0)):
            truth = row["reward_model"]["ground_truth"]
            found = compute_score(row["data_source"], answer, truth, extra_info=row["extra_info"])
            assert (found["score"], found["decided"]) == (score, 1.0)
            assert all_satisfied([[{"role": "assistant", "content": answer}]], [row["constraints"]]) == [score]
        assert row["reward_model"]["style"] == "rule"
        assert row["extra_info"] == {"index": number, "split": "rl", "id": row["id"], "lang": "th"}
        assert row["prompt"][-1]["role"] == "user"


def test_every_split_loads_with_datasets_by_its_name(dataset, tmp_path):
    import datasets

    for split, rows in COUNTS.items():
        loaded: Any = datasets.load_dataset(str(dataset), split, cache_dir=str(tmp_path / "cache"), split="train")
        assert loaded.num_rows == rows
        assert [row["id"] for row in loaded] == [row["id"] for row in rows_of(dataset, split)]


def test_show_reads_every_split(dataset, run):
    for split in SPLITS:
        code, text = run("show", dataset, "--split", split)
        assert code == 0
        assert rows_of(dataset, split)[0]["id"] in text
        assert ("assistant" in text) == (split == "sft")
    assert run("show", dataset, "--split", "test")[0] == 2


def test_the_card_names_splits_and_held_out_types(dataset):
    card = (dataset / "README.md").read_text()
    assert all(f"path: data/{split}/*.parquet" in card for split in SPLITS)
    assert card.count("default: true") == 1
    assert f"no other split carries: {HELD_OUT}." in card


def test_a_grown_dataset_is_the_one_built_large_at_once(run, split_arguments, teacher, tmp_path):
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    double = {split: 2 * rows for split, rows in COUNTS.items()}
    quotas = {"mix.turns": {"system": 0.25}}
    assert run(*split_arguments(teacher, grown, **quotas))[0] == 0
    before = {split: {row["id"] for row in rows_of(grown, split)} for split in SPLITS}
    assert run(*split_arguments(teacher, grown, double, **quotas))[0] == 0
    asked = len(teacher.requests)
    assert run(*split_arguments(teacher, whole, double, **quotas), "teacher.concurrency=1")[0] == 0
    assert len(teacher.requests) > asked
    for split in SPLITS:
        assert before[split] <= {row["id"] for row in rows_of(grown, split)}
    parquet = {name: digest for name, digest in fingerprint(whole).items() if name.endswith(".parquet")}
    assert {name: fingerprint(grown)[name] for name in parquet} == parquet


def test_other_shares_are_another_dataset(run, split_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    assert run(*split_arguments(teacher, out, {"opd": 4, "rl": 4}))[0] == 0
    before = fingerprint(out)
    code, text = run(*split_arguments(teacher, out, {"opd": 4, "rl": 8}))
    assert code == 2
    assert "splits was" in text
    assert fingerprint(out) == before


# verify finds every kind of damage


def problems(out: Path) -> str:
    return "\n".join(f"{problem.constraint}: {problem.what}" for problem in recheck(out).problems)


def test_verify_finds_what_is_wrong_with_a_prompt_row(dataset):
    def damage(rows):
        rows[0]["prompt"][-1]["content"] = "ถามอะไรดี"
        rows[1]["constraints"][0]["id"] = "keywords.unheard_of"
        rows[2]["constraints"][0]["params"] = '{"keyword": 3}'
        rows[3]["prompt"].append({"role": "assistant", "content": "ตอบ"})

    rewritten(dataset, "opd", damage)
    found = problems(dataset)
    assert "the prompt does not hold its instruction" in found
    assert "unknown constraint 'keywords.unheard_of'" in found
    assert "keyword" in found
    assert "does not end with a user turn" in found


def test_verify_finds_a_ground_truth_that_is_not_the_rows_constraints(dataset):
    def damage(rows):
        rows[0]["reward_model"]["ground_truth"] = rows[1]["reward_model"]["ground_truth"]
        rows[2]["reward_model"]["ground_truth"] = "{"

    rewritten(dataset, "rl", damage)
    assert "the ground truth is not the constraints of the row" in problems(dataset)
    assert "the ground truth cannot be scored" in problems(dataset)


def test_verify_finds_a_prompt_in_two_splits(dataset):
    stolen = rows_of(dataset, "sft")[0]["source"]
    rewritten(dataset, "rl", lambda rows: rows[0].update(source=stolen))
    assert f"its prompt {stolen['id']} is also in sft" in problems(dataset)


def test_verify_finds_a_training_row_with_a_held_out_type(dataset):
    taken = rows_of(dataset, "heldout")[0]
    rewritten(dataset, "opd", lambda rows: rows[0].update(constraints=taken["constraints"], prompt=taken["prompt"]))
    assert "in heldout: not held out" in problems(dataset)


def test_verify_reads_a_single_split_of_anybodys_copy(dataset, run):
    for split in SPLITS:
        assert run("verify", dataset / "data" / split)[0] == 0
        assert run("verify", dataset / "data" / split / "part-00000.parquet")[0] == 0


# pure parts


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=6), st.integers(0, 400))
def test_rows_are_dealt_whole_near_their_share_and_never_taken_back(weights, rows):
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    dealt, more = apportioned(shares, rows), apportioned(shares, rows + 1)
    assert sum(dealt) == rows
    assert all(now <= later for now, later in zip(dealt, more, strict=True))
    assert all(abs(number - share * rows) < 2 for number, share in zip(dealt, shares, strict=True))


@given(st.lists(st.integers(1, 50), min_size=2, max_size=5), st.integers(1, 200))
def test_dealing_is_websters_whole_sequence(weights, rows):
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    one_by_one = [0] * len(shares)
    for _ in range(rows):
        priority = [share / (2 * has + 1) for share, has in zip(shares, one_by_one, strict=True)]
        one_by_one[priority.index(max(priority))] += 1
    ours = apportioned(shares, rows)
    # Equal priorities may be dealt in another order, never more than one row apart.
    assert all(abs(a - b) <= 1 for a, b in zip(ours, one_by_one, strict=True))


def test_counts_and_shares_say_the_same():
    assert shares_of({"sft": 30, "rl": 10}) == shares_of({"sft": 0.75, "rl": 0.25})
    assert targets_of({"sft": 30, "rl": 10}, 80) == {"sft": 60, "rl": 20}
    assert targets_of({}, 8) == {"sft": 8}


def prompt(number: int, text: str = "") -> Prompt:
    return Prompt(f"p{number}", text or f"คำถามที่ {number}", "s", "CC0-1.0")


def test_a_prompts_split_follows_what_it_says_not_its_id_and_shares_are_kept():
    plan = SplitPlan(shares_of({"sft": 0.5, "opd": 0.3, "rl": 0.2}), (), seed=4)
    prompts = [prompt(number) for number in range(3000)]
    counts = Counter(plan.split_of(each) for each in prompts)
    assert counts["sft"] == pytest.approx(1500, abs=120)
    assert counts["rl"] == pytest.approx(600, abs=90)
    for each in prompts[:50]:
        assert plan.split_of(prompt(9, f"  {each.text.upper()} ")) == plan.split_of(each)


@pytest.mark.parametrize("seed", range(8))
def test_few_prompts_leave_no_split_empty_and_stay_where_they_are(seed):
    plan = SplitPlan(shares_of({"sft": 0.97, "opd": 0.01, "rl": 0.01, "heldout": 0.01}), (), seed)
    few = [prompt(number) for number in range(5)]
    plan.settle(few)
    before = {each.id: plan.split_of(each) for each in few}
    assert set(before.values()) == set(SPLITS)
    plan.settle([prompt(number) for number in range(5, 9)])
    assert {each.id: plan.split_of(each) for each in few} == before


def test_held_out_types_by_id_family_and_share_are_a_function_of_the_seed():
    assert set(held_out_ids(["poetry"], {}, 1)) == {t.id for t in types().values() if t.family == "poetry"}
    drawn = held_out_ids(0.1, {}, 1)
    assert drawn == held_out_ids(0.1, {}, 1) != held_out_ids(0.1, {}, 2)
    drawable = [t for t in types().values() if t.weight > 0]
    assert len(drawn) == round(0.1 * len(drawable))
    assert all(get(each).weight > 0 for each in drawn)


def test_what_a_split_avoids_is_all_that_is_not_its_own():
    plan = SplitPlan(shares_of({"sft": 0.5, "heldout": 0.5}), (HELD_OUT,), seed=1)
    bundled = next(each for each in read_prompts("th", []) if each.avoid)
    assert set(plan.avoid(bundled, "sft")) == {HELD_OUT, *bundled.avoid}
    assert set(plan.avoid(bundled, "heldout")) == (set(types()) - {HELD_OUT}) | set(bundled.avoid)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["splits={sftt: 5}"], "'sftt' is no split; did you mean 'sft'?"),
        (["splits={sft: 5}", "rows=4"], "rows is 4, but splits add up to 5"),
        (["splits={sft: 0.5, rl: 0.4}"], "add up to 0.9, not 1"),
        (["splits={sft: 0.5, rl: 4}"], "mixes counts and shares"),
        (["splits={sft: 0.5, heldout: 0.5}"], "needs held_out_types"),
        (["held_out_types=[length]"], "add heldout to splits"),
        (["splits={sft: 0.5, heldout: 0.5}", "held_out_types=[lenght]"], "did you mean 'length'?"),
        (["splits={sft: 0.5, heldout: 0.5}", "held_out_types=[poetry]"], "'poetry' is never drawn"),
        (
            ["splits={sft: 0.5, heldout: 0.5}", "held_out_types=[length, layout, keywords, particles, script]"],
            "leave no type for training rows",
        ),
    ],
)
def test_splits_that_cannot_be_are_one_sentence(overrides, said):
    with pytest.raises(RecipeError, match=r".*") as raised:
        load_recipe(BuildRecipe, None, overrides)
    assert said in str(raised.value)
