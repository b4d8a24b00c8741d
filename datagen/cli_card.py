"""`typhoon-data card`: the documents of a finished dataset, written again from its manifest and rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from datagen.card import write_card
from datagen.card.documents import CARD
from datagen.licences import Override, derive
from datagen.out_folder import write_atomically, writing

__all__ = ["card_command"]


def card_command(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a finished build.")],
    to: Annotated[Path | None, typer.Option(help="A second place for the card.")] = None,
    override_licence: Annotated[
        str | None,
        typer.Option(metavar="LICENCE; WHO; WHY", help="Publish although licences conflict; the card keeps it."),
    ] = None,
) -> None:
    """Write README.md, croissant.json and the licence in manifest.json again, from the manifest and the rows.

    Rows are not changed and no model is asked. Prints the licence, and what stands against publishing.

    Examples:

        typhoon-data card out/demo

        typhoon-data card out/demo --override-licence "CC-BY-4.0; Legal, Example Ltd; written permission of 2 May"
    """
    manifest = write_card(path, Override.of(override_licence) if override_licence else None)
    if to:
        with writing(to):
            write_atomically(to, (path / CARD).read_text(encoding="utf-8"))
    licence, console = derive(manifest), Console(stderr=True)
    console.print(f"{path / CARD}: licence {licence.id}{f' ({licence.name})' if licence.name else ''}", highlight=False)
    for what, sentences in (("conflict", licence.conflicts), ("condition", licence.conditions)):
        for sentence in sentences:
            console.print(f"{what}: {sentence}", highlight=False, markup=False)
    if licence.override:
        console.print(f"published nevertheless by {licence.override.who}: {licence.override.why}", highlight=False)
    elif licence.conflicts:
        console.print("as it is it must not be published; --override-licence takes the responsibility", highlight=False)
