"""A chat as the chat template sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Conversation", "Message"]

Message = dict[str, Any]
"""As on disk: role and content, and `tool_calls` or `tool_call_id` where there are any."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One chat: an optional system turn, then turns that begin with the user's; `tools` are the specs on offer.

    `unanswered`: it is a prompt, and what comes next is the assistant's turn. `row`: all its columns, where they were
    asked for.
    """

    id: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    unanswered: bool = False
    row: Mapping[str, Any] = field(default_factory=dict, compare=False)
