"""Whether an answer says what a reference says, as mathematics: `math-verify` behind three rules of our own.

Runs in the worker process of `maths_check`: sympy may take for ever on what a model wrote. The rules: of several boxes
the last one counts (math-verify reads them as a set), unless all of them together are the answer; Thai digits are
digits; Thai words around a number (12 บาท) are units. Two texts that are the same but for white space are equal
whatever they mean.

>>> compare("\\\\frac{1}{2}", "ดังนั้นได้ \\\\boxed{0.5}"), compare("12", "\\\\boxed{๑๒ บาท}")
('equal', 'equal')
>>> compare("2", "\\\\boxed{1} เอ๊ะ ไม่ใช่ \\\\boxed{2}"), compare("2", "\\\\boxed{1,2,3}"), compare("2", "ไม่ทราบ")
('equal', 'different', 'none')
"""

from __future__ import annotations

import logging
from typing import Literal

import regex
from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

__all__ = ["Finding", "boxes", "compare"]

Finding = Literal["equal", "different", "none"]
"""`none`: the answer holds nothing that can be read as mathematics."""

logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # its own time limit is off: the process has one
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_TEXT = regex.compile(r"\\(?:text|mathrm|mbox|textbf)\s*\{[^{}]*\}")
_THAI = regex.compile(r"[\p{Thai}][\p{Thai}\s.]*")
_SPACE = regex.compile(r"\\[,;:! ]|~|\s+")


def compare(reference: str, answer: str) -> Finding:
    """`answer` is a whole reply; `reference` the final answer alone, in LaTeX."""
    reference, answer = reference.translate(_THAI_DIGITS), answer.translate(_THAI_DIGITS)
    told = boxes(answer)
    if told and _bare(told[-1]) == _bare(reference):
        return "equal"
    wanted = parse(f"\\boxed{{{_units(reference)}}}", [LatexExtractionConfig()], parsing_timeout=None)  # pyright: ignore[reportArgumentType]
    readings = [f"\\boxed{{{_units(told[-1])}}}"] if told else []
    if len(told) != 1:
        readings.append(" ".join(f"\\boxed{{{_units(box)}}}" for box in told) if told else answer)
    said = [_read(reading) for reading in readings]
    if any(found and verify(wanted, found, timeout_seconds=None) for found in said):
        return "equal"
    return "different" if told or any(said) else "none"


def boxes(text: str) -> list[str]:
    """What stands in each \\boxed{...} or \\fbox{...}, braces balanced, in order.

    >>> boxes(r"\\boxed{\\frac{1}{2}} or \\fbox{3} and \\boxed{open")
    ['\\\\frac{1}{2}', '3']
    """
    found = []
    for start in regex.finditer(r"\\(?:boxed|fbox)\s*\{", text):
        depth = 1
        for place in range(start.end(), len(text)):
            depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place - 1] != "\\" else 0
            if depth == 0:
                found.append(text[start.end() : place].strip())
                break
    return found


def _read(text: str) -> list:
    config = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
    return parse(text, config, parsing_timeout=None)  # pyright: ignore[reportArgumentType]


def _units(latex: str) -> str:
    """Thai words outside \\text{...} put into one, as a unit in LaTeX is."""
    kept, end = [], 0
    for text in _TEXT.finditer(latex):
        kept += [_THAI.sub(_as_text, latex[end : text.start()]), text[0]]
        end = text.end()
    return "".join([*kept, _THAI.sub(_as_text, latex[end:])])


def _as_text(match: regex.Match[str]) -> str:
    return rf"\text{{ {match[0].strip()}}}"


def _bare(latex: str) -> str:
    return _SPACE.sub("", _TEXT.sub(lambda match: match[0].partition("{")[2][:-1], latex)).strip("$. ")
