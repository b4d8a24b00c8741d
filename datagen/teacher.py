"""Who answers: the endpoint a recipe names, or the embedded model served on loopback when none is named.

`teacher_of` settles the name and identity without starting anything; `Connection.connect` reaches the server
(or starts the embedded one) when the first answer is really needed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from datagen.config import BuildRecipe
from datagen.errors import EndpointError
from datagen.llm.client import Endpoint, public_url
from datagen.llm.gguf import DEFAULT_MODEL, KNOWN_MODELS, model_identity
from datagen.llm.local import LocalTeacher

__all__ = ["Connection", "Teacher", "teacher_of"]


@dataclass(frozen=True)
class Teacher:
    """`name`: as the server knows it; `identity`: for the store; `source`: a URL, or an embedded model."""

    name: str
    identity: str
    license: str
    source: str
    embedded: bool


def teacher_of(recipe: BuildRecipe) -> Teacher:
    """The teacher a recipe (and OPENAI_BASE_URL) names; the embedded one where no URL is given.

    Raises:
        EndpointError: an endpoint without a model name, or a URL that is none.
        TeacherError: an embedded model that is not known.
    """
    base_url = recipe.teacher.base_url or os.environ.get("OPENAI_BASE_URL")
    if base_url is None:
        source = recipe.teacher.model or DEFAULT_MODEL
        known = KNOWN_MODELS.get(source)
        return Teacher(
            name=source if known else Path(source).stem,
            identity=f"local:sha256:{model_identity(source)[:16]}",
            license=known.license if known else "unknown",
            source=source,
            embedded=True,
        )
    if not base_url.startswith(("http://", "https://")):
        raise EndpointError(f"the base URL {base_url!r} must start with http:// or https:// and end in /v1")
    if not recipe.teacher.model:
        raise EndpointError(f"name the model to ask at {public_url(base_url)}: --model NAME")
    return Teacher(recipe.teacher.model, public_url(base_url), "unknown", base_url, embedded=False)


class Connection:
    """A teacher once it is needed; `close` stops an embedded server."""

    def __init__(self, teacher: Teacher, parallel: int, say: Callable[[str], None]) -> None:
        self.teacher, self.parallel, self.say = teacher, parallel, say
        self._running: LocalTeacher | None = None

    async def connect(self) -> Endpoint:
        if not self.teacher.embedded:
            return Endpoint(self.teacher.source, self.teacher.identity)
        # In a thread: assembling and loading a gigabyte must not stall progress and Ctrl-C.
        self._running = await asyncio.to_thread(
            LocalTeacher.start, self.teacher.source, parallel=self.parallel, say=self.say
        )
        return Endpoint(self._running.base_url, self.teacher.identity, self._running.api_key)

    def crashed(self) -> str | None:
        """What the embedded server died of; None where it lives or was never started."""
        return self._running.crashed() if self._running else None

    def close(self) -> None:
        if self._running:
            self._running.close()
