"""A user's corpus: what is wrong is named with its line and field, and what is right has one hash."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from environments import corpus as corpus_module
from environments.corpus import MAX_ID, MAX_TEXT, MAX_TITLE, Corpus, CorpusError

GOOD = {"id": "1", "title": "แผง", "text": "ค่าแผง 34 บาท"}


def file(tmp_path, *lines):
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "line 2: is no JSON"),
        (b"[" * 100_000, "line 2: is no JSON"),
        (b"[]", "line 2: must be an object, not list"),
        (b'{"id": "\xff"}', "line 2: is not UTF-8"),
        ({"title": "a", "text": "b"}, "line 2: has no `id`"),
        ({"id": "2", "text": "b"}, "line 2: has no `title`"),
        ({"id": "2", "title": "a"}, "line 2: has no `text`"),
        ({"id": 2, "title": "a", "text": "b"}, "`id` must be a text, not int"),
        ({"id": "2", "title": None, "text": "b"}, "`title` must be a text"),
        ({"id": "2", "title": "a", "text": " "}, "`text` is empty"),
        ({"id": " 2", "title": "a", "text": "b"}, "`id` ' 2' has white space"),
        ({"id": "2", "title": "a", "text": "b\x00"}, r"`text` holds the control character U\+0000"),
        ({"id": "2", "title": "a\ud800", "text": "b"}, r"`title` holds the control character U\+D800"),
        ({"id": "2" * (MAX_ID + 1), "title": "a", "text": "b"}, "`id` has 121 characters"),
        ({"id": "2", "title": "a" * (MAX_TITLE + 1), "text": "b"}, "`title` has 501 characters"),
        ({"id": "2", "title": "a", "text": "b" * (MAX_TEXT + 1)}, "`text` has 200,001 characters"),
        ({**GOOD, "title": "other"}, "line 2: id '1' is line 1's"),
        ({**GOOD, "id": "2"}, r"line 2: '2' has the title and text of '1' \(line 1\)"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_field(tmp_path, line, message):
    path = file(tmp_path, GOOD, line)
    with pytest.raises(CorpusError, match=message) as caught:
        Corpus.from_file(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_or_empty_is_named(tmp_path):
    with pytest.raises(CorpusError, match="No such file"):
        Corpus.from_file(tmp_path / "none.jsonl")
    with pytest.raises(CorpusError, match="holds no section"):
        Corpus.from_file(file(tmp_path, b"", b"  "))
    with pytest.raises(CorpusError, match="directory"):
        Corpus.from_file(tmp_path)


def test_a_file_over_the_limit_is_not_read(tmp_path, monkeypatch):
    path = file(tmp_path, {**GOOD, "text": "ก" * 100_000})
    monkeypatch.setattr(corpus_module, "MAX_BYTES", 1_000)
    tracemalloc.start()
    with pytest.raises(CorpusError, match="split the corpus"):
        Corpus.from_file(path)
    assert tracemalloc.get_traced_memory()[1] < 50_000
    tracemalloc.stop()


def test_the_hash_is_of_the_content(tmp_path):
    one = Corpus.from_file(file(tmp_path, GOOD, {**GOOD, "id": "2", "text": "x", "chapter": 3}))
    turned = b"\xef\xbb\xbf" + json.dumps(dict(reversed(GOOD.items())), ensure_ascii=False).encode() + b"\r"
    other = Corpus.from_file(file(tmp_path, turned, b"", {"chapter": 3, **GOOD, "id": "2", "text": "x"}))
    assert one.sha256 == other.sha256
    assert one.sections == other.sections
    assert one.sha256 != Corpus.from_file(file(tmp_path, GOOD)).sha256
    changed = Corpus.from_file(file(tmp_path, GOOD, {**GOOD, "id": "2", "text": "x", "chapter": 4}))
    assert changed.sha256 != one.sha256


def test_documents_are_title_and_text():
    assert Corpus.from_lines([json.dumps(GOOD)]).documents() == ["แผง\n\nค่าแผง 34 บาท"]
