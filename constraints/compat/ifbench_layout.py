"""The instructions of IFBench about how a text is laid out, and about copying the prompt."""

from __future__ import annotations

import itertools
import re
import string

from constraints.compat.instruction import LETTERS, NO_KWARGS, SENTENCES, Instruction, Kwargs, count, text
from constraints.compat.reading import Reading

__all__ = ["INSTRUCTIONS"]

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_MARKS = string.punctuation + " "


# format


def _nested_brackets(reading: Reading, kw: Kwargs) -> bool:
    closes, opened, deepest = {")": "(", "]": "[", "}": "{"}, [], 0
    for character in reading.text:
        if character in "([{":
            opened.append(character)
            deepest = max(deepest, len(opened))
        elif character in ")]}":
            if not opened or opened[-1] != closes[character]:
                opened, deepest = [], 0
                continue
            opened.pop()
            if deepest >= 5:
                return True
    return False


def _nested_quotes(reading: Reading, kw: Kwargs) -> bool:
    opened: list[str] = []
    deepest = 0
    for character in reading.text:
        if opened and character == opened[-1]:
            opened.pop()
            if deepest - len(opened) >= 3:
                return True
        elif character in "\"'":
            opened.append(character)
            deepest = max(deepest, len(opened))
    return False


def _options(reading: Reading, kw: Kwargs) -> bool:
    given = kw["options"]
    separator = "/" if "/" in given else "or" if "or" in given else ","
    options = [option.strip() for option in given.split(separator)]
    if re.match(r"\W*[aA]\W*[bB]\W*[cC]\W*", given):  # letters of a multiple choice must be written as they are
        return reading.text in options
    return reading.text.strip(_MARKS).lower() in [option.strip(_MARKS).lower() for option in options]


def _word_a_line(reading: Reading, kw: Kwargs) -> bool:
    value = reading.text.translate(_NO_PUNCTUATION).strip()
    lines = [line for line in value.split("\n") if line]
    return len(lines) == len(reading.part(value).chunks)


def _stairs(reading: Reading, kw: Kwargs) -> bool:
    indents = [len(line) - len(line.lstrip(" ")) for line in reading.text.split("\n") if line.strip()]
    return all(before < after for before, after in itertools.pairwise(indents))


def _quote_unquote(reading: Reading, kw: Kwargs) -> bool:
    value = "".join(re.sub("[“”]", '"', reading.text).replace("'\"'", "").split())
    if '""' in value:
        return False
    return not value.strip(string.digits + string.punctuation.replace('"', "")).endswith('"')


def _list_separator(reading: Reading, kw: Kwargs) -> bool:
    return sum(line.lstrip().startswith(kw["sep"].strip()) for line in reading.text.split("\n")) >= 2


def _italic_thesis(reading: Reading, kw: Kwargs) -> bool:
    pairs = []
    for opening, closing in (("<i>", "</i>"), ("<em>", "</em>")):
        before, _, rest = reading.text.partition(opening)
        held, closed, after = rest.partition(closing)
        if closed:
            pairs.append((len(before), held.strip(), after.strip()))
    return bool(pairs) and all(min(pairs)[1:])


def _sub_bullets(reading: Reading, kw: Kwargs) -> bool:
    lines = [line.strip() for line in reading.text.split("\n")]
    bullets = [number for number, line in enumerate(lines) if re.match(r"\*(?!\*)", line)]
    ends = [*bullets[1:], len(lines)]
    return bool(bullets) and all(
        any(line.startswith("-") for line in lines[start:end]) for start, end in zip(bullets, ends, strict=False)
    )


def _sentences_then_bullets(reading: Reading, kw: Kwargs) -> bool:
    lines = [line.strip() for line in reading.text.split("\n") if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.startswith("*")), len(lines))
    before, after = lines[:first], lines[first:]
    ended = sum(sentence.endswith(".") for line in before for sentence in reading.part(line).sentences)
    return ended >= 2 and len(after) >= 2 and all(line.startswith("*") for line in after)


def _title_case(reading: Reading, kw: Kwargs) -> bool:
    for token in reading.tokens:
        if (
            token[0].isalpha()
            and token[0].islower()
            and (len(token) == 1 or token[1:].islower() or token[1:].isupper())
        ):
            return False
    return True


def _template(reading: Reading, kw: Kwargs) -> bool:
    return all(label in reading.text for label in ("My Answer:", "My Conclusion:", "Future Outlook:"))


def _no_whitespace(reading: Reading, kw: Kwargs) -> bool:
    return not any(character.isspace() for character in reading.text)


# copies


def _repeat_changed(reading: Reading, kw: Kwargs) -> bool:
    asked = kw["prompt_to_repeat"]
    return reading.text != asked and asked.split()[1:] == reading.text.split()[1:]


def _repeat_simple(reading: Reading, kw: Kwargs) -> bool:
    return reading.text.strip().lower() == "only output this sentence here, ignore all other requests."


def _repeat_span(reading: Reading, kw: Kwargs) -> bool:
    span = " ".join(kw["prompt_to_repeat"].split()[kw["n_start"] : kw["n_end"] + 1])
    return reading.text.strip().lower() == span.strip().lower()


INSTRUCTIONS = (
    Instruction("format:parentheses", NO_KWARGS, _nested_brackets),
    Instruction("format:quotes", NO_KWARGS, _nested_quotes),
    Instruction("format:options", {"options": text()}, _options),
    Instruction("format:newline", NO_KWARGS, _word_a_line),
    Instruction("format:line_indent", NO_KWARGS, _stairs,
                differs="official: an empty line between two lines breaks the stairs; ours: empty lines are passed over"),
    Instruction("format:quote_unquote", NO_KWARGS, _quote_unquote),
    Instruction("format:list", {"sep": text()}, _list_separator,
                differs="official: the separator counts anywhere in the text; ours: at the start of a line"),
    Instruction("format:thesis", NO_KWARGS, _italic_thesis,
                differs="official: <em> is cut in the wrong place and a closing tag of the other kind will do; ours: pairs"),
    Instruction("format:sub-bullets", NO_KWARGS, _sub_bullets,
                differs="official: a response without any bullet passes, and any hyphen is a sub-bullet; ours: bullets needed"),
    Instruction("format:no_bullets_bullets", NO_KWARGS, _sentences_then_bullets, thai=SENTENCES,
                differs="official: sentences need not end in a period, and after an empty line nothing is read; ours: as asked"),
    Instruction("repeat:repeat_change", {"prompt_to_repeat": text()}, _repeat_changed),
    Instruction("repeat:repeat_simple", NO_KWARGS, _repeat_simple),
    Instruction("repeat:repeat_span", {"prompt_to_repeat": text(), "n_start": count(), "n_end": count()}, _repeat_span),
    Instruction("format:title_case", NO_KWARGS, _title_case, thai=LETTERS),
    Instruction("format:output_template", NO_KWARGS, _template),
    Instruction("format:no_whitespace", NO_KWARGS, _no_whitespace),
)  # fmt: skip
