"""One connection to an MCP server, by the official client: opened when first needed, opened anew after it broke.

Everything is limited: the start, each call (timeout_s), the bytes of an answer (MAX_ANSWER), the pages of a list. A
server that we start runs behind mcp_guard.py without our API keys, and is ended with all its children at the end,
after a call that took too long, and when this process dies. Its output schemas are not checked: they are the server's
own affair, and checking them would run its regular expressions.

The only user of `mcp` (extra `mcp`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datagen.errors import ToolFileError
from datagen.llm.keys import find_key, public_words, redact, secrets_of
from datagen.own_tools import mcp_guard
from datagen.own_tools.definitions import MAX_TOOLS
from datagen.own_tools.loop_thread import LoopThread
from datagen.own_tools.reading import McpServer
from datagen.own_tools.recording import Unreachable
from datagen.own_tools.worker import minimal_environment
from datagen.tools.tool import ToolError

if TYPE_CHECKING:
    from mcp import ClientSession

# What the client logs (a connection that could not be closed well) is told as a call's result, not on the terminal.
logging.getLogger("mcp").addHandler(logging.NullHandler())

__all__ = ["MAX_ANSWER", "ListedTool", "McpSession"]

MAX_ANSWER = 4_000_000
"""Bytes of one answer of a server; far more than a model could read."""
_MAX_PAGES = 100
_GRACE_S = 15.0  # the client itself ends a child step by step within six seconds


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as the server lists it. `reads`: it says of itself that it changes nothing."""

    name: str
    description: str
    schema: Any
    reads: bool


class McpSession:
    """Lists and calls the tools of one server; `close` at the end."""

    def __init__(self, given: McpServer, folder: Path, timeout_s: float, loop: LoopThread) -> None:
        self.given, self.folder, self.timeout_s, self._loop = given, folder, timeout_s, loop
        self.source = f"the MCP server {given.name}"
        self._key = find_key(given.key) if given.key else ""
        seen = (os.environ.get(name, "") for name in given.env)
        self.secrets = (*secrets_of(given.url or "", self._key), *(value for value in seen if len(value) >= 6))
        self._too_large = False
        self._holder: asyncio.Task[None] | None = None
        self._session: ClientSession | None = None
        self._stop: asyncio.Event | None = None
        self._opening: asyncio.Lock | None = None

    def list_tools(self) -> list[ListedTool]:
        """Raises ToolFileError where the server cannot be started or does not answer."""
        try:
            return self._waited(self._listed())
        except ToolError as exc:
            raise ToolFileError(f"{self.source} cannot be used: {exc.message}") from exc

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Raises ToolError, of which Unreachable where nothing came back."""
        return self._waited(self._called(name, dict(arguments)))

    def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._loop.call(self._dropped(), _GRACE_S)

    def _waited(self, work: Any) -> Any:
        try:
            return self._loop.call(work, 2 * self.timeout_s + 2 * _GRACE_S)
        except TimeoutError as exc:
            raise Unreachable(self.source, f"no answer within {self.timeout_s:g} s") from exc

    async def _listed(self) -> list[ListedTool]:
        from mcp_types import PaginatedRequestParams

        found: list[ListedTool] = []
        cursor, seen = None, set()
        async with self._limited() as session:
            for _ in range(_MAX_PAGES):
                page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
                for tool in page.tools:
                    reads = bool(tool.annotations and tool.annotations.read_only_hint)
                    found.append(ListedTool(tool.name, tool.description or tool.title or "", tool.input_schema, reads))
                cursor = page.next_cursor
                if not cursor or cursor in seen or len(found) > MAX_TOOLS:
                    break
                seen.add(cursor)
        return found

    async def _called(self, name: str, arguments: dict[str, Any]) -> Any:
        async with self._limited() as session:
            result = await session.call_tool(name, arguments)
        return self._value(result)

    def _value(self, result: Any) -> Any:
        texts = [redact(block.text, self.secrets) for block in result.content if block.type == "text"]
        if result.is_error:
            raise ToolError("tool_error", "\n".join(texts)[:1_000] or "the tool failed without a word")
        if result.structured_content is not None:
            return json.loads(redact(json.dumps(result.structured_content, ensure_ascii=False), self.secrets))
        others = sorted({block.type for block in result.content if block.type != "text"})
        if len(texts) == 1 and not others:
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(texts[0])
                if isinstance(value, dict | list):
                    return value
        return {"text": "\n".join(texts), **({"left_out": others} if others else {})}

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[ClientSession]:
        """A session to use for `timeout_s`; one that broke, or took too long, is dropped."""
        from mcp import MCPError
        from mcp_types import CONNECTION_CLOSED

        session = await self._connected()
        try:
            async with asyncio.timeout(self.timeout_s):
                yield session
        except TimeoutError as exc:
            await self._dropped()
            raise Unreachable(self.source, f"no answer within {self.timeout_s:g} s") from exc
        except MCPError as exc:
            closed = exc.code == CONNECTION_CLOSED or self._holder is None or self._holder.done()
            if closed:
                await self._dropped()
            if exc.code == mcp_guard.TOO_LARGE or self._too_large:
                self._too_large = False
                raise ToolError("result_too_large", f"more than {MAX_ANSWER:,} bytes of result") from exc
            if closed:
                raise Unreachable(self.source, "the server ended the connection") from exc
            raise ToolError("tool_error", public_words(exc.message, self.secrets)) from exc
        except ToolError:
            raise
        except Exception as exc:
            await self._dropped()
            raise Unreachable(self.source, f"its answer cannot be read ({self._words(exc)})") from exc

    async def _connected(self) -> ClientSession:
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._session is not None and self._holder is not None and not self._holder.done():
                return self._session
            await self._dropped()
            ready: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
            self._stop = asyncio.Event()
            self._holder = asyncio.create_task(self._hold(ready, self._stop))
            try:
                async with asyncio.timeout(self.timeout_s):
                    session = await asyncio.shield(ready)
            except TimeoutError as exc:
                await self._dropped()
                raise Unreachable(self.source, f"it did not start within {self.timeout_s:g} s") from exc
            self._session = session
            return session

    async def _hold(self, ready: asyncio.Future[ClientSession], stop: asyncio.Event) -> None:
        """Keeps the connection open in a task of its own: what it is made of must be closed where it was opened."""
        try:
            async with self._streams() as (incoming, outgoing), _session_class()(incoming, outgoing) as session:
                await session.initialize()
                ready.set_result(session)
                await stop.wait()
        except Exception as exc:  # noqa: BLE001  groups of errors of the client's own tasks among them
            if not ready.done():
                ready.set_exception(Unreachable(self.source, f"it cannot be reached ({self._words(exc)})"))
        finally:
            if not ready.done():
                ready.cancel()
            elif not ready.cancelled():
                ready.exception()  # seen here, for nobody may be waiting for it any more

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[Any]:
        given = self.given
        if given.url is not None:
            async with _http_streams(given.url, self._key, self.timeout_s, self._saw_too_much) as streams:
                yield streams
            return
        from mcp.client.stdio import StdioServerParameters, stdio_client

        assert given.command is not None
        server = StdioServerParameters(
            command=sys.executable,
            args=[mcp_guard.__file__, str(MAX_ANSWER), *given.command],
            env=minimal_environment(given.env),
            cwd=self.folder,
            encoding_error_handler="replace",
        )
        with open(os.devnull, "w") as nowhere:
            async with stdio_client(server, errlog=nowhere) as streams:
                yield streams

    def _saw_too_much(self) -> None:
        self._too_large = True

    async def _dropped(self) -> None:
        """Ends the connection, and the server where we started it."""
        holder, self._holder, self._session = self._holder, None, None
        if holder is None:
            return
        if self._stop is not None:
            self._stop.set()
        await asyncio.wait([holder], timeout=_GRACE_S / 2)
        if not holder.done():
            holder.cancel()
            await asyncio.wait([holder], timeout=_GRACE_S / 2)

    def _words(self, exc: BaseException) -> str:
        while isinstance(exc, BaseExceptionGroup):
            exc = exc.exceptions[0]
        return public_words(str(exc) or type(exc).__name__, self.secrets)[:200]


def _session_class() -> type[ClientSession]:
    try:
        from mcp import ClientSession
    except ImportError as exc:
        raise ToolFileError("MCP servers need the extra `mcp`: pip install 'typhoon-data[mcp]'") from exc

    class Session(ClientSession):
        async def validate_tool_result(self, name: str, result: Any) -> None:
            """Not done: see the module's docstring."""

    return Session


@asynccontextmanager
async def _http_streams(url: str, key: str, timeout_s: float, saw_too_much: Callable[[], None]) -> AsyncGenerator[Any]:
    """Streamable HTTP; redirects stay with the server (the client sees to that), an answer is read only so far."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    class Counted(httpx2.AsyncByteStream):
        def __init__(self, stream: httpx2.AsyncByteStream, answers_call: bool) -> None:
            self.stream, self.answers_call = stream, answers_call

        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for part in self.stream:
                read += len(part)
                if read > MAX_ANSWER:
                    if self.answers_call:
                        saw_too_much()
                    raise httpx2.ReadError(f"more than {MAX_ANSWER:,} bytes")
                yield part

        async def aclose(self) -> None:
            await self.stream.aclose()

    async def count(response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = Counted(response.stream, response.request.method == "POST")

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    on_loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    async with (
        httpx2.AsyncClient(
            headers=headers, timeout=timeout_s, trust_env=not on_loopback, event_hooks={"response": [count]}
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=MAX_ANSWER) as streams,
    ):
        yield streams
