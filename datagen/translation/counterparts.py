"""What becomes of a constraint that came with a prompt: one of ours that means the same, or a documented replacement.

`thai_of` and `english_of` are tables, one entry an official id (IFEval, IFBench) or one of our own ids that needs an
entry; our ids that need none stay as they are (their keywords are translated elsewhere). An entry whose meaning does
not exist in the target language says so in `replaced`, which goes into the row's provenance. What has neither is in
`WITHOUT_COUNTERPART`, and its prompt is a counted rejection. Nothing here is translated: the words of the result
come from `describe`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ENGLISH", "THAI", "WITHOUT_COUNTERPART", "Counterpart", "Words"]

Kwargs = Mapping[str, Any]
Words = Callable[[str], str]
"""A keyword -> its one translation."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """`make` gives our id and parameters. `replaced`: why not the same thing; "" where it is.

    `mention`: what the sentence of an English prompt that states this constraint looks like (a regular expression). Such
    a sentence is cut before translation: the row states the constraint in its own words.
    """

    make: Callable[[Kwargs, Words], tuple[str, dict[str, Any]]]
    replaced: str = ""
    mention: str = ""


# By sound where there is one.
_THAI_LETTER = dict(zip("abcdefghijklmnopqrstuvwxyz", "อบคดอฟกหอจกลมนอปครสตอววซยซ", strict=True))
_LATIN_LETTER = {"ก": "k", "ข": "k", "ค": "k", "ง": "n", "จ": "j", "ช": "c", "ด": "d", "ต": "t", "ท": "t", "น": "n", "บ": "b",
                 "ป": "p", "พ": "p", "ฟ": "f", "ม": "m", "ย": "y", "ร": "r", "ล": "l", "ว": "w", "ส": "s", "ห": "h", "อ": "o"}  # fmt: skip
_ANSWERS = ["คำตอบของฉันคือใช่", "คำตอบของฉันคือไม่ใช่", "คำตอบของฉันคืออาจจะ"]
_SENTENCES = "Thai does not mark where sentences end; the answer marks them itself"
_CAPITALS = "Thai has no capital letters"
_INITIALS = "Thai words have no spaces between them and no capital initials; the rule is put on lines"


def _fixed(constraint_id: str, **params: Any) -> Callable[[Kwargs, Words], tuple[str, dict[str, Any]]]:
    return lambda kwargs, words: (constraint_id, dict(params))


def _renamed(constraint_id: str, **names: str) -> Callable[[Kwargs, Words], tuple[str, dict[str, Any]]]:
    """Our parameter = the official kwarg's name; texts are translated."""

    def make(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
        return constraint_id, {ours: _in_words(kwargs[theirs], words) for ours, theirs in names.items()}

    return make


def _in_words(value: Any, words: Words) -> Any:
    if isinstance(value, list | tuple):
        return [_in_words(item, words) for item in value]
    return words(value) if isinstance(value, str) else value


def _at_least(value: int) -> int:
    return max(1, value)


def _counted(
    minimum: str, maximum: str, number: str, relation: str, **texts: str
) -> Callable[[Kwargs, Words], tuple[str, dict[str, Any]]]:
    """ "at least n" -> `minimum`, "less than n" -> `maximum` of n - 1 (at least 1)."""

    def make(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
        shared = {ours: words(kwargs[theirs]) for ours, theirs in texts.items()}
        if kwargs[relation] == "at least":
            return minimum, {**shared, "minimum": _at_least(kwargs[number])}
        return maximum, {**shared, "maximum": _at_least(kwargs[number] - 1)}

    return make


def _keywords(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    return "keywords.include_all", {"keywords": _distinct(kwargs["keywords"], words)}


def _forbidden(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    found = _distinct(kwargs["forbidden_words"], words)
    if len(found) == 1:
        return "keywords.exclude", {"keyword": found[0]}
    return "keywords.exclude_all", {"keywords": found}


def _distinct(values: list[str], words: Words) -> list[str]:
    return list(dict.fromkeys(words(value) for value in values))


def _five_keywords(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    return "keywords.include_all", {"keywords": _distinct([kwargs[f"keyword{n}"] for n in range(1, 6)], words)}


def _letter_to_thai(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    letter = _THAI_LETTER.get(str(kwargs["letter"]).lower(), "ก")
    number = kwargs["let_frequency"]
    if kwargs["let_relation"] == "at least":
        return "letters.frequency", {"letter": letter, "minimum": _at_least(number)}
    return "letters.frequency_max", {"letter": letter, "maximum": _at_least(number - 1)}


def _same_letter(
    table: Mapping[str, str], otherwise: str, constraint_id: str
) -> Callable[[Kwargs, Words], tuple[str, dict[str, Any]]]:
    def make(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
        letter = kwargs["letter"]
        known = letter in table.values()  # already a letter of the target
        return constraint_id, {**kwargs, "letter": letter if known else table.get(letter, otherwise)}

    return make


def _divided(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    number = kwargs["num_sentences"] if kwargs["relation"] == "at least" else kwargs["num_sentences"] - 1
    return "length.divided_sentences", {"count": min(100, _at_least(number))}


def _capital_words(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    if kwargs["capital_relation"] == "at least":
        return "layout.bold_min", {"minimum": min(50, _at_least(kwargs["capital_frequency"]))}
    return "punctuation.exclamations_max", {"maximum": min(50, _at_least(kwargs["capital_frequency"] - 1))}


def _options(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    value = kwargs["options"]
    mark = next((mark for mark in ("/", "|", ",", " or ") if mark in value), "/")
    return "layout.choice", {"options": _distinct([part.strip(" ()") for part in value.split(mark)], words)}


def _connectors(kwargs: Kwargs, words: Words) -> tuple[str, dict[str, Any]]:
    known = ["ดังนั้น", "อย่างไรก็ตาม", "นอกจากนี้", "ในขณะที่", "ด้วยเหตุนี้"]
    return "register.connectors", {"words": known[: min(5, _at_least(kwargs["small_n"]))]}


_WORD_COUNT = r"\b(?:\d+|one|two|three|hundred)[^.\n]{0,20}\bwords?\b|\bwords? (?:or (?:more|less)|limit)"
_LANGUAGE = r"\b(?:in|using|only|language)\b[^.\n]{0,30}\b(?:english|language|german|french|spanish|hindi|kannada|thai|chinese|arabic)\b"
_CASE = r"\bcapital|upper ?-?case|\ball[- ]caps\b|\bcapitali[sz]ed"
_LOWER = r"lower ?-?case|\bno capital|without capital"

THAI: dict[str, Counterpart] = {
    # IFEval
    "keywords:existence": Counterpart(_keywords, mention=r"\b(?:include|contain|use|mention)\w*\b[^.\n]*\b(?:keyword|word|phrase)s?\b"),
    "keywords:frequency": Counterpart(
        _counted("keywords.frequency", "keywords.frequency_max", "frequency", "relation", keyword="keyword"),
        mention=r"\bword\b[^.\n]*\btimes?\b|\bappear\w*\b[^.\n]*\btimes?\b"),
    "keywords:forbidden_words": Counterpart(
        _forbidden, mention=r"\b(?:do not|don['’]t|avoid|without|never|not)\b[^.\n]*\b(?:keyword|word|phrase)s?\b"),
    "keywords:letter_frequency": Counterpart(
        _letter_to_thai, "a Thai text has no Latin letters to count; a Thai letter is counted instead", r"\bletters?\b[^.\n]*\btimes?\b"),
    "language:response_language": Counterpart(
        _fixed("script.thai_only"), "the answer is Thai: a demand for another language becomes Thai letters only", _LANGUAGE),
    "length_constraints:number_sentences": Counterpart(_divided, _SENTENCES, r"\b\w+[^.\n]{0,20}\bsentences?\b"),
    "length_constraints:number_paragraphs": Counterpart(
        _renamed("length.paragraphs", count="num_paragraphs"), "paragraphs are divided by an empty line, not by ***",
        r"\bparagraphs?\b|\*\*\*"),
    "length_constraints:number_words": Counterpart(
        _counted("length.words_min", "length.words_max", "num_words", "relation"), mention=_WORD_COUNT),
    "length_constraints:nth_paragraph_first_word": Counterpart(
        _renamed("keywords.nth_paragraph_starts", paragraphs="num_paragraphs", paragraph="nth_paragraph", phrase="first_word"),
        mention=r"\bparagraphs?\b"),
    "detectable_content:number_placeholders": Counterpart(
        _renamed("layout.placeholders", count="num_placeholders"), mention=r"\bplaceholders?\b"),
    "detectable_content:postscript": Counterpart(_fixed("layout.postscript"), mention=r"\bpostscript\b|\bP\. ?(?:P\. ?)?S\b"),
    "detectable_format:number_bullet_lists": Counterpart(
        _renamed("layout.bullets", count="num_bullets"), mention=r"\bbullets?\b"),
    "detectable_format:constrained_response": Counterpart(
        _fixed("layout.choice", options=_ANSWERS), mention=r"my answer is|\bone of the following\b"),
    "detectable_format:number_highlighted_sections": Counterpart(
        _renamed("layout.bold_min", minimum="num_highlights"), mention=r"\bhighlight"),
    "detectable_format:multiple_sections": Counterpart(
        _renamed("layout.sections", label="section_spliter", count="num_sections"), mention=r"\bsections?\b"),
    "detectable_format:json_format": Counterpart(_fixed("json.valid"), mention=r"\bjson\b"),
    "detectable_format:title": Counterpart(_fixed("layout.title"), mention=r"\btitle\b|<<"),
    "combination:two_responses": Counterpart(_fixed("layout.two_answers"), mention=r"\btwo different responses\b|\*{6}"),
    "combination:repeat_prompt": Counterpart(
        _renamed("repeat.prompt", prompt="prompt_to_repeat"), mention=r"\brepeat\b"),
    "startend:end_checker": Counterpart(
        _renamed("keywords.ends_with", phrase="end_phrase"), mention=r"\b(?:finish|end|conclude)\b[^\n]*\b(?:phrase|words?|with)\b"),
    "startend:quotation": Counterpart(_fixed("layout.quoted"), mention=r"\bdouble quotation marks?\b|\bwrap\b"),
    "punctuation:no_comma": Counterpart(
        _fixed("orthography.maiyamok_none"), "Thai needs no commas, so leaving them out asks for nothing; ๆ is left out instead",
        r"\bcommas?\b"),
    "change_case:capital_word_frequency": Counterpart(
        _capital_words, f"{_CAPITALS}; words that stand out are set in bold (where few are wanted: few exclamation marks)", _CASE),
    "change_case:english_capital": Counterpart(
        _fixed("numerals.thai_only"), f"{_CAPITALS}; the form of digits is prescribed instead", _CASE),
    "change_case:english_lowercase": Counterpart(
        _fixed("letters.without_tone", mark="๊"), f"{_CAPITALS}; one tone mark is left out instead", _LOWER),
    # IFBench
    "count:word_count_range": Counterpart(
        _renamed("length.words_between", minimum="min_words", maximum="max_words"), mention=_WORD_COUNT),
    "count:unique_word_count": Counterpart(
        _renamed("length.different_words_min", minimum="N"), mention=r"\bunique words?\b"),
    "count:numbers": Counterpart(_renamed("numerals.numbers_exact", count="N"), mention=r"\bnumbers?\b"),
    "count:conjunctions": Counterpart(
        _connectors, "the list of conjunctions is English; Thai connecting words are named instead", r"\bconjunctions?\b"),
    "count:pronouns": Counterpart(
        _fixed("particles.addressee", pronoun="คุณ"), "the list of pronouns is English; one Thai pronoun is named instead", r"\bpronouns?\b"),
    "count:person_names": Counterpart(
        _fixed("forms.full_name_line"), "the list of names is English; a Thai name with its title is asked for", r"\bnames?\b"),
    "count:punctuation": Counterpart(
        _fixed("punctuation.parentheses_min", minimum=1), "Thai uses few of the marks; one of them is asked for", r"\bpunctuation\b"),
    "count:keywords_multiple": Counterpart(
        _five_keywords, "five exact counts in a row cannot stand together here; the keywords are asked for", r"\bkeywords?\b"),
    "ratio:stop_words": Counterpart(
        _fixed("repeat.no_adjacent_words"), "the list of stop words is English", r"\bstop ?words?\b"),
    "ratio:sentence_type": Counterpart(
        _fixed("punctuation.questions_min", minimum=1), _SENTENCES, r"\bsentences?\b|\binterrogative\b"),
    "ratio:sentence_balance": Counterpart(
        _fixed("punctuation.questions_min", minimum=1), _SENTENCES, r"\bsentences?\b|\binterrogative\b"),
    "ratio:sentence_words": Counterpart(_fixed("length.divided_sentences", count=3), _SENTENCES, r"\bsentences?\b"),
    "words:alphabet": Counterpart(
        _fixed("letters.acrostic_alphabet", count=5), f"{_INITIALS}: an acrostic in the order of ก ข ค", r"\balphabet"),
    "words:vowel": Counterpart(
        _fixed("letters.without_vowel", vowel="ำ"), "Thai vowels are signs of their own; one is left out", r"\bvowels?\b"),
    "words:consonants": Counterpart(
        _fixed("letters.consonants_min", minimum=20), "Thai clusters do not compare; a variety of consonants is asked for",
        r"\bconsonants?\b"),
    "words:palindrome": Counterpart(
        _fixed("letters.all_tones"), "Thai spelling allows hardly any palindromes; all tone marks are asked for", r"\bpalindromes?\b"),
    "words:repeats": Counterpart(_renamed("repeat.word_max", maximum="small_n"), mention=r"\brepeat|\btimes\b"),
    "words:no_consecutive": Counterpart(_fixed("letters.different_initials"), _INITIALS, r"\bconsecutive\b"),
    "words:words_position": Counterpart(
        lambda kwargs, words: ("keywords.word_position", {"word": words(kwargs["keyword"]), "position": 2}),
        "only the second word is prescribed, not the second from the end too", r"\bsecond\b"),
    "words:keywords_specific_position": Counterpart(
        _renamed("keywords.include_word", word="keyword"), _SENTENCES, r"\bkeyword\b"),
    "sentence:alliteration_increment": Counterpart(
        _fixed("letters.alliteration", letter="ก", minimum=3), _SENTENCES, r"\balliterat"),
    "sentence:increment": Counterpart(
        _fixed("length.lines_growing"), f"{_SENTENCES}; lines grow instead", r"\bsentences?\b"),
    "sentence:keyword": Counterpart(
        lambda kwargs, words: (
            "keywords.nth_paragraph_includes", {"keyword": words(kwargs["word"]), "paragraph": min(50, _at_least(kwargs["N"]))}),
        f"{_SENTENCES}; the paragraph of that number is meant", r"\bsentence\b"),
    "format:options": Counterpart(_options, mention=r"\boptions?\b"),
    "format:parentheses": Counterpart(
        _fixed("punctuation.parentheses_min", minimum=3), "depth of brackets becomes their number", r"\bparenthes"),
    "format:quotes": Counterpart(
        _fixed("punctuation.quoted_phrases_min", minimum=3), "depth of quotation becomes their number", r"\bquot"),
    "format:quote_unquote": Counterpart(
        _fixed("punctuation.quoted_phrases_min", minimum=1), "only a quotation is asked for, not what follows it", r"\bquot"),
    "format:emoji": Counterpart(_fixed("script.emoji_each_line"), f"{_SENTENCES}; lines end with an emoji", r"\bemojis?\b"),
    "format:newline": Counterpart(
        _fixed("length.line_words_between", minimum=1, maximum=1), mention=r"\bnew ?line\b|\bline\b"),
    "format:line_indent": Counterpart(_fixed("layout.indented_steps"), mention=r"\bindent|\bstairs\b"),
    "format:list": Counterpart(
        _fixed("layout.bullets_min", minimum=2), "the separator becomes the usual mark of a list", r"\blist\b"),
    "format:thesis": Counterpart(_fixed("layout.bold_min", minimum=1), "Thai is not set in italics; bold instead", r"\bthesis\b|\bitalic"),
    "format:sub-bullets": Counterpart(
        _fixed("layout.nested_bullets", count=2, children=1), "the number of bullets is prescribed too", r"\bbullets?\b"),
    "format:no_bullets_bullets": Counterpart(_fixed("layout.bullets_min", minimum=2), _SENTENCES, r"\bbullets?\b"),
    "format:title_case": Counterpart(
        _fixed("numerals.thai_only"), f"{_CAPITALS}; the form of digits is prescribed instead", r"\btitle case\b|\bcapital"),
    "format:output_template": Counterpart(
        _fixed("layout.labelled_parts", labels=["คำตอบ", "ข้อสรุป", "แนวโน้มในอนาคต"]), mention=r"\btemplate\b|my answer:"),
    "format:no_whitespace": Counterpart(_fixed("script.no_spaces"), mention=r"\bwhite ?space|\bspaces?\b"),
    # ours
    "script.latin_uppercase": Counterpart(
        _fixed("numerals.thai_only"), f"{_CAPITALS}; the form of digits is prescribed instead", _CASE),
    "script.latin_lowercase": Counterpart(
        _fixed("letters.without_tone", mark="๊"), f"{_CAPITALS}; one tone mark is left out instead", _LOWER),
    "script.capital_words_min": Counterpart(
        lambda kwargs, words: ("layout.bold_min", {"minimum": min(50, kwargs["minimum"])}),
        f"{_CAPITALS}; words that stand out are set in bold", _CASE),
    "script.language": Counterpart(
        _fixed("script.thai_only"), "the answer is Thai: a demand for another language becomes Thai letters only", _LANGUAGE),
    "punctuation.no_comma": Counterpart(
        _fixed("orthography.maiyamok_none"), "Thai needs no commas, so leaving them out asks for nothing; ๆ is left out instead",
        r"\bcommas?\b"),
    **{
        name: Counterpart(_same_letter(_THAI_LETTER, "ก", name), "a Thai letter is counted instead of a Latin one", r"\bletters?\b")
        for name in ("letters.frequency", "letters.frequency_exact", "letters.frequency_max")
    },
}  # fmt: skip
"""Official and own ids -> what they become in a Thai row."""

ENGLISH: dict[str, Counterpart] = {
    "numerals.thai_only": Counterpart(_fixed("script.latin_uppercase"), "English has no Thai digits; capital letters instead"),
    "numerals.thai_arabic_pairs": Counterpart(_fixed("numerals.arabic_only"), "English has one kind of digits"),
    "orthography.maiyamok_none": Counterpart(_fixed("punctuation.no_comma"), "English has no ๆ; commas are left out instead"),
    "orthography.paiyan_none": Counterpart(_fixed("punctuation.ellipsis_none"), "English has no ฯ; the ellipsis is left out"),
    "script.thai_only": Counterpart(_fixed("script.language", language="en"), "the answer is English"),
    "script.language": Counterpart(_fixed("script.language", language="en"), "the answer is English"),
    "letters.without_tone": Counterpart(_fixed("script.latin_lowercase"), "English has no tone marks; lower case instead"),
    "letters.no_tone_marks": Counterpart(_fixed("script.latin_lowercase"), "English has no tone marks; lower case instead"),
    "particles.none": Counterpart(_fixed("punctuation.exclamations_max", maximum=1), "English has no polite particles"),
    "layout.thai_numbered_list": Counterpart(
        _renamed("layout.numbered_list", count="count"), "English lists are numbered 1. 2. 3."),
    "dates.buddhist_era_only": Counterpart(_fixed("numerals.arabic_only"), "English counts years in one era"),
    **{
        name: Counterpart(_same_letter(_LATIN_LETTER, "a", name), "a Latin letter is counted instead of a Thai one")
        for name in ("letters.frequency", "letters.frequency_exact", "letters.frequency_max")
    },
}  # fmt: skip
"""Own ids -> what they become in an English row; other types that only Thai has are rejected."""

WITHOUT_COUNTERPART: dict[str, str] = {
    "ratio:overlap": "the reference text is in the source's language",
    "words:prime_lengths": "the length of a Thai word is no matter of letters alone",
    "words:start_verb": "no tagger decides it",
    "words:odd_even_syllables": "it alternates over English words",
    "words:last_first": "Thai does not mark where sentences end",
    "words:paragraph_last_first": "it repeats an English word",
    "count:words_japanese": "the answer may not leave its language",
    **dict.fromkeys(
        ("custom:multiples", "custom:mcq_count_length", "custom:reverse_newline", "custom:word_reverse",
         "custom:character_reverse", "custom:sentence_alphabet", "custom:european_capitals_sort", "custom:csv_city",
         "custom:csv_special_character", "custom:csv_quotes", "custom:date_format_list"),
        "it is a task of its own, written for one English prompt",
    ),
    **dict.fromkeys(
        ("repeat:repeat_change", "repeat:repeat_simple", "repeat:repeat_span"),
        "it repeats the English prompt with a change",
    ),
}  # fmt: skip
"""Official ids that nothing of ours stands for, and why."""
