"""BM25 over Thai words: scores by the formula, one order, and nothing found that shares no word."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest

from environments.corpus import Corpus
from environments.index import Bm25Index, thai_words

TEXTS = [
    ("แมว", "แมวหนึ่งตัวกินปลาทู"),
    ("ปลา", "ปลาทูสองตัว ปลาช่อนสามตัว"),
    ("หมา", "หมากินข้าว"),
    ("หมา", "หมานอนหลับ"),
    ("ที่จอด", "Parking ชั้น ๔ ราคา ๓๕ บาท"),
]


@pytest.fixture(scope="module")
def corpus():
    return Corpus.from_lines(
        json.dumps({"id": str(number), "title": title, "text": text}) for number, (title, text) in enumerate(TEXTS)
    )


def by_formula(query):
    """Lucene's BM25, written out."""
    documents = [thai_words(f"{title}\n{text}") for title, text in TEXTS]
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for term in thai_words(query):
            holding = sum(term in other for other in documents)
            if holding:
                idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
                times = document.count(term)
                score += idf * times / (times + 1.5 * (1 - 0.75 + 0.75 * len(document) / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize("query", ["ปลาทู", "แมวกินปลา", "หมาสามตัว", "ปลา ปลา", "ข้าวราคา 35 บาท"])
def test_scores_are_those_of_the_formula(corpus, query):
    expected = by_formula(query)
    found = {int(hit.section.id): hit.score for hit in Bm25Index(corpus).search(query, 10)}
    assert found == pytest.approx({place: score for place, score in enumerate(expected) if score > 0})
    assert list(found) == sorted(found, key=lambda place: (-expected[place], place))


def test_ties_are_in_the_order_of_the_corpus(corpus):
    index = Bm25Index(corpus)
    assert [hit.section.id for hit in index.search("หมา", 5)] == ["2", "3"]
    turned = Corpus(tuple(reversed(corpus.sections)))
    assert [hit.section.id for hit in Bm25Index(turned).search("หมา", 5)] == ["3", "2"]


@pytest.mark.parametrize("query", ["ช้าง", "", "   ", "?!", "🐈", "ๆ" * 10])
def test_nothing_in_common_finds_nothing(corpus, query):
    assert Bm25Index(corpus).search(query, 5) == []


def test_thai_digits_and_capitals_make_no_difference(corpus):
    index = Bm25Index(corpus)
    assert [hit.section.id for hit in index.search("35", 5)] == ["4"]
    assert index.search("35 PARKING", 5) == index.search("๓๕ parking", 5)


def test_at_most_k(corpus):
    index = Bm25Index(corpus)
    assert [len(index.search("ปลาหมาแมว", k)) for k in (0, 1, 3, 99)] == [0, 1, 3, 4]


def test_a_corpus_without_words_is_searched_all_the_same():
    corpus = Corpus.from_lines(['{"id": "1", "title": "?", "text": "!"}'])
    assert Bm25Index(corpus).search("แมว", 3) == []


def test_another_process_with_another_hash_seed_gives_the_same_bytes():
    code = (
        "from environments.municipal import municipal_code; from environments.index import Bm25Index\n"
        "hits = Bm25Index(municipal_code()).search('ค่าธรรมเนียมแผงตลาด', 50)\n"
        "print([(hit.section.id, hit.score.hex()) for hit in hits])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().count(b"0x") > 20


def test_a_users_own_words_are_used(corpus):
    index = Bm25Index(corpus, words=lambda text: text.lower().split())
    assert [hit.section.id for hit in index.search("parking", 5)] == ["4"]
    assert index.search("ปลาทู", 5) == []
