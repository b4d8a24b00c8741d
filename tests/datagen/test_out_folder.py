"""An output folder belongs to one kind of work, and to one process at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from datagen.errors import OutputError, UserError
from datagen.workplace import Workplace
from eval.errors import ResultsError
from eval.results import ResultsFolder

Claim = Callable[[Path], AbstractContextManager[None]]
HOLDER = """
import sys
from pathlib import Path
from datagen.workplace import Workplace
with Workplace(Path(sys.argv[1])).claim():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["build", "evaluation"])
def whose(request: pytest.FixtureRequest) -> tuple[str, Claim, type[UserError]]:
    if request.param == "build":
        return "build", lambda out: Workplace(out).claim(), OutputError
    return "evaluation", lambda out: ResultsFolder(out).claim(), ResultsError


def test_what_is_somebody_elses_is_left_alone(whose, tmp_path: Path) -> None:
    _, claim, error = whose
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(error, match=r"holds something else than .* of ours; choose an empty or new --out"):
        claim(tmp_path).__enter__()
    with pytest.raises(error, match=r"notes\.txt is a file; choose another --out"):
        claim(tmp_path / "notes.txt").__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_it_is_claimed_once_at_a_time_and_again_afterwards(whose, tmp_path: Path) -> None:
    work, claim, error = whose
    out = tmp_path / "out"
    with claim(out), pytest.raises(error, match=rf"another {work} is at work in .*out; wait for it or choose"):
        claim(out).__enter__()
    with claim(out):
        assert (out / ".typhoon" / ".gitignore").read_text() == "*\n"


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="another build is at work"):
            Workplace(tmp_path / "out").claim().__enter__()
        holder.kill()
    with Workplace(tmp_path / "out").claim():
        pass


def test_a_folder_that_cannot_be_made_is_one_sentence(whose, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*answers stored so far are kept"):
        whose[1](tmp_path / "file" / "out").__enter__()
