"""Every reason a proof can fail for, by check, in the order of the checks. docs/proof.md says the same to readers.

A verdict's reason is one of these codes, a colon, and what was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CHECKS", "REASONS", "Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: a code of REASONS and what exactly was seen."""

    reason: str
    detail: str


CHECKS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "tool.structure": {
        "broken_scenario": "the scenario cannot be played: its moment is no date, or a tool it offers is not at hand",
        "malformed_message": "a message without text or with a role nobody has",
        "system_differs": "the system message is not the scenario's",
        "user_turns_differ": "the user says something else than in the scenario, or more, or less",
        "roles_out_of_order": "a message stands where its role cannot",
        "duplicate_call_id": "two calls share an id, or a call has none",
        "unanswered_call": "a call has no result",
        "stray_result": "a result that answers no open call, or in another order than the calls",
        "no_final_reply": "a turn does not end with a reply",
        "empty_reply": "a reply says nothing",
        "markup_in_reply": "a tool call, JSON, a tool's name or a template's mark is left in a reply",
        "too_much": "more calls or a longer reply than a proof looks at",
    },
    "tool.names": {
        "unknown_tool": "a tool is called that is not on offer",
    },
    "tool.arguments": {
        "malformed_arguments": "the arguments are no JSON object",
        "wrong_era": "a date or year is off by 543 years: Buddhist and Common Era mixed up",
        "swapped_entity": "the value belongs to another argument or another call",
        "missing_argument": "an argument that was stated is left out",
        "invented_argument": "an argument, or a value of one that may be left out, which nobody stated",
        "invalid_arguments": "the tool's schema refuses the arguments",
        "not_verbatim": "a Thai name or text that does not stand in the conversation before the call",
        "wrong_argument": "another value than the one that was asked for",
    },
    "tool.calls": {
        "called_when_it_must_ask": "something is missing, and a tool was called all the same",
        "called_without_tool": "no tool on offer helps, and one was called all the same",
        "wrong_turn": "the call belongs to another turn",
        "repeated_call": "a call is made again although it had its result",
        "skipped_step": "a call that was needed is not made",
        "no_retry": "a tool was unavailable for a moment, and the call was not made again",
        "premature_call": "a call is made before the result it needs was there",
        "extra_call": "a call that nobody asked for",
        "wrong_outcome": "the call ends otherwise than in the scenario",
    },
    "tool.results": {
        "altered_result": "a result differs from what the tool returns",
    },
    "tool.state": {
        "wrong_state": "the calls leave the world in another state than they should",
    },
    "tool.reply": {
        "not_a_question": "the reply must ask for what is missing, and asks nothing",
        "asks_for_something_else": "the question is not for what is missing",
        "not_declined": "no tool helps, and the reply does not say so",
        "error_not_told": "a call failed, and the reply does not say so",
        "failure_told": "the reply says that it did not work, and no call failed",
    },
    "tool.values": {
        "wrong_era": "a date in a reply is off by 543 years",
        "wrong_number": "a returned number is told wrongly",
        "wrong_date": "a returned date is told wrongly, or with another day of the week",
        "wrong_time": "a returned time is told wrongly",
        "wrong_unit": "a returned number is told with another unit",
        "missing_value": "a returned value that was asked for is not told",
        "another_place": "a reply names another province than the one that was asked for",
        "contradicted_text": "a reply says another level than the result",
        "invented_number": "a number that neither the conversation nor a result has",
        "invented_date": "a date that neither the conversation nor a result has",
        "invented_time": "a time of day that neither the conversation nor a result has",
    },
    "tool.manners": {
        "foreign_letters": "letters of a foreign script that the conversation does not have",
        "wrong_language": "a reply is not in the language of the conversation",
        "not_polite": "the last reply does not end politely",
        "mixed_gender": "the assistant speaks as a man here and as a woman there",
    },
})  # fmt: skip
"""Check -> reason -> what it means, in the order of the verdicts."""

REASONS = frozenset(reason for reasons in CHECKS.values() for reason in reasons)
