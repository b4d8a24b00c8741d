"""`screen`: what no answer may be, whatever the prompt: another language, leaking scripts, loops, echo, residue.

Cheap and deterministic; the rules are in datagen/screening/, one file a kind. Every assistant turn that the teacher
wrote is looked at, with the constraints that hold for it: what one of them asks for is allowed
(screening/exemptions.py). Does not judge whether an answer is right: that is the judge's second opinion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import regex

from constraints import foreign_letters, main_language, normalise, script_shares
from datagen.config import ScreenConfig
from datagen.record import AppliedConstraint, Record, Rejection
from datagen.screening.cut_off import cut_off
from datagen.screening.echo import instruction_echo, prompt_echo
from datagen.screening.exemptions import exempt
from datagen.screening.refusals import refusal, self_reference
from datagen.screening.repetition import distinct_share, looping, repeated_line
from datagen.screening.residue import repair_talk, residue

__all__ = ["Screen", "distinct_share"]

_LATIN_WORD = regex.compile(r"[A-Za-z][A-Za-z0-9_.+#-]*")
_DATA = regex.compile(r"\s*(?:```\w*\s*)?[\[{]")
_LITERAL = regex.compile(r"\b(?:true|false|null)\b")
# A lost letter, a pile of marks, or a mark right after a leading vowel, where only a consonant can stand.
_BROKEN = regex.compile("\ufffd|[\u0e30-\u0e3a\u0e47-\u0e4e]{4,}|[\u0e40-\u0e44][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")
# Full stops, commas and brackets of Chinese and Japanese, and full-width forms: no letters, and no Thai either.
_EAST_ASIAN_MARKS = regex.compile("[\u3000-\u303f\ufe30-\ufe4f\uff01-\uff65]")


class Screen:
    name = "screen"
    ordered = False

    def __init__(self, config: ScreenConfig, guidance: str | None = None) -> None:
        self.config, self.guidance = config, guidance

    async def __call__(self, record: Record) -> Record | Rejection:
        for turn in self.turns_of(record):
            for reason, detail in self._faults(record, turn):
                place = "" if turn == len(record.answers) else f"turn {turn}: "
                return Rejection(record, self.name, reason, place + detail)
        return record

    def turns_of(self, record: Record) -> Sequence[int]:
        """The assistant messages (from 1) that are looked at."""
        return record.checked_turns

    def allowed(self, record: Record, turn: int) -> Collection[str]:
        """Rules that this turn may break, whatever its constraints."""
        return ()

    def _faults(self, record: Record, turn: int) -> Iterator[tuple[str, str]]:
        """(reason, what was seen) of every rule that this turn breaks and no constraint of it exempts from."""
        least, allowed = self.config.min_characters, self.allowed(record, turn)
        holding = [c for c in record.constraints if (c.turn or len(record.answers)) == turn]
        for reason, detail in self._seen(record, turn, holding):
            if detail and reason not in allowed and not exempt(reason, holding, min_characters=least):
                yield reason, detail

    def _seen(self, record: Record, turn: int, holding: list[AppliedConstraint]) -> Iterator[tuple[str, str]]:
        """Every rule with what was seen, "" where it is kept; in the order in which reasons count."""
        config = self.config
        text, prompt = normalise(record.answers[turn - 1]), normalise(record.text_before(turn))
        said = _last_said(record, turn)
        yield "too_short", f"{len(text)} characters" if len(text) < config.min_characters else ""
        yield "template_residue", residue(text, prompt)
        yield "script_leak", (foreign_letters(text, prompt) or _foreign_marks(text, prompt))[:20]
        yield from self._language(record.lang, text, prompt)
        yield "refusal", refusal(text)
        yield "self_reference", self_reference(text, prompt)
        distinct = distinct_share(text)
        yield "looping", looping(text)[:40]
        yield "repeated_lines", repeated_line(text)
        yield "repetitive", f"{distinct:.0%} distinct" if distinct < config.min_distinct_share else ""
        broken = _BROKEN.search(text)
        yield "broken_text", repr(broken.group()) if broken else ""
        instructions = [c.instruction for c in holding] + ([self.guidance] if self.guidance else [])
        yield "instruction_echo", instruction_echo(text, instructions)
        yield "prompt_echo", prompt_echo(text, [normalise(record.prompt), normalise(said)])
        yield "repair_talk", repair_talk(text) if record.provenance.repairs else ""
        yield "cut_off", cut_off(text)

    def _language(self, lang: str, text: str, prompt: str) -> Iterator[tuple[str, str]]:
        """The answer's language and its share of Latin letters; words of the prompt may be used freely."""
        known = {word.casefold() for word in _LATIN_WORD.findall(prompt)}
        text = _LATIN_WORD.sub(lambda word: " " if word[0].casefold() in known else word[0], text)
        if _DATA.match(text):
            text = _LITERAL.sub(" ", text)
        language = main_language(text)
        yield "wrong_language", str(language or "no letters of any") if language != lang else ""
        latin = script_shares(text).get("Latin", 0.0)
        yield "code_switching", f"{latin:.0%} Latin letters" if latin > self.config.max_latin_share else ""


def _foreign_marks(text: str, prompt: str) -> str:
    """East Asian punctuation that the prompt does not have."""
    return "".join(dict.fromkeys(mark for mark in _EAST_ASIAN_MARKS.findall(text) if mark not in prompt))


def _last_said(record: Record, turn: int) -> str:
    """The user's message that this turn answers."""
    before = 0
    said = ""
    for message in record.messages:
        if message.role == "assistant":
            before += 1
            if before == turn:
                break
        elif message.role == "user":
            said = message.content
    return said
