"""Which sections of a corpus fit a query: BM25 over Thai words.

Lucene's BM25 by bm25s (k1 1.5, b 0.75, in float64), over the words of constraints.segment. Sections with equal scores
come in the corpus' order, and one that shares no word with the query is not found at all, so that a query has one
answer whatever the machine. Embeddings are not covered: an index over them is a class with the same `search`.

>>> from environments.corpus import Corpus
>>> lines = '{"id": "1", "title": "แมว", "text": "แมวหนึ่งตัว"}', '{"id": "2", "title": "ปลา", "text": "ปลาทู"}'
>>> corpus = Corpus.from_lines(lines)
>>> [(hit.section.id, hit.score > 0) for hit in Bm25Index(corpus).search("ปลา ๒ ตัว", 5)]
[('2', True), ('1', True)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import bm25s
import numpy as np

from constraints import normalise
from constraints.segment import words
from constraints.text import arabic_digits
from environments.corpus import Corpus, Section

__all__ = ["Bm25Index", "Hit", "SearchIndex", "Words", "thai_words"]

Words = Callable[[str], Sequence[str]]
"""Text -> the terms that are counted. A corpus in another language brings its own."""

_K1, _B = 1.5, 0.75
_ENGINE = "nlpo3"  # same dictionary as newmm, ten times as fast


@dataclass(frozen=True, slots=True)
class Hit:
    section: Section
    score: float


class SearchIndex(Protocol):
    """What `search` of an environment asks: the best first, at most `k`."""

    def search(self, query: str, k: int) -> list[Hit]: ...


def thai_words(text: str) -> Sequence[str]:
    """Thai words, Latin words in lower case, numbers with Arabic digits; no white space and no marks."""
    return words(arabic_digits(normalise(text)).lower(), _ENGINE)


class Bm25Index:
    """BM25 over title and text together. `words`: how a text is cut into terms."""

    def __init__(self, corpus: Corpus, words: Words = thai_words) -> None:
        self.corpus, self.words = corpus, words
        terms = [list(words(f"{section.title}\n{section.text}")) for section in corpus.sections]
        self._empty = not any(terms)
        self._bm25 = bm25s.BM25(k1=_K1, b=_B, method="lucene", dtype="float64", backend="numpy")
        if not self._empty:
            self._bm25.index(terms, show_progress=False)

    def search(self, query: str, k: int) -> list[Hit]:
        """At most `k` sections that share a word with the query; ties in the corpus' order."""
        known = [term for term in self.words(query) if term in self._bm25.vocab_dict] if not self._empty else []
        if not known or k < 1:
            return []
        scores = self._bm25.get_scores(known)
        best = np.argsort(-scores, kind="stable")[:k]
        return [Hit(self.corpus.sections[place], float(scores[place])) for place in best if scores[place] > 0]
