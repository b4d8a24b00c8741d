"""A finished run on the Hub: the checkpoint, the run card, the recipe, and a model card made of them.

The card names the dataset by what the run read: the hash of its rows, of its manifest, and, where that manifest is
found on the Hub under its tag, the repository and commit that hold it. Local paths stay at home: of each, only the last
part is published.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import yaml

from datagen.errors import OutputError, PublishError
from hub.files import OutgoingFile
from hub.leaks import find_leaks
from hub.publication import tag_of
from hub.repository import Repository
from train.run_folder import RunFolder

__all__ = ["belongs", "published_dataset", "run_files", "run_tag"]

_WEIGHTS = (".safetensors", ".json", ".jinja", ".txt", ".model")
_LOCAL = ("path", "out", "dataset")


def belongs(path: str) -> bool:
    return "/" not in path and (path.endswith(_WEIGHTS) or path in ("README.md", "recipe.yaml"))


def published_dataset(card: dict[str, Any], repository: Repository) -> dict[str, str]:
    """Repository, tag and commit of the dataset that the run was trained on.

    Raises:
        PublishError: the run read no manifest, or that of the tag there is another.
    """
    sha256 = card["data"]["manifest_sha256"]
    if not sha256:
        raise PublishError(
            f"{card['data']['path']} had no manifest.json, so it cannot be found on the Hub; leave --dataset out"
        )
    tag = tag_of(sha256)
    commit = repository.look().tags.get(tag)
    if commit is None:
        raise PublishError(
            f"{repository} has no tag {tag}: publish the dataset first (typhoon-data publish), or leave --dataset out"
        )
    with tempfile.TemporaryDirectory(prefix="typhoon-publish-") as folder:
        repository.fetch(commit, ["manifest.json"], Path(folder))
        found = Path(folder) / "manifest.json"
        if not found.is_file() or hashlib.sha256(found.read_bytes()).hexdigest() != sha256:
            raise PublishError(f"{tag} of {repository} holds another manifest than the run was trained on")
    return {"id": repository.id, "tag": tag, "commit": commit}


def run_files(run: RunFolder, license_id: str, dataset: dict[str, str] | None) -> list[OutgoingFile]:
    """Everything that is published of a finished run.

    Raises:
        OutputError: the run is not finished.
        PublishError: its card or recipe holds a secret or personal data.
    """
    if run.status() != "finished":
        raise OutputError(f"{run.path} holds no finished run; finish it with --resume")
    card = _without_paths(run.card())
    texts = {
        "README.md": _model_card(card, license_id, dataset),
        "run.json": json.dumps(card, ensure_ascii=False, indent=2) + "\n",
        "recipe.yaml": yaml.safe_dump(card["recipe"], sort_keys=False, allow_unicode=True),
    }
    for name, text in texts.items():
        if leaks := find_leaks(text):
            raise PublishError(f"{name} would hold {leaks[0].kind} {leaks[0].shown}; take it out of {run.path}")
    weights = [
        OutgoingFile(file.name, file) for file in sorted(run.final.iterdir()) if belongs(file.name) and file.is_file()
    ]
    if not any(file.path.endswith(".safetensors") for file in weights):
        raise OutputError(f"{run.final} holds no weights; run the training again")
    made = [OutgoingFile(name, text.encode()) for name, text in texts.items()]
    return [*(file for file in weights if file.path not in texts), *made]


def run_tag(published: list[OutgoingFile]) -> str:
    """From all files but the card: the same checkpoint has the same tag."""
    named = sorted(f"{file.path} {file.sha256}" for file in published if file.path != "README.md")
    return tag_of(hashlib.sha256("\n".join(named).encode()).hexdigest())


def _without_paths(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_without_paths(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: Path(value).name if key in _LOCAL and isinstance(value, str) and _local(value) else _without_paths(value)
        for key, value in tree.items()
    }


def _local(path: str) -> bool:
    """Not an id of the Hub's, ORG/NAME."""
    return path.startswith(("/", ".", "~")) or path.count("/") != 1 or Path(path).exists()


def _model_card(card: dict[str, Any], license_id: str, dataset: dict[str, str] | None) -> str:
    template = files("data_cards").joinpath("model_card.md.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)
    model = card["recipe"]["model"]
    base = model["name"] or model["path"]
    on_hub = bool(model["path"]) and base.count("/") == 1
    return environment.from_string(template).render(
        card=card, license=license_id, dataset=dataset, base=base, base_on_hub=on_hub, untrained=bool(model["tiny"])
    )
