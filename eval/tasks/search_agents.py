"""`hotpotqa_agent`, `hotpotqa_th_agent`, `nitibench_ccl_agent`: questions answered with `search` and `read`.

The corpus is the data set's own, indexed in this process by BM25: all paragraphs of HotpotQA's distractor questions
(Yang et al. 2018), so that each question has thousands of distractors in place of ten; all sections of law that
NitiBench CCL names. `grounded`: after a search, everything that the answer rests on was read. HotpotQA is scored as
its authors do (exact match and F1 of what stands behind Answer:), NitiBench by the judge. Typhoon-S searched with
embeddings, and NitiBench's statutes with more laws beside them: its numbers are of another search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import regex

from datagen.record import Message, canonical_json
from environments.corpus import MAX_TITLE, Corpus, Section
from environments.index import Bm25Index, thai_words
from eval.errors import TaskDataError
from eval.judging import GUIDELINE, judged_right
from eval.task import About, Ask, Item, Judge, Marked, Marks, Metric, Transcript
from eval.tasks.agent import grounded, played, reply_of, steps_metric
from eval.tasks.data_sets import HubData, field_of, rows_of
from eval.tasks.judged import NITIBENCH
from eval.tasks.search_wording import WORDINGS, WordedSearch
from eval.tasks.short_answers import exact, overlap, told_answer

__all__ = ["HotpotAgent", "NitiBenchAgent", "task"]

# Revision as public evaluations pin it, licence by its card.
_HOTPOT = HubData(
    "hotpotqa/hotpot_qa", "validation", "CC-BY-SA-4.0", "1908d6afbbead072334abe2965f91bd2709910ab", "distractor"
)
_NO_THAI = HubData("no public translation known; needs a file", "validation", "its own")
_TITLES = {
    "hotpotqa_agent": "HotpotQA with search and read over its paragraphs",
    "hotpotqa_th_agent": "HotpotQA in Thai with search and read",
    "nitibench_ccl_agent": "NitiBench CCL with search and read over its sections of law",
}
_ENGLISH_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


class _Agent:
    """What both have: items over an index that is built once, when the data is read."""

    about: About

    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        self.name, self.data, self.file = name, data, file
        self.wording = WORDINGS[name]

    @cached_property
    def rows(self) -> list[tuple[str, Mapping[str, Any]]]:
        return rows_of(self.data, self.file)

    @cached_property
    def environment(self) -> WordedSearch:
        sections = tuple(self.sections())
        if not sections:
            raise TaskDataError(f"{self.data.source(self.file)} holds no text to search")
        corpus = Corpus(sections)
        english = self.name == "hotpotqa_agent"
        return WordedSearch(self.wording, corpus, Bm25Index(corpus, _english_words if english else thai_words))

    def sections(self) -> Sequence[Section]:
        raise NotImplementedError

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        return await played(self.environment, item, ask)

    def _about(self, metrics: tuple[Metric, ...], **more: Any) -> About:
        return About(
            name=self.name,
            title=_TITLES[self.name],
            language="en" if self.name == "hotpotqa_agent" else "th",
            metrics=(*metrics, steps_metric()),
            source=self.data.hub if self.data == _NO_THAI and self.file is None else self.data.source(self.file),
            license=self.data.license,
            template=f"{self.wording.system}\n{canonical_json(self.wording.tools())}",
            max_tokens=1024,
            n={"hotpotqa_agent": 7405, "nitibench_ccl_agent": 3729}.get(self.name),
            tools=True,
            **more,
        )

    def _item(self, name: str, question: str, reference: Mapping[str, Any], group: str = "") -> Item:
        messages = (Message("system", self.wording.system), Message("user", question))
        return Item(name, messages, tuple(self.wording.tools()), reference, group=group)


class HotpotAgent(_Agent):
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        super().__init__(name, data, file)
        self.about = self._about(
            (
                Metric("right", "exact match of the answer, as HotpotQA compares it"),
                Metric("f1", "F1 of the answer's words", "mean"),
                Metric("grounded", "after a search, both supporting paragraphs were read"),
                Metric("right_and_grounded", "both: the answer was read, not known or guessed"),
            )
        )

    @cached_property
    def _ids(self) -> dict[tuple[str, str], str]:
        """(title, text) -> id of the paragraph, each once, in the order of the rows."""
        found: dict[tuple[str, str], str] = {}
        for place, row in self.rows:
            for paragraph in _paragraphs(place, row):
                found.setdefault(paragraph, f"p{len(found) + 1}")
        return found

    def sections(self) -> Sequence[Section]:
        return [Section(name, title[:MAX_TITLE], text) for (title, text), name in self._ids.items()]

    def items(self) -> Sequence[Item]:
        if self.file is None and self.data == _NO_THAI:
            raise TaskDataError(
                "hotpotqa_th_agent: no public Thai translation is known; give one with HotpotQA's columns "
                "(task_options: {hotpotqa_th_agent: {file: ROWS.jsonl}}, or hub and revision)"
            )
        found: dict[str, Item] = {}
        for place, row in self.rows:
            facts = _columns(field_of(row, "supporting_facts", place, (Mapping, list))).get("title", ())
            needed = {self._ids[each] for each in _paragraphs(place, row) if each[0] in set(facts)}
            if not needed:
                raise TaskDataError(f"{place}: none of the paragraphs has a title of `supporting_facts`")
            reference = {"answer": field_of(row, "answer", place).strip(), "sections": sorted(needed)}
            question, group = field_of(row, "question", place).strip(), str(row.get("type") or "")
            item = self._item(field_of(row, "id", place), question, reference, group)
            if item.id in found:
                raise TaskDataError(f"{place}: the id {item.id!r} was there before")
            found[item.id] = item
        _ = self.environment
        return list(found.values())

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        reply, reference = reply_of(transcript), item.reference
        said = told_answer(reply) if reply is not None else ""
        right, read = exact(said, reference["answer"]), grounded(reference["sections"], transcript)
        return {
            "right": float(right),
            "f1": overlap(said, reference["answer"]),
            "grounded": float(read),
            "right_and_grounded": float(right and read),
            "steps": float(len(transcript.answers)),
        }


class NitiBenchAgent(_Agent):
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        super().__init__(name, data, file)
        metrics = (
            Metric("right", "the judge finds that it says what the reference says"),
            Metric("grounded", "after a search, every section that the answer rests on was read"),
            Metric("right_and_grounded", "both: the answer was read, not known or guessed"),
        )
        self.about = self._about(metrics, judge=True, judge_template=GUIDELINE.sha256)

    @cached_property
    def _ids(self) -> dict[tuple[str, str], str]:
        """(title, text) -> id of the section; laws are named by several questions."""
        found: dict[tuple[str, str], str] = {}
        for place, row in self.rows:
            for column in ("relevant_laws", "reference_laws"):
                for section in _laws(place, row, column):
                    found.setdefault(section, f"s{len(found) + 1}")
        return found

    def sections(self) -> Sequence[Section]:
        return [Section(name, title[:MAX_TITLE], text) for (title, text), name in self._ids.items()]

    def items(self) -> Sequence[Item]:
        found = []
        for number, (place, row) in enumerate(self.rows):
            question, answer = field_of(row, "question", place).strip(), field_of(row, "answer", place).strip()
            needed = sorted(self._ids[section] for section in _laws(place, row, "relevant_laws"))
            if not needed:
                raise TaskDataError(f"{place}: column 'relevant_laws' names no section")
            found.append(self._item(f"{number:05d}", question, {"answer": answer, "sections": needed}))
        _ = self.environment
        return found

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marked:
        reply, reference = reply_of(transcript), item.reference
        right, facts = await judged_right(judge, item.messages[-1].content, reference["answer"], reply or "")
        read = grounded(reference["sections"], transcript)
        marks = {
            "right": right,
            "grounded": float(read),
            "right_and_grounded": right if read else 0.0,
            "steps": float(len(transcript.answers)),
        }
        return Marked(marks, facts)


def _paragraphs(place: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    context = _columns(field_of(row, "context", place, (Mapping, list)))
    titles, sentences = list(context.get("title", ())), list(context.get("sentences", ()))
    if not titles or len(titles) != len(sentences):
        raise TaskDataError(f"{place}: column 'context' has {len(titles)} titles and {len(sentences)} paragraphs")
    return [(str(title), "".join(text).strip()) for title, text in zip(titles, sentences, strict=True)]


def _columns(given: Any) -> Mapping[str, Sequence[Any]]:
    """A list of objects as an object of lists: which of the two a reader of Parquet makes depends on the reader."""
    if isinstance(given, Mapping):
        return given
    return {key: [each.get(key) for each in given] for each in given[:1] for key in each}


def _laws(place: str, row: Mapping[str, Any], column: str) -> list[tuple[str, str]]:
    """(name and number, text) of the sections in a column."""
    given = row.get(column)
    laws = [] if given is None else list(given)
    if not all(isinstance(law, Mapping) for law in laws):
        raise TaskDataError(f"{place}: column {column!r} must list objects with law_name, section_num, section_content")
    found = []
    for law in laws:
        text = str(law.get("section_content") or "").strip()
        if text:
            found.append((f"{law.get('law_name') or ''} มาตรา {law.get('section_num') or ''}".strip(), text))
    return found


def _english_words(text: str) -> list[str]:
    return _ENGLISH_WORD.findall(text.lower())


def task(name: str, file: str | None = None, hub: str | None = None, revision: str | None = None) -> _Agent:
    """`file`: a JSONL copy with the data set's own columns; `hub`, `revision`: another copy on the Hub."""
    if name == "nitibench_ccl_agent":
        return NitiBenchAgent(name, NITIBENCH.at(hub, revision), file)
    data = _HOTPOT if name == "hotpotqa_agent" else _NO_THAI
    return HotpotAgent(name, data.at(hub, revision), file)
