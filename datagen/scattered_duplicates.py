"""Which answers of a dataset repeat earlier ones, told from pieces that many machines worked out: no text in one place.

The same answer as near_duplicates.py gives row by row (first in record order stays, the same bands propose, the exact
Jaccard index decides), cut into functions over small rows: `keys` of one record, `meetings` of the records that share a
key, `nearness` of one pair, and `winners`, which needs only what repeats something. The engine (ray_engine.py) brings
equal keys together between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagen.near_duplicates import Bands, Match, grams_of, jaccard, print_of, squeeze

__all__ = ["Near", "keys", "meetings", "nearness", "winners"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Near:
    """The texts first seen in the records `first` and `second` (numbers in record order) are near duplicates."""

    first: int
    second: int
    jaccard: float


def keys(order: int, name: str, answer: str, bands: Bands | None) -> Iterator[dict[str, Any]]:
    """One row for the text itself (`same`) and one for each of its bands."""
    printed = print_of(answer, bands)
    row = {"order": order, "name": name, "digest": printed.digest.hex(), "grams": len(printed.grams)}
    yield row | {"key": f"same {printed.digest.hex()}"}
    if printed.grams:
        for key in dict.fromkeys(printed.bands):
            yield row | {"key": f"band {key}"}


def meetings(met: Sequence[Mapping[str, Any]], threshold: float | None) -> Iterator[dict[str, Any]]:
    """Rows `first, second, name, same` of the records that share one key.

    Records of one text stand together: its first one meets the first one of another text. Texts whose lengths differ
    too much for the threshold do not meet.
    """
    met = sorted(met, key=lambda row: row["order"])
    if met[0]["key"].startswith("same"):
        for row in met if len(met) > 1 else ():
            yield {"first": met[0]["order"], "second": row["order"], "name": row["name"], "same": True}
        return
    assert threshold
    texts = list({row["digest"]: row for row in reversed(met)}.values())[::-1]  # the first record of each text
    for number, first in enumerate(texts):
        for second in texts[number + 1 :]:
            few, many = sorted((first["grams"], second["grams"]))
            if few >= many * threshold - _ROUNDING:
                yield {"first": first["order"], "second": second["order"], "name": "", "same": False}


def nearness(first: str, second: str) -> float:
    """The Jaccard index of two answers."""
    return jaccard(grams_of(squeeze(first)), grams_of(squeeze(second)))


def winners(same: Iterable[Mapping[str, Any]], near: Iterable[Near], names: Mapping[int, str]) -> dict[int, Match]:
    """Record -> what it repeats, for every record that is not kept.

    Args:
        same: rows of `meetings` about equal texts.
        near: pairs at or above the threshold.
        names: of the records in `near`.
    """
    text_of = {row["second"]: row["first"] for row in same}
    named = dict(names) | {row["second"]: row["name"] for row in same}
    close: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for pair in near:
        close[pair.first].append((pair.second, pair.jaccard))
        close[pair.second].append((pair.first, pair.jaccard))
    kept: dict[int, int] = {}  # text (its first record) -> the record that was kept for it
    lost: dict[int, Match] = {}
    for record in sorted(text_of.keys() | close.keys()):
        text = text_of.get(record, record)
        if text in kept:
            lost[record] = Match(named[kept[text]], 1.0, exact=True)
            continue
        # Of equally close ones the first.
        nearest = max(((index, -kept[other]) for other, index in close[text] if other in kept), default=None)
        if nearest is None:
            kept[text] = record
        else:
            lost[record] = Match(named[-nearest[1]], nearest[0], exact=False)
    return lost
