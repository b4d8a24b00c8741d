"""A publication from the first look at the Hub to the last look at what came back, told line by line."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.files import Difference, OutgoingFile, compare
from hub.lines import Lines
from hub.publication import fetch_back, require_privacy, send
from hub.repository import Repository, There, transfer

__all__ = ["Consignment", "deliver"]


@dataclass(frozen=True)
class Consignment:
    """`ours`: whether a path belongs to what is published. `check`: of a downloaded copy, a sentence and the faults."""

    files: Sequence[OutgoingFile]
    ours: Callable[[str], bool]
    tag: str
    message: str
    check: Callable[[Path], tuple[str, list[str]]]


def deliver(
    repository: Repository,
    goods: Consignment,
    say: Lines,
    *,
    private: bool = False,
    dry_run: bool = False,
    changes: Callable[[There, Difference], Sequence[object]] = lambda there, difference: (),
) -> bool:
    """Whether all is well. `changes`: more to say of a difference.

    Raises:
        PublishError: the Hub or the network failed, or the repository is public and should be private.
    """
    there = repository.look()
    require_privacy(repository, there, private)
    difference = compare(goods.files, there.files, goods.ours)
    absent = f"no such branch yet: {repository.branch}" if there.exists else "not there yet, or not for this login"
    state = f"{repository.branch} at {there.head[:12]}" if there.head else absent
    say.line("hub", f"{repository}, {state} ({repository.endpoint})")
    say.difference(difference)
    for change in changes(there, difference):
        say.line("changes", str(change))
    if dry_run:
        say.line("dry run", f"nothing was sent; the tag would be {goods.tag}, large files would go by {transfer()}")
        return True
    sent = send(repository, there, goods.files, goods.ours, tag=goods.tag, message=goods.message, private=private)
    say.line("commit", f"{sent.commit} {'made' if sent.made else 'is there already, nothing to do'}")
    elsewhere = "" if sent.tagged == sent.commit else f", naming {sent.tagged[:12]}, which holds the same data"
    say.line("tag", f"{goods.tag} {'set' if sent.tag_made else 'is there already'}{elsewhere}")
    with tempfile.TemporaryDirectory(prefix="typhoon-publish-") as folder:
        faults = fetch_back(repository, sent.commit, goods.files, Path(folder))
        sentence, more = goods.check(Path(folder)) if not faults else ("", [])
    if faults + more:
        say.items(faults + more)
        say.line("WRONG", f"published as {sent.commit[:12]}, but what comes back is not what was sent", "bold red")
        return False
    say.line("verified", f"{len(goods.files)} files downloaded again, byte for byte{sentence}", "green")
    say.line("", repository.url(goods.tag if sent.tagged == sent.commit else sent.commit))
    return True
