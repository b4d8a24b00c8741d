"""Which form a chat template takes: found by trying, since no template says what it can do.

A short conversation is rendered with a tool, two calls side by side and their results. A form will do where nothing is
refused and everything can be read in the text: a template that knows no tools often drops them without a word.

    form = template_form(lambda messages, tools: tokenizer.apply_chat_template(messages, tools=tools, tokenize=False))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import jinja2

from datagen.formats.chat_input import TemplateForm, chat_input
from datagen.record import Message, ToolCall

__all__ = ["Render", "template_form"]

Render = Callable[[list[dict[str, Any]], list[dict[str, Any]] | None], str]
"""Messages and tools -> the text a template makes of them; raises where it refuses them."""

_TOOL = {
    "type": "function",
    "function": {
        "name": "probe_tool",
        "description": "probe_description",
        "parameters": {
            "type": "object",
            "properties": {"probe_place": {"type": "string", "description": "probe_parameter"}},
            "required": ["probe_place"],
        },
    },
}


def _call(number: int) -> ToolCall:
    return ToolCall(f"call_{number}", "probe_tool", json.dumps({"probe_place": f"ที่{number}"}, ensure_ascii=False))


_MESSAGES = (
    Message("system", "probe_system"),
    Message("user", "probe_question"),
    Message("assistant", "", (_call(1), _call(2))),
    Message("tool", '{"seen": "ผล1"}', tool_call_id="call_1"),
    Message("tool", '{"seen": "ผล2"}', tool_call_id="call_2"),
    Message("assistant", "probe_answer"),
)
_IN_ORDER = ("probe_question", "ที่1", "ที่2", "ผล2", "probe_answer")
_SOMEWHERE = ("probe_system", "probe_description", "probe_parameter", "ผล1")


def template_form(render: Render) -> TemplateForm | None:
    """The first form that the template takes, the richest first; None where it takes none."""
    return next((form for form in _forms() if _takes(render, form)), None)


def _forms() -> Iterator[TemplateForm]:
    for parallel, text_arguments, short_ids in product((True, False), (False, True), (False, True)):
        yield TemplateForm(parallel=parallel, text_arguments=text_arguments, short_ids=short_ids)
    for system in (True, False):
        yield TemplateForm(native=False, system=system)


def _takes(render: Render, form: TemplateForm) -> bool:
    given = chat_input(_MESSAGES, [_TOOL], "en", form)
    try:
        text = render(given.messages, given.tools)
    # A refusal of the template; or it adds a text to something that is none.
    except (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError):
        return False
    if not all(word in text for word in _SOMEWHERE):
        return False
    if "'probe_place'" in text or '\\"probe_place' in text:  # arguments as Python writes them, or as text in text
        return False
    places = [text.rfind(word) for word in _IN_ORDER]
    return -1 not in places and places == sorted(places)
