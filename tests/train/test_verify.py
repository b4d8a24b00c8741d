"""The parity audit says ok of what is right, and NOT ok, in the right place, of whatever piece is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from datagen.errors import DatasetError
from losses import divergence
from losses.config import DivergenceSection
from losses.full_vocabulary import ForwardKL
from models import chat_tokens
from models.chat_tokens import ChatTokenizer
from parity import step
from parity.audit import audit_stages
from parity.dense import dense_divergence
from recipes.training import OpdRecipe, SftRecipe
from rollouts import transformers_engine
from train import model, sft
from train.normaliser import TokenNormaliser
from train.progress import RunProgress

Recipes = Callable[..., SftRecipe | OpdRecipe]


@pytest.fixture
def stage(recipe_for: Callable[..., SftRecipe], tmp_path: Path, fresh_model: Any, student: Path) -> Recipes:
    """`stage("sft")` or `stage("opd")`: a recipe to audit, the teacher another random model."""

    def make(kind: str, kl: str = "forward", share: float = 0.5) -> SftRecipe | OpdRecipe:
        sft_recipe = recipe_for(batch={"tokens_per_micro_batch": 400})
        if kind == "sft":
            return sft_recipe
        teacher = tmp_path / "teacher"
        if not teacher.exists():
            from transformers import AutoTokenizer

            AutoTokenizer.from_pretrained(student).save_pretrained(teacher)
            fresh_model(1).save_pretrained(teacher)
        tree = sft_recipe.model_dump(mode="json") | {
            "stage": "opd",
            "teacher": {"path": str(teacher), "dtype": "float32"},
            "divergence": {"kl": kl},
            "rollout": {"share": share, "max_new_tokens": 8, "top_p": 1.0},
        }
        return OpdRecipe.model_validate(tree)

    return make


def audit(recipe: Any, out: Path) -> tuple[bool, set[str]]:
    """Whether all is well, and the parts that are not."""
    well = audit_stages([recipe], 700, out, RunProgress())
    found = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert found["ok"] == well
    return well, {line["part"] for line in found["lines"] if not line["ok"]}


@pytest.mark.parametrize(
    ("kind", "kl", "share"),
    [("sft", "", 0.0), ("opd", "sampled", 1.0), *(("opd", kl, 0.5) for kl in ("forward", "reverse", "jsd", "top_k"))],
)
def test_what_is_right_is_ok_and_the_report_says_so(
    stage: Recipes, tmp_path: Path, kind: str, kl: str, share: float
) -> None:
    out = tmp_path / "reports" / "parity.md"
    assert audit(stage(kind, kl, share), out) == (True, set())
    report = out.read_text(encoding="utf-8")
    assert "comparisons are ok." in report
    assert "<|im_start|>assistant\n⟦" in report
    assert "<|im_end|>⟧" in report
    parts = {line["part"] for line in json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))["lines"]}
    wanted = {"template", "vocabulary", "isolation of packed rows", "cut into micro-batches", "run twice"}
    assert parts == wanted | ({"rollouts", "teacher", f"{kl} divergence"} if kind == "opd" else {"cross-entropy"})


def _leaky(document_T: torch.Tensor) -> torch.Tensor:
    """Causal, and blind to where a document begins."""
    return torch.ones(len(document_T), len(document_T), dtype=torch.bool).tril()[None, None]


class _MeanOfMeans(TokenNormaliser):
    """Counts the tokens of a step as if each of its micro-batches had as many as the first."""

    @classmethod
    def of_step(cls, targets: Any) -> TokenNormaliser:
        first, *rest = list(targets)
        return TokenNormaliser(int((first != -100).sum()) * (1 + len(rest)))


def _shifted_spans(self: ChatTokenizer, messages: Any, ids: Any, tools: Any = None) -> Any:
    spans = RIGHT_SPANS(self, messages, ids, tools)
    return spans and [(start - 2, end) for start, end in spans]


def _late_gradient(self: ForwardKL, tile: Any) -> torch.Tensor:
    return RIGHT_GRADIENT(self, tile).roll(1, 0)


def _unmasked(*heads: Any, valid_ids: int, **options: Any) -> Any:
    return RIGHT_TILES(*heads, valid_ids=heads[0].weight_VH.shape[0], **options)


def _sharper(self: Any, input_ids: Any, scores: torch.Tensor) -> torch.Tensor:
    return RIGHT_POLICY(self, input_ids, scores * 1.05)


RIGHT_SPANS, RIGHT_GRADIENT = chat_tokens.ChatTokenizer.assistant_spans, ForwardKL.gradient_
RIGHT_TILES, RIGHT_POLICY = divergence.logit_tiles, transformers_engine._PolicyLogProbs.__call__
RIGHT_LOSS = sft.sft_loss_sum
FORWARD, STEPS = "forward divergence", {"isolation of packed rows", "cut into micro-batches"}


def _random_loss(*given: Any, **options: Any) -> torch.Tensor:
    return RIGHT_LOSS(*given, **options) * (1 + 1e-6 * torch.rand(()))


MUTANTS: dict[str, tuple[str, Any, str, Any, set[str]]] = {
    "packed rows see each other": ("sft", model, "block_diagonal_causal_mask", _leaky, {"isolation of packed rows"}),
    "a mean of means": ("sft", step, "TokenNormaliser", _MeanOfMeans, {"cut into micro-batches"}),
    "the mask is two tokens off": ("sft", ChatTokenizer, "assistant_spans", _shifted_spans, {"template"}),
    "gradients of another token": ("opd", ForwardKL, "gradient_", _late_gradient, STEPS | {FORWARD}),
    "padding gets probability": ("opd", divergence, "logit_tiles", _unmasked, STEPS | {FORWARD, "vocabulary"}),
    "engine of another temperature": ("opd", transformers_engine._PolicyLogProbs, "__call__", _sharper, {"rollouts"}),
    "no two runs alike": ("sft", sft, "sft_loss_sum", _random_loss, {"run twice"}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_piece_is_not_ok_where_it_belongs(
    stage: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind, place, attribute, broken, wrong = MUTANTS[name]
    monkeypatch.setattr(place, attribute, broken)
    well, parts = audit(stage(kind), tmp_path / "parity.md")
    assert not well
    assert parts == wrong


def test_another_tokenizer_of_the_teacher_is_a_line_and_not_a_crash(
    stage: Recipes, tmp_path: Path, real_chat: ChatTokenizer
) -> None:
    recipe = stage("opd")
    assert isinstance(recipe, OpdRecipe)
    real_chat.tokenizer.save_pretrained(recipe.teacher.path)
    assert audit(recipe, tmp_path / "parity.md") == (False, {"vocabulary"})


def test_too_few_tokens_are_one_sentence(stage: Recipes, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"fewer than two rows of .* fit into --tokens 90; allow more"):
        audit_stages([stage("sft")], 90, tmp_path / "parity.md", RunProgress())


def test_the_reference_knows_a_divergence_worked_out_by_hand() -> None:
    student, teacher = (torch.tensor([p], dtype=torch.float64).log() for p in ([0.5, 0.25, 0.25], [0.25, 0.25, 0.5]))
    target = torch.tensor([0])
    quarter = 0.25 * torch.log(torch.tensor(2.0, dtype=torch.float64)).item()
    for kl in ("forward", "reverse"):
        assert dense_divergence(student, teacher, target, DivergenceSection(kl=kl)).item() == pytest.approx(quarter)
