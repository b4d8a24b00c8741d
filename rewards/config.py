"""The recipe's section `rewards`: one field per kind of reward, absent unless the recipe names it.

rewards:
  constraints: {weight: 0.9, scoring: fraction}
  format: {weight: 0.1, tags: [think, answer]}
"""

from __future__ import annotations

import json
from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from constraints.families.json_schema import schema_fault
from judges.endpoint import EndpointSettings
from judges.guideline import Guideline, Scale
from rewards.answer_form import AnswerLength, FormatTags, JsonSchema, ThaiPurity
from rewards.answer_key import AnswerKey
from rewards.constraint_verdicts import ConstraintVerdicts
from rewards.llm_judge import LlmJudge
from rewards.maths_check import require_math_verify
from rewards.own_function import OwnFunction
from rewards.reward import Reward, WeighedRewards
from rewards.right_answers import ChoiceAnswer, ExactAnswer, MathsAnswer, NumberAnswer

__all__ = [
    "AnswerKeySettings",
    "ChoiceSettings",
    "ConstraintSettings",
    "ExactSettings",
    "FormatSettings",
    "FunctionSettings",
    "JsonSchemaSettings",
    "JudgeSettings",
    "LengthSettings",
    "MathsSettings",
    "NumberSettings",
    "RewardSettings",
    "RewardsSection",
    "ThaiPuritySettings",
]

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class RewardSettings(BaseModel):
    """Settings of one reward; `build` makes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(default=1.0, gt=0)

    @abstractmethod
    def build(self) -> Reward:
        """The reward with these settings."""


class ConstraintSettings(RewardSettings):
    """The verdicts on the row's constraints: the share that passes, or all or nothing."""

    scoring: Literal["fraction", "all"] = "fraction"

    def build(self) -> Reward:
        return ConstraintVerdicts(self.scoring)


class ExactSettings(RewardSettings):
    """The final answer is, word for word, one of those in `column`. `case`: whether the case of letters matters."""

    column: str = "answer"
    case: bool = False

    def build(self) -> Reward:
        return ExactAnswer(self.column, self.case)


class NumberSettings(RewardSettings):
    """The final answer says the number in `column`, however it is written, and no other."""

    column: str = "answer"

    def build(self) -> Reward:
        return NumberAnswer(self.column)


class ChoiceSettings(RewardSettings):
    """The final answer chooses the option in `column`, of those (or that many) in the column `options`."""

    column: str = "answer"
    options: str = "options"

    def build(self) -> Reward:
        return ChoiceAnswer(self.column, self.options)


class MathsSettings(RewardSettings):
    """The final answer equals `column` as mathematics. `timeout_s`: of one comparison; `workers`: processes."""

    column: str = "answer"
    timeout_s: Annotated[float, Field(gt=0)] = 10.0
    workers: Annotated[int, Field(ge=1, le=64)] = 1

    def build(self) -> Reward:
        require_math_verify()
        return MathsAnswer(self.column, self.timeout_s, self.workers)


class AnswerKeySettings(RewardSettings):
    """The answer is that of the row, a question of `environments`: numbers, times, dates and names, by value."""

    def build(self) -> Reward:
        return AnswerKey()


class JsonSchemaSettings(RewardSettings):
    """The final answer is JSON that keeps a schema: `document`, one from a `file`, or the row's in `column`."""

    document: dict[str, Any] | None = None
    file: str | None = None
    column: str = "schema"

    @model_validator(mode="after")
    def _one_schema(self) -> Self:
        if self.document is not None and self.file is not None:
            raise ValueError("give `document` or `file`, not both")
        schema = self._schema()
        if schema is not None and (fault := schema_fault({"schema": schema})):
            raise ValueError(f"{self.file or 'document'} cannot be used as a JSON Schema: {fault}")
        return self

    def _schema(self) -> dict[str, Any] | None:
        if self.file is None:
            return self.document
        try:
            given = json.loads(Path(self.file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise ValueError(f"the JSON Schema in {self.file} cannot be read: {exc}") from exc
        if not isinstance(given, dict):
            raise ValueError(f"the JSON Schema in {self.file} must be an object, not {type(given).__name__}")
        return given

    def build(self) -> Reward:
        return JsonSchema(self._schema(), self.column)


class FormatSettings(RewardSettings):
    """Each tag once, in order, and nothing outside. `opened`: the prompt ends with the first one."""

    tags: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], ...] = Field(("think", "answer"), min_length=1)
    opened: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.tags)) < len(self.tags):
            raise ValueError(f"tags names one twice: {', '.join(self.tags)}")
        return self

    def build(self) -> Reward:
        return FormatTags(self.tags, self.opened)


class ThaiPuritySettings(RewardSettings):
    """Thai with English up to `english_quota` of the letters, falling to 0 at `english_most`; other scripts: 0 from
    `leak_most` of the letters on. `thoughts`: whether they are judged too."""

    english_quota: Share = 0.2
    english_most: Share = 0.5
    leak_most: Share = 0.0
    thoughts: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.english_most < self.english_quota:
            raise ValueError(
                f"english_most ({self.english_most:g}) must not be below english_quota ({self.english_quota:g})"
            )
        return self

    def build(self) -> Reward:
        return ThaiPurity(self.english_quota, self.english_most, self.leak_most, self.thoughts)


class LengthSettings(RewardSettings):
    """1 from `least` to `most` units, 0 from `slope` units outside on, linear between. `engine`: who counts words."""

    unit: Literal["characters", "words", "tokens"] = "characters"
    least: Annotated[int, Field(ge=0)] = 0
    most: Annotated[int, Field(ge=1)] | None = None
    slope: Annotated[int, Field(ge=0)] = 0
    engine: Literal["newmm", "nlpo3"] = "newmm"

    @model_validator(mode="after")
    def _a_window(self) -> Self:
        if self.most is None and not self.least:
            raise ValueError("give `least`, `most` or both: without them every length is right")
        if self.most is not None and self.most < self.least:
            raise ValueError(f"most ({self.most}) must not be below least ({self.least})")
        if self.engine != "newmm" and self.unit != "words":
            raise ValueError(f"engine has no effect with unit: {self.unit}")
        return self

    def build(self) -> Reward:
        return AnswerLength(self.unit, self.least, self.most, self.slope, self.engine)


class FunctionSettings(RewardSettings):
    """The user's own function: module:function of an installed module, or file.py:function."""

    path: Annotated[str, Field(pattern=r"^[^:]+(\.py)?:[A-Za-z_]\w*$")]

    def build(self) -> Reward:
        return OwnFunction(self.path)


class JudgeSettings(RewardSettings, EndpointSettings):
    """A judge model scores the final answer by a guideline, on the scale 0-2 or 0-10; the value is the share of it.

    `guideline` or `guideline_file`: what is good. `reference`: the column with right answers that the judge is shown.
    `reasons`: a reason before the score. `structured`: the schema of the reply is sent along. `max_characters`: of each
    text shown. The rest says which model is asked where (judges/endpoint.py).
    """

    guideline: str | None = None
    guideline_file: str | None = None
    scale: Literal["0-2", "0-10"] = "0-2"
    reference: str | None = None
    reasons: bool = True
    structured: bool = True
    max_characters: Annotated[int, Field(ge=100)] = 20_000

    @model_validator(mode="after")
    def _a_guideline(self) -> Self:
        if (self.guideline is None) == (self.guideline_file is None):
            raise ValueError("give `guideline` or `guideline_file`, and not both")
        if not self._guideline().strip():
            raise ValueError("the guideline is empty: say what a good answer is, and what each score means")
        return self

    def _guideline(self) -> str:
        if self.guideline_file is None:
            return self.guideline or ""
        try:
            return Path(self.guideline_file).read_text(encoding="utf-8")
        except (OSError, ValueError) as exc:
            raise ValueError(f"the guideline in {self.guideline_file} cannot be read: {exc}") from exc

    def build(self) -> Reward:
        lowest, highest = map(int, self.scale.split("-"))
        guideline = Guideline(
            self._guideline(), Scale(lowest, highest), reasons=self.reasons, max_characters=self.max_characters
        )
        endpoint = EndpointSettings(**{name: getattr(self, name) for name in EndpointSettings.model_fields})
        return LlmJudge(guideline, endpoint, self.reference, self.structured)


class RewardsSection(BaseModel):
    """Which rewards, and with what weight: the total is the sum of weight * value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    constraints: ConstraintSettings | None = None
    exact: ExactSettings | None = None
    number: NumberSettings | None = None
    choice: ChoiceSettings | None = None
    maths: MathsSettings | None = None
    answer_key: AnswerKeySettings | None = None
    json_schema: JsonSchemaSettings | None = None
    format: FormatSettings | None = None
    thai_purity: ThaiPuritySettings | None = None
    length: LengthSettings | None = None
    function: FunctionSettings | None = None
    # Last: what computes in this process is done before questions are on their way, and keeps no reply waiting.
    judge: JudgeSettings | None = None

    @model_validator(mode="after")
    def _any(self) -> Self:
        if not self.named():
            raise ValueError(f"name at least one reward: {', '.join(type(self).model_fields)}")
        return self

    def named(self) -> dict[str, RewardSettings]:
        """The rewards that the recipe names, in the order of the fields."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: settings for name, settings in given.items() if settings is not None}

    def build(self) -> WeighedRewards:
        """All of them as one."""
        return WeighedRewards([(settings.weight, settings.build()) for settings in self.named().values()])
