"""The same seed gives the same parameters, words and amended texts as in the last release (snapshot.json)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from constraints import types


@pytest.fixture(scope="module")
def snapshot() -> ModuleType:
    spec = importlib.util.spec_from_file_location("snapshot", Path(__file__).with_name("snapshot.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_seed_gives_what_it_gave(snapshot: ModuleType) -> None:
    """Meant to change it? Run tests/constraints/snapshot.py, and say in the changelog that draws have changed."""
    assert snapshot.digests(types().values()) == snapshot.read()
