"""`thai_code_switch_small`: does an answer stay in the language that was asked for?

Eighty requests in Thai, in English, in Thai with English terms, in English for a Thai answer and the other way round.
After the code-switching test of Typhoon-S (arXiv 2601.18129): an answer is good that is in the asked language and
holds no letter of a third script. Terms that the request itself has do not count against it. What is said is not
judged, only the letters it is written in; code and URLs are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from constraints import foreign_letters, latin_share, main_language, script_shares
from datagen.record import Message
from eval.task import About, Item, Judge, Marks, Metric, SingleTurn, Transcript
from eval.tasks.data_sets import shipped_rows

__all__ = ["OTHER_LANGUAGE_MOST", "CodeSwitch", "in_language", "task"]

OTHER_LANGUAGE_MOST = 0.2
"""Share of an answer's letters that may be of the other language, the request's own terms left out."""
_FEW_LETTERS = 40
"""Below this many letters a detector of Latin-script languages guesses."""
_TERM = regex.compile(r"[A-Za-z][A-Za-z0-9'._-]*")
_LETTER = regex.compile(r"\p{L}")


class CodeSwitch(SingleTurn):
    about = About(
        name="thai_code_switch_small",
        title="Thai code-switching: answers in the language asked for",
        language="th, en",
        metrics=(
            Metric("clean", "in the asked language, without a letter of a third script, and within the quota"),
            Metric("asked_language", "the asked language has most of the letters"),
            Metric("no_leak", "no letter of a script that neither language uses (Han, Lao, Cyrillic, ...)"),
            Metric("within_quota", f"at most {OTHER_LANGUAGE_MOST:.0%} of the letters are the other language's"),
        ),
        source="shipped",
        license="CC0-1.0",
        max_tokens=512,
        n=80,
    )

    def items(self) -> Sequence[Item]:
        return [
            Item(
                row["id"],
                (Message("user", row["prompt"]),),
                reference={"language": row["language"]},
                group=row["kind"],
            )
            for _, row in shipped_rows("thai_code_switch_small.jsonl")
        ]

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        said, prompt = transcript.final, item.messages[0].content
        if not said.strip():
            return {metric.name: 0.0 for metric in self.about.metrics}
        wanted = item.reference["language"]
        marks = {
            "asked_language": in_language(said, wanted),
            "no_leak": float(not foreign_letters(said, allowed_from=prompt)),
            "within_quota": _within_quota(said, prompt, wanted),
        }
        worst = [mark for mark in marks.values() if mark != 1.0]
        return {"clean": 0.0 if 0.0 in worst else None if worst else 1.0, **marks}


def in_language(text: str, wanted: str) -> float | None:
    """1 or 0; None where nothing can be told: no letters, or Latin ones too few to tell English from French.

    >>> in_language("ลองรีสตาร์ต server ดูก่อนครับ", "th"), in_language("Restart the server.", "th")
    (1.0, 0.0)
    >>> in_language("Sure.", "en"), in_language("502", "th")
    (None, None)
    """
    shares = script_shares(text)
    if not shares:
        return None
    if wanted == "th" or max(shares, key=lambda script: shares[script]) != "Latin":
        return float(main_language(text) == wanted)
    if main_language(text) == wanted:
        return 1.0
    return None if len(_LETTER.findall(text)) < _FEW_LETTERS else 0.0


def _within_quota(text: str, prompt: str, wanted: str) -> float | None:
    shares = script_shares(text)
    if not shares:
        return None
    if wanted == "th":
        return float(latin_share(text, tuple(_TERM.findall(prompt))) <= OTHER_LANGUAGE_MOST)
    return float(shares.get("Thai", 0.0) <= OTHER_LANGUAGE_MOST)


def task(name: str) -> CodeSwitch:
    return CodeSwitch()
