"""What the teacher and the judge are told. Short, by example, one thing at a time: a model of 1.5B can follow.

What varies stands at the end of each conversation, so that a server that caches prefixes reads the rest once.
The rules of the examples are no ideas of the teacher: they count as seeds, so an idea that repeats one is dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

__all__ = [
    "ASPECTS",
    "CASE_RULES",
    "EXAMPLE_RULES",
    "STYLES",
    "Chat",
    "Wording",
    "back_chat",
    "case_chat",
    "function_chat",
    "ideas_chat",
    "judge_chat",
    "template_hashes",
    "translation_chat",
]

Chat = list[dict[str, str]]
Wording = tuple[str, str]
"""One instruction in English and in Thai."""

EXAMPLE_RULES: tuple[Wording, ...] = (
    ('The answer contains the word "ข้าว" at least 2 times.', 'คำตอบต้องมีคำว่า "ข้าว" อย่างน้อย 2 ครั้ง'),
    ("The answer has exactly 3 paragraphs separated by a blank line.", "คำตอบต้องมี 3 ย่อหน้า คั่นด้วยบรรทัดว่าง"),
)

CASE_RULES = (
    "The answer contains no capital letters.",
    "The answer contains at least 3 words in capital letters.",
    "The answer begins with a capital letter.",
    "The answer has more small letters than capital letters.",
    'The answer ends with the mark "♥".',
)
ASPECTS = (
    "the last character",
    "digits and numbers",
    "the number of lines",
    "one punctuation mark",
    "a Thai word that must appear",
    "brackets and quotes",
    "list items and how they are marked",
    "English letters",
    "the first line",
    "a polite Thai particle such as ครับ or ค่ะ",
    "the length in characters",
    "spaces and blank lines",
    "a word that must not appear",
    "the first character",
    "the number of Thai words",
    "the last line",
    "how often a mark appears",
    "Thai digits",
    "the length of each line",
    "two things that must both appear",
)
"""What rules can be about: one request asks about one of them, or a small model only repeats what it was shown."""

IDEAS_SYSTEM = """You write rules about the form of an answer. A short Python function must be able to check each \
rule from the text alone. Each rule is one short exact sentence that begins with "The answer" \
and states every number, word or mark it needs. Never about meaning, topic, tone or quality."""

FUNCTION_SYSTEM = """You write one Python function that checks whether a text follows a rule.
- Signature: def evaluate(response): it returns True if the text follows the rule, else False.
- Thai has no spaces between words. Thai words: thai_words(text) returns the list of words. \
Visible Thai characters: thai_graphemes(text) returns a list. Both are there already, do not define or import them.
- Only re, json, string, math and unicodedata can be imported. No classes, no yield.
- Answer with one ```python block only."""

_FUNCTION_EXAMPLES = (
    (
        EXAMPLE_RULES[0][0],
        "def evaluate(response):\n    return response.count('ข้าว') >= 2",
    ),
    (
        EXAMPLE_RULES[1][0],
        "def evaluate(response):\n"
        "    paragraphs = [p for p in response.split('\\n\\n') if p.strip()]\n"
        "    return len(paragraphs) == 3",
    ),
)

STYLES = ("", "Use the re module.", "Use a for loop.", "", "Use a helper function.")
"""How each sample is asked to go about it, in turn: agreement of one program told five times says nothing."""

PASSING_SYSTEM = (
    "You write very short Thai texts. Above all, the text must follow the rule. The text only, no explanation."
)
FAILING_SYSTEM = "You write very short Thai texts. The text BREAKS the rule. The text only, no explanation."

_CASE_EXAMPLES = (
    (EXAMPLE_RULES[0][0], "อาหารเย็น", "เย็นนี้กินข้าวผัด พรุ่งนี้กินข้าวต้ม", "เย็นนี้กินก๋วยเตี๋ยว"),
    (EXAMPLE_RULES[1][0], "สุนัข", "สุนัขชอบวิ่ง\n\nมันเล่นทุกเช้า\n\nเราพามันไปสวน", "สุนัขชอบวิ่งทุกเช้า"),
    (CASE_RULES[2], "อากาศ", "Bangkok วันนี้ร้อนมาก", "วันนี้ร้อนมาก"),
    (CASE_RULES[4], "เพื่อน", "วันนี้ไปเที่ยวกับเพื่อน สนุกมาก ♥", "วันนี้ไปเที่ยวกับเพื่อน สนุกมาก"),
)
"""Rule, topic, a text that passes, one that fails."""

BACK = """Say in one short English sentence which rule about a text this function checks. State every number, word and \
mark. Begin with "The answer".
"""

JUDGE_SYSTEM = """You compare two rules about the form of a text.
same: every text that follows one follows the other.
different: some text follows one and breaks the other.
unclear: it cannot be told.
Answer with one word: same, different or unclear."""

_JUDGE_EXAMPLES = (
    ("The answer has exactly 4 lines.", "The answer consists of four lines.", "same"),
    ("The answer has exactly 4 lines.", "The answer has at least 4 lines.", "different"),
    ("The answer is nice.", "The answer has a good form.", "unclear"),
    ("The answer contains no question mark.", 'The answer does not contain the character "?".', "same"),
    ("The answer starts with a number.", "The answer contains a number.", "different"),
)

TO_THAI_SYSTEM = (
    "Translate the rule into natural Thai, exactly. Keep numbers, quoted words and marks as they are. One line."
)
TO_ENGLISH_SYSTEM = (
    "Translate the Thai rule into English, exactly. Keep numbers, quoted words and marks as they are. One line."
)


def ideas_chat(shown: Sequence[str], aspect: str, count: int) -> Chat:
    """`shown` are seeds; the answer is a numbered list of `count` rules."""
    return [
        _system(IDEAS_SYSTEM),
        *_rules_turn("small and capital letters", CASE_RULES[:count]),
        *_rules_turn("several things", shown[:count]),
        _user(f"Write {count} different rules about: {aspect}"),
    ]


def _rules_turn(aspect: str, rules: Sequence[str]) -> Chat:
    listed = "\n".join(f"{number}. {rule}" for number, rule in enumerate(rules, 1))
    return [_user(f"Write {len(rules)} different rules about: {aspect}"), _assistant(listed)]


def function_chat(rule: str, sample: int) -> Chat:
    chat = [_system(FUNCTION_SYSTEM)]
    for example, code in _FUNCTION_EXAMPLES:
        chat += [_user(f"Rule: {example}"), _assistant(f"```python\n{code}\n```")]
    return [*chat, _user(f"Rule: {rule}\n{STYLES[sample % len(STYLES)]}".rstrip())]


def case_chat(rule: str, topic: str, *, passes: bool) -> Chat:
    chat = [_system(PASSING_SYSTEM if passes else FAILING_SYSTEM)]
    for example, about, passing, failing in _CASE_EXAMPLES:
        chat += [_user(f"Topic: {about}\nRule: {example}"), _assistant(passing if passes else failing)]
    return [*chat, _user(f"Topic: {topic}\nRule: {rule}")]


def back_chat(code: str) -> Chat:
    chat = []
    for example, known in _FUNCTION_EXAMPLES:
        chat += [_user(f"{BACK}```python\n{known}\n```"), _assistant(example)]
    return [*chat, _user(f"{BACK}```python\n{code}\n```")]


def judge_chat(one: str, other: str) -> Chat:
    chat = [_system(JUDGE_SYSTEM)]
    for first, second, label in _JUDGE_EXAMPLES:
        chat += [_user(f"Rule A: {first}\nRule B: {second}"), _assistant(label)]
    return [*chat, _user(f"Rule A: {one}\nRule B: {other}")]


def translation_chat(rule: str, examples: Sequence[Wording], *, to_thai: bool) -> Chat:
    """`examples` are pairs (English, Thai), the most alike last."""
    chat = [_system(TO_THAI_SYSTEM if to_thai else TO_ENGLISH_SYSTEM)]
    for english, thai in examples:
        chat += [_user(english if to_thai else thai), _assistant(thai if to_thai else english)]
    return [*chat, _user(rule)]


def template_hashes() -> dict[str, str]:
    """Short hash of every template with its examples, for the pack."""
    whole = {
        "ideas": ideas_chat(["{rule}"], "{aspect}", 2),
        "function": [turn for sample in range(len(STYLES)) for turn in function_chat("{rule}", sample)],
        "passing_case": case_chat("{rule}", "{topic}", passes=True),
        "failing_case": case_chat("{rule}", "{topic}", passes=False),
        "back_translation": back_chat("{code}"),
        "judge": judge_chat("{one}", "{other}"),
        "to_thai": translation_chat("{rule}", [], to_thai=True),
        "to_english": translation_chat("{rule}", [], to_thai=False),
    }
    return {name: hashlib.sha256(repr(chat).encode()).hexdigest()[:12] for name, chat in whole.items()}


def _system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}
