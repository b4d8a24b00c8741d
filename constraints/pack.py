"""Constraint packs: constraint types that a model wrote, each with its words, verifiers and cases, as one piece of data.

`read_pack` makes a Pack of parsed data (reading the file is the caller's business); inside `with packs_in_use(packs):`
its types stand beside the built-in ones: they are drawn, described, witnessed and checked like any other. The ids are
`pack_NAME.SOMETHING`, so a row says by itself that it needs a pack, and a built-in id can never be taken.

A verdict is that of all verifiers together, each run in the sandbox: PASS where all say True, FAIL where all say
False, UNDECIDED where they differ or one could not be run. Types of a pack have no parameters. A passing case is their witness.
Not covered: whether a verifier is right. That is what the gates of synthesis measure; their scores travel in the pack.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from constraints.answer import Answer
from constraints.catalogue import Entry
from constraints.constraint_type import ConstraintType, Params, draw_nothing, text_value
from constraints.parameters import error
from constraints.registry import with_types
from constraints.sandbox import Limits, Sandbox
from constraints.verdict import PASS, Outcome, Verdict, fail, undecided
from constraints.witness import FILLERS

__all__ = ["FORMAT_VERSION", "PACK_PREFIX", "Pack", "PackConstraint", "PackError", "packs_in_use", "read_pack"]

FORMAT_VERSION = 1
PACK_PREFIX = "pack_"
# A verifier that passed the gates is quick: generous limits, so that a busy machine changes no verdict.
_LIMITS = Limits(time_s=2.0, kill_after_s=10.0)
_FIRST = 0  # a witness of a pack replaces the text, so that what other constraints amend comes after it

_TEXTS = {"type": "array", "items": text_value(20_000), "minItems": 1}
_WORDS = {"type": "array", "items": text_value(1_000), "minItems": 1}
_SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "format_version": {"const": FORMAT_VERSION},
            "name": {"type": "string", "pattern": f"^{PACK_PREFIX}[a-z0-9][a-z0-9_]{{0,39}}$"},
            "constraints": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string", "pattern": f"^{PACK_PREFIX}[a-z0-9_]+\\.[a-z0-9_]{{1,80}}$"},
                        "th": _WORDS,
                        "en": _WORDS,
                        "verifiers": {
                            "type": "array",
                            "minItems": 1,
                            "items": {
                                "type": "object",
                                "properties": {"source": text_value(50_000)},
                                "required": ["source"],
                            },
                        },
                        "cases": {
                            "type": "object",
                            "properties": {"pass": _TEXTS, "fail": _TEXTS},
                            "required": ["pass", "fail"],
                            "additionalProperties": False,
                        },
                        "weight": {"type": "number", "minimum": 0},
                    },
                    "required": ["id", "th", "en", "verifiers", "cases"],
                },
            },
        },
        "required": ["format_version", "name", "constraints"],
    }
)


class PackError(ValueError):
    """Data that is no constraint pack; the message names the field and the value."""


@dataclass(frozen=True)
class PackConstraint:
    """One constraint: Thai and English wordings, verifiers (Python source), answers that pass and that fail."""

    id: str
    th: tuple[str, ...]
    en: tuple[str, ...]
    verifiers: tuple[str, ...]
    passes: tuple[str, ...]
    fails: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Pack:
    name: str
    constraints: tuple[PackConstraint, ...]

    def unkept_cases(self, sandbox: Sandbox) -> list[str]:
        """The ids whose verifiers do not all pass the passing cases and fail the failing ones, as told here and now."""
        return [
            one.id
            for one in self.constraints
            if not all(_verdict(one.verifiers, case, sandbox).passed for case in one.passes)
            or not all(_verdict(one.verifiers, case, sandbox).outcome is Outcome.FAIL for case in one.fails)
        ]


def read_pack(data: Any) -> Pack:
    """The pack in parsed YAML or JSON.

    Raises:
        PackError: naming the field and the value.
    """
    if not isinstance(data, Mapping):
        raise PackError(f"a constraint pack is an object, not {type(data).__name__}")
    found = data.get("format_version")
    if found != FORMAT_VERSION:
        raise PackError(f"field 'format_version': {found!r} is not {FORMAT_VERSION}, the version this program reads")
    wrong = error(_SCHEMA, data, "a constraint pack")
    if wrong:
        raise PackError(wrong if len(wrong) < 400 else wrong[:400] + " ...")
    constraints = tuple(_constraint(entry, data["name"]) for entry in data["constraints"])
    ids = [one.id for one in constraints]
    if twice := [name for name in ids if ids.count(name) > 1]:
        raise PackError(f"field 'constraints': the id {twice[0]!r} stands there twice")
    return Pack(data["name"], constraints)


def _constraint(entry: Mapping[str, Any], pack: str) -> PackConstraint:
    if entry["id"].partition(".")[0] != pack:
        raise PackError(f"field 'id': {entry['id']!r} does not begin with the pack's name, {pack}.")
    return PackConstraint(
        entry["id"],
        tuple(entry["th"]),
        tuple(entry["en"]),
        tuple(verifier["source"] for verifier in entry["verifiers"]),
        tuple(entry["cases"]["pass"]),
        tuple(entry["cases"]["fail"]),
        float(entry.get("weight", 1.0)),
    )


@contextmanager
def packs_in_use(packs: Iterable[Pack]) -> Iterator[None]:
    """Inside the block the packs' constraint types are known beside the built-in ones (`registry.with_types`).

    Raises:
        ValueError: two packs share a name.
    """
    packs = list(packs)
    if not packs:
        yield
        return
    with _Verifiers() as verifiers, with_types(verifiers.type_of(one) for pack in packs for one in pack.constraints):
        yield


class _Verifiers:
    """One sandbox for all packs in use, started with the first check."""

    def __init__(self) -> None:
        self._stack, self._starting = ExitStack(), threading.Lock()
        self._sandbox: Sandbox | None = None
        self._over = False

    def __enter__(self) -> _Verifiers:
        return self

    def __exit__(self, *_: object) -> None:
        with self._starting:
            self._over = True
            self._stack.close()

    def type_of(self, one: PackConstraint) -> ConstraintType:
        def check(answer: Answer, params: Params) -> Verdict:
            sandbox = self._started()
            if sandbox is None:
                return undecided(f"the pack of {one.id} is not in use any more", "ไม่ได้ใช้ชุดข้อกำหนดนี้แล้ว")
            return _verdict(one.verifiers, answer.raw, sandbox)

        def amend(text: str, params: Params, filler: str) -> str:
            """A passing case, another one for every filler: the least change is not known of a verifier."""
            return one.passes[(FILLERS.index(filler) if filler in FILLERS else 0) % len(one.passes)]

        phrasings = {"th": tuple(map(_literal, one.th)), "en": tuple(map(_literal, one.en))}
        words = Entry(phrasings, {}, one.passes[0], one.fails[0])
        return ConstraintType(
            one.id, {}, draw_nothing, check, amend, rank=_FIRST, weight=one.weight, shown=_shows_nothing, words=words
        )

    def _started(self) -> Sandbox | None:
        with self._starting:
            if self._sandbox is None and not self._over:
                self._sandbox = self._stack.enter_context(Sandbox(_LIMITS))
            return None if self._over else self._sandbox


def _shows_nothing(params: Params, lang: str) -> Mapping[str, str]:
    return {}


def _literal(words: str) -> str:
    """Words as a format string that shows them as they are."""
    return words.replace("{", "{{").replace("}", "}}")


def _verdict(verifiers: Iterable[str], response: str, sandbox: Sandbox) -> Verdict:
    """What all verifiers say together."""
    said = [sandbox.run(source, response) for source in verifiers]
    passed = sum(verdict.passed for verdict in said)
    failed = sum(verdict.outcome is Outcome.FAIL for verdict in said)
    if passed == len(said):
        return PASS
    if failed == len(said):
        return fail(f"all {len(said)} verifiers said False", f"ตัวตรวจทั้ง {len(said)} ตัวตอบว่าไม่ผ่าน")
    unsure = [verdict.reason for verdict in said if verdict.outcome is Outcome.UNDECIDED]
    told = f"{passed} of {len(said)} verifiers said True, {failed} said False" + (f"; {unsure[0]}" if unsure else "")
    return undecided(told, "ตัวตรวจเห็นไม่ตรงกัน")
