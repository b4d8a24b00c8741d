"""A corpus over HTTP on loopback, for trainers and harnesses that are no Python or no part of this project.

    python -m environments.server [CORPUS.jsonl] [--port 8765] [--host 127.0.0.1]

    GET  /health                       {"status": "ok", "sections": 150, "sha256": "..."}
    POST /search {"query": "...", "k": 5}   {"results": [{"id", "title", "snippet"}, ...]}
    POST /read   {"id": "..."}              {"id", "title", "text"}

The two calls are those of the tools `search` and `read`, with the same limits; a refused one is
{"error": {"code", "message"}} with status 400, 404, 408 or 413. It binds to loopback and nothing else: it has no keys.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from datagen.errors import UserError
from datagen.record import canonical_json
from environments.search_read import SearchRead

__all__ = ["MAX_BODY", "BindError", "application", "main", "serve"]

MAX_BODY = 64 << 10
"""Bytes of a request."""
MAX_CONTENT = 1 << 20
"""Characters of an answer: a trainer cuts a section to what its model can read."""
BODY_S, CALL_S = 10.0, 10.0
"""Seconds for a request's body to arrive, and for a search."""
_ENVIRONMENT = web.AppKey("environment", SearchRead)
_SEARCHING = web.AppKey("searching", ThreadPoolExecutor)
_STATUS = {"unknown_section": 404, "timeout": 408, "too_large": 413}


class BindError(UserError):
    """An address the server will not or cannot listen on."""


def application(environment: SearchRead) -> web.Application:
    """The service over a corpus that is open already."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_errors_as_json])
    app[_ENVIRONMENT], app[_SEARCHING] = environment, ThreadPoolExecutor(max_workers=4)
    app.on_cleanup.append(_stop_searching)
    app.add_routes([web.get("/health", _health), web.post("/search", _call), web.post("/read", _call)])
    return app


async def serve(corpus: str, host: str, port: int) -> None:
    """Serves until it is interrupted; prints the address once it listens. Raises BindError or CorpusError."""
    bound = _loopback(host)
    environment = SearchRead(corpus)
    environment.max_content = MAX_CONTENT
    runner = web.AppRunner(application(environment), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, bound, port)
        try:
            await site.start()
        except OSError as exc:
            raise BindError(f"{bound}:{port} cannot be listened on: {exc.strerror}; choose another --port") from exc
        taken = runner.addresses[0][1]
        shown = f"[{bound}]" if ":" in bound else bound
        print(f"{len(environment.corpus.sections):,} sections at http://{shown}:{taken}", flush=True)
        await _until_stopped()
    finally:
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m environments.server", description="A corpus over HTTP on loopback."
    )
    parser.add_argument("corpus", nargs="?", default="municipal_code", help="JSONL of sections; none: the shipped one")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8765, help="0: any free one, which is printed")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.corpus, given.host, given.port))
    except UserError as exc:
        print(f"environments.server: {exc}", file=sys.stderr)
        sys.exit(exc.exit_code)


def _loopback(host: str) -> str:
    """The address behind `host`. Raises BindError where any of its addresses can be reached from elsewhere."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as exc:
        raise BindError(f"--host {host!r} is no address; use 127.0.0.1") from exc
    if not all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found):
        raise BindError(f"--host {host!r} can be reached from other machines and the server has no keys; use 127.0.0.1")
    return min(found, key=lambda address: (":" in address, address))


async def _health(request: web.Request) -> web.Response:
    corpus = request.app[_ENVIRONMENT].corpus
    return _json({"status": "ok", "sections": len(corpus.sections), "sha256": corpus.sha256})


async def _call(request: web.Request) -> web.Response:
    """A tool call: the path is the tool, the body its arguments."""
    try:
        body = await asyncio.wait_for(request.text(), BODY_S)
        environment = request.app[_ENVIRONMENT]
        stepping = asyncio.get_running_loop().run_in_executor(
            request.app[_SEARCHING], environment.step, request.path.strip("/"), body or "{}"
        )
        seen = await asyncio.wait_for(stepping, CALL_S)
    except TimeoutError:
        return _refusal("timeout", f"no whole request within {BODY_S:g} s, or no result within {CALL_S:g} s")
    except (OSError, web.RequestPayloadError) as exc:  # the client went away; nobody reads this
        return _refusal("malformed_arguments", f"the body did not arrive: {exc}")
    except (UnicodeDecodeError, LookupError) as exc:
        return _refusal("malformed_arguments", f"the body is no UTF-8 text: {exc}")
    status = _STATUS.get(seen.code, 400) if seen.error else 200
    return web.Response(text=seen.content, status=status, content_type="application/json")


@web.middleware
async def _errors_as_json(request: web.Request, handler: Any) -> web.StreamResponse:
    """aiohttp's own refusals (no such path, wrong method, body too large) in the same form."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return _refusal("too_large", f"a request has at most {MAX_BODY:,} bytes")
    except web.HTTPException as exc:
        return _json(
            {"error": {"code": "no_such_call", "message": f"{request.method} {request.path}: {exc.reason}"}}, exc.status
        )


def _refusal(code: str, message: str) -> web.Response:
    return _json({"error": {"code": code, "message": message}}, _STATUS.get(code, 400))


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(text=canonical_json(value), status=status, content_type="application/json")


async def _stop_searching(app: web.Application) -> None:
    app[_SEARCHING].shutdown(wait=False, cancel_futures=True)


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    main()
