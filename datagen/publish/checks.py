"""The order of a publication: what stops it before anything is sent, and what is looked at after.

rows        every row is re-checked, as `verify` does; one that fails stops it
licence     derived from the manifest; a conflict stops it, unless somebody's written word is in the manifest
leaks       secrets and personal data stop it
difference  what the Hub would hold that it does not hold now
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from datagen.errors import DatasetError
from datagen.licences import DerivedLicence, derive
from datagen.publish.outgoing import outgoing_files
from datagen.publish.scan import Scan, manifest_of, scan
from datagen.recheck import Checks, Recheck, recheck
from hub.files import OutgoingFile

__all__ = ["Checked", "check_dataset"]


@dataclass(frozen=True)
class Checked:
    """`home`: names of what is not published. `licence_faults`: sentences; any of them stops the publication."""

    files: Sequence[OutgoingFile]
    home: Sequence[str]
    rows: Recheck
    licence: DerivedLicence
    licence_faults: Sequence[str]
    leaks: Scan
    manifest_sha256: str

    @property
    def fit(self) -> bool:
        return self.rows.passed and not self.licence_faults and not self.leaks.findings


def check_dataset(out: Path, review: Mapping[str, str]) -> Checked:
    """Everything that can be told of the dataset without the Hub. `review`: see scan.py.

    Raises:
        DatasetError: it is none, or damaged.
        PublishError: a file cannot be published at all.
    """
    files, home = outgoing_files(out)
    rows = recheck(out, Checks())
    manifest = manifest_of(out)
    licence = _derived_licence(manifest, out)
    faults = [] if licence.may_publish else list(licence.conflicts)
    if (stated := _stated_licence(out / "README.md")) != licence.id:
        faults.append(f"README.md says license: {stated}, the manifest makes it {licence.id}; write the card anew")
    sha256 = next(file.sha256 for file in files if file.path == "manifest.json")
    return Checked(files, home, rows, licence, faults, scan(files, manifest, review), sha256)


def _derived_licence(manifest: Mapping[str, Any], out: Path) -> DerivedLicence:
    try:
        return derive(manifest)
    except (LookupError, TypeError, ValueError) as exc:
        raise DatasetError(f"{out / 'manifest.json'} does not tell sources and models: {exc!r}") from exc


def _stated_licence(card: Path) -> str:
    """What the header of the card says; "nothing" where it has none."""
    text = card.read_text(encoding="utf-8", errors="replace")
    parts = text.split("---\n", 2) if text.startswith("---\n") else []
    try:
        header = yaml.safe_load(parts[1]) if len(parts) == 3 else None
    except yaml.YAMLError:
        header = None
    return str(header.get("license", "nothing")) if isinstance(header, dict) else "nothing"
