"""Reading what a model answered: code out of fences, items out of lists, one label out of chatter.

Code is taken as it stands. Nothing is ever un-escaped in it: `split('\\n')` with its backslash is what a verifier of
lines needs, and turning it into a line break was how released pipelines broke every such verifier. Where the whole
answer is JSON, its parser undoes JSON's own escapes once, and nothing else does.
"""

from __future__ import annotations

import json
from typing import Any

import regex

__all__ = ["code_in", "items_in", "label_in", "line_in", "text_in"]

_FENCED = regex.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<body>.*?)\n?^[ \t]*(?P=fence)[`~]*[ \t]*$", regex.M | regex.S
)
_OPEN_FENCE = regex.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*\n", regex.M)
_FUNCTION = regex.compile(r"^def evaluate\s*\(", regex.M)
_CODE_START = regex.compile(r"^(?:def|import|from)\s", regex.M)
_BULLET = regex.compile(r"^\s*(?:[-*•–]|\(?[0-9๐-๙]{1,3}[.):])\s+")
_LABEL_CHATTER = regex.compile(r"[^\p{L}]+")


def code_in(answer: str) -> str | None:
    """The Python source that defines `evaluate`, with all that stands beside it; None where there is none.

    >>> code_in("Sure!\\n```python\\ndef evaluate(response):\\n    return '\\\\n' in response\\n```\\nDone.")
    "def evaluate(response):\\n    return '\\\\n' in response"
    """
    answer = answer.replace("\r\n", "\n")
    blocks = [found["body"] for found in _FENCED.finditer(answer)]
    with_function = [block for block in map(_dedented, blocks) if _FUNCTION.search(block)]
    if with_function:
        return _with_helpers(blocks, with_function[-1])
    if not blocks and (opened := _OPEN_FENCE.search(answer)):  # a fence that was never closed: code to the end
        answer = answer[opened.end() :]
    elif from_json := _function_member(answer):
        return from_json
    start = _CODE_START.search(answer)
    if blocks or start is None or not _FUNCTION.search(answer):
        return None
    return answer[start.start() :].rstrip()


def _with_helpers(blocks: list[str], main: str) -> str:
    """Blocks of imports and helpers that stand before the last block with `evaluate`, and that block."""
    helpers = [block for block in map(_dedented, blocks) if _CODE_START.match(block) and not _FUNCTION.search(block)]
    return "\n\n".join([*helpers, main]).rstrip()


def _dedented(block: str) -> str:
    """A block that stands indented in a list, moved to the margin; lines keep what follows."""
    first = block.lstrip("\n")
    margin = len(first) - len(first.lstrip(" \t"))
    lines = block.split("\n")
    if margin and all(not line[:margin].strip() for line in lines):
        return "\n".join(line[margin:] for line in lines)
    return block


def _function_member(answer: str) -> str | None:
    """AutoIF's own format: a JSON object one of whose members is the source."""
    try:
        found: Any = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    members = found.values() if isinstance(found, dict) else ()
    return next((text.rstrip() for text in members if isinstance(text, str) and _FUNCTION.search(text)), None)


def items_in(answer: str) -> list[str]:
    """The items of a JSON array of texts, or else of a numbered or bulleted list, one a line; [] where there are none.

    >>> items_in('1. One.\\n2) Two.\\n\\nHope this helps!'), items_in('["a", "b"]'), items_in('["a", "b')
    (['One.', 'Two.'], ['a', 'b'], [])
    """
    fenced = _FENCED.search(answer)
    body = fenced["body"] if fenced else answer
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list):
        return [" ".join(item.split()) for item in found if isinstance(item, str) and item.strip()]
    lines = (line for line in body.split("\n") if _BULLET.match(line))
    return [item for line in lines if (item := _BULLET.sub("", line).strip().strip("*").strip())]


def label_in(answer: str, labels: tuple[str, ...]) -> str | None:
    """The one label that the answer names; None where it names none or several.

    >>> label_in("**Same.**", ("same", "different")), label_in("same or different", ("same", "different"))
    ('same', None)
    """
    words = {word.casefold() for word in _LABEL_CHATTER.split(answer)}
    found = [label for label in labels if label in words]
    return found[0] if len(found) == 1 else None


def line_in(answer: str) -> str:
    """The first line that says something, without a list mark or quotes around all of it."""
    line = next((line for line in answer.split("\n") if line.strip() and not line.strip().startswith("```")), "")
    line = _BULLET.sub("", line).strip()
    return line[1:-1].strip() if len(line) > 2 and line[0] == line[-1] and line[0] in "\"'*`" else line


def text_in(answer: str) -> str:
    """An answer's text; a fence around all of it is taken off, nothing else."""
    whole = _FENCED.fullmatch(answer.strip())
    return whole["body"] if whole else answer.strip()
