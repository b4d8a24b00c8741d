"""Which earlier text a text repeats: word for word, or with small edits.

Texts are compared as sets of character 5-grams of what is left after normalising (case, white space, punctuation and
the form of digits aside). Word n-grams would be blind here: Thai has no blanks between words. MinHash proposes pairs,
the exact Jaccard index of the two sets decides, so a match is never an estimate and can state its number.

Covers edits of letters and words, sentences added or moved. Does not cover paraphrase or translation: those share few
5-grams. Trade-off: MinHash proposes at least 99 of 100 pairs exactly at the threshold, and more above it. The state is
in a temporary SQLite file, not in memory: 1.0 kB a row of 143 Thai characters at 2,900 rows/s, while memory grows by
8 MB in all at 50,000 rows. Answers of one template, two thirds alike, are slow: 440 rows/s at 3,000 rows and fewer as
they grow (benchmarks/near_duplicates.py).
"""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import regex
from rensa import RMinHash  # pyright: ignore[reportAttributeAccessIssue]  (compiled, no stubs)

from constraints import normalise
from constraints.text import arabic_digits
from datagen.temporary_store import kept_store, storing, temporary_store

__all__ = [
    "GRAM",
    "Bands",
    "Match",
    "Print",
    "SeenTexts",
    "bands_for",
    "grams_of",
    "jaccard",
    "kept_store",
    "print_of",
    "squeeze",
]

GRAM = 5
_PERMUTATIONS = 128
_SEED = 1  # of the hash family; a constant, so that a resumed build proposes the same pairs
_PROPOSED_AT_THRESHOLD, _PROPOSED_FAR_BELOW = 0.99, 0.01
_FAR = 0.65  # of the threshold
_ROUNDING = 1e-9
_NOT_TEXT = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_TABLES = """
CREATE TABLE IF NOT EXISTS seen (row INTEGER PRIMARY KEY, name TEXT, digest BLOB, text TEXT, grams INTEGER);
CREATE INDEX IF NOT EXISTS seen_digest ON seen (digest);
CREATE TABLE IF NOT EXISTS band (key INTEGER, row INTEGER, PRIMARY KEY (key, row)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Match:
    """The earlier text `name`; `exact` where nothing but blanks and punctuation differ."""

    name: str
    jaccard: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Bands:
    """A signature cut into `count` bands of `rows` values; a pair that shares `shared` bands is compared."""

    count: int
    rows: int
    shared: int


@dataclass(frozen=True, slots=True)
class Print:
    """What a text is compared by: squeezed, its hash, its 5-grams and the keys of its bands."""

    text: str
    digest: bytes
    grams: frozenset[str]
    bands: tuple[int, ...]


class SeenTexts:
    """Texts by name. Without a threshold (None or 0) only exact repetition counts and 5-grams cost nothing."""

    def __init__(self, threshold: float | None, file: Path | None = None) -> None:
        self.threshold = threshold or None
        self._bands = bands_for(self.threshold) if self.threshold else None
        self._db = kept_store(file, _TABLES) if file else temporary_store(_TABLES)

    def find(self, text: str) -> Match | None:
        """The closest text added so far; of equally close ones the first."""
        return self._find(print_of(text, self._bands))

    def add(self, name: str, text: str) -> None:
        self._add(name, print_of(text, self._bands))

    def find_or_add(self, name: str, text: str) -> Match | None:
        """What `text` repeats; where it repeats nothing it is added."""
        printed = print_of(text, self._bands)
        match = self._find(printed)
        if match is None:
            self._add(name, printed)
        return match

    def state(self) -> int:
        """The number of texts added so far, all of them written to the file."""
        with storing():
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")
            return self._rows()

    def restore(self, rows: int) -> None:
        """Forgets what was added after the first `rows` texts.

        Raises:
            ValueError: there are fewer.
        """
        with storing():
            if self._rows() < rows:
                raise ValueError(f"{self._rows()} texts are kept, {rows} wanted")
            if self._rows() > rows:
                self._db.execute("DELETE FROM seen WHERE row > ?", (rows,))
                self._db.execute("DELETE FROM band WHERE row > ?", (rows,))

    def close(self) -> None:
        self._db.close()

    def _rows(self) -> int:
        return self._db.execute("SELECT COALESCE(MAX(row), 0) FROM seen").fetchone()[0]

    @property
    def stored_bytes(self) -> int:
        """Bytes of the temporary file."""
        return self._db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]

    def _find(self, printed: Print) -> Match | None:
        with storing():
            same = self._db.execute(
                "SELECT name FROM seen WHERE digest = ? ORDER BY row LIMIT 1", (printed.digest,)
            ).fetchone()
            if same:
                return Match(same[0], 1.0, exact=True)
            return self._nearest(printed) if self.threshold and printed.grams else None

    def _nearest(self, printed: Print) -> Match | None:
        assert self.threshold
        assert self._bands
        size, marks = len(printed.grams), ",".join("?" * len(printed.bands))
        # Sets whose sizes differ by more than the threshold cannot reach it.
        bounds = (size * self.threshold - _ROUNDING, size / self.threshold + _ROUNDING)
        proposed = self._db.execute(
            f"SELECT name, text FROM seen WHERE row IN "
            f"(SELECT row FROM band WHERE key IN ({marks}) GROUP BY row HAVING COUNT(*) >= ?) "
            "AND grams BETWEEN ? AND ? ORDER BY row",
            (*printed.bands, self._bands.shared, *bounds),
        )
        nearest: Match | None = None
        for name, text in proposed:
            similarity = jaccard(printed.grams, grams_of(text))
            if similarity >= self.threshold and (nearest is None or similarity > nearest.jaccard):
                nearest = Match(name, similarity, exact=False)
        return nearest

    def _add(self, name: str, printed: Print) -> None:
        with storing():
            row = self._db.execute(
                "INSERT INTO seen (name, digest, text, grams) VALUES (?, ?, ?, ?)",
                (name, printed.digest, printed.text, len(printed.grams)),
            ).lastrowid
            keys = ((key, row) for key in set(printed.bands))
            self._db.executemany("INSERT INTO band (key, row) VALUES (?, ?)", keys)


def print_of(text: str, bands: Bands | None) -> Print:
    """The print of `text`; without bands only its hash counts."""
    text = squeeze(text)
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    if bands is None:
        return Print("", digest, frozenset(), ())
    grams = grams_of(text)
    return Print(text, digest, grams, _band_keys(grams, bands))


def squeeze(text: str) -> str:
    """Letters, marks and digits only, in one form.

    >>> squeeze("มี ๓ ข้อ, ดังนี้!") == squeeze("มี 3 ข้อดังนี้")
    True
    """
    return _NOT_TEXT.sub("", arabic_digits(normalise(text)).casefold())


def grams_of(squeezed: str, size: int = GRAM) -> frozenset[str]:
    """All runs of `size` characters; a shorter text is one run, an empty one has none.

    >>> sorted(grams_of("abcdefg")), sorted(grams_of("abc")), len(grams_of(""))
    (['abcde', 'bcdef', 'cdefg'], ['abc'], 0)
    """
    if not squeezed:
        return frozenset()
    return frozenset(squeezed[start : start + size] for start in range(max(1, len(squeezed) - size + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared members as a share of all; 0 where both are empty."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if one or other else 0.0


def bands_for(threshold: float) -> Bands:
    """The longest bands that propose 99 of 100 pairs exactly at the threshold and 1 of 100 far below it.

    Rajaraman and Ullman, Mining of Massive Datasets, 3.4: a band of r values is shared with probability J^r. To ask for
    several shared bands instead of one keeps answers of one template, alike in a half, from being compared one by one:
    at 0.8 a pair of index 0.52 is proposed in 0.7 % of the cases, with one band of six it would be 34 %.
    Where no bands do both (thresholds below 0.62), bands of two propose too much rather than too little.

    >>> bands_for(0.8), bands_for(0.5)
    (Bands(count=32, rows=4, shared=7), Bands(count=64, rows=2, shared=8))
    """
    for rows in range(_PERMUTATIONS, 0, -1):
        count = _PERMUTATIONS // rows
        shared = max(
            (m for m in range(1, count + 1) if _at_least(m, count, threshold**rows) >= _PROPOSED_AT_THRESHOLD),
            default=0,
        )
        if shared and (rows <= 2 or _at_least(shared, count, (_FAR * threshold) ** rows) <= _PROPOSED_FAR_BELOW):
            return Bands(count, rows, shared)
    return Bands(_PERMUTATIONS, 1, 1)


def _at_least(shared: int, count: int, chance: float) -> float:
    """The binomial probability of `shared` or more of `count` bands."""
    return 1 - sum(math.comb(count, k) * chance**k * (1 - chance) ** (count - k) for k in range(shared))


def _band_keys(grams: frozenset[str], bands: Bands) -> tuple[int, ...]:
    """One 64-bit key a band; equal keys propose a pair."""
    minhash = RMinHash(_PERMUTATIONS, _SEED)
    minhash.update(list(grams))
    signature = minhash.digest()
    keys = []
    for band in range(bands.count):
        part = struct.pack(f"<I{bands.rows}I", band, *signature[band * bands.rows : (band + 1) * bands.rows])
        keys.append(int.from_bytes(hashlib.blake2b(part, digest_size=8).digest(), signed=True))
    return tuple(keys)
