"""The recipe of one synthesis, as data. Unknown keys are refused; the resolved recipe stands in the pack."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from constraints.pack import PACK_PREFIX
from datagen.llm.budget import BudgetConfig

__all__ = ["GatesConfig", "SamplesConfig", "SynthesisJudge", "SynthesisRecipe", "SynthesisTeacher"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1, le=100)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SynthesisTeacher(_Section):
    """Who writes. Without `base_url` the embedded teacher serves `model` (or its default) on loopback."""

    base_url: str | None = None
    model: str | None = None
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.7
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 4
    timeout_s: Annotated[float, Field(gt=0)] = 300.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 4


class SynthesisJudge(_Section):
    """Who compares two instructions. Without `model` the teacher does.

    `nli_command`: a program with an NLI model instead of a judge (nli.py says how it is spoken to).
    """

    model: str | None = None
    nli_command: list[str] | None = None


class SamplesConfig(_Section):
    """How much is asked for.

    Failing cases that cost no request: `borrowed_cases`, passing texts of other rules, and `derived_cases`, mutants of
    this rule's passing texts (mutation.py).
    """

    ideas: Annotated[int, Field(ge=1, le=10_000)] = 40
    ideas_per_request: Count = 2
    functions: Count = 5
    passing_cases: Count = 5
    failing_cases: Annotated[int, Field(ge=0, le=100)] = 1
    borrowed_cases: Annotated[int, Field(ge=0, le=100)] = 24
    derived_cases: Annotated[int, Field(ge=0, le=200)] = 60
    thai_wordings: Count = 2
    function_tokens: Annotated[int, Field(ge=16)] = 200
    case_tokens: Annotated[int, Field(ge=16)] = 100


class GatesConfig(_Section):
    """The thresholds. AutoIF's own: 3 functions, 10 cases, accuracy 0.8; a case stays where some function agrees.

    `min_forms`: functions that differ in more than layout and comments, so that one sample told thrice is no agreement.
    `min_case_support`: the share of functions that must agree with a case (never fewer than one function).
    `min_cases_each`: kept passing and kept failing cases at least. `min_broken`: different broken responses at
    least; `min_mutation_score`: the share of them that a verifier must reject, and of passing cases it must accept.
    `max_likeness`: Jaccard index of character 5-grams from which an idea repeats a seed or an earlier idea.
    """

    max_likeness: Share = 0.8
    min_functions: Count = 3
    min_forms: Count = 2
    min_cases: Count = 10
    min_cases_each: Count = 3
    min_accuracy: Share = 0.8
    min_case_support: Share = 0.3
    min_broken: Count = 5
    min_mutation_score: Share = 0.9


class SynthesisRecipe(_Section):
    """One synthesis. `seeds`: a YAML list of `{th, en}`; without it the catalogue of built-in types is the seed."""

    name: Annotated[str, Field(pattern=f"^{PACK_PREFIX}[a-z0-9][a-z0-9_]{{0,39}}$")] = "pack_synthesised"
    seeds: str | None = None
    seed: int = 20260123
    teacher: SynthesisTeacher = Field(default_factory=SynthesisTeacher)
    judge: SynthesisJudge = Field(default_factory=SynthesisJudge)
    budget: BudgetConfig = Field(default_factory=BudgetConfig)
    samples: SamplesConfig = Field(default_factory=SamplesConfig)
    gates: GatesConfig = Field(default_factory=GatesConfig)
