"""`reword`: the user's turns in the teacher's words, where every value still stands in them; else as they were.

A new text is kept only where it says the same values letter by letter and no others of the scenario, is about as long,
is Thai, and holds no tool name, code or markup. This stage rejects nothing. Rewording is part of the row: the scenario
that is stored says what was really said.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from constraints import foreign_letters, main_language
from datagen.config import BuildRecipe
from datagen.llm.client import ChatClient
from datagen.record import Message, Record, Rejection, canonical_json
from datagen.scenarios.recorded import scenario_of
from datagen.scenarios.scenario import Turn
from datagen.tools.tool import Tool

__all__ = ["REWORD_TEMPLATE", "Reword", "acceptable", "reword_template_hash"]

REWORD_TEMPLATE = """เขียนข้อความของผู้ใช้ต่อไปนี้ใหม่ ให้เป็นภาษาพูดที่เป็นธรรมชาติ ความหมายเดิมทุกอย่าง ไม่ตอบคำถาม ไม่เพิ่มข้อมูล
{keep}
ข้อความ: {text}

ตอบเฉพาะข้อความใหม่ หนึ่งข้อความ"""
_KEEP = "ต้องมีคำเหล่านี้ตามเดิมทุกตัวอักษร: {words}"
_MAX_TOKENS = 250
_LENGTHS = (0.5, 2.0)
_CODE = re.compile(r"[{}<>`|\\_]|\*\*|https?:")
_NUMBER = re.compile(r"[0-9๐-๙]+")


def reword_template_hash() -> str:
    return hashlib.sha256((REWORD_TEMPLATE + _KEEP).encode()).hexdigest()[:12]


class Reword:
    name = "reword"
    ordered = False

    def __init__(self, client: ChatClient, model: str, recipe: BuildRecipe, tools: Mapping[str, Tool]) -> None:
        self.client, self.model, self.recipe, self.tools = client, model, recipe, tools

    async def __call__(self, record: Record) -> Record | Rejection:
        scenario = scenario_of(record)
        turns = tuple([await self._reworded(turn, record) for turn in scenario.turns])
        if turns == scenario.turns:
            return record
        scenario = replace(scenario, turns=turns)
        first = Message("user", turns[0].user)
        return replace(
            record,
            messages=(*record.messages[:-1], first),
            prompt=first.content,
            scenario=canonical_json(scenario.as_dict()),
        )

    async def _reworded(self, turn: Turn, record: Record) -> Turn:
        words = [word for word in record.keywords if word in turn.user]
        keep = _KEEP.format(words=json.dumps(words, ensure_ascii=False)[1:-1]) if words else ""
        answer = await self.client.chat(
            self.model,
            [{"role": "user", "content": REWORD_TEMPLATE.format(keep=keep, text=turn.user)}],
            sample_index=record.sample_index,
            temperature=max(0.7, self.recipe.teacher.temperature),
            top_p=self.recipe.teacher.top_p,
            max_tokens=_MAX_TOKENS,
            seed=(self.recipe.seed + record.sample_index) % 2**31,
        )
        text = answer.content.strip().strip('"“”').strip()
        usable = not answer.refused and answer.finish_reason != "length"
        return replace(turn, user=text) if usable and acceptable(turn.user, text, record.keywords) else turn


def acceptable(before: str, after: str, words: tuple[str, ...]) -> bool:
    """Whether `after` says what `before` said, as far as can be told without reading it.

    >>> acceptable("อากาศที่ตากวันนี้เป็นยังไงครับ", "วันนี้ที่ตากอากาศเป็นไงบ้างครับ", ("ตาก",))
    True
    >>> acceptable("อากาศที่ตากวันนี้เป็นยังไงครับ", "วันนี้ที่เชียงใหม่อากาศเป็นไงบ้างครับ", ("ตาก",))
    False
    """
    if after == before or "\n\n" in after or _CODE.search(after):
        return False
    if any((word in before) != (word in after) for word in words):
        return False
    if sorted(_NUMBER.findall(before)) != sorted(_NUMBER.findall(after)):
        return False
    if not _LENGTHS[0] <= len(after) / max(1, len(before)) <= _LENGTHS[1]:
        return False
    return main_language(after) == "th" and not foreign_letters(after, before)
