"""Prompts that are not worth a call, refused before one is paid for: `PromptRules` decides, two stages count.

Covers length, language, exact duplicates, personal data (e-mail, phone, citizen id) and a blocklist file. Does not
find names or addresses of persons, nor near duplicates. A prompt is judged once, when it is read; what is refused
enters the pipeline as one `RefusedRecord` in the first round, and the stage that bears its refusal's name rejects it.
In a refused record personal data is masked, and text that was blocked or too long is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import regex

from constraints import main_language, normalise
from constraints.thai.identifiers import find_citizen_ids, find_emails, find_phones
from datagen.config import PromptScreenConfig
from datagen.errors import RecipeError
from datagen.prompts.prompt import BadRow, Prompt
from datagen.prompts.seen import Seen
from datagen.record import Message, Provenance, Record, Rejection, Source, code_version

__all__ = ["PromptRules", "Refusals", "RefusedRecord", "masked", "refused_prompt", "refused_row"]

READ, SCREEN = "read", "prompt_screen"
_KEPT_TEXT = 1000  # characters of a refused prompt that are kept
_KEPT_DETAIL = 200
_SPACES = regex.compile(r"\s+")
_LATIN = regex.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class RefusedRecord(Record):
    """A prompt or row that was refused when it was read: no stage but the one in `refused_by` sees it."""

    refused_by: str = ""
    reason: str = ""
    detail: str = ""


class Refusals:
    """The stage that turns what was refused under its name into counted rejections and passes everything else."""

    ordered = False

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, record: Record) -> Record | Rejection:
        if isinstance(record, RefusedRecord) and record.refused_by == self.name:
            return Rejection(record, self.name, record.reason, record.detail)
        return record


class PromptRules:
    """Decides about prompts in the order they are read. Asked again for the same prompt, it says the same."""

    def __init__(self, config: PromptScreenConfig) -> None:
        self.config = config
        self._seen = Seen()
        self._blocked = _blocklist(Path(config.blocklist)) if config.blocklist else []

    def fault(self, prompt: Prompt) -> tuple[str, str] | None:
        """(reason, what was seen) of the first rule that the prompt breaks; None where it breaks none."""
        config = self.config
        texts = [prompt.text, *(turn.content for turn in prompt.history)]
        length = sum(len(text) for text in texts)
        if length < config.min_characters:
            return "too_short", f"{length} characters, at least {config.min_characters}"
        if length > config.max_characters:
            return "too_long", f"{length} characters, at most {config.max_characters}"
        if config.languages is not None and (language := main_language(prompt.text)) not in config.languages:
            return "other_language", f"{language or 'unknown'}, wanted: {', '.join(config.languages)}"
        for number, pattern in self._blocked:
            if any(pattern.search(_plain(text)) for text in texts):
                return "blocked", f"line {number} of the blocklist"
        if not config.allow_personal_data:
            for reason, _ in (found for text in texts for found in _personal_data(text)):
                return reason, "masked in this record"
        if not config.allow_duplicates:
            said = "\x1f".join((*(turn.content for turn in prompt.history), prompt.text))
            if first := self._seen.before(_plain(said), prompt.id):
                return "duplicate_prompt", f"says the same as {first}"
        return None


def refused_prompt(prompt: Prompt, fault: tuple[str, str], lang: str) -> RefusedRecord:
    """The one record that stands for a refused prompt."""
    reason, detail = fault
    texts = (*prompt.history, Message("user", prompt.text))
    messages = () if reason == "blocked" else tuple(replace(m, content=_shortened(m.content)) for m in texts)
    return RefusedRecord(
        id=f"{prompt.id}/refused",
        group=f"{prompt.id}/refused",
        sample_index=0,
        lang=lang,
        source=Source(prompt.source, prompt.id, prompt.license),
        messages=messages,
        provenance=Provenance(code_version=code_version()),
        refused_by=SCREEN,
        reason=reason,
        detail=detail,
    )


def refused_row(row: BadRow, lang: str) -> RefusedRecord:
    """The one record that stands for a row that is no prompt; it has no messages, only its place and its fault."""
    place = row.place.replace("\\", "/").rpartition("/")[2]
    return RefusedRecord(
        id=f"{place}/refused",
        group=f"{place}/refused",
        sample_index=0,
        lang=lang,
        source=Source(row.source, place, row.license),
        messages=(),
        provenance=Provenance(code_version=code_version()),
        refused_by=READ,
        reason=row.reason,
        detail=masked(row.detail)[:_KEPT_DETAIL],
    )


def masked(text: str) -> str:
    """`text` with every e-mail address, phone number and citizen id replaced.

    >>> masked("ติดต่อ somchai@example.com หรือ 081-234-5678")
    'ติดต่อ [e_mail] หรือ [phone]'
    """
    found = sorted(_personal_data(text), key=lambda item: (item[1], item[0]))
    pieces, end = [], 0
    for kind, (start, stop) in found:
        if start >= end:
            pieces += [text[end:start], f"[{kind}]"]
            end = stop
    return "".join((*pieces, text[end:]))


def _personal_data(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    yield from (("citizen_id", found.at) for found in find_citizen_ids(text) if found.valid)
    yield from (("e_mail", at) for _, at in find_emails(text))
    yield from (("phone", found.at) for found in find_phones(text))


def _shortened(text: str) -> str:
    return masked(text[:_KEPT_TEXT]) + ("..." if len(text) > _KEPT_TEXT else "")


def _plain(text: str) -> str:
    return _SPACES.sub(" ", normalise(text)).strip().casefold()


def _blocklist(path: Path) -> list[tuple[int, regex.Pattern[str]]]:
    """Line number and pattern of each term; Latin letters at its ends do not match inside a longer word."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise RecipeError(
            f"prompt_screen.blocklist: cannot read {path}: {exc}; give a UTF-8 text file, a term a line"
        ) from exc
    terms = [(number, _plain(line)) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    return [(number, _whole_word(term)) for number, term in terms if term]


def _whole_word(term: str) -> regex.Pattern[str]:
    before = r"(?<![a-z0-9])" if _LATIN.match(term[0]) else ""
    after = r"(?![a-z0-9])" if _LATIN.match(term[-1]) else ""
    return regex.compile(before + regex.escape(term, special_only=True) + after)
