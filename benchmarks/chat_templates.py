"""Which form each chat template takes rows of tool use in, found by trying (datagen/formats/template_form.py).

    python benchmarks/chat_templates.py [FOLDER ...]

Without a folder: the templates that trl ships. Any folder of *.jinja will do, such as models/templates of llama.cpp.
Prints JSON: how many take each form, and those that take none. Templates are rendered by transformers, as users do.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from transformers.utils.chat_template_utils import render_jinja_template

from datagen.formats.template_form import Render, template_form


def main(folders: list[Path]) -> None:
    forms: dict[str, list[str]] = defaultdict(list)
    for folder in folders:
        for file in sorted(folder.glob("*.jinja")):
            form = template_form(_renderer(file.read_text(encoding="utf-8")))
            forms[str(form) if form else "none"].append(file.stem)
    print(json.dumps({form: {"templates": len(names), "names": names} for form, names in forms.items()}, indent=2))


def _renderer(template: str) -> Render:
    def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
        whole: Any = render_jinja_template
        texts, _ = whole([messages], tools=tools, chat_template=template, bos_token="<bos>", eos_token="<eos>")
        return texts[0]

    return render


def _shipped_with_trl() -> Path:
    spec = importlib.util.find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("give a folder of *.jinja, or install trl, which ships some")
    return Path(spec.submodule_search_locations[0]) / "chat_templates"


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or [_shipped_with_trl()])
