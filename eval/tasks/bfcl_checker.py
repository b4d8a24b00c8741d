"""The checker of the package bfcl-eval, called in a process of its own by `bfcl`.

The package's checker looks a model up in a table whose import wants the clients of twenty providers; here that table
has the one entry which says that names with dots were offered with underscores.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

__all__ = ["check"]

_MODEL = "typhoon-eval"


def check(functions: list[dict[str, Any]], calls: list[dict[str, Any]], truth: list[Any], category: str) -> str:
    """ "" where the calls are right, else the package's reason. `calls`: [{name: arguments}], in their order."""
    _register()
    from bfcl_eval.constants.enums import Language  # pyright: ignore[reportMissingImports]
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # pyright: ignore[reportMissingImports]

    found = ast_checker(functions, calls, truth, Language.PYTHON, category, _MODEL)
    if found["valid"]:
        return ""
    return f"{found.get('error_type', '')}: {found.get('error', '')}"[:300]


def _register() -> None:
    name = "bfcl_eval.constants.model_config"
    if name not in sys.modules:
        table = ModuleType(name)
        table.MODEL_CONFIG_MAPPING = {_MODEL: SimpleNamespace(underscore_to_dot=True)}  # pyright: ignore[reportAttributeAccessIssue]
        sys.modules[name] = table
