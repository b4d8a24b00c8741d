"""docs/rewards.md says what the code does: its tables are printed again, its recipe lines are loaded."""

from __future__ import annotations

import regex
import yaml

from benchmarks import reward_examples as examples
from rewards.config import RewardsSection


def test_the_tables_are_what_the_script_prints() -> None:
    page = examples.PAGE.read_text(encoding="utf-8")
    assert page.count("| `exact: {}` |") == 1
    assert examples.filled(page) == page, "python benchmarks/reward_examples.py --write"


def test_every_kind_has_an_example_and_a_line_with_its_settings() -> None:
    kinds = set(RewardsSection.model_fields)
    assert {example.kind for example in examples.EXAMPLES} >= kinds
    page = examples.PAGE.read_text(encoding="utf-8")
    for kind in kinds:
        assert f"| `{kind}` |" in page, f"docs/rewards.md has no line for {kind}"


def test_the_papers_reward_is_a_section_that_loads() -> None:
    page = examples.PAGE.read_text(encoding="utf-8")
    blocks = regex.findall(r"```yaml\n(.*?)```", page, regex.DOTALL)
    sections = [RewardsSection.model_validate(yaml.safe_load(block)["rewards"]) for block in blocks]
    assert [list(section.named()) for section in sections] == [["format", "judge"]]
    assert sections[0].judge is not None
    assert (sections[0].judge.weight, sections[0].judge.scale) == (0.9, "0-2")
