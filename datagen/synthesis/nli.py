"""An NLI model in place of the judge: a program of the user's, spoken to in JSON lines.

The data side installs without torch, so no model is loaded here. The program reads one object a line from its
standard input, `{"premise": "...", "hypothesis": "..."}`, and answers each with one line, `{"label": "entailment"}`
(or "contradiction", or "neutral"). It is started once and ends when its input does. A dozen lines around any NLI
model do it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from datagen.errors import TeacherError

__all__ = ["NliProgram"]

_LABELS = {"entailment": "entail", "contradiction": "contradict", "neutral": "unclear"}


class NliProgram:
    """`label(premise, hypothesis)` is entail, contradict or unclear."""

    def __init__(self, command: list[str], timeout_s: float) -> None:
        self.command, self.timeout_s = command, timeout_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def label(self, premise: str, hypothesis: str) -> str:
        """Raises TeacherError where the program cannot be started, ends, or answers something else."""
        asked = json.dumps({"premise": premise, "hypothesis": hypothesis}, ensure_ascii=False) + "\n"
        async with self._turn:
            process = await self._started()
            assert process.stdin
            assert process.stdout
            try:
                process.stdin.write(asked.encode())
                await process.stdin.drain()
                line = await asyncio.wait_for(process.stdout.readline(), self.timeout_s)
            except TimeoutError as exc:
                raise self._error(f"gave no answer in {self.timeout_s:g} s") from exc
            except (OSError, ValueError) as exc:
                raise self._error(f"stopped: {exc}") from exc
        try:
            found: Any = json.loads(line)
            return _LABELS[found["label"]]
        except (ValueError, KeyError, TypeError) as exc:
            said = repr(line.decode(errors="replace")[:100]) if line else "nothing and ended"
            raise self._error(f"answered {said}") from exc

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
                )
            except (OSError, ValueError) as exc:
                raise self._error(f"cannot be started: {exc}") from exc
        return self._process

    async def close(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _error(self, what: str) -> TeacherError:
        return TeacherError(
            f"the NLI program {' '.join(self.command)} {what}; it must answer every line with an object such as "
            '{"label": "entailment"} (or leave out judge.nli_command: the judge model then compares)'
        )
