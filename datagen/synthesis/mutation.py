"""The mutation score: does a verifier notice a broken response?

Every passing case is broken in fixed ways. Not each mutant breaks the rule (half a text without commas has no commas
either): one counts as broken where more than half of the functions reject it; failing cases always do. A verifier's
score is the share of broken responses it rejects; it must accept the passing cases as well, so that neither constant
function can score on both sides.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from datagen.synthesis.agreement import Said

__all__ = ["MutationScore", "broken_mutants", "mutants", "score"]

_PUNCTUATION = regex.compile(r"[\p{P}\p{S}]")
_OTHER_LANGUAGE = {
    False: "The quick brown fox jumps over the lazy dog near the old river bank.",
    True: "แมวสีส้มตัวหนึ่งนอนหลับอยู่ใต้ต้นมะม่วงหลังบ้านของคุณยาย",
}
_THAI = regex.compile(r"\p{Thai}")


@dataclass(frozen=True, slots=True)
class MutationScore:
    """Shares of broken responses rejected and of passing ones accepted."""

    rejected: float
    accepted: float


def mutants(text: str, rng: random.Random) -> dict[str, str]:
    """Broken forms of `text` by how they were made; what comes out as it went in is left out.

    >>> found = mutants("ก ข", random.Random(0))
    >>> found["doubled"], found["without_blanks"], "small_letters" in found
    ('ก ข\\nก ข', 'กข', False)
    """
    lines = text.split("\n")
    shuffled = rng.sample(lines, len(lines))
    made = {
        "empty": "",
        "first_half": text[: len(text) // 2],
        "last_half": text[len(text) // 2 :],
        "without_first_line": "\n".join(lines[1:]),
        "without_last_line": "\n".join(lines[:-1]),
        "shuffled_lines": "\n".join(shuffled),
        "one_line": " ".join(lines),
        "line_added": f"{text}\n{_OTHER_LANGUAGE[True]}",
        "line_before": f"{_OTHER_LANGUAGE[True]}\n{text}",
        "doubled": f"{text}\n{text}",
        "other_language": _OTHER_LANGUAGE[not _THAI.search(text)],
        "without_marks": _PUNCTUATION.sub("", text),
        "marks_added": f"“{text}”, (!?) - * # : ;",
        "quoted": f'"{text}"',
        "bracketed": f"({text}) [{text}]",
        "full_stop": f"{text}.",
        "question": f"{text}?",
        "english_added": f"{text} This is the end",
        "numbered": "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)),
        "five_times": "\n".join([text] * 5),
        "without_digits": regex.sub(r"\p{N}", "", text),
        "digits_added": f"{text} 7 ๗",
        "without_blanks": "".join(text.split()),
        "capitals": text.upper(),
        "small_letters": text.lower(),
    }
    return {name: mutant for name, mutant in made.items() if mutant != text}


def broken_mutants(said: Sequence[Said]) -> list[int]:
    """The numbers of the mutants that more than half of the functions reject."""
    count = len(said[0]) if said else 0
    return [number for number in range(count) if sum(row[number] is False for row in said) > len(said) / 2]


def score(of_broken: Said, of_passing: Said) -> MutationScore:
    """One function's, of what it said of the broken and of the passing responses; no opinion counts for neither."""
    rejected = sum(opinion is False for opinion in of_broken) / len(of_broken) if of_broken else 0.0
    accepted = sum(opinion is True for opinion in of_passing) / len(of_passing) if of_passing else 0.0
    return MutationScore(rejected, accepted)
