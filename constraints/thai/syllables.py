"""How a Thai text is read, in syllables: every reading that two syllable engines and the spelling allow.

Where both word engines cut, two syllable engines of PyThaiNLP cut further ("dict", a syllable dictionary, and
"han_solo", a CRF); each piece is read by the rules of spelling, words in `irregular` as listed. Where the engines or the rules leave more than one
reading, all are returned, and a verdict must hold for each: else it is UNDECIDED. A word that is
learned by heart (ราชการ: ราด-ชะ-กาน) and not listed has both readings, with and without the linking vowel.
Text in other scripts, digits and abbreviations have no reading here.

>>> [len(reading) for reading in readings("ขนมไทยอร่อยจริง ๆ") or ()]
[7]
>>> readings("HTML") is None
True
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache

import regex
from pythainlp.tokenize import syllable_tokenize

from constraints.segment import ENGINES as WORD_ENGINES
from constraints.segment import tokens
from constraints.thai.irregular import IRREGULAR, NEVER_LINKING
from constraints.thai.spelling import FINAL_SOUNDS, Reading, Syllable, spellings

__all__ = ["MOST_READINGS", "endings", "fewest_syllables", "readings"]

MOST_READINGS = 24
"""Above this number of readings a piece of text counts as unreadable."""

_MOST_MERGED = 5
_MOST_REPEATS = 4
_LONGEST_NAME = 60
_FAR = 120  # letters back from the end, where one syllable is asked for
_ENGINES = ("dict", "han_solo")
_THAI = "[ก-ฮะ-ฺเ-์]"
_PART = regex.compile(rf"{_THAI}+|[[\p{{L}}\p{{N}}\p{{M}}]--{_THAI}]+", regex.V1)
_THAI_ONLY = regex.compile(f"{_THAI}+")
# Finals of Indic words, which a linking vowel can follow: รัฐบาล รัด-ถะ-บาน.
_LINKING = regex.compile("(?<=.)(?:รรม|[ขคจชฌญฎฏฐฑฒณตถทธปพภรลศษส])$")
_FIRST_CONSONANT = regex.compile("[เ-ไ]?([ก-ฮ])")
# A final and an initial of one row are a doubled consonant, with nothing between: ปัญญา, วัตถุ, อิทธิ.
_DOUBLED = ("จฉชซญ", "ฎฏฐฑฒณษ", "ดตถทธ", "บปพภ", "สศ", "คขฆ", "ลฬ")


@lru_cache(maxsize=8192)
def readings(text: str) -> tuple[Reading, ...] | None:
    """All readings of a line or a วรรค; None where some of it cannot be read."""
    found: dict[Reading, None] = {}
    for written in _with_repeats(text):
        read = _readings(written)
        if read is None:
            return None
        found.update(dict.fromkeys(filter(None, read)))
    return tuple(found) or None


@lru_cache(maxsize=8192)
def fewest_syllables(text: str) -> int:
    """A lower bound that any text has: what cannot be read counts one, an unwritten อะ nothing."""
    words = itertools.chain.from_iterable(_options(part) for part in _PART.findall(text))
    return sum(min(map(_written_vowels, options), default=1) for options in words)


def _written_vowels(reading: Reading) -> int:
    return sum(not syllable.implied for syllable in reading)


def _readings(text: str) -> list[Reading] | None:
    found: list[Reading] = [()]
    for part in _PART.findall(text):
        for options in _options(part):
            found = [before + option for before in found for option in options][: MOST_READINGS + 1]
            if not options or len(found) > MOST_READINGS:
                return None
    return found


def _options(part: str) -> list[tuple[Reading, ...]]:
    """The readings of each word; of the whole part where a word cannot be read, as the end of a foreign name."""
    if not _THAI_ONLY.fullmatch(part):
        return [()]  # one word without a reading
    options = [_word_readings(word) for word in _with_listed(tuple(_words(part)))]
    return options if all(options) or len(part) > _LONGEST_NAME else [_word_readings(part)]


@lru_cache(maxsize=8192)
def endings(text: str) -> tuple[Syllable, ...] | None:
    """All readings of the last syllable alone; None where it cannot be read."""
    found: dict[Syllable, None] = {}
    for written in _with_repeats(text[-_FAR:]):
        parts = _PART.findall(written)
        if not parts:
            return None
        found.update(dict.fromkeys(reading[-1] for reading in _options(parts[-1])[-1]))
    return tuple(found) or None


def _with_repeats(text: str) -> tuple[str, ...]:
    """ๆ written out: the word before it once more, or only that word's last syllable (สบายใจจริง ๆ)."""
    place = text.find("ๆ")
    if place < 0 or text.count("ๆ") > _MOST_REPEATS:
        return (text,) if place < 0 else ()
    before, after = text[:place].rstrip(), text[place + 1 :]
    word = tokens(before, "newmm")[-1] if before else ""
    repeated = dict.fromkeys((word, *_pieces(word, _ENGINES[0])[-1:]))
    written = (f"{before} {again} {after}" for again in repeated)
    return tuple(itertools.chain.from_iterable(_with_repeats(text) for text in written))


def _words(part: str) -> Iterator[str]:
    """The pieces at whose ends both word engines cut."""
    cuts = ({0, *itertools.accumulate(map(len, tokens(part, engine)))} for engine in WORD_ENGINES)
    for start, end in itertools.pairwise(sorted(set.intersection(*cuts))):
        yield part[start:end]


@lru_cache(maxsize=16384)
def _pieces(word: str, engine: str) -> tuple[str, ...]:
    return tuple(syllable_tokenize(word, engine=engine))


@lru_cache(maxsize=16384)
def _word_readings(word: str) -> tuple[Reading, ...]:
    listed = _listed(word)
    if listed:
        return listed
    cuts = dict.fromkeys(_pieces(word, engine) for engine in _ENGINES)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(_joined(pieces) for pieces in cuts)))


@lru_cache(maxsize=4096)
def _listed(word: str) -> tuple[Reading, ...]:
    """The readings written down for an irregular word."""
    return tuple(_respelled(reading, word) for reading in IRREGULAR.get(word, ()))


def _respelled(reading: str, word: str) -> Reading:
    """`มะ-หา` as syllables; an อะ that the word itself does not write is implied."""
    found = []
    for written in reading.split("-"):
        width = 2 if "ฺ" in written else 0
        syllable = max(spellings(written.replace("ฺ", "")), key=lambda option: len(option[0].initial) == width)[0]
        found.append(syllable._replace(implied="ะ" not in word and syllable.rime == ("ะ", False, "")))
    return tuple(found)


def _joined(pieces: tuple[str, ...]) -> Iterator[Reading]:
    options = []
    pieces = tuple(part for piece in _with_listed(pieces) for part in _regular_parts(piece))
    for piece, following in itertools.zip_longest(pieces, pieces[1:], fillvalue=""):
        plain = _listed(piece) or spellings(piece)
        linked = tuple((*reading, _link(piece)) for reading in plain if _may_link(piece, reading, following))
        options.append(plain + linked)
    for combination in itertools.islice(itertools.product(*options), MOST_READINGS + 1):
        yield tuple(itertools.chain.from_iterable(combination))


def _with_listed(pieces: tuple[str, ...]) -> Iterator[str]:
    """The pieces, those that make up a listed word put together again (รถ|จักรยาน|ยนต์)."""
    start = 0
    while start < len(pieces):
        ends = range(min(start + _MOST_MERGED, len(pieces)), start, -1)
        end = next((end for end in ends if "".join(pieces[start:end]) in IRREGULAR), start + 1)
        yield "".join(pieces[start:end])
        start = end


def _regular_parts(piece: str) -> tuple[str, ...]:
    """A piece of several regular syllables cut into them, where there is one way to do so."""
    found = spellings(piece)
    if piece in IRREGULAR or len(found) != 1:
        return (piece,)
    (reading,) = found
    parts = tuple(syllable.written for syllable in reading)
    return parts if "".join(parts) == piece and not any(syllable.implied for syllable in reading) else (piece,)


def _may_link(piece: str, reading: Reading, following: str) -> bool:
    """Whether an unlisted word may be read with an อะ between two of its pieces."""
    if piece in NEVER_LINKING or piece.endswith("รร") or not _LINKING.search(piece):
        return False
    if reading[-1].final != FINAL_SOUNDS[piece[-1]] and piece[-2] not in FINAL_SOUNDS:  # no final at all: ไป, โล
        return False
    begins = _FIRST_CONSONANT.match(following)
    return begins is not None and not any(piece[-1] in row and begins.group(1) in row for row in _DOUBLED)


def _link(piece: str) -> Syllable:
    return Syllable(piece[-1], "ะ", False, "", "", piece[-1], True)
