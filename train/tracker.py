"""Numbers of a run to trackio or wandb, besides metrics.jsonl. Neither is needed; both stay on this machine.

trackio writes below TRACKIO_DIR unless its own environment variables name a server; wandb is in offline mode unless
WANDB_MODE says otherwise (`wandb sync` sends it later). What goes along is the run card: recipe, code, versions and
data hashes, nothing of the environment. After a resume the steps since the checkpoint are there twice.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.errors import MissingExtraError
from parallel.ranks import first_rank
from train.progress import RunProgress
from train.run_folder import RunFolder

__all__ = ["require_tracker", "tracking"]

_OF_THE_CARD = ("recipe", "code", "versions", "data")


def require_tracker(name: str) -> None:
    """Raise MissingExtraError, before anything is loaded, if the package is not installed."""
    if name != "none" and importlib.util.find_spec(name) is None:
        raise MissingExtraError(f"tracker: {name} is not installed: pip install {name}, or set tracker=none")


@contextmanager
def tracking(name: str, folder: RunFolder, progress: RunProgress) -> Iterator[None]:
    """While inside, what `progress` measures is tracked as well, in a run named after its folder."""
    if name == "none" or not first_rank():
        yield
        return
    module: Any = importlib.import_module(name)
    card, run = folder.card(), "-".join(folder.path.resolve().parts[-2:])
    given = {"project": "typhoon-train", "name": run, "config": {key: card[key] for key in _OF_THE_CARD}}
    if name == "trackio":
        given |= {"resume": "allow", "auto_log_gpu": False, "auto_log_cpu": False}
    else:
        given |= {"mode": os.environ.get("WANDB_MODE", "offline"), "dir": str(folder.path)}
        given["settings"] = module.Settings(disable_git=True, disable_code=True)
    module.init(**given)
    progress.log = module.log
    try:
        yield
    finally:
        progress.log = None
        module.finish()
