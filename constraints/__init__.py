"""Verifiable constraints on Thai (and English) text: text in, verdict out. No network, no model, no torch.

    from constraints import build, check
    check("particles.speaker", {"gender": "male"}, "สวัสดีครับ")      # Verdict(PASS)
    two_lines = build("length.lines", {"count": 2})                   # raises BadParameters where they are wrong
    two_lines.check("หนึ่ง\\nสอง"), two_lines.describe("th")

The whole public surface is here; the rooms behind it: `verdict` (three outcomes), `text` (normalising),
`segment` (words), `language` (scripts), `thai/` (what else is to know of Thai), `answer` (one answer's views),
`families/` (the checkers), `catalogue/` (their words), `constraint_type` and `constraint` (what they are),
`registry` (the table), `witness` and `draw` (sets that can be kept), `sandbox` (checkers written by a model), `pack`
(types made of them), `rewards` (adapters for RL trainers).
"""

from constraints.answer import Answer
from constraints.constraint import BadParameters, Constraint
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params
from constraints.draw import draw_set
from constraints.language import foreign_letters, latin_share, main_language, script_shares
from constraints.registry import UnknownConstraint, build, check, describe, get, phrasings, types
from constraints.segment import text_contract
from constraints.text import normalise, plain
from constraints.verdict import PASS, Outcome, Verdict, fail, undecided
from constraints.witness import witness

__all__ = [
    "PASS",
    "Answer",
    "BadParameters",
    "Constraint",
    "ConstraintType",
    "DrawContext",
    "Language",
    "Outcome",
    "Params",
    "UnknownConstraint",
    "Verdict",
    "build",
    "check",
    "describe",
    "draw_set",
    "fail",
    "foreign_letters",
    "get",
    "latin_share",
    "main_language",
    "normalise",
    "phrasings",
    "plain",
    "script_shares",
    "text_contract",
    "types",
    "undecided",
    "witness",
]
