"""A teacher's hidden states on disk: computed once, on any machine, by hash, and read back row by row.

    SPOOL/index.json          who made it, and for each row: file, offset, tokens, sha256
    SPOOL/head.safetensors    the teacher's head
    SPOOL/hidden-00000.bin    hidden states of labelled tokens, 2 * H bytes a token in bf16

A row is found by the hash of its ids and of its loss mask, so a spool serves any order, batch size, epoch count and
subset of the data. It is written in files of a few hundred rows, each followed by a new index: a killed run goes on
where it was. Every row is compared with its hash when it is read.
Not covered: a teacher whose weights change under the same name or path.

Shapes: N labelled tokens, H hidden size of the teacher, V vocabulary with padding.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from datagen.errors import OutputError
from models.chat_tokens import Example
from models.folders import replace_file
from recipes.training import BatchSection, TeacherSection
from train.packing import MicroBatch, micro_batch_groups, micro_batch_of
from train.teacher import labelled_hidden

__all__ = ["Spool", "SpooledTeacher"]

_MADE_BY = "typhoon-train spool"
_ROWS_PER_FILE = 256


class Spool:
    """One folder of hidden states of one teacher."""

    def __init__(self, section: TeacherSection) -> None:
        assert section.spool is not None
        self.folder = Path(section.spool)
        self.dtype: torch.dtype = getattr(torch, section.dtype)
        self.teacher = section.model_dump(mode="json", include={"name", "path", "tiny", "dtype"})
        self.index: dict[str, Any] = self._read_index()

    def missing(self, examples: Sequence[Example]) -> list[Example]:
        """Those whose hidden states are not here yet, each once."""
        wanted = {row_key(example): example for example in examples}
        return [example for key, example in wanted.items() if key not in self.index["rows"]]

    def fill(
        self,
        examples: Sequence[Example],
        model: Any,
        batch: BatchSection,
        pad_id: int,
        say: Callable[[str], None],
    ) -> None:
        """Compute and write the hidden states of `examples`, which are `missing`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_head(model)
            for first in range(0, len(examples), _ROWS_PER_FILE):
                part = examples[first : first + _ROWS_PER_FILE]
                self._write_rows(part, model, batch, pad_id)
                say(f"spooled the teacher's hidden states of {first + len(part)} of {len(examples)} rows")
        except OSError as exc:
            raise OutputError(f"cannot write the spool {self.folder}: {exc}; make room and run again") from exc

    def head(self, device: torch.device) -> Tensor:
        """[V, H]"""
        return load_file(self.folder / "head.safetensors", device=str(device))["head"]

    def hidden(self, example: Example) -> Tensor:
        """[N, H] on the CPU.

        Raises:
            OutputError: the bytes on disk are not those that were written.
        """
        row = self.index["rows"][row_key(example)]
        path = self.folder / row["file"]
        size = row["tokens"] * self.index["hidden_size"] * self.dtype.itemsize
        try:
            with path.open("rb") as file:
                file.seek(row["offset"])
                data = bytearray(file.read(size))
        except OSError as exc:
            raise OutputError(f"cannot read the spool file {path}: {exc}; remove {self.folder} and run again") from exc
        if hashlib.sha256(data).hexdigest() != row["sha256"]:
            raise OutputError(f"{path} is damaged at row {example.id}; remove {self.folder} and run again")
        return torch.frombuffer(data, dtype=self.dtype).view(row["tokens"], -1)

    def _read_index(self) -> dict[str, Any]:
        path = self.folder / "index.json"
        if not path.exists():
            return {"made_by": _MADE_BY, "teacher": self.teacher, "hidden_size": 0, "files": 0, "rows": {}}
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise OutputError(f"{path} cannot be read: {exc}; give another teacher.spool") from exc
        if index.get("made_by") != _MADE_BY or index["teacher"] != self.teacher:
            raise OutputError(f"{self.folder} is not a spool of this teacher; give another teacher.spool")
        return index

    def _write_head(self, model: Any) -> None:
        path, head_VH = self.folder / "head.safetensors", model.get_output_embeddings().weight.detach()
        if not path.exists():
            partial = path.with_name(".head.partial")
            save_file({"head": head_VH.cpu().contiguous()}, partial)
            partial.replace(path)
        self.index["hidden_size"] = head_VH.shape[1]

    def _write_rows(self, examples: Sequence[Example], model: Any, batch: BatchSection, pad_id: int) -> None:
        name, offset, rows = f"hidden-{self.index['files']:05}.bin", 0, {}
        device = next(model.parameters()).device
        with (self.folder / name).open("wb") as file:
            for group in micro_batch_groups(examples, batch):
                hidden_NH = labelled_hidden(model, micro_batch_of(group, batch, pad_id).to(device)).cpu()
                for example, hidden_nH in zip(group, hidden_NH.split([_labelled(e) for e in group]), strict=True):
                    data = hidden_nH.contiguous().view(torch.uint8).numpy().tobytes()
                    digest = hashlib.sha256(data).hexdigest()
                    rows[row_key(example)] = {
                        "file": name,
                        "offset": offset,
                        "tokens": hidden_nH.shape[0],
                        "sha256": digest,
                    }
                    offset += file.write(data)
        self.index["files"] += 1
        self.index["rows"] |= rows
        replace_file(self.folder / "index.json", json.dumps(self.index) + "\n")


class SpooledTeacher:
    """A teacher that is not there any more."""

    def __init__(self, spool: Spool, student_device: torch.device) -> None:
        self.spool, self.device = spool, student_device
        self.head_VH = spool.head(student_device)

    def hidden_of_step(
        self, groups: Sequence[Sequence[Example]], micro_batches: Sequence[MicroBatch]
    ) -> Iterator[Tensor]:
        for group in groups:
            nothing = torch.empty(0, self.head_VH.shape[1], dtype=self.spool.dtype)
            yield torch.cat([nothing, *(self.spool.hidden(e) for e in group if _labelled(e))]).to(self.device)


def row_key(example: Example) -> str:
    """What a row's hidden states depend on, besides the teacher."""
    return hashlib.sha256(example.ids_T.tobytes() + example.labelled_T.tobytes()).hexdigest()


def _labelled(example: Example) -> int:
    return int(example.labelled_T[1:].sum())
