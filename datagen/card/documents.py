"""The documents of a dataset, made for a build and made again for a finished dataset.

README.md  croissant.json    functions of the manifest and the first rows; the manifest keeps their SHA-256
manifest.json                then also holds the licence: derived, and the written word against it if there is one
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datagen.card.croissant import croissant_text
from datagen.card.examples import example_rows
from datagen.card.render import render_card
from datagen.errors import DatasetError
from datagen.licences import Override, derive
from datagen.manifest import manifest_text
from datagen.out_folder import write_atomically, writing

__all__ = ["CARD", "CROISSANT", "documented", "write_card"]

CARD, CROISSANT = "README.md", "croissant.json"


def documented(
    manifest: Mapping[str, Any], root: Path, override: Override | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The manifest with its licence and the hashes of its documents, and the documents by file name.

    `root`: where the manifest's shards lie.

    Raises:
        DatasetError: a shard cannot be read.
    """
    whole = {**manifest, "license": derive(manifest, override).as_dict()}
    if override:
        whole["license_override"] = override.model_dump()
    documents = {CARD: render_card(whole, example_rows(root, whole)), CROISSANT: croissant_text(whole)}
    whole["documents"] = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in documents.items()}
    return whole, documents


def write_card(out: Path, override: Override | None = None) -> dict[str, Any]:
    """Card, Croissant file and manifest of a finished dataset again, from its manifest and rows alone; the manifest.

    Raises:
        DatasetError: there is no finished dataset in `out`, or it is damaged.
        OutputError: the files cannot be written.
    """
    path = out / "manifest.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        manifest, documents = documented(before, out, override)
    except FileNotFoundError as exc:
        raise DatasetError(f"{out} holds no manifest.json; give the folder of a finished build") from exc
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as exc:
        raise DatasetError(f"{path} is damaged ({exc!r}); copy it again, or run its build again") from exc
    with writing(out):
        for name, text in documents.items():
            write_atomically(out / name, text)
        write_atomically(path, manifest_text(manifest))
    return manifest
