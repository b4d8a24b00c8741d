"""Near-duplicate search, measured: what a row costs, and what is found against comparing all pairs.

    python benchmarks/near_duplicates.py [--rows 1000 10000 50000]

Pairs: benchmarks/near_duplicate_pairs.yaml, small edits (duplicates) and the same said anew (not). Prints for each
threshold how many of the pairs that the exact Jaccard index calls duplicates MinHash finds (recall against brute
force), and how the index itself agrees with the labels.
Rows: synthetic Thai answers of about 140 characters from the bundled prompts' vocabulary, one in ten an earlier one
with one to three words exchanged. Prints for each size rows/s (search and insertion), bytes of state a row, the growth
of the process's memory, and recall on the planted edits that reach the threshold. Each size runs in its own process.
Template: the worst case, answers that all begin with the same words; rows/s falls as they grow.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import psutil
import yaml

from constraints.segment import words
from datagen.near_duplicates import SeenTexts, grams_of, jaccard, squeeze
from datagen.prompts import read_prompts

_PAIRS = Path(__file__).parent / "near_duplicate_pairs.yaml"
_THRESHOLD = 0.8
_WORDS_A_ROW = 30
_PLANTED_SHARE = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure near-duplicate search.")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 50_000])
    parser.add_argument("--one-size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_size:
        print(json.dumps(rows_cost(options.one_size)))
        return
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        print(json.dumps(labelled(threshold)))
    print(json.dumps(against_brute_force(_THRESHOLD)))
    for shared_words in (10, 20):
        print(json.dumps(template_cost(3000, shared_words)))
    for rows in options.rows:
        command = [sys.executable, __file__, "--one-size", str(rows)]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def labelled(threshold: float) -> dict[str, object]:
    """The labelled pairs at one threshold: found by MinHash, by the exact index, and by the label."""
    counts: Counter[str] = Counter(edits_found=0, anew_over_threshold=0)
    for entry in yaml.safe_load(_PAIRS.read_text(encoding="utf-8")):
        for label in ("edit", "said_anew"):
            seen = SeenTexts(threshold)
            seen.add("text", entry["text"])
            kind = "edits" if label == "edit" else "anew"
            over = similarity(entry["text"], entry[label]) >= threshold
            counts[kind] += 1
            counts[f"{kind}_over_threshold"] += over
            if label == "edit":
                counts["edits_found"] += over and seen.find(entry[label]) is not None
    recall = counts["edits_found"] / max(1, counts["edits_over_threshold"])
    return {"threshold": threshold, **counts, "recall_against_brute_force": round(recall, 4)}


def against_brute_force(threshold: float) -> dict[str, object]:
    """All pairs of 600 synthetic rows, compared one by one and by the index."""
    texts = [text for text, _ in synthetic(600)]
    grams = [grams_of(squeeze(text)) for text in texts]
    close = {
        later for earlier, later in combinations(range(600), 2) if jaccard(grams[earlier], grams[later]) >= threshold
    }
    seen, found = SeenTexts(threshold), set()
    for number, text in enumerate(texts):
        if seen.find(text):
            found.add(number)
        seen.add(str(number), text)
    return {
        "all_pairs_of_rows": 600,
        "repeats": len(close),
        "found": len(found & close),
        "found_wrongly": len(found - close),
    }


def rows_cost(rows: int) -> dict[str, object]:
    """Time and memory of one run over `rows` rows, and recall on the edits planted in it."""
    seen, planted, found = SeenTexts(_THRESHOLD), 0, 0
    letters, spent_s = 0, 0.0
    bundled_words()
    memory_before = most_memory = resident_bytes()
    for number, (text, original) in enumerate(synthetic(rows)):
        letters += len(text)
        begun = time.perf_counter()
        match = seen.find_or_add(str(number), text)
        spent_s += time.perf_counter() - begun
        if number % 500 == 0:
            most_memory = max(most_memory, resident_bytes())
        if original and similarity(text, original) >= _THRESHOLD:
            planted += 1
            found += match is not None
    kept = rows - found
    return {
        "rows": rows,
        "characters_a_row": round(letters / rows),
        "rows_per_s": round(rows / spent_s),
        "state_bytes_a_row": round(seen.stored_bytes / kept),
        "memory_grown_MB": round((most_memory - memory_before) / 1e6, 1),
        "edits_planted": planted,
        "edits_recall": round(found / max(1, planted), 4),
    }


def template_cost(rows: int, shared_words: int) -> dict[str, object]:
    """Time of a run over rows that all begin with the same words and are no duplicates."""
    rng, seen, spent_s = random.Random(3), SeenTexts(_THRESHOLD), 0.0
    template = rng.choices(bundled_words(), k=shared_words)
    for number in range(rows):
        text = " ".join(template + rng.choices(bundled_words(), k=_WORDS_A_ROW - shared_words))
        begun = time.perf_counter()
        seen.find_or_add(str(number), text)
        spent_s += time.perf_counter() - begun
    return {
        "template_rows": rows,
        "words_shared": shared_words,
        "of": _WORDS_A_ROW,
        "rows_per_s": round(rows / spent_s),
    }


def synthetic(rows: int) -> Iterator[tuple[str, str]]:
    """(text, the text it is an edit of or "")."""
    rng = random.Random(7)
    vocabulary = bundled_words()
    recent: deque[str] = deque(maxlen=1000)
    for _ in range(rows):
        if recent and rng.random() < _PLANTED_SHARE:
            original = rng.choice(recent)
            edited = original.split(" ")
            for _ in range(rng.randint(1, 3)):
                edited[rng.randrange(len(edited))] = rng.choice(vocabulary)
            yield " ".join(edited), original
            continue
        recent.append(" ".join(rng.choices(vocabulary, k=_WORDS_A_ROW)))
        yield recent[-1], ""


@cache
def bundled_words() -> tuple[str, ...]:
    prompts = read_prompts("th", [])
    return tuple(sorted({word for prompt in prompts for word in words(prompt.text, "newmm") if word.isalpha()}))


def similarity(one: str, other: str) -> float:
    return jaccard(grams_of(squeeze(one)), grams_of(squeeze(other)))


def resident_bytes() -> int:
    return psutil.Process().memory_info().rss


if __name__ == "__main__":
    main()
