"""Small changes of a text that `amend` functions share: more lines, more characters, something at an end.

>>> with_lines("ก\\nข\\nค", 2, "ง")
'ก\\nข ค'
>>> with_lines("ก", 3, "ง").split("\\n")
['ก', 'ง', 'ง']
>>> lengthened("ก", 8, "ขค")
'ก ขค ขค ขค'
"""

from __future__ import annotations

from constraints.segment import words

__all__ = ["each_line", "lengthened", "paragraphs_of", "shown_lines", "with_lines", "with_text", "with_words"]


def shown_lines(text: str) -> list[str]:
    """The lines that hold something."""
    return [line for line in text.split("\n") if line.strip()]


def paragraphs_of(text: str) -> list[str]:
    """Blocks between blank lines."""
    return [block.strip() for block in text.split("\n\n") if block.strip()]


def with_lines(text: str, count: int, filler: str) -> str:
    """Exactly `count` lines: the last ones joined, or lines of filler added."""
    lines = shown_lines(text)
    if len(lines) > count:
        lines = [*lines[: count - 1], " ".join(lines[count - 1 :])]
    return "\n".join([*lines, *[filler] * (count - len(lines))])


def each_line(text: str, prefix: str = "", suffix: str = "") -> str:
    """Every line with `prefix` before and `suffix` after it, where it lacks them."""
    return "\n".join(
        ("" if line.startswith(prefix) else prefix) + line + ("" if line.endswith(suffix) else suffix)
        for line in shown_lines(text)
    )


def lengthened(text: str, characters: int, filler: str) -> str:
    """At least `characters` long: filler after the longest line, where it breaks the least."""
    if len(text) >= characters:
        return text
    lines = text.split("\n")
    longest = max(range(len(lines)), key=lambda number: len(lines[number]))
    missing = characters - len(text)
    lines[longest] += (" " + filler) * -(-missing // (len(filler) + 1))
    return "\n".join(lines)


def with_words(text: str, count: int, filler: str) -> str:
    """`count` words or more: as much filler as the missing ones may take."""
    missing = count - len(words(text, "newmm"))
    return lengthened(text, len(text) + missing * (len(filler) + 1) // 2, filler) if missing > 0 else text


def with_text(text: str, wanted: str) -> str:
    """`wanted` somewhere in the text: after the first line where it is missing."""
    if wanted in text:
        return text
    first, mark, rest = text.partition("\n")
    return f"{first} {wanted}{mark}{rest}"
