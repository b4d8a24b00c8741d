"""Thai words by two named engines, and the contract that says which.

`newmm` (PyThaiNLP) and `nlpo3` share one dictionary and agree on 98.3 % of paragraphs (THAI contract);
where a verdict depends on words, both are asked, and a disagreement is UNDECIDED. The only module that
imports pythainlp and nlpo3. Does not find sentences: Thai does not mark them.

>>> words("แมวกินปลา มาก ๆ!", "newmm")
('แมว', 'กิน', 'ปลา', 'มาก', 'ๆ')
"""

from __future__ import annotations

import hashlib
import threading
from functools import cache, lru_cache
from importlib import metadata
from importlib.resources import as_file, files

import nlpo3
import regex
from pythainlp.tokenize import word_tokenize

from constraints.text import NORMALISER_VERSION

__all__ = ["ENGINES", "graphemes", "is_word", "text_contract", "tokens", "words"]

ENGINES = ("newmm", "nlpo3")
_DICTIONARY = "words_th.txt"  # PyThaiNLP's word list, the one both engines use
_NLPO3_NAME = "typhoon-words-th"
_REMEMBERED_CHARACTERS = 4_000  # a thousand longer texts would fill the memory
# One token to both engines, but they take time that grows with the square of its length.
_ENDLESS_DIGITS = regex.compile(r"(\d{200,})")
_LOADING = threading.Lock()  # two threads of a server may ask for the first word at once
_WORD = regex.compile(r"[\p{L}\p{N}]")  # ๆ and ฯ are letters; a mark alone is not (the selector in ❤️ is one)


def tokens(text: str, engine: str) -> tuple[str, ...]:
    """Every token of `text` in order, white space and punctuation included: joined, they are `text`."""
    return (_remembered if len(text) <= _REMEMBERED_CHARACTERS else _tokens)(text, engine)


def _tokens(text: str, engine: str) -> tuple[str, ...]:
    pieces = _ENDLESS_DIGITS.split(text)
    if len(pieces) == 1:
        return _cut(text, engine)
    return tuple(
        token
        for number, piece in enumerate(pieces)
        for token in ((piece,) if number % 2 else _cut(piece, engine))  # every other piece is such a run
    )


def _cut(text: str, engine: str) -> tuple[str, ...]:
    if not text:
        return ()
    if engine == "newmm":
        return tuple(word_tokenize(text, engine="newmm", keep_whitespace=True))
    if engine == "nlpo3":
        _load_nlpo3()
        return tuple(nlpo3.segment(text, _NLPO3_NAME))
    raise ValueError(f"unknown word engine {engine!r}; known: {', '.join(ENGINES)}")


_remembered = lru_cache(maxsize=1024)(_tokens)


def words(text: str, engine: str) -> tuple[str, ...]:
    """The tokens that hold a letter or a digit: what a person would count."""
    return tuple(token.strip() for token in tokens(text, engine) if is_word(token))


@lru_cache(maxsize=65536)
def is_word(token: str) -> bool:
    """Whether a token is a word to a person: it holds a letter or a digit."""
    return _WORD.search(token) is not None


def graphemes(text: str) -> list[str]:
    """User-perceived characters (extended grapheme clusters, UAX 29).

    >>> graphemes("กี่คน")
    ['กี่', 'ค', 'น']
    """
    return regex.findall(r"\X", text)


@cache
def text_contract() -> dict[str, str]:
    """What a verdict depends on: stored with every row, compared by `verify`."""
    return {
        "normaliser": NORMALISER_VERSION,
        "newmm": metadata.version("pythainlp"),
        "nlpo3": metadata.version("nlpo3"),
        "langdetect": metadata.version("langdetect"),
        "crfsuite": metadata.version("python-crfsuite"),
        "unicode": metadata.version("regex"),
        "dictionary_sha256": _dictionary_hash(),
    }


def _load_nlpo3() -> None:
    with _LOADING:
        _load_nlpo3_once()


@cache
def _load_nlpo3_once() -> None:
    with as_file(files("pythainlp.corpus").joinpath(_DICTIONARY)) as path:
        message, loaded = nlpo3.load_dict(str(path), _NLPO3_NAME)
    assert loaded, message


def _dictionary_hash() -> str:
    return hashlib.sha256(files("pythainlp.corpus").joinpath(_DICTIONARY).read_bytes()).hexdigest()[:16]
