"""The chat client: one request to any OpenAI-compatible endpoint, answered from the store where it can be.

Covers: bounded concurrency, retries with backoff (the openai package's own), errors in words, one request
for concurrent identical payloads, and connecting only when the first unanswered request comes up.
Does not stream tokens and does not ask for n > 1 (servers disagree on both). The only user of `openai`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

import openai

from datagen.errors import EndpointError
from datagen.llm.answers import Answer, AnswerStore, payload_key

__all__ = ["ChatClient", "Endpoint", "Usage", "public_url"]

_RESUME = "nothing already answered is lost: the same command resumes"


@dataclass(frozen=True)
class Endpoint:
    """A reachable server. `identity` goes into the store's key: the URL, or the model's hash if embedded."""

    base_url: str
    identity: str
    api_key: str = field(repr=False, default="")


@dataclass
class Usage:
    """What this run asked for (`asked`, tokens, seconds) and what the store spared (`from_store`)."""

    asked: int = 0
    from_store: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    started: float | None = None
    in_flight: int = 0
    retries: int = 0
    cost: float | None = None
    currency: str = ""

    @property
    def tokens_per_s(self) -> float:
        elapsed = time.monotonic() - self.started if self.started else 0.0
        return self.completion_tokens / elapsed if elapsed else 0.0


class ChatClient:
    """Asks `connect()`'s endpoint, at most `concurrency` requests at a time.

    `identity` and `connect` are apart so that a run answered wholly from the store starts no server. `replaying`
    is true while nothing but stored answers was wanted.
    """

    def __init__(
        self,
        store: AnswerStore,
        identity: str,
        connect: Callable[[], Awaitable[Endpoint]],
        *,
        concurrency: int,
        timeout_s: float,
        max_retries: int,
    ) -> None:
        self.store, self.identity, self.usage = store, identity, Usage()
        self.replaying = not store.is_empty()
        self._connect, self._timeout_s, self._max_retries = connect, timeout_s, max_retries
        self._slots = asyncio.Semaphore(concurrency)
        self._connecting = asyncio.Lock()
        self._sdk: openai.AsyncOpenAI | None = None
        self._url = ""
        self._in_flight: dict[str, asyncio.Task[Answer]] = {}

    async def chat(
        self, model: str, messages: Sequence[Mapping[str, str]], *, sample_index: int = 0, **sampling: Any
    ) -> Answer:
        """One answer.

        Raises:
            EndpointError: unreachable after all retries, or it refuses us; the run cannot go on.
            OutputError: the answer cannot be stored.
        """
        payload = {
            "endpoint": self.identity,
            "model": model,
            "messages": [dict(message) for message in messages],
            "tools": [],
            "sampling": sampling,
            "sample_index": sample_index,
        }
        if (stored := self.store.get(payload)) is not None:
            self.usage.from_store += 1
            return stored
        self.replaying = False
        key = payload_key(payload)
        if key not in self._in_flight:
            self._in_flight[key] = asyncio.create_task(self._ask_and_store(payload))
            self._in_flight[key].add_done_callback(lambda task: self._forget(key, task))
        return await asyncio.shield(self._in_flight[key])

    def _forget(self, key: str, task: asyncio.Task[Answer]) -> None:
        del self._in_flight[key]
        if not task.cancelled():
            task.exception()  # seen here, so that asyncio does not report it when every waiter was cancelled

    async def _ask_and_store(self, payload: Mapping[str, Any]) -> Answer:
        async with self._slots:
            self.usage.in_flight += 1
            try:
                answer = await self._ask(payload)
            finally:
                self.usage.in_flight -= 1
        self.store.put(payload, answer)
        self.usage.asked += 1
        self.usage.prompt_tokens += answer.prompt_tokens
        self.usage.completion_tokens += answer.completion_tokens
        return answer

    async def _ask(self, payload: Mapping[str, Any]) -> Answer:
        sdk = await self._connected(payload["model"])
        try:
            completion = await sdk.chat.completions.create(
                model=payload["model"], messages=payload["messages"], **payload["sampling"]
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
            # The endpoint declines this one request (too long, filtered): a fact about the row, kept like an answer.
            return Answer("", "refused", refused=_words(exc))
        except openai.OpenAIError as exc:
            self._give_up(exc, payload["model"])
        except json.JSONDecodeError as exc:  # the package lets this one through as it is
            raise EndpointError(f"{self._url} failed: it sent broken JSON ({exc.msg}); {_RESUME}") from exc
        return _first_choice(completion, self._url)

    async def _connected(self, model: str) -> openai.AsyncOpenAI:
        async with self._connecting:
            if self._sdk is None:
                endpoint = await self._connect()
                self._url = public_url(endpoint.base_url)
                sdk = openai.AsyncOpenAI(
                    base_url=endpoint.base_url,
                    api_key=endpoint.api_key or os.environ.get("OPENAI_API_KEY") or "none",
                    timeout=self._timeout_s,
                    max_retries=self._max_retries,
                    http_client=_http_client(endpoint.base_url),
                )
                await self._require_model(sdk, model)
                self._sdk = sdk
                self.usage.started = time.monotonic()
            return self._sdk

    async def _require_model(self, sdk: openai.AsyncOpenAI, model: str) -> None:
        try:
            listed = await sdk.with_options(max_retries=1, timeout=30).models.list()
        except openai.NotFoundError:
            return  # this server does not list its models; the first request will tell
        except openai.OpenAIError as exc:
            self._give_up(exc, model)
        names = [entry.id for entry in listed.data or []]
        if names and model not in names:
            shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
            raise EndpointError(f"the server at {self._url} has no model {model!r}; it has: {shown}")

    def _give_up(self, exc: openai.OpenAIError, model: str) -> NoReturn:
        if isinstance(exc, openai.APITimeoutError):
            problem = f"{self._url} gave no answer in {self._timeout_s:g} s; raise timeout_s or lower concurrency"
        elif isinstance(exc, openai.APIConnectionError):
            problem = f"nobody answers at {self._url}; start the server there or correct --base-url"
        elif isinstance(exc, openai.AuthenticationError | openai.PermissionDeniedError):
            problem = f"{self._url} refuses the API key; set OPENAI_API_KEY"
        elif isinstance(exc, openai.NotFoundError):
            problem = f"{self._url} has no model {model!r} or no chat completions: {_words(exc)}"
        elif isinstance(exc, openai.RateLimitError):
            problem = f"{self._url} still limits our rate after {self._max_retries} retries; lower teacher.concurrency"
        else:
            problem = f"{self._url} failed: {_words(exc)}"
        raise EndpointError(f"{problem} ({_RESUME})") from exc

    async def close(self, grace_s: float = 0.0) -> None:
        """Gives what is in flight `grace_s` to arrive and be stored, cancels the rest, closes the connection."""
        tasks = list(self._in_flight.values())
        if tasks and grace_s:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._sdk is not None:
            await self._sdk.close()


def _http_client(base_url: str) -> openai.DefaultAsyncHttpxClient | None:
    """None (the package's own) but for this machine's servers, which no HTTP_PROXY should stand before."""
    on_loopback = urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1")
    return openai.DefaultAsyncHttpxClient(trust_env=False) if on_loopback else None


def public_url(url: str) -> str:
    """`url` without credentials and query: what may be shown and stored.

    >>> public_url("https://me:secret@llm.example.org:8443/v1?key=abc")
    'https://llm.example.org:8443/v1'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _first_choice(completion: Any, url: str) -> Answer:
    choices = getattr(completion, "choices", None)
    if not choices:
        raise EndpointError(f"{url} sent something that is not a chat completion; is it an OpenAI-compatible /v1 URL?")
    usage = completion.usage
    return Answer(
        content=choices[0].message.content or "",
        finish_reason=choices[0].finish_reason or "",
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
    )


def _words(exc: openai.OpenAIError) -> str:
    return str(exc).strip().split("\n")[0][:300] or type(exc).__name__
