"""Calls of OpenAPI operations over HTTP: to the base URL and nowhere else, for a limited time, reading so much at most.

A redirect is followed only where it stays with the same scheme, host and port, and only for GET. A key is looked up by
its name, sent as a header, and taken out of whatever comes back. What a server says with an error status is the
tool's error ("http_404"); that it cannot be reached, or answers 5xx or 429, is `unavailable`, after which a model may
try again.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from yarl import URL

from datagen.llm.keys import find_key, public_words, redact, secrets_of
from datagen.own_tools.loop_thread import LoopThread
from datagen.own_tools.openapi import Operation
from datagen.own_tools.reading import OpenApiFile
from datagen.own_tools.recording import Unreachable
from datagen.tools.tool import ToolError
from datagen.tools.world import World

__all__ = ["MAX_RESPONSE", "HttpServer", "OperationRun"]

MAX_RESPONSE = 1_000_000
"""Bytes of a response's body."""
_CONNECT_S = 10.0
_GRACE_S = 5.0
_REDIRECTS = 3


class HttpServer:
    """One base URL with its key; connections are opened for a call and closed after it."""

    def __init__(self, base_url: str, given: OpenApiFile, timeout_s: float, loop: LoopThread) -> None:
        self.base_url, self.timeout_s, self._loop = base_url, timeout_s, loop
        key = find_key(given.key) if given.key else ""
        self.secrets = secrets_of(base_url, key)
        self._headers = {given.key_header: f"{given.key_prefix}{key}"} if key else {}
        self._origin = _origin(URL(base_url))

    @property
    def public(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def call(self, operation: Operation, given: Mapping[str, Any]) -> Any:
        """Raises ToolError, of which Unreachable where nothing came back."""
        url, headers, body = _request(self.base_url, operation, given)
        work = self._answer(operation.method, url, {**headers, **self._headers}, body)
        try:
            return self._loop.call(work, self.timeout_s + _GRACE_S)
        except TimeoutError as exc:
            raise Unreachable(self.public, f"no answer within {self.timeout_s:g} s") from exc
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            words = public_words(str(exc) or type(exc).__name__, self.secrets)
            raise Unreachable(self.public, f"the request failed: {words}") from exc

    async def _answer(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> Any:
        timeout = aiohttp.ClientTimeout(total=self.timeout_s, sock_connect=min(_CONNECT_S, self.timeout_s))
        on_loopback = url.host in ("127.0.0.1", "localhost", "::1")
        async with aiohttp.ClientSession(timeout=timeout, trust_env=not on_loopback) as session:
            for _ in range(_REDIRECTS + 1):
                options = {"headers": headers, "data": body, "allow_redirects": False}
                async with session.request(method, url, **options) as response:
                    if response.status not in (301, 302, 303, 307, 308):
                        return self._read(response, await _limited(response))
                    url = self._next(method, url, response.headers.get("Location", ""))
        raise ToolError("redirected", f"more than {_REDIRECTS} redirects")

    def _next(self, method: str, url: URL, location: str) -> URL:
        target = url.join(URL(location))
        if method != "GET" or _origin(target) != self._origin:
            where = redact(f"{target.scheme}://{target.host}", self.secrets)
            raise ToolError("redirected", f"the server sends the call on to {where[:100]}; it is not followed")
        return target

    def _read(self, response: aiohttp.ClientResponse, content: bytes) -> Any:
        text = redact(content.decode(_encoding(response.charset), "replace"), self.secrets)
        if response.status >= 500 or response.status == 429:
            raise Unreachable(self.public, f"HTTP {response.status}: {public_words(text, self.secrets)}")
        if response.status >= 400:
            raise ToolError(f"http_{response.status}", public_words(text, self.secrets) or response.reason or "")
        if not text.strip():
            return {"status": response.status}
        if response.content_type == "application/json" or response.content_type.endswith("+json"):
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as exc:
                raise ToolError("broken_result", f"the server sent broken JSON ({str(exc)[:100]})") from exc
        return {"text": text}


@dataclass(frozen=True)
class OperationRun:
    """A tool's call as a request; without a server nothing may be called."""

    operation: Operation
    server: HttpServer | None

    def __call__(self, _world: World, given: Mapping[str, Any]) -> Any:
        if self.server is None:
            raise ToolError("not_allowed", "own tools may not be called without --allow-tools")
        return self.server.call(self.operation, given)


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for part in response.content.iter_chunked(65_536):
        content += part
        if len(content) > MAX_RESPONSE:
            raise ToolError("result_too_large", f"more than {MAX_RESPONSE:,} bytes of result")
    return bytes(content)


def _request(base_url: str, operation: Operation, given: Mapping[str, Any]) -> tuple[URL, dict[str, str], bytes | None]:
    path, query, headers, fields = operation.path, [], {}, {}
    for name, (where, original) in operation.places.items():
        if name not in given:
            continue
        value = given[name]
        if where == "path":
            path = path.replace("{" + original + "}", _segment(value, name))
        elif where == "query":
            values = value if isinstance(value, list) else [value]
            query += [(original, _plain(each)) for each in values]
        elif where == "header":
            headers[original] = _header(value, name)
        else:
            fields[original] = value
    body = given.get(operation.whole_body) if operation.whole_body else fields or None
    has_body = operation.whole_body in given or bool(fields)
    if not has_body and any(where == "body" for where, _ in operation.places.values()):
        body, has_body = {}, True
    if has_body:
        headers["Content-Type"] = "application/json"
    headers["Accept"] = "application/json"
    base, _, base_query = base_url.partition("?")
    asked = "&".join(part for part in (base_query, urlencode(query)) if part)
    url = URL(base.rstrip("/") + path + (f"?{asked}" if asked else ""), encoded=True)
    return url, headers, json.dumps(body, ensure_ascii=False).encode() if has_body else None


def _encoding(said: str | None) -> str:
    try:
        return codecs.lookup(said or "utf-8").name
    except LookupError:
        return "utf-8"


def _plain(value: Any) -> str:
    """As servers expect a scalar in a URL: true, 3, text; an object as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _segment(value: Any, name: str) -> str:
    """One part of a path: it cannot leave its place."""
    text = ",".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    if text in ("", ".", ".."):
        raise ToolError("invalid_arguments", f"{name}: {text!r} cannot stand in a path")
    return quote(text, safe=",")


def _header(value: Any, name: str) -> str:
    text = _plain(value)
    if not text.isprintable() or not text.isascii():
        raise ToolError("invalid_arguments", f"{name}: a header holds printable ASCII only")
    return text


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port
