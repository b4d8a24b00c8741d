"""Constraint packs as files: reading them for a build or a check, keeping a copy with the dataset, comparing hashes.

What a pack is and what its types do is in constraints/pack.py. A pack's examples are run once when it is read: a pack
whose verifiers do not pass their own passing cases here (another sandbox, an edited file) is refused, by the name of
the constraint.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from constraints import types
from constraints.pack import PACK_PREFIX, Pack, PackError, packs_in_use, read_pack
from constraints.sandbox import Sandbox
from datagen.errors import OutputError, RecipeError
from datagen.out_folder import writing
from datagen.workplace import Workplace

__all__ = [
    "COPIES",
    "PackFile",
    "copies_in",
    "copy_packs",
    "pack_entries",
    "read_packs",
    "require_known_weights",
    "require_same_packs",
    "with_packs",
]

COPIES = "constraint_packs"
"""The folder of a dataset that holds the packs its rows need, and the recipe's and manifest's key for them."""

_MOST_BYTES = 50_000_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class PackFile:
    """One pack with the bytes it was read from."""

    pack: Pack
    content: bytes
    path: Path

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_packs(paths: Sequence[str | Path]) -> list[PackFile]:
    """Every pack, read and tried on its own examples.

    Raises:
        RecipeError: a file is missing, no pack, or does not keep its examples; two packs share a name.
    """
    files = [_read(Path(path)) for path in paths]
    names: dict[str, Path] = {}
    for file in files:
        if file.pack.name in names:
            raise RecipeError(
                f"{names[file.pack.name]} and {file.path} are both called {file.pack.name}; name one of them"
            )
        names[file.pack.name] = file.path
    if files:
        with Sandbox() as sandbox:
            for file in files:
                if unkept := file.pack.unkept_cases(sandbox):
                    raise RecipeError(
                        f"{file.path}: the verifiers of {unkept[0]} do not keep their own examples here "
                        f"(pydantic-monty {_sandbox_version()}); take that constraint out of the file"
                    )
    return files


def _read(path: Path) -> PackFile:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RecipeError(f"{path} is larger than {_MOST_BYTES // 10**6} MB: no constraint pack")
        content = path.read_bytes()
        data = yaml.load(content.decode("utf-8-sig"), Loader=_LOADER)
        return PackFile(read_pack(data), content, path)
    except OSError as exc:
        raise RecipeError(f"the constraint pack {path} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise RecipeError(f"the constraint pack {path} is not UTF-8 text (byte {exc.start})") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise RecipeError(f"the constraint pack {place} is not valid YAML: {getattr(exc, 'problem', exc)}") from exc
    except (PackError, RecursionError) as exc:
        raise RecipeError(f"the constraint pack {path}: {exc}; `typhoon-data synthesize` writes packs") from exc


@contextmanager
def with_packs(files: Sequence[PackFile]) -> Iterator[None]:
    """Inside the block the packs' constraints are known."""
    with packs_in_use([file.pack for file in files]):
        yield


def require_known_weights(weights: Mapping[str, float]) -> None:
    """Names of packs in `compose.weights` can be checked only now: call inside `with_packs`.

    Raises:
        RecipeError: naming the nearest known name.
    """
    known = {name for one in types().values() for name in (one.id, one.family)}
    for name in weights:
        if name not in known:
            near = difflib.get_close_matches(name, [k for k in known if k.startswith(PACK_PREFIX)], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; name its file in {COPIES}"
            raise RecipeError(f"compose.weights: {name!r} is in no constraint pack of this recipe{hint}")


def pack_entries(files: Sequence[PackFile]) -> dict[str, Any]:
    """The manifest's part: empty where there are no packs."""
    if not files:
        return {}
    return {
        COPIES: [
            {
                "name": file.pack.name,
                "path": f"{COPIES}/{file.pack.name}.yaml",
                "constraints": len(file.pack.constraints),
                "sha256": file.sha256,
                "sandbox": f"pydantic-monty {_sandbox_version()}",
            }
            for file in files
        ]
    }


def copy_packs(files: Sequence[PackFile], root: Path) -> None:
    """Each pack, byte for byte, in the dataset's own folder: rows that need it travel with it."""
    if files:
        with writing(root / COPIES):
            (root / COPIES).mkdir(exist_ok=True)
            for file in files:
                (root / COPIES / f"{file.pack.name}.yaml").write_bytes(file.content)


def copies_in(dataset: Path) -> list[Path]:
    """The packs saved with a dataset; none for a single file."""
    return sorted((dataset / COPIES).glob("*.yaml")) if dataset.is_dir() else []


def require_same_packs(workplace: Workplace, files: Sequence[PackFile]) -> None:
    """A finished dataset grows only with the packs it was built with.

    Raises:
        OutputError: a pack's content differs.
    """
    try:
        manifest = json.loads(workplace.manifest_path.read_text(encoding="utf-8"))
        before = {entry["name"]: entry["sha256"] for entry in manifest.get(COPIES, [])}
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise OutputError(f"{workplace.manifest_path} is damaged ({exc}); choose another --out or --overwrite") from exc
    now = {file.pack.name: file.sha256 for file in files}
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            raise OutputError(
                f"{workplace.out} holds a finished dataset built with another content of the constraint pack {name}; "
                "choose another --out, or pass --overwrite (stored answers are kept)"
            )


def _sandbox_version() -> str:
    return metadata.version("pydantic-monty")
