"""`typhoon-data publish`: a dataset to the Hugging Face Hub, checked before it leaves and after it arrived."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from datagen.errors import PublishError
from datagen.publish.checks import Checked, check_dataset
from datagen.publish.outgoing import belongs
from datagen.publish.scan import Scan, read_review
from datagen.recheck import Recheck, recheck
from hub.lines import Lines

__all__ = ["publish_command"]


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
    from hub.delivery import Consignment, deliver
    from hub.publication import tag_of
    from hub.repository import Repository

    say = Lines()
    repository = Repository(repo_id, "dataset", branch=revision, endpoint=endpoint)
    checked = check_dataset(out, read_review(reviewed))
    _say_checks(say, checked)
    if not checked.fit:
        say.line("STOPPED", "nothing was sent; mend what is named above, or build without it", "bold red")
        raise typer.Exit(1)
    note = f"{checked.rows.rows} verified rows (manifest {checked.manifest_sha256[:12]})"
    goods = Consignment(checked.files, belongs, tag_of(checked.manifest_sha256), note, _check_copy)
    well = deliver(
        repository,
        goods,
        say,
        private=private,
        dry_run=dry_run,
        changes=lambda there, difference: row_changes(repository, there.head, difference),
    )
    raise typer.Exit(0 if well else 1)


def _check_copy(copy: Path) -> tuple[str, list[str]]:
    rows = recheck(copy)
    return f"; all {rows.rows} rows of the copy pass", _problems(rows)


def _say_checks(say: Lines, checked: Checked) -> None:
    rows = checked.rows
    splits = ", ".join(f"{count} {split}" for split, count in rows.splits.items())
    say.line("rows", f"all {rows.rows} pass ({splits})" if rows.passed else f"{len(rows.problems)} problems")
    say.items(_problems(rows))
    say.items([f"note: {note}" for note in rows.notes], "yellow")
    licence = checked.licence
    name = f"{licence.id} ({licence.name})" if licence.name else licence.id
    override = licence.override
    say.line("licence", name + (f", by the word of {override.who}: {override.why}" if override else ""))
    say.items(checked.licence_faults)
    say.line("leaks", _leaks_in_words(checked.leaks))
    say.items([str(finding) for finding in checked.leaks.findings])
    if checked.leaks.findings:
        say.line("", "a find that is harmless goes into a file for --reviewed: its mark in [ ], a space, the reason")
    if checked.home:
        more = ", ..." if len(checked.home) > 6 else ""
        say.line("stays", f"not published: {', '.join(checked.home[:6])}{more}")


def _problems(rows: Recheck) -> list[str]:
    return [f"{' '.join(part for part in (p.row, p.constraint) if part)}: {p.what}" for p in rows.problems]


def _leaks_in_words(leaks: Scan) -> str:
    where = f"{leaks.files} files and {leaks.rows} rows, kept and rejected"
    parts = [f"{len(leaks.findings)} finds in {where}" if leaks.findings else f"none in {where}"]
    for counts, what in ((leaks.invented, "invented"), (leaks.reviewed, "reviewed")):
        if counts:
            parts.append(f"{what}: {', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))}")
    return "; ".join(parts)
