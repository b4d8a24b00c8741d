"""Verdicts a second on one core: every constraint type on a realistic mix of Thai responses of about 300 characters.

    python benchmarks/constraints_speed.py [--responses 200] [--repeats 3]

Constraints are built once (as a trainer does for a prompt), each response is one Answer, so it is normalised and cut
into words once however many checkers look at it. Prints JSON: verdicts a second (median of the repeats, each on new
texts) with the word engines' time included, and a table per family with its own microseconds a verdict, segmentation
apart.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time

from constraints import Answer, Constraint, build, segment, types
from constraints.catalogue import entry
from datagen.prompts import read_prompts

_TARGET_CHARACTERS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure verdicts a second.")
    parser.add_argument("--responses", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    constraints = [build(constraint_id, entry(constraint_id).params) for constraint_id in types()]
    warming, *batches = (_responses(options.responses, seed) for seed in range(options.repeats + 1))
    _verdicts(constraints, warming)  # dictionaries are loaded
    rates = []
    for batch in batches:  # texts that no cache has seen
        begun = time.perf_counter()
        count = _verdicts(constraints, batch)
        rates.append(count / (time.perf_counter() - begun))
    responses = batches[0]
    families = _families(constraints, responses)
    print(
        json.dumps(
            {
                "types": len(constraints),
                "responses": len(responses),
                "mean_characters": round(statistics.mean(map(len, responses))),
                "verdicts_per_s": round(statistics.median(rates)),
                "segmentation_us_per_response": round(_segmentation_us(responses), 1),
                "us_per_verdict": families,
            },
            indent=2,
        )
    )


def _responses(count: int, seed: int) -> list[str]:
    """Bundled Thai prompts and their passages, joined and laid out as answers are: prose, lists, JSON, Markdown."""
    rng = random.Random(seed)
    texts = [prompt.text for prompt in read_prompts("th", [])]
    layouts = (
        "\n".join,
        " ".join,
        "\n\n".join,
        lambda parts: "\n".join(f"- {part}" for part in parts),
        lambda parts: "\n".join(f"{number}. **{part[:12]}**{part[12:]}" for number, part in enumerate(parts, 1)),
        lambda parts: json.dumps({"หัวข้อ": parts[0], "คำตอบ": " ".join(parts[1:])}, ensure_ascii=False),
        lambda parts: "## หัวข้อ\n" + "\n".join(parts) + " ครับ",
    )
    found = []
    for number in range(count):
        parts: list[str] = []
        while sum(map(len, parts)) < _TARGET_CHARACTERS:
            parts.append(rng.choice(texts).replace("\n", " ")[: rng.randint(40, 120)])
        found.append(layouts[number % len(layouts)](parts))
    return found


def _verdicts(constraints: list[Constraint], responses: list[str]) -> int:
    for response in responses:
        answer = Answer(response)
        for constraint in constraints:
            constraint.check(answer)
    return len(constraints) * len(responses)


def _forget_words() -> None:
    """No word may be known from the round before."""
    segment._remembered.cache_clear()


def _segmentation_us(responses: list[str]) -> float:
    begun = time.perf_counter()
    for response in responses:
        _forget_words()
        answer = Answer(response)
        for engine in ("newmm", "nlpo3"):
            answer.words(engine)
    return (time.perf_counter() - begun) / len(responses) * 1e6


def _families(constraints: list[Constraint], responses: list[str]) -> dict[str, float]:
    """Family -> microseconds a verdict, on answers whose words are known."""
    answers = [Answer(response) for response in responses]
    for answer in answers:
        for engine in ("newmm", "nlpo3"):
            answer.words(engine)
    found = {}
    for family in dict.fromkeys(constraint.type.family for constraint in constraints):
        members = [constraint for constraint in constraints if constraint.type.family == family]
        begun = time.perf_counter()
        for answer in answers:
            for constraint in members:
                constraint.check(answer)
        found[family] = round((time.perf_counter() - begun) / (len(members) * len(answers)) * 1e6, 1)
    return found


if __name__ == "__main__":
    main()
