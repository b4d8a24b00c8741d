"""Which files of a dataset's folder are published: those a build writes for others, nothing else that lies there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from datagen.errors import DatasetError, PublishError
from hub.files import OutgoingFile

__all__ = ["belongs", "outgoing_files"]

_PUBLISHED = (
    "README.md",
    "manifest.json",
    "croissant.json",
    "data/*/*.parquet",
    "rejected/*.parquet",
    "constraint_packs/*.yaml",
    "own_tools/tools.json",
    "own_tools/results.jsonl",
)
_REQUIRED = ("README.md", "manifest.json")


def belongs(path: str) -> bool:
    """Whether a file of that path, from the dataset's root, is a part of a dataset of ours."""
    hidden = path.rpartition("/")[2].startswith(".")
    return not hidden and any(path.count("/") == p.count("/") and fnmatchcase(path, p) for p in _PUBLISHED)


def outgoing_files(out: Path) -> tuple[list[OutgoingFile], list[str]]:
    """What is published of the dataset in `out`, and the names of what stays at home.

    Raises:
        DatasetError: it is no finished dataset.
        PublishError: a file is a link that leads out of the folder.
    """
    if not out.is_dir():
        raise DatasetError(f"there is no dataset at {out}; give the folder of a finished build")
    if absent := [name for name in _REQUIRED if not (out / name).is_file()]:
        raise DatasetError(f"{out} lacks {' and '.join(absent)}: only a finished build is published; run its build")
    files, home = [], []
    for file in sorted(path for path in out.rglob("*") if not path.is_dir()):
        path = file.relative_to(out).as_posix()
        if not belongs(path):
            home.append(path)
            continue
        if not file.resolve().is_relative_to(out.resolve()):
            raise PublishError(f"{file} is a link that leads out of {out}; put the file itself there")
        files.append(OutgoingFile(path, file))
    return files, home
