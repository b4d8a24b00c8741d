"""Who answers: the endpoint a recipe names, or the embedded model served on loopback when none is named.

`teacher_of` settles the name and identity without starting anything; `Connection.connect` reaches the server
(or starts the embedded one) when the first answer is really needed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datagen.config import BuildRecipe, EndpointConfig, TeacherConfig
from datagen.errors import EndpointError
from datagen.llm.answers import AnswerStore
from datagen.llm.asking import Limits
from datagen.llm.batch import BatchSettings, BatchTransport
from datagen.llm.client import ChatClient
from datagen.llm.gguf import DEFAULT_MODEL, KNOWN_MODELS, model_identity
from datagen.llm.keys import DEFAULT_KEY, find_key
from datagen.llm.local import LocalTeacher
from datagen.llm.usage import Usage
from datagen.llm.wire import Endpoint, public_url

__all__ = ["Connection", "Teacher", "client_of", "public_recipe", "teacher_of"]


@dataclass(frozen=True)
class Teacher:
    """`name`: as the server knows it; `identity`: as the manifest names it; `source`: a URL, or an embedded model.

    `identities` are what its stored answers may be filed under: one for each endpoint, or the recipe's own name.
    """

    name: str
    identity: str
    license: str
    source: str
    embedded: bool
    identities: tuple[str, ...] = ()
    endpoints: tuple[EndpointConfig, ...] = field(default=(), repr=False)
    key: str | None = None


def teacher_of(recipe: BuildRecipe) -> Teacher:
    """The teacher a recipe (and OPENAI_BASE_URL) names; the embedded one where no URL is given.

    Raises:
        EndpointError: an endpoint without a model name, or a URL that is none.
        TeacherError: an embedded model that is not known.
    """
    config = recipe.teacher
    endpoints = _endpoints(config)
    if not endpoints:
        return _embedded(config)
    for endpoint in endpoints:
        if not endpoint.url.startswith(("http://", "https://")):
            raise EndpointError(f"the base URL {endpoint.url!r} must start with http:// or https:// and end in /v1")
    if not config.model:
        raise EndpointError(f"name the model to ask at {public_url(endpoints[0].url)}: --model NAME")
    urls = sorted({public_url(endpoint.url) for endpoint in endpoints})
    identities = (config.identity,) if config.identity else tuple(urls)
    return Teacher(
        name=config.model,
        identity=" ".join(identities),
        license="unknown",
        source=" ".join(urls),
        embedded=False,
        identities=identities,
        endpoints=tuple(endpoints),
        key=config.key,
    )


def _endpoints(config: TeacherConfig) -> Sequence[EndpointConfig]:
    if config.base_urls:
        return config.base_urls
    url = config.base_url or os.environ.get("OPENAI_BASE_URL")
    return [EndpointConfig(url=url)] if url else []


def _embedded(config: TeacherConfig) -> Teacher:
    source = config.model or DEFAULT_MODEL
    known = KNOWN_MODELS.get(source)
    identity = f"local:sha256:{model_identity(source)[:16]}"
    return Teacher(
        name=source if known else Path(source).stem,
        identity=identity,
        license=known.license if known else "unknown",
        source=source,
        embedded=True,
        identities=(identity,),
    )


def public_recipe(recipe: BuildRecipe) -> BuildRecipe:
    """The recipe as it may be stored and shown: URLs without credentials."""
    config = recipe.teacher
    base_url = public_url(config.base_url) if config.base_url else None
    base_urls = [endpoint.model_copy(update={"url": public_url(endpoint.url)}) for endpoint in config.base_urls]
    return recipe.model_copy(
        update={"teacher": config.model_copy(update={"base_url": base_url, "base_urls": base_urls})}
    )


def client_of(
    recipe: BuildRecipe, teacher: Teacher, connection: Connection, store: AnswerStore, say: Callable[[str], None]
) -> ChatClient:
    """The chat client a recipe asks for."""
    config = recipe.teacher
    limits = Limits(
        concurrency=config.concurrency,
        timeout_s=config.timeout_s,
        max_retries=config.max_retries,
        adaptive=config.adaptive,
        requests_per_minute=config.requests_per_minute,
        tokens_per_minute=config.tokens_per_minute,
    )

    def batches(usage: Usage, say: Callable[[str], None]) -> BatchTransport:
        asked = config.batch
        settings = BatchSettings(
            max_requests=asked.max_requests,
            gather_s=asked.gather_s,
            poll_s=asked.poll_s,
            completion_window=asked.completion_window,
            timeout_s=config.timeout_s,
            max_retries=config.max_retries,
        )
        return BatchTransport(connection.connect, store, settings, usage, say)

    if config.transport == "batch" and teacher.embedded:
        raise EndpointError("teacher.transport: batch needs an endpoint with the Batch API: give --base-url")
    return ChatClient(
        store,
        teacher.identities,
        connection.connect,
        limits=limits,
        budget=recipe.budget,
        use_n=config.use_n,
        transport=batches if config.transport == "batch" else None,
        say=say,
    )


class Connection:
    """A teacher once it is needed; `close` stops an embedded server."""

    def __init__(
        self, teacher: Teacher, parallel: int, say: Callable[[str], None], *, context_tokens: int = 2048
    ) -> None:
        self.teacher, self.parallel, self.say, self.context_tokens = teacher, parallel, say, context_tokens
        self._running: LocalTeacher | None = None

    async def connect(self) -> list[Endpoint]:
        """Every endpoint with its key.

        Raises:
            EndpointError: a key that the recipe names is nowhere.
            TeacherError: the embedded server does not start.
        """
        teacher = self.teacher
        if not teacher.embedded:
            own_name = len(teacher.identities) == 1
            return [
                Endpoint(
                    base_url=endpoint.url,
                    identity=teacher.identities[0] if own_name else public_url(endpoint.url),
                    api_key=find_key(endpoint.key or teacher.key),
                    key_name=endpoint.key or teacher.key or DEFAULT_KEY,
                    concurrency=endpoint.concurrency,
                )
                for endpoint in teacher.endpoints
            ]
        # In a thread: assembling and loading a gigabyte must not stall progress and Ctrl-C.
        self._running = await asyncio.to_thread(
            LocalTeacher.start,
            self.teacher.source,
            parallel=self.parallel,
            context_tokens=self.context_tokens,
            say=self.say,
        )
        return [Endpoint(self._running.base_url, self.teacher.identity, self._running.api_key)]

    def crashed(self) -> str | None:
        """What the embedded server died of; None where it lives or was never started."""
        return self._running.crashed() if self._running else None

    def close(self) -> None:
        if self._running:
            self._running.close()
