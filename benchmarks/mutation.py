"""Mutation testing over the whole of constraints/: how many small faults the tests notice, and which they do not.

    python benchmarks/mutation.py [--modules text answer families.length ...] [--jobs 2] [--keep FILE]

A mutant is one module with one change: a comparison flipped, `and`/`or` swapped, a `not` dropped, an integer in a
comparison shifted by one, True returned for False. It is killed when a test fails. `random() < 0.5` against `<= 0.5` is
none: a drawn float never hits the limit.

Families are judged in memory: check functions by the hand-written cases of tests/constraints/cases, `_amend`, `_draw`
and `_shown` functions by the pinned snapshot and by whether every drawn constraint still has a witness. Every other
module is compiled into a forked child that runs the tests of `_tests_of`, the official instructions by their recorded
verdicts first. Equivalent mutants
(tests/constraints/equivalent_mutants) are left out and counted. Prints JSON a module, the survivors, and the total;
takes about half an hour on two cores, so it is `make mutation` and no part of CI (tests/constraints/test_flipped.py
runs the families' check functions there).
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import importlib
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from mutants import ROOT, Mutant, MutantFinder, mutants_of, mutated, source_of

_CASES = ROOT / "tests" / "constraints" / "cases"
_EQUIVALENT = ROOT / "tests" / "constraints" / "equivalent_mutants"
# An endless loop is noticed too. Seconds of CPU, so that a busy machine kills no mutant; sleepers have the other limit.
_CHILD_CPU_S, _CHILD_TIMEOUT_S = 60, 600
_VERSE = ["test_syllables.py", "test_cases.py", "-k", "syllables or poetry or spelling"]
# Where the tests of a module live.
_TESTS = {
    "answer": ["test_answer.py", "test_text.py"],
    "catalogue": ["test_answer.py"],
    "constraint": ["test_answer.py", "test_compat.py"],
    "constraint_type": ["test_answer.py", "test_draw_sets.py"],
    "counting": ["test_answer.py"],
    "draw": ["test_draw_sets.py"],
    "families.orthography_tables": ["test_cases.py", "-k", "orthography"],
    "families.register_tables": ["test_cases.py", "-k", "register"],
    "language": ["test_text.py"],
    "parameters": ["test_answer.py", "test_compat.py"],
    "pack": ["test_pack.py"],
    "pages": ["../datagen/test_cli_constraints.py", "-k", "fresh"],  # the others run a program of their own
    "registry": ["test_answer.py", "test_pack.py"],
    "rewards": ["test_rewards.py"],
    "sandbox": ["test_sandbox.py"],
    "segment": ["test_text.py"],
    "shaping": ["test_answer.py"],
    "text": ["test_text.py"],
    "thai.alphabet": ["test_syllables.py", "test_collation.py"],
    "thai.calendar": ["test_calendar.py", "test_cases.py", "-k", "calendar or dates"],
    "thai.clock": ["test_calendar.py", "test_cases.py", "-k", "calendar or dates"],
    "thai.collation": ["test_collation.py"],
    "thai.endings": ["test_cases.py", "-k", "particles"],
    "thai.identifiers": ["test_identifiers.py"],
    "thai.numbers": ["test_numbers.py", "test_cases.py", "-k", "test_numbers or numerals or forms"],
    "thai.rhyme": _VERSE,
    "thai.spelling": _VERSE,
    "thai.syllables": _VERSE,
    "thai.verse": _VERSE,
    "verdict": ["test_answer.py"],
    "witness": ["test_draw_sets.py"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation testing over constraints/.")
    parser.add_argument("--modules", nargs="*", help="without `constraints.`; all where none is named")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="JSON lines: results stay valid while a module and its tests do")
    options = parser.parse_args()
    os.chdir(ROOT)
    _warm_up()
    kept = _kept(options.keep)
    totals: Counter[str] = Counter()
    for name in options.modules or sorted(_module_names()):
        key = _judged_by(name)
        result = kept.get((name, key)) or _result(name, options.jobs) | {"key": key}
        if options.keep and (name, key) not in kept:
            with options.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result, ensure_ascii=False) + "\n")
        counts = {what: result[what] for what in ("mutants", "killed", "equivalent")}
        totals.update(counts)
        print(json.dumps({"module": name, **counts, "s": result["s"], "kept": (name, key) in kept}), flush=True)
        for told in result["survivors"]:
            print(f"    survived: {told}", flush=True)
    share = totals["killed"] / totals["mutants"] if totals["mutants"] else 1.0
    survived = totals["mutants"] - totals["killed"]
    print(json.dumps({**totals, "survived": survived, "killed_share": round(share, 4)}))
    return 0 if share >= 0.95 else 1


def _result(name: str, jobs: int) -> dict[str, Any]:
    equivalent, begun = _equivalent(name), time.monotonic()
    every = list(mutants_of(name))
    mutants = [mutant for mutant in every if (mutant.function, mutant.before) not in equivalent]
    alive = _survivors(name, mutants, jobs)
    return {
        "module": name,
        "mutants": len(mutants),
        "killed": len(mutants) - len(alive),
        "equivalent": len(every) - len(mutants),
        "s": round(time.monotonic() - begun),
        "survivors": [f"{name}:{m.line} {m.function}: {m.before}  ->  {m.after}" for m in alive],
    }


def _kept(file: Path | None) -> dict[tuple[str, str], dict[str, Any]]:
    if file is None or not file.exists():
        return {}
    results = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {(result["module"], result["key"]): result for result in results}


def _judged_by(name: str) -> str:
    """Hash of the module and of what judges it: a kept result speaks of just these."""
    tests = ROOT / "tests" / "constraints"
    if _is_family(name):
        judges = [_CASES / f"{family}.yaml" for family in sorted(_families(name))] + [tests / "snapshot.json"]
    else:
        judges = [tests / word for word in _tests_of(name) if word.endswith(".py")]
        judges += sorted(_CASES.glob("*.yaml")) if tests / "test_cases.py" in judges else []
        judges += [tests / "compat_cases.yaml"] if tests / "test_compat.py" in judges else []
    judges += [_EQUIVALENT / f"{name.removeprefix('families.')}.yaml"]
    text = source_of(name).encode() + b"".join(judge.read_bytes() for judge in judges if judge.exists())
    return hashlib.sha256(text).hexdigest()[:16]


def _tests_of(name: str) -> list[str]:
    return _TESTS.get(name) or ["test_compat.py" if name.startswith("compat") else "test_answer.py"]


def _is_family(name: str) -> bool:
    return name.startswith("families.") and name not in _TESTS


def _families(name: str) -> set[str]:
    return {constraint.family for constraint in importlib.import_module(f"constraints.{name}").TYPES}


def _warm_up() -> None:
    """What children inherit instead of doing it again: packages, dictionaries, compiled modules and tests."""
    from constraints import Answer

    importlib.import_module("pytest")
    Answer("แมวกินปลา The cat eats fish.").words("newmm")
    sys.dont_write_bytecode, sys.pycache_prefix = False, tempfile.mkdtemp(prefix="mutation-")


def _module_names() -> Iterator[str]:
    for file in (ROOT / "constraints").rglob("*.py"):
        name = ".".join(file.relative_to(ROOT / "constraints").with_suffix("").parts).removesuffix(".__init__")
        if name and name != "__init__" and next(mutants_of(name), None) is not None:
            yield name


def _equivalent(name: str) -> set[tuple[str, str]]:
    file = _EQUIVALENT / f"{name.removeprefix('families.')}.yaml"
    if not file.exists():
        return set()
    return {(row["function"], row["mutant_of"]) for row in yaml.safe_load(file.read_text(encoding="utf-8")) or ()}


def _survivors(name: str, mutants: list[Mutant], jobs: int) -> list[Mutant]:
    """The mutants that no test noticed; each is tried in a forked child, `jobs` at a time."""
    family = _is_family(name)
    if family:
        _preload_family(name)
    if _status_of(None, name, family) != 0:
        sys.exit(f"{name}: its tests fail without any mutant; mend them first")
    running: dict[int, tuple[Mutant, float]] = {}
    waiting, alive = list(mutants), []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            child = os.fork()
            if child == 0:
                _run_child(mutant, name, family)
            running[child] = (mutant, time.monotonic())
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            mutant, _ = running.pop(pid)
            if os.waitstatus_to_exitcode(status) == 0:
                alive.append(mutant)
            continue
        for child, (_, begun) in running.items():
            if time.monotonic() - begun > _CHILD_TIMEOUT_S:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    return sorted(alive, key=lambda mutant: mutant.number)


def _status_of(mutant: Mutant | None, name: str, family: bool) -> int:
    """Exit code of one child, waited for."""
    child = os.fork()
    if child == 0:
        _run_child(mutant, name, family)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_child(mutant: Mutant | None, name: str, family: bool) -> None:
    """Exit code 0 where nothing noticed. Without a mutant: whether the tests pass at all. Never returns."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_CHILD_CPU_S, _CHILD_CPU_S))
    code = 1
    try:
        code = int(_family_notices(mutant, name)) if family else _tests_notice(mutant, name)
    finally:
        os._exit(code)


def _load_snapshot() -> ModuleType:
    spec = importlib.util.spec_from_file_location("snapshot", ROOT / "tests" / "constraints" / "snapshot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_SNAPSHOT = _load_snapshot()
_JUDGED: dict[str, list[tuple[dict[str, Any], str, str]]] = {}


def _preload_family(name: str) -> None:
    """Everything but the mutant is imported before the fork, and all cases are read."""
    importlib.import_module("constraints")
    _JUDGED.clear()
    for family in _families(name):
        text = _CASES.joinpath(f"{family}.yaml").read_text(encoding="utf-8")
        for constraint_id, groups in yaml.load(text, Loader=yaml.CSafeLoader).items():
            _JUDGED[constraint_id] = [row for group in groups for row in _rows(group)]


def _rows(group: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    for answer in group.get("pass", {}).values():
        yield group["params"], answer, "PASS"
    for answer in group.get("fail", ()):
        yield group["params"], answer, "FAIL"
    for answer in group.get("undecided", ()):
        yield group["params"], answer, "UNDECIDED"
    for name, edits in group.get("break", {}).items():
        for old, new in edits:
            yield group["params"], group["pass"][name].replace(old, new, 1), "FAIL"


def _family_notices(mutant: Mutant | None, name: str) -> bool:
    from constraints import Answer, Constraint, DrawContext, witness

    namespace: dict[str, Any] = {"__name__": f"mutant_of_{name}"}
    tree = ast.parse(source_of(name)) if mutant is None else mutated(mutant)
    exec(compile(tree, "<mutant>", "exec"), namespace)  # noqa: S102 (our own source, one change)
    context = DrawContext(("ข้าวผัด", "ข้าว", "น้ำปลา", "Wi-Fi 6"), "แนะนำวิธีทำข้าวผัดน้ำปลาให้อร่อย")
    pinned = _SNAPSHOT.read()
    if _SNAPSHOT.digests(namespace["TYPES"]) != {t.id: pinned[t.id] for t in namespace["TYPES"]}:
        return True
    for constraint in namespace["TYPES"]:
        for params, text, outcome in _JUDGED[constraint.id]:
            if constraint.check(Answer(text), params).outcome != outcome:
                return True
    for constraint in namespace["TYPES"]:
        for seed in range(20):
            params = constraint.draw(random.Random(seed), context)
            if params is None or witness([Constraint(constraint, params)]) is None:
                return True
        for keywords in ((), ("ข้าว",), ("ข้าว", "ข้าว")):
            params = constraint.draw(random.Random(0), DrawContext(keywords))
            if params is not None:
                Constraint(constraint, params)
    return False


def _tests_notice(mutant: Mutant | None, name: str) -> int:
    """The quickest judge first: most mutants fall to it."""
    import pytest

    packages = ("constraints.compat",) if name.startswith("compat") else ("constraints", "datagen")
    for loaded in [loaded for loaded in sys.modules if any(f"{loaded}.".startswith(f"{p}.") for p in packages)]:
        del sys.modules[loaded]
    if mutant is not None:
        sys.meta_path.insert(0, MutantFinder(mutant))
    if name.startswith("compat") and _recorded_verdicts_differ():
        return 1
    named = _tests_of(name)
    selection = named[named.index("-k") :] if "-k" in named else []
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *selection]
    for file in (word for word in named if word.endswith(".py")):
        code = pytest.main([*options, str(ROOT / "tests" / "constraints" / file)])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return 1
    return 0


def _recorded_verdicts_differ() -> bool:
    from constraints.compat import official

    letters = {"P": "PASS", "F": "FAIL", "U": "UNDECIDED"}
    rows = yaml.safe_load((ROOT / "tests" / "constraints" / "compat_cases.yaml").read_text(encoding="utf-8"))
    return any(
        official(row["id"], row["kwargs"]).check(response).outcome != letters[letter]
        for row in rows
        for kind in ("cases", "ours")
        for letter, responses in row.get(kind, {}).items()
        for response in responses
    )


if __name__ == "__main__":
    sys.exit(main())
