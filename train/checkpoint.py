"""Points a run can be continued from, bit for bit on one device.

A checkpoint is `step-000050/state.pt`: trained parameters, optimiser state, every random generator and the data cursor.
The learning rate is a function of the step and needs no state. A checkpoint folder appears whole (temporary
folder, fsync, rename), then the file `latest` is replaced to name it, then older ones go: kill -9 at any moment
leaves a checkpoint that `latest` names. Loading runs no code from the file (`weights_only`). Of several processes the
first one writes, its random generators included: they hold the same state in all, as long as the model has no dropout.
With `compute.shard: full` parameters and optimiser state are in `shards/` instead, written by all ranks through
torch.distributed.checkpoint: any number of processes can go on from there. Its index is a pickle, which can run code.
12 bytes a trained parameter are written.
"""

from __future__ import annotations

import pickle
import random
import shutil
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from datagen.errors import OutputError, UserError
from models.folders import replace_file, whole_folder
from parallel.ranks import first_rank, from_first_rank
from recipes.training import StageRecipe

__all__ = ["Cursor", "latest_checkpoint", "restore_checkpoint", "save_checkpoint"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """`step` optimiser steps are done; the next one is step `index` of epoch `epoch`."""

    step: int
    epoch: int
    index: int


def save_checkpoint(folder: Path, cursor: Cursor, model: Any, optimizer: Any, recipe: StageRecipe) -> Path:
    """Write a checkpoint, point `latest` at it, delete all but the newest `checkpoint.keep`."""
    sharded = recipe.compute.shard == "full"
    target = folder / f"step-{cursor.step:06d}"
    if not (first_rank() or sharded):
        return target
    state: dict[str, Any] = {"cursor": asdict(cursor), "rng": _random_states()}
    if not sharded:
        state |= {"model": _trained(model), "optimizer": optimizer.state_dict()}
    try:
        with whole_folder(target) if first_rank() else nullcontext() as partial:
            if sharded:
                _write_shards(Path(from_first_rank(str(partial))) / "shards", model, optimizer)
            if partial is not None:
                torch.save(state, partial / "state.pt")
        if first_rank():
            replace_file(folder / "latest", target.name + "\n")
    except (OSError, RuntimeError, CheckpointException) as exc:  # torch's writer says RuntimeError on a full disk
        reason = str(exc).strip().splitlines()[-1]
        raise OutputError(
            f"cannot write the checkpoint {target}: {reason}; make room, then continue with --resume"
        ) from exc
    for old in sorted(folder.glob("step-*"))[: -recipe.checkpoint.keep] if first_rank() else ():
        if old != target:
            _remove(old)
    return target


def latest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint that `latest` names; None if none was finished. Sweeps what a killed process left."""
    for leftover in folder.glob(".step-*") if first_rank() else ():
        shutil.rmtree(leftover)
    pointer = folder / "latest"
    if not pointer.is_file():
        return None
    named = folder / pointer.read_text(encoding="utf-8").strip()
    if not (named / "state.pt").is_file():
        raise OutputError(f"{pointer} names {named.name}, which is missing; write the name of another one into it")
    return named


def restore_checkpoint(checkpoint: Path, model: Any, optimizer: Any) -> Cursor:
    """Load everything back into place and say where to go on."""
    path = checkpoint / "state.pt"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as exc:
        reason = str(exc).strip().splitlines()[0]
        raise OutputError(f"{path} cannot be read ({reason}); write the name of another one into latest") from exc
    try:
        if "model" in state:
            _load(model, state["model"])
            optimizer.load_state_dict(state["optimizer"])
        else:
            _read_shards(checkpoint / "shards", model, optimizer)
    except UserError:
        raise
    except (RuntimeError, ValueError, KeyError) as exc:
        raise OutputError(
            f"{path} is a checkpoint of another model; write the name of another one into latest"
        ) from exc
    _set_random_states(state["rng"])
    return Cursor(**state["cursor"])


def _load(model: Any, saved: Mapping[str, torch.Tensor]) -> None:
    if saved.keys() != _trained(model).keys():
        raise KeyError("other parameters")
    model.load_state_dict(saved, strict=False)  # what is frozen was not saved


def _trained(model: Any) -> dict[str, torch.Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters() if parameter.requires_grad}


def _shards(model: Any, optimizer: Any) -> dict[str, dict[str, torch.Tensor]]:
    """What is in training, as it lies in memory: reading writes it there."""
    options = StateDictOptions(flatten_optimizer_state_dict=True)  # moments by the names of their parameters
    moments = get_optimizer_state_dict(model, optimizer, options=options)
    return {
        "model": _trained(model),
        "optimizer": {name: value for name, value in moments.items() if isinstance(value, torch.Tensor)},
    }


def _write_shards(folder: Path, model: Any, optimizer: Any) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")  # one process is meant
        save(_shards(model, optimizer), checkpoint_id=folder)


def _read_shards(folder: Path, model: Any, optimizer: Any) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        try:
            load(_shards(model, optimizer), checkpoint_id=folder)
        except (OSError, CheckpointException) as exc:
            reason = str(exc).strip().splitlines()[-1]
            raise OutputError(f"{folder} cannot be read ({reason}); write the name of another one into latest") from exc


def _remove(checkpoint: Path) -> None:
    # Renamed first: a half-deleted checkpoint must not look like a whole one.
    doomed = checkpoint.with_name(f".{checkpoint.name}.old")
    checkpoint.rename(doomed)
    shutil.rmtree(doomed)


def _random_states() -> dict[str, Any]:
    name, keys, *rest = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": [name, np.asarray(keys).tolist(), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def _set_random_states(states: dict[str, Any]) -> None:
    random.setstate(states["python"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(states["torch"].clone())
    if states["cuda"]:
        torch.cuda.set_rng_state_all([state.clone() for state in states["cuda"]])
