"""Recipes for a student small enough for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recipes.training import GrpoRecipe, SftRecipe
from tests.small_student import (  # noqa: F401 (fixtures)
    _modest,
    fresh_model,
    ragged_examples,
    real_chat,
    relative_error,
    student,
)

CHATS = [
    ("สวัสดี", "สวัสดีครับ"),
    ("เมืองหลวงของไทย", "กรุงเทพมหานคร"),
    ("แนะนำอาหารไทย", "ต้มยำกุ้ง"),
    ("บวก 1 กับ 2", "เท่ากับ 3 ครับ"),
    ("อากาศวันนี้", "ฝนตกหนักมาก"),
    ("ผลไม้", "มะม่วงสุก"),
]


@pytest.fixture
def chats_path(tmp_path: Path) -> Path:
    """Twelve short Thai chats as .jsonl."""
    path = tmp_path / "chats.jsonl"
    rows = [
        {"id": f"r{n}", "messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}
        for n, (q, a) in enumerate(CHATS * 2)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def recipe_for(student: Path, chats_path: Path, tmp_path: Path) -> Callable[..., SftRecipe]:  # noqa: F811
    """`recipe_for(out="x", optim={...})`: a recipe for the small student and the twelve chats."""

    def make(out: str = "run", **sections: Any) -> SftRecipe:
        tree: dict[str, Any] = {
            "out": str(tmp_path / out),
            "model": {"path": str(student)},
            "data": {"path": str(chats_path), "max_tokens": 256},
            "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 256},
            "optim": {"lr": 5e-3, "epochs": 4},
            "compute": {"device": "cpu", "threads": 1},
        }
        for name, section in sections.items():
            tree[name] = {**tree.get(name, {}), **section} if isinstance(section, dict) else section
        return SftRecipe.model_validate(tree)

    return make


@pytest.fixture
def grpo_recipe_for(recipe_for: Callable[..., SftRecipe], tmp_path: Path) -> Callable[..., GrpoRecipe]:
    """`grpo_recipe_for("x", ink={...})`: eight Thai prompts, four a batch, four answers of at most 12 tokens each."""
    prompts, corpus = tmp_path / "prompts.jsonl", tmp_path / "corpus.jsonl"
    constraints = [
        [{"id": "length.characters_max", "params": {"maximum": 6}}, {"id": "numerals.none", "params": {}}],
        [{"id": "length.characters_max", "params": {"maximum": 8}}],
    ]
    rows = [
        {"id": f"p{n}", "prompt": [{"role": "user", "content": q}], "constraints": constraints[n % 2]}
        for n, (q, _) in enumerate((CHATS * 2)[:8])
    ]
    texts = [{"text": f"{q} {a} " * (1 + n)} for n, (q, a) in enumerate(CHATS)]
    for path, lines in ((prompts, rows), (corpus, texts)):
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

    def make(out: str = "run", **sections: Any) -> GrpoRecipe:
        tree: dict[str, Any] = recipe_for(out).model_dump(mode="json") | {
            "stage": "grpo",
            "data": {"path": str(prompts), "max_tokens": 100},
            "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 280},
            "optim": {"lr": 3e-3, "epochs": 3},
            "checkpoint": {"every_steps": 2},
            "rollout": {"max_new_tokens": 12, "rows_per_call": 8},
            "group": {"size": 4},
            "rewards": {"constraints": {}},
        }
        for name, section in sections.items():
            tree[name] = {**(tree.get(name) or {}), **section} if isinstance(section, dict) else section
        if "ink" in sections:
            tree["ink"] = {"corpus": str(corpus), "rows_per_step": 3, "max_tokens": 120, **sections["ink"]}
        return GrpoRecipe.model_validate(tree)

    return make
