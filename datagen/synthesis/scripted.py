"""A scripted teacher for synthesis that knows four rules well: tests and demos without a model.

    with ScriptedServer(Script().reply) as server:
        ...  # typhoon-data synthesize --base-url {server.base_url} --model scripted

Each kind of answer is a field, to be replaced by a bad one (`dataclasses.replace`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from datagen.llm.scripted import Reply
from datagen.synthesis import prompts

COMMA, LINES, LAST, QUESTIONS = (
    "The answer contains no comma.",
    "The answer has exactly 4 lines.",
    'The answer ends with the word "จบ".',
    "The answer contains exactly 2 question marks.",
)
THAI = {
    COMMA: "คำตอบต้องไม่มีเครื่องหมายจุลภาค",
    LINES: "คำตอบต้องมี 4 บรรทัดพอดี",
    LAST: 'คำตอบต้องลงท้ายด้วยคำว่า "จบ"',
    QUESTIONS: "คำตอบต้องมีเครื่องหมายคำถาม 2 ตัวพอดี",
}
FUNCTIONS = {
    COMMA: (
        "def evaluate(response):\n    return ',' not in response",
        "def evaluate(response):\n    return response.count(',') == 0",
        "import re\n\ndef evaluate(response):\n    return not re.search(r',', response)",
    ),
    LINES: (
        "def evaluate(response):\n    return len(response.split('\\n')) == 4",
        "def evaluate(response):\n    return response.count('\\n') == 3",
        "def lines(text):\n    return text.split('\\n')\n\n"
        "def evaluate(response):\n    return len(lines(response)) == 4",
    ),
    LAST: (
        "def evaluate(response):\n    return response.endswith('จบ')",
        "def evaluate(response):\n    return response.endswith('จบ') and 'จบ' in thai_words(response)",
        "def evaluate(response):\n    return response[-2:] == 'จบ'",
    ),
    QUESTIONS: (
        "def evaluate(response):\n    return response.count('?') == 2",
        "def evaluate(response):\n    return sum(c == '?' for c in response) == 2",
        "def evaluate(response):\n    return len(response.split('?')) == 3",
    ),
}
CASES: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    COMMA: (lambda topic: f"{topic}วันนี้ดี", lambda topic: f"{topic}, วันนี้, ดี"),
    LINES: (lambda topic: f"{topic}\nหนึ่ง\nสอง\nสาม", lambda topic: f"{topic}\nหนึ่ง"),
    LAST: (lambda topic: f"เรื่อง{topic} จบ", lambda topic: f"จบ เรื่อง{topic}"),
    QUESTIONS: (lambda topic: f"{topic}ไหม? จริงหรือ?", lambda topic: f"{topic}ไหม?"),
}
RULES = tuple(FUNCTIONS)


def told(rule: str) -> str:
    """A rule in other words, which a judge has to compare."""
    return rule.replace("The answer", "Every answer")


@dataclass(frozen=True)
class Script:
    """`reply(body)` for a ScriptedServer. Every field replaces one kind of answer."""

    ideas: str = "\n".join(f"{number}. {rule}" for number, rule in enumerate(RULES, 1))
    functions: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(FUNCTIONS))
    passing: Callable[[str, str], str] = lambda rule, topic: CASES[rule][0](topic)
    failing: Callable[[str, str], str] = lambda rule, topic: CASES[rule][1](topic)
    back: Callable[[str], str] | None = None
    judge: Callable[[str, str], str] = lambda one, other: "same" if told(one) == told(other) else "different"
    thai: Callable[[str], str] = lambda rule: THAI[rule]
    english: Callable[[str], str] = lambda wording: told(next(rule for rule, thai in THAI.items() if thai == wording))
    code_format: str = "Here it is:\n```python\n{code}\n```\nIt checks the rule."

    def reply(self, body: dict[str, Any]) -> Reply:
        return Reply(self._text(body))

    def _text(self, body: dict[str, Any]) -> str:
        system = body["messages"][0]["content"] if body["messages"][0]["role"] == "system" else ""
        asked = body["messages"][-1]["content"]
        if system == prompts.IDEAS_SYSTEM:
            return self.ideas
        if system == prompts.FUNCTION_SYSTEM:
            sources = self.functions[asked.removeprefix("Rule: ").partition("\n")[0]]
            return self.code_format.format(code=sources[body["seed"] % len(sources)])
        if system == prompts.JUDGE_SYSTEM:
            return self.judge(*re.findall(r"^Rule [AB]: (.*)$", asked, re.M))
        if system == prompts.TO_THAI_SYSTEM:
            return self.thai(asked)
        if system == prompts.TO_ENGLISH_SYSTEM:
            return self.english(asked)
        if asked.startswith(prompts.BACK):
            source = re.findall(r"```python\n(.*)\n```", asked, re.S)[0]
            return self.back(source) if self.back else told(self._rule_of(source))
        topic, rule = re.findall(r"^Topic: (.*)\nRule: (.*)$", asked, re.M)[0]
        return (self.failing if system == prompts.FAILING_SYSTEM else self.passing)(rule, topic)

    def _rule_of(self, source: str) -> str:
        return next(rule for rule, sources in self.functions.items() if source in sources)

    def with_functions(self, rule: str, *sources: str) -> Script:
        return replace(self, functions=self.functions | {rule: sources})
