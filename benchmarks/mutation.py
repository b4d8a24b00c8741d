"""Mutation testing over the whole of constraints/: how many small faults the tests notice, and which they do not.

    python benchmarks/mutation.py [--modules text answer families.length ...] [--jobs 2]

A mutant is one module with one change: a comparison flipped, `and`/`or` swapped, a `not` dropped, an integer in a
comparison shifted by one, True returned for False. It is killed when a test fails. `random() < 0.5` against `<= 0.5` is
none: a drawn float never hits the limit.

Families are judged in memory: check functions by the hand-written cases of tests/constraints/cases, `_amend`, `_draw`
and `_shown` functions by the pinned snapshot and by whether every drawn constraint still has a witness. Every other
module is compiled into a forked child that runs the tests named in `_TESTS`. Equivalent mutants
(tests/constraints/equivalent_mutants) are left out and counted. Prints JSON a module, the survivors, and the total;
takes about half an hour on two cores, so it is `make mutation` and no part of CI (tests/constraints/test_flipped.py
runs the families' check functions there).
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

_ROOT = Path(__file__).parents[1]
_CASES = _ROOT / "tests" / "constraints" / "cases"
_EQUIVALENT = _ROOT / "tests" / "constraints" / "equivalent_mutants"
# An endless loop is noticed too. Seconds of CPU, so that a busy machine kills no mutant; sleepers have the other limit.
_CHILD_CPU_S, _CHILD_TIMEOUT_S = 60, 600
_VERSE = ["test_syllables.py", "test_cases.py", "-k", "syllables or poetry or spelling"]
# Where the tests of a module live.
_TESTS = {
    "answer": ["test_answer.py", "test_text.py"],
    "catalogue": ["test_answer.py"],
    "compat": ["test_compat.py"],
    "compat.ifbench": ["test_compat.py"],
    "compat.ifeval": ["test_compat.py"],
    "compat.instruction": ["test_compat.py"],
    "compat.reading": ["test_compat.py"],
    "constraint": ["test_answer.py", "test_compat.py"],
    "constraint_type": ["test_answer.py", "test_draw_sets.py"],
    "counting": ["test_answer.py"],
    "draw": ["test_draw_sets.py"],
    "families.orthography_tables": ["test_cases.py", "-k", "orthography"],
    "families.register_tables": ["test_cases.py", "-k", "register"],
    "language": ["test_text.py"],
    "parameters": ["test_answer.py", "test_compat.py"],
    "pages": ["../datagen/test_cli_constraints.py", "-k", "fresh"],  # the others run a program of their own
    "registry": ["test_answer.py"],
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
_FLIPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_SWAPPED = {ast.And: ast.Or, ast.Or: ast.And}


@dataclass(frozen=True, slots=True)
class Mutant:
    """Change number `number` of a module, in `function` ("" at module level): `before` becomes `after`."""

    module: str
    number: int
    function: str
    line: int
    before: str
    after: str


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation testing over constraints/.")
    parser.add_argument("--modules", nargs="*", help="without `constraints.`; all where none is named")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    os.chdir(_ROOT)
    _warm_up()
    names = options.modules or sorted(_module_names())
    total = killed = excused = 0
    survivors: list[Mutant] = []
    for name in names:
        equivalent = _equivalent(name)
        mutants = [mutant for mutant in _mutants(name) if (mutant.function, mutant.before) not in equivalent]
        skipped = sum(1 for _ in _mutants(name)) - len(mutants)
        begun = time.monotonic()
        alive = _survivors(name, mutants, options.jobs)
        total, killed, excused = total + len(mutants), killed + len(mutants) - len(alive), excused + skipped
        survivors += alive
        print(
            json.dumps(
                {
                    "module": name,
                    "mutants": len(mutants),
                    "killed": len(mutants) - len(alive),
                    "equivalent": skipped,
                    "s": round(time.monotonic() - begun),
                }
            ),
            flush=True,
        )
        for mutant in alive:
            print(
                f"    survived: {name}:{mutant.line} {mutant.function}: {mutant.before}  ->  {mutant.after}", flush=True
            )
    share = killed / total if total else 1.0
    print(
        json.dumps(
            {
                "mutants": total,
                "killed": killed,
                "survived": total - killed,
                "equivalent": excused,
                "killed_share": round(share, 4),
            }
        )
    )
    return 0 if share >= 0.95 else 1


def _warm_up() -> None:
    """What children inherit instead of doing it again: packages, dictionaries, compiled modules and tests."""
    from constraints import Answer

    importlib.import_module("pytest")
    Answer("แมวกินปลา The cat eats fish.").words("newmm")
    sys.dont_write_bytecode, sys.pycache_prefix = False, tempfile.mkdtemp(prefix="mutation-")


def _module_names() -> Iterator[str]:
    for file in (_ROOT / "constraints").rglob("*.py"):
        name = ".".join(file.relative_to(_ROOT / "constraints").with_suffix("").parts).removesuffix(".__init__")
        if name and name != "__init__" and next(_mutants(name), None) is not None:
            yield name


def _source(name: str) -> str:
    file = _ROOT / "constraints" / Path(*name.split("."))
    return (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text(encoding="utf-8")


def _equivalent(name: str) -> set[tuple[str, str]]:
    file = _EQUIVALENT / f"{name.removeprefix('families.')}.yaml"
    if not file.exists():
        return set()
    return {(row["function"], row["mutant_of"]) for row in yaml.safe_load(file.read_text(encoding="utf-8")) or ()}


def _sites(tree: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    """(function, expression, which change) in a fixed order; annotations and docstrings apart."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.expr, int]]:
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            # A boolean that is not returned is an option: frozen=True, zip(strict=True), ensure_ascii=False.
            option = isinstance(child, ast.Constant) and not isinstance(node, ast.Return)
            if isinstance(child, ast.expr) and not option:
                for change in range(_changes(child)):
                    yield inner, child, change
            yield from walk(child, inner)

    yield from walk(tree, "")


def _changes(node: ast.expr) -> int:
    if isinstance(node, ast.Compare):
        if ast.unparse(node.left).endswith(".random()"):
            return 0
        return len(node.ops) + sum(_is_limit(part) for part in (node.left, *node.comparators))
    if isinstance(node, ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return 1
    return int(isinstance(node, ast.Constant) and isinstance(node.value, bool))


def _is_limit(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _mutate(node: ast.expr, change: int) -> None:
    if isinstance(node, ast.BoolOp):
        node.op = _SWAPPED[type(node.op)]()
    elif isinstance(node, ast.UnaryOp):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Constant):
        node.value = not node.value
    elif isinstance(node, ast.Compare) and change < len(node.ops):
        node.ops[change] = _FLIPPED[type(node.ops[change])]()
    elif isinstance(node, ast.Compare):
        limits = [part for part in (node.left, *node.comparators) if isinstance(part, ast.Constant) and _is_limit(part)]
        limit = limits[change - len(node.ops)]
        assert isinstance(limit.value, int)
        limit.value += 1


def _mutants(name: str) -> Iterator[Mutant]:
    source = _source(name)
    sites = list(_sites(ast.parse(source)))
    for number in range(len(sites)):
        function, node, change = list(_sites(ast.parse(source)))[number]
        before = ast.unparse(node)
        _mutate(node, change)
        yield Mutant(name, number, function, node.lineno, before, ast.unparse(node))


def _mutated(mutant: Mutant) -> ast.Module:
    tree = ast.parse(_source(mutant.module))
    _, node, change = list(_sites(tree))[mutant.number]
    _mutate(node, change)
    return ast.fix_missing_locations(tree)


def _survivors(name: str, mutants: list[Mutant], jobs: int) -> list[Mutant]:
    """The mutants that no test noticed; each is tried in a forked child, `jobs` at a time."""
    family = name.startswith("families.") and name not in _TESTS
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
    spec = importlib.util.spec_from_file_location("snapshot", _ROOT / "tests" / "constraints" / "snapshot.py")
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
    module = importlib.import_module(f"constraints.{name}")
    _JUDGED.clear()
    for family in {constraint.family for constraint in module.TYPES}:
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
    tree = ast.parse(_source(name)) if mutant is None else _mutated(mutant)
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


class _MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module its mutated code."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.code = f"constraints.{mutant.module}", compile(_mutated(mutant), "<mutant>", "exec")

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        if fullname != self.name:
            return None
        package = (_ROOT / Path(*fullname.split("."))).is_dir()
        return importlib.util.spec_from_loader(fullname, self, is_package=package)

    def exec_module(self, module: Any) -> None:
        if module.__spec__.submodule_search_locations is not None:
            module.__path__ = [str(_ROOT / Path(*self.name.split(".")))]
        exec(self.code, module.__dict__)  # noqa: S102 (our own source, one change)


def _tests_notice(mutant: Mutant | None, name: str) -> int:
    import pytest

    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] in ("constraints", "datagen")]:
        del sys.modules[loaded]
    if mutant is not None:
        sys.meta_path.insert(0, _MutantFinder(mutant))
    named = _TESTS.get(name, ["test_answer.py"])
    tests = [str(_ROOT / "tests" / "constraints" / word) if word.endswith(".py") else word for word in named]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]) != 0)


if __name__ == "__main__":
    sys.exit(main())
