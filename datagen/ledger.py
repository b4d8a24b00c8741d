"""Counting every record at every stage: in == kept + rejected, or the run stops.

>>> ledger = Ledger(["compose", "verify"])
>>> ledger.entered("compose"); ledger.kept("compose"); ledger.entered("verify")
>>> ledger.rejected("verify", "length.lines FAIL")
>>> ledger.require_balance(accepted=0)
>>> ledger.as_dict()["verify"]
{'in': 1, 'kept': 0, 'rejected': {'length.lines FAIL': 1}}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Ledger"]


class Ledger:
    """Counts per stage, in stage order."""

    def __init__(self, stages: Iterable[str]) -> None:
        self._in = {stage: 0 for stage in stages}
        self._kept = dict.fromkeys(self._in, 0)
        self._rejected: dict[str, Counter[str]] = {stage: Counter() for stage in self._in}

    def entered(self, stage: str) -> None:
        self._in[stage] += 1

    def kept(self, stage: str) -> None:
        self._kept[stage] += 1

    def rejected(self, stage: str, reason: str) -> None:
        self._rejected[stage][reason] += 1

    @property
    def reasons(self) -> Counter[str]:
        """`stage: reason` -> count, over all stages."""
        counts: Counter[str] = Counter()
        for stage, reasons in self._rejected.items():
            counts.update({f"{stage}: {reason}": count for reason, count in reasons.items()})
        return counts

    @property
    def accepted(self) -> int:
        """Records that left the last stage."""
        return next(reversed(self._kept.values()), 0)

    def state(self) -> Any:
        return {"in": self._in, "kept": self._kept, "rejected": self._rejected}

    def restore(self, state: Any) -> None:
        for stage in self._in:
            self._in[stage], self._kept[stage] = state["in"][stage], state["kept"][stage]
            self._rejected[stage].update(state["rejected"][stage])

    def require_balance(self, accepted: int) -> None:
        """Raises AssertionError unless no record was lost or made up between any two stages."""
        flow = None
        for stage, entered in self._in.items():
            assert flow is None or entered == flow, f"{stage}: {entered} in, but the stage before kept {flow}"
            flow = self._kept[stage]
            lost = entered - flow - self._rejected[stage].total()
            assert lost == 0, f"{stage}: {entered} in, {flow} kept, {self._rejected[stage].total()} rejected"
        assert flow == accepted, f"{flow} left the last stage, {accepted} were exported"

    def as_dict(self) -> Mapping[str, Any]:
        return {
            stage: {"in": entered, "kept": self._kept[stage], "rejected": dict(sorted(self._rejected[stage].items()))}
            for stage, entered in self._in.items()
        }
