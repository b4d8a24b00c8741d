"""The dataset card: every number in it comes from the manifest, every example from the data.

The licence is the sources' own where they agree on one; anything else is `other`, with the names, and is
never guessed at. The template is data_cards/dataset_card.md.j2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2

from datagen.quotas import shortfalls
from datagen.record import Record
from datagen.scenarios.recorded import scenario_labels

__all__ = ["Examples", "render_card"]

_SHOWN = 3

# Licence ids the Hub knows, by the SPDX id our sources carry.
_HUB_LICENSES = {
    "Apache-2.0": "apache-2.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC0-1.0": "cc0-1.0",
    "MIT": "mit",
    "ODC-BY-1.0": "odc-by",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_ABOUT = {
    "sft": "`messages`: prompt and verified answer",
    "tool": "`messages`: a conversation with calls and results; `tools` on offer; `scenario`, which proves it",
    "opd": "`prompt` only, for on-policy distillation",
    "rl": "`prompt` and its constraints as reward",
    "heldout": "as rl, with constraint types that no other split carries: for evaluation, not for training",
}
_USE = {
    "sft": "  # column `messages` goes straight into a chat template",
    "tool": "  # columns `messages` and `tools` (JSON); as templates want them: datagen.formats.chat_input",
    "opd": "  # column `prompt`",
    "rl": "  # verl: constraints.rewards.compute_score; TRL: constraints.rewards.fraction_satisfied",
    "heldout": "  # scored by constraints.rewards, as rl",
}


class Examples:
    """The first accepted rows, which the card shows; of tool use, each of another kind of scenario."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def add(self, record: Record) -> None:
        kind = scenario_labels(record.scenario)[0]
        shown = kind and any(scenario_labels(other.scenario)[0] == kind for other in self.records)
        if len(self.records) < _SHOWN and not shown:
            self.records.append(record)

    def state(self) -> Any:
        return [record.row() for record in self.records]

    def restore(self, state: Any) -> None:
        self.records = [Record.from_row(row) for row in state]


def render_card(manifest: Mapping[str, Any], examples: Sequence[Record]) -> str:
    """README.md of a dataset, YAML header included."""
    tool_use = manifest["recipe"].get("kind") == "tools"
    template = files("data_cards").joinpath("dataset_card.md.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)
    return environment.from_string(template).render(
        manifest=manifest,
        title=f"{'Proven Thai tool use' if tool_use else 'Verified Thai instructions'} ({manifest['rows']} rows)",
        tool_use=tool_use,
        license=_license(manifest["sources"]),
        size_category=next((name for limit, name in _SIZES if manifest["rows"] < limit), "n>1M"),
        splits=[split for split in _ABOUT if manifest["shards"].get(split)],
        about=_ABOUT,
        use=_USE,
        shortfalls=shortfalls(manifest),
        examples=[
            {
                "id": record.id,
                "constraints": ", ".join(constraint.id for constraint in record.constraints)
                or " · ".join(scenario_labels(record.scenario)),
                "messages": record.messages,
            }
            for record in examples
        ],
    )


def _license(sources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    names = sorted({source["license"] for source in sources})
    if len(names) == 1 and names[0] in _HUB_LICENSES:
        return {"id": _HUB_LICENSES[names[0]], "name": ""}
    return {"id": "other", "name": " and ".join(names) or "none"}
