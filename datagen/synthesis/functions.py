"""Step 2, first half: k verifier functions a rule, read, looked at and tried in the sandbox.

Looking (the standard library's parser; nothing is executed) gives clear reasons for what the sandbox would refuse
anyway. Helpers and imports that stand beside `evaluate` are part of the source and run with it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass

from constraints import Outcome
from constraints.sandbox import PROVIDED, Sandbox
from datagen.llm.answers import Answer
from datagen.synthesis.reading import code_in
from datagen.synthesis.teacher import fault_of_answer
from datagen.synthesis.yields import Yields

__all__ = ["Function", "say", "usable_functions"]

# Texts every verifier must have an opinion on, whatever its rule.
_PROBES = (
    "เมื่อเช้าฝนตกหนัก เราจึงอยู่บ้านกัน",
    "ข้อ 1\n\nข้อ 2: ดีมากครับ!\n- หนึ่ง\n- สอง",
    "Good morning, 3 cats and a dog.",
    "ก",
)
# What the sandbox says where the interpreter lacks something, as against a verifier that fails by its own fault.
_REFUSALS = ("ModuleNotFoundError", "NotImplementedError", "ImportError", "SyntaxError", "PermissionError")
_LACKING = "AttributeError: module "


@dataclass(frozen=True, slots=True)
class Function:
    """One sample that survived so far. Functions with one `form` differ in layout, comments and nothing else."""

    sample: int
    source: str
    form: str


def usable_functions(rule: str, answers: Iterable[Answer], sandbox: Sandbox, yields: Yields) -> list[Function]:
    """The samples that are a function with an opinion."""
    usable = []
    for sample, answer in enumerate(answers):
        yields.entered("function")
        source = code_in(answer.content) or ""
        fault = _fault(answer, source, sandbox)
        if fault:
            yields.stop("function", rule, *fault, what=source or answer.content[:500])
        else:
            yields.keep("function")
            usable.append(Function(sample, source, _form(source)))
    return usable


def _fault(answer: Answer, source: str, sandbox: Sandbox) -> tuple[str, str] | None:
    fault = fault_of_answer(answer)
    if fault:
        return fault
    if not source:
        return "no_code", "no Python block defines evaluate"
    return _seen(source) or _tried(source, sandbox)


def _seen(source: str) -> tuple[str, str] | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        return "syntax_error", str(exc)[:200]
    mains = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "evaluate"]
    if not mains:
        return "no_code", "evaluate is no plain function at the top level"
    arguments = mains[-1].args
    if len(arguments.posonlyargs + arguments.args) - len(arguments.defaults) != 1 or arguments.kwonlyargs:
        return "wrong_signature", "evaluate must take one text"
    missing = sorted(_names_used(tree) - _names_known(tree))
    return ("undefined_name", f"{', '.join(missing)}: neither defined, imported nor provided") if missing else None


def _names_used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _names_known(tree: ast.AST) -> set[str]:
    known = {*dir(builtins), *PROVIDED, "__name__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            known.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            known.add(node.name)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, ast.alias):
            known.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            known.add(node.name)
    return known


def _tried(source: str, sandbox: Sandbox) -> tuple[str, str] | None:
    """What stops it from having an opinion on any probe."""
    said = [sandbox.run(source, probe) for probe in _PROBES]
    if any(verdict.outcome is not Outcome.UNDECIDED for verdict in said):
        return None
    why = said[0].reason
    if "neither True nor False" in why:
        return "no_verdict", why
    refused = any(name in why for name in _REFUSALS) or _LACKING in why
    return ("sandbox_refuses" if refused else "crashes"), why


def _form(source: str) -> str:
    """The source without layout, comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Module | ast.ClassDef) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def say(functions: Iterable[Function], texts: list[str], sandbox: Sandbox) -> list[list[bool | None]]:
    """For each function what it says of each text; None where it has no opinion. Equal forms run once."""
    found: dict[str, list[bool | None]] = {}
    opinion = {Outcome.PASS: True, Outcome.FAIL: False, Outcome.UNDECIDED: None}
    rows = []
    for function in functions:
        if function.form not in found:
            found[function.form] = [opinion[sandbox.run(function.source, text).outcome] for text in texts]
        rows.append(found[function.form])
    return rows
