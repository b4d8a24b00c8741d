"""What is asked: one conversation with its tools and sampling; its request body and its key in the store.

The key covers everything that may change the answer, and the endpoint's identity. `text` is the payload without that
identity, which differs where several endpoints serve one model: an answer is stored under the identity of the endpoint
that gave it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagen.llm.answers import Answer
from datagen.record import canonical_json

__all__ = ["Question", "Wanted", "read_choices"]


class Wanted:
    """One sample of a question: its index, and its payload as text but for the endpoint.

    `name` tells it apart while it is under way: its key at the first identity a run looks under.
    """

    __slots__ = ("_identity", "_payload_text", "index", "name", "text")

    def __init__(self, index: int, text: str, identity: str) -> None:
        self.index, self.text, self._identity = index, text, identity
        self._payload_text = self._with(identity)
        self.name = hashlib.sha256(self._payload_text.encode()).hexdigest()

    def _with(self, identity: str) -> str:
        return f'{{"endpoint":{json.dumps(identity, ensure_ascii=False)},{self.text[1:]}'

    def payload_text(self, identity: str) -> str:
        """As `canonical_json` of the whole payload: "endpoint" sorts before every other key."""
        return self._payload_text if identity == self._identity else self._with(identity)

    def key(self, identity: str) -> str:
        if identity == self._identity:
            return self.name
        return hashlib.sha256(self._with(identity).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Question:
    model: str
    messages: Sequence[Mapping[str, Any]]
    sampling: Mapping[str, Any]
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: str | Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None

    def wanted(self, index: int, identity: str) -> Wanted:
        """Sample `index`; `identity` is the one its `name` is made with."""
        payload = {
            "model": self.model,
            "messages": self.messages,
            "tools": list(self.tools),
            "sampling": self.sampling,
            "sample_index": index,
        }
        return Wanted(index, canonical_json(payload | self._options()), identity)

    def _options(self) -> dict[str, Any]:
        given = {"tool_choice": self.tool_choice, "response_format": self.response_format}
        return {name: value for name, value in given.items() if value is not None}

    def body(self, index: int = 0, n: int = 1, *, shared_seed: bool = False) -> dict[str, Any]:
        """The request for `n` samples from `index` on.

        `shared_seed`: all samples were asked for with one seed (`n` choices of one request); a request that begins at
        a later sample adds its index, or it would repeat the first.
        """
        body = {"model": self.model, "messages": self.messages, **self.sampling, **self._options()}
        if self.tools:
            body["tools"] = self.tools
        if n > 1:
            body["n"] = n
        if shared_seed and index and body.get("seed") is not None:
            body["seed"] = (body["seed"] + index) % 2**31
        return body


def read_choices(document: Mapping[str, Any], most: int) -> list[Answer]:
    """The answers in a chat completion, `most` of them at most; [] where it is none.

    Usage covers the whole request: prompt tokens go to the first answer, answer tokens are shared out evenly.
    """
    choices = document.get("choices")
    if not isinstance(choices, list):
        return []
    choices = [choice for choice in choices[:most] if isinstance(choice, dict)]
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    prompt_tokens, completion_tokens = (_count(usage.get(f"{kind}_tokens")) for kind in ("prompt", "completion"))
    share, rest = divmod(completion_tokens, max(1, len(choices)))
    return [
        _answer(choice, 0 if position else prompt_tokens, share + (0 if position else rest))
        for position, choice in enumerate(choices)
    ]


def _answer(choice: Mapping[str, Any], prompt_tokens: int, completion_tokens: int) -> Answer:
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):  # some servers send parts
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    calls = message.get("tool_calls")
    return Answer(
        content=_whole_letters(str(content)),
        finish_reason=str(choice.get("finish_reason") or ""),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        tool_calls=tuple(call for call in calls if isinstance(call, dict)) if isinstance(calls, list) else (),
    )


def _whole_letters(text: str) -> str:
    """Half an emoji (a lone surrogate in the JSON) becomes U+FFFD: it could be neither stored nor written."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not _encodable(text) else text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
