"""The learning-rate curve against the one of transformers."""

from __future__ import annotations

import pytest
import torch
from transformers import get_scheduler

from recipes.training import OptimSection
from train.schedule import learning_rate


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_curve_is_the_one_of_transformers_after_warmup(schedule: str) -> None:
    total, warmup = 40, 4
    optim = OptimSection.model_validate({"lr": 2e-5, "schedule": schedule, "warmup_ratio": warmup / total})
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-5)
    name = "constant_with_warmup" if schedule == "constant" else schedule
    reference = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total)
    for step in range(total):
        if step >= warmup:
            assert learning_rate(optim, step, total) == pytest.approx(reference.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        reference.step()


def test_warmup_never_wastes_a_step_at_zero() -> None:
    optim = OptimSection(lr=1.0, warmup_ratio=0.5)
    assert [learning_rate(optim, step, 8) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_curve_ends_at_the_declared_share() -> None:
    optim = OptimSection(lr=1.0, min_lr_ratio=0.1, warmup_ratio=0.0)
    assert learning_rate(optim, 10_000, 10_000) == pytest.approx(0.1)
