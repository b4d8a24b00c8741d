"""Parts of a prompt that no translator may touch: code, addresses, placeholders, formulas, quoted keywords.

Each is replaced by a token that carries its kind and its number, `[[CODE1]]`, and is put back *by that number*,
never by position: a translation that changes the order of two quotations cannot exchange them. Why this form: plain
ASCII that every tokeniser splits into the same few pieces, square brackets that neither Thai nor English puts around
words, no angle brackets that a model would close, no underscores or stars that Markdown would eat, and a word that
tells the translator what stands there, so that the sentence around it stays grammatical. Read back with some
tolerance (blanks, letter case, Thai digits, one bracket lost at each side).

Covers fenced and inline code, LaTeX, URLs, e-mail addresses, paths and file names, placeholders ({name}, {{jinja}},
{% tag %}, ${VAR}, $VAR, %s, <tag>, [NAME]), names from code (snake_case, call(), --flag, @user, #tag) and quotations
of at most 60 characters. Not covered: numbers (they stay in the text, because grammar depends on them, and are
compared afterwards: checks.py) and longer quotations (they are text, and are translated).

>>> masked = protect('Open `main.py` and say "hello".')
>>> masked.text
'Open [[CODE1]] and say [[QUOTE2]].'
>>> masked.restore('พูดว่า [[quote 2]] แล้วเปิด [[CODE๑]]')
'พูดว่า "hello" แล้วเปิด `main.py`'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import regex

from constraints.text import arabic_digits

__all__ = ["TOKEN", "Masked", "Part", "protect", "token_numbers", "without_tokens"]

MAX_QUOTED = 60

# The order counts: of two that begin at the same place the first in this list wins.
_KINDS: tuple[tuple[str, str], ...] = (
    ("CODE", r"(?:(?<=\n)|(?<!.))[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?:(?:.*?\n)??[ \t]*(?P=fence)[`~]*[ \t]*(?=\n|\Z)|.*\Z)"),
    ("CODE", r"(?P<ticks>`{3,}).*?(?P=ticks)`*"),
    ("CODE", r"``[^`](?:[^`]|`(?!`))*?``(?!`)|(?<!`)`[^`\n]+`(?!`)"),
    ("FORMULA", r"\\begin\{(?P<env>[A-Za-z]+\*?)\}.*?\\end\{(?P=env)\}|\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]"),
    ("FORMULA", r"(?<![\\$\w])\$(?![\s$])[^$\n]*(?<![\s\\$])\$(?![\d$])"),
    ("SLOT", r"\[\[[^\[\]\n]+\]\]|\{\{.*?\}\}|\{%.*?%\}|\$\{[^{}\n]+\}"),
    ("SLOT", r"\{(?:[A-Za-z_][\w.\-]*|\d*)(?:![rsa])?(?::[^{}\n]*)?\}"),
    ("TAG", r"</?[A-Za-z][\w:.\-]*(?:\s+[\w:.\-]+(?:=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s<>\"']+))?)*\s*/?>"),
    ("URL", r"(?:(?:https?|ftp)://|(?<![\w@])www\.)[A-Za-z0-9!#$%&*+,./:;=?@_~\-]*[A-Za-z0-9/#=_~]"),
    ("MAIL", r"(?<![A-Za-z0-9_.+\-])[A-Za-z0-9_.+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"),
    ("PATH", r"(?<![A-Za-z0-9_.@/~:\\\-])(?:~|\.{1,2})?/[A-Za-z0-9_.@\-]+(?:/[A-Za-z0-9_.@*\-]+)+/?|(?<![A-Za-z0-9_.@/~:\\\-])(?:~|\.{1,2})/[A-Za-z0-9_.@*\-]+|(?<![A-Za-z])[A-Za-z]:\\[!-~]*[A-Za-z0-9\\]"),
    ("PATH", r"(?<![A-Za-z0-9_.@/~:\\\-])(?:[A-Za-z0-9_.\-]+/)+[A-Za-z0-9_\-]+\.[A-Za-z][A-Za-z0-9]{0,4}(?![A-Za-z0-9])"),
    ("PATH", r"(?<![A-Za-z0-9_.@/\-])[A-Za-z0-9_\-]+\.(?:py|js|ts|json|yaml|yml|toml|csv|tsv|txt|md|html|css|sql|sh|xlsx?|docx?|pptx?|pdf|png|jpe?g|java|cpp|c|h|rs|go|rb|php|ipynb|xml|ini|cfg|log|zip)(?![A-Za-z0-9])"),
    ("SLOT", r"(?<![\w\])])\[[A-Z0-9_][A-Z0-9_ .\-]*\](?!\()"),
    ("SLOT", r"(?<![\w%])%(?:\([A-Za-z_]\w*\))?[\-+#0]*\d*(?:\.\d+)?[sdifgeExXcru](?![A-Za-z])"),
    ("SLOT", r"(?<![\w$])\$[A-Za-z_][A-Za-z0-9_]*"),
    ("FORMULA", r"\\[A-Za-z]+(?:\[[^\[\]\n]*\])?(?:\{[^{}\n]*\})*"),
    ("NAME", r"(?<![A-Za-z0-9_])[A-Za-z_][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?:\(\))?(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])[A-Za-z_][A-Za-z0-9_.]*\(\)"),
    ("NAME", r"(?<![\w\-])--[a-z][a-z0-9\-]+|(?<![A-Za-z0-9_&/@#.])[@#][A-Za-z_][A-Za-z0-9_]*"),
    ("QUOTE", rf"(?<![A-Za-z0-9])\"(?![\s\"])[^\"\n]{{0,{MAX_QUOTED - 1}}}(?<!\s)\"(?![A-Za-z0-9])"),
    ("QUOTE", rf"“(?!\s)[^“”\n]{{0,{MAX_QUOTED - 1}}}(?<!\s)”|«[^«»\n]{{1,{MAX_QUOTED}}}»"),
    ("QUOTE", rf"(?<![\p{{L}}\p{{N}}])['‘](?![\s'])[^'‘’\n]{{0,{MAX_QUOTED - 1}}}(?<!\s)['’](?![\p{{L}}\p{{N}}])"),
)  # fmt: skip
_WORDS = "|".join(dict.fromkeys(("WORD", *(kind for kind, _ in _KINDS))))
_DIGITS = r"[0-9\u0e50-\u0e59]+"
TOKEN = regex.compile(rf"[\[［【]{{1,2}}\s*(?:{_WORDS})\s*_?\s*({_DIGITS})\s*[\]］】]{{1,2}}", regex.IGNORECASE)
"""A token as a translator may have left it."""

_KIND_OF = {"look": "SLOT"} | {f"k{number}": kind for number, (kind, _) in enumerate(_KINDS)}
_PROTECTED = regex.compile(
    # A text that already holds what looks like a token keeps it as a part of its own.
    "|".join((rf"(?P<look>(?i:{TOKEN.pattern}))", *(f"(?P<k{n}>{pattern})" for n, (_, pattern) in enumerate(_KINDS)))),
    regex.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One protected text. `WORD`: a keyword of a constraint, which has one translation everywhere."""

    kind: str
    number: int
    text: str

    @property
    def token(self) -> str:
        return f"[[{self.kind}{self.number}]]"


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with tokens for its protected parts."""

    text: str
    parts: tuple[Part, ...]

    def restore(self, text: str, words: Mapping[str, str] | None = None) -> str:
        """`text` with every known token replaced by what it stands for, in one pass.

        `words`: a keyword -> its translation; used for what is quoted (inside its marks) and for `WORD` parts.
        """
        by_number = {part.number: _in_words(part, words or {}) for part in self.parts}

        def known(token: regex.Match[str]) -> str:
            return by_number.get(_number(token), token[0])

        return TOKEN.sub(known, text)


def protect(text: str, keywords: Collection[str] = ()) -> Masked:
    """`text` with its protected parts as tokens; occurrences of `keywords` (constraint parameters) are parts too.

    Thai keywords only where they are quoted: without blanks nobody can tell a word from a part of a longer one.
    """
    pieces: list[str] = []
    parts: list[Part] = []
    end = 0
    for start, stop, kind in _spans(text, keywords):
        if kind == "CODE" and (blank := len(text[start:stop]) - len(text[start:stop].lstrip(" \t"))):
            start += blank  # the indent of a fence is layout
        part = Part(kind, len(parts) + 1, text[start:stop])
        parts.append(part)
        pieces += [text[end:start], part.token]
        end = stop
    return Masked("".join((*pieces, text[end:])), tuple(parts))


def _spans(text: str, keywords: Collection[str]) -> list[tuple[int, int, str]]:
    """Where protected parts are, none inside another; a keyword counts only outside all others."""
    found = [(match.start(), match.end(), _kind(match)) for match in _PROTECTED.finditer(text)]
    longest_first = sorted((word for word in keywords if word and word.isascii()), key=len, reverse=True)
    if not longest_first:
        return found
    pattern = regex.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(map(regex.escape, longest_first)) + r")(?![A-Za-z0-9])")
    free, start = [], 0
    for begin, stop, _ in found:
        free.append((start, begin))
        start = stop
    free.append((start, len(text)))
    words = [(m.start(), m.end(), "WORD") for begin, stop in free for m in pattern.finditer(text, begin, stop)]
    return sorted([*found, *words])


def _kind(match: regex.Match[str]) -> str:
    """Of the outer group that matched: `lastgroup` may name an inner one."""
    return next(kind for name, kind in _KIND_OF.items() if match[name] is not None)


def _number(token: regex.Match[str]) -> int:
    return int(arabic_digits(token[1]))


def token_numbers(text: str) -> Counter[int]:
    """How often each token stands in `text`."""
    return Counter(_number(token) for token in TOKEN.finditer(text))


def without_tokens(text: str) -> str:
    return TOKEN.sub(" ", text)


def _in_words(part: Part, words: Mapping[str, str]) -> str:
    if part.kind == "WORD":
        return words.get(part.text, part.text)
    if part.kind == "QUOTE":
        inner = part.text[1:-1]
        return part.text[0] + words.get(inner, inner) + part.text[-1]
    return part.text
