"""Where prompts come from, as a recipe says it: a file, a data set on the Hugging Face Hub, or a shipped preset.

    prompts: [mine.jsonl, table.csv, "hub:org/name", "preset:han"]
    prompts:
      - path: table.parquet
        columns: {text: question, id: row_id, license: licence}
        where: {language: Thai}
        license: CC-BY-4.0

A short text and the long form mean the same and are stored in the shortest form that says all. A preset is the
long form with its name: presets.yaml says which of its facts nobody could verify yet.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator

__all__ = ["FILE_FORMATS", "OUR_COLUMNS", "Columns", "PromptSource", "presets"]

FILE_FORMATS = (".jsonl", ".csv", ".parquet")
Scalar = str | int | float | bool


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _near_names(cls, given: Any) -> Any:
        """Unknown keys here too, because a list in a recipe hides them from its own search for near names."""
        if isinstance(given, dict):
            for key in given:
                if key not in cls.model_fields:
                    near = difflib.get_close_matches(str(key), cls.model_fields, n=1)
                    raise ValueError(
                        f"unknown key {key!r}; "
                        + (f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(cls.model_fields)}")
                    )
        return given


class Columns(_Part):
    """Which column holds what. `text` may be several, joined by an empty line; only the first must not be empty.

    `messages` is a whole conversation in one column (list of {role, content}): its last user turn is the prompt,
    the turns before it the history. `history` is only the turns before `text`. `constraints`: those that came with the
    prompt (given.py); with `kwargs`, two columns as IFEval's files have them: `instruction_id_list` and `kwargs`.
    """

    text: str | list[str] = "prompt"
    messages: str | None = None
    id: str | None = None
    license: str | None = None
    source: str | None = None
    history: str | None = None
    constraints: str | None = None
    kwargs: str | None = None

    @property
    def text_columns(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else self.text

    @property
    def named(self) -> list[str]:
        """The columns that must be there."""
        first = [self.messages] if self.messages else self.text_columns
        others = (self.id, self.license, self.source, self.history, self.constraints, self.kwargs)
        return [name for name in (*first, *others) if name]

    @model_validator(mode="after")
    def _one_way(self) -> Columns:
        if self.messages and ({"text", "history"} & self.model_fields_set):
            raise ValueError("columns: give either messages, or text with history, not both")
        if self.kwargs and not self.constraints:
            raise ValueError("columns: kwargs belong to the ids in the column that constraints names")
        if not self.text_columns:
            raise ValueError("columns: text names no column")
        return self


OUR_COLUMNS = Columns(id="id", license="license", source="source", history="history", constraints="constraints")


class PromptSource(_Part):
    """One source. Exactly one of `path`, `hub`, `preset`; a preset's own values may be changed by the other keys.

    `where` keeps rows whose column has the value (or one of the values); `limit` takes the first so many of them.
    """

    path: str | None = None
    hub: str | None = Field(default=None, description="a data set id, or a local folder that `datasets` can load")
    preset: str | None = None
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    columns: Columns | None = None
    where: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)
    name: str | None = Field(default=None, description="the source's name in every row; default: the file or data set")
    license: str | None = Field(default=None, description="for rows without a licence of their own")
    limit: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        kind, colon, rest = given.partition(":")
        return {kind: rest} if colon and kind in ("hub", "preset") else {"path": given}

    @model_validator(mode="after")
    def _one_kind(self) -> PromptSource:
        if sum(value is not None for value in (self.path, self.hub, self.preset)) != 1:
            raise ValueError("a prompt source needs exactly one of path, hub, preset")
        if self.preset is not None and self.preset not in presets():
            raise ValueError(f"there is no preset {self.preset!r}; presets: {', '.join(presets())}")
        return self

    @model_serializer(mode="wrap")
    def _shortest(self, whole: Any) -> Any:
        said = {key: value for key, value in whole(self).items() if key in self.model_fields_set}
        if isinstance(columns := said.get("columns"), dict):
            said["columns"] = {key: value for key, value in columns.items() if value is not None}
        if list(said) == ["path"]:
            return said["path"]
        return f"{next(iter(said))}:{next(iter(said.values()))}" if list(said) in (["hub"], ["preset"]) else said

    def resolved(self) -> PromptSource:
        """Itself, or what its preset stands for with the values given beside it."""
        if self.preset is None:
            return self
        given = {name: getattr(self, name) for name in self.model_fields_set if name != "preset"}
        return PromptSource.model_validate({**presets()[self.preset], **given})

    @property
    def label(self) -> str:
        """What the rows call their source."""
        return self.name or (self.hub.rstrip("/").rpartition("/")[2] if self.hub else Path(self.path or "").stem)


@cache
def presets() -> dict[str, dict[str, Any]]:
    """Name -> the long form of each shipped preset; notes about what is verified are for readers of the file."""
    text = files("datagen.prompts").joinpath("presets.yaml").read_text(encoding="utf-8")
    return {name: preset["source"] for name, preset in yaml.safe_load(text).items()}
