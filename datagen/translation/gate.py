"""The quality gate: a model's score of a translation, 0 to 10, directly or by way of its back-translation.

`judge` shows source and translation; `back_translation` has the translation translated back and asks whether the two
texts in the source's language say the same, which also suits a judge that knows the other language badly. A score
that cannot be had (unreadable, declined, cut off) is UNDECIDED: the fault `undecided`, counted apart from
`low_score`, and never a zero.

How a score is asked for and read is the judge stage's business (`read_score`); this module is the one place that
calls it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from datagen.config import TranslateConfig
from datagen.llm.client import ChatClient
from datagen.scores import read_score
from datagen.translation.checks import Fault
from datagen.translation.direction import Direction
from datagen.translation.templates import ask_judge

__all__ = ["Gate"]

_SCORE_TOKENS = 16

Back = Callable[[str, Direction], Awaitable[str | Fault]]


class Gate:
    def __init__(self, client: ChatClient, model: str, config: TranslateConfig) -> None:
        self.client, self.model, self.config = client, model, config

    async def score(self, text: str, translation: str, way: Direction, back: Back) -> float | Fault:
        """The score, or why there is none that is good enough. `back` translates the translation back."""
        by_back = self.config.gate == "back_translation"
        compared: str | Fault = await back(translation, way) if by_back else translation
        if isinstance(compared, Fault):
            return compared
        prompt = ask_judge(text, compared, way, back=by_back)
        said = await self.client.chat(
            self.model, [{"role": "user", "content": prompt}], temperature=0.0, max_tokens=_SCORE_TOKENS
        )
        score = read_score(said.content)
        if score is None:
            return Fault("undecided", f"no score: {said.refused or said.content}"[:100])
        if score < self.config.min_score:
            return Fault("low_score", f"{score:g} of 10, at least {self.config.min_score:g}")
        return score
