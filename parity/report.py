"""What an audit found: lines for the eyes, a Markdown file, and the same as JSON beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datagen.errors import OutputError
from models.folders import replace_file

__all__ = ["Line", "write_report"]


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison; it is right if `figure` is at most `limit`."""

    part: str
    compared: str
    figure: float
    limit: float

    @property
    def ok(self) -> bool:
        return self.figure <= self.limit  # a NaN is not

    def __str__(self) -> str:
        verdict = "ok    " if self.ok else "NOT ok"
        return f"{verdict}  {self.part}: {self.compared}: {self.figure:.2g} (limit {self.limit:.2g})"


def write_report(path: Path, lines: Sequence[Line], facts: dict[str, Any], row: str) -> None:
    """`path` (Markdown) and `path` with the suffix .json; `row`: one row with the tokens in the loss marked."""
    wrong = sum(not line.ok for line in lines)
    verdict = f"{wrong} of {len(lines)} comparisons are NOT ok." if wrong else f"All {len(lines)} comparisons are ok."
    table = [
        f"| {x.part} | {x.compared} | {x.figure:.2g} | {x.limit:.2g} | {'ok' if x.ok else '**NOT ok**'} |"
        for x in lines
    ]
    body = [
        "# Parity audit",
        verdict,
        "\n".join(f"- {name}: {value}" for name, value in facts.items()),
        "\n".join(["| part | compared | figure | limit | |", "|---|---|---|---|---|", *table]),
        "One row, with the tokens in the loss between ⟦ and ⟧:",
        f"```text\n{row.replace('```', '` ` `')}\n```",
    ]
    found = {"ok": not wrong, "facts": facts, "lines": [{**asdict(line), "ok": line.ok} for line in lines], "row": row}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, "\n\n".join(body) + "\n")
        replace_file(path.with_suffix(".json"), json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    except OSError as exc:
        raise OutputError(f"cannot write the report {path}: {exc}; give another --out") from exc
