"""Programs in sandboxes: what they print, what they may not do, and what cannot be told."""

from __future__ import annotations

import os
import socket

import pytest

from eval.errors import TaskError
from eval.programs.bubblewrap import Bubblewrap
from eval.programs.interpreter import Interpreter
from eval.programs.running import Runner, runner_of
from eval.programs.tests import Case, run_cases

CPYTHON = pytest.mark.skipif(bool(Bubblewrap.trouble()), reason=f"no bubblewrap here: {Bubblewrap.trouble()}")
BOTH = [pytest.param(Interpreter(), id="interpreter"), pytest.param(Bubblewrap(), id="bubblewrap", marks=CPYTHON)]
SUM = "import sys\nprint(sum(map(int, sys.stdin.read().split())))"


@pytest.mark.parametrize("runner", BOTH)
@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (SUM, "6\n"),
        ("a, b = map(int, input().split())\nc = int(input())\nprint(a + b + c)", "6\n"),
        ("import sys\ninput = sys.stdin.readline\nprint(input().strip(), end='')", "1 2"),
        ("import sys\nfor line in sys.stdin:\n    print(line.strip())", "1 2\n3\n"),
        ("def main():\n    print(1)\nif __name__ == '__main__':\n    main()", "1\n"),
        ("d = {1: 2, 3: 4}\ndel d[1]\nprint(d)", "{3: 4}\n"),
        ("import sys\nsys.setrecursionlimit(10**6)\nprint(Counter('aab')['a'])", "2\n"),
        ("print('ไทย')", "ไทย\n"),
    ],
)
def test_what_a_program_prints(runner: Runner, program, printed):
    ran = runner.run(program, "1 2\n3\n", 10)
    assert (ran.output, ran.error, ran.unknown) == (printed, "", "")


@pytest.mark.parametrize("runner", BOTH)
@pytest.mark.parametrize(
    ("program", "error"),
    [("print(1 // 0)", "ZeroDivisionError"), ("def f(:", "SyntaxError"), ("print(nowhere)", "NameError")],
)
def test_what_a_program_does_wrong(runner: Runner, program, error):
    ran = runner.run(program, "", 10)
    assert error in ran.error
    assert not ran.unknown


@CPYTHON
def test_a_program_in_bubblewrap_finds_no_files_no_network_and_no_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("MY_KEY", "s3cret")
    (tmp_path / "mine.txt").write_text("thesis")
    tries = [
        f"open({str(tmp_path / 'mine.txt')!r}).read()",
        "open('/etc/passwd').read()",
        "open('/new', 'w')",
        "open('/tmp/new', 'w')",
        "__import__('socket').create_connection(('127.0.0.1', 22), 1)",
        "__import__('os').kill(1, 9) or 1 // ('MY_KEY' in __import__('os').environ)",
    ]
    for tried in tries:
        ran = Bubblewrap().run(f"try:\n    {tried}\nexcept Exception as e:\n    print('stopped', type(e))", "", 10)
        assert "stopped" in ran.output, (tried, ran)


@CPYTHON
def test_a_program_in_bubblewrap_reaches_no_server_and_no_process_of_ours():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tried = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)\nprint('reached')"
        assert "reached" not in Bubblewrap().run(tried, "", 10).output
        with socket.create_connection(("127.0.0.1", port), 2):
            pass  # from here it can be reached
    ran = Bubblewrap().run(f"import os\nos.kill({os.getpid()}, 0)\nprint('reached')", "", 10)
    assert "ProcessLookupError" in ran.error


@CPYTHON
@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("while True: pass", "timeout"),
        ("import time\ntime.sleep(100)", "timeout"),
        ("x = bytearray(8 << 30)", "MemoryError"),
        ("while True: print('x' * 100000)", ""),
    ],
)
def test_a_program_in_bubblewrap_is_bounded(program, error):
    ran = Bubblewrap(memory_mb=512).run(program, "", 1)
    assert ran.error
    assert error in ran.error


@pytest.mark.parametrize(
    "program", ["import heapq", "def f():\n    yield 1", "while True:\n    pass", "open('/etc/passwd')"]
)
def test_what_the_interpreter_cannot_tell_is_unknown(program):
    ran = Interpreter().run(program, "", 0.5)
    assert ran.unknown
    assert not ran.error


@pytest.mark.parametrize("runner", BOTH)
def test_cases_of_text_and_of_functions(runner: Runner):
    text = [Case("1 2", "3"), Case("1.5 2", "3.50\n")]
    add = "a, b = map(float, input().split())\nprint(a + b)"
    assert run_cases(runner, add, text, None, 10).passed is True
    assert run_cases(runner, "print(3)", text, None, 10).why == "case 2: another result"
    calls = [Case(arguments=([3, 1],), expected=[1, 3]), Case(arguments=([],), expected=[])]
    solution = "class Solution:\n    def order(self, xs: List[int]) -> List[int]:\n        print(xs)\n        return {}"
    assert run_cases(runner, solution.format("tuple(sorted(xs))"), calls, "order", 10).passed is True
    assert run_cases(runner, solution.format("xs"), calls, "order", 10).passed is False
    assert run_cases(runner, "def order(xs):\n    return sorted(xs)", calls, "order", 10).passed is True
    assert run_cases(runner, "", calls, "order", 10).passed is False


def test_what_a_sandbox_cannot_tell_is_undecided_and_one_failure_is_a_failure():
    program = "n = int(input())\nif n == 2:\n    import heapq\nprint(n)"
    runner = Interpreter()
    assert run_cases(runner, program, [Case("1", "1"), Case("2", "2")], None, 5).passed is None
    assert run_cases(runner, program, [Case("1", "1"), Case("2", "2"), Case("3", "4")], None, 5).passed is False


def test_the_sandbox_is_chosen_by_what_works(monkeypatch):
    monkeypatch.setattr(Bubblewrap, "trouble", staticmethod(lambda: "bwrap is not installed"))
    assert runner_of("auto").name == "interpreter"
    with pytest.raises(TaskError, match="bwrap is not installed"):
        runner_of("bubblewrap")
    with pytest.raises(TaskError, match="none of auto"):
        runner_of("docker")
