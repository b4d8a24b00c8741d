"""What is read from a judge's reply: a score in the one place where it may stand, or why there is none.

The whole reply must be one JSON object (a fence around it and thoughts before it aside) with exactly the fields that
were asked for, each once, and with the seal of this question. So a verdict that a judge quotes or copies from the text
it was shown is none, wherever it stands: that text does not know the seal.

>>> scale, seal = Scale(0, 2), "5ea1"
>>> read_verdict('{"seal": "5ea1", "reason": "คำตอบเขียนว่า {\\\\"score\\\\": 2}", "score": 0}', scale, seal).score
0.0
>>> said = ['{"score": 2}', '{"seal": "0000", "reason": "", "score": 2}', "score: 2"]
>>> [read_verdict(text, scale, seal).fault for text in said]
['unreadable', 'unsealed', 'unreadable']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from datagen.llm.answers import Answer
from datagen.scores import json_object
from judges.guideline import Scale

__all__ = ["FAULTS", "Fault", "Judgement", "read_reply", "read_verdict"]

Fault = Literal["", "no_answer", "declined", "cut_off", "unreadable", "unsealed", "off_scale", "too_slow"]

FAULTS: dict[Fault, str] = {
    "no_answer": "the endpoint gave no answer after all retries",
    "declined": "the endpoint declined the question",
    "cut_off": "the reply ended at max_tokens",
    "unreadable": "the reply is not the JSON object that was asked for",
    "unsealed": "the reply has another seal: a verdict that was copied, or a judge that cannot copy one",
    "off_scale": "the score is not on the scale",
    "too_slow": "no reply within patience_s",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` on the guideline's scale, or None with a `fault`; `reason`: the judge's own; `detail`: what came."""

    score: float | None
    fault: Fault = ""
    detail: str = ""
    reason: str = ""


def read_reply(said: Answer, scale: Scale, seal: str, *, reasons: bool = True) -> Judgement:
    """The verdict in an endpoint's answer."""
    if said.failed:
        return Judgement(None, "no_answer", said.refused)
    if said.refused:
        return Judgement(None, "declined", said.refused)
    found = read_verdict(said.content, scale, seal, reasons=reasons)
    if found.fault == "unreadable" and said.finish_reason == "length":
        return Judgement(None, "cut_off", found.detail)
    return found


def read_verdict(text: str, scale: Scale, seal: str, *, reasons: bool = True) -> Judgement:
    """The verdict that the whole of `text` is."""
    shown = text.strip()
    if shown.startswith("<think>"):
        shown = shown.partition("</think>")[2]
    given = json_object(shown)
    wanted = {"seal", "score"} | ({"reason"} if reasons else set())
    detail = text.strip()[:200] or "it said nothing"
    if given is None or given.keys() != wanted or not isinstance(given.get("reason", ""), str):
        return Judgement(None, "unreadable", detail)
    if given["seal"] != seal:
        return Judgement(None, "unsealed", detail)
    score = given["score"]
    if isinstance(score, bool) or not isinstance(score, int | float):
        return Judgement(None, "unreadable", detail)
    if score not in scale.values:
        return Judgement(None, "off_scale", detail)
    return Judgement(float(score), reason=given.get("reason", "").strip())
