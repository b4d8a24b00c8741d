"""README.md of a dataset from its manifest and some rows, by data_cards/dataset_card.md.j2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import jinja2

from datagen.card.examples import shown
from datagen.card.header import card_title, header, splits_of
from datagen.card.limits import known_limits
from datagen.quotas import shortfalls
from datagen.record import Record

__all__ = ["render_card"]

_ABOUT = {
    "sft": "`messages`: prompt and verified answer",
    "tool": "`messages`: a conversation with calls and results; `tools` on offer; `scenario`, which proves it",
    "opd": "`prompt` only, for on-policy distillation",
    "rl": "`prompt` and its constraints as reward",
    "heldout": "as rl, with constraint types that no other split carries: for evaluation, not for training",
}
_USE = {
    "sft": "  # column `messages` goes straight into a chat template",
    "tool": "  # `messages`, and `tools` as JSON; for templates: datagen.formats.chat_input",
    "opd": "  # column `prompt`",
    "rl": "  # verl: constraints.rewards.compute_score; TRL: constraints.rewards.fraction_satisfied",
    "heldout": "  # scored by constraints.rewards, as rl",
}
_OUTPUTS = {
    "allowed": "yes",
    "conditions": "under conditions",
    "forbidden": "**no**",
    "unknown": "**not known**",
}


def render_card(manifest: Mapping[str, Any], examples: Sequence[Record]) -> str:
    """The whole text, YAML header included. `manifest` must have its `license` (licences.derive)."""
    template = files("data_cards").joinpath("dataset_card.md.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    recipe = manifest["recipe"]
    text = environment.from_string(template).render(
        manifest=manifest,
        header=header(manifest),
        title=card_title(manifest),
        tool_use=recipe.get("kind") == "tools",
        licence=manifest["license"],
        outputs=_OUTPUTS,
        splits=splits_of(manifest),
        about=_ABOUT,
        use=_USE,
        shortfalls=shortfalls(manifest),
        types=_types(manifest),
        against=list(map(_named, recipe["decontaminate"]["against"])),
        prompts=list(map(_named, recipe["prompts"])),
        limits=known_limits(manifest),
        examples=list(map(shown, examples)),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def _types(manifest: Mapping[str, Any]) -> list[tuple[str, Any, Any, int]]:
    """(type, asked, passed, rows): of every answer that was checked, and of the rows that stayed."""
    yields = manifest.get("yields", {})
    none = {"asked": "", "passed": ""}
    return [
        (name, yields.get(name, none)["asked"], yields.get(name, none)["passed"], manifest["constraints"].get(name, 0))
        for name in sorted({*yields, *manifest["constraints"]})
    ]


def _named(source: str | Mapping[str, Any]) -> str:
    """What the recipe calls a source of prompts: file, data set on the Hub, or preset. Where a file lay is nobody's
    business: of an absolute path only the name is told."""
    if isinstance(source, str):
        name, kind = source, "path"
    else:
        kind = next(kind for kind in ("path", "hub", "preset") if source.get(kind))
        name = source[kind]
    if kind == "path":
        return PurePath(name).name if PurePath(name).is_absolute() else name
    return f"{kind}:{name}"
