"""`maths_compare` in processes that are killed when it takes too long: sympy may never return, and cannot be stopped.

An answer on which time or memory ran out is neither equal nor different: None, for the caller to count.

>>> with MathsCheck() as check:
...     check.equal("\\\\frac{1}{2}", "\\\\boxed{0.5}"), check.equal("4", "\\\\boxed{5}")
(True, False)
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import queue
from functools import cache
from pathlib import Path
from typing import Any, Self

from datagen.errors import UserError
from datagen.own_tools.worker import Worker
from datagen.tools.tool import ToolError

__all__ = ["MAX_CHARACTERS", "MathsCheck", "require_math_verify", "shared_check"]

MAX_CHARACTERS = 100_000
"""Of an answer: what stands before its last so many characters is not read."""
_COMPARE = "rewards.maths_compare:compare"


class MathsCheck:
    """`timeout_s`: of one comparison; `workers`: processes, started when first needed. `close` at the end."""

    def __init__(self, timeout_s: float = 10.0, workers: int = 1, memory_mb: int = 2048) -> None:
        self._workers = [Worker(timeout_s, memory_mb) for _ in range(workers)]
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._ready: set[int] = set()
        for worker in self._workers:
            self._free.put(worker)

    def equal(self, reference: str, answer: str) -> bool | None:
        """Whether the answer says the reference; None where that cannot be found out. Safe from several threads.

        Raises:
            UserError: math-verify is not installed.
        """
        found = self.finding(reference, answer)
        return None if found is None else found == "equal"

    def finding(self, reference: str, answer: str) -> str | None:
        """`equal`, `different`, `none` (nothing in it is mathematics), or None: it took too long, or broke down."""
        require_math_verify()
        worker = self._free.get()
        try:
            if id(worker) not in self._ready:  # importing sympy is no part of a comparison's time
                worker.accepted(_COMPARE, Path())
                self._ready.add(id(worker))
            given = {"reference": reference, "answer": answer[-MAX_CHARACTERS:]}
            found, _ = worker.call(_COMPARE, Path(), given, _WORLD)
            return found
        except ToolError:
            self._ready.discard(id(worker))
            return None
        finally:
            self._free.put(worker)

    async def find(self, reference: str, answer: str) -> str | None:
        """`finding`, beside other work."""
        return await asyncio.to_thread(self.finding, reference, answer)

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_WORLD: dict[str, Any] = {"seed": 0, "now": "2000-01-01T00:00:00", "state": {}}  # what the worker hands to tools


@cache
def shared_check() -> MathsCheck:
    """One for the whole process, closed at its end."""
    check = MathsCheck()
    atexit.register(check.close)
    return check


def require_math_verify() -> None:
    """Raises UserError where math-verify is not installed."""
    if importlib.util.find_spec("math_verify") is None:
        raise UserError("mathematical answers are compared by math-verify: pip install 'typhoon-data[maths]'")
