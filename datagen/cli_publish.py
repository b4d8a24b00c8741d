"""`typhoon-data publish`: a dataset to the Hugging Face Hub, checked before it leaves and after it arrived."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from datagen.errors import PublishError
from datagen.publish.checks import Checked, check_copy, check_dataset
from datagen.publish.scan import Scan, read_review
from datagen.recheck import Recheck
from hub.files import Difference, compare, readable_size

__all__ = ["publish_command"]

_SHOWN = 20


def publish_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a finished build.")],
    repo_id: Annotated[str, typer.Option("--repo-id", metavar="ORG/NAME", help="The dataset's name on the Hub.")],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare; send nothing.")] = False,
    revision: Annotated[str, typer.Option(metavar="BRANCH", help="The branch to commit to.")] = "main",
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Another Hub; HF_ENDPOINT or huggingface.co unless given.")
    ] = None,
    reviewed: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Finds that may be published: a line for each, its mark and the reason."),
    ] = None,
) -> None:
    """Check a dataset, show what would change on the Hub, upload it in one commit, tag it, fetch it back and verify it.

    A failing row, a licence conflict, a secret or personal data in any file stops it. Cut off at any point, nothing is
    half published and the same command goes on. The token is that of `hf auth login` or HF_TOKEN. Exit code 0 only if
    the downloaded copy verifies; 1 if a check fails; 2 if the Hub or the network refuses.

    Examples:

        typhoon-data publish out/mine --repo-id my-org/thai-instructions --dry-run

        typhoon-data publish out/mine --repo-id my-org/thai-instructions --private

        typhoon-data publish out/mine --repo-id my-org/thai-instructions --reviewed finds.txt --revision next

        HF_HUB_DISABLE_XET=1 typhoon-data publish out/mine --repo-id me/test --endpoint http://127.0.0.1:8080
    """
    if importlib.util.find_spec("huggingface_hub") is None:
        raise PublishError("publishing needs the extra hub: pip install 'typhoon-data[hub]'")
    from datagen.publish.row_changes import row_changes
    from hub.publication import fetch_back, require_privacy, send, tag_of
    from hub.repository import Repository, transfer

    said = _Lines()
    repository = Repository(repo_id, "dataset", branch=revision, endpoint=endpoint)
    checked = check_dataset(out, read_review(reviewed))
    _say_checks(said, checked)
    if not checked.fit:
        said.stop("not published: mend what is named above, or build without it")
    from datagen.publish.outgoing import belongs

    there = repository.look()
    require_privacy(repository, there, private)
    difference = compare(checked.files, there.files, belongs)
    tag = tag_of(checked.manifest_sha256)
    state = f"at {there.head[:12]}" if there.head else "no such branch yet" if there.exists else "no such dataset yet"
    said.line("hub", f"{repo_id}, {revision}, {state} ({repository.endpoint})")
    _say_difference(said, difference)
    for change in row_changes(repository, there.head, difference):
        said.line("rows", str(change))
    if dry_run:
        said.line("dry run", f"nothing was sent; it would be tagged {tag}, large files would go by {transfer()}")
        return
    rows, types = checked.rows.rows, len(checked.rows.constraints)
    message = f"{rows} verified rows, {types} kinds of checks (manifest {checked.manifest_sha256[:12]})"
    sent = send(repository, there, checked.files, belongs, tag=tag, message=message, private=private)
    said.line("commit", f"{sent.commit} {'made' if sent.made else 'is there already, nothing to do'}")
    elsewhere = "" if sent.tagged == sent.commit else f", which names {sent.tagged[:12]}: the same data, another card"
    said.line("tag", f"{tag} {'set' if sent.tag_made else 'is there already'}{elsewhere}")
    with tempfile.TemporaryDirectory(prefix="typhoon-publish-") as folder:
        wrong = fetch_back(repository, sent.commit, checked.files, Path(folder))
        copy = check_copy(Path(folder)) if not wrong else None
    if copy is None or not copy.passed:
        said.items([*wrong, *(_problems(copy) if copy else ())])
        said.stop(f"published as {sent.commit[:12]}, but what comes back from the Hub is not what was sent")
    else:
        said.line("verified", f"{len(checked.files)} files downloaded again, byte for byte; all {copy.rows} rows pass")
    said.line("", repository.url(tag))


class _Lines:
    """Lines with their subject in front, and items below them."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def line(self, subject: str, text: str, style: str = "") -> None:
        self._console.print(f"{subject:<11}{text}", markup=False, style=style)

    def items(self, items: list[str], style: str = "red") -> None:
        for item in items[:_SHOWN]:
            self._console.print(f"  {item}", markup=False, style=style)
        if len(items) > _SHOWN:
            self._console.print(f"  ... and {len(items) - _SHOWN} more", style=style)

    def stop(self, text: str) -> None:
        self._console.print(text, markup=False, style="bold red")
        raise typer.Exit(1)


def _say_checks(said: _Lines, checked: Checked) -> None:
    rows = checked.rows
    splits = ", ".join(f"{count} {split}" for split, count in rows.splits.items())
    said.line("rows", f"all {rows.rows} pass ({splits})" if rows.passed else f"{len(rows.problems)} problems")
    said.items(_problems(rows))
    said.items([f"note: {note}" for note in rows.notes], "yellow")
    licence = checked.licence
    name = f"{licence.id} ({licence.name})" if licence.name else licence.id
    override = licence.override
    said.line("licence", name + (f", by the word of {override.who}: {override.why}" if override else ""))
    said.items(list(checked.licence_faults))
    said.line("leaks", _leaks_in_words(checked.leaks))
    said.items([str(finding) for finding in checked.leaks.findings])
    if checked.leaks.findings:
        said.line("", "a find that is harmless goes into a file for --reviewed: its mark in [ ], a space, the reason")
    if checked.home:
        said.line("stays", f"not published: {', '.join(checked.home[:6])}{', ...' if len(checked.home) > 6 else ''}")


def _problems(rows: Recheck) -> list[str]:
    return [f"{' '.join(part for part in (p.row, p.constraint) if part)}: {p.what}" for p in rows.problems]


def _leaks_in_words(leaks: Scan) -> str:
    where = f"{leaks.files} files and {leaks.rows} rows, kept and rejected"
    parts = [f"{len(leaks.findings)} finds in {where}" if leaks.findings else f"none in {where}"]
    for counts, what in ((leaks.invented, "invented"), (leaks.reviewed, "reviewed")):
        if counts:
            parts.append(f"{what}: {', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))}")
    return "; ".join(parts)


def _say_difference(said: _Lines, difference: Difference) -> None:
    lines = [f"+ {file.path}  {readable_size(file.size)}" for file in difference.added]
    for there, file in difference.changed:
        sizes = readable_size(there.size), readable_size(file.size)
        lines.append(f"~ {file.path}  {sizes[0] if sizes[0] == sizes[1] else ' -> '.join(sizes)}")
    lines += [f"- {file.path}  {readable_size(file.size)}" for file in difference.removed]
    sent = readable_size(sum(file.size for file in difference.sent))
    counts = f"{len(difference.added)} added, {len(difference.changed)} changed, {len(difference.removed)} removed"
    text = "none: the Hub holds these files" if difference.nothing else f"{counts}, {sent} to send"
    said.line("files", f"{text}; {len(difference.unchanged)} unchanged")
    said.items(lines, "")
    if kept := [file.path for file in difference.kept if file.path != ".gitattributes"]:
        said.line("stays", f"on the Hub and none of ours, left there: {', '.join(kept[:6])}")
