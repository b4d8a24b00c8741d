"""What makes a build one of its kind: where its records come from and which stages they pass.

Everything else (claiming the folder, the teacher, resuming, counting, exporting, the manifest) is the same for all and
stands in build.py. The kinds are instruction_build.py and tool_build.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from datagen.llm.client import ChatClient
from datagen.packs import PackFile
from datagen.prompts import Census
from datagen.record import Record
from datagen.stages import Stage
from datagen.stages.dedup import Dedup
from datagen.stages.mix import Mix

__all__ = ["BuildKind", "Seeded", "Stages"]


@dataclass(frozen=True)
class Seeded:
    """The records of a build from its first on. `census`: the prompts they come from, where there are any."""

    records: Iterator[Record]
    census: Census | None = None


@dataclass(frozen=True)
class Stages:
    """`every` stage in order; `remembering`: those of them whose memory a checkpoint keeps, by name."""

    every: list[Stage]
    remembering: Mapping[str, object]


class BuildKind(Protocol):
    """Opened and checked before the output folder is touched."""

    @property
    def packs(self) -> list[PackFile]:
        """Constraint packs that rows are made with."""
        ...

    @property
    def asks_at(self) -> str:
        """The stage whose records are the candidates asked for."""
        ...

    def decides(self) -> Mapping[str, Any]:
        """What its rows depend on, beside recipe, teacher and code."""
        ...

    def held_out(self) -> Mapping[str, Any] | None:
        """The evaluation prompts that no row may repeat, for the manifest; None where none were given."""
        ...

    def mix(self) -> Mix: ...

    def seeded(self, mix: Mix) -> Seeded: ...

    def dedup(self, file: Path) -> Dedup: ...

    def stages(self, client: ChatClient, dedup: Dedup, mix: Mix) -> Stages: ...
