"""The 58 instructions of IFBench (arXiv 2507.02833), by their ids and kwargs.

Each check is written anew from the published behaviour (the repository's state of 2026). Checks that count words,
lines or marks serve Thai as well, on Thai words; those about English letters, parts of speech or sentences do not.
"""

from __future__ import annotations

import itertools
import re
import string
from collections import Counter

from constraints.compat import ifbench_custom, ifbench_layout
from constraints.compat.instruction import (
    ENGLISH_WORDS,
    LETTERS,
    NO_KWARGS,
    SENTENCES,
    Instruction,
    Kwargs,
    count,
    text,
)
from constraints.compat.reading import CannotTell, Reading, is_emoji, syllables
from constraints.compat.word_lists import NAMES, PRONOUNS, STOP_WORDS

__all__ = ["INSTRUCTIONS"]

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_MARKS = string.punctuation + " "
_CONJUNCTIONS = frozenset({"and", "but", "for", "nor", "or", "so", "yet"})
_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxyz")
_PRIMES = frozenset(n for n in range(2, 100) if all(n % d for d in range(2, n)))


def _bare(reading: Reading) -> list[str]:
    """Lower-case words without punctuation, as the checks on words have them."""
    if reading.engine:
        return [word.casefold() for word in reading.words]
    return reading.text.lower().translate(_NO_PUNCTUATION).split()


def _lexical(reading: Reading) -> list[str]:
    """Word tokens that hold a letter or a digit."""
    return [token for token in reading.tokens if any(character.isalnum() for character in token)]


# counts and ratios


def _word_range(reading: Reading, kw: Kwargs) -> bool:
    return kw["min_words"] <= len(reading.words) <= kw["max_words"]


def _unique_words(reading: Reading, kw: Kwargs) -> bool:
    return len({chunk.lower().strip(_MARKS) for chunk in reading.chunks}) >= kw["N"]


def _stop_words(reading: Reading, kw: Kwargs) -> bool:
    words = reading.words
    return bool(words) and sum(word.lower() in STOP_WORDS for word in words) / len(words) * 100 <= kw["percentage"]


def _ends(reading: Reading, mark: str) -> int:
    return sum(sentence.endswith(mark) for sentence in reading.sentences)


def _two_to_one(reading: Reading, kw: Kwargs) -> bool:
    return _ends(reading, ".") == 2 * _ends(reading, "?")


def _balanced_sentences(reading: Reading, kw: Kwargs) -> bool:
    return _ends(reading, ".") == _ends(reading, "?") == _ends(reading, "!")


def _conjunctions(reading: Reading, kw: Kwargs) -> bool:
    found = {chunk for chunk in reading.chunks if chunk.strip(_MARKS).lower() in _CONJUNCTIONS}
    return len({chunk.strip(_MARKS).lower() for chunk in found}) >= kw["small_n"]


def _person_names(reading: Reading, kw: Kwargs) -> bool:
    edges = (r"(?<!\w)", r"(?!\w)") if not reading.engine else (r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])")
    return sum(re.search(edges[0] + name + edges[1], reading.text) is not None for name in NAMES) >= kw["N"]


def _overlap(reading: Reading, kw: Kwargs) -> bool:
    ours, theirs = ({*zip(t, t[1:], t[2:])} for t in (reading.tokens, reading.part(kw["reference_text"]).tokens))  # noqa: B905
    if not ours:
        return False
    return kw["percentage"] - 2 <= len(ours & theirs) / len(ours) * 100 <= kw["percentage"] + 2


def _numbers(reading: Reading, kw: Kwargs) -> bool:
    return len(re.findall(r"\d+", reading.text.translate(_NO_PUNCTUATION))) == kw["N"]


def _punctuation_cover(reading: Reading, kw: Kwargs) -> bool:
    value = reading.text
    if "‽" not in value and not re.search(r"\?!|!\?", value):
        return False
    rest = value.replace("?!", "", 1) if "?!" in value else value.replace("!?", "", 1)
    return set(".,!?;:") <= set(rest)


def _pronouns(reading: Reading, kw: Kwargs) -> bool:
    tokens = reading.part(reading.text.lower().replace("/", " ")).tokens
    return sum(token in PRONOUNS for token in tokens) >= kw["N"]


def _japanese_words(reading: Reading, kw: Kwargs) -> bool:
    for chunk in reading.chunks[kw["N"] - 1 :: kw["N"]]:
        word = chunk.strip(_MARKS)
        if word and not word.isdigit() and not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", word):
            return False
    return True


def _keywords_multiple(reading: Reading, kw: Kwargs) -> bool:
    return all(
        reading.times_as_word(kw[f"keyword{number}"].strip()) == wanted
        for number, wanted in enumerate((1, 2, 3, 5, 7), start=1)
    )


# words


def _alphabet(reading: Reading, kw: Kwargs) -> bool:
    initials = [chunk[0].lower() for chunk in reading.text.translate(_NO_PUNCTUATION).split()]
    if not initials or initials[0] not in string.ascii_lowercase:
        return False
    start = ord(initials[0]) - ord("a")
    return all(initial == chr(ord("a") + (start + n) % 26) for n, initial in enumerate(initials))


def _three_vowels(reading: Reading, kw: Kwargs) -> bool:
    value = reading.text.strip().lower()
    return "\n" not in value and len(set(value) & set("aeiou")) <= 3


def _clusters(reading: Reading, kw: Kwargs) -> bool:
    return all(
        any(a in _CONSONANTS and b in _CONSONANTS for a, b in itertools.pairwise(word))
        for word in reading.text.lower().split()
    )


def _palindromes(reading: Reading, kw: Kwargs) -> bool:
    return sum(len(word) >= 5 and word == word[::-1] for word in _bare(reading)) >= 10


def _prime_lengths(reading: Reading, kw: Kwargs) -> bool:
    words = reading.words if reading.engine else reading.text.translate(_NO_PUNCTUATION).split()
    return all(len(word) in _PRIMES for word in words)


def _repeats(reading: Reading, kw: Kwargs) -> bool:
    return all(found <= kw["small_n"] for found in Counter(_bare(reading)).values())


def _syllable_parity(reading: Reading, kw: Kwargs) -> bool:
    parities = [syllables(word) % 2 for word in _bare(reading)]
    return all(a != b for a, b in itertools.pairwise(parities))


def _no_same_initials(reading: Reading, kw: Kwargs) -> bool:
    return all(a[0] != b[0] for a, b in itertools.pairwise(_bare(reading)))


def _paragraph_first_last(reading: Reading, kw: Kwargs) -> bool:
    for line in reading.text.split("\n"):
        words = reading.part(line.strip().lower().strip(_MARKS)).chunks
        if words and words[0] != words[-1]:
            return False
    return True


def _words_position(reading: Reading, kw: Kwargs) -> bool:
    words = [word.lower() for word in _lexical(reading)]
    return len(words) > 1 and words[1] == words[-2] == kw["keyword"].strip().lower()


def _starts_with_verb(reading: Reading, kw: Kwargs) -> bool:
    raise CannotTell("a part-of-speech tagger would have to guess")


# sentences


def _alliteration(reading: Reading, kw: Kwargs) -> bool:
    longest = -1
    for sentence in reading.sentences:
        words = [word for chunk in sentence.lower().split() if (word := chunk.lstrip(_MARKS))]
        same = [a[0] == b[0] for a, b in itertools.pairwise(words)]
        # a run of k alliterating neighbours is k + 1 words
        found = sum(same) + sum(1 for key, _ in itertools.groupby(same) if key)
        if found <= longest:
            return False
        longest = found
    return True


def _same_length_sentences(reading: Reading, kw: Kwargs) -> bool:
    sentences = reading.sentences
    words = _bare(reading.part(" ".join(sentences)))
    same = len({len(sentence.strip()) for sentence in sentences}) == 1
    return len(sentences) == 3 and same and len(words) == len(set(words))


def _sentence_keyword(reading: Reading, kw: Kwargs) -> bool:
    sentences = reading.sentences
    if len(sentences) < kw["N"]:
        return False
    return re.search(rf"(?<!\w){re.escape(kw['word'])}(?!\w)", sentences[kw["N"] - 1], re.IGNORECASE) is not None


def _last_first(reading: Reading, kw: Kwargs) -> bool:
    for before, after in itertools.pairwise(reading.sentences):
        last, first = before.rstrip(_MARKS).split(), after.lstrip(_MARKS).split()
        if not last or not first or last[-1].lower() != first[0].lower():
            return False
    return True


def _growing_sentences(reading: Reading, kw: Kwargs) -> bool:
    counts = [len(sentence.translate(_NO_PUNCTUATION).split()) for sentence in reading.sentences]
    return all(after == before + kw["small_n"] for before, after in itertools.pairwise(counts))


def _keyword_position(reading: Reading, kw: Kwargs) -> bool:
    sentences = reading.sentences
    if len(sentences) < kw["n"]:
        return False
    words = _lexical(reading.part(sentences[kw["n"] - 1]))
    return len(words) >= kw["m"] and words[kw["m"] - 1].lower() == kw["keyword"].strip().lower()


def _emoji_sentences(reading: Reading, kw: Kwargs) -> bool:
    bare = [sentence.translate(_NO_PUNCTUATION).strip() for sentence in reading.sentences]
    if not all(bare):
        return False
    for number, sentence in enumerate(bare):
        followed = number + 1 < len(bare) and is_emoji(bare[number + 1][0])
        if not is_emoji(sentence[-1]) and not is_emoji(sentence[-2:][0]) and not followed:
            return False
    return True


_N = {"N": count(1)}
_EDGES = "official: \\b around the keyword, which never finds C++; ours: no letter or digit beside it"
_SMALL_N = {"small_n": count()}
INSTRUCTIONS = (
    Instruction("count:word_count_range", {"min_words": count(), "max_words": count()}, _word_range),
    Instruction("count:unique_word_count", _N, _unique_words),
    Instruction("ratio:stop_words", {"percentage": count()}, _stop_words, thai=ENGLISH_WORDS),
    Instruction("ratio:sentence_type", NO_KWARGS, _two_to_one, thai=SENTENCES),
    Instruction("ratio:sentence_balance", NO_KWARGS, _balanced_sentences, thai=SENTENCES),
    Instruction("count:conjunctions", _SMALL_N, _conjunctions, thai=ENGLISH_WORDS,
                differs="official: and / And, / and; count as different conjunctions; ours: as one"),
    Instruction("count:person_names", _N, _person_names),
    Instruction("ratio:overlap", {"reference_text": text(), "percentage": count()}, _overlap),
    Instruction("count:numbers", _N, _numbers),
    Instruction("words:alphabet", NO_KWARGS, _alphabet, thai=LETTERS),
    Instruction("words:vowel", NO_KWARGS, _three_vowels, thai=LETTERS),
    Instruction("words:consonants", NO_KWARGS, _clusters, thai=LETTERS),
    Instruction("sentence:alliteration_increment", NO_KWARGS, _alliteration, thai=SENTENCES),
    Instruction("words:palindrome", NO_KWARGS, _palindromes),
    Instruction("count:punctuation", NO_KWARGS, _punctuation_cover),
    Instruction("words:prime_lengths", NO_KWARGS, _prime_lengths),
    Instruction("format:emoji", NO_KWARGS, _emoji_sentences, thai=SENTENCES),
    Instruction("ratio:sentence_words", NO_KWARGS, _same_length_sentences, thai=SENTENCES),
    Instruction("count:words_japanese", _N, _japanese_words),
    Instruction("words:start_verb", NO_KWARGS, _starts_with_verb,
                differs="official: a statistical tagger guesses; ours: UNDECIDED"),
    Instruction("words:repeats", _SMALL_N, _repeats),
    Instruction("sentence:keyword", {"word": text(), **_N}, _sentence_keyword, thai=SENTENCES, differs=_EDGES),
    Instruction("count:pronouns", _N, _pronouns, thai=ENGLISH_WORDS),
    Instruction("words:odd_even_syllables", NO_KWARGS, _syllable_parity, thai="syllables of Thai words are counted by poetry.*"),
    Instruction("words:last_first", NO_KWARGS, _last_first, thai=SENTENCES),
    Instruction("words:paragraph_last_first", NO_KWARGS, _paragraph_first_last),
    Instruction("sentence:increment", _SMALL_N, _growing_sentences, thai=SENTENCES),
    Instruction("words:no_consecutive", NO_KWARGS, _no_same_initials),
    Instruction("count:keywords_multiple", {f"keyword{n}": text() for n in range(1, 6)}, _keywords_multiple,
                differs=_EDGES),
    Instruction("words:keywords_specific_position", {"keyword": text(), "n": count(1), "m": count(1)}, _keyword_position,
                thai=SENTENCES),
    Instruction("words:words_position", {"keyword": text()}, _words_position),
    *ifbench_layout.INSTRUCTIONS,
    *ifbench_custom.INSTRUCTIONS,
)  # fmt: skip
