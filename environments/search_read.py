"""The shipped environment: `search` names sections of a corpus, `read` shows one.

`search` shows a section's opening, not what fits the query, so that an answer has to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from constraints.segment import graphemes
from constraints.text import arabic_digits
from environments.corpus import Corpus, Section
from environments.environment import Environment, ToolError
from environments.index import Bm25Index, SearchIndex

__all__ = [
    "DEFAULT_HITS",
    "MAX_HITS",
    "MAX_QUERY",
    "SNIPPET",
    "SearchRead",
    "search_result",
    "shipped_corpus",
    "snippet",
]

DEFAULT_HITS = 5
MAX_HITS = 10
MAX_QUERY = 300
SNIPPET = 80
"""Characters, as a person counts them, of a section's opening."""

_SYSTEM = (
    "ท่านเป็นเจ้าหน้าที่ตอบคำถามประชาชนจากประมวลข้อกำหนดที่ค้นได้ด้วยเครื่องมือเท่านั้น "
    "ให้ใช้ search หาข้อที่เกี่ยวข้อง แล้วใช้ read อ่านข้อความเต็มก่อนตอบเสมอ ห้ามเดา "
    "เมื่อได้คำตอบแล้วให้ตอบสั้น ๆ ในบรรทัดสุดท้ายว่า คำตอบ: ..."
)


class SearchRead(Environment):
    """Search and read over a corpus: a path to JSONL, "municipal_code" (the shipped one), or a Corpus.

    `index`: another SearchIndex over the same corpus; left out, BM25 with Thai words. `hits`: how many sections a
    search names unless the call says it.
    """

    stateless: ClassVar[bool] = True

    def __init__(
        self,
        corpus: str | Path | Corpus = "municipal_code",
        index: SearchIndex | None = None,
        hits: int = DEFAULT_HITS,
    ) -> None:
        if not 1 <= hits <= MAX_HITS:
            raise ValueError(f"hits ({hits}) must be 1 to {MAX_HITS}")
        self.hits = hits
        if isinstance(corpus, Corpus):
            self.corpus, self.index = corpus, index or Bm25Index(corpus)
        else:
            self.corpus, shared = _opened(str(corpus))
            self.index = index or shared

    def tools(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": description,
                    "parameters": {
                        "type": "object",
                        "properties": properties,
                        "required": required,
                        "additionalProperties": False,
                    },
                },
            }
            for name, description, properties, required in _tools(self.hits)
        ]

    def system(self) -> str:
        return _SYSTEM

    def reset(self, question: Mapping[str, Any]) -> str:
        return str(question["question"])

    def call(self, tool_name: str, arguments: dict[str, Any]) -> Any:
        if tool_name == "search":
            hits = self.index.search(arguments["query"], arguments.get("k", self.hits))
            return {"results": [search_result(hit.section) for hit in hits]}
        number = arguments["id"].strip()
        section = self.corpus.by_id.get(number) or self.corpus.by_id.get(arabic_digits(number))
        if section is None:
            raise ToolError("unknown_section", f"ไม่มีข้อรหัส {arguments['id']!r} ให้ใช้รหัสที่ได้จาก search")
        return {"id": section.id, "title": section.title, "text": section.text}


def _tools(hits: int) -> tuple[tuple[str, str, dict[str, Any], list[str]], ...]:
    return (
        (
            "search",
            "ค้นหาข้อที่ตรงกับคำค้น ได้รหัส ชื่อ และข้อความตอนต้นของแต่ละข้อ เรียงจากข้อที่ตรงที่สุด",
            {
                "query": {"type": "string", "minLength": 1, "maxLength": MAX_QUERY, "description": "คำค้นภาษาไทย"},
                "k": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_HITS,
                    "description": f"จำนวนข้อที่ต้องการ ไม่ระบุคือ {hits}",
                },
            },
            ["query"],
        ),
        (
            "read",
            "อ่านข้อความเต็มของข้อหนึ่งตามรหัสที่ได้จาก search",
            {"id": {"type": "string", "minLength": 1, "maxLength": 120, "description": "รหัสของข้อ"}},
            ["id"],
        ),
    )


def search_result(section: Section) -> dict[str, str]:
    """What `search` shows of a section."""
    return {"id": section.id, "title": section.title, "snippet": snippet(section)}


def snippet(section: Section) -> str:
    """The opening of the text, no letter torn from its marks."""
    letters = graphemes(" ".join(section.text[: SNIPPET * 8].split()))
    return "".join(letters) if len(letters) <= SNIPPET else "".join(letters[:SNIPPET]) + "…"


def shipped_corpus() -> Path:
    return Path(__file__).with_name("municipal_code") / "sections.jsonl"


@lru_cache(maxsize=4)
def _opened(corpus: str) -> tuple[Corpus, Bm25Index]:
    """Read and indexed once a process, whatever the number of its environments."""
    read = Corpus.from_file(shipped_corpus() if corpus == "municipal_code" else corpus)
    return read, Bm25Index(read)
