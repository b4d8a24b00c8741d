"""Step 2, second half: texts that should pass and texts that should fail, one request each.

More failing cases cost nothing: passing texts of other rules (borrowed) and broken forms of the rule's own passing
texts (derived). That a case deserves its label is only claimed here; cross-validation decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constraints import normalise
from datagen.rng import rng_for
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.mutation import mutants
from datagen.synthesis.prompts import case_chat
from datagen.synthesis.reading import text_in
from datagen.synthesis.teacher import Asker, fault_of_answer
from datagen.synthesis.yields import Yields

__all__ = ["Case", "borrow", "derive", "write_cases"]

_TOPICS = (
    "ฝนตก", "แมวที่บ้าน", "อาหารเช้า", "การออกกำลังกาย", "ตลาดน้ำ", "วันหยุด", "การปลูกต้นไม้", "รถเมล์",
    "การนอนหลับ", "ทะเล", "ห้องสมุด", "ผลไม้ไทย", "กาแฟ", "งานวัด", "การประหยัดเงิน", "จักรยาน",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A text and whether it should pass; `origin`: passing, failing, borrowed or derived."""

    text: str
    passes: bool
    origin: str


async def write_cases(asker: Asker, recipe: SynthesisRecipe, rule: str, yields: Yields) -> list[Case]:
    """Different texts that the teacher wrote for this rule."""
    samples, cases, seen = recipe.samples, [], set()
    topics = rng_for(recipe.seed, "topics", rule).sample(_TOPICS, len(_TOPICS))
    asked = [
        (passes, index)
        for passes, count in ((True, samples.passing_cases), (False, samples.failing_cases))
        for index in range(count)
    ]
    answers = await asyncio.gather(
        *(
            asker.sample(case_chat(rule, topics[index % len(topics)], passes=passes), index, samples.case_tokens)
            for passes, index in asked
        )
    )
    for (passes, _), answer in zip(asked, answers, strict=True):
        text = normalise(text_in(answer.content))
        yields.entered("case")
        if fault := fault_of_answer(answer):
            yields.stop("case", rule, *fault, what=text[:200])
        elif text in seen:
            yields.stop("case", rule, "repeats_a_case", what=text[:200])
        else:
            yields.keep("case")
            seen.add(text)
            cases.append(Case(text, passes, "passing" if passes else "failing"))
    return cases


def borrow(rule: str, written: Mapping[str, Sequence[Case]], recipe: SynthesisRecipe, yields: Yields) -> list[Case]:
    """Passing texts of other rules as failing cases of `rule`."""
    own = {case.text for case in written[rule]}
    others = sorted({case.text for other in written for case in written[other] if case.passes and other != rule} - own)
    count = min(recipe.samples.borrowed_cases, len(others))
    chosen = rng_for(recipe.seed, "borrowed_cases", rule).sample(others, count)
    yields.entered("case", count)
    yields.keep("case", count)
    return [Case(text, passes=False, origin="borrowed") for text in chosen]


def derive(rule: str, cases: Sequence[Case], recipe: SynthesisRecipe, yields: Yields) -> list[Case]:
    """Broken forms of the rule's passing texts as failing cases; many break nothing, and find no function to agree."""
    known = {case.text for case in cases}
    made: dict[str, None] = {}
    for case in cases:
        if case.passes:
            made |= dict.fromkeys(mutants(case.text, rng_for(recipe.seed, "mutants", case.text)).values())
    texts = sorted(text for text in made if text.strip() and text not in known)
    count = min(recipe.samples.derived_cases, len(texts))
    yields.entered("case", count)
    yields.keep("case", count)
    chosen = rng_for(recipe.seed, "derived_cases", rule).sample(texts, count)
    return [Case(text, passes=False, origin="derived") for text in chosen]
