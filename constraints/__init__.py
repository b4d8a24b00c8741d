"""Verifiable constraints on Thai (and English) text: text in, verdict out. No network, no model, no torch.

    from constraints import check
    check("particles.speaker", {"gender": "male"}, "สวัสดีครับ")      # Verdict(PASS)

The whole public surface is here; the rooms behind it: `verdict` (three outcomes), `text` (normalising),
`segment` (words), `language` (scripts), `answer` (one answer's views), `constraint_type`, one file per
family, `registry` (the table and the check), `draw` (sets without contradictions).
"""

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params
from constraints.draw import draw_set
from constraints.language import foreign_letters, latin_share, main_language, script_shares
from constraints.registry import UnknownConstraint, check, describe, get, types
from constraints.segment import text_contract
from constraints.text import normalise, plain
from constraints.verdict import PASS, Outcome, Verdict, fail, undecided

__all__ = [
    "PASS",
    "Answer",
    "ConstraintType",
    "DrawContext",
    "Language",
    "Outcome",
    "Params",
    "UnknownConstraint",
    "Verdict",
    "check",
    "describe",
    "draw_set",
    "fail",
    "foreign_letters",
    "get",
    "latin_share",
    "main_language",
    "normalise",
    "plain",
    "script_shares",
    "text_contract",
    "types",
    "undecided",
]
