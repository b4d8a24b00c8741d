"""A page put together: template, style and scripts, and the policy that lets in no others.

The Content-Security-Policy names this one style and this one script by their hash, and no connection of any kind: what
a stranger's text says can be shown, never run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jinja2

from datagen.offline_page.visible import shown

__all__ = ["Document", "shared_part"]


@dataclass(frozen=True, slots=True)
class Document:
    """`template` is Jinja's, with everything escaped but `style` and `script`; scripts run in their order."""

    template: str
    styles: Sequence[str]
    scripts: Sequence[str]

    def render(self, names: dict[str, Any], filters: dict[str, Any]) -> str:
        """`names`: what the template may use, functions included; `shown` and `n` are there without being given."""
        style, script = "".join(self.styles), "".join(f"{each}\n" for each in self.scripts)
        environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters |= {"n": lambda value: f"{value:,}", "shown": shown, **filters}
        return environment.from_string(self.template).render(
            **names, style=style, script=script, style_hash=_hash(style), script_hash=_hash(script)
        )


def shared_part(name: str) -> str:
    """A style or script that more than one page has."""
    return files("datagen.offline_page").joinpath("parts", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
