"""Every type builds an answer that it passes itself, for any drawn parameters."""

from __future__ import annotations

import random

import pytest

from constraints import DrawContext, build, get, types
from constraints.catalogue import entry
from constraints.witness import witness

CONTEXT = DrawContext(keywords=("ข้าวผัด", "น้ำปลา", "ตลาด"), prompt="แนะนำวิธีทำข้าวผัดน้ำปลาให้อร่อย")


@pytest.mark.parametrize("constraint_id", types())
class TestAlone:
    def test_the_example_has_a_witness(self, constraint_id: str) -> None:
        assert witness([build(constraint_id, entry(constraint_id).params)]) is not None

    def test_whatever_is_drawn_has_a_witness(self, constraint_id: str) -> None:
        for seed in range(20):
            params = get(constraint_id).draw(random.Random(seed), CONTEXT)
            assert params is not None
            assert witness([build(constraint_id, params)]) is not None, params
