"""`mix`: quotas are kept, refused by name, reported, and the same whatever order the answers come in."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.config import BuildRecipe
from datagen.errors import RecipeError
from datagen.ledger import Ledger
from datagen.mix_config import Ceiling, MixConfig
from datagen.pipeline import run_pipeline
from datagen.prompts import Prompt
from datagen.quotas import SplitQuotas, shortfalls, turn_style
from datagen.recipe import load_recipe
from datagen.record import AppliedConstraint, Message, Record, Rejection, Source
from datagen.shards import read_rows
from datagen.splits import SplitPlan, shares_of
from datagen.stages.mix import Mix, Quota
from datagen.stages.seed import seed_records

WINDOW = 20
TYPES = ("length.lines", "keywords.include", "numerals.thai_only", "layout.bullets_min")


def record(number: int, source: str = "a", carried=TYPES[:1], *, system=False, lang="th", split="sft") -> Record:
    """The `number`-th record of a build, a prompt of its own."""
    turns = [Message("system", "ก")] * system + [Message("user", f"ถาม {number}")]
    if split == "sft":
        turns.append(Message("assistant", f"ตอบ {number}"))
    applied = tuple(AppliedConstraint(each, {}, "ถาม", lang) for each in carried)
    name = f"p{number}/r0"
    made = Record(f"{name}/c0", name, 0, "th", Source(source, name, "MIT"), tuple(turns), split=split, number=number)
    return replace(made, constraints=applied)


def after(mix: Mix, records) -> list[str]:
    async def run():
        return [await mix(each) for each in records]

    return [result.reason if isinstance(result, Rejection) else "kept" for result in asyncio.run(run())]


def mixed(rows: int = 10, **quotas) -> Mix:
    return Mix(MixConfig.model_validate(quotas), {"sft": rows})


def test_a_target_is_filled_exactly_and_leaves_the_rest_to_others():
    mix = mixed(turns={"system": 0.3})
    reasons = after(mix, (record(n, system=n % 2 == 0) for n in range(40)))
    assert Counter(reasons)["kept"] == 10
    assert mix.report()["mix"] == {
        "sft": {"turns": {"system": {"wanted": 3, "got": 3}, "(other)": {"wanted": 7, "got": 7}}}
    }
    assert reasons[:8] == ["kept"] * 6 + ["quota_full: turns=system", "kept"]


def test_others_do_not_take_what_a_target_waits_for():
    reasons = after(mixed(difficulty={"2": 0.5}), (record(n) for n in range(8)))
    assert reasons == ["kept"] * 5 + ["quota_full: difficulty=(other)"] * 3


def test_a_ceiling_is_no_target():
    mix = mixed(source={"a": {"max": 0.2}})
    assert Counter(after(mix, (record(n, "ab"[n % 2]) for n in range(14)))) == {
        "kept": 9, "quota_full: source=a": 5,
    }  # fmt: skip
    assert mix.report()["mix"]["sft"] == {"source": {"a": {"max": 2, "got": 2}}}
    assert shortfalls(mix.report()) == ["split sft: 9 of 10 rows"]


def test_a_row_of_two_families_counts_for_both():
    mix = mixed(family={"length": 0.2, "keywords": 0.4})
    reasons = after(mix, (record(n, carried=TYPES[: 1 + n % 2]) for n in range(4)))
    assert reasons == ["kept", "kept", "quota_full: family=length", "quota_full: family=length"]
    assert mix.report()["mix"]["sft"]["family"] == {
        "length": {"wanted": 2, "got": 2}, "keywords": {"wanted": 4, "got": 1},
    }  # fmt: skip
    assert "sft: family=keywords has 1 of 4 rows wanted" in shortfalls(mix.report())


def test_languages_and_multi_turn_rows_are_told_apart():
    spoken = record(1).messages
    assert turn_style(record(1)) == "user"
    assert turn_style(record(1, system=True)) == "system"
    history = (Message("system", "ก"), *spoken, Message("user", "ต่อ"), Message("assistant", "ได้"))
    assert turn_style(Record("i", "g", 0, "th", Source("s", "p", "MIT"), history)) == "multi"
    open_ended = Record("i", "g", 0, "th", Source("s", "p", "MIT"), history[:-1])
    assert turn_style(open_ended) == "multi"
    mix = mixed(language={"en": 0.5, "th": 0.5})
    assert Counter(after(mix, (record(n, lang="th") for n in range(7)))) == {"kept": 5, "quota_full: language=th": 2}


def test_each_split_has_quotas_of_its_own_and_heldout_none():
    mix = Mix(MixConfig.model_validate({"turns": {"system": 0.5}}), {"sft": 4, "rl": 2, "heldout": 2})
    for split, kept in (("sft", 2), ("rl", 1), ("heldout", 2)):
        reasons = after(mix, (record(n, system=True, split=split) for n in range(3)))
        assert reasons.count("kept") == kept, split
    assert after(mix, [record(9, split="heldout")]) == ["quota_full: split=heldout"]
    assert after(mix, [record(9, split="opd")]) == ["quota_full: split=opd"]


def test_a_training_row_with_a_held_out_type_is_refused_whatever_made_it():
    mix = Mix(MixConfig(), {"sft": 5, "rl": 5, "heldout": 5}, [TYPES[1]])
    for split, reason in (("sft", "held_out_type"), ("rl", "held_out_type"), ("heldout", "kept")):
        assert after(mix, [record(1, carried=TYPES[:2], split=split)]) == [reason]


def test_prompts_without_answers_must_be_whole_and_new():
    mix = Mix(MixConfig(), {"opd": 9})
    one = record(1, split="opd")
    again = replace(one, id="p1/r1/c0", group="p1/r1")
    silent = replace(record(2, split="opd"), messages=(Message("user", "อื่น"),))
    assert after(mix, [one, again, silent]) == ["kept", "repeated_prompt", "prompt_incomplete"]


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.booleans(), st.sampled_from(["th", "en"])),
    min_size=30,
    max_size=80,
)
QUOTAS = st.fixed_dictionaries(
    {},
    optional={
        "source": st.just({"a": 0.4, "b": {"max": 0.3}}),
        "difficulty": st.sampled_from([{"1": 0.5}, {"1": 0.25, "2": 0.25, "3": 0.25, "4": 0.25}]),
        "turns": st.just({"system": 0.5, "user": 0.5}),
        "language": st.just({"en": {"max": 0.2}}),
        "family": st.just({"length": 0.3, "keywords": {"max": 0.5}}),
    },
)


class Answers:
    """An unordered stage whose answers come back in any order."""

    name, ordered = "answers", False

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    async def __call__(self, each: Record) -> Record | Rejection:
        for _ in range(self.rng.randrange(12)):
            await asyncio.sleep(0)
        return each if int(each.group[1:-3]) % 5 else Rejection(each, self.name, "unlucky")


def dataset(rows, quotas, order: int, window: int) -> list[tuple[str, str]]:
    """Every outcome of a pipeline with at most `window` (up to WINDOW) records under way."""
    mix = Mix(MixConfig.model_validate(quotas), {"sft": 12, "opd": 4})
    stages = [Quota(mix), Answers(order), mix]
    records = (
        record(n, source, TYPES[:carried], system=system, lang=lang, split="opd" if n % 4 == 3 else "sft")
        for n, (source, carried, system, lang) in enumerate(rows)
    )

    async def run():
        outcomes = run_pipeline(
            records, stages, Ledger(s.name for s in stages), rows=16, attempts=99, window=lambda: window
        )
        return [
            (o.record.id, f"{o.stage}: {o.reason}") if isinstance(o, Rejection) else (o.id, "kept")
            async for o in outcomes
        ]

    return asyncio.run(run())


@settings(deadline=None, max_examples=60)
@given(ROWS, QUOTAS, st.integers(0, 10**6), st.integers(1, WINDOW))
def test_any_order_of_arrival_gives_the_same_rows_and_the_same_rejections(rows, quotas, order, window):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datagen.stages.mix.AHEAD", WINDOW)
        assert dataset(rows, quotas, order, window) == dataset(rows, quotas, 0, 1)


def test_what_was_full_long_before_is_not_answered(monkeypatch):
    monkeypatch.setattr("datagen.stages.mix.AHEAD", WINDOW)
    rows = [("a", 1, False, "th")] * 60
    limited = Counter(reason for _, reason in dataset(rows, {"difficulty": {"1": 0.25}}, order=1, window=WINDOW))
    assert limited["kept"] == 3 + 1
    assert limited["answers: unlucky"] < 60 / 5
    mix = mixed(rows=2, difficulty={"1": 0.5})
    assert after(mix, [record(1)]) == ["kept"]
    assert mix.full_ahead(record(WINDOW)) is None
    assert mix.full_ahead(record(WINDOW + 1)) == ("quota_full: difficulty=1", "1 rows of sft kept already")
    assert mix.full_ahead(record(WINDOW + 1, carried=TYPES[:3])) is None


def test_what_no_row_may_be_is_refused_from_the_first_on():
    mix = mixed(difficulty={"1": 0.5, "2": 0.5})
    assert mix.full_ahead(record(0, carried=TYPES[:3])) == (
        "quota_full: difficulty=(other)", "0 rows of sft kept already",
    )  # fmt: skip


def test_a_split_that_was_full_long_before_gets_no_candidates(monkeypatch):
    monkeypatch.setattr("datagen.stages.mix.AHEAD", WINDOW)
    mix = Mix(MixConfig(), {"sft": 90, "opd": 2})
    plan = SplitPlan(shares_of({"sft": 0.5, "opd": 0.5}), (), seed=3)
    prompts = [Prompt(f"p{n}", f"คำถาม {n}", "s", "MIT") for n in range(40)]
    made = []
    for each in seed_records(prompts, "th", 1, 3, attempts=80, plan=plan, closed=mix.closed):
        made.append(each)
        after(mix, [each])
    assert [each.number for each in made] == list(range(80))
    filled = [each.number for each in made if each.split == "opd"][1]
    assert {each.split for each in made if each.number >= filled + WINDOW} == {"sft"}
    assert any(each.split == "opd" for each in made if filled < each.number < filled + WINDOW)


def test_a_stream_with_nothing_left_to_make_ends():
    plan = SplitPlan(shares_of({"opd": 1}), (), seed=3)
    stream = seed_records([Prompt("p", "คำถาม", "s", "MIT")], "th", 1, 3, plan=plan, closed=lambda split, n: n > 5)
    assert [each.number for each in stream] == list(range(6))


@settings(deadline=None)
@given(ROWS, QUOTAS, st.integers(1, 30))
def test_no_quota_is_ever_overdrawn(rows, quotas, wanted):
    config = MixConfig.model_validate(quotas)
    mix = Mix(config, {"sft": wanted})
    made = [
        record(n, source, TYPES[:carried], system=system, lang=lang)
        for n, (source, carried, system, lang) in enumerate(rows)
    ]
    kept = [each for each, reason in zip(made, after(mix, made), strict=True) if reason == "kept"]
    assert len(kept) <= wanted
    value_of = {
        "source": lambda each: {each.source.name},
        "difficulty": lambda each: {str(len(each.constraints))},
        "turns": lambda each: {turn_style(each)},
        "language": lambda each: {c.lang for c in each.constraints},
        "family": lambda each: {c.id.partition(".")[0] for c in each.constraints},
    }
    for dimension, shares in config.quotas.items():
        for value, share in shares.items():
            limit = share.max if isinstance(share, Ceiling) else share
            got = sum(value in value_of[dimension](each) for each in kept)
            assert got <= max(1, limit * wanted + 1)
            assert mix.report()["mix"]["sft"][dimension][value]["got"] == got


def test_a_larger_dataset_only_widens_quotas():
    config = MixConfig.model_validate({"source": {"a": 0.33, "b": 0.21}, "family": {"length": 0.3}})
    for rows in range(1, 300):
        now, later = SplitQuotas(config, rows)._limits, SplitQuotas(config, rows + 1)._limits
        assert all(later[count] >= limit for count, limit in now.items())


def test_a_build_keeps_its_quotas_and_says_what_was_short(run, build_arguments, teacher, tmp_path: Path):
    out = tmp_path / "ds"
    quotas = ["mix.turns={system: 0.5, user: 0.5}", "mix.source={elsewhere: 0.1}"]
    code, text = run(*build_arguments(teacher, out, rows=10), *quotas, "max_attempts=200")
    assert code == 1
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["splits"] == {"sft": {"wanted": 10, "got": 9}}
    assert manifest["mix"]["sft"]["source"] == {
        "elsewhere": {"wanted": 1, "got": 0}, "(other)": {"wanted": 9, "got": 9},
    }  # fmt: skip
    assert "short: sft: source=elsewhere has 0 of 1 rows wanted" in text
    assert "short: split sft: 9 of 10 rows" in text
    assert manifest["stages"]["mix"]["rejected"]["quota_full: source=(other)"] > 0
    rows = [row for file in (out / "data/sft").glob("*.parquet") for row in read_rows(file)]
    assert sum(row["messages"][0]["role"] == "system" for row in rows) in (4, 5)
    assert "source=elsewhere has 0 of 1 rows wanted" in (out / "README.md").read_text()
    assert run("verify", out)[0] == 0


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("mix.family.lenght=0.2", "'lenght' is no constraint family; did you mean 'length'?"),
        ("mix.sorce.x=0.2", "unknown key 'mix.sorce'; did you mean 'source'?"),
        ("mix.turns.sytem=0.2", "did you mean 'system'?"),
        ("mix.turns={user: 0.8, system: 0.4}", "add up to 1.2"),
        ("mix.turns={user: 0.2, system: 0.4, multi: 0.1}", "allow 0.7 of the rows and there is no other value"),
        ("mix.difficulty={6: 0.2}", "'6' is no value of difficulty"),
        ("mix.difficulty={4: 0.2}", "mix.difficulty.4 can never be filled: compose draws 1 to 2 constraints"),
        ("mix.language.en=0.2", "compose.english_instruction_share is 0"),
        ("mix.family.poetry=0.2", "mix.family.poetry can never be filled"),
        ("mix.source.a=1.5", "mix.source.a"),
        ("per_prompt=2", "write mix.per_prompt"),
    ],
)
def test_quotas_that_cannot_be_are_one_sentence(override, said):
    with pytest.raises(RecipeError) as raised:
        load_recipe(BuildRecipe, None, [override])
    assert said in str(raised.value)
