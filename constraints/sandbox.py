"""Checkers that a model wrote, run where they can do no harm: `evaluate(response)` in a sandboxed interpreter.

Built on pydantic-monty: an own Python interpreter, without files, network or clock, in worker processes. Each call
gets a fresh session, so a checker leaves nothing behind for the next; a worker that hangs is killed and replaced. What
the interpreter cannot run (generators, unknown modules) is UNDECIDED with the reason and is never run any
other way. The costs: 0.3 to 0.5 ms a call (benchmarks/sandbox.py), and a dialect: `re` is a Rust engine
without catastrophic backtracking, whose `\\w` takes Thai vowel signs for letters where CPython's does not.

Covers one response, True or False. Anything else a checker returns is UNDECIDED: a truthy string is no verdict.

>>> code = "def evaluate(response):\\n    return len(thai_words(response)) >= 3"
>>> with Sandbox() as sandbox:
...     sandbox.run(code, "แมวกินปลา").outcome, sandbox.run("while True: pass", "แมว").outcome
(<Outcome.PASS: 'PASS'>, <Outcome.UNDECIDED: 'UNDECIDED'>)
"""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

from pydantic_monty import (
    CollectString,
    ExternalModule,
    Monty,
    MontyCrashedError,
    MontyError,
    OSPolicy,
    ResourceLimits,
)

from constraints.segment import graphemes, tokens, words
from constraints.text import normalise
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["PROVIDED", "Limits", "Sandbox"]

PROVIDED = ("thai_words", "thai_graphemes", "word_tokenize")
"""The functions a checker finds without importing them."""

# Only a number crosses back: what a hostile checker returns stays where it is. `is` cannot be overridden.
_CALL = "_verdict = evaluate(response)\n1 if _verdict is True else 0 if _verdict is False else 2"
_ENGINE = "newmm"
# `string` is missing in the interpreter, and models reach for it: its constants are harmless.
_STRING_CONSTANTS = {
    name: value for name, value in vars(string).items() if isinstance(value, str) and not name.startswith("_")
}

_REFUSED = "ข้อความหรือตัวตรวจยาวเกินกำหนด"
# A verdict must be the same tomorrow: the clock stands still and chance is seeded.
_POLICY: OSPolicy = {"datetime": datetime(2000, 1, 1), "random_start": {"seed": 0}}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use. Time counts while the checker computes; host calls have a budget of their own.

    `kill_after_s` is the wall-clock time after which the worker itself is killed, should its own limits not hold.
    """

    time_s: float = 0.2
    kill_after_s: float = 1.0
    memory_bytes: int = 64 * 2**20
    recursion: int = 200
    output_bytes: int = 64 * 1024
    host_calls: int = 100
    host_characters: int = 200_000
    response_characters: int = 100_000
    code_characters: int = 50_000


class Sandbox:
    """A pool of workers; use it as a context manager.

    `run` and `run_batch` are safe to call from several threads: each call checks out its own worker.
    """

    def __init__(self, limits: Limits | None = None, workers: int | None = None) -> None:
        """`workers` processes run side by side (one a processor unless told): a call waits for a free one.

        A checker that hangs in native code holds its worker until it is killed, `kill_after_s` at the most.
        """
        self.limits = limits or Limits()
        workers = workers or os.cpu_count() or 1
        self._pool = Monty(
            min_processes=workers,
            max_processes=workers,
            request_timeout=self.limits.kill_after_s,
            feed_duration_limit_grace=max(self.limits.kill_after_s - self.limits.time_s, 0.05),
            turn_duration_limit_grace=max(self.limits.kill_after_s - self.limits.time_s, 0.05),
        )

    def __enter__(self) -> Sandbox:
        self._pool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)

    def run(self, code: str, response: str) -> Verdict:
        """The verdict of the checker `code` on `response`. Never raises on what the code or the text is.

        `code` defines `evaluate(response) -> bool`; helpers and imports of what the interpreter knows stand beside it.
        The response is normalised by the text contract first, as for every checker of ours.
        """
        limits = self.limits
        if not isinstance(code, str) or not isinstance(response, str):
            told = f"checker and response must be texts, not {type(code).__name__} and {type(response).__name__}"
            return undecided(told, "ตัวตรวจหรือคำตอบไม่ใช่ข้อความ")
        if len(code) > limits.code_characters:
            return undecided(f"the checker has {len(code)} characters, at most {limits.code_characters}", _REFUSED)
        if len(response) > limits.response_characters:
            return undecided(
                f"the response has {len(response)} characters, at most {limits.response_characters}", _REFUSED
            )
        try:
            returned = self._returned(code, normalise(response))
        except MontyCrashedError:
            return undecided(f"the checker was killed after {limits.kill_after_s} s", "ตัวตรวจทำงานนานเกินไปจึงถูกหยุด")
        except MontyError as exc:
            return undecided(f"the checker did not run: {_one_line(exc)}", "ตัวตรวจทำงานไม่สำเร็จ")
        except (UnicodeError, ValueError, TypeError) as exc:  # text or a value that cannot cross the boundary
            return undecided(f"the checker did not run: {_one_line(exc)}", "ตัวตรวจทำงานไม่สำเร็จ")
        if returned == 1:
            return PASS
        if returned == 0:
            return fail("the checker said False", "ตัวตรวจตอบว่าไม่ผ่าน")
        return undecided("the checker returned neither True nor False", "ตัวตรวจไม่ได้ตอบว่าผ่านหรือไม่ผ่าน")

    def run_batch(self, codes: Sequence[str], responses: Iterable[str]) -> list[list[Verdict]]:
        """One list of verdicts a response, in the order of `codes`. A hostile checker costs its own limits only."""
        return [[self.run(code, response) for code in codes] for response in responses]

    def execute(self, code: str, functions: Mapping[str, Callable[..., Any]]) -> tuple[str, BaseException | None]:
        """Runs a whole program: what it printed, and what ended it early (an exception of its own, or of the limits).

        `functions` are what it may ask of us, by name, as often as `host_calls` says. Never raises on what the code is.
        """
        output = CollectString(self.limits.output_bytes)
        try:
            if len(code) > self.limits.code_characters:
                raise ValueError(f"the program has {len(code)} characters, at most {self.limits.code_characters}")
            with self._pool.checkout(limits=self._resources(), os_policy=_POLICY) as session:
                session.feed_run(code, external_lookup=dict(functions), print_callback=output)
        except MontyCrashedError:
            return output.output, TimeoutError(f"killed after {self.limits.kill_after_s} s")
        except MontyError as exc:
            return output.output, exc.exception() if hasattr(exc, "exception") else exc
        except (UnicodeError, ValueError, TypeError) as exc:  # text that cannot cross the boundary
            return output.output, NotImplementedError(_one_line(exc))
        return output.output, None

    def _resources(self) -> ResourceLimits:
        return {
            "max_feed_duration_secs": self.limits.time_s,
            "max_turn_duration_secs": self.limits.time_s,
            "max_memory": self.limits.memory_bytes,
            "max_recursion_depth": self.limits.recursion,
            "max_suspensions": self.limits.host_calls,
            "max_total_sleep_secs": 0.0,
        }

    def _returned(self, code: str, response: str) -> Any:
        """1 for True, 0 for False, 2 for anything else."""
        host = _Host(self.limits)
        output = CollectString(self.limits.output_bytes)
        with self._pool.checkout(limits=self._resources(), os_policy=_POLICY, external_modules=host.modules) as session:
            session.feed_run(code, external_lookup=host.functions, print_callback=output)
            return session.feed_run(
                _CALL, inputs={"response": response}, external_lookup=host.functions, print_callback=output
            )


class _Host:
    """What a checker may ask of us: Thai words and graphemes by the text contract, a bounded number of characters a call."""

    def __init__(self, limits: Limits) -> None:
        self._characters_left = limits.host_characters
        segmented = self._bounded(lambda text: list(words(text, _ENGINE)))
        tokenised = self._bounded(lambda text: list(tokens(text, _ENGINE)))
        self.functions: dict[str, Any] = {
            "thai_words": segmented,
            "thai_graphemes": self._bounded(graphemes),
            "word_tokenize": tokenised,
        }
        tokenize = ExternalModule({"word_tokenize": tokenised})
        self.modules = {
            "string": ExternalModule(_STRING_CONSTANTS),
            "pythainlp": ExternalModule({"word_tokenize": tokenised, "tokenize": tokenize}),
        }

    def _bounded(self, cut: Callable[[str], list[str]]) -> Callable[..., list[str]]:
        def call(text: str, *options: object, **named: object) -> list[str]:
            """Engine names and other options are ignored: the text contract names the engine."""
            if not isinstance(text, str):
                raise TypeError(f"text must be str, not {type(text).__name__}")
            given = (text, *options, *named.values())
            self._characters_left -= sum(len(value) for value in given if isinstance(value, str))
            if self._characters_left < 0:
                raise ValueError("too many characters segmented in one call")
            return cut(normalise(text))

        return call


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
