"""The recipe of one build, as data: what it means is in the stages that use it.

Torch-free pydantic models; unknown keys are refused (recipe.py names the nearest known one). The resolved
recipe is saved in the manifest and is what ran. API keys have no place here: they come from the environment.
"""

from __future__ import annotations

import difflib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from constraints import types
from constraints.pack import PACK_PREFIX
from datagen.licences.terms import ModelTerms, Override
from datagen.llm.budget import BudgetConfig
from datagen.mix_config import HeldOutTypes, MixConfig, Splits, refuse_impossible, rows_from_counts
from datagen.prompts.source import PromptSource
from datagen.scenarios.scenario import TURNS_MAX
from datagen.splits import TOOL, targets_of
from datagen.tools_config import ToolsConfig, with_tool_defaults

__all__ = [
    "BatchConfig",
    "BuildRecipe",
    "ComposeConfig",
    "DecontaminateConfig",
    "DedupConfig",
    "EndpointConfig",
    "JudgeConfig",
    "PromptScreenConfig",
    "RepairConfig",
    "ScreenConfig",
    "TeacherConfig",
    "TranslateConfig",
]

# A name to look a key up by; a key itself (with its dashes) is refused.
KeyName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


# What the embedded 1.5B model can do: it keeps answers short, copies words, speaks as a man or a woman, stays with
# Thai letters and lists what a passage holds. It fits content into an exact number of items only by making it up.
_EMBEDDED_WEIGHTS = {
    "length": 0.0,
    "length.characters_max": 1.0,
    "layout": 0.0,
    "layout.bullets_min": 3.0,
    "layout.numbered_list_min": 3.0,
    "keywords": 0.0,
    "keywords.include": 1.5,
    "keywords.include_all": 0.5,
    "keywords.include_word": 0.25,
    "keywords.exclude": 1.0,
    "particles": 0.0,
    "particles.speaker": 1.0,
    "script": 0.0,
    "script.thai_only": 1.5,
    **dict.fromkeys(
        ("numerals", "json", "yaml", "csv", "repeat", "punctuation", "letters", "register", "orthography", "dates"), 0.0
    ),
    **dict.fromkeys(("forms", "poetry"), 0.0),
}


_ONLY_OF_INSTRUCTIONS = (
    "prompts", "on_bad_row", "constraint_packs", "prompt_screen", "translate", "compose", "repair", "decontaminate",
    "splits", "held_out_types",
)  # fmt: skip


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointConfig(_Section):
    """One of several servers of the same model. A bare URL is read as `url`.

    `key`: the name of its API key in the environment or keyring; `concurrency`: its own ceiling.
    """

    url: str
    key: KeyName | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_url(cls, given: object) -> object:
        return {"url": given} if isinstance(given, str) else given


class BatchConfig(_Section):
    """How the Batch API is used: questions are gathered until none has come for `gather_s`, or `max_requests` have."""

    max_requests: Annotated[int, Field(ge=1, le=50_000)] = 10_000
    gather_s: Annotated[float, Field(gt=0)] = 2.0
    poll_s: Annotated[float, Field(gt=0)] = 30.0
    completion_window: str = "24h"


class TeacherConfig(_Section):
    """Who answers. Without `base_url` the embedded teacher serves `model` (or its default) on loopback.

    `base_urls`: several servers of the same model, the least loaded is asked. `identity`: what stored answers are filed
    under in place of the URL, so that they are found again when URLs change. `key`: the name of the API key, never the
    key. `concurrency` is a ceiling an endpoint; `adaptive: false` goes there at once. Limits a minute: an endpoint.
    `use_n`: ask for all candidates of a prompt in one request. `context_tokens`: prompt and answer of one request to
    the embedded teacher. `terms`: whether others may train on its outputs, where its name does not say (licences/).
    """

    base_url: str | None = None
    base_urls: list[EndpointConfig] = Field(default_factory=list)
    identity: Annotated[str, Field(min_length=1)] | None = None
    key: KeyName | None = None
    model: str | None = None
    guidance: str | None = "ตอบคำถามเป็นภาษาไทยด้วยประโยคสมบูรณ์ เข้าใจง่าย ตรงตามข้อมูลที่ให้มา และทำตามเงื่อนไขทุกข้อ"
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.5
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
    max_tokens: Annotated[int, Field(ge=1)] = 300
    context_tokens: Annotated[int, Field(ge=512)] = 2048
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 4
    timeout_s: Annotated[float, Field(gt=0)] = 300.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 4
    adaptive: bool = True
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[float, Field(gt=0)] | None = None
    use_n: bool = False
    transport: Literal["chat", "batch"] = "chat"
    batch: BatchConfig = Field(default_factory=BatchConfig)
    terms: ModelTerms | None = Field(default=None, description="licence of the model, and of its outputs")

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> TeacherConfig:
        if self.base_url and self.base_urls:
            raise ValueError("give base_url or base_urls, not both (--base-url sets base_url)")
        return self


class TranslateConfig(_Section):
    """Prompts in another language, into the recipe's. Off: they are rejected. The embedded teacher is too weak for it.

    Without `model` the teacher translates and judges. `gate`: how quality is judged, 0 to 10. `keywords`: whether the
    keywords of constraints that came with a prompt are translated (the same everywhere) or kept. `max_characters` of
    one piece of a long prompt; `max_tokens` of one translation.
    """

    enabled: bool = False
    model: str | None = None
    gate: Literal["judge", "back_translation", "off"] = "judge"
    judge_model: str | None = None
    min_score: Annotated[float, Field(ge=0.0, le=10.0)] = 7.0
    keywords: Literal["translate", "keep"] = "translate"
    max_characters: Annotated[int, Field(ge=100, le=20_000)] = 1500
    max_tokens: Annotated[int, Field(ge=16)] = 2048
    terms: ModelTerms | None = Field(default=None, description="of `model` and `judge_model`")


class ComposeConfig(_Section):
    """How many constraints a row carries, where they stand and in which language.

    `multi_turn_share`: rows in which a second user turn adds constraints or changes them after the first answer.
    `weights` by id or family replace the types' own; the default suits the embedded model, `{}` draws from all types.
    """

    constraints_min: Annotated[int, Field(ge=1, le=5)] = 1
    constraints_max: Annotated[int, Field(ge=1, le=5)] = 2
    system_turn_share: Share = 0.3
    english_instruction_share: Share = 0.0
    multi_turn_share: Share = 0.0
    weights: dict[str, Annotated[float, Field(ge=0.0)]] = Field(default_factory=lambda: dict(_EMBEDDED_WEIGHTS))

    @field_validator("weights")
    @classmethod
    def _known(cls, weights: dict[str, float]) -> dict[str, float]:
        known = set(types()) | {constraint.family for constraint in types().values()}
        for name in weights:
            # What a pack holds is known when its file is read: packs.require_known_weights.
            if name not in known and not name.startswith(PACK_PREFIX):
                near = difflib.get_close_matches(name, known, n=1)
                raise ValueError(
                    f"{name!r} is no constraint type or family" + (f"; did you mean {near[0]!r}?" if near else "")
                )
        return weights

    @model_validator(mode="after")
    def _ordered(self) -> ComposeConfig:
        if self.constraints_min > self.constraints_max:
            raise ValueError(
                f"constraints_min ({self.constraints_min}) is above constraints_max ({self.constraints_max})"
            )
        return self


class PromptScreenConfig(_Section):
    """What a prompt must not be, before any call is paid for. `blocklist`: a UTF-8 text file, one term a line.

    Lengths are those of text and history together. `languages`: ISO 639-1 codes; null leaves it to `translate`.
    """

    min_characters: Annotated[int, Field(ge=0)] = 4
    max_characters: Annotated[int, Field(ge=1)] = 8000
    languages: list[str] | None = None
    allow_personal_data: bool = False
    allow_duplicates: bool = False
    blocklist: str | None = None


class ScreenConfig(_Section):
    """What an answer must not be, whatever its constraints say."""

    max_latin_share: Share = 0.15
    min_distinct_share: Share = 0.75
    min_characters: Annotated[int, Field(ge=0)] = 40


class RepairConfig(_Section):
    """`rounds`: how often an answer that fails its constraints goes back to the teacher with the reasons."""

    rounds: Annotated[int, Field(ge=0, le=2)] = 0


class JudgeConfig(_Section):
    """The second opinion, 0 to 10. Without `model` the teacher judges; `min_score: 0` keeps all but unreadable.

    `structured`: ask for JSON by a schema; `auto` finds out once in a build whether the endpoint can. `samples`: so
    many judgements, of which the median counts; more than one needs a `temperature` above 0, or all would be the same.
    `reasons`: a reason before the score, kept with the row; a small model judges worse for it.
    """

    enabled: bool = True
    model: str | None = None
    min_score: Annotated[float, Field(ge=0.0, le=10.0)] = 7.0
    structured: Literal["auto", "always", "never"] = "auto"
    reasons: bool = False
    samples: Annotated[int, Field(ge=1, le=9)] = 1
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0
    terms: ModelTerms | None = Field(default=None, description="of `model`")

    @model_validator(mode="after")
    def _samples_differ(self) -> JudgeConfig:
        if self.samples > 1 and self.temperature == 0:
            raise ValueError(f"samples is {self.samples}, but at temperature 0 all judgements are the same; raise it")
        return self


class DedupConfig(_Section):
    """`threshold`: Jaccard index of character 5-grams from which an answer repeats another; 0 or null: exact only."""

    threshold: Share | None = 0.8


class DecontaminateConfig(_Section):
    """Evaluation prompts that no row may repeat.

    `against`: prompt sources (held_out.py); a bare list is read as `against`. `ngram_share`: how many of the shorter
    text's character n-grams may not be shared; `threshold`: Jaccard index of 5-grams. 0 (or null) turns a test off;
    exact repetition always counts.
    """

    against: list[PromptSource] = Field(default_factory=list, description="files, hub:ID, preset:NAME")
    ngram: Annotated[int, Field(ge=5, le=100)] = 13
    ngram_share: Share = 0.5
    threshold: Share | None = 0.8

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, given: object) -> object:
        return {"against": given} if isinstance(given, list) else given


class BuildRecipe(_Section):
    """One build. `rows` counts accepted rows; `max_attempts` bounds the candidates asked for them.

    `kind`: instructions with constraints, or tool use (section `tools`, and defaults of its own: tools_config.py).
    """

    lang: Literal["th"] = "th"
    kind: Literal["instructions", "tools"] = "instructions"
    rows: Annotated[int, Field(ge=1)] = 8
    max_attempts: Annotated[int, Field(ge=1)] | None = None
    candidates: Annotated[int, Field(ge=1, le=64)] = 2
    seed: int = 20260123
    prompts: list[PromptSource] = Field(default_factory=list, description="files, hub:ID, preset:NAME; empty: bundled")
    on_bad_row: Literal["stop", "skip"] = "stop"
    constraint_packs: list[str] = Field(default_factory=list, description="pack files of `typhoon-data synthesize`")
    prompt_screen: PromptScreenConfig = Field(default_factory=PromptScreenConfig)
    rows_per_shard: Annotated[int, Field(ge=1)] = 1000
    teacher: TeacherConfig = Field(default_factory=TeacherConfig)
    budget: BudgetConfig = Field(default_factory=BudgetConfig)
    translate: TranslateConfig = Field(default_factory=TranslateConfig)
    compose: ComposeConfig = Field(default_factory=ComposeConfig)
    repair: RepairConfig = Field(default_factory=RepairConfig)
    screen: ScreenConfig = Field(default_factory=ScreenConfig)
    judge: JudgeConfig = Field(default_factory=JudgeConfig)
    dedup: DedupConfig = Field(default_factory=DedupConfig)
    decontaminate: DecontaminateConfig = Field(default_factory=DecontaminateConfig)
    mix: MixConfig = Field(default_factory=MixConfig)
    splits: Splits = Field(default_factory=dict, description="rows or shares of sft, opd, rl, heldout; empty: sft")
    held_out_types: HeldOutTypes = Field(default_factory=list, description="ids, families, or a share of all types")
    tools: ToolsConfig = Field(default_factory=ToolsConfig, description="how tool use is drawn and played")
    license_override: Override | None = Field(
        default=None, description="LICENCE; WHO; WHY: publish although sources or terms conflict"
    )

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, given: object) -> object:
        return with_tool_defaults(rows_from_counts(given))

    @model_validator(mode="after")
    def _possible(self) -> BuildRecipe:
        idle = _ONLY_OF_INSTRUCTIONS if self.kind == "tools" else ("tools",)
        for name in idle:
            field = type(self).model_fields[name]
            if getattr(self, name) != field.get_default(call_default_factory=True):
                raise ValueError(f"{name} has no effect in a build of the kind {self.kind!r}; leave it out")
        refuse_impossible(self)
        return self

    @property
    def targets(self) -> dict[str, int]:
        """Rows wanted of each split."""
        return {TOOL: self.rows} if self.kind == "tools" else targets_of(self.splits, self.rows)

    @property
    def attempts_allowed(self) -> int:
        """Candidates asked at most; by default 25 for each wanted row, and never fewer than 100."""
        return self.max_attempts or max(100, 25 * self.rows)

    @property
    def answers_per_candidate(self) -> int:
        """Answers that one candidate asks of the teacher at most, the repeated ones after an error aside."""
        if self.kind == "tools":
            return TURNS_MAX * (self.tools.max_calls + 1 + self.tools.reword)
        return (2 if self.compose.multi_turn_share else 1) * (1 + self.repair.rounds)

    @property
    def calls_per_candidate(self) -> int:
        """The same with the judge's calls."""
        return self.answers_per_candidate + (self.judge.samples if self.judge.enabled else 0)
