"""The yield of every gate of constraint synthesis, from the shipped run of the embedded 1.5B model or from a new one.

    python benchmarks/synthesis.py                  # replays the answers in samples/pack_sample, offline, seconds
    python benchmarks/synthesis.py --run out/pack   # asks the embedded model again (minutes), resumes when killed
    python benchmarks/synthesis.py --record out/pack --to samples/pack_sample   # ship that run

A replay goes through every gate again with the recorded answers and compares pack, rejected file and report byte for
byte. Prints JSON: the yields, constraints and verifiers that survived, how many constraints are right by
`review.yaml` (read by a person), and whether the files agree. Exit code 1 where they do not or fewer than 5 verifiers
survive.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import shutil
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import yaml

from datagen.llm.answers import Answer
from datagen.llm.client import ChatClient
from datagen.record import canonical_json
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.meaning import Comparer
from datagen.synthesis.output import pack_data, rejected_data, report_text, yaml_text
from datagen.synthesis.prompts import EXAMPLE_RULES, Wording
from datagen.synthesis.run import run_synthesis
from datagen.synthesis.seeds import read_seeds
from datagen.synthesis.synthesize import Synthesis, synthesise
from datagen.synthesis.teacher import Asker

_SHIPPED = Path(__file__).parents[1] / "samples" / "pack_sample"
_FILES = ("pack.yaml", "rejected.yaml", "report.md")
_VERSIONS = ("code_version", "sandbox", "text_contract")
_LEAST_VERIFIERS = 5
# What the embedded model is asked for: fewer texts, one request at a time, so that the server has read its beginning.
_EMBEDDED = {
    "name": "pack_sample",
    "teacher": {"concurrency": 1},
    "samples": {"ideas": 44, "failing_cases": 0, "thai_wordings": 6},
}


class Recorded:
    """Answers by what was asked, in place of a client."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.used: dict[str, Answer] = {}

    async def chat(self, model: str, messages: Sequence[Any], *, sample_index: int = 0, **sampling: Any) -> Answer:
        key = _key(model, messages, sample_index, sampling)
        if key not in self.answers:
            raise SystemExit("a question has no recorded answer: prompts or defaults changed; use --run and --record")
        return self.used.setdefault(key, self.answers[key])


def _key(model: str, messages: Sequence[Any], sample_index: int, sampling: Mapping[str, Any]) -> str:
    asked = canonical_json([model, list(messages), sample_index, dict(sampling)])
    return hashlib.sha256(asked.encode()).hexdigest()[:24]


def replay(
    shipped: Mapping[str, Any], answers: Mapping[str, Answer], seeds: list[Wording]
) -> tuple[dict[str, str], Recorded]:
    """The three files again, from recorded answers; what names versions is taken from `shipped`."""
    recipe = SynthesisRecipe.model_validate(shipped["recipe"])
    recorded = Recorded(answers)
    client = cast("ChatClient", recorded)
    teacher = recipe.teacher
    model = shipped["teacher"]["name"]
    asker = Asker(client, model, teacher.temperature, teacher.top_p, recipe.seed)
    comparer = Comparer(Asker(client, recipe.judge.model or model, 0.0, 1.0, recipe.seed), None)

    async def run() -> Synthesis:
        return await synthesise(recipe, seeds, asker, comparer, lambda message: None)

    synthesis = asyncio.run(run())
    pack = pack_data(recipe, shipped["teacher"], synthesis)
    pack |= {name: shipped[name] for name in _VERSIONS}
    texts = (yaml_text(pack), yaml_text(rejected_data(recipe, synthesis)), report_text(pack))
    return dict(zip(_FILES, texts, strict=True)), recorded


def record(run: Path, to: Path) -> None:
    """Copies a run's files, with the answers that a replay of it uses."""
    with sqlite3.connect(run / ".typhoon" / "answers.sqlite") as db:
        rows = db.execute("SELECT payload, answer FROM answers").fetchall()
    answers = {}
    for payload_text, answer in rows:
        asked = json.loads(payload_text)
        key = _key(asked["model"], asked["messages"], asked["sample_index"], asked["sampling"])
        answers[key] = Answer(**json.loads(answer))
    pack = yaml.safe_load((run / "pack.yaml").read_text(encoding="utf-8"))
    seeds = read_seeds(pack["recipe"]["seeds"])
    _, recorded = replay(pack, answers, seeds)
    to.mkdir(parents=True, exist_ok=True)
    pairs = [{"en": english, "th": thai} for english, thai in seeds[len(EXAMPLE_RULES) :]]
    (to / "seeds.yaml").write_text(yaml.safe_dump(pairs, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for name in _FILES:
        shutil.copy(run / name, to / name)
    lines = [canonical_json({"key": key, **asdict(answer)}) for key, answer in sorted(recorded.used.items())]
    (to / "answers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def result(folder: Path) -> tuple[dict[str, Any], bool]:
    """What the shipped folder holds and whether a replay agrees with it."""
    shipped = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    seeds = read_seeds(str(folder / "seeds.yaml"))
    made, _ = replay(
        shipped, {row["key"]: Answer(**{k: v for k, v in row.items() if k != "key"}) for row in rows}, seeds
    )
    agree = {name: made[name] == (folder / name).read_text(encoding="utf-8") for name in _FILES}
    verifiers = sum(entry["scores"]["functions"] for entry in shipped["constraints"])
    sources = sum(len(entry["verifiers"]) for entry in shipped["constraints"])
    review = yaml.safe_load((folder / "review.yaml").read_text(encoding="utf-8"))
    told = {
        "teacher": shipped["teacher"]["name"],
        "answers": len(rows),
        "answer_tokens": sum(row["completion_tokens"] for row in rows),
        "yields": shipped["yields"],
        "constraints": len(shipped["constraints"]),
        "verifiers": verifiers,
        "different_sources": sources,
        "right_by_reading": {
            part: sum(entry[part] for entry in review.values()) for part in ("sources_right", "thai", "thai_right")
        },
        "replay_agrees": agree,
    }
    return told, all(agree.values()) and verifiers >= _LEAST_VERIFIERS


def main() -> int:
    parser = argparse.ArgumentParser(description="The yield of every gate of constraint synthesis.")
    parser.add_argument("--run", type=Path, help="Folder of a new run with the embedded model.")
    parser.add_argument("--record", type=Path, help="Folder of a run to ship.")
    parser.add_argument("--to", type=Path, default=_SHIPPED, help="Where --record puts it.")
    parser.add_argument("--ideas", type=int, default=12)
    options = parser.parse_args()
    if options.record:
        record(options.record, options.to)
        return 0
    if options.run:
        recipe = SynthesisRecipe.model_validate(
            _EMBEDDED | {"samples": _EMBEDDED["samples"] | {"ideas": options.ideas}}
        )
        made = run_synthesis(recipe, options.run, lambda message: print(message, file=sys.stderr))
        print(json.dumps(made.pack["yields"], ensure_ascii=False, indent=2))
        return 0 if sum(entry["scores"]["functions"] for entry in made.pack["constraints"]) >= _LEAST_VERIFIERS else 1
    if not (_SHIPPED / "pack.yaml").is_file():
        raise SystemExit(f"no recorded run in {_SHIPPED}: make one with --run OUT, then --record OUT")
    told, right = result(_SHIPPED)
    print(json.dumps(told, ensure_ascii=False, indent=2))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
