"""The output folder of a run, and the rule that a run never writes into somebody else's.

    OUT/run.json        the run card: resolved recipe, code, versions, data (counts, hashes), result; `status` is
                        `running` until everything else is in place, then `finished`
    OUT/recipe.yaml     the resolved recipe, ready to be run again
    OUT/metrics.jsonl   one line per step
    OUT/held_out.jsonl  one line per measurement on held-out rows, if there are any
    OUT/samples.jsonl   one line per answer to a sample prompt; OUT/sample_rates.jsonl: what a set of them keeps
    OUT/checkpoints/    what --resume continues from
    OUT/final/          the Hugging Face checkpoint

Two processes in one folder at once are not guarded against.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from datagen.code_state import code_state
from datagen.errors import OutputError
from models.folders import replace_file
from parallel.ranks import rank_count
from recipes.training import StageRecipe

__all__ = ["RunFolder"]

_MADE_BY = "typhoon-train"
# What may differ between a run and its continuation without changing a single bit of the result.
_FREE_KEYS = ("out", "checkpoint", "sample", "evaluate", "tracker")
_PACKAGES = ("typhoon-data", "torch", "transformers", "tokenizers", "numpy")


class RunFolder:
    """Paths in OUT, and its run card."""

    def __init__(self, out: str | Path) -> None:
        self.path = Path(out)
        self.card_path = self.path / "run.json"
        self.metrics = self.path / "metrics.jsonl"
        self.held_out = self.path / "held_out.jsonl"
        self.samples = self.path / "samples.jsonl"
        self.sample_rates = self.path / "sample_rates.jsonl"
        self.evaluations = self.path / "evaluations"
        self.evaluation_scores = self.path / "evaluations.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.final = self.path / "final"

    def status(self) -> str | None:
        """None for a folder that is absent or empty, else the run's `status`.

        Raises:
            OutputError: the folder holds something that is not a run.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path} is a file; give another out=")
        if not self.path.exists() or not any(self.path.iterdir()):
            return None
        return str(self.card()["status"])

    def card(self) -> dict[str, Any]:
        """The run card on disk."""
        foreign = OutputError(f"{self.path} holds something that is not a training run; give another out=")
        try:
            card = json.loads(self.card_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise foreign from exc
        if not isinstance(card, dict) or card.get("made_by") != _MADE_BY:
            raise foreign
        return card

    def require_new(self) -> None:
        """Raise OutputError unless a new run may start here."""
        status = self.status()
        if status == "finished":
            raise OutputError(f"{self.path} holds a finished run, its checkpoint is {self.final}; give another out=")
        if status is not None:
            raise OutputError(f"{self.path} holds an unfinished run; continue it with --resume, or give another out=")

    def require_same(self, recipe: StageRecipe, data: dict[str, Any]) -> None:
        """Raise OutputError if this recipe or data would not continue the run that is here."""
        card = self.card()
        before, now = (_flat(r) for r in (card["recipe"], recipe.model_dump(mode="json")))
        differing = [
            f"{key}={now.get(key)} (was {before.get(key)})"
            for key in sorted(before.keys() | now.keys())
            if before.get(key) != now.get(key) and key.split(".")[0] not in _FREE_KEYS
        ]
        if differing:
            raise OutputError(
                f"cannot resume {self.path}: the recipe differs in {', '.join(differing)}; "
                "undo that, or give another out="
            )
        if card["data"]["sha256"] != data["sha256"]:
            raise OutputError(f"cannot resume {self.path}: the dataset has changed since; give another out=")

    def start(self, recipe: StageRecipe, data: dict[str, Any]) -> None:
        """Claim the folder: recipe and card, status `running`."""
        resolved = recipe.model_dump(mode="json")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # The card first: a folder with anything else and no card would look like somebody else's.
            self._write_card(
                {
                    "made_by": _MADE_BY,
                    "status": "running",
                    "recipe": resolved,
                    "code": code_state(),
                    "versions": {"python": platform.python_version(), **{p: version(p) for p in _PACKAGES}},
                    "processes": rank_count(),
                    "data": data,
                }
            )
            replace_file(self.path / "recipe.yaml", yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True))
        except OSError as exc:
            raise OutputError(f"cannot write into {self.path}: {exc}; give another out=") from exc

    def finish(self, result: dict[str, Any]) -> None:
        """Mark the run as finished; the last thing a run does."""
        self._write_card({**self.card(), "status": "finished", "result": result})

    def _write_card(self, card: dict[str, Any]) -> None:
        replace_file(self.card_path, json.dumps(card, ensure_ascii=False, indent=2) + "\n")


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
