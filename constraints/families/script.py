"""Which scripts an answer is written in: Thai letters only, a share of Latin letters, another language altogether.

The shares look outside code and URLs and are in percent, since code-switching is a share of letters; `thai_only`,
`no_latin` and `no_foreign` are absolute, as their words say. A language is its script; among Latin-script languages
it is what seeded langdetect says of a text that is long enough, and UNDECIDED of a shorter one. ª and º are signs,
not letters. Latin words and brackets are in script_latin.py, emoji in script_emoji.py.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    show_values,
    whole_number,
)
from constraints.counting import LINES, exactly
from constraints.language import latin_share, main_language, script_shares
from constraints.shaping import shown_lines
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_THAI = regex.compile(r"[\p{L}&&\p{Script=Thai}]", regex.V1)
_LATIN = regex.compile(r"[[\p{L}&&\p{Script=Latin}]--[ªº]]", regex.V1)
_LATIN_RUN = regex.compile(r"[[\p{L}&&\p{Script=Latin}]--[ªº]]+", regex.V1)
_NOT_THAI = regex.compile(r"[\p{L}--[\p{Script=Thai}\p{Script=Common}ªº]]+", regex.V1)
_FOREIGN = regex.compile(
    r"[\p{L}--[\p{Script=Thai}\p{Script=Latin}\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]]+", regex.V1
)
_GREEK = regex.compile(r"[\p{L}&&\p{Script=Greek}]+", regex.V1)
_BLANK_INSIDE = regex.compile(r"(?<=[^\s])[^\S\n]+(?=\S)")


# absolute rules


def _check_thai_only(answer: Answer, params: Params) -> Verdict:
    if not _THAI.search(answer.text):
        return fail("no Thai letters", "ไม่มีตัวอักษรไทยเลย")
    other = _NOT_THAI.search(answer.text)
    return PASS if other is None else _found(other)


def _found(other: regex.Match[str]) -> Verdict:
    return fail(f"found {other.group()[:40]!r}", f'พบ "{other.group()[:40]}"', other.span())


def _check_no_latin(answer: Answer, params: Params) -> Verdict:
    latin = _LATIN_RUN.search(answer.text)
    return PASS if latin is None else _found(latin)


def _check_no_foreign(answer: Answer, params: Params) -> Verdict:
    other = _FOREIGN.search(answer.text)
    if other is not None:
        return _found(other)
    greek = _GREEK.search(answer.text)  # π and Δ are signs to one reader, foreign letters to another
    if greek is not None:
        return undecided(
            f"Greek {greek.group()[:40]!r} may be a sign of mathematics",
            "พบอักษรกรีก ซึ่งอาจเป็นสัญลักษณ์คณิตศาสตร์ จึงตัดสินไม่ได้",
            greek.span(),
        )
    return PASS


def _amend_nothing(text: str, params: Params, filler: str) -> str:
    return text


def _check_no_spaces(answer: Answer, params: Params) -> Verdict:
    blank = _BLANK_INSIDE.search(answer.text)
    return PASS if blank is None else fail("a blank within a line", "มีการเว้นวรรคภายในบรรทัด", blank.span())


def _amend_no_spaces(text: str, params: Params, filler: str) -> str:
    return _BLANK_INSIDE.sub("", text)


# shares


def _draw_latin_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"percent": rng.choice((5, 10, 15, 20))}


def _check_latin_max(answer: Answer, params: Params) -> Verdict:
    shares = script_shares(answer.text)
    if not shares:
        return fail("no letters at all", "ไม่มีตัวอักษรให้นับเลย")
    share, most = shares.get("Latin", 0.0), params["percent"]
    if share <= most / 100:
        return PASS
    return fail(
        f"{100 * share:.1f} percent, at most {most}", f"มีตัวอักษรอังกฤษร้อยละ {100 * share:.1f} ต้องไม่เกินร้อยละ {most}"
    )


def _amend_latin_max(text: str, params: Params, filler: str) -> str:
    latin, letters = _amended_letters(text)
    missing = latin * 100 // max(params["percent"], 1) - letters
    return text + " ไปกินผัก" * (missing // 7 + 1) if missing > 0 else text


def _amended_letters(text: str) -> tuple[int, int]:
    return len(_LATIN.findall(text)), len(regex.findall(r"[\p{L}\p{M}]", text))


def _draw_latin_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"percent": rng.choice((10, 15, 20, 25, 30))}


def _check_latin_min(answer: Answer, params: Params) -> Verdict:
    share, least = latin_share(answer.text), params["percent"]
    if share >= least / 100:
        return PASS
    return fail(
        f"{100 * share:.1f} percent, at least {least}", f"มีตัวอักษรอังกฤษร้อยละ {100 * share:.1f} ต้องไม่ต่ำกว่าร้อยละ {least}"
    )


def _amend_latin_min(text: str, params: Params, filler: str) -> str:
    latin, letters = _amended_letters(text)
    missing = (params["percent"] * letters - 100 * latin) // (100 - params["percent"])
    first, mark, rest = text.partition("\n")
    return first + " good day" * (missing // 7 + 1) + mark + rest if missing >= 0 else text


# the language

_LANGUAGES = {
    "en": ("ภาษาอังกฤษ", "English"), "zh": ("ภาษาจีน", "Chinese"), "ja": ("ภาษาญี่ปุ่น", "Japanese"),
    "ko": ("ภาษาเกาหลี", "Korean"), "lo": ("ภาษาลาว", "Lao"), "km": ("ภาษาเขมร", "Khmer"),
    "my": ("ภาษาพม่า", "Burmese"), "vi": ("ภาษาเวียดนาม", "Vietnamese"), "fr": ("ภาษาฝรั่งเศส", "French"),
    "de": ("ภาษาเยอรมัน", "German"), "es": ("ภาษาสเปน", "Spanish"), "id": ("ภาษาอินโดนีเซีย", "Indonesian"),
    "th": ("ภาษาไทย", "Thai"),
}  # fmt: skip
_SCRIPTS_OF = {
    "zh": ("Han", "Hiragana", "Katakana"), "ja": ("Han", "Hiragana", "Katakana"), "ko": ("Hangul",), "lo": ("Lao",),
    "km": ("Khmer",), "my": ("Myanmar",), "th": ("Thai",),
}  # fmt: skip
_LATIN_SCRIPT = ("Latin",)
_CLEARLY_MAIN, _CLEARLY_NOT = 0.6, 0.4
_SURE_PASS_LETTERS, _SURE_FAIL_LETTERS = 40, 80
"""Latin letters from which langdetect is trusted when it agrees with the language asked for, and when it does not."""


def _draw_language(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"language": rng.choice([code for code in _LANGUAGES if code != "th"])}


def _shown_language(params: Params, lang: Language) -> dict[str, str]:
    thai, english = _LANGUAGES[params["language"]]
    return {**show_values(params, lang), "name": thai if lang == "th" else english}


def _check_language(answer: Answer, params: Params) -> Verdict:
    language = params["language"]
    shares = script_shares(answer.text)
    if not shares:
        return undecided("no letters to tell a language by", "ไม่มีตัวอักษรให้ดูว่าเป็นภาษาใด")
    share = sum(shares.get(script, 0.0) for script in _SCRIPTS_OF.get(language, _LATIN_SCRIPT))
    if share < _CLEARLY_NOT:
        return _other_language(f"{share:.0%} of the letters may be {_LANGUAGES[language][1]}", language)
    if share <= _CLEARLY_MAIN:
        return _unclear(f"{share:.0%} of the letters may be {_LANGUAGES[language][1]}", language)
    if language not in _SCRIPTS_OF:
        return _judged_latin_language(answer.text, language)
    kana = shares.get("Hiragana", 0.0) + shares.get("Katakana", 0.0)
    if language == "zh":
        return _judged_between(kana, _KANA_SLIPS, _KANA_OF_JAPANESE, language)
    if language == "ja":
        return _judged_between(-kana, -_KANA_OF_JAPANESE, -_KANA_SLIPS, language)
    return PASS


_KANA_SLIPS, _KANA_OF_JAPANESE = 0.02, 0.15
"""Shares of kana: up to the first a text is Chinese, from the second it is Japanese."""


def _judged_between(share: float, passes_to: float, fails_from: float, language: str) -> Verdict:
    if share <= passes_to:
        return PASS
    return _unclear("few kana", language) if share < fails_from else _other_language("Chinese or Japanese", language)


def _judged_latin_language(text: str, language: str) -> Verdict:
    latin = " ".join(_LATIN_RUN.findall(text))
    found = main_language(latin)
    letters = len(latin.replace(" ", ""))
    if found == language and letters >= _SURE_PASS_LETTERS:
        return PASS
    if found == language or letters < _SURE_FAIL_LETTERS:
        return _unclear(f"{letters} Latin letters, which look like {found}", language)
    return _other_language(f"looks like {found}", language)


def _other_language(english: str, language: str) -> Verdict:
    return fail(f"not mainly {_LANGUAGES[language][1]}: {english}", f"คำตอบไม่ได้เป็น{_LANGUAGES[language][0]}เป็นหลัก")


def _unclear(english: str, language: str) -> Verdict:
    name, thai_name = _LANGUAGES[language][1], _LANGUAGES[language][0]
    return undecided(f"cannot tell whether it is mainly {name}: {english}", f"ตัดสินไม่ได้ว่าเป็น{thai_name}เป็นหลักหรือไม่")


_AMENDED_LINES = {
    "en": "Thank you for your question. Here is a short answer that should help you today.",
    "zh": "谢谢你的问题。这里有一个简短的回答，希望对你有帮助。",
    "ja": "ご質問ありがとうございます。簡単にお答えしますので、参考にしてください。",
    "ko": "질문해 주셔서 감사합니다. 도움이 되도록 간단히 답변드리겠습니다.",
    "lo": "ຂອບໃຈສຳລັບຄຳຖາມ ນີ້ແມ່ນຄຳຕອບສັ້ນທີ່ອາດຈະຊ່ວຍທ່ານໄດ້",
    "km": "អរគុណសម្រាប់សំណួររបស់អ្នក។ នេះជាចម្លើយខ្លីដែលអាចជួយអ្នកបាន។",
    "my": "မေးခွန်းအတွက် ကျေးဇူးတင်ပါတယ်။ ဒါက တိုတောင်းတဲ့ အဖြေဖြစ်ပါတယ်။",
    "vi": "Cảm ơn bạn đã đặt câu hỏi. Đây là một câu trả lời ngắn gọn có thể giúp bạn.",
    "fr": "Merci pour votre question. Voici une courte réponse qui devrait vous aider aujourd'hui.",
    "de": "Vielen Dank für Ihre Frage. Hier ist eine kurze Antwort, die Ihnen heute helfen sollte.",
    "es": "Gracias por tu pregunta. Aquí tienes una respuesta corta que debería ayudarte hoy.",
    "id": "Terima kasih atas pertanyaan Anda. Berikut ini jawaban singkat yang dapat membantu Anda.",
    "th": "ขอบคุณสำหรับคำถาม นี่คือคำตอบสั้น ๆ ที่น่าจะช่วยได้",
}


def _amend_language(text: str, params: Params, filler: str) -> str:
    """Every line that holds something becomes sentences of the language, as long as it was."""
    said = _AMENDED_LINES[params["language"]]
    return "\n".join(
        " ".join([said] * (len(line) // len(said) + 1)) if line.replace(said, "").strip() else line
        for line in text.split("\n")
    )


# Thai and English lines in turn


def _draw_bilingual_pairs(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 5)}


def _check_bilingual_pairs(answer: Answer, params: Params) -> Verdict:
    lines = answer.placed_lines
    counted = exactly(len(lines), 2 * params["count"], LINES)
    if not counted.passed:
        return counted
    for line in lines[1::2]:
        if _THAI.search(line.text) or not _LATIN.search(line.text):
            return fail("an English line has Thai letters or no English", "บรรทัดนี้ควรเป็นภาษาอังกฤษล้วน", line.at)
    for line in lines[::2]:
        if not _THAI.search(line.text):
            return fail("a Thai line has no Thai letters", "บรรทัดนี้ควรเป็นภาษาไทย", line.at)
    return _doubt_about_pairs(lines)


def _doubt_about_pairs(lines: list[Line]) -> Verdict:
    """UNDECIDED for a Thai line that is mostly English terms and for English lines in another language."""
    for line in lines[::2]:
        if len(_LATIN.findall(line.text)) > len(_THAI.findall(line.text)):
            return undecided(
                "a Thai line has more Latin letters than Thai ones",
                "บรรทัดไทยนี้มีตัวอักษรอังกฤษมากกว่าไทย จึงตัดสินไม่ได้",
                line.at,
            )
    english = " ".join(line.text for line in lines[1::2])
    if len(_LATIN.findall(english)) >= _SURE_FAIL_LETTERS and main_language(english) != "en":
        return undecided("the English lines look like another language", "บรรทัดภาษาอังกฤษดูเหมือนเป็นภาษาอื่น จึงตัดสินไม่ได้")
    return PASS


def _amend_bilingual_pairs(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    thai = [line for line in lines if _THAI.search(line)][: params["count"]]
    english = [line for line in lines if not _THAI.search(line) and _LATIN.search(line)][: params["count"]]
    thai += ["ไปกินผัก"] * (params["count"] - len(thai))
    english += ["Have a good day"] * (params["count"] - len(english))
    return "\n".join(f"{first}\n{second}" for first, second in zip(thai, english, strict=True))


_PERCENT_AT_MOST = {"percent": whole_number(0, 100)}
_PERCENT_AT_LEAST = {"percent": whole_number(1, 90)}
_DATA = frozenset({"json", "yaml", "csv"})
_ENGLISH = frozenset({"json", "yaml"})
_THAI_RULES = frozenset({
    "letters", "particles", "register", "orthography", "numerals", "dates", "forms", "poetry", "keywords", "punctuation",
    "length.words_between", "length.words_max", "length.words_min", "length.different_words_min",
    "length.line_words_between",
})  # fmt: skip

TYPES = (
    ConstraintType("script.thai_only", {}, draw_nothing, _check_thai_only, _amend_nothing, rank=1, weight=1.5,
                   conflicts=_ENGLISH),
    ConstraintType("script.no_latin", {}, draw_nothing, _check_no_latin, _amend_nothing, rank=1, conflicts=_ENGLISH),
    ConstraintType("script.no_foreign", {}, draw_nothing, _check_no_foreign, _amend_nothing, rank=1, weight=0.25),
    ConstraintType("script.no_spaces", {}, draw_nothing, _check_no_spaces, _amend_no_spaces, rank=4, weight=0.25,
                   conflicts=_DATA | {"layout", "orthography", "dates", "forms", "poetry", "particles"}, thai=True),
    ConstraintType("script.latin_max", _PERCENT_AT_MOST, _draw_latin_max, _check_latin_max, _amend_latin_max, rank=1,
                   weight=0.25, conflicts=_ENGLISH),
    ConstraintType("script.latin_min", _PERCENT_AT_LEAST, _draw_latin_min, _check_latin_min, _amend_latin_min, rank=1,
                   weight=0.25, conflicts=_DATA | {"poetry"}),
    ConstraintType("script.language", {"language": {"enum": list(_LANGUAGES)}}, _draw_language, _check_language,
                   _amend_language, rank=1, weight=0.5, conflicts=_DATA | _THAI_RULES, shown=_shown_language),
    ConstraintType("script.bilingual_pairs", {"count": whole_number(maximum=50)}, _draw_bilingual_pairs,
                   _check_bilingual_pairs, _amend_bilingual_pairs, weight=0.5,
                   conflicts=_DATA | {"layout", "poetry", "particles", "letters", "keywords.ends_with", "repeat",
                                      "length.lines_growing", "length.paragraph_lines"}, thai=True),
)  # fmt: skip
