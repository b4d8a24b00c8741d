"""The splits of a dataset, how many rows each gets, and which prompt goes to which.

    sft      prompt and verified answer
    opd      prompts only, for on-policy distillation: no answer is paid for
    rl       prompts with their constraints as reward: no answer is paid for
    heldout  as rl, with constraint types that no other split ever carries: measures unseen types
    tool     conversations with tool calls: the one split of a build of tool use, in no recipe's `splits`

A prompt belongs to one split, whatever its id, round or constraints: the split is a function of the seed and of what
the prompt says, so it does not change when a dataset grows and no prompt leaks from one split into another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import regex

from constraints import normalise, types
from datagen.prompts.prompt import Prompt
from datagen.rng import rng_for

__all__ = [
    "ANSWERED",
    "HAS_ANSWER",
    "HELD_OUT",
    "SPLITS",
    "TOOL",
    "SplitPlan",
    "apportioned",
    "drawable_ids",
    "held_out_ids",
    "shares_of",
    "targets_of",
]

SPLITS = ("sft", "opd", "rl", "heldout")
ANSWERED = "sft"
HELD_OUT = "heldout"
TOOL = "tool"
HAS_ANSWER = frozenset((ANSWERED, TOOL))
"""Splits whose rows end with an answer; those of the others are prompts."""
_MIN_PROMPT_SHARE = 0.05  # of the prompts for the smallest split: its rows should not all come from one prompt
_SPACES = regex.compile(r"\s+")


def shares_of(splits: Mapping[str, float]) -> dict[str, Fraction]:
    """Each split's exact share of all rows, from counts or shares; `sft` alone where none is given.

    >>> shares_of({"sft": 2, "rl": 1}) == shares_of({"sft": 20, "rl": 10, "opd": 0})
    True
    """
    given = {name: Fraction(splits[name]).limit_denominator(10**6) for name in SPLITS if splits.get(name)}
    total = sum(given.values())
    return {name: share / total for name, share in given.items()} or {"sft": Fraction(1)}


def targets_of(splits: Mapping[str, float], rows: int) -> dict[str, int]:
    """Rows wanted of each split; they add up to `rows`.

    >>> targets_of({"sft": 0.5, "opd": 0.25, "rl": 0.25}, 10)
    {'sft': 5, 'opd': 3, 'rl': 2}
    """
    shares = shares_of(splits)
    return dict(zip(shares, apportioned(list(shares.values()), rows), strict=True))


def apportioned(shares: Sequence[Fraction], rows: int) -> list[int]:
    """`rows` in these shares as whole numbers; no number falls when `rows` grows.

    Webster's method (Balinski and Young, Fair Representation): with more rows largest remainders could take one away
    again, and a dataset that grows would lose a row.
    """
    # Rounding at any smaller divisor gives the same sequence, so only the last few rows are dealt one by one.
    dealt = [int(share * max(0, rows - len(shares)) + Fraction(1, 2)) for share in shares]
    while sum(dealt) < rows:
        weights = [share / (2 * has + 1) for share, has in zip(shares, dealt, strict=True)]
        dealt[weights.index(max(weights))] += 1
    return dealt


def held_out_ids(given: Sequence[str] | float, weights: Mapping[str, float], seed: int) -> tuple[str, ...]:
    """The constraint types that a recipe holds out, sorted: named by id or family, or drawn as a share of all.

    A share is taken of the types that `weights` lets be drawn, at least one of them.
    """
    if isinstance(given, float | int):
        drawable = sorted(drawable_ids(weights))
        rng_for(seed, "held_out_types", "").shuffle(drawable)
        return tuple(sorted(drawable[: max(1, round(given * len(drawable)))])) if given else ()
    named = set(given)
    return tuple(sorted(t.id for t in types().values() if t.id in named or t.family in named))


def drawable_ids(weights: Mapping[str, float]) -> set[str]:
    """Types with a weight above zero, their own or the one given by id or family."""
    return {t.id for t in types().values() if weights.get(t.id, weights.get(t.family, t.weight)) > 0}


class SplitPlan:
    """Which split a prompt goes to, and which constraint types its rows must not carry."""

    def __init__(self, shares: Mapping[str, Fraction], held_out: Sequence[str], seed: int) -> None:
        self._seed = seed
        least = {name: max(float(share), _MIN_PROMPT_SHARE) for name, share in shares.items()}
        self._names, self._weights = list(least), list(least.values())
        others = tuple(sorted(set(types()) - set(held_out)))
        self._avoid = {name: others if name == HELD_OUT else tuple(held_out) for name in shares}
        self._moved: dict[str, str] | None = None

    def settle(self, prompts: Iterable[Prompt]) -> None:
        """See to it that no split goes without a prompt, where there are enough. `prompts`: the first block's.

        Only the first call counts, so that a prompt stays where it is.
        """
        if self._moved is not None:
            return
        self._moved = {}
        if len(self._names) == 1:
            return
        where = {key: self._drawn(key) for key in sorted({_key(prompt) for prompt in prompts})}
        while (counts := Counter(where.values())) and len(counts) < min(len(self._names), len(where)):
            needy = next(name for name in self._names if not counts[name])
            rich = max(self._names, key=lambda name: counts[name])
            key = next(key for key, name in where.items() if name == rich)
            where[key] = self._moved[key] = needy

    def split_of(self, prompt: Prompt) -> str:
        if len(self._names) == 1:
            return self._names[0]
        key = _key(prompt)
        return (self._moved or {}).get(key) or self._drawn(key)

    def avoid(self, prompt: Prompt, split: str) -> tuple[str, ...]:
        """Ids and families that rows of this prompt must not carry."""
        return prompt.avoid + self._avoid[split] if prompt.avoid else self._avoid[split]

    def _drawn(self, key: str) -> str:
        return rng_for(self._seed, "split", key).choices(self._names, self._weights)[0]


def _key(prompt: Prompt) -> str:
    """What the prompt says, without what came before it: equal texts never part."""
    return _SPACES.sub(" ", normalise(prompt.text)).strip().casefold()
