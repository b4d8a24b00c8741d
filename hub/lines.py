"""What a publication says: lines with their subject in front, and items below them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from hub.files import Difference, readable_size

__all__ = ["Lines"]

_SHOWN = 20


class Lines:
    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def line(self, subject: str, text: str, style: str = "") -> None:
        self._console.print(f"{subject:<11}{text}", markup=False, style=style)

    def items(self, items: Sequence[str], style: str = "red") -> None:
        """At most twenty, and how many more there are."""
        for item in items[:_SHOWN]:
            self._console.print(f"  {item}", markup=False, style=style)
        if len(items) > _SHOWN:
            self._console.print(f"  ... and {len(items) - _SHOWN} more", style=style)

    def difference(self, difference: Difference) -> None:
        """Files by name and size: + added, ~ changed, - removed."""
        items = [f"+ {file.path}  {readable_size(file.size)}" for file in difference.added]
        for there, file in difference.changed:
            before, now = readable_size(there.size), readable_size(file.size)
            items.append(f"~ {file.path}  {now if before == now else f'{before} -> {now}'}")
        items += [f"- {file.path}  {readable_size(file.size)}" for file in difference.removed]
        sent = readable_size(sum(file.size for file in difference.sent))
        counts = f"{len(difference.added)} added, {len(difference.changed)} changed, {len(difference.removed)} removed"
        text = "the Hub holds them as they are" if difference.nothing else f"{counts}, {sent} to send"
        self.line("files", f"{text}; {len(difference.unchanged)} unchanged")
        self.items(items, "")
        if kept := [file.path for file in difference.kept if file.path != ".gitattributes"]:
            more = ", ..." if len(kept) > 6 else ""
            self.line("stays", f"on the Hub and none of ours, left there: {', '.join(kept[:6])}{more}")
