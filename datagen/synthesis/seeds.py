"""What synthesis starts from: pairs of an English and a Thai instruction that are known to mean the same.

By default the built-in catalogue, each type with its example's parameters; or a YAML file of `{en, th}` entries.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from constraints import build, types
from constraints.catalogue import entry
from datagen.errors import RecipeError
from datagen.near_duplicates import grams_of, jaccard, squeeze
from datagen.synthesis.prompts import EXAMPLE_RULES, Wording

__all__ = ["like", "read_seeds"]

_LONGEST = 120  # characters: longer rules are hard to learn from


def read_seeds(path: str | None) -> list[Wording]:
    """English and Thai wordings; the rules of our own prompts' examples are among them.

    Raises:
        RecipeError: the file cannot be read or an entry is malformed; it is named.
    """
    return [*EXAMPLE_RULES, *(_from_catalogue() if path is None else _from_file(Path(path)))]


def _from_catalogue() -> list[Wording]:
    pairs = []
    for constraint_id in types():
        example = build(constraint_id, entry(constraint_id).params)
        english, thai = (min(example.phrasings(lang), key=len) for lang in ("en", "th"))
        if len(english) <= _LONGEST and "\n" not in english + thai:
            pairs.append((english, thai))
    return pairs


def _from_file(path: Path) -> list[Wording]:
    way_out = "write a list of entries such as - {en: The answer has 2 lines., th: คำตอบต้องมี 2 บรรทัด}"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as exc:
        raise RecipeError(f"seeds: cannot read {path}: {exc}") from exc
    except yaml.YAMLError as exc:
        raise RecipeError(f"seeds: {path} is not valid YAML: {getattr(exc, 'problem', exc)}; {way_out}") from exc
    if not isinstance(found, list) or not found:
        raise RecipeError(f"seeds: {path} holds {type(found).__name__}, not a list of seeds; {way_out}")
    pairs = []
    for number, one in enumerate(found, 1):
        texts = (one.get("en"), one.get("th")) if isinstance(one, dict) else (None, None)
        english, thai = (" ".join(text.split()) if isinstance(text, str) else "" for text in texts)
        if not english or not thai:
            raise RecipeError(f"seeds: {path}, entry {number}: {one!r} lacks a text `en` or `th`; {way_out}")
        pairs.append((english, thai))
    return pairs


def like(rule: str, pairs: list[Wording], count: int, *, in_thai: bool = False) -> list[Wording]:
    """The `count` pairs most like `rule` (character 5-grams), the most alike last."""
    grams = grams_of(squeeze(rule))
    order = sorted(pairs, key=lambda pair: (-jaccard(grams, grams_of(squeeze(pair[in_thai]))), pair))
    return order[:count][::-1]
