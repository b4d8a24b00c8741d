"""What every gate let through and what it stopped, and why: in = kept + rejected, or the run stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["GATES", "Stopped", "Yields", "yield_lines"]

GATES: dict[str, str] = {
    "idea": "rules",
    "function": "functions",
    "enough_functions": "constraints",
    "case": "cases",
    "case_agreement": "cases",
    "function_agreement": "functions",
    "cross_validation": "constraints",
    "function_mutation": "functions",
    "mutation": "constraints",
    "back_translation": "constraints",
    "consistency": "constraints",
    "thai_wording": "wordings",
    "wording": "constraints",
}
"""Each gate, in order, and what it counts."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """One thing that a gate stopped: a rule, or a function, case or wording (`what`) of that rule."""

    gate: str
    rule: str
    reason: str
    detail: str = ""
    what: str = ""

    def as_dict(self) -> dict[str, str]:
        told = {"gate": self.gate, "rule": self.rule, "reason": self.reason, "detail": self.detail, "what": self.what}
        return {key: value for key, value in told.items() if value}


@dataclass
class Yields:
    """Counts per gate, and everything stopped in order of the gates."""

    stopped: list[Stopped] = field(default_factory=list)
    _kept: Counter[str] = field(default_factory=Counter)
    _in: Counter[str] = field(default_factory=Counter)

    def entered(self, gate: str, count: int = 1) -> None:
        self._in[gate] += count

    def keep(self, gate: str, count: int = 1) -> None:
        self._kept[gate] += count

    def stop(self, gate: str, rule: str, reason: str, detail: str = "", what: str = "") -> None:
        self.stopped.append(Stopped(gate, rule, reason, detail, what))

    def add(self, other: Yields) -> None:
        """Takes over what another one counted: each rule counts for itself, so order of arrival never shows."""
        self.stopped.extend(other.stopped)
        self._kept.update(other._kept)
        self._in.update(other._in)

    def as_dict(self) -> dict[str, Any]:
        """Gate -> what it counts, how many came, stayed, and left for which reason."""
        found: dict[str, Any] = {}
        for gate, unit in GATES.items():
            reasons = Counter(one.reason for one in self.stopped if one.gate == gate)
            assert self._in[gate] == self._kept[gate] + reasons.total(), f"{gate}: {self._in[gate]} in, others out"
            found[gate] = {
                "counts": unit,
                "in": self._in[gate],
                "kept": self._kept[gate],
                "rejected": dict(sorted(reasons.items())),
            }
        return found


def yield_lines(yields: Mapping[str, Any]) -> list[str]:
    """The table of a report in Markdown."""
    rows = ["| gate | counts | in | kept | rejected because |", "|---|---|---|---|---|"]
    for gate, found in yields.items():
        because = ", ".join(f"{count} {reason}" for reason, count in found["rejected"].items()) or "-"
        rows.append(f"| {gate} | {found['counts']} | {found['in']} | {found['kept']} | {because} |")
    return rows
