"""From a difference to a published, tagged and re-read commit. Safe to repeat: what is done already is not done again.

The order makes half a publication impossible: large files go first and are invisible, one commit makes all of them
visible, the tag comes after the commit, and only what came back from the Hub byte for byte counts as published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datagen.errors import PublishError
from hub.files import Difference, OutgoingFile, compare
from hub.repository import Repository, There

__all__ = ["Sent", "fetch_back", "require_privacy", "send", "tag_of"]


@dataclass(frozen=True)
class Sent:
    """`made`: whether this run made the commit. `tagged`: the commit that the tag names, made now or before."""

    commit: str
    made: bool
    tagged: str
    tag_made: bool


def tag_of(sha256: str) -> str:
    """The tag of what has a manifest or run card of this hash: the same content has the same tag everywhere.

    >>> tag_of("0f" * 32)
    'v-0f0f0f0f0f0f'
    """
    return f"v-{sha256[:12]}"


def require_privacy(repository: Repository, there: There, private: bool) -> None:
    """Raise PublishError where the repository is public and was asked to be private."""
    if private and there.exists and not there.private:
        raise PublishError(
            f"{repository} is public, and --private does not change that; make it private in its settings, or choose "
            "another --repo-id"
        )


def send(
    repository: Repository,
    there: There,
    files: Sequence[OutgoingFile],
    ours: Callable[[str], bool],
    *,
    tag: str,
    message: str,
    private: bool = False,
) -> Sent:
    """Everything that is missing: the repository, the branch, one commit, the tag.

    Raises:
        PublishError: the Hub or the network failed; what is there then is as before, or the whole commit.
    """
    repository.require_token()
    require_privacy(repository, there, private)
    if not there.exists:
        repository.make(private=private)
        there = repository.look()
        require_privacy(repository, there, private)
    if there.head is None and repository.branch != "main":
        repository.branch_off()
        there = repository.look()
    difference = compare(files, there.files, ours)
    if difference.nothing and there.head:
        commit, made = there.head, False
    else:
        commit, made = repository.commit(difference, there.head, message), True
        _require_whole(repository, commit, files, ours)
    if tag in there.tags:
        return Sent(commit, made, there.tags[tag], False)
    repository.tag(tag, commit, message)
    return Sent(commit, made, commit, True)


def _require_whole(
    repository: Repository, commit: str, files: Sequence[OutgoingFile], ours: Callable[[str], bool]
) -> None:
    """Before a tag names it: the commit holds all files and no other of ours (a .gitignore there leaves files out)."""
    difference: Difference = compare(files, repository.files_at(commit), ours)
    if not difference.nothing:
        names = [file.path for file in (*difference.sent, *difference.removed)]
        raise PublishError(
            f"the commit {commit[:12]} of {repository} is not what was sent, it differs in {', '.join(names[:5])}; "
            "look for a .gitignore there, or for somebody else at work, and run the same command again"
        )


def fetch_back(repository: Repository, commit: str, files: Sequence[OutgoingFile], into: Path) -> list[str]:
    """The published files, downloaded below `into`; what is wrong with them, in sentences.

    Raises:
        PublishError: they cannot be downloaded.
    """
    repository.fetch(commit, [file.path for file in files], into)
    wrong = []
    for file in files:
        copy = into / file.path
        if not copy.is_file():
            wrong.append(f"{file.path}: missing in the download")
        elif replace(file, content=copy).sha256 != file.sha256:
            wrong.append(f"{file.path}: the downloaded bytes differ from those sent")
    return wrong
