"""How well the judge tells a good answer from one beside the point, for each way of asking it for a score.

    python benchmarks/judge.py [--model NAME] [--base-url URL] [--pairs 12]

Good answers are those in judge_pairs.yaml; a bad one is the good answer of another question. Every pair is judged by
the stage itself (datagen/stages/judge.py) with plain words, with JSON by a schema, and with a reason before the score.
Prints a JSON line for each: how many good and how many bad answers reach the threshold (7), the medians, how many were
UNDECIDED. Without --base-url the embedded model judges (48 short answers: minutes on two cores).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from datagen.config import BuildRecipe, JudgeConfig
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient
from datagen.record import Message, Record, Source
from datagen.stages.judge import Judge
from datagen.teacher import Connection, client_of, teacher_of

_PAIRS = Path(__file__).with_name("judge_pairs.yaml")
_WAYS = {
    "plain": {"structured": "never"},
    "schema": {"structured": "always"},
    "schema, reason first": {"structured": "always", "reasons": True},
}
_THRESHOLD = 7.0


def records(pairs: list[dict[str, str]], shift: int) -> list[Record]:
    """Every question with the answer `shift` places on: its own for 0."""
    answers = [pair["answer"] for pair in pairs]
    return [
        Record(
            id=f"pair-{number}",
            group=f"pair-{number}",
            sample_index=0,
            lang="th",
            source=Source("judge_pairs", str(number), "CC0-1.0"),
            messages=(
                Message("user", pair["question"]),
                Message("assistant", answers[(number + shift) % len(answers)]),
            ),
        )
        for number, pair in enumerate(pairs)
    ]


async def scores(judge: Judge, asked: list[Record]) -> list[float | None]:
    """The score of each; None where it was UNDECIDED."""
    outcomes = await asyncio.gather(*map(judge, asked))
    return [found.judge.score if isinstance(found, Record) and found.judge else None for found in outcomes]


def summary(found: list[float | None]) -> dict[str, Any]:
    known = [score for score in found if score is not None]
    return {
        "of": len(found),
        "at_least_7": sum(score >= _THRESHOLD for score in known),
        "median": statistics.median(known) if known else None,
        "undecided": len(found) - len(known),
    }


async def compare(client: ChatClient, model: str, pairs: list[dict[str, str]]) -> None:
    for way, settings in _WAYS.items():
        judge = Judge(client, model, JudgeConfig(min_score=0, **settings))  # type: ignore[arg-type]
        good, bad = await scores(judge, records(pairs, 0)), await scores(judge, records(pairs, 1))
        print(json.dumps({"way": way, "good": summary(good), "bad": summary(bad)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare ways to ask a judge for a score.")
    parser.add_argument("--model")
    parser.add_argument("--base-url")
    parser.add_argument("--pairs", type=int, default=12)
    options = parser.parse_args()
    pairs = yaml.safe_load(_PAIRS.read_text(encoding="utf-8"))[: options.pairs]
    recipe = BuildRecipe.model_validate(
        {"lang": "th", "teacher": {"model": options.model, "base_url": options.base_url}}
    )
    teacher = teacher_of(recipe)

    def say(message: str) -> None:
        print(message, file=sys.stderr)

    async def run(store: AnswerStore) -> None:
        connection = Connection(teacher, recipe.teacher.concurrency, say)
        client = client_of(recipe, teacher, connection, store, say)
        try:
            await compare(client, teacher.name, pairs)
        finally:
            await client.close()
            connection.close()

    with tempfile.TemporaryDirectory() as folder:
        store = AnswerStore(Path(folder) / "answers.sqlite")
        try:
            asyncio.run(run(store))
        finally:
            store.close()


if __name__ == "__main__":
    main()
