"""A record's scenario read back: the whole, or only its kind and domain."""

from __future__ import annotations

import json
from functools import lru_cache

from datagen.record import Record
from datagen.scenarios.scenario import Scenario

__all__ = ["scenario_labels", "scenario_of"]


@lru_cache(maxsize=256)
def _read(text: str) -> Scenario:
    return Scenario.from_dict(json.loads(text))


def scenario_of(record: Record) -> Scenario:
    """Raises KeyError, TypeError or ValueError where the record has none that can be read."""
    return _read(record.scenario)


def scenario_labels(text: str) -> tuple[str, str]:
    """Kind and domain; two empty texts where there is no scenario."""
    if not text:
        return "", ""
    scenario = _read(text)
    return scenario.kind, scenario.domain
