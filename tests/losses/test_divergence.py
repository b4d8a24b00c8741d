"""Tiled distillation losses against dense float64 formulas, in values and gradients; each rule with its broken twin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from losses import IGNORED, divergence
from losses.config import DivergenceSection
from losses.divergence import distillation_loss
from losses.logit_tiles import Head, Tile, TileShape, logit_tiles
from train.normaliser import TokenNormaliser

TOKENS, HIDDEN, TEACHER_HIDDEN, VALID = 37, 16, 24, 120
STUDENT_VOCAB, TEACHER_VOCAB = 131, 127
EXACT = 1e-6
SECTIONS = {
    "forward": DivergenceSection(kl="forward"),
    "reverse": DivergenceSection(kl="reverse"),
    "jsd 0.5": DivergenceSection(kl="jsd", beta=0.5),
    "jsd 0.1": DivergenceSection(kl="jsd", beta=0.1),
    "top_k": DivergenceSection(kl="top_k", top_k=5),
    "sampled": DivergenceSection(kl="sampled"),
    "forward, warm": DivergenceSection(kl="forward", temperature=2.5),
    "reverse, cold": DivergenceSection(kl="reverse", temperature=0.5),
    "jsd, warm": DivergenceSection(kl="jsd", temperature=2.5),
    "top_k, warm": DivergenceSection(kl="top_k", top_k=5, temperature=2.5),
    "sampled, warm": DivergenceSection(kl="sampled", temperature=2.5),
}
every_divergence = pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS.keys())


class Problem:
    """Two models at some distance, and ragged labels with a stretch that is fully masked."""

    def __init__(self, distance: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(3)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        self.hidden = normal(TOKENS, HIDDEN).requires_grad_()
        self.weight = normal(STUDENT_VOCAB, HIDDEN).requires_grad_()
        if distance == 1.0:
            self.teacher = Head(normal(TOKENS, TEACHER_HIDDEN), normal(TEACHER_VOCAB, TEACHER_HIDDEN))
        else:
            near = self.weight.detach() + distance * normal(STUDENT_VOCAB, HIDDEN)
            self.teacher = Head(self.hidden.detach().clone(), near)
        self.target = torch.randint(VALID, (TOKENS,), generator=generator)
        self.target[::3] = IGNORED
        self.target[12:20] = IGNORED

    @property
    def student(self) -> Head:
        return Head(self.hidden, self.weight)

    def tiled(self, section: DivergenceSection, tokens: int = 8, ids: int = 50, **options: Any) -> Tensor:
        shape = TileShape(tokens, ids)
        return distillation_loss(
            self.student, self.teacher, self.target, section, valid_ids=VALID, shape=shape, **options
        )

    def dense(self, section: DivergenceSection, valid_ids: int = VALID) -> Tensor:
        return dense(self.student, self.teacher, self.target, section, valid_ids)

    def gradients(self, loss: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(loss, (self.hidden, self.weight))


def dense(student: Head, teacher: Head, target: Tensor, section: DivergenceSection, valid_ids: int = VALID) -> Tensor:
    """The textbook formulas in float64, differentiated by torch (`sampled`: score function times log-ratio)."""
    keep = target != IGNORED
    log_s, log_t = (
        torch.log_softmax((h.hidden_NH.double() @ h.weight_VH.double().T)[keep, :valid_ids] / section.temperature, -1)
        for h in (student, teacher)
    )
    s, t = log_s.exp(), log_t.exp()
    match section.kl:
        case "forward":
            return (t * (log_t - log_s)).sum()
        case "reverse":
            return (s * (log_s - log_t)).sum()
        case "jsd":
            b, log_m = section.beta, (section.beta * t + (1 - section.beta) * s).log()
            return (b * t * (log_t - log_m) + (1 - b) * s * (log_s - log_m)).sum()
        case "top_k":
            top = t.topk(section.top_k).indices
            rest = torch.ones_like(t).scatter(1, top, 0.0)
            t, s = (torch.cat([p.gather(1, top), (p * rest).sum(1, keepdim=True)], 1) for p in (t, s))
            return (t * (t.log() - s.log())).sum()
        case "sampled":
            at_s, at_t = (log_p.gather(1, target[keep, None]) for log_p in (log_s, log_t))
            ratio = (at_s - at_t).detach()
            return (ratio * at_s + ratio - (ratio * at_s).detach()).sum()


@every_divergence
@pytest.mark.parametrize(("tokens", "ids"), [(1, 1), (8, 50), (7, 120), (1000, 13), (1000, 1000)])
def test_tiled_equals_dense_in_value_and_gradients(relative_error, section, tokens: int, ids: int) -> None:
    problem = Problem()
    given, wanted = problem.tiled(section, tokens, ids), problem.dense(section)
    assert given.item() == pytest.approx(wanted.item(), rel=EXACT)
    assert given.dtype is torch.float32
    wanted_grads = problem.gradients(0.25 * wanted)
    for one, other in zip(problem.gradients(0.25 * given), wanted_grads, strict=True):
        assert relative_error([one], [other]) < EXACT
        assert torch.cosine_similarity(one.double().flatten(), other.double().flatten(), dim=0) > 1 - 1e-10


@every_divergence
def test_padded_ids_get_no_mass_and_no_gradient(relative_error, section) -> None:
    problem = Problem()
    grads = problem.gradients(problem.tiled(section))
    assert torch.count_nonzero(grads[1][VALID:]) == 0
    # The twin: with the ids that only both heads have, and no tokenizer has.
    unmasked = problem.gradients(problem.dense(section, valid_ids=TEACHER_VOCAB))
    assert relative_error(unmasked, grads) > 0.01


@every_divergence
def test_a_teacher_that_is_the_student_teaches_nothing(section) -> None:
    problem = Problem()
    problem.teacher = Head(problem.hidden.detach().clone(), problem.weight.detach().clone())
    loss = problem.tiled(section)
    assert abs(loss.item()) < 1e-6
    assert all(float(gradient.abs().max()) < 1e-6 for gradient in problem.gradients(loss))
    # The twin: a teacher with its ids one off is no such teacher.
    problem.teacher = replace(problem.teacher, weight_VH=problem.teacher.weight_VH.roll(1, 0))
    assert abs(problem.tiled(section).item()) > 1


@every_divergence
def test_a_tile_that_is_cut_short_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, relative_error, section: DivergenceSection
) -> None:
    """The twin of the tiling: a vocabulary that the tile does not divide, and its last tile left out."""
    problem = Problem()
    wanted = problem.gradients(problem.dense(section))
    assert relative_error(problem.gradients(problem.tiled(section, ids=50)), wanted) < EXACT

    def whole_tiles(*heads: Any, shape: TileShape, **options: Any) -> Iterator[Tile]:
        for tile in logit_tiles(*heads, shape=shape, **options):
            if tile.ids.stop - tile.ids.start == shape.ids:
                yield tile

    monkeypatch.setattr(divergence, "logit_tiles", whole_tiles)
    assert relative_error(problem.gradients(problem.tiled(section, ids=50)), wanted) > 0.01


@every_divergence
def test_the_gradient_is_that_of_the_step_however_the_tokens_are_split(relative_error, section) -> None:
    problem = Problem()
    whole = problem.gradients(TokenNormaliser.of_step([problem.target]).share(problem.tiled(section)))

    def split(cuts: list[slice], own_mean: bool) -> tuple[Tensor, ...]:
        total: Any = 0.0
        for cut in cuts:
            target = problem.target[cut]
            student = Head(problem.hidden[cut], problem.weight)
            teacher = replace(problem.teacher, hidden_NH=problem.teacher.hidden_NH[cut])
            loss = distillation_loss(student, teacher, target, section, valid_ids=VALID)
            counted = TokenNormaliser.of_step([target if own_mean else problem.target])
            total = total + counted.share(loss) / (len(cuts) if own_mean else 1)
        return problem.gradients(total)

    cuts = [slice(0, 5), slice(5, 11), slice(11, 20), slice(20, 37)]  # 12 to 19 are masked
    assert relative_error(split(cuts, own_mean=False), whole) < EXACT
    assert relative_error(split(cuts, own_mean=True), whole) > 0.01


@every_divergence
def test_nothing_labelled_is_exactly_zero_without_nan(section) -> None:
    problem = Problem()
    problem.target[:] = IGNORED
    loss = problem.tiled(section)
    assert loss.item() == 0.0
    assert all(torch.count_nonzero(gradient) == 0 for gradient in problem.gradients(loss))


@every_divergence
def test_the_teacher_may_send_its_labelled_tokens_alone(section) -> None:
    problem = Problem()
    whole = problem.tiled(section)
    problem.teacher = replace(problem.teacher, hidden_NH=problem.teacher.hidden_NH[problem.target != IGNORED])
    assert problem.tiled(section).item() == whole.item()
    problem.teacher = replace(problem.teacher, hidden_NH=problem.teacher.hidden_NH[1:])
    with pytest.raises(ValueError, match="hidden states of the teacher"):
        problem.tiled(section)


def rounded(problem: Problem, section: DivergenceSection) -> Tensor:
    """What autocast makes of the heads: logits in bf16, and fp32 only after that."""
    logits = [(h.hidden_NH.bfloat16() @ h.weight_VH.bfloat16().T).float() for h in (problem.student, problem.teacher)]
    student, teacher = (Head(z[:, :VALID].double(), torch.eye(VALID, dtype=torch.float64)) for z in logits)
    return dense(student, teacher, problem.target, section)


@pytest.mark.parametrize("name", ["forward", "reverse", "jsd 0.5", "top_k", "sampled"])
def test_bf16_inputs_under_autocast_still_meet_an_fp32_softmax(relative_error, name: str) -> None:
    """At a KL of about 0.001 nats a token rounding the logits ruins the gradient; rounding the weights does not."""
    section = SECTIONS[name]
    problem = Problem(distance=0.012)
    problem.hidden = problem.hidden.detach().bfloat16().requires_grad_()
    problem.weight = problem.weight.detach().bfloat16().requires_grad_()
    problem.teacher = Head(problem.teacher.hidden_NH.bfloat16(), problem.teacher.weight_VH.bfloat16())
    wanted = problem.dense(section)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        given = problem.tiled(section)
        twin = rounded(problem, section)
    if name == "forward":
        tokens = TokenNormaliser.of_step([problem.target]).tokens
        assert 0.0005 < wanted.item() / tokens < 0.002
    wanted_grads = problem.gradients(wanted)
    assert {gradient.dtype for gradient in problem.gradients(problem.tiled(section))} == {torch.bfloat16}
    assert given.item() == pytest.approx(wanted.item(), rel=1e-3)
    assert relative_error(problem.gradients(given), wanted_grads) < 0.01
    assert relative_error(problem.gradients(twin), wanted_grads) > 0.2


@every_divergence
def test_logits_far_from_zero_do_not_overflow(relative_error, section) -> None:
    problem = Problem()
    with torch.no_grad():
        problem.hidden.mul_(15)  # logits up to 600 over the coldest temperature, where fp32 itself is 3e-5 wide
    given, wanted = problem.tiled(section), problem.dense(section)
    assert given.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert relative_error(problem.gradients(given), problem.gradients(wanted)) < 1e-2


def test_the_sampled_gradient_is_the_reverse_gradient_in_expectation(relative_error) -> None:
    problem = Problem()
    problem.target = torch.full((TOKENS,), IGNORED)
    problem.target[4] = 0
    student = torch.softmax((problem.hidden[4] @ problem.weight[:VALID].T).double(), -1).tolist()
    mean = [torch.zeros_like(problem.hidden), torch.zeros_like(problem.weight)]
    for token, probability in enumerate(student):
        problem.target[4] = token
        for total, gradient in zip(mean, problem.gradients(problem.tiled(SECTIONS["sampled"])), strict=True):
            total += probability * gradient
    reverse = problem.gradients(problem.tiled(SECTIONS["reverse"]))
    assert relative_error(mean, reverse) < 1e-5
    # The twin: the forward KL's, which is another gradient.
    assert relative_error(mean, problem.gradients(problem.tiled(SECTIONS["forward"]))) > 0.1


def test_jsd_tends_to_forward_and_reverse(relative_error) -> None:
    """beta weighs the teacher: near 0 the mixture is the student, and what is left is the forward KL."""
    problem = Problem(distance=0.1)
    for beta, weight, limit in ((1e-3, 1e-3, "forward"), (1 - 1e-3, 1e-3, "reverse")):
        jsd = problem.tiled(DivergenceSection(kl="jsd", beta=beta)) / weight
        assert jsd.item() == pytest.approx(problem.tiled(SECTIONS[limit]).item(), rel=0.02)
        assert relative_error(problem.gradients(jsd), problem.gradients(problem.tiled(SECTIONS[limit]))) < 0.05


def test_top_k_over_the_whole_vocabulary_is_the_forward_kl(relative_error) -> None:
    problem = Problem()
    whole = DivergenceSection(kl="top_k", top_k=500)
    assert problem.tiled(whole).item() == pytest.approx(problem.dense(SECTIONS["forward"]).item(), rel=EXACT)
    wanted = problem.gradients(problem.dense(SECTIONS["forward"]))
    assert relative_error(problem.gradients(problem.tiled(whole)), wanted) < EXACT
    # The twin: five ids of 120 are not the whole.
    assert relative_error(problem.gradients(problem.tiled(SECTIONS["top_k"])), wanted) > 0.01


class LargestTensor(TorchDispatchMode):
    """Remembers the most elements any operation returned."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, Tensor):
                self.elements = max(self.elements, tensor.numel())
        return result


@every_divergence
def test_tokens_by_vocabulary_never_exists_forward_or_backward(section) -> None:
    hidden, weight = torch.randn(400, 4, requires_grad=True), torch.randn(500, 4, requires_grad=True)
    student, teacher = Head(hidden, weight), Head(torch.randn(400, 6), torch.randn(500, 6))
    target, shape = torch.arange(400), TileShape(tokens=100, ids=60)
    with LargestTensor() as tiled:
        distillation_loss(student, teacher, target, section, valid_ids=500, shape=shape).backward()
    with LargestTensor() as whole:
        dense(student, teacher, target, section, valid_ids=500).backward()
    assert tiled.elements <= 100 * (60 + 10)  # top_k looks at its candidates beside a tile
    assert whole.elements >= 400 * 500


def test_without_gradients_there_is_no_backward_work_and_the_same_value() -> None:
    problem = Problem()
    with torch.no_grad():
        silent = problem.tiled(SECTIONS["forward"])
    assert not silent.requires_grad
    assert silent.item() == problem.tiled(SECTIONS["forward"]).item()


@pytest.mark.parametrize(("valid_ids", "target"), [(0, 0), (STUDENT_VOCAB, 0), (VALID, VALID)])
def test_ids_outside_either_vocabulary_are_refused(valid_ids: int, target: int) -> None:
    problem = Problem()
    with pytest.raises(ValueError, match="valid"):
        distillation_loss(
            problem.student,
            problem.teacher,
            torch.full((TOKENS,), target),
            SECTIONS["forward"],
            valid_ids=valid_ids,
        )
