"""Constraints that came with a prompt, carried into the target language: their sentences out of the prompt, they
themselves into our registry.

A prompt often states its constraints in words ("Your answer must have 3 paragraphs."). The row states them anew, in
the registry's words, so the old words are cut before translation: the exact `instruction` where the row gives it,
else English sentences that open like a requirement and name the constraint's matter and one of its parameters. What
asks for something that does not exist in the target language and cannot be cut (it stands in the task itself: "Write
a poem in capital letters about rain") fails the prompt; what merely repeats a constraint may stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from constraints import BadParameters, Constraint, build, get, types, witness
from datagen.record import AppliedConstraint
from datagen.translation.checks import Fault
from datagen.translation.counterparts import ENGLISH, THAI, WITHOUT_COUNTERPART, Counterpart, Words
from datagen.translation.parts import Masked, protect
from datagen.translation.spelled import spelled_numbers

__all__ = ["Carried", "carry", "keywords_of", "without_statements"]

_SENTENCE = regex.compile(r"[^\n]*?(?:[.!?]+[\"”’)]*(?=\s|\Z)|\n|\Z)\s*")
_REQUIREMENT = regex.compile(
    r"\s*(?:[-*•]\s*|\d+[.)]\s*)?(?:(?:and|also|please|additionally|finally|lastly|furthermore|moreover|but|then),?\s+)*"
    r"(?:your\b|the (?:whole |entire )?(?:answer|response|reply|output|word|words|letter|text|title|very|last|first|following)\b|do not\b|don['’]t\b|use\b"
    r"|include\b|make sure\b|ensure\b|in your\b|wrap\b|highlight\b|finish\b|end\b|conclude\b|at the end\b|it (?:should|must)\b"
    r"|there (?:should|must)\b|avoid\b|no\b|separate\b|add\b|put\b|refrain\b|only\b|all\b|each\b|every\b|keep\b|mark\b|mention\b"
    r"|you (?:must|should|may|are|can)\b|first,? repeat\b|repeat\b|paragraphs\b|choose\b|start (?:your|the)\b|begin (?:your|the)\b|(?:exactly|at least|at most)\b"
    r"|(?:write|answer|respond|reply|give|format|provide)(?: (?:your|the|it|this))?(?: (?:entire|whole))?(?: (?:answer|response|reply|output))?\s+(?:in|using|with|without|as|only|exactly|at)\b)",
    regex.IGNORECASE,
)
# Parameters that are words for a reader; names of JSON keys, columns and tags are not.
_WORD_FAMILIES = ("keywords", "repeat", "layout")
_WORD_NAMES = (
    "keyword keywords word phrase first second label labels headers options line text old new start end prompt"
)
_WORD_PARAMS = frozenset(_WORD_NAMES.split())


@dataclass(frozen=True, slots=True)
class Carried:
    """`constraints` are ours, ready for `compose`. `replaced`: from, to and why, for the row's provenance."""

    constraints: tuple[AppliedConstraint, ...] = ()
    replaced: tuple[Mapping[str, str], ...] = field(default=())


def keywords_of(given: Sequence[AppliedConstraint], target: str) -> list[str]:
    """Every text in the parameters that needs a translation, once, in order."""
    found: list[str] = []

    def noted(word: str) -> str:
        found.append(word)
        return word

    for constraint in given:
        if not isinstance(_counterpart(constraint, target), Fault):
            _target_of(constraint, target, noted)
    return list(dict.fromkeys(found))


def carry(given: Sequence[AppliedConstraint], target: str, words: Words) -> Carried | Fault:
    """The constraints as the target language can state and check them; a Fault where one has no counterpart."""
    built: list[Constraint] = []
    replaced: list[Mapping[str, str]] = []
    for constraint in given:
        entry = _counterpart(constraint, target)
        if isinstance(entry, Fault):
            return entry
        name, params = _target_of(constraint, target, words)
        try:
            made = build(name, params)
        except BadParameters as exc:
            return Fault("constraint_parameters", f"{constraint.id} as {exc}"[:200])
        if entry and entry.replaced and (made.id, dict(made.params)) != (constraint.id, dict(constraint.params)):
            replaced.append({"from": constraint.id, "to": made.id, "why": entry.replaced})
        if made not in built:
            built.append(made)
    if len(built) > 1 and witness(built) is None:
        return Fault("constraints_contradict", ", ".join(constraint.id for constraint in built))
    applied = tuple(AppliedConstraint(one.id, dict(one.params), "", target) for one in built)
    return Carried(applied, tuple(replaced))


def without_statements(text: str, given: Sequence[AppliedConstraint], source: str, target: str) -> str | Fault:
    """The prompt without the words that state its constraints."""
    for constraint in given:
        if constraint.instruction and constraint.instruction in text:
            text = text.replace(constraint.instruction, "", 1)
    unstated = [constraint for constraint in given if not constraint.instruction]
    if source == "en" and source != target and unstated:
        kept: list[str] = []
        for sentence, without_code in _sentences(text):
            named = [constraint for constraint in unstated if _names(without_code, constraint, target)]
            if named and _REQUIREMENT.match(without_code):
                _keep_line_end(kept, sentence)
                continue
            stuck = [constraint.id for constraint in named if _is_replaced(constraint, target)]
            if stuck:
                return Fault("constraint_in_task", f"{stuck[0]}: {sentence.strip()}"[:120])
            kept.append(sentence)
        text = "".join(kept)
    text = text.strip()
    return text or Fault("nothing_left", "the prompt is nothing but its constraints")


def _keep_line_end(kept: list[str], cut: str) -> None:
    """The line or paragraph that ended with the sentence that is cut ends after the one before it."""
    gap = cut[len(cut.rstrip()) :]
    if kept and "\n" in gap and not kept[-1].endswith("\n"):
        kept[-1] = kept[-1].rstrip() + gap


def _counterpart(constraint: AppliedConstraint, target: str) -> Counterpart | Fault | None:
    """None: one of ours that stays as it is."""
    table = THAI if target == "th" else ENGLISH
    if constraint.id in table:
        return table[constraint.id]
    if constraint.id in types():
        if target == "en" and get(constraint.id).thai:
            return Fault("constraint_without_counterpart", f"{constraint.id}: only Thai has it")
        return None
    if target == "en" and constraint.id in THAI and not THAI[constraint.id].replaced:
        return THAI[constraint.id]
    why = WITHOUT_COUNTERPART.get(constraint.id, f"nothing in {target} stands for it")
    return Fault("constraint_without_counterpart", f"{constraint.id}: {why}")


def _target_of(constraint: AppliedConstraint, target: str, words: Words) -> tuple[str, dict[str, Any]]:
    entry = _counterpart(constraint, target)
    assert not isinstance(entry, Fault)
    if entry is not None:
        return entry.make(constraint.params, words)
    params = dict(constraint.params)
    if constraint.id.partition(".")[0] in _WORD_FAMILIES:
        params |= {name: _worded(params[name], words) for name in params if name in _WORD_PARAMS}
    return constraint.id, params


def _worded(value: Any, words: Words) -> Any:
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(_worded(item, words) for item in value))
    return words(value) if isinstance(value, str) else value


def _is_replaced(constraint: AppliedConstraint, target: str) -> bool:
    entry = _counterpart(constraint, target)
    return isinstance(entry, Counterpart) and bool(entry.replaced)


def _names(sentence: str, constraint: AppliedConstraint, target: str) -> bool:
    """Whether the sentence speaks of the constraint's matter and, where it has parameters, of one of them."""
    entry = _counterpart(constraint, target)
    if not isinstance(entry, Counterpart) or not entry.mention:
        return False
    if not regex.search(entry.mention, sentence, regex.IGNORECASE):
        return False
    values = [str(value) for value in _values(constraint.params)]
    numbers = spelled_numbers(sentence, "en")
    lowered = sentence.lower()
    return not values or any(value.lower() in lowered or value in numbers for value in values)


def _values(params: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in params.items():
        if "relation" in name or name in ("language", "small_n", "percentage", "prompt_to_repeat"):
            continue
        yield from value if isinstance(value, list | tuple) else [value]


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Sentences with the white space after them (together they are the text), and the same without code and addresses.

    No cut falls inside a protected part.
    """
    masked = protect(text)
    quotations = Masked(masked.text, tuple(part for part in masked.parts if part.kind == "QUOTE"))
    for match in _SENTENCE.finditer(masked.text):
        if match[0]:
            yield masked.restore(match[0]), quotations.restore(match[0])
