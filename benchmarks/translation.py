"""Translation, measured: what the checks catch and spare, and how much of a model's work they let through.

    python benchmarks/translation.py --pairs
    python benchmarks/translation.py --base-url http://127.0.0.1:8000/v1 --model NAME [--to en] [--gate off]
    python benchmarks/translation.py --limit 12              # the embedded 1.5B model; it translates badly

`--pairs`: over the 40 pairs of translation_pairs.yaml, both ways: characters of translation per character of source
(where the length bounds of datagen/translation/direction.py come from), how many right translations a check refuses,
and of right translations that were broken in one known way, how many are refused. Otherwise: the same 40 prompts
through a model; prints how many pass, at the first or second try, and why the others do not, by kind of prompt. Exit
code 0 whatever the yield: it is a measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from datagen.config import BuildRecipe
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient
from datagen.teacher import Connection, teacher_of
from datagen.translation import DIRECTIONS, Direction, Fault, Translated, fault_of, protect, translator_of
from datagen.translation.parts import TOKEN, without_tokens
from datagen.translation.pieces import Piece, split

_PAIRS = Path(__file__).parent / "translation_pairs.yaml"
_LONG = 40  # characters
_SUMMARY: dict[str, Callable[[list[float]], float]] = {"least": min, "median": median, "most": max}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure translation and its gate.")
    parser.add_argument("--pairs", action="store_true", help="no model: length ratios, false alarms, faults caught")
    parser.add_argument("--base-url", help="an OpenAI-compatible endpoint; without it the embedded model")
    parser.add_argument("--model")
    parser.add_argument("--to", choices=("th", "en"), default="th")
    parser.add_argument("--gate", choices=("judge", "back_translation", "off"), default="judge")
    parser.add_argument("--limit", type=int, help="so many prompts, spread over all kinds")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=1024)
    parser.add_argument("--show", action="store_true", help="print every outcome as it comes")
    options = parser.parse_args()
    pairs = yaml.safe_load(_PAIRS.read_text(encoding="utf-8"))
    if options.pairs:
        for way in DIRECTIONS.values():
            print(json.dumps(_ratios(pairs, way), ensure_ascii=False))
        for way in DIRECTIONS.values():
            print(json.dumps(_caught(pairs, way), ensure_ascii=False))
        return 0
    print(json.dumps(asyncio.run(_yields(_spread(pairs, options.limit), options)), ensure_ascii=False, indent=2))
    return 0


def _masked(pair: dict[str, str], way: Direction) -> tuple[Piece, str]:
    """The source as one piece, and its translation with the tokens that its parts have in the source."""
    given, other = protect(pair[way.source]), protect(pair[way.target])
    token_of = {part.text: part.token for part in given.parts}
    by_number = {part.number: token_of[part.text] for part in other.parts}
    (piece,), _ = split(given.text, 1_000_000)
    return piece, TOKEN.sub(lambda token: by_number[int(token[1])], other.text)


def _letters(text: str) -> int:
    return len("".join(without_tokens(text).split()))


def _ratios(pairs: list[dict[str, str]], way: Direction) -> dict[str, Any]:
    found: dict[str, list[float]] = {"long": [], "short": []}
    refused = 0
    for pair in pairs:
        piece, translation = _masked(pair, way)
        size = _letters(piece.text)
        found["long" if size >= _LONG else "short"].append(_letters(translation) / size)
        refused += fault_of(piece, translation, way) is not None
    summary = {
        kind: {"pairs": len(each)} | {name: round(of(each), 2) for name, of in _SUMMARY.items()}
        for kind, each in found.items()
    }
    bounds = {"long": way.length_bounds(_LONG), "short": way.length_bounds(1)}
    return {"direction": way.key, "ratio": summary, "bounds": bounds, "right_translations_refused": refused}


def _damage(way: Direction) -> dict[str, Callable[[Piece, str], str | None]]:
    """Ways to break a right translation; None where there is nothing to break."""
    chatter = {"th": "นี่คือคำแปล: ", "en": "Here is the translation: "}[way.target]
    refusal = {"th": "ขออภัย ฉันไม่สามารถช่วยเรื่องนี้ได้", "en": "I'm sorry, but I cannot help."}[way.target]

    def without_one(piece: Piece, text: str) -> str | None:
        return TOKEN.sub("", text, count=1) if TOKEN.search(text) else None

    def twice(piece: Piece, text: str) -> str | None:
        found = TOKEN.search(text)
        return f"{text} {found[0]}" if found else None

    def exchanged(piece: Piece, text: str) -> str | None:
        quoted = [token[0] for token in TOKEN.finditer(text) if "QUOTE" in token[0]]
        if len(quoted) != 2:
            return None
        first, second = quoted
        return text.replace(first, "\0").replace(second, first).replace("\0", second)

    def number(piece: Piece, text: str) -> str | None:
        bare = without_tokens(text)
        digit = next((letter for letter in bare if letter.isdigit()), None)
        place = next((n for n, letter in enumerate(text) if letter == digit and not _in_token(text, n)), None)
        return None if place is None else f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"

    return {
        "protected part dropped": without_one,
        "protected part doubled": twice,
        "quotations exchanged": exchanged,
        "number changed": number,
        "Han letters": lambda piece, text: text + " 但是",
        "chatter": lambda piece, text: chatter + text,
        "cut in half": lambda piece, text: _first_half(text),
        "source given back": lambda piece, text: piece.text,
        "source appended": lambda piece, text: f"{text} {piece.text}" if not TOKEN.search(text) else None,
        "refusal": lambda piece, text: refusal,
    }


def _in_token(text: str, place: int) -> bool:
    return any(token.start() <= place < token.end() for token in TOKEN.finditer(text))


def _first_half(text: str) -> str | None:
    return text[: len(text) // 2] if not TOKEN.search(text) else None


def _caught(pairs: list[dict[str, str]], way: Direction) -> dict[str, Any]:
    result = {}
    for name, break_it in _damage(way).items():
        tried, caught, missed = 0, 0, []
        for pair in pairs:
            piece, translation = _masked(pair, way)
            broken = break_it(piece, translation)
            if broken is None or broken == translation:
                continue
            tried += 1
            if fault_of(piece, broken, way):
                caught += 1
            else:
                missed.append(pair["id"])
        result[name] = f"{caught}/{tried}" + (f" (missed: {', '.join(missed)})" if missed else "")
    return {"direction": way.key, "broken_translations_refused": result}


def _spread(pairs: list[dict[str, str]], limit: int | None) -> list[dict[str, str]]:
    if limit is None or limit >= len(pairs):
        return pairs
    return [pairs[number * len(pairs) // limit] for number in range(limit)]


@contextlib.contextmanager
def _client(options: argparse.Namespace) -> Iterator[tuple[ChatClient, BuildRecipe, str]]:
    teacher_options = {"base_url": options.base_url, "model": options.model, "concurrency": options.concurrency}
    translate = {"enabled": True, "gate": options.gate, "max_tokens": options.max_tokens}
    recipe = BuildRecipe.model_validate({"teacher": teacher_options, "translate": translate})
    teacher = teacher_of(recipe)
    connection = Connection(teacher, options.concurrency, lambda message: print(message, file=sys.stderr))
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(AnswerStore(Path(folder) / "answers")) as store:
        client = ChatClient(
            store, teacher.identity, connection.connect, concurrency=options.concurrency, timeout_s=600, max_retries=3
        )
        try:
            yield client, recipe, teacher.name
        finally:
            connection.close()


async def _yields(pairs: list[dict[str, str]], options: argparse.Namespace) -> dict[str, Any]:
    way = DIRECTIONS["en-th" if options.to == "th" else "th-en"]
    with _client(options) as (client, recipe, model):
        translator = translator_of(recipe.translate, client, model)
        assert translator is not None

        async def one(pair: dict[str, str]) -> Translated | Fault:
            result = await translator.text(pair[way.source], way)
            if options.show:
                shown = result.text if isinstance(result, Translated) else f"{result.reason}: {result.detail}"
                print(json.dumps({"id": pair["id"], "outcome": shown}, ensure_ascii=False), flush=True)
            return result

        done = await asyncio.gather(*map(one, pairs))
        calls = client.usage.asked
        await client.close()
    reasons, kinds = Counter[str](), Counter[str]()
    first = second = 0
    for pair, result in zip(pairs, done, strict=True):
        if isinstance(result, Fault):
            reasons[result.reason] += 1
            continue
        kinds[pair["kind"]] += 1
        second += result.retried > 0
        first += result.retried == 0
    assert first + second + sum(reasons.values()) == len(pairs), "every prompt passed or has a reason"
    of_kind = Counter(pair["kind"] for pair in pairs)
    return {
        "direction": way.key,
        "model": model,
        "gate": options.gate,
        "prompts": len(pairs),
        "passed": first + second,
        "passed_at_the_second_try": second,
        "refused": dict(reasons.most_common()),
        "passed_by_kind": {kind: f"{kinds[kind]}/{count}" for kind, count in sorted(of_kind.items())},
        "calls": calls,
    }


if __name__ == "__main__":
    sys.exit(main())
