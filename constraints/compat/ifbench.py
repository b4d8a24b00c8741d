"""The 58 instructions of IFBench (arXiv 2507.02833), by their ids and kwargs.

Each check is written anew from the published behaviour (the repository's state of 2026). Checks that count words,
lines or marks serve Thai as well, on Thai words; those about English letters, parts of speech or sentences do not.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import string
import unicodedata
from collections import Counter

from constraints.compat.instruction import NO_KWARGS, Instruction, Kwargs, count, text
from constraints.compat.reading import CannotTell, Reading, is_emoji, syllables
from constraints.compat.word_lists import CAPITALS, NAMES, PRONOUNS, STOP_WORDS

__all__ = ["INSTRUCTIONS"]

_SENTENCES = "Thai does not mark where sentences end"
_LETTERS = "the instruction is about English letters"
_ENGLISH_WORDS = "the instruction is about a list of English words"
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


def _ascii(value: str) -> str:
    return unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode("ascii")


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


def _alphabet_story(reading: Reading, kw: Kwargs) -> bool:
    sentences = [sentence.lstrip(string.punctuation + string.whitespace) for sentence in reading.sentences]
    return [sentence[:1].lower() for sentence in sentences] == list(string.ascii_lowercase)


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


# single prompts


def _multiples(reading: Reading, kw: Kwargs) -> bool:
    return re.findall(r"\d+", reading.text) == ["14", "21", "28", "35", "42", "49"]


def _questions(reading: Reading, kw: Kwargs) -> bool:
    if not reading.text.startswith("Question"):
        return False
    questions = [q.strip() for q in re.split(r"Question \d+[.|):;]?\s*", reading.text) if q.strip()]
    lengths = []
    for question in questions:
        lines = [line.strip() for line in question.split("\n")]
        options = [number for number, line in enumerate(lines) if re.match(r"[A-Ea-e][.|)]\s*\w+", line)]
        if len(options) != 5:
            return False
        lengths.append(len(" ".join(lines[: options[0]]).strip()))
    return len(lengths) == 4 and all(a < b for a, b in itertools.pairwise(lengths))


def _countries_reversed(reading: Reading, kw: Kwargs) -> bool:
    lines = [bare for line in reading.text.split("\n") if (bare := line.strip(_MARKS))]
    start = next((number for number, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    names = [_ascii(line) for line in lines[start:]]
    return len(names) >= 52 and names == sorted(names, reverse=True)


def _words_reversed(reading: Reading, kw: Kwargs) -> bool:
    value = " ".join(reading.text.lower().strip().translate(_NO_PUNCTUATION).split()[::-1])
    return "bald eagle" in value and value in reading.part(value).sentences


def _letters_reversed(reading: Reading, kw: Kwargs) -> bool:
    return "elgae dlab" in reading.text.lower()


def _capitals_sorted(reading: Reading, kw: Kwargs) -> bool:
    return [city.strip() for city in _ascii(reading.text).split(",") if city.strip()] == list(CAPITALS)


def _csv_rows(value: str, delimiter: str = ",") -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(value), delimiter=delimiter))
    except csv.Error:
        return []


def _csv_cities(reading: Reading, kw: Kwargs) -> bool:
    rows = _csv_rows(reading.text)
    header = ["ID", "Country", "City", "Year", "Count"]
    return len(rows) == 8 and rows[0] == header and all(len(row) == 5 for row in rows)


def _header_is(value: str, names: list[str], delimiter: str) -> bool:
    fields = re.split(rf"{delimiter}[ \t]*" if delimiter == "," else rf"{delimiter} *", value.split("\n")[0].strip())
    return len(fields) == len(names) and all(
        field in (name, f'"{name}"') for field, name in zip(fields, names, strict=True)
    )


def _csv_special(reading: Reading, kw: Kwargs) -> bool:
    if not _header_is(reading.text, ["ProductID", "Category", "Brand", "Price", "Stock"], ","):
        return False
    rows = _csv_rows(reading.text.replace('"', '"""'))  # the quotes stay in the fields
    if len(rows) != 15 or any(len(row) != 5 for row in rows[1:]):
        return False
    return any(_quotes_a_mark(field) for row in rows[1:] for field in row)


def _quotes_a_mark(field: str) -> bool:
    """Whether the field is quoted and holds what is neither letter, digit nor blank."""
    line = field.split("\n")[0]
    held = line[1 : max(line.rfind('"'), 1)]
    return line.startswith('"') and re.search(r"[^\w\s]", held) is not None


def _csv_quoted(reading: Reading, kw: Kwargs) -> bool:
    if not _header_is(reading.text, ["StudentID", "Subject", "Grade", "Semester", "Score"], "\t"):
        return False
    rows = _csv_rows(reading.text.replace('"', '"""'), "\t")
    fields = [field.strip() for row in rows for field in row]
    return (
        len(rows) == 4
        and all(len(row) == 5 for row in rows)
        and all(field.startswith('"') and field.endswith('"') for field in fields)
    )


def _napoleon_dates(reading: Reading, kw: Kwargs) -> bool:
    days = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for date in reading.text.strip().split(","):
        found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", date.strip())
        if found is None:
            return False
        year, month, day = map(int, found.groups())
        if not (1769 <= year <= 1821 and 1 <= month <= 12 and 1 <= day <= days[month - 1]):
            return False
    return True


_N = {"N": count(1)}
_EDGES = "official: \\b around the keyword, which never finds C++; ours: no letter or digit beside it"
_SMALL_N = {"small_n": count()}

INSTRUCTIONS = (
    Instruction("count:word_count_range", {"min_words": count(), "max_words": count()}, _word_range),
    Instruction("count:unique_word_count", _N, _unique_words),
    Instruction("ratio:stop_words", {"percentage": count()}, _stop_words, thai=_ENGLISH_WORDS),
    Instruction("ratio:sentence_type", NO_KWARGS, _two_to_one, thai=_SENTENCES),
    Instruction("ratio:sentence_balance", NO_KWARGS, _balanced_sentences, thai=_SENTENCES),
    Instruction("count:conjunctions", _SMALL_N, _conjunctions, thai=_ENGLISH_WORDS,
                differs="official: and / And, / and; count as different conjunctions; ours: as one"),
    Instruction("count:person_names", _N, _person_names),
    Instruction("ratio:overlap", {"reference_text": text(), "percentage": count()}, _overlap),
    Instruction("count:numbers", _N, _numbers),
    Instruction("words:alphabet", NO_KWARGS, _alphabet, thai=_LETTERS),
    Instruction("words:vowel", NO_KWARGS, _three_vowels, thai=_LETTERS),
    Instruction("words:consonants", NO_KWARGS, _clusters, thai=_LETTERS),
    Instruction("sentence:alliteration_increment", NO_KWARGS, _alliteration, thai=_SENTENCES),
    Instruction("words:palindrome", NO_KWARGS, _palindromes),
    Instruction("count:punctuation", NO_KWARGS, _punctuation_cover),
    Instruction("format:parentheses", NO_KWARGS, _nested_brackets),
    Instruction("format:quotes", NO_KWARGS, _nested_quotes),
    Instruction("words:prime_lengths", NO_KWARGS, _prime_lengths),
    Instruction("format:options", {"options": text()}, _options),
    Instruction("format:newline", NO_KWARGS, _word_a_line),
    Instruction("format:emoji", NO_KWARGS, _emoji_sentences, thai=_SENTENCES),
    Instruction("ratio:sentence_words", NO_KWARGS, _same_length_sentences, thai=_SENTENCES),
    Instruction("count:words_japanese", _N, _japanese_words),
    Instruction("words:start_verb", NO_KWARGS, _starts_with_verb,
                differs="official: a statistical tagger guesses; ours: UNDECIDED"),
    Instruction("words:repeats", _SMALL_N, _repeats),
    Instruction("sentence:keyword", {"word": text(), **_N}, _sentence_keyword, thai=_SENTENCES, differs=_EDGES),
    Instruction("count:pronouns", _N, _pronouns, thai=_ENGLISH_WORDS),
    Instruction("words:odd_even_syllables", NO_KWARGS, _syllable_parity, thai="syllables of Thai words are counted by poetry.*"),
    Instruction("words:last_first", NO_KWARGS, _last_first, thai=_SENTENCES),
    Instruction("words:paragraph_last_first", NO_KWARGS, _paragraph_first_last),
    Instruction("sentence:increment", _SMALL_N, _growing_sentences, thai=_SENTENCES),
    Instruction("words:no_consecutive", NO_KWARGS, _no_same_initials),
    Instruction("format:line_indent", NO_KWARGS, _stairs,
                differs="official: an empty line between two lines breaks the stairs; ours: empty lines are passed over"),
    Instruction("format:quote_unquote", NO_KWARGS, _quote_unquote),
    Instruction("format:list", {"sep": text()}, _list_separator,
                differs="official: the separator counts anywhere in the text; ours: at the start of a line"),
    Instruction("format:thesis", NO_KWARGS, _italic_thesis,
                differs="official: <em> is cut in the wrong place and a closing tag of the other kind will do; ours: pairs"),
    Instruction("format:sub-bullets", NO_KWARGS, _sub_bullets,
                differs="official: a response without any bullet passes, and any hyphen is a sub-bullet; ours: bullets needed"),
    Instruction("format:no_bullets_bullets", NO_KWARGS, _sentences_then_bullets, thai=_SENTENCES,
                differs="official: sentences need not end in a period, and after an empty line nothing is read; ours: as asked"),
    Instruction("custom:multiples", NO_KWARGS, _multiples),
    Instruction("custom:mcq_count_length", NO_KWARGS, _questions),
    Instruction("custom:reverse_newline", NO_KWARGS, _countries_reversed),
    Instruction("custom:word_reverse", NO_KWARGS, _words_reversed, thai=_ENGLISH_WORDS),
    Instruction("custom:character_reverse", NO_KWARGS, _letters_reversed, thai=_ENGLISH_WORDS),
    Instruction("custom:sentence_alphabet", NO_KWARGS, _alphabet_story, thai=_SENTENCES),
    Instruction("custom:european_capitals_sort", NO_KWARGS, _capitals_sorted, thai=_ENGLISH_WORDS),
    Instruction("custom:csv_city", NO_KWARGS, _csv_cities),
    Instruction("custom:csv_special_character", NO_KWARGS, _csv_special,
                differs="official: only the first rows need five fields; ours: all do"),
    Instruction("custom:csv_quotes", NO_KWARGS, _csv_quoted),
    Instruction("custom:date_format_list", NO_KWARGS, _napoleon_dates,
                differs="official: month 00 and day 00 pass; ours: dates that exist"),
    Instruction("count:keywords_multiple", {f"keyword{n}": text() for n in range(1, 6)}, _keywords_multiple,
                differs=_EDGES),
    Instruction("words:keywords_specific_position", {"keyword": text(), "n": count(1), "m": count(1)}, _keyword_position,
                thai=_SENTENCES),
    Instruction("words:words_position", {"keyword": text()}, _words_position),
    Instruction("repeat:repeat_change", {"prompt_to_repeat": text()}, _repeat_changed),
    Instruction("repeat:repeat_simple", NO_KWARGS, _repeat_simple),
    Instruction("repeat:repeat_span", {"prompt_to_repeat": text(), "n_start": count(), "n_end": count()}, _repeat_span),
    Instruction("format:title_case", NO_KWARGS, _title_case, thai=_LETTERS),
    Instruction("format:output_template", NO_KWARGS, _template),
    Instruction("format:no_whitespace", NO_KWARGS, _no_whitespace),
)  # fmt: skip
