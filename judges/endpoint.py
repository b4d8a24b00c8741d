"""An OpenAI-compatible server to ask for judgements, through the chat client: retries, and a store of what was said.

A server that is down, refuses or lacks the model ends no run here: its judgements have a fault, and the next batch
tries again with new connections. A batch waits `patience_s` at most; what is not there by then is `too_slow`.
Judgements are stored by their whole question, so that one that was paid for is found again, by any run.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from datagen.errors import EndpointError, OutputError
from datagen.llm.answers import Answer, AnswerStore
from datagen.llm.client import ChatClient, Endpoint, Limits, public_url
from datagen.llm.gguf import cache_dir
from datagen.llm.keys import find_key
from judges.fence import Part
from judges.judge import Judge
from judges.verdict import Judgement

__all__ = ["EndpointSettings", "JudgeEndpoint"]


class EndpointSettings(BaseModel):
    """Which model is asked where, and how patiently.

    `key` names the environment variable that holds the API key; without it none is sent. `timeout_s` is of one request,
    `patience_s` of a batch of judgements with all retries. `cache`: the file in which judgements are stored; without
    it one for this model in the cache folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    base_url: str
    key: str | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 16
    timeout_s: Annotated[float, Field(gt=0)] = 60.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 2
    patience_s: Annotated[float, Field(gt=0)] = 300.0
    max_tokens: Annotated[int, Field(ge=16)] = 512
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0
    cache: str | None = None

    @field_validator("base_url")
    @classmethod
    def _without_secrets(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{public_url(url)!r} must be a URL that starts with http:// or https:// and ends in /v1")
        if parts.username or parts.password or parts.query:
            raise ValueError(
                f"{public_url(url)}: a recipe is stored, so no password and no query may stand in its URLs; put the "
                "key into an environment variable and name that: key: MY_KEY"
            )
        return url

    @property
    def store_path(self) -> Path:
        if self.cache is not None:
            return Path(self.cache)
        name = hashlib.sha256(f"{public_url(self.base_url)}\x00{self.model}".encode()).hexdigest()[:16]
        return cache_dir() / "judgements" / f"{name}.sqlite"


class JudgeEndpoint:
    """`judge_all` cases, or `ask` one question; nothing is opened before the first. `aclose` at the end."""

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self._store: AnswerStore | None = None
        self._client: ChatClient | None = None
        self._given_up = False

    async def judge_all(self, judge: Judge, cases: Sequence[Sequence[Part]]) -> list[Judgement]:
        """One judgement a case, in order, within `patience_s`.

        Raises:
            EndpointError: the environment variable that `key` names is not set.
            OutputError: judgements cannot be stored.
        """
        if self._given_up:
            await self._hang_up()
        if not cases:
            return []
        tasks = [asyncio.create_task(judge.judge(case)) for case in cases]
        try:
            _, late = await asyncio.wait(tasks, timeout=self.settings.patience_s)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            raise
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What is still on its way would only stand in the way of the next batch.
        self._given_up = self._given_up or bool(late)
        slow = Judgement(None, "too_slow", f"no reply in {self.settings.patience_s:g} s")
        return [slow if task in late else task.result() for task in tasks]

    async def ask(
        self, messages: Sequence[Mapping[str, Any]], *, response_format: Mapping[str, Any] | None = None
    ) -> Answer:
        """What the model said; an endpoint that cannot be used is an answer that `failed`."""
        settings = self.settings
        key = find_key(settings.key) if settings.key else ""
        client = self._client or self._connected(key)
        try:
            return await client.chat(
                settings.model,
                messages,
                response_format=response_format,
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
            )
        except EndpointError as exc:
            self._given_up = True
            return Answer("", "failed", refused=str(exc))

    def _connected(self, key: str) -> ChatClient:
        settings = self.settings
        if self._store is None:
            self._store = _opened(settings.store_path)
        identity = public_url(settings.base_url)

        async def connect() -> Endpoint:
            return Endpoint(settings.base_url, identity, key, settings.key or "the recipe's key")

        limits = Limits(settings.concurrency, settings.timeout_s, settings.max_retries)
        self._client = ChatClient(self._store, identity, connect, limits=limits)
        return self._client

    async def _hang_up(self) -> None:
        client, self._client, self._given_up = self._client, None, False
        if client is not None:
            await client.close()

    async def aclose(self) -> None:
        await self._hang_up()
        if self._store is not None:
            self._store.close()
            self._store = None


def _opened(path: Path) -> AnswerStore:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"judgements cannot be stored in {path.parent}: {exc}; name another file as `cache`") from exc
    return AnswerStore(path)
