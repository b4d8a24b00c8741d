"""A Hub on loopback: the part of its HTTP API that the official client needs to publish and to fetch, without Xet.

    with ScriptedHub() as hub:                    # hub.url, hub.token
        hub.repos["dataset", "org/name"].head("main")
        hub.fault = Fault(at=3, mode="500")       # from the third request on; `hub.requests` lists what came

Repositories are dictionaries of commits in memory, large files a store that uploads fill and commits refer to. What a
client can get wrong is refused as the Hub refuses it: a missing token, a commit of a large file that never arrived,
bytes that are not those of their hash, a parent that is no longer the head. `python -m hub.scripted` serves one to try
things out on, until Ctrl-C.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

__all__ = ["MODES", "Blob", "Fault", "Repo", "ScriptedHub"]

LARGE = (".parquet", ".safetensors", ".bin", ".gguf")
MODES = ("refused", "cut request", "cut answer", "500", "lost")


@dataclass(frozen=True)
class Fault:
    """Request number `at` (from 1) and, unless `once`, all after it go wrong.

    refused: closed at once. cut request: closed while the body comes in. cut answer: closed in the middle of the
    answer. 500: answered so, nothing done. lost: done, and closed before the answer.
    """

    at: int
    mode: str
    once: bool = False

    def strikes(self, number: int) -> bool:
        return number == self.at if self.once else number >= self.at


@dataclass(frozen=True)
class Blob:
    content: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def oid(self) -> str:
        """Git's name: of the bytes, or of the pointer that stands for a large file."""
        stored = self.content
        if self.large:
            stored = (
                f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(stored)}\n".encode()
            )
        return hashlib.sha1(f"blob {len(stored)}\0".encode() + stored).hexdigest()


@dataclass
class Repo:
    private: bool
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def head(self, branch: str = "main") -> dict[str, Blob]:
        return self.commits[self.branches[branch]]

    def resolve(self, revision: str) -> str | None:
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or (revision if revision in self.commits else None)

    def add(self, branch: str, files: dict[str, Blob], message: str) -> str:
        parent = self.branches.get(branch, "")
        said = json.dumps([parent, message, len(self.commits), sorted((path, b.oid) for path, b in files.items())])
        commit = hashlib.sha1(said.encode()).hexdigest()
        self.commits[commit] = files
        self.branches[branch] = commit
        return commit


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ScriptedHub:
    """Serves in a thread of its own while the block lasts."""

    def __init__(self) -> None:
        self.token = "hf_" + "t" * 34
        self.repos: dict[tuple[str, str], Repo] = {}
        self.store: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.tokens_to_storage: list[str] = []
        self.fault: Fault | None = None
        self.url = self.storage_url = ""
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> ScriptedHub:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def forget(self) -> None:
        """No repositories, no files, no requests: as new."""
        for kept in (self.repos, self.store, self.requests, self.tokens_to_storage):
            kept.clear()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(middlewares=[self._guard], client_max_size=1 << 30)
        api = r"/api/{kind:datasets|models}/{org}/{name}"
        add = app.router.add_route
        add("POST", "/api/repos/create", self._create)
        add("POST", "/api/validate-yaml", self._validate)
        add("GET", api, self._info)
        add("GET", api + "/revision/{revision}", self._info)
        add("GET", api + "/refs", self._refs)
        add("GET", api + "/tree/{revision}", self._tree)
        add("POST", api + "/preupload/{revision}", self._preupload)
        add("POST", api + "/commit/{revision}", self._commit)
        add("POST", api + "/tag/{revision}", self._tag)
        add("POST", api + "/branch/{branch}", self._branch)
        for page in (r"/{kind:datasets}/{org}/{name:[^/]+?}", r"/{org}/{name:[^/]+?}"):
            add("POST", page + ".git/info/lfs/objects/batch", self._batch)
            add("*", page + "/resolve/{revision}/{path:.+}", self._resolve)
        add("PUT", "/storage/{oid}", self._store)
        add("GET", "/storage/{oid}", self._stored)
        add("POST", "/verify/{oid}", self._verify)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        for _ in range(2):  # as on the Hub, large files lie at another origin
            self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
        self.url, self.storage_url = (f"http://127.0.0.1:{address[1]}" for address in runner.addresses)
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        fault, number = self.fault, len(self.requests)
        assert request.transport
        if fault is None or not fault.strikes(number):
            return await handler(request)
        if fault.mode == "500":
            return web.json_response({"error": "out of order"}, status=500)
        if fault.mode == "cut request":
            await request.content.read(16)
        elif fault.mode == "lost":
            await handler(request)
        elif fault.mode == "cut answer":
            whole = await handler(request)
            body = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b""
            cut = web.StreamResponse(
                status=whole.status, headers={**whole.headers, "Content-Length": str(len(body) + 9)}
            )
            await cut.prepare(request)
            await cut.write(body[: len(body) // 2])
        request.transport.abort()
        raise asyncio.CancelledError

    # who and what

    def _signed_in(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def _require_token(self, request: web.Request) -> None:
        if not self._signed_in(request):
            raise web.HTTPUnauthorized(headers={"X-Error-Message": "Invalid credentials in Authorization header"})

    def _repo(self, request: web.Request) -> Repo:
        kind = request.match_info.get("kind", "models").removesuffix("s")
        repo = self.repos.get((kind, f"{request.match_info['org']}/{request.match_info['name']}"))
        if repo is None or (repo.private and not self._signed_in(request)):
            status = web.HTTPNotFound if self._signed_in(request) else web.HTTPUnauthorized
            raise status(headers={"X-Error-Code": "RepoNotFound"})
        return repo

    def _files(self, request: web.Request) -> tuple[str, dict[str, Blob]]:
        repo = self._repo(request)
        commit = repo.resolve(request.match_info["revision"])
        if commit is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RevisionNotFound"})
        return commit, repo.commits[commit]

    # API

    async def _create(self, request: web.Request) -> web.Response:
        self._require_token(request)
        asked = await request.json()
        key = asked.get("type", "model"), f"{asked['organization']}/{asked['name']}"
        url = f"{self.url}/{'datasets/' if key[0] == 'dataset' else ''}{key[1]}"
        if key in self.repos:
            return web.json_response({"url": url, "error": "You already created this repo"}, status=409)
        self.repos[key] = Repo(asked.get("visibility") == "private")
        self.repos[key].add("main", {".gitattributes": Blob(b"*.parquet filter=lfs\n", False)}, "initial commit")
        return web.json_response({"url": url})

    async def _validate(self, request: web.Request) -> web.Response:
        content = (await request.json())["content"]
        if not content.startswith("---\n"):
            return web.json_response({"errors": [{"message": "no metadata"}], "warnings": []}, status=400)
        return web.json_response({"errors": [], "warnings": []})

    async def _info(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        commit = repo.resolve(request.match_info.get("revision", "main"))
        if commit is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RevisionNotFound"})
        siblings = [{"rfilename": path} for path in repo.commits[commit]]
        name = f"{request.match_info['org']}/{request.match_info['name']}"
        return web.json_response({"id": name, "sha": commit, "private": repo.private, "siblings": siblings})

    async def _refs(self, request: web.Request) -> web.Response:
        repo = self._repo(request)

        def listed(kind: str, refs: dict[str, str]) -> list[dict[str, str]]:
            return [{"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": commit} for n, commit in refs.items()]

        found = {"branches": listed("heads", repo.branches), "tags": listed("tags", repo.tags), "converts": []}
        return web.json_response(found)

    async def _tree(self, request: web.Request) -> web.Response:
        found: list[dict[str, Any]] = []
        for path, blob in self._files(request)[1].items():
            entry: dict[str, Any] = {"type": "file", "path": path, "oid": blob.oid, "size": len(blob.content)}
            if blob.large:
                entry["lfs"] = {"oid": blob.sha256, "size": len(blob.content), "pointerSize": 134}
            found.append(entry)
        return web.json_response(found)

    async def _preupload(self, request: web.Request) -> web.Response:
        self._require_token(request)
        there = self._files(request)[1]
        answer = []
        for file in (await request.json())["files"]:
            blob = there.get(file["path"])
            large = file["path"].endswith(LARGE) or file["size"] > 10 << 20
            oid = None if blob is None else blob.sha256 if blob.large else blob.oid
            mode = "lfs" if large else "regular"
            answer.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return web.json_response({"files": answer})

    async def _batch(self, request: web.Request) -> web.Response:
        self._require_token(request)
        self._repo(request)
        objects = []
        for asked in (await request.json())["objects"]:
            answer = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.store:
                answer["actions"] = {
                    "upload": {"href": f"{self.storage_url}/storage/{asked['oid']}", "header": {}},
                    "verify": {"href": f"{self.url}/verify/{asked['oid']}", "header": {}},
                }
            objects.append(answer)
        return web.json_response({"transfer": "basic", "objects": objects})

    async def _store(self, request: web.Request) -> web.Response:
        content, oid = await request.read(), request.match_info["oid"]
        self.tokens_to_storage.append(request.headers.get("Authorization", ""))
        if hashlib.sha256(content).hexdigest() != oid:
            raise web.HTTPBadRequest(text="these bytes have another hash")
        self.store[oid] = content
        return web.Response()

    async def _stored(self, request: web.Request) -> web.Response:
        self.tokens_to_storage.append(request.headers.get("Authorization", ""))
        return web.Response(body=self.store[request.match_info["oid"]])

    async def _verify(self, request: web.Request) -> web.Response:
        self._require_token(request)
        asked = await request.json()
        if len(self.store.get(asked["oid"], b"")) != asked["size"]:
            raise web.HTTPNotFound
        return web.json_response({})

    async def _commit(self, request: web.Request) -> web.Response:
        self._require_token(request)
        repo, branch = self._repo(request), request.match_info["revision"]
        if branch not in repo.branches:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RevisionNotFound"})
        lines = [json.loads(line) for line in (await request.read()).splitlines()]
        header = lines[0]["value"]
        if header.get("parentCommit") not in (None, repo.branches[branch]):
            raise web.HTTPPreconditionFailed(text="A commit has happened since. Please refresh and try again.")
        files = dict(repo.head(branch))
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.store:
                    raise web.HTTPBadRequest(text=f"LFS object {value['oid']} is missing")
                files[value["path"]] = Blob(self.store[value["oid"]], True)
            elif line["key"] == "deletedFile":
                if value["path"] not in files:
                    raise web.HTTPNotFound(text="A file with this name doesn't exist")
                del files[value["path"]]
        commit = repo.add(branch, files, header["summary"])
        page = request.path.removeprefix("/api").removeprefix("/models").rpartition("/commit/")[0]
        url = f"{self.url}{page}/commit/{commit}"
        return web.json_response({"success": True, "commitOid": commit, "commitUrl": url})

    async def _tag(self, request: web.Request) -> web.Response:
        self._require_token(request)
        commit, _ = self._files(request)
        repo, name = self._repo(request), (await request.json())["tag"]
        if name in repo.tags:
            raise web.HTTPConflict(text="Tag already exists")
        repo.tags[name] = commit
        return web.json_response({})

    async def _branch(self, request: web.Request) -> web.Response:
        self._require_token(request)
        repo, branch = self._repo(request), request.match_info["branch"]
        if branch in repo.branches:
            raise web.HTTPConflict(text="Reference already exists")
        repo.branches[branch] = repo.branches["main"]
        return web.json_response({})

    async def _resolve(self, request: web.Request) -> web.Response:
        commit, files = self._files(request)
        blob = files.get(request.match_info["path"])
        if blob is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        headers = {"X-Repo-Commit": commit, "ETag": f'"{blob.oid}"'}
        if blob.large:
            headers |= {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(len(blob.content))}
            headers["Location"] = f"{self.storage_url}/storage/{blob.sha256}"
            return web.Response(status=302, headers=headers)
        return web.Response(body=blob.content, headers=headers)


def _main() -> None:
    with ScriptedHub() as hub:
        print(f"export HF_ENDPOINT={hub.url} HF_TOKEN={hub.token} HF_HUB_DISABLE_XET=1", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    _main()
