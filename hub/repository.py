"""One repository on the Hub, through the official client: looked at, written in one commit, tagged, fetched.

Every failure is a PublishError of one sentence, without the token. Large files go by Xet where the client has it
(package hf_xet, which comes with it) and by the LFS protocol with HF_HUB_DISABLE_XET=1; a commit refers to them only
once they are there, so a commit that exists is whole. The client repeats uploads that fail; a commit it sends once.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import disable_progress_bars, validate_repo_id

from datagen.errors import PublishError
from hub.files import Difference, RemoteFile

__all__ = ["Repository", "There", "transfer"]

_AGAIN = "run the same command again: nothing is half published, and what has arrived is not sent twice"


@dataclass(frozen=True)
class There:
    """A repository as it is. `head`: the last commit of the branch, None where there is no such branch."""

    exists: bool = False
    private: bool = False
    head: str | None = None
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class Repository:
    """`kind`: dataset or model. `endpoint`: the Hub's address, HF_ENDPOINT or huggingface.co unless given.

    Raises:
        PublishError: the id is none, or the address would carry the token in the clear.
    """

    def __init__(self, repo_id: str, kind: str, *, branch: str = "main", endpoint: str | None = None) -> None:
        self.id, self.kind, self.branch = repo_id, kind, branch
        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        if repo_id.count("/") != 1:
            raise PublishError(f"--repo-id must be ORG/NAME or USER/NAME (given: {repo_id!r})")
        try:
            validate_repo_id(repo_id)
        except HFValidationError as exc:
            raise PublishError(f"--repo-id {repo_id!r} is no id the Hub can have: {exc}") from exc
        parts = urlsplit(self.endpoint)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise PublishError(
                f"--endpoint {self.endpoint} must begin with https://: a token would travel in the clear"
            )
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # what goes wrong is said once, in our sentence
        disable_progress_bars()
        self._api = HfApi(endpoint=self.endpoint, library_name="typhoon-data")

    def __str__(self) -> str:
        return self.id

    def url(self, revision: str) -> str:
        return f"{self.endpoint}/{'datasets/' if self.kind == 'dataset' else ''}{self.id}/tree/{revision}"

    def require_token(self) -> None:
        """Raise PublishError unless there is a token to write with."""
        if not get_token():
            raise PublishError("no token for the Hub: sign in with `hf auth login`, or set HF_TOKEN in the environment")

    def look(self) -> There:
        """What is there now. A repository that this login may not see counts as absent."""
        with self._asking("look at"):
            try:
                info = self._api.repo_info(self.id, repo_type=self.kind)
            except RepositoryNotFoundError:
                return There()
            refs = self._api.list_repo_refs(self.id, repo_type=self.kind)
            tags = {ref.name: ref.target_commit for ref in refs.tags}
            head = next((ref.target_commit for ref in refs.branches if ref.name == self.branch), None)
            return There(True, bool(info.private), head, self.files_at(head) if head else {}, tags)

    def files_at(self, revision: str) -> dict[str, RemoteFile]:
        """Every file of a commit or tag; none where there is no such revision."""
        with self._asking("list the files of"):
            try:
                found = list(self._api.list_repo_tree(self.id, recursive=True, revision=revision, repo_type=self.kind))
            except RevisionNotFoundError:
                return {}
        return {
            file.path: RemoteFile(file.path, file.size, file.blob_id, file.lfs.sha256 if file.lfs else None)
            for file in found
            if isinstance(file, RepoFile)
        }

    def make(self, *, private: bool) -> None:
        """The repository, unless it is there."""
        with self._asking("create"):
            self._api.create_repo(self.id, repo_type=self.kind, private=private or None, exist_ok=True)

    def branch_off(self) -> None:
        """The branch, from the head of the main one, unless it is there."""
        with self._asking(f"make the branch {self.branch} of"):
            self._api.create_branch(self.id, repo_type=self.kind, branch=self.branch, exist_ok=True)

    def commit(self, difference: Difference, parent: str | None, message: str) -> str:
        """All of the difference at once, on top of `parent` and of nothing else; returns the commit's id."""
        additions = [CommitOperationAdd(file.path, file.content) for file in difference.sent]
        for operation, file in zip(additions, difference.sent, strict=True):
            if operation.upload_info.sha256.hex() != file.sha256:
                raise PublishError(f"{file.path} changed while it was looked at; run the same command again")
        deletions = [CommitOperationDelete(file.path) for file in difference.removed]
        with self._asking("publish to"):
            made = self._api.create_commit(
                self.id,
                [*additions, *deletions],
                commit_message=message,
                repo_type=self.kind,
                revision=self.branch,
                parent_commit=parent,
            )
        return made.oid

    def tag(self, name: str, commit: str, message: str) -> None:
        with self._asking(f"tag {commit[:12]} of"):
            self._api.create_tag(
                self.id, tag=name, tag_message=message, revision=commit, repo_type=self.kind, exist_ok=True
            )

    def fetch(self, commit: str, paths: list[str], into: Path) -> None:
        """These files as they are in a commit, below `into`, asked of the Hub and of no cache."""
        with self._asking("download"):
            snapshot_download(
                self.id,
                repo_type=self.kind,
                revision=commit,
                local_dir=into,
                cache_dir=into / ".cache",
                allow_patterns=[_literal(path) for path in paths],
                endpoint=self.endpoint,
            )

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Turns a failure of the client or of the network into a PublishError."""
        try:
            yield
        except HfHubHTTPError as exc:
            raise PublishError(self._refused(what, exc)) from None  # its request holds the token
        except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as exc:
            if isinstance(exc, PublishError):
                raise
            cause: BaseException = exc
            while cause.__cause__ and not isinstance(cause, HfHubHTTPError):  # the client wraps what happened
                cause = cause.__cause__
            if isinstance(cause, HfHubHTTPError):
                raise PublishError(self._refused(what, cause)) from None
            place = f"{self.id} at {self.endpoint}"
            raise PublishError(f"cannot {what} {place}: {_said(cause)}; {_AGAIN}") from None

    def _refused(self, what: str, exc: HfHubHTTPError) -> str:
        status = exc.response.status_code
        place = f"{self.id} at {self.endpoint}"
        if status == 401 or isinstance(exc, RepositoryNotFoundError):
            return f"cannot {what} {place}: not there, or not for this token; sign in with `hf auth login`"
        if status == 403:
            return f"cannot {what} {place}: the token may not do that; make one with write access to {self.id}"
        if status in (409, 412):
            return f"cannot {what} {place}: somebody else wrote to it meanwhile; run again to see what differs now"
        hint = ""
        if status == 404 and _by_xet():
            hint = " (an endpoint without Xet storage wants HF_HUB_DISABLE_XET=1)"
        return f"cannot {what} {place}: it answers {status}: {_said(exc)}{hint}; {_AGAIN}"


def transfer() -> str:
    """How large files travel, in words."""
    return "Xet" if _by_xet() else "LFS (HF_HUB_DISABLE_XET is set, or the package hf_xet is missing)"


def _by_xet() -> bool:
    return not constants.HF_HUB_DISABLE_XET and importlib.util.find_spec("hf_xet") is not None


def _said(exc: BaseException) -> str:
    """The first line of an error, without the token and without addresses that may be signed."""
    text = str(getattr(exc, "server_message", None) or exc).strip() or type(exc).__name__
    line = text.splitlines()[0].split(" for url")[0][:200]
    token = get_token()
    return line.replace(token, "***") if token else line


def _literal(path: str) -> str:
    """A pattern of the client's that no other path matches."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
