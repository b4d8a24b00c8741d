"""The terms of models that answer and judge, and the written word of whoever publishes against them.

models.yaml knows well-known models by the name their publisher gave them. A name is a claim: a server may call
anything by any name, and a host's own terms of service are not in the table. Whoever knows better states it in the
recipe (`teacher.terms`, `judge.terms`, `translate.terms`); a model that neither knows has unknown terms.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["UNKNOWN", "ModelTerms", "Override", "terms_of"]

_Text = Annotated[str, Field(min_length=1)]


class _Stated(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelTerms(_Stated):
    """`outputs`: whether others may train models on what it wrote; `note`: in which words; `url`: where that stands.

    `conditions`: they may, and the note says what is asked for. `non_commercial`: the model itself may not be used
    otherwise.
    """

    license: _Text
    outputs: Literal["allowed", "conditions", "forbidden", "unknown"]
    note: str = ""
    url: str = ""
    non_commercial: bool = False

    @model_validator(mode="after")
    def _conditions_are_told(self) -> ModelTerms:
        if self.outputs == "conditions" and not self.note:
            raise ValueError("outputs is 'conditions'; say in note what they are")
        return self


UNKNOWN = ModelTerms(license="unknown", outputs="unknown")


class Override(_Stated):
    """Who publishes a dataset under which licence although `derive` found a conflict, and why they may.

    As one text, for the command line: LICENCE; WHO; WHY.

    >>> Override.model_validate("CC-BY-4.0; Legal, Example Ltd; written permission of 2 May").who
    'Legal, Example Ltd'
    """

    license: _Text
    who: _Text
    why: _Text

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        parts = [part.strip() for part in given.split(";", 2)]
        if len(parts) < 3:
            raise ValueError(f'give "LICENCE; WHO; WHY", three parts with a semicolon between (given: {given!r})')
        return dict(zip(("license", "who", "why"), parts, strict=True))


def terms_of(model: str) -> ModelTerms:
    """What models.yaml knows of a model by its name; folders, case and underscores do not count.

    >>> terms_of("Qwen/Qwen2.5-7B-Instruct").license, terms_of("meta-llama/Meta-Llama-3-8B-Instruct").outputs
    ('Apache-2.0', 'forbidden')
    >>> terms_of("my-model").outputs
    'unknown'
    """
    name = model.strip().rstrip("/").rpartition("/")[2].lower().replace("_", "-")
    return next((terms for pattern, terms in _table() if pattern.search(name)), UNKNOWN)


@cache
def _table() -> list[tuple[re.Pattern[str], ModelTerms]]:
    entries = yaml.safe_load(files("datagen.licences").joinpath("models.yaml").read_text(encoding="utf-8"))
    return [(re.compile(entry.pop("match")), ModelTerms.model_validate(entry)) for entry in entries]
