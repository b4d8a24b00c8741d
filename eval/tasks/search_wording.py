"""What a search-and-read task tells the model: instructions and tools, in the language of its corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from environments.corpus import Corpus
from environments.environment import ToolError
from environments.index import SearchIndex
from environments.search_read import DEFAULT_HITS, MAX_HITS, MAX_QUERY, SearchRead

__all__ = ["WORDINGS", "WordedSearch", "Wording"]


@dataclass(frozen=True, slots=True)
class Wording:
    """`search` and `read` describe the tools; `query`, `k` and `id` their arguments; `unknown` names a missing id."""

    system: str
    search: str
    read: str
    query: str
    k: str
    id: str
    unknown: str

    def tools(self) -> list[dict[str, Any]]:
        query = {"type": "string", "minLength": 1, "maxLength": MAX_QUERY, "description": self.query}
        k = {"type": "integer", "minimum": 1, "maximum": MAX_HITS, "description": self.k}
        section = {"type": "string", "minLength": 1, "maxLength": 120, "description": self.id}
        return [
            _tool("search", self.search, {"query": query, "k": k}, ["query"]),
            _tool("read", self.read, {"id": section}, ["id"]),
        ]


def _tool(name: str, description: str, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_ENGLISH = Wording(
    system=(
        "Answer the question from an encyclopedia that you can search. Use search to find articles and read to read "
        "them before you answer; most questions need two articles. Do not guess. End with a line "
        "Answer: followed by the shortest answer (a name, a date, yes or no)."
    ),
    search="Find articles. Returns id, title and opening of each, best first.",
    read="Read one article in full, by the id that search returned.",
    query="what to look for",
    k=f"how many articles; {DEFAULT_HITS} if left out",
    id="the article's id",
    unknown="there is no article {!r}; use an id that search returned",
)
_THAI = Wording(
    system=(
        "ตอบคำถามจากสารานุกรมที่ค้นได้ด้วยเครื่องมือ ใช้ search หาบทความ แล้วใช้ read อ่านก่อนตอบ "
        "คำถามส่วนใหญ่ต้องอ่านสองบทความ ห้ามเดา จบด้วยบรรทัด คำตอบ: ตามด้วยคำตอบที่สั้นที่สุด (ชื่อ วันที่ ใช่ หรือ ไม่ใช่)"
    ),
    search="ค้นหาบทความ ได้รหัส ชื่อ และข้อความตอนต้น เรียงจากบทความที่ตรงที่สุด",
    read="อ่านบทความหนึ่งทั้งหมด ตามรหัสที่ได้จาก search",
    query="คำค้น",
    k=f"จำนวนบทความ ไม่ระบุคือ {DEFAULT_HITS}",
    id="รหัสของบทความ",
    unknown="ไม่มีบทความรหัส {!r} ให้ใช้รหัสที่ได้จาก search",
)
_LAW = Wording(
    system=(
        "ท่านเป็นผู้เชี่ยวชาญกฎหมายไทย ตอบคำถามจากตัวบทกฎหมายที่ค้นได้ด้วยเครื่องมือ ใช้ search หามาตราที่เกี่ยวข้อง "
        "แล้วใช้ read อ่านตัวบทเต็มก่อนตอบ ห้ามเดา ตอบด้วยข้อสรุปที่ชัดเจน พร้อมเงื่อนไขหรือโทษที่เกี่ยวข้อง"
    ),
    search="ค้นหามาตราที่ตรงกับคำค้น ได้รหัส ชื่อกฎหมายกับเลขมาตรา และข้อความตอนต้น เรียงจากมาตราที่ตรงที่สุด",
    read="อ่านตัวบทเต็มของมาตราหนึ่ง ตามรหัสที่ได้จาก search",
    query="คำค้นภาษาไทย",
    k=f"จำนวนมาตรา ไม่ระบุคือ {DEFAULT_HITS}",
    id="รหัสของมาตรา",
    unknown="ไม่มีมาตรารหัส {!r} ให้ใช้รหัสที่ได้จาก search",
)
WORDINGS: Mapping[str, Wording] = {
    "hotpotqa_agent": _ENGLISH,
    "hotpotqa_th_agent": _THAI,
    "nitibench_ccl_agent": _LAW,
}


class WordedSearch(SearchRead):
    """The shipped environment in other words, over another corpus."""

    def __init__(self, wording: Wording, corpus: Corpus, index: SearchIndex) -> None:
        super().__init__(corpus, index)
        self.wording = wording

    def tools(self) -> list[dict[str, Any]]:
        return self.wording.tools()

    def system(self) -> str:
        return self.wording.system

    def call(self, tool_name: str, arguments: dict[str, Any]) -> Any:
        try:
            return super().call(tool_name, arguments)
        except ToolError as exc:
            raise ToolError(exc.code, self.wording.unknown.format(arguments.get("id"))) from exc
