"""The page docs/translation.md: what becomes of every constraint that came with a prompt, and why a prompt is refused.

Made from the tables themselves; a test compares the page in docs/ with a fresh one, so it cannot go stale.
"""

from __future__ import annotations

from constraints.compat import INSTRUCTIONS
from datagen.translation.counterparts import ENGLISH, THAI, WITHOUT_COUNTERPART, Counterpart
from datagen.translation.templates import RETRIED

__all__ = ["translation_page"]

_TOP = """# Translation of prompts and their constraints

`typhoon-data build ... translate.enabled=true` translates prompts between English and Thai (datagen/translation/). What
must not change is replaced by numbered tokens before and put back by number afterwards; a translation that fails a check
is asked for once more with the fault named, then the prompt is a counted rejection of the stage `translate`.

Reasons after a second try: {retried}.

Reasons at once: `prompt_not_in_language` (translation is off, or no language could be told), `source_not_supported`,
`endpoint_declined`, `low_score`, `undecided` (the judge's score could not be had: never a zero),
`constraint_without_counterpart`, `constraint_in_task`, `constraints_contradict`, `constraint_parameters`, `nothing_left`.

## Constraints that come with a prompt

A prompt brings them in the column `constraints`, as a list of `{{"id": ..., "params": {{...}}}}` with our ids or IFEval's and
IFBench's, or in the two columns of the official files:

```yaml
prompts:
  - path: ifeval.jsonl
    columns: {{text: prompt, id: key, constraints: instruction_id_list, kwargs: kwargs}}
```

Each becomes one of our types, worded by `describe` and checked on the row as it reads in the end; nothing is translated
freely. Sentences of the prompt that only state a constraint are cut. Keywords get one translation, used in prompt and
constraint alike, or are kept in both. Our types without an entry below stay as they are.
"""


def translation_page() -> str:
    """The whole page."""
    retried = ", ".join(f"`{reason}`" for reason in sorted(RETRIED))
    parts = [
        _TOP.format(retried=retried),
        _table("### Into Thai", THAI),
        _table("### Into English", ENGLISH),
        "### Without a counterpart\n\n| constraint | why |\n|---|---|\n"
        + "".join(f"| `{name}` | {why} |\n" for name, why in WITHOUT_COUNTERPART.items()),
    ]
    return "\n".join(parts)


def _table(title: str, entries: dict[str, Counterpart]) -> str:
    rows = "".join(
        f"| `{name}` | {_became(name, entry)} | {entry.replaced or 'the same'} |\n" for name, entry in entries.items()
    )
    return f"{title}\n\n| constraint | becomes | meaning |\n|---|---|---|\n{rows}"


_SHOWN = {
    "relation": "at least", "let_relation": "at least", "capital_relation": "at least", "letter": "a", "options": "a/b",
    "keywords": ["..."], "forbidden_words": ["..."], "minimum": 1, "count": 1, "maximum": 1, "language": "en",
}  # fmt: skip
_LESS = {
    "relation": "less than",
    "let_relation": "less than",
    "capital_relation": "less than",
    "forbidden_words": ["a", "b"],
}


def _became(name: str, entry: Counterpart) -> str:
    """The id or ids that the entry gives over the kinds of parameters there are."""
    kwargs = (
        INSTRUCTIONS[name].kwargs if name in INSTRUCTIONS else dict.fromkeys(("letter", "minimum", "count", "maximum"))
    )
    found = []
    for changed in ({}, _LESS):
        example = {key: (_SHOWN | changed).get(key, _example(key)) for key in kwargs}
        found.append(entry.make(example, lambda word: word)[0])
    return ", ".join(f"`{each}`" for each in dict.fromkeys(found))


def _example(key: str) -> int | str:
    counts = ("N", "n", "m", "small_n", "percentage", "frequency", "min_words", "max_words", "nth_paragraph")
    return 2 if key in counts or key.startswith(("num_", "let_", "capital_")) else "..."
