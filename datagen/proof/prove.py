"""The proof of a finished trajectory: the checks in their fixed order, one verdict each.

Deterministic and offline: the same scenario, messages and tools always give the same verdicts. Never raises for what a
trajectory holds. What the messages say is data here: nothing in it is followed, only the calls that the assistant made
are run, in a world that is thrown away, and only with the tools that the scenario offers.

Does not judge style, tone beyond politeness, or whether a remark beyond the returned values is true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from datagen.proof.known import Known
from datagen.proof.manners import manners
from datagen.proof.matching import Matched, match_calls
from datagen.proof.played import MAX_REPLY, Played, read_played
from datagen.proof.reasons import CHECKS, Finding
from datagen.proof.replay import Replay, replay
from datagen.proof.replies import does_its_part, scaffold
from datagen.proof.values import values
from datagen.record import Message, RecordedVerdict
from datagen.scenarios.scenario import Scenario
from datagen.tools.tool import Tool

__all__ = ["prove"]

_LONGEST_REASON = 400
_PASSED = {check: RecordedVerdict(check, "PASS", "") for check in CHECKS}


def prove(
    scenario: Scenario, messages: Sequence[Message], tools: Mapping[str, Tool]
) -> tuple[RecordedVerdict, ...]:
    """One verdict for each check, PASS or FAIL, in the order of `reasons.CHECKS`."""
    try:
        now = datetime.fromisoformat(scenario.now)
    except ValueError:
        return _all_failed(Finding("broken_scenario", f"{scenario.now!r} is no moment"))
    if absent := [name for name in scenario.tools if name not in tools]:
        return _all_failed(Finding("broken_scenario", f"the tool {absent[0]!r} that it offers is not at hand"))
    offered = {name: tools[name] for name in scenario.tools}
    played = read_played(scenario, messages)
    replayed = replay(scenario, played.calls, offered, now)
    matched = match_calls(scenario, played, replayed.observations, offered)
    return tuple(
        _verdict(check, finding)
        for check, finding in {
            "tool.structure": played.fault or scaffold(scenario, played),
            "tool.names": _names(played, replayed),
            "tool.arguments": next(iter(matched.arguments), None),
            "tool.calls": next(iter(matched.calls), None),
            "tool.results": _results(played, replayed),
            "tool.state": _state(scenario, replayed),
            "tool.reply": does_its_part(scenario, played),
            "tool.values": _values(scenario, played, replayed, matched, offered, now),
            "tool.manners": manners(scenario, played, replayed),
        }.items()
    )


def _all_failed(finding: Finding) -> tuple[RecordedVerdict, ...]:
    """Nothing can be said of a trajectory whose scenario cannot be played."""
    return tuple(_verdict(check, finding) for check in CHECKS)


def _verdict(check: str, finding: Finding | None) -> RecordedVerdict:
    if finding is None:
        return _PASSED[check]
    reason = f"{finding.reason}: {finding.detail}".encode("utf-8", "replace").decode()
    return RecordedVerdict(check, "FAIL", reason[:_LONGEST_REASON])


def _names(played: Played, replayed: Replay) -> Finding | None:
    for call, seen in zip(played.calls, replayed.observations, strict=True):
        if seen.error == "unknown_tool":
            return Finding("unknown_tool", f"{call.name[:80]!r} is not on offer")
    return None


def _results(played: Played, replayed: Replay) -> Finding | None:
    for call, seen in zip(played.calls, replayed.observations, strict=True):
        if call.result is not None and call.result != seen.content:
            return Finding("altered_result", f"{call.name[:80]} returns {seen.content[:80]}, not {call.result[:80]}")
    return None


def _state(scenario: Scenario, replayed: Replay) -> Finding | None:
    if replayed.state == scenario.state:
        return None
    return Finding("wrong_state", f"{replayed.state[:120]} in place of {scenario.state[:120]}")


def _values(
    scenario: Scenario,
    played: Played,
    replayed: Replay,
    matched: Matched,
    offered: Mapping[str, Tool],
    now: datetime,
) -> Finding | None:
    """Turn by turn: what is known grows with what is said and returned."""
    known = Known(now)
    known.add_text(scenario.system)
    for tool in offered.values():
        known.add_text(tool.description.get(scenario.lang, ""))
    seen, first, worst = iter(replayed.observations), 0, None
    for number, turn in enumerate(played.turns):
        wanted = scenario.turns[number] if number < len(scenario.turns) else None
        known.add_said(turn.user)
        for call in wanted.calls if wanted else ():
            known.add_value([call.arguments, call.optional])
        for _ in turn.calls:
            known.add_value(next(seen).value)
        for text in turn.asides:
            worst = worst or values(text[:MAX_REPLY], None, matched.results, known, now)
        if turn.reply is not None:
            worst = worst or values(turn.reply[:MAX_REPLY], wanted, matched.results, known, now)
        known.calls += len(turn.calls)
    return worst
