"""What a scripted chat server can say: a finished reply, a fault, and two ready-made scripts.

A script is any function from the request body (messages, seed, ...) to an answer; a string is a `Reply`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Body", "Fault", "Reply", "ScriptedAnswer", "in_order", "replies_by"]

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """One finished answer. `completion_tokens=None` counts one token per 4 bytes."""

    content: str | None
    finish_reason: str = "stop"
    completion_tokens: int | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure. Kinds: `status` (an error body), `drop` (the connection closes without a byte), `hang`
    (silence until the server closes), `malformed` (status 200 and half a JSON document), `truncated` (a body shorter
    than announced)."""

    status: int = 500
    message: str = "scripted fault"
    retry_after_s: float | None = None
    kind: Literal["status", "drop", "hang", "malformed", "truncated"] = "status"


ScriptedAnswer = str | Reply | Fault


def in_order(*answers: ScriptedAnswer) -> Callable[[Body], ScriptedAnswer]:
    """A script that gives one answer after the other, whatever is asked; the last one stays.

    >>> script = in_order(Fault(429), "fine")
    >>> [script({}), script({}), script({})]
    [Fault(status=429, message='scripted fault', retry_after_s=None, kind='status'), 'fine', 'fine']
    """
    if not answers:
        raise ValueError("in_order needs at least one answer")
    waiting = list(answers)
    lock = threading.Lock()

    def script(_: Body) -> ScriptedAnswer:
        with lock:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return script


def replies_by(table: Mapping[str, ScriptedAnswer], otherwise: ScriptedAnswer) -> Callable[[Body], ScriptedAnswer]:
    """A script that answers by the first key found in the last message.

    >>> script = replies_by({"capital": "กรุงเทพฯ"}, otherwise="ไม่ทราบ")
    >>> script({"messages": [{"role": "user", "content": "the capital?"}]})
    'กรุงเทพฯ'
    """

    def script(body: Body) -> ScriptedAnswer:
        text = str(body["messages"][-1].get("content"))
        return next((answer for key, answer in table.items() if key in text), otherwise)

    return script
