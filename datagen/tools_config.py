"""The recipe's `tools`, and what a build of tool use takes where the recipe says nothing.

kind: tools
tools:
  kinds: {single: 2, parallel: 1}     # weights; kinds that are not named are not drawn
  calling: auto                       # native, prompted, or whichever the teacher knows
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from datagen.own_tools.config import OwnToolsConfig
from datagen.scenarios.scenario import KINDS

__all__ = ["GUIDANCE", "ToolsConfig", "with_tool_defaults"]

GUIDANCE = """คุณเป็นผู้ช่วยที่พูดไทยสุภาพ ตอบผู้ใช้เป็นประโยคภาษาไทยสั้น ๆ ลงท้ายด้วย "ครับ" ไม่ตอบเป็น JSON
- ใช้ข้อมูลจากเครื่องมือเท่านั้น ห้ามเดา ได้ผลแล้วบอกตัวเลขและชื่อตามผลลัพธ์ให้ครบ เช่น "ระยองวันนี้ร้อนสุด 33 องศา ต่ำสุด 25 องศาครับ"
- ถ้าผู้ใช้ยังไม่บอกข้อมูลที่เครื่องมือต้องใช้ ให้ถามก่อน ยังไม่เรียกเครื่องมือ เช่น "ต้องการทราบของจังหวัดไหนครับ"
- ชื่อเฉพาะคัดลอกตามที่ผู้ใช้พิมพ์ ปีในเครื่องมือเป็น ค.ศ. เช่น พ.ศ. 2569 คือ 2026 และ พ.ศ. 2570 คือ 2027
- ถ้าเครื่องมือตอบว่า unavailable ให้เรียกซ้ำอีกครั้ง ถ้าผิดพลาดอย่างอื่น ให้บอกผู้ใช้ว่าทำรายการไม่ได้เพราะอะไร
- ถ้าไม่มีเครื่องมือที่ตรงกับเรื่องที่ถาม ไม่ต้องเรียก ให้บอกผู้ใช้ว่าไม่มีเครื่องมือสำหรับตรวจสอบเรื่องนี้ครับ"""
_DEFAULTS: Mapping[str, Any] = {
    # Another scenario tells more than another answer to the same one.
    "candidates": 1,
    "teacher": {"guidance": GUIDANCE, "temperature": 0.2, "max_tokens": 400, "context_tokens": 6144},
    # The proof knows what is right; an opinion costs a call more.
    "judge": {"enabled": False},
    # A question for what is missing is short.
    "screen": {"min_characters": 8},
    # Whole conversations are compared, and two of one goal share most of their words.
    "dedup": {"threshold": 0.9},
}


class ToolsConfig(BaseModel):
    """How scenarios are drawn and played.

    `kinds`: weights of the kinds of scenario; `domains`: those that goals come from, all where empty.
    `extra_tools_max`: tools on offer beside the needed ones; scenarios of the kind `distractors` have
    `distractors_min` to `distractors_max`. `max_calls`: calls in one turn. `reword`: let the teacher say the user's
    turns in other words, kept where every value still stands in them. `reminder`: said to the teacher after each result
    and in no row; a small model forgets the guidance by then and says the result back. `own`: tools and goals of the
    user's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: dict[str, Annotated[float, Field(ge=0.0)]] = Field(default_factory=lambda: dict.fromkeys(KINDS, 1.0))
    domains: list[str] = Field(default_factory=list)
    calling: Literal["auto", "native", "prompted"] = "auto"
    extra_tools_max: Annotated[int, Field(ge=0, le=60)] = 3
    distractors_min: Annotated[int, Field(ge=1, le=120)] = 6
    distractors_max: Annotated[int, Field(ge=1, le=120)] = 12
    max_calls: Annotated[int, Field(ge=1, le=32)] = 6
    reword: bool = False
    reminder: str | None = None
    own: OwnToolsConfig = Field(default_factory=OwnToolsConfig, description="your own tools: docs/own_tools.md")

    @field_validator("kinds")
    @classmethod
    def _known(cls, kinds: dict[str, float]) -> dict[str, float]:
        for name in kinds:
            if name not in KINDS:
                near = difflib.get_close_matches(name, KINDS, n=1)
                way_out = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(KINDS)}"
                raise ValueError(f"{name!r} is no kind of scenario; {way_out}")
        if not any(kinds.values()):
            raise ValueError("no kind of scenario has a weight above 0")
        return kinds

    @model_validator(mode="after")
    def _ordered(self) -> ToolsConfig:
        if self.distractors_min > self.distractors_max:
            raise ValueError(
                f"distractors_min ({self.distractors_min}) is above distractors_max ({self.distractors_max})"
            )
        return self


def with_tool_defaults(given: Any) -> Any:
    """A recipe as written, with the defaults of a build of tool use below what it says."""
    if not isinstance(given, dict) or given.get("kind") != "tools":
        return given
    merged = dict(given)
    for name, value in _DEFAULTS.items():
        if not isinstance(value, Mapping):
            merged.setdefault(name, value)
        elif isinstance(merged.get(name, {}), Mapping):
            merged[name] = {**value, **merged.get(name, {})}
    return merged
