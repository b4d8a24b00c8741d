"""`compose`: draw constraints for the prompt, word them, and place them in the user or the system turn.

Siblings (one group) share one draw. Every parameter of every constraint stands in the rendered prompt, because
`describe` states it and the whole instruction is rendered verbatim; `typhoon-data verify` checks that again.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

from constraints import DrawContext, Language, build, draw_set
from datagen.config import ComposeConfig
from datagen.record import AppliedConstraint, Message, Record, Rejection
from datagen.rng import rng_for

__all__ = ["TEMPLATES", "Compose", "template_hashes"]

TEMPLATES: dict[str, dict[str, str]] = {
    "th": {
        "user_plain": "{prompt}\n\n{joined}",
        "user_condition": "{prompt}\n\nเงื่อนไข: {joined}",
        "user_list": "{prompt}\n\nข้อกำหนดของคำตอบ:\n{listed}",
        "system_list": "คุณเป็นผู้ช่วยภาษาไทย ทุกคำตอบต้องเป็นไปตามข้อกำหนดต่อไปนี้\n{listed}",
    },
    "en": {
        "user_plain": "{prompt}\n\n{joined}",
        "user_condition": "{prompt}\n\nConditions: {joined}",
        "user_list": "{prompt}\n\nRequirements for the answer:\n{listed}",
        "system_list": "You are a Thai-language assistant. Every answer must meet these requirements:\n{listed}",
    },
}


def template_hashes() -> dict[str, str]:
    """`th.user_plain` -> short hash of the template's words, for the manifest."""
    return {
        f"{lang}.{name}": hashlib.sha256(text.encode()).hexdigest()[:12]
        for lang, templates in TEMPLATES.items()
        for name, text in templates.items()
    }


class Compose:
    name = "compose"
    ordered = False

    def __init__(self, config: ComposeConfig, seed: int) -> None:
        self.config, self.seed = config, seed

    async def __call__(self, record: Record) -> Record | Rejection:
        config, rng = self.config, rng_for(self.seed, self.name, record.group)
        wanted = rng.randint(config.constraints_min, config.constraints_max)
        context = DrawContext(keywords=record.keywords, prompt=record.prompt)
        if record.given:  # came with the prompt, and `translate` made them ours
            drawn = [build(constraint.id, constraint.params) for constraint in record.given]
        else:
            drawn = draw_set(rng, context, wanted, avoid=record.avoid, weights=config.weights)
        if not drawn:
            return Rejection(record, self.name, "no_constraint_fits", "the prompt avoids every drawable type")
        lang: Language = "en" if rng.random() < config.english_instruction_share else "th"
        applied = tuple(
            AppliedConstraint(c.id, dict(c.params), c.describe(lang, rng.randrange(len(c.phrasings(lang)))), lang)
            for c in drawn
        )
        messages, template = _render(record, applied, lang, rng, config.system_turn_share)
        provenance = replace(record.provenance, templates=(template,))
        return replace(record, messages=messages, constraints=applied, provenance=provenance)


def _render(
    record: Record,
    applied: tuple[AppliedConstraint, ...],
    lang: Language,
    rng: random.Random,
    system_turn_share: float,
) -> tuple[tuple[Message, ...], str]:
    instructions = [constraint.instruction for constraint in applied]
    in_system = rng.random() < system_turn_share
    if in_system:
        name = "system_list"
    else:
        name = rng.choice(("user_plain", "user_condition") if len(applied) == 1 else ("user_plain", "user_list"))
    text = TEMPLATES[lang][name].format(
        prompt=record.messages[-1].content,
        joined=" และ".join(instructions) if lang == "th" else " ".join(instructions),
        listed="\n".join(f"- {instruction}" for instruction in instructions),
    )
    if in_system:
        return (Message("system", text), *record.messages), f"{lang}.{name}"
    return (*record.messages[:-1], Message("user", text)), f"{lang}.{name}"
